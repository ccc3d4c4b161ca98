// fstatat(2), fstat(2), readlinkat(2).
import { EINVAL, ENOENT, Errno } from "../../abi/errno.ts";
import { AT_EMPTY_PATH, AT_NO_AUTOMOUNT, AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.ts";
import { MS_NOATIME } from "../../abi/mount.ts";
import type { Stat } from "../../abi/stat.ts";
import { resolve, tryResolve } from "../fs/namei.ts";
import type { Task } from "../task.ts";

const STAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT;

/** fstatat(2). */
export function fstatat(task: Task, dirfd: number, path: string, flags: number): Stat {
  if ((flags & ~STAT_FLAGS) !== 0) throw EINVAL;
  return resolve(task, dirfd, path, flags).dentry.inode.stat();
}

/** fstatat for questions: the error is the answer. */
export function tryStatat(task: Task, dirfd: number, path: string, flags: number): Stat | Errno {
  if ((flags & ~STAT_FLAGS) !== 0) return EINVAL;
  const found = tryResolve(task, dirfd, path, flags);
  if (found instanceof Errno) return found;
  try {
    return found.dentry.inode.stat();
  } catch (error) {
    if (error instanceof Errno) return error;
    throw error;
  }
}

/** fstat(2). */
export function fstat(task: Task, fd: number): Stat {
  const { inode } = task.fds.get(fd);
  if (inode.sb.volatile) inode.refresh();
  return inode.stat();
}

/** readlinkat(2); an empty path reads the link that an O_PATH descriptor names. */
export function readlinkat(task: Task, dirfd: number, path: string): string {
  const at = resolve(task, dirfd, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  const { inode } = at.dentry;
  if (!inode.isSymlink) throw path === "" ? ENOENT : EINVAL;
  if ((at.mount.flags & MS_NOATIME) === 0) inode.accessed();
  return inode.readlink();
}
