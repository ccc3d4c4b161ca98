// Attributes: fchmodat(2), fchownat(2), utimensat(2), faccessat2(2), truncate(2), fallocate(2).
import { CAP_CHOWN, CAP_FOWNER } from "../../abi/capability.ts";
import { EACCES, EBADF, EFBIG, EINVAL, EISDIR, EOPNOTSUPP, EPERM, EROFS } from "../../abi/errno.ts";
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  UTIME_NOW,
  UTIME_OMIT,
  W_OK,
  X_OK,
} from "../../abi/fcntl.ts";
import { IN_ATTRIB, IN_MODIFY } from "../../abi/poll.ts";
import { RLIMIT_FSIZE } from "../../abi/resource.ts";
import { SIGXFSZ } from "../../abi/signal.ts";
import { S_ISGID, S_ISUID, type Timespec } from "../../abi/stat.ts";
import { capable, inGroup, permitted } from "../cred.ts";
import type { Path } from "../fs/file.ts";
import type { SetAttr } from "../fs/inode.ts";
import { resolve } from "../fs/namei.ts";
import { notifyPath } from "../fs/notify.ts";
import { fdget } from "../fs/path-file.ts";
import { mustBeLength, mustOwn, mustPermit } from "../fs/permission.ts";
import { removePrivileges } from "../fs/regular.ts";
import { deliverToSelf, sendSignalToTask } from "../signal.ts";
import type { Task } from "../task.ts";

function changeMode(task: Task, path: Path, mode: number): void {
  const { inode } = path.dentry;
  if (path.mount.readonly) throw EROFS;
  if (inode.isSymlink) throw EOPNOTSUPP;
  mustOwn(task, inode);
  let bits = mode & 0o7777;
  if (task.cred.euid !== 0 && !inGroup(task.cred, inode.gid)) bits &= ~S_ISGID;
  inode.setattr({ mode: bits });
  notifyPath(path, IN_ATTRIB);
}

/** fchmodat2(2). */
export function fchmodat(
  task: Task,
  dirfd: number,
  path: string,
  mode: number,
  flags: number,
): void {
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) throw EINVAL;
  changeMode(task, resolve(task, dirfd, path, flags), mode);
}

/** fchmod(2). */
export function fchmod(task: Task, fd: number, mode: number): void {
  changeMode(task, fdget(task, fd).path, mode);
}

function changeOwner(task: Task, path: Path, uid: number, gid: number): void {
  const { inode } = path.dentry;
  const { cred } = task;
  if (path.mount.readonly) throw EROFS;
  const attr: SetAttr = {};
  if (uid !== -1 && uid !== 0xffffffff) attr.uid = uid;
  if (gid !== -1 && gid !== 0xffffffff) attr.gid = gid;
  for (const id of [attr.uid, attr.gid]) {
    if (id !== undefined && !(Number.isInteger(id) && id >= 0 && id < 0xffffffff)) throw EINVAL;
  }
  if (!capable(cred, CAP_CHOWN)) {
    if (attr.uid !== undefined && (cred.euid !== inode.uid || attr.uid !== inode.uid)) throw EPERM;
    if (attr.gid !== undefined) {
      if (cred.euid !== inode.uid) throw EPERM;
      if (attr.gid !== inode.gid && !inGroup(cred, attr.gid)) throw EPERM;
    }
  }
  if (!inode.isDirectory && (inode.mode & (S_ISUID | S_ISGID)) !== 0) {
    // Linux takes the set-id bits away whoever changes the owner; set-gid without execute is kept.
    attr.mode = inode.mode & 0o7777 & ~S_ISUID;
    if ((inode.mode & 0o010) !== 0) attr.mode &= ~S_ISGID;
  }
  inode.setattr(attr);
  notifyPath(path, IN_ATTRIB);
}

/** fchownat(2). */
export function fchownat(
  task: Task,
  dirfd: number,
  path: string,
  uid: number,
  gid: number,
  flags: number,
): void {
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) throw EINVAL;
  changeOwner(task, resolve(task, dirfd, path, flags), uid, gid);
}

/** fchown(2). */
export function fchown(task: Task, fd: number, uid: number, gid: number): void {
  changeOwner(task, fdget(task, fd).path, uid, gid);
}

/** The time to set, undefined for UTIME_OMIT. */
function newTime(time: Timespec, now: Timespec): Timespec | undefined {
  if (time.nsec === UTIME_NOW) return now;
  if (time.nsec === UTIME_OMIT) return undefined;
  if (!(time.nsec >= 0 && time.nsec <= 999999999) || !Number.isSafeInteger(time.sec)) throw EINVAL;
  return { sec: time.sec, nsec: time.nsec };
}

/** utimensat(2). */
export function utimensat(
  task: Task,
  dirfd: number,
  path: string,
  atime: Timespec,
  mtime: Timespec,
  flags: number,
): void {
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) throw EINVAL;
  const now = task.kernel.currentTime();
  const attr: SetAttr = {};
  const newAtime = newTime(atime, now);
  const newMtime = newTime(mtime, now);
  if (newAtime !== undefined) attr.atime = newAtime;
  if (newMtime !== undefined) attr.mtime = newMtime;
  if (newAtime === undefined && newMtime === undefined) return;
  const at = resolve(task, dirfd, path, flags);
  const { inode } = at.dentry;
  if (at.mount.readonly) throw EROFS;
  if (task.cred.euid !== inode.uid && !capable(task.cred, CAP_FOWNER)) {
    if (newAtime !== now || newMtime !== now) throw EPERM;
    if (!permitted(task.cred, inode, W_OK)) throw EACCES;
  }
  inode.setattr(attr);
  notifyPath(at, IN_ATTRIB);
}

/** faccessat2(2): asks with the real ids unless AT_EACCESS. */
export function faccessat(
  task: Task,
  dirfd: number,
  path: string,
  mode: number,
  flags: number,
): void {
  if ((mode & ~7) !== 0) throw EINVAL;
  if ((flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) throw EINVAL;
  const { cred } = task;
  const real = (flags & AT_EACCESS) === 0 && (cred.ruid !== cred.euid || cred.rgid !== cred.egid);
  if (real) task.cred = { ...cred, euid: cred.ruid, egid: cred.rgid };
  try {
    const at = resolve(task, dirfd, path, flags & ~AT_EACCESS);
    if (mode === 0) return;
    mustPermit(task, at, mode);
    if ((mode & X_OK) !== 0 && at.mount.noexec && at.dentry.inode.isRegular) throw EACCES;
  } finally {
    if (real) task.cred = cred;
  }
}

/** A new length: within RLIMIT_FSIZE, else SIGXFSZ and EFBIG. */
function mayGrow(task: Task, size: number, length: number): void {
  if (length > size && length > task.rlimit(RLIMIT_FSIZE)) {
    sendSignalToTask(task, SIGXFSZ);
    deliverToSelf(task);
    throw EFBIG;
  }
}

/** truncate(2). */
export function truncate(task: Task, path: string, length: number): void {
  mustBeLength(length);
  const at = resolve(task, AT_FDCWD, path, 0);
  const { inode } = at.dentry;
  if (inode.isDirectory) throw EISDIR;
  if (!inode.isRegular) throw EINVAL;
  mustPermit(task, at, W_OK);
  mayGrow(task, inode.stat().size, length);
  removePrivileges(task, inode);
  inode.setattr({ size: length });
  notifyPath(at, IN_MODIFY);
}

/** ftruncate(2). */
export function ftruncate(task: Task, fd: number, length: number): void {
  mustBeLength(length);
  const file = fdget(task, fd);
  if (!file.writable) throw EINVAL;
  if (file.inode.isRegular) {
    mayGrow(task, file.inode.stat().size, length);
    removePrivileges(task, file.inode);
  }
  file.truncate(length);
  notifyPath(file.path, IN_MODIFY);
}

/** fallocate(2): plain, FALLOC_FL_KEEP_SIZE, and FALLOC_FL_PUNCH_HOLE with it. */
export function fallocate(
  task: Task,
  fd: number,
  mode: number,
  offset: number,
  length: number,
): void {
  const file = fdget(task, fd);
  mustBeLength(offset);
  mustBeLength(length);
  if (length === 0) throw EINVAL;
  if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) !== 0) throw EOPNOTSUPP;
  if ((mode & FALLOC_FL_PUNCH_HOLE) !== 0 && (mode & FALLOC_FL_KEEP_SIZE) === 0) throw EOPNOTSUPP;
  if (!file.writable) throw EBADF;
  if (mode === 0) mayGrow(task, file.inode.stat().size, offset + length);
  file.allocate(mode, offset, length);
  notifyPath(file.path, IN_MODIFY);
}
