// What the VFS checks before it changes something (Linux: inode_permission, may_create, may_delete).
import { CAP_FOWNER } from "../../abi/capability.ts";
import { EACCES, EINVAL, EISDIR, ENOENT, ENOTDIR, EPERM, EROFS } from "../../abi/errno.ts";
import { W_OK, X_OK } from "../../abi/fcntl.ts";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFSOCK,
  S_ISGID,
  S_ISVTX,
} from "../../abi/stat.ts";
import { capable, inGroup, permitted, stickyForbids } from "../cred.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { Dentry } from "./dentry.ts";
import type { Path } from "./file.ts";
import type { Inode } from "./inode.ts";

/** A setting of /proc/sys, or its default. */
export function setting(kernel: Kernel, path: string, normal: number): number {
  const text = kernel.slot("sysctl", () => new Map<string, string>()).get(path);
  return text === undefined ? normal : Number(text);
}

/**
 * fs.protected_symlinks: in a directory like /tmp only links of one's own or of its owner are
 * followed, and root is no exception.
 */
export function mayFollow(task: Task, dir: Inode, link: Inode): boolean {
  if ((dir.mode & (S_ISVTX | 0o002)) !== (S_ISVTX | 0o002)) return true;
  if (task.cred.euid === link.uid || dir.uid === link.uid) return true;
  return setting(task.kernel, "fs/protected_symlinks", 1) === 0;
}

/** fs.protected_regular and fs.protected_fifos: O_CREAT on what others have put in a directory like /tmp. */
export function mustCreateOver(task: Task, dir: Inode, inode: Inode): void {
  if ((dir.mode & S_ISVTX) === 0 || inode.uid === dir.uid || inode.uid === task.cred.euid) return;
  const fifo = (inode.mode & S_IFMT) === S_IFIFO;
  if (!fifo && !inode.isRegular) return;
  const level = setting(task.kernel, fifo ? "fs/protected_fifos" : "fs/protected_regular", 0);
  if (level === 0) return;
  if ((dir.mode & 0o002) !== 0 || ((dir.mode & 0o020) !== 0 && level >= 2)) throw EACCES;
}

/** True for devices, FIFOs and sockets: what stands behind them is no part of the file system. */
export function isSpecial(inode: Inode): boolean {
  const type = inode.mode & S_IFMT;
  return type === S_IFCHR || type === S_IFBLK || type === S_IFIFO || type === S_IFSOCK;
}

/** Throws EROFS or EACCES unless the task may do `mask` (R_OK, W_OK, X_OK) to the object. */
export function mustPermit(task: Task, path: Path, mask: number): void {
  const { inode } = path.dentry;
  if ((mask & W_OK) !== 0 && path.mount.readonly && !isSpecial(inode)) throw EROFS;
  if (!permitted(task.cred, inode, mask)) throw EACCES;
}

/** Throws unless names may be added to a directory. */
export function mayCreate(task: Task, dir: Path): void {
  if (dir.dentry.deleted) throw ENOENT;
  if (dir.mount.readonly) throw EROFS;
  if (!permitted(task.cred, dir.dentry.inode, W_OK | X_OK)) throw EACCES;
}

/** Throws unless `victim` may be removed from `dir`, as a directory or as something else. */
export function mayDelete(task: Task, dir: Path, victim: Dentry, asDirectory: boolean): void {
  const { inode } = victim;
  if (dir.mount.readonly) throw EROFS;
  if (!permitted(task.cred, dir.dentry.inode, W_OK | X_OK)) throw EACCES;
  if (stickyForbids(task.cred, dir.dentry.inode, inode)) throw EPERM;
  if (asDirectory && !inode.isDirectory) throw ENOTDIR;
  if (!asDirectory && inode.isDirectory) throw EISDIR;
}

/** Only the owner and root change modes and times. */
export function mustOwn(task: Task, inode: Inode): void {
  if (task.cred.euid !== inode.uid && !capable(task.cred, CAP_FOWNER)) throw EPERM;
}

/** Group of a new object: a set-gid directory hands its own down. */
export function newGid(task: Task, dir: Inode): number {
  return (dir.mode & S_ISGID) !== 0 ? dir.gid : task.cred.egid;
}

/** Mode of a new object after umask and the set-gid rules. */
export function newMode(task: Task, dir: Inode, mode: number): number {
  let made = mode & ~task.fs.umask;
  if ((dir.mode & S_ISGID) === 0) return made;
  if ((mode & S_IFMT) === S_IFDIR) made |= S_ISGID;
  else if ((made & (S_ISGID | 0o010)) === (S_ISGID | 0o010)) {
    if (task.cred.euid !== 0 && !inGroup(task.cred, dir.gid)) made &= ~S_ISGID;
  }
  return made;
}

/** Bytes and offsets from callers: whole, not negative. */
export function mustBeLength(value: number): void {
  if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER) || !Number.isInteger(value)) throw EINVAL;
}
