// The command line: bivy, bivy run …
import { apkCommand } from "./apk.ts";
import { attachCommand } from "./attach.ts";
import { bootCommand } from "./boot.ts";
import { buildCommand } from "./build.ts";
import { ATTACH_HELP, BOOT_HELP, BUILD_HELP, HELP, RUN_HELP } from "./help.ts";
import { parseRun } from "./options.ts";
import { FAILED, isExpected, run, runCommand } from "./run.ts";
import { VERSION } from "./version.ts";

const HELPS: Readonly<Record<string, string>> = {
  run: RUN_HELP,
  boot: BOOT_HELP,
  build: BUILD_HELP,
  attach: ATTACH_HELP,
};

/** Without a command: a login shell, on the terminal if there is one. */
function shell(): Promise<number> {
  const options = parseRun(["alpine", "/bin/sh", "-l"]);
  options.interactive = true;
  options.tty = process.stdin.isTTY === true;
  return run(options);
}

async function main(words: readonly string[]): Promise<number> {
  const [command, ...rest] = words;
  switch (command) {
    case undefined:
      return shell();
    case "run":
      return runCommand(rest, RUN_HELP);
    case "apk":
      return apkCommand(rest);
    case "attach":
      return attachCommand(rest, ATTACH_HELP);
    case "boot":
      return bootCommand(rest, BOOT_HELP);
    case "build":
      return buildCommand(rest, BUILD_HELP);
    case "--help":
    case "help":
      process.stdout.write(HELPS[rest[0] ?? ""] ?? HELP);
      return 0;
    case "--version":
    case "-v":
      process.stdout.write(`bivy ${VERSION}\n`);
      return 0;
    default:
      process.stderr.write(
        command.startsWith("-")
          ? `bivy: unknown flag: ${command}\n`
          : `bivy: '${command}' is not a bivy command.\n`,
      );
      process.stderr.write("See 'bivy --help'\n");
      return FAILED;
  }
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: unknown) => {
    if (!isExpected(error)) throw error;
    process.stderr.write(
      `bivy: ${error.message}\nSee 'bivy ${HELPS[process.argv[2] ?? ""] ? process.argv[2] : "run"} --help'\n`,
    );
    process.exit(FAILED);
  },
);
