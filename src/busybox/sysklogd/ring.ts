// The log that syslogd -C keeps for logread: a file of the newest lines. (The original uses System V shared memory.)
import type { Sys } from "../../abi/program.ts";
import { tryStat } from "../../libc/unistd.ts";

/** Where the ring is. */
export function ringPath(sys: Sys): string {
  return tryStat(sys, "/dev/shm") === undefined ? "/run/syslogd.ring" : "/dev/shm/syslogd.ring";
}
