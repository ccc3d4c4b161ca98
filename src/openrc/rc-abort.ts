// rc-abort: has the openrc that runs this service give up.
import type { Program, Steps } from "../abi/program.ts";
import { SIGUSR1 } from "../abi/signal.ts";
import { strerror } from "../libc/strerror.ts";
import { failure } from "./librc/dirs.ts";
import { scanInt } from "./librc/numbers.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";

function* main(rc: Rc): Steps<number> {
  const pid = scanInt(rc.env("RC_PID"));
  if (pid === undefined) return 1;
  const error = failure(() => rc.sys.kill(pid, SIGUSR1));
  if (error !== undefined)
    yield* rc.einfo.eerrorx(`rc-abort: failed to signal parent ${pid}: ${strerror(error)}`);
  return 0;
}

/** The program. */
export const rcAbort: Program = rcProgram(main);
