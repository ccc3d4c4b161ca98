// What kind of system this is: a container or virtual machine that some services have no place in.
import type { Steps, Sys } from "../../abi/program.ts";
import { readText } from "../../libc/unistd.ts";
import type { RcConf } from "./conf.ts";
import { exists } from "./dirs.ts";

const CONTAINERS = ["UML", "VSERVER", "OPENVZ", "LXC", "RKT", "SYSTEMD-NSPAWN", "DOCKER"];
const MACHINES = ["XEN0", "XENU"];

function* fileHas(sys: Sys, path: string, pattern: RegExp): Steps<boolean> {
  return pattern.test((yield* readText(sys, path)) ?? "");
}

/** The kind in capitals, as rc_sys names it or as it can be seen; undefined for an ordinary machine. */
export function* rcSys(sys: Sys, conf: RcConf): Steps<string | undefined> {
  const named = conf.get("rc_sys")?.toUpperCase();
  // "" is how rc.conf says: none of them.
  if (named === "") return undefined;
  if (named === "PREFIX" || (named !== undefined && CONTAINERS.includes(named))) return named;
  if (yield* fileHas(sys, "/proc/cpuinfo", /UML/)) return "UML";
  if (yield* fileHas(sys, "/proc/self/status", /(?:s_context|VxID):\s*[1-9]/)) return "VSERVER";
  if (exists(sys, "/proc/vz/veinfo") && !exists(sys, "/proc/vz/version")) return "OPENVZ";
  if (yield* fileHas(sys, "/proc/self/status", /envID:\s*[1-9]/)) return "OPENVZ";
  const init = (yield* readText(sys, "/proc/1/environ")) ?? "";
  if (init.includes("container=lxc")) return "LXC";
  if (init.includes("container=rkt")) return "RKT";
  if (init.includes("container=systemd-nspawn")) return "SYSTEMD-NSPAWN";
  if (exists(sys, "/.dockerenv") || init.includes("container=docker")) return "DOCKER";
  if (named !== undefined && MACHINES.includes(named)) return named;
  if (!exists(sys, "/proc/xen")) return undefined;
  return (yield* fileHas(sys, "/proc/xen/capabilities", /control_d/)) ? "XEN0" : "XENU";
}
