// File system types: what mount(2) can mount (Linux: struct file_system_type, /proc/filesystems).
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { SuperBlock } from "./inode.ts";

/** A kind of file system. */
export interface FileSystemType {
  readonly name: string;
  /** True when it needs a block device ("nodev" is shown otherwise). */
  readonly requiresDevice: boolean;
  /**
   * Makes or finds the instance for a mount; throws EINVAL for bad options, ENODEV, ENOTBLK … `flags`
   * are MS_*; types that need a device look at MS_RDONLY (see block/mount.ts).
   */
  mount(
    kernel: Kernel,
    task: Task | undefined,
    source: string,
    data: string,
    flags: number,
  ): SuperBlock;
}
