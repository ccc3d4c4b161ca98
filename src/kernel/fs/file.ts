// Open file descriptions (Linux: struct file) and places in the tree (struct path).
import { EINVAL, EISDIR, ENFILE, ENODEV, ENOTDIR, ENOTTY, ESPIPE } from "../../abi/errno.ts";
import { O_ACCMODE, O_NONBLOCK, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import { IN_CLOSE_NOWRITE, IN_CLOSE_WRITE, POLLIN, POLLOUT } from "../../abi/poll.ts";
import type { Blocking } from "../../abi/program.ts";
import type { Dirent } from "../../abi/stat.ts";
import type { Task } from "../task.ts";
import type { WaitQueue } from "../wait.ts";
import type { Dentry } from "./dentry.ts";
import type { Inode } from "./inode.ts";
import { closeLocks, releaseLocks } from "./locks.ts";
import type { Mount } from "./mount.ts";
import { notifyGone, notifyPath } from "./notify.ts";

/** A place in the tree: a dentry as seen through a mount. Immutable. */
export interface Path {
  readonly mount: Mount;
  readonly dentry: Dentry;
}

/**
 * An open file description: shared by dup, fork and descriptor passing. Counted: `release` runs when
 * the last descriptor is closed. Kinds of file (regular, pipe end, terminal, socket, …) are subclasses
 * that implement what they can do; the defaults are the errors of what they cannot.
 *
 * Offsets: positioned files (regular files, directories, proc) implement `readAt`/`writeAt`; the
 * defaults of read and write keep `pos`. Streams implement `read`/`write` and leave the *At forms.
 */
export abstract class File {
  // Declared only: see Inode.
  /** O_* status flags (access mode, O_APPEND, O_NONBLOCK …). */
  declare flags: number;
  /** Where it was opened; for pipes and sockets a dentry of their pseudo file system. */
  declare readonly path: Path;
  declare pos: number;
  /** Who F_SETOWN says is to get SIGIO and SIGURG: a pid, or a process group as a negative number. */
  declare owner: number;
  /** IN_OPEN was told, so closing is told too. */
  declare opened: boolean;
  #references = 1;

  /** Throws ENFILE when the machine has all the open descriptions it may have. */
  constructor(path: Path, flags: number) {
    const { inode } = path.dentry;
    const { kernel } = inode.sb;
    if (kernel.openFiles >= kernel.limits.openFiles) throw ENFILE;
    kernel.openFiles++;
    this.path = path;
    this.flags = flags;
    this.pos = 0;
    this.owner = 0;
    this.opened = false;
    path.mount.opens++;
    inode.hold();
  }

  get inode(): Inode {
    return this.path.dentry.inode;
  }
  get readable(): boolean {
    return (this.flags & O_ACCMODE) !== O_WRONLY;
  }
  get writable(): boolean {
    return (this.flags & O_ACCMODE) !== O_RDONLY;
  }
  get nonblock(): boolean {
    return (this.flags & O_NONBLOCK) !== 0;
  }

  /** True once the last reference is gone. */
  get closed(): boolean {
    return this.#references <= 0;
  }

  /** One more descriptor refers to it. */
  get(): this {
    this.#references++;
    return this;
  }
  /** One less; the last one releases it. */
  put(): void {
    if (--this.#references > 0) return;
    this.inode.sb.kernel.openFiles--;
    this.release();
    if (this.inode.attached !== undefined) releaseLocks(this.inode, this);
    const { inode } = this;
    if (inode.sb.kernel.watches !== 0 && this.opened) {
      notifyPath(this.path, this.writable ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
    }
    inode.unhold();
    notifyGone(inode);
    this.path.mount.closed();
  }

  // The door has checked that the file is open for reading or writing before it calls these.

  /** Up to `max` > 0 bytes at the file position; empty at the end. */
  read(task: Task, max: number): Blocking<Uint8Array> {
    const chunk = this.readAt(task, this.pos, max);
    if (chunk instanceof Uint8Array) {
      this.pos += chunk.length;
      return chunk;
    }
    return this.#advance(chunk);
  }
  *#advance(
    steps: Exclude<Blocking<Uint8Array>, Uint8Array>,
  ): Exclude<Blocking<Uint8Array>, Uint8Array> {
    const chunk = yield* steps;
    this.pos += chunk.length;
    return chunk;
  }
  /** Bytes written; a stream takes all of `bytes` unless it is non-blocking or interrupted. */
  write(_task: Task, _bytes: Uint8Array): Blocking<number> {
    throw EINVAL;
  }
  /**
   * Moves up to `max` bytes into another file without making chunks of them: how many; undefined when
   * the two know no such way.
   */
  copyTo(_task: Task, _target: File, _max: number): number | undefined {
    return undefined;
  }
  readAt(_task: Task, _pos: number, _max: number): Blocking<Uint8Array> {
    throw this.inode.isDirectory ? EISDIR : ESPIPE;
  }
  writeAt(_task: Task, _pos: number, _bytes: Uint8Array): Blocking<number> {
    throw ESPIPE;
  }
  /** New position; SEEK_* of fcntl.ts. */
  seek(_offset: number, _whence: number): number {
    throw ESPIPE;
  }
  /** Next entries, at most `max`. */
  getdents(_task: Task, _max?: number): Dirent[] {
    throw ENOTDIR;
  }
  /** Does it answer TCGETS? */
  get isTerminal(): boolean {
    return false;
  }
  ioctl(_task: Task, _request: number, _arg: unknown): Blocking<unknown> {
    throw ENOTTY;
  }
  truncate(_length: number): void {
    throw EINVAL;
  }
  /** fallocate(2) with FALLOC_FL_* in `mode`. */
  allocate(_mode: number, _offset: number, _length: number): void {
    throw ENODEV;
  }
  sync(): Blocking<void> {
    throw EINVAL;
  }
  /** What is ready now, as POLL* bits; regular files always are. */
  poll(): number {
    return POLLIN | POLLOUT;
  }
  /** Queues that are woken when poll() may have changed; none for files that are always ready. */
  pollQueues(): readonly WaitQueue[] {
    return [];
  }
  /** Called for each close(2), before the count goes down (POSIX record locks). */
  flush(task: Task): void {
    if (this.inode.attached !== undefined) closeLocks(this.inode, task.group);
  }
  /** The last reference is gone. */
  protected release(): void {}
}
