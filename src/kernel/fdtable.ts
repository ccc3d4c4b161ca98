// Descriptor tables (Linux: struct files_struct).
import { EBADF, EMFILE } from "../abi/errno.ts";
import type { File } from "./fs/file.ts";
import type { Task } from "./task.ts";

/** Maps descriptors to open file descriptions; each slot has its own close-on-exec bit. */
export class FdTable {
  #files: (File | undefined)[];
  #cloexec: boolean[];
  /** Everything below is in use. */
  #low = 0;

  constructor(files: (File | undefined)[] = [], cloexec: boolean[] = []) {
    this.#files = files;
    this.#cloexec = cloexec;
  }

  /** The description behind `fd`; throws EBADF. */
  get(fd: number): File {
    const file = this.#files[fd];
    if (file === undefined) throw EBADF;
    return file;
  }

  /** The description behind `fd`, or undefined. */
  peek(fd: number): File | undefined {
    return this.#files[fd];
  }

  /** One above the highest descriptor in use or used. */
  get size(): number {
    return this.#files.length;
  }

  /** True when a descriptor below `limit` is free. */
  hasFree(limit: number): boolean {
    const end = Math.min(limit, this.#files.length);
    for (let fd = 0; fd < end; fd++) if (this.#files[fd] === undefined) return true;
    return end < limit;
  }

  /**
   * Gives `file` (whose reference passes to the table) the lowest free descriptor at or above `from`;
   * throws EMFILE at `limit`, having dropped the reference.
   */
  install(file: File, cloexec: boolean, limit: number, from = 0): number {
    let fd = Math.max(from, this.#low);
    while (this.#files[fd] !== undefined) fd++;
    if (from <= this.#low) this.#low = fd;
    if (fd >= limit) {
      file.put();
      throw EMFILE;
    }
    while (this.#files.length < fd) {
      this.#files.push(undefined);
      this.#cloexec.push(false);
    }
    this.#files[fd] = file;
    this.#cloexec[fd] = cloexec;
    return fd;
  }

  /** Puts `file` (reference passes) at `fd`, closing what was there. */
  set(task: Task, fd: number, file: File, cloexec: boolean): void {
    const old = this.#files[fd];
    while (this.#files.length < fd) {
      this.#files.push(undefined);
      this.#cloexec.push(false);
    }
    this.#files[fd] = file;
    this.#cloexec[fd] = cloexec;
    if (old !== undefined) {
      old.flush(task);
      old.put();
    }
  }

  close(task: Task, fd: number): void {
    const file = this.#files[fd];
    if (file === undefined) throw EBADF;
    this.#files[fd] = undefined;
    if (fd < this.#low) this.#low = fd;
    file.flush(task);
    file.put();
  }

  getCloexec(fd: number): boolean {
    return this.#cloexec[fd] === true;
  }

  setCloexec(fd: number, on: boolean): void {
    this.#cloexec[fd] = on;
  }

  /** The copy that fork(2) gives the child. */
  clone(): FdTable {
    // Not by an iterator: this runs for every fork, mostly before it has been optimized.
    for (let fd = 0; fd < this.#files.length; fd++) this.#files[fd]?.get();
    return new FdTable(this.#files.slice(), this.#cloexec.slice());
  }

  /** execve(2): closes what is marked. */
  closeOnExec(task: Task): void {
    for (let fd = 0; fd < this.#files.length; fd++) {
      if (this.#cloexec[fd] && this.#files[fd] !== undefined) this.close(task, fd);
    }
  }

  closeAll(task: Task): void {
    for (let fd = 0; fd < this.#files.length; fd++) {
      if (this.#files[fd] !== undefined) this.close(task, fd);
    }
    this.#files = [];
    this.#cloexec = [];
    this.#low = 0;
  }

  /** The descriptors in use, ascending. */
  *fds(): IterableIterator<number> {
    for (let fd = 0; fd < this.#files.length; fd++) if (this.#files[fd] !== undefined) yield fd;
  }
}
