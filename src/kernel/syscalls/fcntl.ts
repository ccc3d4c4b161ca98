// dup(2), dup2(2), dup3(2), fcntl(2) without record locks.
import { EBADF, EINVAL, EPERM } from "../../abi/errno.ts";
import {
  F_ADD_SEALS,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GET_SEALS,
  F_GETFD,
  F_GETFL,
  F_GETOWN,
  F_GETPIPE_SZ,
  F_SETFD,
  F_SETFL,
  F_SETOWN,
  F_SETPIPE_SZ,
  FD_CLOEXEC,
  O_APPEND,
  O_ASYNC,
  O_CLOEXEC,
  O_DIRECT,
  O_NOATIME,
  O_NONBLOCK,
} from "../../abi/fcntl.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import type { File } from "../fs/file.ts";
import { PathFile } from "../fs/path-file.ts";
import { mustOwn } from "../fs/permission.ts";
import { PipeFile } from "../fs/pipe.ts";
import { F_SEAL_SEAL, TmpfsRegular } from "../fs/tmpfs/inode.ts";
import type { Task } from "../task.ts";

/** Status flags that F_SETFL changes. */
const SETTABLE = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | O_ASYNC;
const ALL_SEALS = 0x3f;

/** dup(2). */
export function dup(task: Task, fd: number): number {
  return task.fds.install(task.fds.get(fd).get(), false, task.rlimit(RLIMIT_NOFILE));
}

function place(task: Task, oldfd: number, newfd: number, cloexec: boolean): number {
  const file = task.fds.get(oldfd);
  if (!Number.isInteger(newfd) || newfd < 0 || newfd >= task.rlimit(RLIMIT_NOFILE)) throw EBADF;
  task.fds.set(task, newfd, file.get(), cloexec);
  return newfd;
}

/** dup2(2): equal descriptors are left as they are. */
export function dup2(task: Task, oldfd: number, newfd: number): number {
  if (oldfd === newfd) {
    task.fds.get(oldfd);
    return newfd;
  }
  return place(task, oldfd, newfd, false);
}

/** dup3(2). */
export function dup3(task: Task, oldfd: number, newfd: number, flags: number): number {
  if ((flags & ~O_CLOEXEC) !== 0 || oldfd === newfd) throw EINVAL;
  return place(task, oldfd, newfd, (flags & O_CLOEXEC) !== 0);
}

function setFlags(task: Task, file: File, arg: number): void {
  if ((arg & ~file.flags & O_NOATIME) !== 0) mustOwn(task, file.inode);
  file.flags = (file.flags & ~SETTABLE) | (arg & SETTABLE & ~O_ASYNC);
}

function seals(file: File): TmpfsRegular & { seals: number } {
  const { inode } = file;
  if (!(inode instanceof TmpfsRegular) || inode.seals === undefined) throw EINVAL;
  return inode as TmpfsRegular & { seals: number };
}

function addSeals(file: File, add: number): void {
  const inode = seals(file);
  if (!file.writable) throw EPERM;
  if ((add & ~ALL_SEALS) !== 0) throw EINVAL;
  if ((inode.seals & F_SEAL_SEAL) !== 0) throw EPERM;
  inode.seals |= add;
}

/** fcntl(2); numbers in and out. */
export function fcntl(task: Task, fd: number, cmd: number, arg = 0): number {
  const file = task.fds.get(fd);
  const limit = task.rlimit(RLIMIT_NOFILE);
  switch (cmd) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      if (!Number.isInteger(arg) || arg < 0 || arg >= limit) throw EINVAL;
      return task.fds.install(file.get(), cmd === F_DUPFD_CLOEXEC, limit, arg);
    case F_GETFD:
      return task.fds.getCloexec(fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
      task.fds.setCloexec(fd, (arg & FD_CLOEXEC) !== 0);
      return 0;
    case F_GETFL:
      return file.flags;
    default:
      if (file instanceof PathFile) throw EBADF;
  }
  switch (cmd) {
    case F_SETFL:
      setFlags(task, file, arg);
      return 0;
    case F_GETOWN:
      return file.owner;
    case F_SETOWN:
      file.owner = arg | 0;
      return 0;
    case F_GETPIPE_SZ:
      if (!(file instanceof PipeFile)) throw EBADF;
      return file.pipe.capacity;
    case F_SETPIPE_SZ:
      if (!(file instanceof PipeFile)) throw EBADF;
      return file.resize(arg);
    case F_GET_SEALS:
      return seals(file).seals;
    case F_ADD_SEALS:
      addSeals(file, arg);
      return 0;
    default:
      throw EINVAL;
  }
}
