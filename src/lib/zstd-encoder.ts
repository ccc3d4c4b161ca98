// Encoder for Zstandard frames (RFC 8878), streaming. The output depends on the input and the level alone, not on how
// the input is cut into chunks.
import { concat } from "./bytes.ts";
import { XxHash64 } from "./xxhash.ts";
import { BLOCK_MAX, ZSTD_MAGIC } from "./zstd-codes.ts";
import { LiteralEncoder } from "./zstd-literals.ts";
import { ChainMatcher, type Effort, FastMatcher, type Matcher } from "./zstd-match.ts";
import { SequenceEncoder, Sequences } from "./zstd-sequence-encoder.ts";

const RAW = 0;
const RLE = 1;
const COMPRESSED = 2;
/** Zeros after the text, so that searching may look a little too far. */
const PADDING = 16;
/** Places are counted up to here; then all earlier text is forgotten. */
const PLACE_MAX = 1 << 30;

/** By level from 1 on: window, hash table, chains or second table, depth, patience. */
function effort(level: number): Effort {
  const table: [number, number, number, number, number][] = [
    [19, 14, 0, 0, 0],
    [20, 16, 0, 0, 0],
    [21, 16, 17, 0, 0],
    [21, 17, 18, 0, 0],
    [21, 18, 19, 6, 1],
    [21, 18, 19, 10, 1],
    [21, 19, 20, 12, 2],
    [21, 19, 20, 20, 2],
    [22, 20, 21, 24, 2],
    [22, 20, 21, 32, 2],
    [22, 20, 21, 40, 2],
    [22, 20, 22, 48, 2],
    [22, 20, 22, 56, 2],
    [22, 20, 22, 64, 2],
    [22, 20, 22, 80, 2],
    [22, 20, 22, 96, 2],
    [23, 20, 22, 112, 2],
    [23, 20, 22, 128, 2],
    [23, 20, 22, 160, 2],
    [25, 20, 23, 192, 2],
    [26, 20, 23, 224, 2],
    [27, 20, 24, 256, 2],
  ];
  const row = table[Math.min(Math.max(Math.trunc(level), 1), table.length) - 1];
  const [windowLog, hashLog, chainLog, depth, lazy] = row as (typeof table)[0];
  return { windowLog, hashLog, chainLog, depth, lazy };
}

/**
 * Writes one frame: feed it chunks, collect what it returns, then call `end`. Levels are 1 (fast) to 22 (small), of
 * which those from 13 on are not as good as zstd(1)'s. Level 3 does 60 MB/s on Node 20 on source text.
 */
export class Zstd {
  readonly #effort: Effort;
  readonly #hash: XxHash64 | undefined;
  readonly #sequences = new Sequences();
  readonly #sequenceEncoder = new SequenceEncoder();
  readonly #literalEncoder = new LiteralEncoder();
  #matcher: Matcher | undefined;
  #buf = new Uint8Array(BLOCK_MAX + PADDING);
  #view = new DataView(this.#buf.buffer);
  #base = 1;
  /** Where the text of the next block begins, and where it ends. */
  #from = 0;
  #end = 0;
  #begun = false;
  #out: Uint8Array[] = [];

  constructor(options: { level?: number; checksum?: boolean } = {}) {
    const { level = 3, checksum = true } = options;
    this.#effort = effort(level);
    this.#hash = checksum ? new XxHash64() : undefined;
  }

  /** Takes more text; answers the output that is ready, which may be none. */
  encode(chunk: Uint8Array): Uint8Array {
    this.#hash?.update(chunk);
    for (let at = 0; at < chunk.length; ) {
      if (this.#end - this.#from === BLOCK_MAX) {
        this.#begin(undefined);
        this.#block(false);
      }
      const n = Math.min(chunk.length - at, BLOCK_MAX - (this.#end - this.#from));
      this.#makeRoom(n);
      this.#buf.set(chunk.subarray(at, at + n), this.#end);
      this.#end += n;
      at += n;
    }
    return this.#take();
  }

  /** Ends the frame; answers the rest of the output. */
  end(): Uint8Array {
    this.#begin(this.#end - this.#from);
    this.#block(true);
    if (this.#hash !== undefined) {
      const sum = new DataView(new ArrayBuffer(4));
      sum.setUint32(0, Number(this.#hash.digest() & 0xffffffffn), true);
      this.#out.push(new Uint8Array(sum.buffer));
    }
    return this.#take();
  }

  #take(): Uint8Array {
    const out = concat(this.#out);
    this.#out = [];
    return out;
  }

  /** Writes the frame's header, if it is time; `size` is known when there is only one block. */
  #begin(size: number | undefined): void {
    if (this.#begun) return;
    this.#begun = true;
    const { windowLog, hashLog, chainLog, depth } = this.#effort;
    // Tables larger than the text are of no use.
    const most = size === undefined ? 32 : Math.max(6, 33 - Math.clz32(size));
    const fit = {
      ...this.#effort,
      hashLog: Math.min(hashLog, most),
      chainLog: Math.min(chainLog, most),
    };
    this.#matcher = depth > 0 ? new ChainMatcher(fit) : new FastMatcher(fit);
    const checksum = this.#hash === undefined ? 0 : 4;
    const header = new DataView(new ArrayBuffer(9));
    header.setUint32(0, ZSTD_MAGIC, true);
    let length = 6;
    if (size === undefined) {
      header.setUint8(4, checksum);
      header.setUint8(5, (windowLog - 10) << 3);
    } else if (size < 256) {
      header.setUint8(4, 0x20 | checksum);
      header.setUint8(5, size);
    } else {
      const small = size < 65536 + 256;
      header.setUint8(4, (small ? 0x60 : 0xa0) | checksum);
      if (small) header.setUint16(5, size - 256, true);
      else header.setUint32(5, size, true);
      length = small ? 7 : 9;
    }
    this.#out.push(new Uint8Array(header.buffer, 0, length));
  }

  #makeRoom(n: number): void {
    if (this.#end + n + PADDING <= this.#buf.length) return;
    const window = 1 << this.#effort.windowLog;
    const most = window + Math.max(window >> 1, 4 * BLOCK_MAX) + PADDING;
    if (this.#end + n + PADDING <= most) {
      const grown = new Uint8Array(Math.min(most, 2 * this.#buf.length));
      grown.set(this.#buf.subarray(0, this.#end));
      this.#buf = grown;
      this.#view = new DataView(grown.buffer);
      return;
    }
    const by = this.#from - window;
    this.#buf.copyWithin(0, by, this.#end);
    this.#from -= by;
    this.#end -= by;
    this.#base += by;
    if (this.#base < PLACE_MAX) return;
    this.#matcher?.forget();
    this.#base = 1;
  }

  #block(last: boolean): void {
    const from = this.#from;
    const end = this.#end;
    const size = end - from;
    this.#from = end;
    const text = this.#buf.subarray(from, end);
    const put = (kind: number, length: number, body: Uint8Array): void => {
      const header = (length << 3) | (kind << 1) | (last ? 1 : 0);
      this.#out.push(Uint8Array.of(header, header >> 8, header >> 16), body);
    };
    if (size > 1 && isRun(text)) {
      put(RLE, size, text.slice(0, 1));
      return;
    }
    const packed = size < 8 ? undefined : this.#pack(from, end);
    if (packed === undefined) put(RAW, size, text.slice());
    else put(COMPRESSED, packed.length, packed);
  }

  /** A compressed block, or undefined if it is no smaller than the text. */
  #pack(from: number, end: number): Uint8Array | undefined {
    const sequences = this.#sequences;
    const recent = sequences.recent.slice();
    sequences.clear();
    const text = { buf: this.#buf, view: this.#view, base: this.#base };
    this.#matcher?.block(text, from, end, sequences);
    const literals = sequences.literals.subarray(0, sequences.literalCount);
    const packed = concat([
      this.#literalEncoder.encode(literals),
      this.#sequenceEncoder.encode(sequences),
    ]);
    if (packed.length < end - from) return packed;
    sequences.recent.set(recent);
    this.#literalEncoder.undo();
    this.#sequenceEncoder.undo();
    return undefined;
  }
}

function isRun(text: Uint8Array): boolean {
  const { length } = text;
  const first = text[0];
  if (text[length - 1] !== first || text[length >> 1] !== first) return false;
  for (let i = 1; i < length; i++) if (text[i] !== first) return false;
  return true;
}
