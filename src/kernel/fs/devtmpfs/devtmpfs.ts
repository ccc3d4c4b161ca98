// devtmpfs: /dev filled by the kernel; a tmpfs that starts with the device nodes and follows the disks (Linux: drivers/base/devtmpfs.c).
import { Errno } from "../../../abi/errno.ts";
import { makedev, S_IFBLK, S_IFCHR } from "../../../abi/stat.ts";
import { type Bdev, bdevs, blockListeners } from "../../block/genhd.ts";
import type { Kernel } from "../../kernel.ts";
import { consoles } from "../../tty/console.ts";
import type { FileSystemType } from "../filesystems.ts";
import { Tmpfs } from "../tmpfs/tmpfs.ts";

/** Group that owns terminals on Alpine. */
const TTY_GID = 5;
/** Group that owns disks, and that of optical drives. */
const DISK_GID = 6;
const CDROM_GID = 11;

/** Name, major, minor, permissions, group: as a running Alpine has them. */
const NODES: readonly (readonly [string, number, number, number, number])[] = [
  ["null", 1, 3, 0o666, 0],
  ["zero", 1, 5, 0o666, 0],
  ["full", 1, 7, 0o666, 0],
  ["random", 1, 8, 0o666, 0],
  ["urandom", 1, 9, 0o666, 0],
  ["kmsg", 1, 11, 0o660, 0],
  ["ttyS0", 4, 64, 0o660, TTY_GID],
  ["tty", 5, 0, 0o666, TTY_GID],
  ["console", 5, 1, 0o600, TTY_GID],
  ["ptmx", 5, 2, 0o666, TTY_GID],
];

const LINKS: readonly (readonly [string, string])[] = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
];

/** The one /dev of a machine. */
class Devtmpfs extends Tmpfs {
  readonly #listener: (bdev: Bdev, action: "add" | "remove" | "change") => void;

  constructor(kernel: Kernel, data: string) {
    super(kernel, data === "" ? "mode=755" : `mode=755,${data}`, "devtmpfs");
    const { root } = this;
    for (const [name, major, minor, mode, gid] of NODES) {
      root.mknod(name, S_IFCHR | mode, makedev(major, minor), 0, gid);
    }
    for (const { name, rdev } of consoles(kernel).lines.values()) {
      if (root.lookup(name) === undefined) root.mknod(name, S_IFCHR | 0o620, rdev, 0, TTY_GID);
    }
    if (kernel.devices.find("c", 10, 237) !== undefined) {
      root.mknod("loop-control", S_IFCHR | 0o660, makedev(10, 237), 0, DISK_GID);
    }
    for (const [name, target] of LINKS) root.symlink(name, target, 0, 0);
    root.mkdir("pts", 0o755, 0, 0);
    root.mkdir("shm", 0o1777, 0, 0);
    for (const bdev of bdevs(kernel)) this.#add(bdev);
    this.#listener = (bdev, action) => {
      if (action === "add") this.#add(bdev);
      else if (action === "remove") this.#remove(bdev);
    };
    blockListeners(kernel).add(this.#listener);
  }

  #add(bdev: Bdev): void {
    const gid = bdev.disk.removable ? CDROM_GID : DISK_GID;
    // What somebody else put there, or no space: the node is missing, nothing else is.
    try {
      this.root.mknod(bdev.name, S_IFBLK | 0o660, bdev.rdev, 0, gid);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  }

  #remove(bdev: Bdev): void {
    const node = this.root.lookup(bdev.name);
    if (node?.rdev !== bdev.rdev) return;
    this.root.unlink(bdev.name);
    const spaces = new Set([this.kernel.ns]);
    for (const task of this.kernel.tasks.values()) spaces.add(task.ns);
    for (const ns of spaces) {
      for (const mount of ns.mounts) if (mount.sb === this) mount.sbRoot.drop(bdev.name);
    }
  }

  override release(): void {
    super.release();
    blockListeners(this.kernel).delete(this.#listener);
    this.kernel.slots.delete("devtmpfs");
  }
}

/** The machine's /dev; `data` as for tmpfs when it is made: mode=755 unless it says otherwise. */
export function createDevtmpfs(kernel: Kernel, data: string): Tmpfs {
  return kernel.slot("devtmpfs", () => new Devtmpfs(kernel, data));
}

/** mount -t devtmpfs: every mount shows the same instance. */
export const devtmpfs: FileSystemType = {
  name: "devtmpfs",
  requiresDevice: false,
  mount: (kernel, _task, _source, data) => createDevtmpfs(kernel, data),
};
