// The list of block devices: what /proc/partitions, /proc/diskstats and /sys/block show.
import type { Kernel } from "../kernel.ts";

/** A whole disk, loop device or RAM disk. */
export interface Disk {
  /** Name below /dev: "loop0", "vda". */
  readonly name: string;
  readonly major: number;
  readonly minor: number;
  /** Size in bytes; 0 for one without a medium. */
  sizeBytes(): number;
  readonly readonly?: boolean;
}

/** The disks of a machine by name, in the order they came; drivers add theirs. */
export function disks(kernel: Kernel): Map<string, Disk> {
  return kernel.slot("disks", () => new Map<string, Disk>());
}
