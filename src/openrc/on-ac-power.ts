// on_ac_power: is the machine on mains power? 0 yes, 1 no, 255 when that cannot be told.
import type { Program, Steps } from "../abi/program.ts";
import { readText } from "../libc/unistd.ts";
import { exists, listDir } from "./librc/dirs.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";

const SUPPLIES = "/sys/class/power_supply";

function* main(rc: Rc): Steps<number> {
  const { sys } = rc;
  if (!exists(sys, SUPPLIES)) return 255;
  const supplies = yield* listDir(sys, SUPPLIES);
  for (const supply of supplies) {
    const type = (yield* readText(sys, `${SUPPLIES}/${supply}/type`)) ?? "";
    const online = (yield* readText(sys, `${SUPPLIES}/${supply}/online`)) ?? "";
    if (type.trim() === "Mains" && online.trim() === "0") return 1;
  }
  return 0;
}

/** The program. */
export const onAcPower: Program = rcProgram(main);
