// Compressed blocks of Zstandard (RFC 8878 section 3.1.1.3): literals, then the sequences that place them.
import { corrupted } from "./fse.ts";
import { BLOCK_MAX } from "./zstd-codes.ts";
import { decodeStream, type HuffmanTable, readHuffmanTable } from "./zstd-huffman.ts";
import { decodeSequences, SequenceState, type Target } from "./zstd-sequences.ts";

/** Decodes the compressed blocks of one frame. */
export class BlockDecoder {
  #huffman: HuffmanTable | undefined;
  readonly #sequences = new SequenceState();
  readonly #literals: Uint8Array;

  /** The scratch space for literals may serve many frames. */
  constructor(scratch: Uint8Array) {
    this.#literals = scratch;
  }

  /**
   * Decodes the block `b[from..end)`; answers where its text ends. Before and after the block there must be some
   * bytes in the array.
   */
  decode(b: Uint8Array, from: number, end: number, target: Target): number {
    if (end - from < 2) throw corrupted();
    const first = b[from] as number;
    const kind = first & 3;
    const format = (first >> 2) & 3;
    const room = target.limit - target.at;
    if (kind < 2) {
      const head = format === 1 ? 2 : format === 3 ? 3 : 1;
      const word = first | ((b[from + 1] as number) << 8) | ((b[from + 2] as number) << 16);
      const size = (word & (2 ** (8 * head) - 1)) >> (head === 1 ? 3 : 4);
      const at = from + head;
      const after = kind === 0 ? at + size : at + 1;
      if (after > end || size > room) throw corrupted();
      const literals =
        kind === 0 ? b.subarray(at, after) : this.#literals.subarray(0, size).fill(b[at] as number);
      return decodeSequences(this.#sequences, b, after, end, literals, target);
    }
    const head = format < 2 ? 3 : format + 2;
    const bits = format < 2 ? 10 : 4 * head - 2;
    if (end - from < head) throw corrupted();
    let word = 0;
    for (let i = 0; i < head; i++) word += (b[from + i] as number) * 256 ** i;
    const size = Math.floor(word / 16) % 2 ** bits;
    const packed = Math.floor(word / 2 ** (4 + bits));
    let at = from + head;
    const after = at + packed;
    if (after > end || size > room) throw corrupted();
    if (kind === 2) [this.#huffman, at] = readHuffmanTable(b, at, after);
    if (this.#huffman === undefined) throw corrupted();
    const literals = this.#literals.subarray(0, size);
    decodeStreams(this.#huffman, b, at, after, literals, format > 0);
    return decodeSequences(this.#sequences, b, after, end, literals, target);
  }
}

/** One stream, or four of a quarter each. */
function decodeStreams(
  table: HuffmanTable,
  b: Uint8Array,
  from: number,
  end: number,
  out: Uint8Array,
  four: boolean,
): void {
  if (!four) {
    decodeStream(table, b, from, end, out, 0, out.length);
    return;
  }
  const quarter = (out.length + 3) >> 2;
  if (end - from < 6 || 3 * quarter > out.length) throw corrupted();
  let at = from + 6;
  for (let i = 0; i < 4; i++) {
    const size = (b[from + 2 * i] as number) | ((b[from + 2 * i + 1] as number) << 8);
    const after = i === 3 ? end : at + size;
    if (after > end) throw corrupted();
    decodeStream(table, b, at, after, out, i * quarter, Math.min(out.length, (i + 1) * quarter));
    at = after;
  }
}

/** Room for the literals of a block, and a bit more that may be looked at. */
export function literalScratch(): Uint8Array {
  return new Uint8Array(BLOCK_MAX + 4);
}
