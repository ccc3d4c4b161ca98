// pgrep, pkill: processes by regular expression and by what they belong to (as in procps)
import type { Steps } from "../../abi/program.ts";
import { SIGTERM } from "../../abi/signal.ts";
import { getopt } from "../../libc/getopt.ts";
import { isUtf8 } from "../../libc/locale.ts";
import { die, type Process } from "../../libc/process.ts";
import { REG_EXTENDED, type Regex, RegexError, regcomp } from "../../libc/regex/regex.ts";
import { signalList, signalNumber } from "../../libc/strsignal.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";
import { xuser } from "../libbb/owner.ts";
import { argv0, cmdline, type Proc, scanProcs } from "../libbb/procps.ts";

interface Found {
  pid: number;
  start: number;
  comm: string;
  /** What pgrep shows beside the number. */
  shown: string;
}

function compile(p: Process, pattern: string): Regex {
  try {
    return regcomp(pattern, REG_EXTENDED, { utf8: isUtf8(p.env) });
  } catch (e) {
    if (!(e instanceof RegexError)) throw e;
    return die(`bad regex '${pattern}': ${e.message}`);
  }
}

function* main(p: Process): Steps<number> {
  const pkill = p.progname === "pkill";
  let args = p.argv.slice(1);
  let signal = SIGTERM;
  if (pkill) {
    if (args[0] === "-l") {
      const w = p.stdout.puts(signalList());
      if (w) yield* w;
      return 0;
    }
    // A first option that is a signal's name; any other is looked at below.
    const first = args[0] ?? "";
    if (first.length > 1 && first.startsWith("-")) {
      const n = signalNumber(first.slice(1));
      if (n >= 0) {
        signal = n;
        args = args.slice(1);
      }
    }
  }
  const opt = getopt(p, "vlafxones:P:u:U:", { max: 1 }, args);
  const pattern = opt.operands[0];
  const owned = opt.has("s") || opt.has("P") || opt.has("u") || opt.has("U");
  if (pattern === undefined && !owned) p.usageError();
  const full = opt.has("f");
  const session = opt.get("s");
  const sid = session === undefined ? undefined : xatou(session) || p.sys.getsid(0);
  const parent = opt.get("P");
  const ppid = parent === undefined ? undefined : xatou(parent);
  const euid = opt.has("u") ? yield* xuser(p, opt.get("u") as string) : undefined;
  const ruid = opt.has("U") ? yield* xuser(p, opt.get("U") as string) : undefined;
  const regex = pattern === undefined ? undefined : compile(p, pattern);

  const self = p.sys.getpid();
  const found: Found[] = [];
  const select = function* (proc: Proc): Steps<void> {
    const raw = full || opt.has("a") || opt.has("l") ? yield* cmdline(p.sys, proc.dir) : "";
    const whole = raw.replace(/\0+$/, "").replaceAll("\0", " ") || proc.comm;
    const text = full ? whole : proc.comm;
    let is =
      (sid === undefined || proc.sid === sid) &&
      (ppid === undefined || proc.ppid === ppid) &&
      (euid === undefined || proc.uid === euid);
    if (is && ruid !== undefined) {
      const status = (yield* readText(p.sys, `${proc.dir}/status`)) ?? "";
      is = Number(/^Uid:\s*([0-9]+)/m.exec(status)?.[1] ?? -1) === ruid;
    }
    if (is && regex !== undefined) {
      const m = regex.exec(text, 0);
      is = m !== undefined && (!opt.has("x") || (m[0] === 0 && m[1] === text.length));
    }
    if (is === opt.has("v")) return;
    const first = argv0(raw) || proc.comm;
    const shown = opt.has("a") ? (full ? whole : first) : full ? first : proc.comm;
    found.push({ pid: proc.pid, start: proc.start, comm: proc.comm, shown });
  };
  const procs = yield* scanProcs(p.sys);
  for (const proc of procs) if (proc.pid !== self) yield* select(proc);

  let chosen = found;
  if (opt.has("o") || opt.has("n")) {
    const newest = opt.has("n");
    const best = found.reduce<Found | undefined>((a, b) => {
      if (a === undefined) return b;
      const later = b.start > a.start || (b.start === a.start && b.pid > a.pid);
      return later === newest ? b : a;
    }, undefined);
    chosen = best === undefined ? [] : [best];
  }
  for (const { pid, comm, shown } of chosen) {
    let text = "";
    if (!pkill) text = opt.has("l") || opt.has("a") ? `${pid} ${shown}\n` : `${pid}\n`;
    else {
      try {
        p.sys.kill(pid, signal);
        if (opt.has("e")) text = `${comm} killed (pid ${pid})\n`;
      } catch (e) {
        yield* p.warn(`can't kill pid ${pid}`, e);
      }
    }
    const w = text === "" ? undefined : p.stdout.puts(text);
    if (w) yield* w;
  }
  return chosen.length > 0 ? 0 : 1;
}

export const pgrep: Applet = {
  name: "pgrep",
  path: "/usr/bin/pgrep",
  usage: `[-flanovx] [-s SID|-P PPID|PATTERN]

Print the numbers of the processes whose names match PATTERN

	-l	Names too
	-a	Arguments too
	-f	Match all arguments, not the name
	-n	The youngest only
	-o	The oldest only
	-v	Those that do not match
	-x	The whole name must match
	-s SID	Of this session (0: one's own)
	-P PPID	Children of this process
	-u EUID	Of this effective user
	-U UID	Of this real user
`,
  main,
};

export const pkill: Applet = {
  name: "pkill",
  path: "/usr/bin/pkill",
  usage: `[-l|-SIGNAL] [-xfvnoe] [-s SID|-P PPID|PATTERN]

Signal the processes whose names match PATTERN

	-l	List the signals
	-x	The whole name must match
	-f	Match all arguments, not the name
	-s SID	Of this session (0: one's own)
	-P PPID	Children of this process
	-v	Those that do not match
	-n	The youngest only
	-o	The oldest only
	-e	Say what was killed
	-u EUID	Of this effective user
	-U UID	Of this real user
`,
  main,
};
