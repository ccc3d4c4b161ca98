// What all decompressors here have in common: input is pushed as it comes, output is pulled block by block,
// so that a small input that unpacks to terabytes costs no more memory than any other.
import { concat } from "./bytes.ts";
import { FormatError, unexpectedEof } from "./format-error.ts";

/**
 * A decompressor. The consumer's loop:
 * take blocks with `read` until it answers undefined; then, unless `done`, `push` more input or say `end`.
 */
export interface Decoder {
  /** Gives input. It is kept by reference until used. */
  push(chunk: Uint8Array): void;
  /** No more input will come; a `read` that lacks some throws from now on. */
  end(): void;
  /** The next output, never empty, at most some hundred KiB; undefined when done or in need of input. */
  read(): Uint8Array | undefined;
  /** Has all output been read? */
  readonly done: boolean;
}

/** Bytes of input that a decoder sees at once. */
const CAPACITY = 1 << 16;
/** The most that a decoder may leave unused and still ask for more. */
const TAIL = 1 << 12;
/** Zeros after the input, so that inner loops may read a little too far. */
const PADDING = 256;

/** The input side of a decoder: a window on the pushed chunks. `buf[pos..end)` is what may be looked at. */
export class InputBuffer {
  readonly buf: Uint8Array = new Uint8Array(CAPACITY + TAIL + PADDING);
  readonly view: DataView = new DataView(this.buf.buffer);
  pos = 0;
  end = 0;
  /** Has the last chunk been pushed? */
  ended = false;
  #pending: Uint8Array[] = [];
  #used = 0;
  /** Bytes that went before `buf[0]`. */
  #before = 0;

  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#pending.push(chunk);
  }

  /** Offset of `pos` in the whole input. */
  get offset(): number {
    return this.#before + this.pos;
  }

  /** Brings more bytes into view; false if there are none yet, and an error if there never will be. */
  more(): boolean {
    if (this.#pending.length === 0) {
      if (this.ended) throw unexpectedEof();
      return false;
    }
    return this.#fill();
  }

  /** As {@link more}, but the end of the input is just false. */
  tryMore(): boolean {
    return this.#pending.length > 0 && this.#fill();
  }

  /** Are `n` bytes (at most 4 KiB) in view? */
  has(n: number): boolean {
    while (this.end - this.pos < n) if (!this.more()) return false;
    return true;
  }

  /** Is everything pushed so far used up? */
  get empty(): boolean {
    return this.pos === this.end && this.#pending.length === 0;
  }

  /** Takes all that is left out of the buffer. */
  rest(): Uint8Array {
    const parts: Uint8Array[] = [this.buf.slice(this.pos, this.end)];
    for (const [i, p] of this.#pending.entries()) parts.push(i === 0 ? p.subarray(this.#used) : p);
    this.pos = this.end = 0;
    this.#pending = [];
    this.#used = 0;
    return concat(parts);
  }

  #fill(): boolean {
    const { buf } = this;
    buf.copyWithin(0, this.pos, this.end);
    this.#before += this.pos;
    this.end -= this.pos;
    this.pos = 0;
    let i = 0;
    let room = CAPACITY + TAIL - this.end;
    if (room === 0) throw new Error("bug: decoder looks too far ahead");
    for (; room > 0 && i < this.#pending.length; ) {
      const chunk = this.#pending[i] as Uint8Array;
      const n = Math.min(room, chunk.length - this.#used);
      buf.set(chunk.subarray(this.#used, this.#used + n), this.end);
      this.end += n;
      room -= n;
      this.#used += n;
      if (this.#used === chunk.length) {
        this.#used = 0;
        i++;
      }
    }
    this.#pending.splice(0, i);
    buf.fill(0, this.end, this.end + PADDING);
    return true;
  }
}

/** A decoder written as one generator, which yields blocks of output, and undefined when it needs input. */
export abstract class StepDecoder implements Decoder {
  protected readonly input: InputBuffer;
  #steps: Generator<Uint8Array | undefined, void, void> | undefined;
  #error: unknown;
  done = false;

  constructor(input: InputBuffer = new InputBuffer()) {
    this.input = input;
  }

  protected abstract run(): Generator<Uint8Array | undefined, void, void>;

  push(chunk: Uint8Array): void {
    this.input.push(chunk);
  }

  end(): void {
    this.input.ended = true;
  }

  /** The input after the end of the data; to be asked once, when done. */
  rest(): Uint8Array {
    return this.input.rest();
  }

  read(): Uint8Array | undefined {
    if (this.#error !== undefined) throw this.#error;
    this.#steps ??= this.run();
    try {
      const step = this.#steps.next();
      if (step.done !== true) return step.value;
      this.done = true;
      return undefined;
    } catch (e) {
      this.#error = e;
      throw e;
    }
  }

  /** Waits until `n` bytes (at most 4 KiB) are in view. */
  protected *need(n: number): Generator<undefined, void, void> {
    while (this.input.end - this.input.pos < n) if (!this.input.more()) yield undefined;
  }

  /** Waits until `n` bytes are in view, or all that there are. */
  protected *want(n: number): Generator<undefined, void, void> {
    const { input } = this;
    while (input.end - input.pos < n) {
      if (input.tryMore()) continue;
      if (input.ended) return;
      yield undefined;
    }
  }
}

/** Unpacks an input that is all there, into at most `limit` bytes. */
export function decodeAll(decoder: Decoder, input: Uint8Array, limit: number): Uint8Array {
  decoder.push(input);
  decoder.end();
  const out: Uint8Array[] = [];
  let n = 0;
  for (let block = decoder.read(); block !== undefined; block = decoder.read()) {
    n += block.length;
    if (n > limit) throw new FormatError("unsupported", "too big");
    out.push(block);
  }
  return concat(out);
}
