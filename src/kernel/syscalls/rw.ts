// read(2), write(2), pread(2), pwrite(2), lseek(2), ioctl(2), splice(2).
import { FIFREEZE, FITHAW, FITRIM, type FsTrimRange } from "../../abi/block.ts";
import { EBADF, EFAULT, EINVAL, ENOTTY, EOPNOTSUPP, EPERM } from "../../abi/errno.ts";
import { IN_ACCESS, IN_MODIFY } from "../../abi/poll.ts";
import { type Blocking, isSteps, type Steps } from "../../abi/program.ts";
import type { File } from "../fs/file.ts";
import { notifyPath } from "../fs/notify.ts";
import { fdget } from "../fs/path-file.ts";
import { PipeFile } from "../fs/pipe.ts";
import type { Task } from "../task.ts";

/** Most bytes of one read or write (MAX_RW_COUNT). */
const MAX_RW_COUNT = 0x7ffff000;
/** Bytes that splice moves at a time. */
const SPLICE_CHUNK = 65536;

function count(max: number): number {
  if (!(max >= 0)) throw EINVAL;
  return Math.min(Math.floor(max), MAX_RW_COUNT);
}

/** read(2). */
export function read(task: Task, fd: number, max: number): Blocking<Uint8Array> {
  const file = task.fds.get(fd);
  if (!file.readable) throw EBADF;
  if (max === 0) return new Uint8Array(0);
  const chunk = file.read(task, count(max));
  if (task.kernel.watches !== 0) return readTold(file, chunk);
  return chunk;
}

/** IN_ACCESS after a read that gave something. */
function readTold(file: File, chunk: Blocking<Uint8Array>): Blocking<Uint8Array> {
  if (isSteps(chunk)) return readLaterTold(file, chunk);
  if (chunk.length > 0 && file.opened) notifyPath(file.path, IN_ACCESS);
  return chunk;
}

function* readLaterTold(file: File, steps: Steps<Uint8Array>): Steps<Uint8Array> {
  const chunk = yield* steps;
  readTold(file, chunk);
  return chunk;
}

/** IN_MODIFY after a write that took something. */
function writeTold(file: File, written: Blocking<number>): Blocking<number> {
  if (isSteps(written)) return writeLaterTold(file, written);
  if (written > 0 && file.opened) notifyPath(file.path, IN_MODIFY);
  return written;
}

function* writeLaterTold(file: File, steps: Steps<number>): Steps<number> {
  const written = yield* steps;
  writeTold(file, written);
  return written;
}

/** write(2). */
export function write(task: Task, fd: number, bytes: Uint8Array): Blocking<number> {
  const file = task.fds.get(fd);
  if (!file.writable) throw EBADF;
  const written = file.write(task, bytes);
  if (task.kernel.watches !== 0) return writeTold(file, written);
  return written;
}

function mustBeOffset(offset: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0) throw EINVAL;
}

/** pread64(2). */
export function pread(task: Task, fd: number, max: number, offset: number): Blocking<Uint8Array> {
  const file = task.fds.get(fd);
  mustBeOffset(offset);
  if (!file.readable) throw EBADF;
  if (max === 0) return new Uint8Array(0);
  return readTold(file, file.readAt(task, offset, count(max)));
}

/** pwrite64(2). */
export function pwrite(
  task: Task,
  fd: number,
  bytes: Uint8Array,
  offset: number,
): Blocking<number> {
  const file = task.fds.get(fd);
  mustBeOffset(offset);
  if (!file.writable) throw EBADF;
  return writeTold(file, file.writeAt(task, offset, bytes));
}

/** lseek(2). */
export function lseek(task: Task, fd: number, offset: number, whence: number): number {
  const file = fdget(task, fd);
  if (!Number.isInteger(offset)) throw EINVAL;
  return file.seek(offset, whence);
}

/** See Sys.isatty. */
export function isatty(task: Task, fd: number): boolean {
  return task.fds.peek(fd)?.isTerminal === true;
}

/** See Sys.peek. */
export function peek(task: Task, fd: number, max: number): Uint8Array | undefined {
  const file = task.fds.peek(fd);
  return file instanceof PipeFile && file.readable ? file.pipe.peek(max) : undefined;
}

/** See Sys.skip. */
export function skip(task: Task, fd: number, count: number): void {
  const file = fdget(task, fd);
  if (!(file instanceof PipeFile) || !file.readable || count > file.pipe.length) throw EINVAL;
  for (let left = count; left > 0; ) left -= file.pipe.take(left).length;
}

/** ioctl(2). */
export function ioctl(task: Task, fd: number, request: number, arg?: unknown): Blocking<unknown> {
  const file = fdget(task, fd);
  if (request === FITRIM || request === FIFREEZE || request === FITHAW) {
    return superIoctl(task, file, request, arg);
  }
  return file.ioctl(task, request, arg);
}

/** Requests that are about the file system a file is on. */
function superIoctl(task: Task, file: File, request: number, arg: unknown): number {
  const { inode } = file;
  if (!inode.isDirectory && !inode.isRegular) throw ENOTTY;
  if (task.cred.euid !== 0) throw EPERM;
  // No file system here can be made to wait with its writes.
  if (request !== FITRIM) throw EOPNOTSUPP;
  if (inode.sb.trim === undefined) throw ENOTTY;
  if (typeof arg !== "object" || arg === null) throw EFAULT;
  return inode.sb.trim(arg as FsTrimRange);
}

/** sendfile(2), splice(2), copy_file_range(2): moves up to `max` bytes; 0 at the end of `from`. */
export function splice(task: Task, from: number, to: number, max: number): Blocking<number> {
  const source = task.fds.get(from);
  const target = task.fds.get(to);
  if (!source.readable || !target.writable) throw EBADF;
  const total = count(max);
  if (task.kernel.watches === 0) {
    const moved = source.copyTo(task, target, total);
    if (moved !== undefined) return moved;
  }
  let done = 0;
  while (done < total) {
    const chunk = source.read(task, Math.min(total - done, SPLICE_CHUNK));
    if (isSteps(chunk)) return done > 0 ? done : spliceRead(task, target, chunk);
    if (chunk.length === 0) break;
    const written = target.write(task, chunk);
    if (isSteps(written)) return spliceWrite(target, task, chunk, written, done);
    done += written;
    if (written < chunk.length) {
      giveBack(source, chunk.length - written);
      break;
    }
    if (chunk.length < SPLICE_CHUNK) break;
  }
  return done;
}

/** Bytes read but not written: a positioned source steps back. */
function giveBack(source: File, bytes: number): void {
  source.pos -= Math.min(source.pos, bytes);
}

function* spliceRead(task: Task, target: File, steps: Steps<Uint8Array>): Steps<number> {
  const chunk = yield* steps;
  if (chunk.length === 0) return 0;
  const written = target.write(task, chunk);
  return isSteps(written) ? yield* spliceWrite(target, task, chunk, written, 0) : written;
}

function* spliceWrite(
  target: File,
  task: Task,
  chunk: Uint8Array,
  steps: Steps<number>,
  done: number,
): Steps<number> {
  let written = yield* steps;
  while (written < chunk.length) {
    const more = target.write(task, chunk.subarray(written));
    written += isSteps(more) ? yield* more : more;
  }
  return done + written;
}
