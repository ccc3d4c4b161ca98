// mark_service_started, mark_service_stopped … : scripts that set the state of a service themselves.
import type { Program, Steps } from "../abi/program.ts";
import { SIGHUP } from "../abi/signal.ts";
import { strerror } from "../libc/strerror.ts";
import { failure } from "./librc/dirs.ts";
import { scanInt } from "./librc/numbers.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { markService, type State, stateBit } from "./librc/service.ts";

function* main(rc: Rc): Steps<number> {
  const { sys } = rc;
  const service = rc.p.argv[1] ?? rc.self;
  if (service === undefined || service === "")
    return yield* rc.einfo.eerrorx(`${rc.applet}: no service specified`);
  const state = rc.applet.replace(/^mark_service_/, "");
  if (stateBit(state) === 0) return yield* rc.einfo.eerrorx(`${rc.applet}: unknown applet`);
  if (!(yield* markService(sys, service, state as State))) return 1;
  // The openrc-run that runs the script must not mark it by how the script ends.
  const pid = rc.self === service ? scanInt(rc.env("RC_OPENRC_PID")) : undefined;
  if (pid !== undefined) {
    const error = failure(() => sys.kill(pid, SIGHUP));
    if (error !== undefined)
      yield* rc.einfo.eerror(`${rc.applet}: failed to signal parent ${pid}: ${strerror(error)}`);
  }
  return 0;
}

/** Which state is set is told by the name. */
export const markServiceProgram: Program = rcProgram(main);
