// devtmpfs: /dev filled by the kernel; a tmpfs that starts with the device nodes (Linux: drivers/base/devtmpfs.c).
import { makedev, S_IFCHR } from "../../../abi/stat.ts";
import type { Kernel } from "../../kernel.ts";
import type { FileSystemType } from "../filesystems.ts";
import { Tmpfs } from "../tmpfs/tmpfs.ts";

/** Group that owns terminals on Alpine. */
const TTY_GID = 5;

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

/** A fresh /dev; `data` as for tmpfs, mode=755 unless it says otherwise. */
export function createDevtmpfs(kernel: Kernel, data: string): Tmpfs {
  const sb = new Tmpfs(kernel, data === "" ? "mode=755" : `mode=755,${data}`, "devtmpfs");
  const { root } = sb;
  for (const [name, major, minor, mode, gid] of NODES) {
    root.mknod(name, S_IFCHR | mode, makedev(major, minor), 0, gid);
  }
  for (const [name, target] of LINKS) root.symlink(name, target, 0, 0);
  root.mkdir("pts", 0o755, 0, 0);
  root.mkdir("shm", 0o1777, 0, 0);
  return sb;
}

/** mount -t devtmpfs: each mount is an instance of its own. */
export const devtmpfs: FileSystemType = {
  name: "devtmpfs",
  requiresDevice: false,
  mount: (kernel, _task, _source, data) => createDevtmpfs(kernel, data),
};
