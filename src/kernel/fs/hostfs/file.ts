// Open regular files of hostfs.
import { ENOSPC } from "../../../abi/errno.ts";
import { O_ACCMODE, O_APPEND, SEEK_CUR, SEEK_SET } from "../../../abi/fcntl.ts";
import type { Blocking } from "../../../abi/program.ts";
import type { Task } from "../../task.ts";
import { File, type Path } from "../file.ts";
import { allowedBytes, removePrivileges, seekPosition } from "../regular.ts";
import type { HostInode } from "./inode.ts";

/** The largest block that is read from the host at once. */
const MAX_BLOCK = 1024 * 1024;

/** Blocks up to this size are worth reading ahead for; how much then. */
const SMALL = 4096;
const AHEAD = 65536;

const EMPTY = new Uint8Array(0);

/** A descriptor's view of a host file. */
export class HostFile extends File {
  readonly #inode: HostInode;
  #handle: number;
  /** The host appends by itself, in one step with other writers. */
  #appends: boolean;
  /** Size when last looked at: how big a block is worth making. */
  #size: number;
  #ahead: { pos: number; bytes: Uint8Array; moment: number; writes: number } | undefined;

  constructor(path: Path, flags: number, inode: HostInode, handle: number) {
    super(path, flags);
    this.#inode = inode;
    this.#handle = handle;
    this.#appends = (flags & O_APPEND) !== 0;
    this.#size = inode.size;
  }

  override readAt(_task: Task, pos: number, max: number): Uint8Array {
    const most = Math.min(max, MAX_BLOCK);
    const expected = this.#size - pos;
    if (expected === 0 && this.#inode.endsAt(pos)) return EMPTY;
    if (max <= SMALL && expected > 0) return this.#readSmall(pos, max);
    return this.#read(pos, most, expected);
  }

  /** Many small blocks one after the other, as of programs that go back a little each time. */
  #readSmall(pos: number, max: number): Uint8Array {
    const inode = this.#inode;
    const moment = inode.sb.moment();
    const ahead = this.#ahead;
    const valid = moment >= 0 && ahead?.moment === moment && ahead.writes === inode.writes;
    if (ahead !== undefined && valid && pos >= ahead.pos) {
      const at = pos - ahead.pos;
      if (at + max <= ahead.bytes.length) return ahead.bytes.subarray(at, at + max);
    }
    // The second small block in a moment is probably not the last.
    const many = valid ? AHEAD : max;
    const bytes = this.#read(pos, many, this.#size - pos);
    this.#ahead = { pos, bytes, moment, writes: inode.writes };
    return bytes.length > max ? bytes.subarray(0, max) : bytes;
  }

  #read(pos: number, most: number, expected: number): Uint8Array {
    const { files } = this.#inode.sb;
    const chunk = files.read(this.#handle, pos, most, expected);
    // It has grown since: the next block may be bigger.
    if (chunk.length > expected) this.#size = files.fstat(this.#handle).size;
    return chunk;
  }

  override copyTo(task: Task, target: File, max: number): number | undefined {
    if (!(target instanceof HostFile) || (target.flags & O_APPEND) !== 0 || target.#appends) {
      return undefined;
    }
    // The end of file is found by reading.
    if (this.pos >= this.#size) return undefined;
    const { files } = this.#inode.sb;
    const inode = target.#inode;
    if (inode.sb.files !== files || inode === this.#inode) return undefined;
    const allowed = allowedBytes(task, target.pos, max, Number.MAX_SAFE_INTEGER);
    removePrivileges(task, inode);
    const n = files.transfer(this.#handle, this.pos, target.#handle, target.pos, allowed);
    if (n === 0) return 0;
    this.pos += n;
    target.pos += n;
    if (target.pos > target.#size) target.#size = target.pos;
    inode.written();
    return n;
  }

  override write(task: Task, bytes: Uint8Array): Blocking<number> {
    const written = this.writeAt(task, this.pos, bytes);
    if ((this.flags & O_APPEND) === 0) this.pos += written;
    else this.pos = this.#inode.sb.files.fstat(this.#handle).size;
    return written;
  }

  override writeAt(task: Task, pos: number, bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    const inode = this.#inode;
    const { files } = inode.sb;
    const append = (this.flags & O_APPEND) !== 0;
    if (append !== this.#appends) {
      // F_SETFL
      this.#handle = inode.reopen(this.#handle, this.flags & (O_ACCMODE | O_APPEND));
      this.#appends = append;
    }
    const at = append ? files.fstat(this.#handle).size : pos;
    const allowed = allowedBytes(task, at, bytes.length, Number.MAX_SAFE_INTEGER);
    removePrivileges(task, inode);
    const part = allowed < bytes.length ? bytes.subarray(0, allowed) : bytes;
    const written = files.write(this.#handle, at, part);
    if (written === 0) throw ENOSPC;
    inode.written();
    if (at + written > this.#size) this.#size = at + written;
    return written;
  }

  override seek(offset: number, whence: number): number {
    const simple = whence === SEEK_SET || whence === SEEK_CUR;
    const size = simple ? 0 : this.#inode.sb.files.fstat(this.#handle).size;
    this.pos = seekPosition(this.pos, size, offset, whence);
    return this.pos;
  }

  override truncate(length: number): void {
    this.#inode.sb.files.truncate(this.#handle, length);
    this.#size = length;
    this.#inode.written();
  }

  override sync(): Blocking<void> {
    this.#inode.sb.files.fsync(this.#handle);
  }

  protected override release(): void {
    this.#inode.closed(this.#handle);
  }
}
