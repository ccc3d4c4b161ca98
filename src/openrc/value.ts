// service_get_value, service_set_value, get_options, save_options: values that a service keeps while it runs.
import type { Program, Steps } from "../abi/program.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { valueGet, valueSet } from "./librc/values.ts";

function* main(rc: Rc): Steps<number> {
  const service = rc.self;
  const [, option, value] = rc.p.argv;
  if (service === undefined) return yield* rc.einfo.eerrorx(`${rc.applet}: no service specified`);
  if (option === undefined || option === "")
    return yield* rc.einfo.eerrorx(`${rc.applet}: no option specified`);
  if (rc.applet === "service_set_value" || rc.applet === "save_options")
    return (yield* valueSet(rc.sys, service, option, value)) ? 0 : 1;
  const kept = yield* valueGet(rc.sys, service, option);
  if (kept === undefined) return 1;
  yield* rc.print(kept);
  return 0;
}

/** Getting or setting is told by the name. */
export const value: Program = rcProgram(main);
