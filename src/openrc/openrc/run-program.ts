// Running a program as a part of changing the runlevel.
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGWINCH } from "../../abi/signal.ts";
import { Output } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import type { Rc } from "../librc/rc.ts";
import { type Abort, defaultSignals } from "../librc/signals.ts";

/** Signals that openrc has handlers for. */
export const HANDLED: readonly number[] = [
  SIGCHLD,
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGTERM,
  SIGUSR1,
  SIGWINCH,
];

/** Runs a program without arguments and waits for it. */
export function* runProgram(rc: Rc, abort: Abort, path: string): Steps<void> {
  yield* rc.flush();
  const envp = rc.p.environ();
  const pid = rc.sys.fork(function* (child) {
    defaultSignals(child, HANDLED);
    try {
      const call = child.execve(path, [path], envp);
      return isSteps(call) ? yield* call : call;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      const text = ` * ${rc.applet}: unable to exec \`${path}': ${strerror(e)}\n`;
      const w = new Output(child, 2, true).puts(text);
      if (w) yield* w;
      return 1;
    }
  });
  yield* abort.wait(pid);
}
