// flock: a program under a file's lock (as in util-linux)
import { EISDIR, Errno, EWOULDBLOCK } from "../../abi/errno.ts";
import {
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  O_CREAT,
  O_NOCTTY,
  O_RDONLY,
} from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { execvp, exitStatus, waitpid } from "../../libc/spawn.ts";
import { Output } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatoi } from "../libbb/numbers.ts";

function* openLock(p: Process, file: string): Steps<number> {
  try {
    try {
      return yield* settle(open(p.sys, file, O_RDONLY | O_NOCTTY | O_CREAT));
    } catch (e) {
      // A directory can be locked too, but not made this way.
      if (e !== EISDIR) throw e;
      return yield* settle(open(p.sys, file, O_RDONLY | O_NOCTTY));
    }
  } catch (e) {
    return dieErrno(`can't open '${file}'`, e);
  }
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const long = { shared: "s", exclusive: "x", unlock: "u", nonblock: "n" };
  const opt = getopt(p, "+sxnu", { long, min: 1 });
  const [file = "", ...rest] = opt.operands;
  let command = rest;
  const fd = command.length === 0 ? xatoi(file) : yield* openLock(p, file);
  if (command[0] === "-c" || command[0] === "--command") {
    if (command.length !== 2) die("-c takes only one argument");
    command = [p.env.get("SHELL") ?? "/bin/sh", "-c", command[1] ?? ""];
  }
  let operation = 0;
  if (opt.has("s")) operation |= LOCK_SH;
  if (opt.has("x")) operation |= LOCK_EX;
  if (opt.has("u")) operation |= LOCK_UN;
  if (operation === 0) operation = LOCK_EX;
  if (opt.has("n")) operation |= LOCK_NB;
  try {
    const call = sys.flock(fd, operation);
    if (isSteps(call)) yield* call;
  } catch (e) {
    if (e === EWOULDBLOCK) return 1;
    if (e instanceof Errno) die(strerror(e));
    throw e;
  }
  if (command.length === 0) return 0;
  // The lock is the open file's: the program has it too, and keeps it for what it leaves behind.
  const pid = sys.fork(function* (child) {
    try {
      return yield* execvp(child, command, p.environ(), p.env.get("PATH"));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      const w = new Output(child, 2, true).puts(
        `${p.progname}: ${command[0] ?? ""}: ${strerror(e)}\n`,
      );
      if (w) yield* w;
      return 255;
    }
  });
  return exitStatus(yield* waitpid(sys, pid));
}

export const flock: Applet = {
  name: "flock",
  path: "/usr/bin/flock",
  usage: `[-sxun] FD | { FILE [-c] PROG ARGS }

Lock or unlock descriptor FD, or run PROG while FILE is locked

	-s	A shared lock
	-x	A lock for oneself (default)
	-u	Unlock
	-n	Give up rather than wait
`,
  main,
};
