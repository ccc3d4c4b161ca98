// time: run a program and tell what it took (POSIX time; -v -f -o -a as in GNU)
import { Errno } from "../../abi/errno.ts";
import { O_APPEND, O_CLOEXEC, O_CREAT, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { CLOCK_MONOTONIC, type RUsage } from "../../abi/resource.ts";
import {
  SIG_IGN,
  SIGINT,
  SIGQUIT,
  WEXITSTATUS,
  WIFEXITED,
  WIFSIGNALED,
  WTERMSIG,
} from "../../abi/signal.ts";
import type { Timespec } from "../../abi/stat.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { spawn } from "../../libc/spawn.ts";
import { Output } from "../../libc/stdio.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const DEFAULT = "real\t%E\nuser\t%u\nsys\t%T";
const POSIX = "real %e\nuser %U\nsys %S";
const PAGE_SIZE = 4096;

/** What -v shows: labels and directives. */
const VERBOSE = `	Command being timed: "%C"
	User time (seconds): %U
	System time (seconds): %S
	Percent of CPU this job got: %P
	Elapsed (wall clock) time (h:mm:ss or m:ss): %E
	Average shared text size (kbytes): %X
	Average unshared data size (kbytes): %D
	Average stack size (kbytes): %p
	Average total size (kbytes): %K
	Maximum resident set size (kbytes): %M
	Average resident set size (kbytes): %t
	Major (requiring I/O) page faults: %F
	Minor (reclaiming a frame) page faults: %R
	Voluntary context switches: %w
	Involuntary context switches: %c
	Swaps: %W
	File system inputs: %I
	File system outputs: %O
	Socket messages sent: %s
	Socket messages received: %r
	Signals delivered: %k
	Page size (bytes): %Z
	Exit status: %x`;

function milliseconds(t: Timespec): number {
  return t.sec * 1000 + Math.floor(t.nsec / 1e6);
}

/** "1.20" */
function seconds(ms: number): string {
  return `${Math.floor(ms / 1000)}.${String(Math.floor(ms / 10) % 100).padStart(2, "0")}`;
}

/** "0m 1.20s", from an hour on "1h 2m 03s" */
function clockTime(ms: number): string {
  const whole = Math.floor(ms / 1000);
  const minutes = Math.floor(whole / 60);
  if (whole >= 3600)
    return `${Math.floor(minutes / 60)}h ${minutes % 60}m ${String(whole % 60).padStart(2, "0")}s`;
  return `${minutes}m ${seconds(ms % 60000)}s`;
}

interface Measured {
  command: string;
  status: number;
  elapsed: number;
  usage: RUsage;
}

function directive(c: string, m: Measured): string {
  const user = milliseconds(m.usage.utime);
  const system = milliseconds(m.usage.stime);
  switch (c) {
    case "C":
      return m.command;
    case "D":
    case "K":
    case "W":
    case "X":
    case "k":
    case "p":
    case "r":
    case "s":
    case "t":
      return "0";
    case "E":
      return clockTime(m.elapsed);
    case "F":
      return String(m.usage.majflt);
    case "I":
      return String(m.usage.inblock);
    case "M":
      return String(m.usage.maxrssKiB);
    case "O":
      return String(m.usage.oublock);
    case "P":
      return m.elapsed > 0 ? `${Math.floor(((user + system) * 100) / m.elapsed)}%` : "?%";
    case "R":
      return String(m.usage.minflt);
    case "S":
      return seconds(system);
    case "T":
      return clockTime(system);
    case "U":
      return seconds(user);
    case "u":
      return clockTime(user);
    case "Z":
      return String(PAGE_SIZE);
    case "c":
      return String(m.usage.nivcsw);
    case "e":
      return seconds(m.elapsed);
    case "w":
      return String(m.usage.nvcsw);
    case "x":
      return WIFEXITED(m.status) ? String(WEXITSTATUS(m.status)) : "0";
    default:
      return "";
  }
}

function report(format: string, m: Measured): string {
  let head = "";
  if (WIFSIGNALED(m.status)) head = `Command terminated by signal ${WTERMSIG(m.status)}\n`;
  else if (WEXITSTATUS(m.status) !== 0)
    head = `Command exited with non-zero status ${WEXITSTATUS(m.status)}\n`;
  // A backslash counts for nothing here.
  const body = format.replace(/%([\s\S])|[%\\]/g, (_, c?: string) =>
    c === undefined ? "" : directive(c, m),
  );
  return `${head}${body}\n`;
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "+vpao:f:", { min: 1 });
  let format = opt.get("f") ?? DEFAULT;
  if (opt.has("v")) format = VERBOSE;
  if (opt.has("p")) format = POSIX;
  let out = p.stderr;
  const file = opt.get("o");
  if (file !== undefined) {
    const flags = O_WRONLY | O_CREAT | O_CLOEXEC | (opt.has("a") ? O_APPEND : O_TRUNC);
    try {
      const fd = open(sys, file, flags);
      out = new Output(sys, isSteps(fd) ? yield* fd : fd);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      dieErrno(`can't open '${file}'`, e);
    }
  }
  const now = (): number => milliseconds(sys.clock_gettime(CLOCK_MONOTONIC));
  const start = now();
  const pid = yield* spawn(p, opt.operands);
  const ignore = { handler: SIG_IGN, flags: 0, mask: { lo: 0, hi: 0 } };
  const before = [SIGINT, SIGQUIT].map((signo) => sys.rt_sigaction(signo, ignore));
  let done = sys.wait4(pid, 0);
  if (isSteps(done)) done = yield* done;
  const elapsed = now() - start;
  for (const [i, action] of before.entries()) sys.rt_sigaction(i === 0 ? SIGINT : SIGQUIT, action);
  if (done === undefined) return 1;
  const { status, rusage: usage } = done;
  const text = report(format, { command: opt.operands.join(" "), status, elapsed, usage });
  const w = out.puts(text);
  if (w) yield* w;
  const f = out.flush();
  if (f) yield* f;
  return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

export const time: Applet = {
  name: "time",
  path: "/usr/bin/time",
  usage: `[-vpa] [-o FILE] [-f FORMAT] PROG ARGS

Run PROG, then tell on stderr what it took

	-v	All there is to know
	-p	As POSIX wants it
	-f FMT	As FMT says: %e %U %S seconds, %C command, %x status
	-o FILE	Write to FILE
	-a	Append to it
`,
  main,
};
