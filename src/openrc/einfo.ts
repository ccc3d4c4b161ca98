// einfo, ewarn, eerror, ebegin, eend and their family: messages of shell scripts (rc-functions; einfo(3)).
import type { Program, Steps } from "../abi/program.ts";
import { exists } from "./librc/dirs.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";

/** A message of one text. */
const MESSAGES: Readonly<Record<string, (rc: Rc, text: string) => Steps<void>>> = {
  einfo: (rc, text) => rc.einfo.einfo(text),
  einfon: (rc, text) => rc.einfo.einfon(text),
  ewarn: (rc, text) => rc.einfo.ewarn(text),
  ewarnn: (rc, text) => rc.einfo.ewarnn(text),
  eerror: (rc, text) => rc.einfo.eerror(text),
  eerrorn: (rc, text) => rc.einfo.eerrorn(text),
  ebegin: (rc, text) => rc.einfo.ebegin(text),
  veinfo: (rc, text) => rc.einfo.veinfo(text),
  vewarn: (rc, text) => rc.einfo.vewarn(text),
  vebegin: (rc, text) => rc.einfo.vebegin(text),
};

/** syslog.h's names of levels. */
const LEVELS = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
const OLD_LEVELS: Readonly<Record<string, number>> = { panic: 0, error: 3, warn: 4, none: 0x10 };

function level(word: string): number | undefined {
  const name = /\.(.*)$/s.exec(word)?.[1]?.toLowerCase();
  if (name === undefined) return undefined;
  if (/^[0-9]/.test(name)) return Number.parseInt(name, 10);
  const at = LEVELS.indexOf(name);
  return at >= 0 ? at : OLD_LEVELS[name];
}

/** esyslog FACILITY.LEVEL TAG TEXT: a line in the system's log. */
function* esyslog(rc: Rc, args: readonly string[]): Steps<number> {
  const [facility, tag, ...words] = args;
  if (facility === undefined) return 0;
  const number = level(facility);
  if (number === undefined)
    return yield* rc.einfo.eerrorx(`${rc.applet}: invalid log level \`${facility}'`);
  if (tag === undefined || words.length === 0)
    return yield* rc.einfo.eerrorx(`${rc.applet}: not enough arguments`);
  rc.setenv("EINFO_LOG", tag);
  rc.einfo.log(number, words.join(" "));
  return 0;
}

/** ewaitfile SECONDS FILE…: until all are there. 0 seconds wait for ever. */
function* ewaitfile(rc: Rc, args: readonly string[]): Steps<number> {
  const { sys, einfo } = rc;
  const [time, ...files] = args;
  if (time !== undefined && number(time) === undefined)
    return yield* einfo.eerrorx(`${rc.applet}: invalid timeout`);
  if (files.length === 0) return yield* einfo.eerrorx(`${rc.applet}: not enough arguments`);
  const seconds = number(time ?? "") ?? 0;
  const now = (): number => {
    const t = sys.clock_gettime(1);
    return t.sec + t.nsec / 1e9;
  };
  const end = now() + seconds;
  for (const file of files) {
    yield* einfo.vebegin(`Waiting for ${file}`);
    while (!exists(sys, file)) {
      yield* rc.flush();
      const nap = sys.nanosleep(20);
      if (typeof nap === "object") yield* nap;
      if (seconds > 0 && now() >= end) {
        yield* einfo.veend(1, `timed out waiting for ${file}`);
        return 1;
      }
    }
    yield* einfo.veend(0);
  }
  return 0;
}

/** A whole word as a number, decimal, octal or hexadecimal. */
function number(word: string): number | undefined {
  const found = /^[ \t\n]*([-+]?)(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i.exec(word);
  if (found === null) return undefined;
  const digits = found[2] as string;
  const value = /^0[0-9]/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return found[1] === "-" ? -value : value;
}

function* evalEcolors(rc: Rc): Steps<number> {
  const names = ["good", "warn", "bad", "hilite", "bracket", "normal"] as const;
  const lines = names.map((name) => `${name.toUpperCase()}='${rc.einfo.color(name)}'\n`);
  yield* rc.print(lines.join(""));
  return 0;
}

/** eend and its like: the status first, unless it is left out. */
function* end(rc: Rc, args: readonly string[]): Steps<number> {
  const given = args[0] === undefined ? 0 : number(args[0]);
  const text = (given === undefined ? args : args.slice(1)).join(" ");
  const status = given ?? 1;
  if (rc.applet.startsWith("v")) yield* rc.einfo.veend(status, text, rc.applet);
  else yield* rc.einfo.eend(status, text, rc.applet);
  return status & 0xff;
}

function* main(rc: Rc): Steps<number> {
  const args = rc.p.argv.slice(1);
  const name = rc.applet;
  if (name === "eval_ecolors") return yield* evalEcolors(rc);
  if (/^v?e(?:w?end)$/.test(name)) return yield* end(rc, args);
  if (name === "esyslog") return yield* esyslog(rc, args);
  if (name === "ewaitfile") return yield* ewaitfile(rc, args);
  // An indent is kept in the environment, which ends with this program: the shell's functions do it.
  if (/^v?e(?:in|out)dent$/.test(name)) return 0;
  const message = Object.hasOwn(MESSAGES, name) ? MESSAGES[name] : undefined;
  if (message === undefined) {
    yield* rc.einfo.eerror(`${name}: unknown applet`);
    return 1;
  }
  if (args.length > 0) yield* message(rc, args.join(" "));
  return name === "eerror" || name === "eerrorn" ? 1 : 0;
}

/** All of the family: which one is told by its name. */
export const einfo: Program = rcProgram(main);
