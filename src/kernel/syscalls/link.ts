// mkdirat(2), mknodat(2), unlinkat(2), symlinkat(2), linkat(2), renameat2(2).
import { CAP_FOWNER, CAP_MKNOD } from "../../abi/capability.ts";
import {
  EACCES,
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EROFS,
  EXDEV,
} from "../../abi/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  PATH_MAX,
  R_OK,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  RENAME_WHITEOUT,
  W_OK,
} from "../../abi/fcntl.ts";
import {
  IN_ATTRIB,
  IN_CREATE,
  IN_DELETE,
  IN_ISDIR,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
} from "../../abi/poll.ts";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  S_ISGID,
  S_ISUID,
  S_ISVTX,
} from "../../abi/stat.ts";
import { capable, permitted } from "../cred.ts";
import type { Dentry } from "../fs/dentry.ts";
import type { Path } from "../fs/file.ts";
import type { Inode } from "../fs/inode.ts";
import { detachMounts } from "../fs/mount.ts";
import { type LastComponent, lookupLast, resolve, resolveParent } from "../fs/namei.ts";
import { notify, notifyGone } from "../fs/notify.ts";
import { mayCreate, mayDelete, newGid, newMode, setting } from "../fs/permission.ts";
import type { Task } from "../task.ts";

/** True for a component that names an entry: not "/", "." or "..". */
function isNormal(name: string): boolean {
  return name !== "" && name !== "." && name !== "..";
}

/** Where a free name is; throws EEXIST when it is taken, ENOENT for "name/" of what is no directory. */
function freeName(task: Task, dirfd: number, path: string, directory: boolean): LastComponent {
  const last = resolveParent(task, dirfd, path);
  if (!isNormal(last.name)) throw EEXIST;
  if (lookupLast(last.parent.dentry, last.name) !== undefined) throw EEXIST;
  if (last.trailingSlash && !directory) throw ENOENT;
  if (last.parent.mount.readonly) throw EROFS;
  return last;
}

/** Where a new name goes: free, in a directory that takes it. */
function newName(task: Task, dirfd: number, path: string, directory: boolean): LastComponent {
  const last = freeName(task, dirfd, path, directory);
  mayCreate(task, last.parent);
  return last;
}

/** mkdirat(2). */
export function mkdirat(task: Task, dirfd: number, path: string, mode: number): void {
  const { parent, name } = newName(task, dirfd, path, true);
  const dir = parent.dentry.inode;
  const bits = newMode(task, dir, S_IFDIR | (mode & (0o777 | S_ISVTX))) & 0o7777;
  parent.dentry.attach(name, dir.mkdir(name, bits, task.cred.euid, newGid(task, dir)));
  notify(dir, IN_CREATE | IN_ISDIR, name);
}

/** Makes a FIFO, socket or device node; also what bind(2) of a Unix socket does. */
export function makeNode(
  task: Task,
  dirfd: number,
  path: string,
  mode: number,
  rdev: number,
): Inode {
  const { parent, name } = newName(task, dirfd, path, false);
  const dir = parent.dentry.inode;
  const made = dir.mknod(name, newMode(task, dir, mode), rdev, task.cred.euid, newGid(task, dir));
  parent.dentry.attach(name, made);
  notify(dir, IN_CREATE, name);
  return made;
}

/** mknodat(2). */
export function mknodat(task: Task, dirfd: number, path: string, mode: number, dev: number): void {
  switch (mode & S_IFMT) {
    case 0:
    case S_IFREG: {
      const { parent, name } = newName(task, dirfd, path, false);
      const dir = parent.dentry.inode;
      const bits = newMode(task, dir, S_IFREG | (mode & 0o7777)) & 0o7777;
      parent.dentry.attach(name, dir.create(name, bits, task.cred.euid, newGid(task, dir)));
      notify(dir, IN_CREATE, name);
      return;
    }
    case S_IFIFO:
    case S_IFSOCK:
      makeNode(task, dirfd, path, mode & (S_IFMT | 0o7777), 0);
      return;
    case S_IFCHR:
    case S_IFBLK:
      if (!capable(task.cred, CAP_MKNOD) && !((mode & S_IFMT) === S_IFCHR && dev === 0))
        throw EPERM;
      makeNode(task, dirfd, path, mode & (S_IFMT | 0o7777), dev >>> 0);
      return;
    case S_IFDIR:
      throw EPERM;
    default:
      throw EINVAL;
  }
}

/** unlinkat(2). */
export function unlinkat(task: Task, dirfd: number, path: string, flags: number): void {
  if ((flags & ~AT_REMOVEDIR) !== 0) throw EINVAL;
  const directory = (flags & AT_REMOVEDIR) !== 0;
  const { parent, name, trailingSlash } = resolveParent(task, dirfd, path);
  if (!isNormal(name)) {
    if (!directory) throw EISDIR;
    throw name === "" ? EBUSY : name === "." ? EINVAL : ENOTEMPTY;
  }
  if (parent.mount.readonly) throw EROFS;
  const victim = lookupLast(parent.dentry, name);
  if (victim === undefined) throw ENOENT;
  if (!directory && trailingSlash) throw victim.inode.isDirectory ? EISDIR : ENOTDIR;
  mayDelete(task, parent, victim, directory);
  if (task.ns.isMountPoint(victim)) throw EBUSY;
  const dir = parent.dentry.inode;
  if (directory) dir.rmdir(name, victim.inode);
  else dir.unlink(name, victim.inode);
  parent.dentry.drop(name);
  detachMounts(task.kernel, victim);
  if (task.kernel.watches === 0) return;
  const { inode } = victim;
  if (!directory) notify(inode, IN_ATTRIB);
  notifyGone(inode);
  notify(dir, directory ? IN_DELETE | IN_ISDIR : IN_DELETE, name);
}

/** symlinkat(2). */
export function symlinkat(task: Task, target: string, dirfd: number, path: string): void {
  if (target === "") throw ENOENT;
  if (target.length >= PATH_MAX) throw ENAMETOOLONG;
  const { parent, name } = newName(task, dirfd, path, false);
  const dir = parent.dentry.inode;
  parent.dentry.attach(name, dir.symlink(name, target, task.cred.euid, newGid(task, dir)));
  notify(dir, IN_CREATE, name);
}

/**
 * fs.protected_hardlinks: other people's files get a new name only if they
 * are plain files that the task may read and write.
 */
function mayLink(task: Task, inode: Inode): void {
  if (task.cred.euid === inode.uid || capable(task.cred, CAP_FOWNER)) return;
  if (setting(task.kernel, "fs/protected_hardlinks", 1) === 0) return;
  const { mode } = inode;
  const setGid = (mode & (S_ISGID | 0o010)) === (S_ISGID | 0o010);
  if (!inode.isRegular || (mode & S_ISUID) !== 0 || setGid) throw EPERM;
  if (!permitted(task.cred, inode, R_OK | W_OK)) throw EPERM;
}

/** linkat(2). */
export function linkat(
  task: Task,
  olddirfd: number,
  oldpath: string,
  newdirfd: number,
  newpath: string,
  flags: number,
): void {
  if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) !== 0) throw EINVAL;
  if (oldpath === "" && (flags & AT_EMPTY_PATH) !== 0 && task.cred.euid !== 0) throw ENOENT;
  const follow = (flags & AT_SYMLINK_FOLLOW) !== 0 ? 0 : AT_SYMLINK_NOFOLLOW;
  const old = resolve(task, olddirfd, oldpath, follow | (flags & AT_EMPTY_PATH));
  const { parent, name } = freeName(task, newdirfd, newpath, false);
  const { inode } = old.dentry;
  if (old.mount !== parent.mount || inode.sb !== parent.dentry.inode.sb) throw EXDEV;
  mayLink(task, inode);
  mayCreate(task, parent);
  if (inode.isDirectory) throw EPERM;
  // An unlinked file stays unlinked; one made with O_TMPFILE (and without O_EXCL) may get its name.
  if (inode.nlink === 0 && inode.attached?.get("linkable") !== true) throw ENOENT;
  parent.dentry.inode.link(name, inode);
  inode.attached?.delete("linkable");
  parent.dentry.attach(name, inode);
  notify(inode, IN_ATTRIB);
  notify(parent.dentry.inode, IN_CREATE, name);
}

function lookupOld(last: LastComponent): Dentry {
  const found = lookupLast(last.parent.dentry, last.name);
  if (found === undefined) throw ENOENT;
  return found;
}

/** Moving a directory changes its "..": that takes write permission on itself. */
function mayMove(task: Task, moved: Dentry, from: Path, to: Path): void {
  if (!moved.inode.isDirectory || from.dentry === to.dentry) return;
  if (!permitted(task.cred, moved.inode, W_OK)) throw EACCES;
}

/** Permissions of both directories and of what is moved and replaced; mount points stay. */
function mayRename(
  task: Task,
  from: LastComponent,
  to: LastComponent,
  old: Dentry,
  target: Dentry | undefined,
  exchange: boolean,
): void {
  mayDelete(task, from.parent, old, old.inode.isDirectory);
  if (target === undefined) {
    mayCreate(task, to.parent);
  } else {
    mayDelete(task, to.parent, target, exchange ? target.inode.isDirectory : old.inode.isDirectory);
    if (exchange) mayMove(task, target, to.parent, from.parent);
  }
  mayMove(task, old, from.parent, to.parent);
  if (task.ns.isMountPoint(old)) throw EBUSY;
  if (target !== undefined && task.ns.isMountPoint(target)) throw EBUSY;
}

/** The two names are one entry: the file system takes capital letters for small ones (vfat). */
function isRespelled(from: LastComponent, to: LastComponent, old: Dentry, found: Dentry): boolean {
  const { inode } = old;
  if (found.inode !== inode || from.name === to.name) return false;
  if (from.parent.dentry.inode !== to.parent.dentry.inode) return false;
  return inode.isDirectory || inode.nlink === 1;
}

/** renameat2(2). */
export function renameat2(
  task: Task,
  olddirfd: number,
  oldpath: string,
  newdirfd: number,
  newpath: string,
  flags: number,
): void {
  const exchange = (flags & RENAME_EXCHANGE) !== 0;
  if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) !== 0) throw EINVAL;
  if (exchange && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) !== 0) throw EINVAL;
  if ((flags & RENAME_WHITEOUT) !== 0 && task.cred.euid !== 0) throw EPERM;
  const from = resolveParent(task, olddirfd, oldpath);
  const to = resolveParent(task, newdirfd, newpath);
  if (from.parent.mount !== to.parent.mount) throw EXDEV;
  if (!isNormal(from.name)) throw EBUSY;
  if (!isNormal(to.name)) throw (flags & RENAME_NOREPLACE) !== 0 ? EEXIST : EBUSY;
  if (from.parent.mount.readonly) throw EROFS;
  const old = lookupOld(from);
  const found = lookupLast(to.parent.dentry, to.name);
  const target = found !== undefined && isRespelled(from, to, old, found) ? undefined : found;
  if (target !== undefined && (flags & RENAME_NOREPLACE) !== 0) throw EEXIST;
  if (target === undefined && exchange) throw ENOENT;
  if (exchange && to.trailingSlash && target?.inode.isDirectory === false) throw ENOTDIR;
  if (!old.inode.isDirectory) {
    if (from.trailingSlash || (!exchange && to.trailingSlash)) throw ENOTDIR;
  }
  if (old.isAncestorOf(to.parent.dentry)) throw EINVAL;
  if (target?.isAncestorOf(from.parent.dentry) === true) throw exchange ? EINVAL : ENOTEMPTY;
  if (target?.inode === old.inode) return;

  mayRename(task, from, to, old, target, exchange);
  const newDir = to.parent.dentry.inode;
  const dir = from.parent.dentry.inode;
  dir.rename(from.name, newDir, to.name, flags, old.inode, target?.inode);
  if (exchange) from.parent.dentry.exchange(from.name, to.parent.dentry, to.name);
  else from.parent.dentry.move(from.name, to.parent.dentry, to.name);
  if (target !== undefined && !exchange) detachMounts(task.kernel, target);
  if (task.kernel.watches !== 0) tellRename(from, to, old.inode, target?.inode, exchange);
}

function tellRename(
  from: LastComponent,
  to: LastComponent,
  moved: Inode,
  target: Inode | undefined,
  exchange: boolean,
): void {
  tellMove(from, to, moved);
  if (target === undefined) return;
  if (exchange) {
    tellMove(to, from, target);
  } else {
    if (!target.isDirectory) notify(target, IN_ATTRIB);
    notifyGone(target);
  }
}

/** IN_MOVED_FROM and IN_MOVED_TO with one cookie, and IN_MOVE_SELF. */
function tellMove(from: LastComponent, to: LastComponent, moved: Inode): void {
  const cookies = moved.sb.kernel.slot("inotify-cookie", () => ({ last: 0 }));
  const cookie = ++cookies.last;
  const kind = moved.isDirectory ? IN_ISDIR : 0;
  notify(from.parent.dentry.inode, IN_MOVED_FROM | kind, from.name, cookie);
  notify(to.parent.dentry.inode, IN_MOVED_TO | kind, to.name, cookie);
  notify(moved, IN_MOVE_SELF);
}
