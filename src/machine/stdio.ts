// Descriptors whose far side is the host: captured output, given input, and streams with back-pressure.
import { EAGAIN, EPIPE } from "../abi/errno.ts";
import { O_RDONLY, O_WRONLY } from "../abi/fcntl.ts";
import { PIPEFS_MAGIC } from "../abi/mount.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from "../abi/poll.ts";
import type { Blocking, Steps } from "../abi/program.ts";
import { SIGPIPE } from "../abi/signal.ts";
import { S_IFIFO } from "../abi/stat.ts";
import { ROOT_CRED } from "../kernel/cred.ts";
import { anonymousPath } from "../kernel/fs/anon.ts";
import { File, type Path } from "../kernel/fs/file.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { deliverToSelf, sendSignalToTask } from "../kernel/signal.ts";
import type { Task } from "../kernel/task.ts";
import { sleepOn, WaitQueue } from "../kernel/wait.ts";
import { concat } from "../lib/bytes.ts";

/** To the guest these look like pipes. */
export function pipePath(kernel: Kernel): Path {
  return anonymousPath(kernel, "pipefs", PIPEFS_MAGIC, "pipe", S_IFIFO | 0o600, ROOT_CRED);
}

/** Raises SIGPIPE and fails, as a pipe without readers does. */
export function brokenPipe(task: Task): never {
  sendSignalToTask(task, SIGPIPE, task);
  deliverToSelf(task);
  throw EPIPE;
}

/** Keeps what is written, up to a bound; beyond it the guest sees a broken pipe. */
export class CaptureFile extends File {
  readonly #chunks: Uint8Array[] = [];
  readonly #limitBytes: number;
  length = 0;
  /** True when the guest wanted to write more than the bound. */
  overflowed = false;

  constructor(kernel: Kernel, limitBytes: number) {
    super(pipePath(kernel), O_WRONLY);
    this.#limitBytes = limitBytes;
  }

  override write(task: Task, bytes: Uint8Array): Blocking<number> {
    const room = this.#limitBytes - this.length;
    if (bytes.length > room) {
      if (room > 0) this.#keep(bytes.subarray(0, room));
      this.overflowed = true;
      return brokenPipe(task);
    }
    this.#keep(bytes);
    return bytes.length;
  }

  #keep(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.length += bytes.length;
  }

  /** Everything written so far. */
  bytes(): Uint8Array {
    return this.#chunks.length === 1 ? (this.#chunks[0] as Uint8Array) : concat(this.#chunks);
  }
}

/** Input that is all there from the start. */
export class BytesFile extends File {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(kernel: Kernel, bytes: Uint8Array) {
    super(pipePath(kernel), O_RDONLY);
    this.#bytes = bytes;
  }

  override read(_task: Task, max: number): Blocking<Uint8Array> {
    const chunk = this.#bytes.subarray(this.#offset, this.#offset + max);
    this.#offset += chunk.length;
    return chunk;
  }

  override poll(): number {
    return POLLIN | (this.#offset >= this.#bytes.length ? POLLHUP : 0);
  }
}

/** Bytes a host stream may run ahead of the guest, or the guest ahead of the host. */
const STREAM_BYTES = 65536;

/** Input that the host pushes; `wanted` resolves the host's waiting when there is room again. */
export class PushFile extends File {
  #chunks: Uint8Array[] = [];
  #length = 0;
  #ended = false;
  readonly #queue = new WaitQueue();
  #onWanted: (() => void) | undefined;
  /** The guest has closed its end: what is pushed goes nowhere. */
  abandoned = false;

  constructor(kernel: Kernel) {
    super(pipePath(kernel), O_RDONLY);
  }

  /** Adds bytes; false when the host should wait for `whenWanted` before it pushes more. */
  push(bytes: Uint8Array): boolean {
    if (this.abandoned || this.#ended) return true;
    if (bytes.length > 0) this.#chunks.push(bytes);
    this.#length += bytes.length;
    this.#queue.wake();
    return this.#length < STREAM_BYTES;
  }

  /** No more will come. */
  end(): void {
    this.#ended = true;
    this.#queue.wake();
  }

  /** Calls once when the guest has read enough, or closed its end. */
  whenWanted(callback: () => void): void {
    if (this.abandoned || this.#length < STREAM_BYTES) callback();
    else this.#onWanted = callback;
  }

  override read(task: Task, max: number): Blocking<Uint8Array> {
    if (this.#length > 0) return this.#take(max);
    if (this.#ended) return new Uint8Array(0);
    if (this.nonblock) throw EAGAIN;
    return this.#later(task, max);
  }

  *#later(task: Task, max: number): Steps<Uint8Array> {
    while (this.#length === 0) {
      if (this.#ended) return new Uint8Array(0);
      yield* sleepOn(task, [this.#queue]);
    }
    return this.#take(max);
  }

  #take(max: number): Uint8Array {
    let chunk = this.#chunks[0] as Uint8Array;
    if (chunk.length > max) {
      this.#chunks[0] = chunk.subarray(max);
      chunk = chunk.subarray(0, max);
    } else {
      this.#chunks.shift();
    }
    this.#length -= chunk.length;
    if (this.#length < STREAM_BYTES) this.#wanted();
    return chunk;
  }

  #wanted(): void {
    const callback = this.#onWanted;
    this.#onWanted = undefined;
    callback?.();
  }

  override poll(): number {
    return (this.#length > 0 ? POLLIN : 0) | (this.#ended ? POLLHUP : 0);
  }
  override pollQueues(): readonly WaitQueue[] {
    return [this.#queue];
  }
  protected override release(): void {
    this.abandoned = true;
    this.#chunks = [];
    this.#length = 0;
    this.#wanted();
  }
}

/** Output that the host takes chunk by chunk; writers wait while the host is behind. */
export class PullFile extends File {
  #chunks: Uint8Array[] = [];
  #length = 0;
  #broken = false;
  readonly #queue = new WaitQueue();
  #onData: (() => void) | undefined;
  /** The guest has closed its end: after the last chunk comes the end. */
  ended = false;

  constructor(kernel: Kernel) {
    super(pipePath(kernel), O_WRONLY);
  }

  /** The next chunk, or undefined when there is none now. */
  take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return undefined;
    this.#length -= chunk.length;
    this.#queue.wake();
    return chunk;
  }

  /** Calls once when there is a chunk or the end. */
  whenData(callback: () => void): void {
    if (this.#length > 0 || this.ended) callback();
    else this.#onData = callback;
  }

  /** The host does not want any more: writers get SIGPIPE. */
  cancel(): void {
    this.#broken = true;
    this.#chunks = [];
    this.#length = 0;
    this.#queue.wake();
  }

  override write(task: Task, bytes: Uint8Array): Blocking<number> {
    if (this.#broken) return brokenPipe(task);
    if (this.#length < STREAM_BYTES) return this.#put(bytes);
    if (this.nonblock) throw EAGAIN;
    return this.#later(task, bytes);
  }

  *#later(task: Task, bytes: Uint8Array): Steps<number> {
    while (this.#length >= STREAM_BYTES && !this.#broken) yield* sleepOn(task, [this.#queue]);
    return this.#broken ? brokenPipe(task) : this.#put(bytes);
  }

  #put(bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    this.#data();
    return bytes.length;
  }

  #data(): void {
    const callback = this.#onData;
    this.#onData = undefined;
    callback?.();
  }

  override poll(): number {
    return this.#broken ? POLLERR : this.#length < STREAM_BYTES ? POLLOUT : 0;
  }
  override pollQueues(): readonly WaitQueue[] {
    return [this.#queue];
  }
  protected override release(): void {
    this.ended = true;
    this.#data();
  }
}
