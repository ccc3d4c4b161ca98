// Pipes and FIFOs (pipe(7)): chunks pass by reference; 64 KiB of room, writes up to PIPE_BUF are atomic.
import { EAGAIN, EINVAL, ENXIO, EPIPE } from "../../abi/errno.ts";
import { O_ACCMODE, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY, PIPE_BUF } from "../../abi/fcntl.ts";
import { PIPEFS_MAGIC } from "../../abi/mount.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import { SIGPIPE } from "../../abi/signal.ts";
import { S_IFIFO } from "../../abi/stat.ts";
import { FIONREAD } from "../../abi/termios.ts";
import { concat } from "../../lib/bytes.ts";
import { deliverToSelf, sendSignalToTask } from "../signal.ts";
import type { Task } from "../task.ts";
import { sleepOn, WaitQueue } from "../wait.ts";
import { anonymousPath } from "./anon.ts";
import { File, type Path } from "./file.ts";
import type { Inode } from "./inode.ts";

/** Room of a new pipe in bytes (16 pages). */
export const PIPE_SIZE = 65536;
/** Largest room F_SETPIPE_SZ grants (/proc/sys/fs/pipe-max-size). */
export const PIPE_MAX_SIZE = 1048576;
/** Small writes are joined into blocks of this size, so that byte-wise writers do not fill memory with chunks. */
const JOIN_BYTES = 4096;

const EMPTY = new Uint8Array(0);

/** The buffer between readers and writers. */
export class Pipe {
  #chunks: Uint8Array[] = [];
  /** Index of the first chunk still there, and how much of it is read. */
  #first = 0;
  #offset = 0;
  /** Room left in the last chunk, when it is a block of ours that small writes fill. */
  #tail: Uint8Array | undefined;
  #tailUsed = 0;
  length = 0;
  capacity: number = PIPE_SIZE;
  readers = 0;
  writers = 0;
  /** Made by pipe(2), not by mkfifo(2). */
  anonymous = false;
  /** How often each side was opened: FIFO opens wait for the other side to have come, even if it left again. */
  readerOpens = 0;
  writerOpens = 0;
  /** Woken when bytes or end of file have come. */
  readonly readQueue: WaitQueue = new WaitQueue();
  /** Woken when room or the end of readers has come. */
  readonly writeQueue: WaitQueue = new WaitQueue();
  /** FIFO opens wait here. */
  readonly openQueue: WaitQueue = new WaitQueue();

  /** Up to `max` bytes; the pipe must not be empty. */
  take(max: number): Uint8Array {
    const chunks = this.#chunks;
    const first = this.#at(this.#first);
    const here = first.length - this.#offset;
    if (here > max || this.length === here) {
      const n = Math.min(here, max);
      const chunk = first.subarray(this.#offset, this.#offset + n);
      if (n === here) this.#shift();
      else this.#offset += n;
      this.#taken(n);
      return chunk;
    }
    // Several chunks: give as many whole ones as fit, joined, so that readers see big blocks.
    const parts: Uint8Array[] = [];
    let n = 0;
    while (this.#first < chunks.length) {
      const part = this.#at(this.#first);
      const left = part.length - this.#offset;
      if (n + left > max) {
        if (n < max) {
          parts.push(part.subarray(this.#offset, this.#offset + max - n));
          this.#offset += max - n;
          n = max;
        }
        break;
      }
      parts.push(this.#offset === 0 ? part : part.subarray(this.#offset));
      n += left;
      this.#shift();
    }
    this.#taken(n);
    return parts.length === 1 ? (parts[0] as Uint8Array) : concat(parts);
  }

  /** Bytes at the front, at most `max`, which stay. */
  peek(max: number): Uint8Array {
    if (this.length === 0) return EMPTY;
    return this.#at(this.#first).subarray(this.#offset, this.#offset + max);
  }

  /** The chunk at an index; the last one may be a block that is still being filled. */
  #at(index: number): Uint8Array {
    const chunk = this.#chunks[index] as Uint8Array;
    if (this.#tail !== undefined && index === this.#chunks.length - 1) {
      return this.#tail.subarray(0, this.#tailUsed);
    }
    return chunk;
  }

  #shift(): void {
    if (this.#first === this.#chunks.length - 1) this.#tail = undefined;
    this.#chunks[this.#first] = EMPTY;
    this.#first++;
    this.#offset = 0;
    if (this.#first === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#first = 0;
    } else if (this.#first >= 64) {
      this.#chunks.splice(0, this.#first);
      this.#first = 0;
    }
  }

  #taken(n: number): void {
    this.length -= n;
    this.writeQueue.wake();
  }

  /** Adds bytes; there must be room. Big chunks are kept by reference, small ones joined. */
  put(bytes: Uint8Array): void {
    this.length += bytes.length;
    if (bytes.length >= JOIN_BYTES / 2) {
      this.#seal();
      this.#chunks.push(bytes);
    } else if (this.#tail !== undefined && this.#tailUsed + bytes.length <= JOIN_BYTES) {
      // What readers were given of this block ends before tailUsed: appending changes nothing they see.
      this.#tail.set(bytes, this.#tailUsed);
      this.#tailUsed += bytes.length;
    } else if (this.#first === this.#chunks.length) {
      this.#chunks.push(bytes);
    } else {
      this.#seal();
      const block = new Uint8Array(JOIN_BYTES);
      block.set(bytes);
      this.#tail = block;
      this.#tailUsed = bytes.length;
      this.#chunks.push(block);
    }
    this.readQueue.wake();
  }

  /** The block that was being filled becomes an ordinary chunk of its used length. */
  #seal(): void {
    if (this.#tail === undefined) return;
    this.#chunks[this.#chunks.length - 1] = this.#tail.subarray(0, this.#tailUsed);
    this.#tail = undefined;
  }

  get room(): number {
    return this.capacity - this.length;
  }
}

/** One end of a pipe, or a FIFO opened for both. */
export class PipeFile extends File {
  readonly pipe: Pipe;

  constructor(path: Path, flags: number, pipe: Pipe) {
    super(path, flags);
    this.pipe = pipe;
    if (this.readable) {
      pipe.readers++;
      pipe.readerOpens++;
    }
    if (this.writable) {
      pipe.writers++;
      pipe.writerOpens++;
    }
  }

  override read(task: Task, max: number): Blocking<Uint8Array> {
    const { pipe } = this;
    if (pipe.length > 0) return pipe.take(max);
    if (pipe.writers === 0) return EMPTY;
    if (this.nonblock) throw EAGAIN;
    return this.#readLater(task, max);
  }

  *#readLater(task: Task, max: number): Steps<Uint8Array> {
    const { pipe } = this;
    while (pipe.length === 0) {
      if (pipe.writers === 0) return EMPTY;
      yield* sleepOn(task, [pipe.readQueue]);
    }
    return pipe.take(max);
  }

  override write(task: Task, bytes: Uint8Array): Blocking<number> {
    const { pipe } = this;
    if (pipe.readers === 0) return this.#broken(task);
    if (bytes.length === 0) return 0;
    if (bytes.length <= pipe.room) {
      pipe.put(bytes);
      return bytes.length;
    }
    if (this.nonblock) {
      if (bytes.length <= PIPE_BUF || pipe.room === 0) throw EAGAIN;
      const n = pipe.room;
      pipe.put(bytes.subarray(0, n));
      return n;
    }
    return this.#writeLater(task, bytes);
  }

  *#writeLater(task: Task, bytes: Uint8Array): Steps<number> {
    const { pipe } = this;
    const atomic = bytes.length <= PIPE_BUF;
    let done = 0;
    while (done < bytes.length) {
      if (pipe.readers === 0) return this.#broken(task);
      const left = bytes.length - done;
      const room = pipe.room;
      if (room >= left || (!atomic && room > 0)) {
        const n = Math.min(room, left);
        pipe.put(bytes.subarray(done, done + n));
        done += n;
        if (done === bytes.length) break;
        // What goes straight to the host leaves the room as it was, and nobody would wake us.
        if (pipe.room > 0) continue;
      }
      try {
        yield* sleepOn(task, [pipe.writeQueue]);
      } catch (error) {
        if (done > 0) return done;
        throw error;
      }
    }
    return done;
  }

  #broken(task: Task): never {
    sendSignalToTask(task, SIGPIPE, task);
    deliverToSelf(task);
    throw EPIPE;
  }

  override ioctl(_task: Task, request: number, arg: unknown): Blocking<unknown> {
    if (request === FIONREAD) return this.pipe.length;
    return super.ioctl(_task, request, arg);
  }

  override poll(): number {
    const { pipe } = this;
    let events = 0;
    if (this.readable) {
      if (pipe.length > 0) events |= POLLIN | POLLRDNORM;
      if (pipe.writers === 0) events |= POLLHUP;
    }
    if (this.writable) {
      if (pipe.room >= PIPE_BUF) events |= POLLOUT | POLLWRNORM;
      if (pipe.readers === 0) events |= POLLERR;
    }
    return events;
  }

  override pollQueues(): readonly WaitQueue[] {
    return [this.pipe.readQueue, this.pipe.writeQueue];
  }

  protected override release(): void {
    const { pipe } = this;
    if (this.readable && --pipe.readers === 0) pipe.writeQueue.wake();
    if (this.writable && --pipe.writers === 0) pipe.readQueue.wake();
  }

  /** F_SETPIPE_SZ: rounds up to a power of two of pages; throws EBUSY-like EINVAL for what does not fit. */
  resize(bytes: number): number {
    if (bytes <= 0 || bytes > PIPE_MAX_SIZE) throw EINVAL;
    let size = PIPE_BUF;
    while (size < bytes) size *= 2;
    if (size < this.pipe.length) throw EINVAL;
    this.pipe.capacity = size;
    this.pipe.writeQueue.wake();
    return size;
  }
}

/** pipe2(2). */
export function createPipe(task: Task, flags: number): [PipeFile, PipeFile] {
  const pipe = new Pipe();
  const path = anonymousPath(
    task.kernel,
    "pipefs",
    PIPEFS_MAGIC,
    "pipe",
    S_IFIFO | 0o600,
    task.cred,
  );
  const status = flags & O_NONBLOCK;
  // For who opens it again by way of /proc/self/fd: that never waits.
  pipe.anonymous = true;
  path.dentry.inode.attached = new Map([["pipe", pipe]]);
  const reader = new PipeFile(path, O_RDONLY | status, pipe);
  try {
    return [reader, new PipeFile(path, O_WRONLY | status, pipe)];
  } catch (error) {
    // ENFILE for the second end.
    reader.put();
    throw error;
  }
}

function pipeOf(inode: Inode): Pipe {
  inode.attached ??= new Map();
  let pipe = inode.attached.get("pipe") as Pipe | undefined;
  if (pipe === undefined) {
    pipe = new Pipe();
    inode.attached.set("pipe", pipe);
  }
  return pipe;
}

/** Opens a FIFO (fifo(7)): waits for the other side unless O_NONBLOCK or O_RDWR. */
export function openFifo(task: Task, path: Path, flags: number): Blocking<File> {
  const pipe = pipeOf(path.dentry.inode);
  const access = flags & O_ACCMODE;
  if (access === O_WRONLY && (flags & O_NONBLOCK) !== 0 && pipe.readers === 0) throw ENXIO;
  const file = new PipeFile(path, flags, pipe);
  pipe.openQueue.wake();
  if (access === O_RDWR || (flags & O_NONBLOCK) !== 0 || pipe.anonymous) return file;
  const ready = access === O_RDONLY ? pipe.writers > 0 : pipe.readers > 0;
  return ready ? file : openLater(task, file, access === O_RDONLY);
}

function* openLater(task: Task, file: PipeFile, reading: boolean): Steps<File> {
  const { pipe } = file;
  const before = reading ? pipe.writerOpens : pipe.readerOpens;
  let opened = false;
  try {
    while ((reading ? pipe.writerOpens : pipe.readerOpens) === before) {
      yield* sleepOn(task, [pipe.openQueue]);
    }
    opened = true;
    return file;
  } finally {
    if (!opened) file.put();
  }
}
