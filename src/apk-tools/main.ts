// apk: the package manager. Finds the applet and its options, and runs it (apk(8)).
import type { Program, Steps } from "../abi/program.ts";
import { Process, runMain } from "../libc/process.ts";
import { isatty } from "../libc/stdio.ts";
import { tryStat } from "../libc/unistd.ts";
import { applets } from "./applets.ts";
import { machineArch } from "./arch.ts";
import { readConfig } from "./config.ts";
import { Context } from "./context.ts";
import { Database } from "./database.ts";
import { appletHelp, generalHelp, versionLine } from "./help.ts";
import { OpenError, openDatabase } from "./open.ts";
import { parseCommandLine } from "./options.ts";
import { Print } from "./print.ts";
import { defaultSettings } from "./settings.ts";

function* main(p: Process): Steps<number> {
  p.progname = "apk";
  const args = p.argv.slice(1);
  const all = applets();
  // Options may stand before the command, also its own: the first word that is a command's name is taken for it.
  const applet = all.find(
    ({ name }) => name === args.find((arg) => all.some((known) => known.name === arg)),
  );
  const settings = defaultSettings();
  const print = new Print(p);
  const problems = yield* readConfig(p, settings);
  const line = parseCommandLine(args, applet, settings);
  print.configure(settings);
  for (const problem of problems) yield* print.warning(problem);

  const arch = machineArch(p.sys);
  function* usage(): Steps<number> {
    yield* print.out(versionLine(arch));
    yield* print.out(applet === undefined ? generalHelp(all) : appletHelp(applet));
    return 1;
  }
  if (line.error !== undefined) {
    yield* p.warnx(line.error);
    return yield* usage();
  }
  if (line.help) return yield* usage();
  if (line.version) {
    yield* print.out(versionLine(arch));
    return 0;
  }
  if (line.printArch) {
    yield* print.out(`${arch}\n`);
    return 0;
  }
  const [first] = line.operands;
  if (applet === undefined) {
    if (first === undefined) return yield* usage();
    yield* print.error(`'${first}' is not an apk command. See 'apk --help'.`);
    return 1;
  }
  if (settings.interactive === undefined)
    settings.interactive = tryStat(p.sys, "/etc/apk/interactive") === undefined ? false : "auto";
  if (settings.interactive === "auto") settings.interactive = isatty(p.sys, 0);

  const ctx = new Context(p, settings, print, line.options);
  const operands = first === applet.name ? line.operands.slice(1) : line.operands;
  try {
    const request = applet.open(ctx);
    const db = request.access === "none" ? new Database() : yield* openDatabase(ctx, request);
    const status = yield* applet.run(ctx, db, operands);
    yield* print.clearProgress();
    return status;
  } catch (e) {
    if (!(e instanceof OpenError)) throw e;
    if (e.message !== "") yield* print.error(e.message);
    return e.status;
  }
}

/** The program. */
export const apk: Program = (sys, argv, envp) => runMain(new Process(sys, argv, envp), main);
