// kill (POSIX), killall, killall5: signals to processes by number, by name, and to all others
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { SIGCONT, SIGSTOP, SIGTERM } from "../../abi/signal.ts";
import { die, type Process } from "../../libc/process.ts";
import { signalList, signalName, signalNumber } from "../../libc/strsignal.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatoi } from "../libbb/numbers.ts";
import { procsByName, scanProcs } from "../libbb/procps.ts";

/** `kill -l NAME|NUMBER…`: one of the other. An exit status stands for the signal in it. */
function* translate(p: Process, words: readonly string[]): Steps<number> {
  for (const word of words) {
    let text: string;
    if (/^[0-9]+$/.test(word)) {
      const n = Number(word) & 127;
      text = n < 32 ? signalName(n) : String(n);
    } else {
      const n = signalNumber(word);
      if (n < 0) die(`unknown signal '${word}'`);
      text = String(n);
    }
    const w = p.stdout.puts(`${text}\n`);
    if (w) yield* w;
  }
  return 0;
}

interface Request {
  signal: number;
  quiet: boolean;
  rest: readonly string[];
}

/** The options that all of them share; undefined when -l has been dealt with. */
function* parse(p: Process, killall: boolean): Steps<Request | undefined> {
  let rest = p.argv.slice(1);
  let signal = SIGTERM;
  let quiet = false;
  if (rest[0] === "-l") {
    if (rest.length > 1) yield* translate(p, rest.slice(1));
    else {
      const w = p.stdout.puts(signalList());
      if (w) yield* w;
    }
    return undefined;
  }
  if (killall && rest[0] === "-q") {
    quiet = true;
    rest = rest.slice(1);
    if (rest.length === 0) p.usageError();
  }
  const first = rest[0] ?? "";
  if (first.startsWith("-") && first !== "--" && !(p.progname === "killall5" && first === "-o")) {
    let name = first.slice(1);
    rest = rest.slice(1);
    if (name === "s" && rest.length > 0) {
      name = rest[0] as string;
      rest = rest.slice(1);
    }
    signal = signalNumber(name);
    if (signal < 0 || signal > 64) die(`bad signal name '${name}'`);
  }
  if (rest[0] === "--") rest = rest.slice(1);
  return { signal, quiet, rest };
}

function* send(p: Process, pid: number, signal: number): Steps<boolean> {
  try {
    p.sys.kill(pid, signal);
    return true;
  } catch (e) {
    yield* p.warn(`can't kill pid ${pid}`, e);
    return false;
  }
}

function* killMain(p: Process): Steps<number> {
  const req = yield* parse(p, false);
  if (req === undefined) return 0;
  if (req.rest.length === 0) die("you need to specify whom to kill");
  let errors = 0;
  for (const word of req.rest) {
    if (!/^-?[0-9]+$/.test(word)) {
      yield* p.warnx(`invalid number '${word}'`);
      errors++;
    } else if (!(yield* send(p, Number(word), req.signal))) errors++;
  }
  return Math.min(errors, 255);
}

function* killallMain(p: Process): Steps<number> {
  const req = yield* parse(p, true);
  if (req === undefined) return 0;
  if (req.rest.length === 0) die("you need to specify whom to kill");
  const self = p.sys.getpid();
  let errors = 0;
  for (const name of req.rest) {
    const procs = (yield* procsByName(p, name)).filter((proc) => proc.pid !== self);
    if (procs.length === 0) {
      errors++;
      if (!req.quiet) yield* p.warnx(`${name}: no process killed`);
    }
    for (const proc of procs) if (!(yield* send(p, proc.pid, req.signal))) errors++;
  }
  return Math.min(errors, 255);
}

function* killall5Main(p: Process): Steps<number> {
  const req = yield* parse(p, true);
  if (req === undefined) return 0;
  const omit = new Set<number>();
  for (let i = 0; i < req.rest.length; i++) {
    // Each PID to leave alone is an option of its own.
    if (req.rest[i] !== "-o") p.usageError();
    const pid = req.rest[++i];
    if (pid === undefined) break;
    omit.add(xatoi(pid));
  }
  const { sys } = p;
  const self = sys.getpid();
  const session = sys.getsid(0);
  const all = (signal: number): void => {
    try {
      sys.kill(-1, signal);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  };
  // Nothing must start while they are looked for.
  if (req.signal !== SIGSTOP && req.signal !== SIGCONT) all(SIGSTOP);
  let sent = false;
  const found = yield* scanProcs(sys);
  for (const proc of found) {
    if (proc.sid === session || proc.pid === self || proc.pid === 1 || omit.has(proc.pid)) continue;
    if (proc.vsz === 0) continue;
    try {
      sys.kill(proc.pid, req.signal);
      sent = true;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
  if (req.signal !== SIGSTOP && req.signal !== SIGCONT) all(SIGCONT);
  return sent ? 0 : 2;
}

export const kill: Applet = {
  name: "kill",
  path: "/bin/kill",
  usage: `[-l] [-SIG] PID...

Signal the processes PID (TERM unless told)

	-l	List names and numbers of signals
`,
  main: killMain,
};

export const killall: Applet = {
  name: "killall",
  path: "/usr/bin/killall",
  usage: `[-lq] [-SIG] PROCESS_NAME...

Signal the processes of these names (TERM unless told)

	-l	List names and numbers of signals
	-q	Say nothing when there are none
`,
  main: killallMain,
};

export const killall5: Applet = {
  name: "killall5",
  path: "/usr/sbin/killall5",
  usage: `[-l] [-SIG] [-o PID]...

Signal all processes of other sessions (TERM unless told)

	-l	List names and numbers of signals
	-o PID	Leave this one alone
`,
  main: killall5Main,
};
