// Host descriptors as the ends of guest pipes: what `docker run -i` gives its container as 0, 1 and 2.
import * as fs from "node:fs";
import { O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import { PIPEFS_MAGIC } from "../../abi/mount.ts";
import { S_IFIFO } from "../../abi/stat.ts";
import { ROOT_CRED } from "../../kernel/cred.ts";
import { anonymousPath } from "../../kernel/fs/anon.ts";
import type { File } from "../../kernel/fs/file.ts";
import { PIPE_MAX_SIZE, Pipe, PipeFile } from "../../kernel/fs/pipe.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { type Sleep, WaitQueue } from "../../kernel/wait.ts";

/** Blocks that are read from files and handed to libuv at a time. */
const BLOCK_BYTES = 65536;
/** What may be written with blocking writes: it fits into the buffer of any socket or terminal that is read at all. */
const SAFE_BYTES = 65536;

/** Tells when somebody begins to wait. */
class DemandQueue extends WaitQueue {
  readonly #demand: () => void;

  constructor(demand: () => void) {
    super();
    this.#demand = demand;
  }

  override add(sleep: Sleep): void {
    super.add(sleep);
    this.#demand();
  }
}

function pipeFile(kernel: Kernel, pipe: Pipe, flags: number): File {
  const path = anonymousPath(kernel, "pipefs", PIPEFS_MAGIC, "pipe", S_IFIFO | 0o600, ROOT_CRED);
  // /dev/stdin opened anew is the same pipe.
  path.dentry.inode.attached = new Map([["pipe", pipe]]);
  return new PipeFile(path, flags, pipe);
}

/**
 * A descriptor of the host that the guest reads as a pipe. Reading begins when the guest first waits
 * for it and never gets more than a pipe's room ahead.
 */
class InputPipe extends Pipe {
  readonly #fd: number;
  #started = false;
  #stream: NodeJS.ReadStream | undefined;
  override readonly readQueue: DemandQueue = new DemandQueue(() => this.#start());

  constructor(fd: number) {
    super();
    this.#fd = fd;
    this.writers = 1;
    this.writerOpens = 1;
  }

  #end(): void {
    if (this.writers === 0) return;
    this.writers = 0;
    this.readQueue.wake();
  }

  /** Files and devices without waiting are read at the moment of need; for the rest events are waited for. */
  #start(): void {
    if (this.#started) {
      this.#fill();
      return;
    }
    this.#started = true;
    let stat: ReturnType<typeof fs.fstatSync>;
    try {
      stat = fs.fstatSync(this.#fd);
    } catch {
      // A closed descriptor reads as nothing.
      this.#end();
      return;
    }
    if (stat.isFile()) this.#fill();
    else this.#listen();
  }

  /** Reads a block of a file. */
  #fill(): void {
    if (this.#stream !== undefined || this.writers === 0 || this.length > 0) return;
    const block = new Uint8Array(BLOCK_BYTES);
    let n = 0;
    try {
      n = fs.readSync(this.#fd, block, 0, BLOCK_BYTES, null);
    } catch {
      // What cannot be read any more has ended.
    }
    if (n === 0) this.#end();
    else this.put(block.subarray(0, n));
  }

  #listen(): void {
    const stream = process.stdin;
    this.#stream = stream;
    stream.on("readable", () => this.#pull());
    stream.on("end", () => this.#end());
    stream.on("error", () => this.#end());
    stream.on("close", () => this.#end());
    this.#pull();
  }

  /** Takes what has come while there is room; what stays in the stream makes Node stop reading. */
  #pull(): void {
    const stream = this.#stream;
    while (stream !== undefined && this.room > 0 && this.readers > 0) {
      const chunk = stream.read() as Uint8Array | null;
      if (chunk === null) return;
      this.put(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    }
  }

  override take(max: number): Uint8Array {
    const chunk = super.take(max);
    if (this.#stream !== undefined && this.room >= BLOCK_BYTES / 2) this.#pull();
    return chunk;
  }

  /** Lets go of the host's descriptor. */
  close(): void {
    this.#stream?.destroy();
    this.#end();
  }
}

/**
 * A descriptor of the host that the guest writes as a pipe. Bytes go out in the system call that
 * writes them; only when the host's reader is slow they wait here, and the guest's writer with them.
 */
class OutputPipe extends Pipe {
  readonly #fd: number;
  /** Where writes go: a description of our own that does not block, or the host's where that cannot be had. */
  #writeFd: number | undefined;
  #stream: NodeJS.WritableStream | undefined;
  /** libuv has a block that is not written yet. */
  #busy = false;
  /** Room for blocking writes; after that libuv writes. */
  #blockingBytes = 0;
  #waiting: (() => void)[] = [];
  override capacity: number = PIPE_MAX_SIZE;

  readonly #onBroken: () => void;

  constructor(fd: number, onBroken: () => void) {
    super();
    this.#fd = fd;
    this.#onBroken = onBroken;
    this.readers = 1;
    this.readerOpens = 1;
  }

  override put(bytes: Uint8Array): void {
    const done = this.length > 0 || this.#busy ? 0 : this.#tryWrite(bytes);
    if (done === bytes.length) return;
    super.put(done === 0 ? bytes : bytes.subarray(done));
    if (!this.#busy) this.#drain();
  }

  /** How much could be written at once. */
  #tryWrite(bytes: Uint8Array): number {
    this.#writeFd ??= this.#open();
    let done = 0;
    try {
      while (done < bytes.length && this.#blockingBytes > 0) {
        const most = Math.min(bytes.length - done, this.#blockingBytes);
        const n = fs.writeSync(this.#writeFd, bytes, done, most);
        this.#blockingBytes -= n;
        done += n;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return done;
      this.#broken();
      return bytes.length;
    }
    return done;
  }

  /**
   * Files never make us wait. A pipe is opened anew, so that O_NONBLOCK is ours alone (the flag belongs
   * to the description that others share). Writes to anything else block, so there are few of them:
   * meanwhile the machine would stand still, and signals would go unheard.
   */
  #open(): number {
    this.#blockingBytes = SAFE_BYTES;
    try {
      const stat = fs.fstatSync(this.#fd);
      const { O_NONBLOCK, O_WRONLY: WRONLY } = fs.constants;
      const isDevice =
        stat.isCharacterDevice() && !process.getBuiltinModule("node:tty").isatty(this.#fd);
      if (stat.isFile() || isDevice) this.#blockingBytes = Number.POSITIVE_INFINITY;
      if (stat.isFIFO()) {
        const own = fs.openSync(`/proc/self/fd/${this.#fd}`, WRONLY | O_NONBLOCK);
        this.#blockingBytes = Number.POSITIVE_INFINITY;
        return own;
      }
    } catch {
      // No /proc, or not ours to open.
    }
    return this.#fd;
  }

  /** The reader has gone: the guest's next write gets SIGPIPE, as with any pipe. */
  #broken(): void {
    while (this.length > 0) super.take(this.length);
    this.readers = 0;
    this.writeQueue.wake();
    this.#settle();
    this.#onBroken();
  }

  /** Hands what waits to libuv, a block at a time. */
  #drain(): void {
    if (this.length === 0) {
      this.#settle();
      return;
    }
    this.#stream ??= this.#makeStream();
    this.#busy = true;
    const block = super.take(BLOCK_BYTES);
    this.#stream.write(block, (error) => {
      this.#busy = false;
      if (error) this.#broken();
      else this.#drain();
    });
  }

  #makeStream(): NodeJS.WritableStream {
    const fd = this.#writeFd as number;
    let stream: NodeJS.WritableStream = this.#fd === 2 ? process.stderr : process.stdout;
    if (fd !== this.#fd) {
      const { Socket } = process.getBuiltinModule("node:net");
      stream = new Socket({ fd, readable: false, writable: true });
    }
    stream.on("error", () => this.#broken());
    return stream;
  }

  #settle(): void {
    for (const done of this.#waiting.splice(0)) done();
  }

  /** Nothing waits to go out. */
  get idle(): boolean {
    return this.length === 0 && !this.#busy;
  }

  /** Resolves when all that was written has left, or never will. */
  drained(): Promise<void> {
    if (this.idle) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Host descriptors 0, 1 and 2 as files for a guest's first process. */
export class HostStdio {
  readonly #kernel: Kernel;
  #input: InputPipe | undefined;
  readonly #outputs = new Map<number, OutputPipe>();

  readonly #onBroken: () => void;

  /** `onBroken`: the host's reader of an output has gone, which a write found out. */
  constructor(kernel: Kernel, onBroken: () => void = () => {}) {
    this.#kernel = kernel;
    this.#onBroken = onBroken;
  }

  /** The reading end of what comes in at `fd`. */
  input(fd = 0): File {
    this.#input ??= new InputPipe(fd);
    return pipeFile(this.#kernel, this.#input, O_RDONLY);
  }

  /** The writing end of what goes out at `fd`. */
  output(fd: number): File {
    let pipe = this.#outputs.get(fd);
    if (pipe === undefined) {
      pipe = new OutputPipe(fd, this.#onBroken);
      this.#outputs.set(fd, pipe);
    }
    return pipeFile(this.#kernel, pipe, O_WRONLY);
  }

  /** Undefined when everything has gone out, else the promise of that: before the process exits. */
  drained(): Promise<unknown> | undefined {
    const pipes = [...this.#outputs.values()];
    return pipes.every((pipe) => pipe.idle)
      ? undefined
      : Promise.all(pipes.map((p) => p.drained()));
  }

  /** Lets go of the host's input. */
  close(): void {
    this.#input?.close();
  }
}
