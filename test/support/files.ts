// Short words for tests of file systems: system calls on one task, results as plain values.
import { Errno } from "../../src/abi/errno.ts";
import { AT_FDCWD, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from "../../src/abi/fcntl.ts";
import { type Blocking, isSteps } from "../../src/abi/program.ts";
import { S_IFDIR, S_IFMT } from "../../src/abi/stat.ts";
import type { Cred } from "../../src/kernel/cred.ts";
import { ROOT_CRED } from "../../src/kernel/cred.ts";
import { getdents } from "../../src/kernel/syscalls/getdents.ts";
import { mkdirat, symlinkat, unlinkat } from "../../src/kernel/syscalls/link.ts";
import { close, openat } from "../../src/kernel/syscalls/open.ts";
import { read, write } from "../../src/kernel/syscalls/rw.ts";
import { fstatat } from "../../src/kernel/syscalls/stat.ts";
import type { Task } from "../../src/kernel/task.ts";
import { bytesOf, strOf } from "../../src/lib/bytes.ts";

/** A call's value, or the name of the errno it threw. */
export function outcome<T>(call: () => T): T | string {
  try {
    return call();
  } catch (error) {
    if (error instanceof Errno) return error.code;
    throw error;
  }
}

/** The value of a call that must not block. */
export function now<T>(result: Blocking<T>): T {
  if (isSteps(result)) throw new Error("the call blocks");
  return result;
}

/** Credentials of an ordinary user. */
export function user(id: number, groups: number[] = []): Cred {
  return { ...ROOT_CRED, ruid: id, euid: id, suid: id, rgid: id, egid: id, sgid: id, groups };
}

/** System calls of a task by shell-like names. */
export class Files {
  readonly task: Task;

  constructor(task: Task) {
    this.task = task;
  }

  /** Runs `call` as a user. */
  as<T>(cred: Cred, call: () => T): T {
    const old = this.task.cred;
    this.task.cred = cred;
    try {
      return call();
    } finally {
      this.task.cred = old;
    }
  }

  open(path: string, flags = O_RDONLY, mode = 0o666): number {
    return now(openat(this.task, AT_FDCWD, path, flags, mode));
  }
  close(fd: number): void {
    close(this.task, fd);
  }
  write(path: string, text: string, flags = O_CREAT | O_TRUNC): void {
    const fd = this.open(path, O_WRONLY | flags);
    try {
      if (text !== "") now(write(this.task, fd, bytesOf(text)));
    } finally {
      this.close(fd);
    }
  }
  cat(path: string): string {
    const fd = this.open(path);
    try {
      let text = "";
      for (;;) {
        const chunk = now(read(this.task, fd, 65536));
        if (chunk.length === 0) return text;
        text += strOf(chunk);
      }
    } finally {
      this.close(fd);
    }
  }
  mkdir(path: string, mode = 0o777): void {
    mkdirat(this.task, AT_FDCWD, path, mode);
  }
  symlink(target: string, path: string): void {
    symlinkat(this.task, target, AT_FDCWD, path);
  }
  unlink(path: string): void {
    unlinkat(this.task, AT_FDCWD, path, 0);
  }
  rmdir(path: string): void {
    unlinkat(this.task, AT_FDCWD, path, 0x200);
  }
  /** Names in a directory, sorted, without "." and "..". */
  ls(path: string): string {
    const fd = this.open(path);
    try {
      const names: string[] = [];
      for (;;) {
        const batch = getdents(this.task, fd);
        if (batch.length === 0) break;
        for (const { name } of batch) if (name !== "." && name !== "..") names.push(name);
      }
      return names.sort().join(" ");
    } finally {
      this.close(fd);
    }
  }
  stat(path: string, flags = 0): ReturnType<typeof fstatat> {
    return fstatat(this.task, AT_FDCWD, path, flags);
  }
  mode(path: string): string {
    return (this.stat(path, 0x100).mode & 0o7777).toString(8);
  }
  /** Removes a tree. */
  rm(path: string): void {
    if ((this.stat(path, 0x100).mode & S_IFMT) !== S_IFDIR) {
      this.unlink(path);
      return;
    }
    for (const name of this.ls(path).split(" ")) if (name !== "") this.rm(`${path}/${name}`);
    this.rmdir(path);
  }
}
