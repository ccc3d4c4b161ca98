// File systems on block devices: from the source of mount(2) to the device, and one instance a device (Linux: get_tree_bdev).
import { EACCES, EBUSY, EINVAL, ENOMEDIUM, ENOTBLK, ENXIO } from "../../abi/errno.ts";
import { AT_FDCWD } from "../../abi/fcntl.ts";
import { MS_RDONLY } from "../../abi/mount.ts";
import { S_IFBLK, S_IFMT } from "../../abi/stat.ts";
import type { SuperBlock } from "../fs/inode.ts";
import { resolve } from "../fs/namei.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { type Bdev, bdevOf } from "./genhd.ts";

/**
 * The device that a path names: ENOENT, ENOTBLK for what is no block device, EACCES on a nodev mount,
 * ENXIO when nothing has its number. UUID= and LABEL= are mount(8)'s business.
 */
export function lookupBdev(kernel: Kernel, task: Task, source: string): Bdev {
  const path = resolve(task, AT_FDCWD, source, 0);
  const { inode } = path.dentry;
  if ((inode.mode & S_IFMT) !== S_IFBLK) throw ENOTBLK;
  if (path.mount.nodev) throw EACCES;
  const bdev = bdevOf(kernel, inode.rdev);
  if (bdev === undefined) throw ENXIO;
  return bdev;
}

/**
 * For `FileSystemType.mount`: the file system of `type` on the device `source`. `fill` makes it when it
 * is not mounted yet; the device is open and claimed for it then (the claim is undone when `fill`
 * throws). A file system that is mounted already is found again, unless it is of another type or
 * differs in being read-only: EBUSY. A write-protected device is mounted read-only or not at all:
 * EACCES (mount(8) tries again with ro).
 *
 * The super block's `dev` is `bdev.rdev`; its `release` ends with `unmountBdev(sb, bdev)`.
 */
export function mountBdev<T extends SuperBlock>(
  kernel: Kernel,
  task: Task | undefined,
  type: string,
  source: string,
  flags: number,
  fill: (bdev: Bdev, readonly: boolean) => T,
): SuperBlock {
  if (task === undefined) throw ENOTBLK;
  const bdev = lookupBdev(kernel, task, source);
  const readonly = (flags & MS_RDONLY) !== 0;
  const there = bdev.superBlock;
  if (there !== undefined) {
    if (there.type !== type || (there.readonly === true) !== readonly) throw EBUSY;
    return there;
  }
  if (bdev.disk.device === undefined) throw bdev.disk.removable ? ENOMEDIUM : EINVAL;
  if (bdev.readonly && !readonly) throw EACCES;
  const holder = { type };
  bdev.claim(holder);
  bdev.open();
  try {
    const sb = fill(bdev, readonly);
    if (readonly) sb.readonly = true;
    bdev.superBlock = sb;
    mounted(kernel).set(bdev, holder);
    return sb;
  } catch (error) {
    bdev.unclaim(holder);
    bdev.close();
    throw error;
  }
}

function mounted(kernel: Kernel): Map<Bdev, object> {
  return kernel.slot("mounted-bdevs", () => new Map<Bdev, object>());
}

/** The file system has written everything to the device and is gone: lets the device go. */
export function unmountBdev(sb: SuperBlock, bdev: Bdev): void {
  if (bdev.superBlock !== sb) return;
  bdev.superBlock = undefined;
  const table = mounted(sb.kernel);
  const holder = table.get(bdev);
  table.delete(bdev);
  if (holder !== undefined) bdev.unclaim(holder);
  bdev.close();
}
