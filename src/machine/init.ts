// The first process of a machine that only serves: reaps what is left to it, as the init of container engines does.
import { ECHILD } from "../abi/errno.ts";
import { type Steps, type Sys, settle } from "../abi/program.ts";
import { SA_RESTART, SIGCHLD } from "../abi/signal.ts";

/** Never ends by itself; the machine is closed from outside. */
export function* init(sys: Sys): Steps<number> {
  // A handler, so that SIGCHLD wakes the wait for children that pid 1 does not have yet.
  const mask = { lo: 0, hi: 0 };
  sys.rt_sigaction(SIGCHLD, { handler: () => {}, flags: SA_RESTART, mask });
  for (;;) {
    try {
      yield* settle(sys.wait4(-1, 0));
    } catch (error) {
      if (error !== ECHILD) continue;
      try {
        yield* settle(sys.rt_sigsuspend(mask));
      } catch {
        // EINTR: a child was left to us.
      }
    }
  }
}
