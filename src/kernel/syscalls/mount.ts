// mount(2), umount2(2), pivot_root(2), unshare(2) of mount namespaces (mount_namespaces(7)).

import { CAP_SYS_ADMIN } from "../../abi/capability.ts";
import { EBUSY, EINVAL, ELOOP, ENODEV, ENOENT, ENOSPC, ENOTDIR, EPERM } from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_DIRECTORY } from "../../abi/fcntl.ts";
import {
  MNT_DETACH,
  MNT_FORCE,
  MS_BIND,
  MS_MOVE,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_REMOUNT,
  MS_SHARED,
  MS_SILENT,
  MS_SLAVE,
  MS_STRICTATIME,
  MS_UNBINDABLE,
  UMOUNT_NOFOLLOW,
} from "../../abi/mount.ts";
import { capable } from "../cred.ts";
import { Dentry } from "../fs/dentry.ts";
import type { Path } from "../fs/file.ts";
import type { SuperBlock } from "../fs/inode.ts";
import { Mount, type MountNamespace, reapMounts } from "../fs/mount.ts";
import { resolve } from "../fs/namei.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";

/** Flags that belong to a mount and not to its super block. */
const PER_MOUNT =
  MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME;
const PROPAGATION = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
/** Mounts of one namespace, at most. */
const MAX_MOUNTS = 4096;
/** Flags of unshare(2). */
const CLONE_FS = 0x200;
const CLONE_FILES = 0x400;
const CLONE_NEWNS = 0x20000;

function mustAdmin(task: Task): void {
  if (!capable(task.cred, CAP_SYS_ADMIN)) throw EPERM;
}

/** Access times are kept as relatime unless asked otherwise. */
function mountFlags(flags: number): number {
  const own = flags & PER_MOUNT;
  return (flags & (MS_NOATIME | MS_STRICTATIME)) !== 0 ? own & ~MS_RELATIME : own | MS_RELATIME;
}

/** The mount whose root is at `path`; EINVAL when nothing of this namespace is mounted there. */
function mountAt(task: Task, path: Path): Mount {
  if (path.dentry !== path.mount.root || !task.ns.mounts.includes(path.mount)) throw EINVAL;
  return path.mount;
}

function isBelow(mount: Mount, top: Mount): boolean {
  for (let at: Mount | undefined = mount; at !== undefined; at = at.at?.mount) {
    if (at === top) return true;
  }
  return false;
}

/** Things are mounted only where the task's namespace reaches. */
function mustReach(task: Task, target: Path): void {
  if (task.ns.mounts.includes(target.mount)) return;
  throw target.mount.detached ? ENOENT : EINVAL;
}

/** A directory goes on a directory, anything else on something else. */
function mustMatch(root: Dentry, target: Path): void {
  if (root.inode.isDirectory !== target.dentry.inode.isDirectory) throw ENOTDIR;
  if (target.dentry.deleted) throw ENOENT;
}

function mustHaveRoom(ns: MountNamespace, more: number): void {
  if (ns.mounts.length + more > MAX_MOUNTS) throw ENOSPC;
}

/** Somebody has a file of it open for writing. */
function hasWriters(kernel: Kernel, sb: SuperBlock): boolean {
  for (const { fds } of kernel.tasks.values()) {
    for (let fd = 0; fd < fds.size; fd++) {
      const file = fds.peek(fd);
      if (file?.writable === true && file.inode.sb === sb && file.inode.isRegular) return true;
    }
  }
  return false;
}

function remount(task: Task, target: Path, flags: number, data: string): void {
  const mount = mountAt(task, target);
  if ((flags & MS_BIND) === 0) {
    const readonly = (flags & MS_RDONLY) !== 0;
    if (readonly && mount.sb.readonly !== true && hasWriters(task.kernel, mount.sb)) throw EBUSY;
    mount.sb.remount(data, readonly);
    mount.sb.readonly = readonly;
  }
  mount.flags = mountFlags(flags);
}

/** The mounts under a place that a recursive bind takes along, parents first. */
function submounts(ns: MountNamespace, from: Path): Mount[] {
  const found: Mount[] = [];
  const taken = new Set<Mount>();
  for (const mount of ns.mounts) {
    if (mount.at === undefined) continue;
    const inside =
      taken.has(mount.at.mount) ||
      (mount.at.mount === from.mount &&
        mount.at.dentry !== from.dentry &&
        from.dentry.isAncestorOf(mount.at.dentry));
    if (!inside) continue;
    taken.add(mount);
    found.push(mount);
  }
  return found;
}

function bind(task: Task, source: string, target: Path, flags: number): void {
  const { kernel, ns } = task;
  if (source === "") throw EINVAL;
  const from = resolve(task, AT_FDCWD, source, 0);
  if (!ns.mounts.includes(from.mount)) throw EINVAL;
  mustMatch(from.dentry, target);
  if (from.dentry.deleted) throw ENOENT;
  mustReach(task, target);
  const below = (flags & MS_REC) !== 0 ? submounts(ns, from) : [];
  mustHaveRoom(ns, below.length + 1);
  const copies = new Map<Mount, Mount>();
  const copy = (of: Mount, root: Dentry, at: Path): void => {
    const made = new Mount(kernel.nextMountId(), of.sb, root, at, of.flags, of.source);
    ns.add(made);
    copies.set(of, made);
  };
  copy(from.mount, from.dentry, target);
  for (const mount of below) {
    const at = mount.at as Path;
    copy(mount, mount.root, { mount: copies.get(at.mount) as Mount, dentry: at.dentry });
  }
}

function move(task: Task, source: string, target: Path): void {
  if (source === "") throw EINVAL;
  const mount = mountAt(task, resolve(task, AT_FDCWD, source, 0));
  if (mount.root.inode.isDirectory !== target.dentry.inode.isDirectory) throw EINVAL;
  if (isBelow(target.mount, mount)) throw ELOOP;
  if (target.dentry.deleted || mount.root.deleted) throw ENOENT;
  mustReach(task, target);
  task.ns.move(mount, target);
}

function propagate(task: Task, target: Path, flags: number): void {
  const kind = flags & PROPAGATION;
  if ((kind & (kind - 1)) !== 0) throw EINVAL;
  if ((flags & ~(PROPAGATION | MS_REC | MS_SILENT)) !== 0) throw EINVAL;
  // Every mount is private: there are no peers for events to go to.
  mountAt(task, target);
}

function mountNew(
  task: Task,
  source: string,
  target: Path,
  fstype: string,
  flags: number,
  data: string,
): void {
  const { kernel, ns } = task;
  if (fstype === "") throw EINVAL;
  const type = kernel.fileSystems.get(fstype);
  if (type === undefined) throw ENODEV;
  if (!target.dentry.inode.isDirectory) throw ENOTDIR;
  if (target.dentry.deleted) throw ENOENT;
  mustReach(task, target);
  mustHaveRoom(ns, 1);
  const sb = type.mount(kernel, task, source, data, flags);
  const known = ns.mounts.find((mount) => mount.sb === sb);
  if (known !== undefined && target.dentry === target.mount.root && target.mount.sb === sb) {
    throw EBUSY;
  }
  const root = known?.sbRoot ?? new Dentry(undefined, "", sb.root);
  const name = source === "" ? "none" : source;
  ns.add(new Mount(kernel.nextMountId(), sb, root, target, mountFlags(flags), name, root));
  if (known === undefined && (flags & MS_RDONLY) !== 0) sb.readonly = true;
}

/** mount(2). */
export function mount(
  task: Task,
  source: string,
  target: string,
  fstype: string,
  flags: number,
  data: string,
): void {
  let given = flags;
  // The magic number that very old programs put in the upper half.
  if ((given & 0xffff0000) >>> 0 === 0xc0ed0000) given &= 0xffff;
  const at = resolve(task, AT_FDCWD, target, 0);
  mustAdmin(task);
  if ((given & MS_REMOUNT) !== 0) remount(task, at, given, data);
  else if ((given & MS_BIND) !== 0) bind(task, source, at, given);
  else if ((given & PROPAGATION) !== 0) propagate(task, at, given);
  else if ((given & MS_MOVE) !== 0) move(task, source, at);
  else mountNew(task, source, at, fstype, given, data);
}

/** True when a task, an open file or another mount uses the mount. */
function isBusy(task: Task, mount: Mount): boolean {
  return mount.inUse || task.ns.mounts.some((other) => other.at?.mount === mount);
}

/** umount2(2). */
export function umount2(task: Task, target: string, flags: number): void {
  if ((flags & ~(MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW)) !== 0) throw EINVAL;
  const follow = (flags & UMOUNT_NOFOLLOW) !== 0 ? AT_SYMLINK_NOFOLLOW : 0;
  const { ns } = task;
  const at = ns.top(resolve(task, AT_FDCWD, target, follow));
  mustAdmin(task);
  const mount = mountAt(task, at);
  if ((flags & MNT_DETACH) === 0) {
    if (mount === task.fs.root.mount) {
      // Linux keeps the root and makes it read-only.
      if (mount.at === undefined) {
        mount.sb.readonly = true;
        return;
      }
      throw EBUSY;
    }
    if (isBusy(task, mount)) throw EBUSY;
  }
  if (mount.at === undefined) throw EINVAL;
  ns.detach(mount);
}

/** pivot_root(2). */
export function pivot_root(task: Task, newRoot: string, putOld: string): void {
  mustAdmin(task);
  const { ns } = task;
  const next = resolve(task, AT_FDCWD, newRoot, O_DIRECTORY);
  const put = resolve(task, AT_FDCWD, putOld, O_DIRECTORY);
  const old = task.fs.root;
  for (const { mount } of [old, next, put]) if (!ns.mounts.includes(mount)) throw EINVAL;
  if (next.mount === old.mount || put.mount === old.mount) throw EBUSY;
  if (next.dentry.deleted) throw ENOENT;
  const mount = mountAt(task, next);
  if (old.dentry !== old.mount.root) throw EINVAL;
  if (mount.at === undefined) throw EINVAL;
  // put_old must be at or under the new root.
  if (!isBelow(put.mount, mount)) throw EINVAL;
  const where = old.mount.at;
  ns.move(mount, where);
  ns.move(old.mount, put);
  if (where === undefined) ns.makeFirst(mount);
  for (const other of task.kernel.tasks.values()) {
    const { fs } = other;
    if (fs.root.mount === old.mount && fs.root.dentry === old.dentry) fs.root = next;
    if (fs.cwd.mount === old.mount && fs.cwd.dentry === old.dentry) fs.cwd = next;
  }
}

/** unshare(2): CLONE_NEWNS; our tasks share neither directories nor descriptors to begin with. */
export function unshare(task: Task, flags: number): void {
  if ((flags & ~(CLONE_NEWNS | CLONE_FS | CLONE_FILES)) !== 0) throw EINVAL;
  if ((flags & CLONE_NEWNS) === 0) return;
  mustAdmin(task);
  const [ns, copies] = task.ns.clone(task.kernel);
  const moved = (path: Path): Path => {
    const copy = copies.get(path.mount);
    return copy === undefined ? path : { mount: copy, dentry: path.dentry };
  };
  task.ns.leave(task);
  task.ns = ns;
  task.fs = { ...task.fs, root: moved(task.fs.root), cwd: moved(task.fs.cwd) };
  reapMounts(task.kernel);
}
