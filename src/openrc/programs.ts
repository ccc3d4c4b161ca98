// The programs of this room by the name that `#!bivy NAME` files give.
import type { Program } from "../abi/program.ts";
import { checkpath } from "./checkpath.ts";
import { einfo } from "./einfo.ts";
import { fstabinfo } from "./fstabinfo.ts";
import { isNewerThan, isOlderThan } from "./is-newer-than.ts";
import { killAll } from "./kill-all.ts";
import { markServiceProgram } from "./mark-service.ts";
import { mountinfo } from "./mountinfo.ts";
import { onAcPower } from "./on-ac-power.ts";
import { openrc } from "./openrc.ts";
import { openrcInit } from "./openrc-init.ts";
import { openrcRun } from "./openrc-run.ts";
import { openrcShutdown } from "./openrc-shutdown.ts";
import { rcAbort } from "./rc-abort.ts";
import { rcDepend } from "./rc-depend.ts";
import { rcService } from "./rc-service.ts";
import { rcSstat } from "./rc-sstat.ts";
import { rcStatus } from "./rc-status.ts";
import { rcUpdate } from "./rc-update.ts";
import { seedrng } from "./seedrng.ts";
import { service } from "./service.ts";
import { shellVar } from "./shell-var.ts";
import { startStopDaemon } from "./start-stop-daemon.ts";
import { superviseDaemon } from "./supervise-daemon.ts";
import { swclock } from "./swclock.ts";
import { value } from "./value.ts";

/** Programs that are one under many names: see the files in lib/rc/bin and lib/rc/sbin. */
export function openrcPrograms(): [name: string, program: Program][] {
  return [
    ["openrc", openrc],
    ["openrc-run", openrcRun],
    ["openrc-init", openrcInit],
    ["openrc-shutdown", openrcShutdown],
    ["openrc-einfo", einfo],
    ["openrc-service", service],
    ["openrc-mark-service", markServiceProgram],
    ["openrc-value", value],
    ["checkpath", checkpath],
    ["fstabinfo", fstabinfo],
    ["is_newer_than", isNewerThan],
    ["is_older_than", isOlderThan],
    ["kill_all", killAll],
    ["mountinfo", mountinfo],
    ["on_ac_power", onAcPower],
    ["rc-abort", rcAbort],
    ["rc-depend", rcDepend],
    ["rc-service", rcService],
    ["rc-sstat", rcSstat],
    ["rc-status", rcStatus],
    ["rc-update", rcUpdate],
    ["seedrng", seedrng],
    ["shell_var", shellVar],
    ["start-stop-daemon", startStopDaemon],
    ["supervise-daemon", superviseDaemon],
    ["swclock", swclock],
  ];
}
