// Open regular files whose inode gives access to its bytes (tmpfs, imagefs, overlay).
import { EFBIG, EINVAL, ENOSPC, ENXIO } from "../../abi/errno.ts";
import { O_APPEND, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from "../../abi/fcntl.ts";
import { MS_NOATIME } from "../../abi/mount.ts";
import type { Blocking } from "../../abi/program.ts";
import { RLIMIT_FSIZE } from "../../abi/resource.ts";
import { SIGXFSZ } from "../../abi/signal.ts";
import { S_ISGID, S_ISUID } from "../../abi/stat.ts";
import { deliverToSelf, sendSignalToTask } from "../signal.ts";
import type { Task } from "../task.ts";
import { File, type Path } from "./file.ts";
import type { Inode } from "./inode.ts";

/** An inode with bytes at hand: its calls never wait. */
export interface RegularInode extends Inode {
  readonly size: number;
  /** Up to `max` bytes at `pos`; the chunk is never changed afterwards. */
  readData(pos: number, max: number): Uint8Array;
  /** Bytes written (0: no space left); sets mtime and ctime. */
  writeData(pos: number, bytes: Uint8Array): number;
  /** First data at or after `pos`, if any. */
  seekData(pos: number): number | undefined;
  /** First hole at or after `pos`. */
  seekHole(pos: number): number;
  /** fallocate(2) with FALLOC_FL_* `mode`, checked. */
  allocate(mode: number, offset: number, length: number): void;
  /** Largest size it can have. */
  readonly maxSize: number;
}

/** Drops the set-id bits that a write by anyone but root takes away (chmod(2), file_remove_privs). */
export function removePrivileges(task: Task, inode: Inode): void {
  const { mode } = inode;
  if ((mode & (S_ISUID | S_ISGID)) === 0 || task.cred.euid === 0) return;
  let kept = mode & ~S_ISUID;
  if ((mode & 0o010) !== 0) kept &= ~S_ISGID;
  if (kept !== mode) inode.setattr({ mode: kept });
}

/** The bytes of a write at `pos` that RLIMIT_FSIZE and the largest size allow; throws EFBIG when none. */
export function allowedBytes(task: Task, pos: number, count: number, maxSize: number): number {
  const limit = task.rlimit(RLIMIT_FSIZE);
  if (pos + count > limit) {
    if (pos >= limit) {
      sendSignalToTask(task, SIGXFSZ);
      deliverToSelf(task);
      throw EFBIG;
    }
    return Math.min(limit, maxSize) - pos;
  }
  if (pos + count > maxSize) {
    if (pos >= maxSize) throw EFBIG;
    return maxSize - pos;
  }
  return count;
}

/** New position of lseek(2) on a file of `size` bytes without holes; shared by positioned files. */
export function seekPosition(pos: number, size: number, offset: number, whence: number): number {
  let target: number;
  if (whence === SEEK_SET) target = offset;
  else if (whence === SEEK_CUR) target = pos + offset;
  else if (whence === SEEK_END) target = size + offset;
  else if (whence === SEEK_DATA || whence === SEEK_HOLE) {
    if (offset < 0 || offset >= size) throw ENXIO;
    target = whence === SEEK_DATA ? offset : size;
  } else throw EINVAL;
  if (!(target >= 0 && target <= Number.MAX_SAFE_INTEGER)) throw EINVAL;
  return target;
}

/** An open regular file. */
export class RegularFile extends File {
  readonly #inode: RegularInode;

  constructor(path: Path, flags: number, inode: RegularInode) {
    super(path, flags);
    this.#inode = inode;
  }

  override readAt(_task: Task, pos: number, max: number): Uint8Array {
    const chunk = this.#inode.readData(pos, max);
    if ((this.path.mount.flags & MS_NOATIME) === 0) this.#inode.accessed();
    return chunk;
  }

  override write(task: Task, bytes: Uint8Array): number {
    if ((this.flags & O_APPEND) !== 0) this.pos = this.#inode.size;
    const written = this.#store(task, this.pos, bytes);
    this.pos += written;
    return written;
  }

  /** pwrite(2); Linux appends whatever the offset when O_APPEND is set. */
  override writeAt(task: Task, pos: number, bytes: Uint8Array): number {
    return this.#store(task, (this.flags & O_APPEND) !== 0 ? this.#inode.size : pos, bytes);
  }

  #store(task: Task, pos: number, bytes: Uint8Array): number {
    const inode = this.#inode;
    if (bytes.length === 0) return 0;
    const allowed = allowedBytes(task, pos, bytes.length, inode.maxSize);
    removePrivileges(task, inode);
    const written = inode.writeData(
      pos,
      allowed < bytes.length ? bytes.subarray(0, allowed) : bytes,
    );
    if (written === 0) throw ENOSPC;
    return written;
  }

  override seek(offset: number, whence: number): number {
    const inode = this.#inode;
    const { size } = inode;
    if (whence === SEEK_DATA || whence === SEEK_HOLE) {
      if (offset < 0 || offset >= size) throw ENXIO;
      const found = whence === SEEK_DATA ? inode.seekData(offset) : inode.seekHole(offset);
      if (found === undefined) throw ENXIO;
      this.pos = found;
    } else {
      this.pos = seekPosition(this.pos, size, offset, whence);
    }
    return this.pos;
  }

  override truncate(length: number): void {
    this.#inode.setattr({ size: length });
  }

  override allocate(mode: number, offset: number, length: number): void {
    this.#inode.allocate(mode, offset, length);
  }

  override sync(): Blocking<void> {
    return this.#inode.sb.sync();
  }
}
