// getcwd(2), chdir(2), fchdir(2), chroot(2), umask(2).
import { CAP_SYS_CHROOT } from "../../abi/capability.ts";
import { EACCES, ENOTDIR, EPERM } from "../../abi/errno.ts";
import { AT_FDCWD, O_DIRECTORY, X_OK } from "../../abi/fcntl.ts";
import { capable, permitted } from "../cred.ts";
import { reapMounts } from "../fs/mount.ts";
import { cwdName, resolve } from "../fs/namei.ts";
import type { Task } from "../task.ts";

/** getcwd(2). */
export function getcwd(task: Task): string {
  return cwdName(task.fs.cwd, task.fs.root);
}

/** chdir(2). */
export function chdir(task: Task, path: string): void {
  const at = resolve(task, AT_FDCWD, path, O_DIRECTORY);
  if (!permitted(task.cred, at.dentry.inode, X_OK)) throw EACCES;
  task.fs.cwd = at;
  reapMounts(task.kernel);
}

/** fchdir(2). */
export function fchdir(task: Task, fd: number): void {
  const { path } = task.fds.get(fd);
  if (!path.dentry.inode.isDirectory) throw ENOTDIR;
  if (!permitted(task.cred, path.dentry.inode, X_OK)) throw EACCES;
  task.fs.cwd = path;
  reapMounts(task.kernel);
}

/** chroot(2). */
export function chroot(task: Task, path: string): void {
  const at = resolve(task, AT_FDCWD, path, O_DIRECTORY);
  if (!permitted(task.cred, at.dentry.inode, X_OK)) throw EACCES;
  if (!capable(task.cred, CAP_SYS_CHROOT)) throw EPERM;
  task.fs.root = at;
  reapMounts(task.kernel);
}

/** umask(2): the old mask. */
export function umask(task: Task, mask: number): number {
  const old = task.fs.umask;
  task.fs.umask = mask & 0o777;
  return old;
}
