// Options and the help text that all programs of OpenRC share.
import type { Steps } from "../../abi/program.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { Exit } from "../../libc/process.ts";
import { VERSION } from "./paths.ts";
import type { Rc } from "./rc.ts";
import { rcSys } from "./sys.ts";

/** One option: its letter (a name of its own where there is none), long name, whether it takes a value, help. */
export type OptionLine = readonly [
  key: string,
  long: string,
  value: "" | "<arg>" | "[arg]",
  help: string,
];

/** What a program understands. */
export interface Usage {
  /** The letters, as the help text lists them; in front of those that all have. */
  letters: string;
  options: readonly OptionLine[];
  /** First lines of the help text; undefined: "Usage: NAME [options] ". */
  usage?: string;
  /** What follows "[options] ". */
  extra?: string;
  /** Stop at the first operand. */
  ordered?: boolean;
}

const COMMON: readonly OptionLine[] = [
  ["h", "help", "", "Show this text"],
  ["C", "nocolor", "", "Do without colours"],
  ["V", "version", "", "Show the version"],
  ["v", "verbose", "", "Tell more"],
  ["q", "quiet", "", "Tell less (twice: no errors either)"],
];
const COMMON_LETTERS = "ChqVv";

/** The help text. */
export function usageText(rc: Rc, u: Usage): string {
  let text = u.usage ?? `Usage: ${rc.applet} [options] `;
  text += `${u.extra ?? ""}\n\nOptions: [ ${u.letters}${COMMON_LETTERS} ]\n`;
  for (const [key, long, value, help] of [...u.options, ...COMMON]) {
    const letter = key.length === 1 ? `-${key},` : "   ";
    const head = `  ${letter} --${long} ${value}`;
    const lines = help.split("\n").map((line, i) => (i === 0 ? head : "").padEnd(36) + line);
    text += lines.map((line) => `${line}\n`).join("");
  }
  return text;
}

/** Prints the help text and ends the program. */
export function* showUsage(rc: Rc, u: Usage, status: number): Steps<never> {
  yield* rc.print(usageText(rc, u));
  throw new Exit(status);
}

/**
 * Reads the command line and does what the common options want. Each other option is given to `use`
 * in its turn.
 */
export function* rcOptions(
  rc: Rc,
  u: Usage,
  use: (key: string, value: string) => Steps<void>,
  args: readonly string[] = rc.p.argv.slice(1),
): Steps<string[]> {
  const long: Record<string, string> = {};
  let spec = u.ordered ? "+" : "";
  for (const [key, name, value] of [...u.options, ...COMMON]) {
    const colons = value === "" ? "" : value === "<arg>" ? ":" : "::";
    long[name] = key.length === 1 ? key : key + colons;
    if (key.length === 1) spec += key + colons;
  }
  let opt: Options;
  try {
    opt = getopt(rc.p, spec, { long }, args);
  } catch (e) {
    if (!(e instanceof Exit)) throw e;
    yield* rc.flush();
    const w = rc.p.stderr.puts(e.message ?? "");
    if (w) yield* w;
    return yield* showUsage(rc, u, 1);
  }
  let quiet = 0;
  for (const [key, value] of opt.given) {
    if (key === "h") yield* showUsage(rc, u, 0);
    else if (key === "C") rc.setenv("EINFO_COLOR", "NO");
    else if (key === "V" && rc.p.argv.length === 2) yield* showVersion(rc);
    else if (key === "V") continue;
    else if (key === "v") rc.setenv("EINFO_VERBOSE", "YES");
    else if (key === "q") rc.setenv(quiet++ === 0 ? "EINFO_QUIET" : "EERROR_QUIET", "YES");
    else yield* use(key, value ?? "");
  }
  return opt.operands;
}

function* showVersion(rc: Rc): Steps<never> {
  const system = yield* rcSys(rc.sys, yield* rc.conf());
  const kind = system === undefined ? "" : ` [${system}]`;
  yield* rc.print(`${rc.applet} (OpenRC${kind}) ${VERSION}\n`);
  throw new Exit(0);
}
