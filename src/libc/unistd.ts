// unistd.h, fcntl.h, dirent.h: short forms of system calls that start at the current directory, and
// whole-file reading and writing.
import { EFBIG, EINTR, ENOENT, Errno } from "../abi/errno.ts";
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
} from "../abi/fcntl.ts";
import { type Blocking, isSteps, type Steps, type Sys } from "../abi/program.ts";
import type { Dirent, Stat } from "../abi/stat.ts";
import { bytesOf, concat, strOf } from "../lib/bytes.ts";
import { BUFSIZ } from "./stdio.ts";

export function open(
  sys: Sys,
  path: string,
  flags: number = O_RDONLY,
  mode = 0o666,
): Blocking<number> {
  return sys.openat(AT_FDCWD, path, flags, mode);
}
export function stat(sys: Sys, path: string): Stat {
  return sys.fstatat(AT_FDCWD, path, 0);
}
export function lstat(sys: Sys, path: string): Stat {
  return sys.fstatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
}
/** stat(2) that answers undefined when it fails, whatever the reason. */
export function tryStat(sys: Sys, path: string): Stat | undefined {
  const st = sys.tryStatat(AT_FDCWD, path, 0);
  return st instanceof Errno ? undefined : st;
}
/** lstat(2) that answers undefined when it fails, whatever the reason. */
export function tryLstat(sys: Sys, path: string): Stat | undefined {
  const st = sys.tryStatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
  return st instanceof Errno ? undefined : st;
}
/** access(2) as a question. */
export function access(sys: Sys, path: string, mode: number, flags = 0): boolean {
  try {
    sys.faccessat(AT_FDCWD, path, mode, flags);
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return false;
  }
}
export function readlink(sys: Sys, path: string): string {
  return sys.readlinkat(AT_FDCWD, path);
}
export function mkdir(sys: Sys, path: string, mode = 0o777): void {
  sys.mkdirat(AT_FDCWD, path, mode);
}
export function rmdir(sys: Sys, path: string): void {
  sys.unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}
export function unlink(sys: Sys, path: string): void {
  sys.unlinkat(AT_FDCWD, path, 0);
}
export function rename(sys: Sys, from: string, to: string): void {
  sys.renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}
export function link(sys: Sys, from: string, to: string): void {
  sys.linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}
export function symlink(sys: Sys, target: string, path: string): void {
  sys.symlinkat(target, AT_FDCWD, path);
}
export function mknod(sys: Sys, path: string, mode: number, dev: number): void {
  sys.mknodat(AT_FDCWD, path, mode, dev);
}
export function chmod(sys: Sys, path: string, mode: number): void {
  sys.fchmodat(AT_FDCWD, path, mode, 0);
}
export function chown(sys: Sys, path: string, uid: number, gid: number): void {
  sys.fchownat(AT_FDCWD, path, uid, gid, 0);
}

/** getdents as readdir(3) has it: a directory that was removed has simply ended. */
function readEntries(sys: Sys, fd: number): Dirent[] {
  try {
    return sys.getdents(fd);
  } catch (error) {
    if (error === ENOENT) return [];
    throw error;
  }
}

/**
 * All entries of a directory but "." and "..", in the file system's order, given to `use` while the
 * directory is still open: whoever lists /proc/self/fd sees the descriptor that he lists it with.
 */
export function* withDir<T>(
  sys: Sys,
  path: string,
  use: (entries: Dirent[]) => Steps<T>,
): Steps<T> {
  const call = open(sys, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const fd = isSteps(call) ? yield* call : call;
  try {
    const all: Dirent[] = [];
    for (;;) {
      const batch = readEntries(sys, fd);
      if (batch.length === 0) return yield* use(all);
      for (const d of batch) if (d.name !== "." && d.name !== "..") all.push(d);
      if (--sys.budget < 0) yield* sys.sched_yield();
    }
  } finally {
    sys.close(fd);
  }
}

/** All entries of a directory but "." and "..", in the file system's order. */
export function readDir(sys: Sys, path: string): Steps<Dirent[]> {
  return withDir(sys, path, function* (entries) {
    return entries;
  });
}

/** All that can be read from a descriptor; more than `limit` bytes throw EFBIG. */
export function* readAll(sys: Sys, fd: number, limit = 0x4000_0000): Steps<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    let chunk = sys.read(fd, BUFSIZ);
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) return concat(chunks);
    size += chunk.length;
    if (size > limit) throw EFBIG;
    chunks.push(chunk);
  }
}

/** The contents of a file. */
export function* readFile(sys: Sys, path: string, limit?: number): Steps<Uint8Array> {
  let fd = open(sys, path, O_RDONLY | O_CLOEXEC);
  if (isSteps(fd)) fd = yield* fd;
  try {
    return yield* readAll(sys, fd, limit);
  } finally {
    sys.close(fd);
  }
}

/** The contents of a file as a byte string; undefined when it cannot be read. */
export function* readText(sys: Sys, path: string, limit?: number): Steps<string | undefined> {
  try {
    return strOf(yield* readFile(sys, path, limit));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return undefined;
  }
}

/** Writes all of `bytes`. */
export function* writeAll(sys: Sys, fd: number, bytes: Uint8Array): Steps<void> {
  let at = 0;
  while (at < bytes.length) {
    try {
      const n = sys.write(fd, at === 0 ? bytes : bytes.subarray(at));
      at += isSteps(n) ? yield* n : n;
    } catch (e) {
      if (e !== EINTR) throw e;
    }
  }
}

/** Makes or replaces a file with these contents. */
export function* writeFile(
  sys: Sys,
  path: string,
  contents: Uint8Array | string,
  mode = 0o666,
): Steps<void> {
  let fd = open(sys, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (isSteps(fd)) fd = yield* fd;
  try {
    yield* writeAll(sys, fd, typeof contents === "string" ? bytesOf(contents) : contents);
  } finally {
    sys.close(fd);
  }
}
