// Puts a kernel together: file systems, drivers, the root from image and upper layer, the usual mounts.

import { AT_FDCWD } from "../abi/fcntl.ts";
import { MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_RELATIME } from "../abi/mount.ts";
import type { Program } from "../abi/program.ts";
import { type DiskSpec, registerBlock } from "../kernel/block/attach.ts";
import { DeviceTable } from "../kernel/device.ts";
import { registerMemoryDevices } from "../kernel/drivers/mem.ts";
import { hostTask } from "../kernel/fork.ts";
import { Dentry } from "../kernel/fs/dentry.ts";
import { devpts } from "../kernel/fs/devpts/devpts.ts";
import { devtmpfs } from "../kernel/fs/devtmpfs/devtmpfs.ts";
import { ext2, ext3, ext4 } from "../kernel/fs/ext4/ext4.ts";
import type { FileSystemType } from "../kernel/fs/filesystems.ts";
import { ImageFs, type ImageNode } from "../kernel/fs/imagefs/imagefs.ts";
import type { SuperBlock } from "../kernel/fs/inode.ts";
import { iso9660 } from "../kernel/fs/isofs/isofs.ts";
import { Mount, MountNamespace } from "../kernel/fs/mount.ts";
import { resolve } from "../kernel/fs/namei.ts";
import { overlay, overlayFileSystem } from "../kernel/fs/overlay/overlay.ts";
import { proc } from "../kernel/fs/proc/proc.ts";
import { squashfs } from "../kernel/fs/squashfs/squashfs.ts";
import { sysfs } from "../kernel/fs/sysfs/sysfs.ts";
import type { TmpfsDirectory } from "../kernel/fs/tmpfs/inode.ts";
import { ramfs, Tmpfs, tmpfs } from "../kernel/fs/tmpfs/tmpfs.ts";
import { vfat } from "../kernel/fs/vfat/vfat.ts";
import type { Host, Limits } from "../kernel/host.ts";
import { Kernel } from "../kernel/kernel.ts";
import { KernelLog } from "../kernel/log.ts";
import { TaskSys } from "../kernel/sys.ts";
import type { Task } from "../kernel/task.ts";
import { registerTtyDevices } from "../kernel/tty/devices.ts";

/** What a machine is made of. */
export interface Parts {
  host: Host;
  limits: Limits;
  /** The tree below the machine's own changes; shared, never changed. */
  image: ImageNode;
  /** The root is a tmpfs that starts as a copy of the image, and nothing is mounted: as from an initramfs. */
  initramfs?: boolean;
  /** Changes to start from (machine.fork); default none. */
  upper?: (kernel: Kernel) => Tmpfs;
  programs: ReadonlyMap<string, Program>;
  hostname: string;
  readOnly: boolean;
  disks?: readonly DiskSpec[];
}

/** A kernel that is ready to start tasks. */
export interface Booted {
  kernel: Kernel;
  ns: MountNamespace;
  /** The upper layer of the root. */
  upper: Tmpfs;
  /** For system calls that the host makes. */
  host: Task;
}

const TYPES: readonly FileSystemType[] = [
  tmpfs,
  ramfs,
  proc,
  sysfs,
  devtmpfs,
  devpts,
  overlayFileSystem,
  ext3,
  ext2,
  ext4,
  vfat,
  iso9660,
  squashfs,
];

/** Mounts a super block on an existing directory. */
export function mountOn(
  booted: Booted,
  sb: SuperBlock,
  target: string,
  flags: number,
  source: string,
): Mount {
  const { kernel, ns, host } = booted;
  const at = resolve(host, AT_FDCWD, target, 0);
  const root = new Dentry(undefined, "", sb.root);
  const mount = new Mount(kernel.nextMountId(), sb, root, at, flags | MS_RELATIME, source);
  ns.add(mount);
  return mount;
}

/** Fills a directory with what an image has. */
function copyImage(from: ImageNode, to: TmpfsDirectory): void {
  for (const [name, node] of from.children ?? []) {
    const { mode, uid, gid } = node;
    if (node.children !== undefined) {
      copyImage(node, to.mkdir(name, mode & 0o7777, uid, gid));
    } else if (node.target !== undefined) to.symlink(name, node.target, uid, gid);
    else if (node.content !== undefined) {
      to.create(name, mode & 0o7777, uid, gid).writeData(0, node.content);
    }
  }
}

/** Boots: nothing runs yet. */
export function boot(parts: Parts): Booted {
  const devices = new DeviceTable();
  const kernel = new Kernel(parts.host, parts.limits, parts.programs, devices, new KernelLog());
  kernel.door = TaskSys.door;
  kernel.uts.nodename = parts.hostname;
  for (const type of TYPES) kernel.fileSystems.set(type.name, type);
  registerMemoryDevices(devices);
  registerTtyDevices(devices);
  registerBlock(kernel, parts.disks ?? []);

  const initramfs = parts.initramfs === true;
  const upper = parts.upper?.(kernel) ?? new Tmpfs(kernel, "mode=755");
  const root = initramfs ? upper : overlay(kernel, [new ImageFs(kernel, parts.image)], upper);
  const ns = new MountNamespace();
  kernel.ns = ns;
  const rootFlags = (parts.readOnly ? MS_RDONLY : 0) | MS_RELATIME;
  const source = initramfs ? "rootfs" : "overlay";
  const dentry = new Dentry(undefined, "", root.root);
  ns.add(new Mount(kernel.nextMountId(), root, dentry, undefined, rootFlags, source));
  const host = hostTask(kernel, ns);
  const booted = { kernel, ns, upper, host };
  if (initramfs) {
    copyImage(parts.image, upper.root);
    return booted;
  }
  const secure = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  const mounts: [FileSystemType, string, number, string, string][] = [
    [proc, "/proc", secure, "proc", ""],
    [devtmpfs, "/dev", MS_NOSUID, "tmpfs", "mode=755,size=64k"],
    [devpts, "/dev/pts", MS_NOSUID | MS_NOEXEC, "devpts", "gid=5,mode=620,ptmxmode=666"],
    [sysfs, "/sys", secure, "sysfs", ""],
    [tmpfs, "/dev/shm", secure, "shm", "size=64m"],
  ];
  for (const [type, target, flags, source, data] of mounts) {
    mountOn(booted, type.mount(kernel, host, source, data, flags), target, flags, source);
  }
  return booted;
}
