// The programs of this room by the name that `#!bivy NAME` files give.
import type { Program } from "../abi/program.ts";
import { einfo } from "./einfo.ts";
import { isNewerThan, isOlderThan } from "./is-newer-than.ts";
import { markServiceProgram } from "./mark-service.ts";
import { openrc } from "./openrc.ts";
import { openrcRun } from "./openrc-run.ts";
import { rcAbort } from "./rc-abort.ts";
import { rcDepend } from "./rc-depend.ts";
import { rcService } from "./rc-service.ts";
import { rcStatus } from "./rc-status.ts";
import { rcUpdate } from "./rc-update.ts";
import { service } from "./service.ts";
import { shellVar } from "./shell-var.ts";
import { value } from "./value.ts";

/** Programs that are one under many names: see the files in lib/rc/bin and lib/rc/sbin. */
export function openrcPrograms(): [name: string, program: Program][] {
  return [
    ["openrc", openrc],
    ["openrc-run", openrcRun],
    ["openrc-einfo", einfo],
    ["openrc-service", service],
    ["openrc-mark-service", markServiceProgram],
    ["openrc-value", value],
    ["is_newer_than", isNewerThan],
    ["is_older_than", isOlderThan],
    ["rc-abort", rcAbort],
    ["rc-depend", rcDepend],
    ["rc-service", rcService],
    ["rc-status", rcStatus],
    ["rc-update", rcUpdate],
    ["shell_var", shellVar],
  ];
}
