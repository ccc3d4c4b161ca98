// service_started, service_stopped … : questions of scripts about the state of a service, by status.
import type { Program, Steps } from "../abi/program.ts";
import { daemonsCrashed, startedDaemon } from "./librc/daemon.ts";
import { scanInt } from "./librc/numbers.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { serviceState, stateBit } from "./librc/service.ts";

/** service_started_daemon [SERVICE] PROGRAM [NUMBER] */
function* startedDaemonMain(rc: Rc): Steps<boolean> {
  const [first, second, third] = rc.p.argv.slice(1);
  let service = rc.self;
  let program = first;
  let index = 0;
  if (third !== undefined) [service, program, index] = [first, second, scanInt(third) ?? 0];
  else if (second !== undefined) {
    const number = scanInt(second);
    if (number === undefined) [service, program] = [first, second];
    else index = number;
  }
  if (service === undefined || program === undefined) return false;
  return yield* startedDaemon(rc.sys, service, program, index);
}

function* main(rc: Rc): Steps<number> {
  const service = rc.p.argv[1] ?? rc.self;
  if (service === undefined || service === "")
    return yield* rc.einfo.eerrorx(`${rc.applet}: no service specified`);
  if (rc.applet === "service_started_daemon") return (yield* startedDaemonMain(rc)) ? 0 : 1;
  if (rc.applet === "service_crashed") return (yield* daemonsCrashed(rc.sys, service)) ? 0 : 1;
  const bit = stateBit(rc.applet.replace(/^service_/, ""));
  if (bit === 0) return yield* rc.einfo.eerrorx(`${rc.applet}: unknown applet`);
  return ((yield* serviceState(rc.sys, service)) & bit) !== 0 ? 0 : 1;
}

/** Which state is asked for is told by the name. */
export const service: Program = rcProgram(main);
