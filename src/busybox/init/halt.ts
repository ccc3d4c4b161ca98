// halt, poweroff, reboot: take the machine down (halt(8))
import { Errno } from "../../abi/errno.ts";
import { RB_AUTOBOOT, RB_HALT_SYSTEM, RB_POWER_OFF } from "../../abi/mount.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { SIGTERM, SIGUSR1, SIGUSR2 } from "../../abi/signal.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import type { Applet } from "../libbb/applet.ts";
import { xduration } from "../libbb/duration.ts";

/** Asks init, which ends everything first, or the kernel at once. */
function* takeDown(p: Process, signo: number, cmd: number): Steps<number> {
  const opt = getopt(p, "d:nfwi", { max: 0 });
  const delay = opt.get("d");
  if (delay !== undefined) yield* settle(p.sys.nanosleep(xduration(delay) * 1000));
  if (opt.has("w")) return 0;
  if (!opt.has("n")) yield* settle(p.sys.sync());
  try {
    if (opt.has("f")) yield* settle(p.sys.reboot(cmd));
    else p.sys.kill(1, signo);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    die(strerror(e));
  }
  return 0;
}

function usage(what: string, extra: string): string {
  return `[-d SECONDS] [-n${extra === "" ? "" : "w"}f]

${what}

	-d SECONDS	Wait first
	-n	Do not write what is in memory to the disks
	-f	Do not ask init
${extra}`;
}

export const halt: Applet = {
  name: "halt",
  path: "/sbin/halt",
  usage: usage("Stop the machine", "\t-w\tOnly note it in wtmp\n"),
  main: (p) => takeDown(p, SIGUSR1, RB_HALT_SYSTEM),
};
export const poweroff: Applet = {
  name: "poweroff",
  path: "/sbin/poweroff",
  usage: usage("Stop the machine and switch it off", ""),
  main: (p) => takeDown(p, SIGUSR2, RB_POWER_OFF),
};
export const reboot: Applet = {
  name: "reboot",
  path: "/sbin/reboot",
  usage: usage("Start the machine anew", ""),
  main: (p) => takeDown(p, SIGTERM, RB_AUTOBOOT),
};
