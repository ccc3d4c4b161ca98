// setsid: run a program in a session of its own (as in util-linux)
import { EPERM, Errno } from "../../abi/errno.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { TIOCSCTTY } from "../../abi/termios.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { execOrDie, exitStatus, waitpid } from "../../libc/spawn.ts";
import type { Applet } from "../libbb/applet.ts";

/** -c: stdin, if it is a terminal, becomes the session's. */
function* takeTerminal(sys: Sys): Steps<void> {
  try {
    yield* settle(sys.ioctl(0, TIOCSCTTY, 1));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "+c", { min: 1 });
  try {
    sys.setsid();
  } catch (e) {
    if (e !== EPERM) throw e;
    // The leader of a process group cannot leave it, a child of his can.
    const pid = sys.fork(function* (child) {
      child.setsid();
      if (opt.has("c")) yield* takeTerminal(child);
      return yield* execOrDie(p, opt.operands, child);
    });
    return exitStatus(yield* waitpid(sys, pid));
  }
  if (opt.has("c")) yield* takeTerminal(sys);
  return yield* execOrDie(p, opt.operands);
}

export const setsid: Applet = {
  name: "setsid",
  path: "/usr/bin/setsid",
  usage: `[-c] PROG ARGS

Run PROG in a session of its own, without a controlling terminal

	-c	Make stdin its controlling terminal
`,
  main,
};
