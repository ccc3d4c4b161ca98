// umask and ulimit (POSIX XCU umask, ulimit; ash's letters)
import { Errno } from "../../abi/errno.ts";
import type { Blocking } from "../../abi/program.ts";
import {
  RLIM_INFINITY,
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_DATA,
  RLIMIT_FSIZE,
  RLIMIT_LOCKS,
  RLIMIT_MEMLOCK,
  RLIMIT_MSGQUEUE,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_RSS,
  RLIMIT_RTPRIO,
  RLIMIT_SIGPENDING,
  RLIMIT_STACK,
} from "../../abi/resource.ts";
import { strerror } from "../../libc/strerror.ts";
import { type Builtin, regular } from "../bltin.ts";
import type { Shell } from "../shell.ts";
import { options } from "./vars.ts";

const CLASSES = "ugo";

function symbolicMask(mask: number): string {
  const parts: string[] = [];
  for (const [i, who] of [...CLASSES].entries()) {
    const bits = (~mask >> (6 - 3 * i)) & 7;
    parts.push(`${who}=${bits & 4 ? "r" : ""}${bits & 2 ? "w" : ""}${bits & 1 ? "x" : ""}`);
  }
  return parts.join(",");
}

const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 };
const PERMS: Readonly<Record<string, number>> = {
  r: 0o444,
  w: 0o222,
  x: 0o111,
  s: 0o6000,
  t: 0o1000,
};

/**
 * Applies a symbolic mode to permission bits; undefined when it is none. Where nobody is named, only
 * what `mask` leaves counts. A class can be copied alone, and as `=` has left it.
 */
function symbolicMode(text: string, mode: number, mask: number): number | undefined {
  let bits = mode;
  for (const clause of text.split(",")) {
    if (clause === "") continue;
    const m = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/.exec(clause);
    if (m === null) return undefined;
    let who = 0;
    for (const c of m[1] as string) who |= WHO[c] as number;
    for (const [, op, perms = ""] of (m[2] as string).matchAll(/([-+=])([ugo]|[rwxXst]*)/g)) {
      if (op === "=") bits &= ~(who === 0 ? 0o777 : who);
      let set = 0;
      for (const p of perms) {
        const from = CLASSES.indexOf(p);
        if (from >= 0) set |= ((bits >> (6 - 3 * from)) & 7) * 0o111;
        else if (p === "X") set |= mode & 0o111 ? 0o111 : 0;
        else set |= PERMS[p] as number;
      }
      set &= who === 0 ? ~mask : who;
      if (op === "-") bits &= ~set;
      else bits |= set;
    }
  }
  return bits;
}

function umaskMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  const { given, rest } = options(sh, argv, "S");
  const mask = sh.sys.umask(0);
  sh.sys.umask(mask);
  const arg = rest[0];
  if (arg === undefined) {
    const text = given.includes("S") ? symbolicMask(mask) : mask.toString(8).padStart(4, "0");
    return sh.print(`${text}\n`);
  }
  if (/^[0-9]/.test(arg)) {
    if (!/^[0-7]+$/.test(arg) || Number.parseInt(arg, 8) > 0o777) {
      throw sh.error(`illegal mode: ${arg}`);
    }
    sh.sys.umask(Number.parseInt(arg, 8));
    return 0;
  }
  const mode = symbolicMode(arg, ~mask & 0o777, mask);
  if (mode === undefined || mode > 0o777) throw sh.error(`illegal mode: ${arg}`);
  sh.sys.umask(~mode & 0o777);
  return 0;
}

interface Limit {
  letter: string;
  resource: number;
  /** Bytes (or the like) a unit of the argument stands for. */
  unit: number;
  name: string;
}

const LIMITS: readonly Limit[] = [
  { letter: "c", resource: RLIMIT_CORE, unit: 512, name: "core file size (blocks)" },
  { letter: "d", resource: RLIMIT_DATA, unit: 1024, name: "data seg size (kb)" },
  { letter: "e", resource: RLIMIT_NICE, unit: 1, name: "scheduling priority" },
  { letter: "f", resource: RLIMIT_FSIZE, unit: 512, name: "file size (blocks)" },
  { letter: "i", resource: RLIMIT_SIGPENDING, unit: 1, name: "pending signals" },
  { letter: "l", resource: RLIMIT_MEMLOCK, unit: 1024, name: "max locked memory (kb)" },
  { letter: "m", resource: RLIMIT_RSS, unit: 1024, name: "max memory size (kb)" },
  { letter: "n", resource: RLIMIT_NOFILE, unit: 1, name: "open files" },
  { letter: "q", resource: RLIMIT_MSGQUEUE, unit: 1, name: "POSIX message queues (bytes)" },
  { letter: "r", resource: RLIMIT_RTPRIO, unit: 1, name: "real-time priority" },
  { letter: "s", resource: RLIMIT_STACK, unit: 1024, name: "stack size (kb)" },
  { letter: "t", resource: RLIMIT_CPU, unit: 1, name: "cpu time (seconds)" },
  { letter: "u", resource: RLIMIT_NPROC, unit: 1, name: "max user processes" },
  { letter: "v", resource: RLIMIT_AS, unit: 1024, name: "virtual memory (kb)" },
  { letter: "x", resource: RLIMIT_LOCKS, unit: 1, name: "file locks" },
];

function limitText(sh: Shell, limit: Limit, hard: boolean): string {
  const { cur, max } = sh.sys.prlimit(0, limit.resource);
  const value = hard ? max : cur;
  return value === RLIM_INFINITY ? "unlimited" : String(Math.floor(value / limit.unit));
}

/** Sets a limit: the complaint, or "". */
function setLimit(sh: Shell, limit: Limit, value: string, soft: boolean, hard: boolean): string {
  let n = RLIM_INFINITY;
  if (value !== "unlimited") {
    if (!/^[0-9]{1,15}$/.test(value)) return `invalid number '${value}'`;
    n = Number(value) * limit.unit;
  }
  try {
    const old = sh.sys.prlimit(0, limit.resource);
    const both = soft === hard;
    sh.sys.prlimit(0, limit.resource, {
      cur: soft || both ? n : old.cur,
      max: hard || both ? n : old.max,
    });
    return "";
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return `error setting limit: ${strerror(e)}`;
  }
}

function ulimitMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  let soft = false;
  let hard = false;
  let all = false;
  const chosen: [Limit, string | undefined][] = [];
  let at = 1;
  for (; at < argv.length; at++) {
    const arg = argv[at] as string;
    if (!arg.startsWith("-") || arg === "-") break;
    if (arg === "--") {
      at++;
      break;
    }
    for (let i = 1; i < arg.length; i++) {
      const c = arg.charAt(i);
      if (c === "S") soft = true;
      else if (c === "H") hard = true;
      else if (c === "a") all = true;
      else {
        const limit = LIMITS.find((l) => l.letter === c);
        if (limit === undefined) return sh.print2(`ulimit: unrecognized option: ${c}\n`, 1);
        let value: string | undefined;
        if (i + 1 < arg.length && !/[A-Za-z]/.test(arg.charAt(i + 1))) {
          value = arg.slice(i + 1);
          i = arg.length;
        } else if (i + 1 === arg.length && /^([0-9]|unlimited$)/.test(argv[at + 1] ?? "")) {
          value = argv[++at];
        }
        chosen.push([limit, value]);
      }
    }
  }
  const label = (l: Limit): string => `${l.name.padEnd(32)}(-${l.letter}) `;
  let out = "";
  if (all) {
    for (const limit of LIMITS) out += `${label(limit)}${limitText(sh, limit, hard)}\n`;
    return sh.print(out);
  }
  const rest = argv[at];
  if (chosen.length === 0) chosen.push([LIMITS.find((l) => l.letter === "f") as Limit, rest]);
  else if (rest !== undefined) {
    const last = chosen[chosen.length - 1] as [Limit, string | undefined];
    last[1] ??= rest;
  }
  for (const [limit, value] of chosen) {
    if (value === undefined) {
      const text = limitText(sh, limit, hard && !soft);
      out += chosen.length > 1 ? `${label(limit)}${text}\n` : `${text}\n`;
      continue;
    }
    const complaint = setLimit(sh, limit, value, soft, hard);
    if (complaint !== "") return sh.printBoth(out, `${sh.appletName}: ${complaint}\n`, 1);
  }
  return sh.print(out);
}

export const SYSTEM = (): readonly Builtin[] => [
  regular("umask", umaskMain),
  regular("ulimit", ulimitMain),
];
