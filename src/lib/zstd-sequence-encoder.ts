// Writes the sequences of a Zstandard block (RFC 8878 section 3.1.1.3.2).
import { BitWriter } from "./bit-writer.ts";
import { concat } from "./bytes.ts";
import { type Distribution, highBit } from "./fse.ts";
import { costOf, distributionFor, FseEncoder, writeDistribution } from "./fse-encoder.ts";
import { BLOCK_MAX, type CodeKind, zstdCodes } from "./zstd-codes.ts";

const PREDEFINED = 0;
const RLE = 1;
const COMPRESSED = 2;
const REPEAT = 3;

/** What a search has found in a block: literals, and sequences of so many of them and a match. */
export class Sequences {
  n = 0;
  readonly literals: Uint8Array = new Uint8Array(BLOCK_MAX);
  literalCount = 0;
  /** Of each sequence: how many literals, how long the match is, and its offset as it is written. */
  readonly plain: Int32Array = new Int32Array(BLOCK_MAX / 4 + 1);
  readonly lengths: Int32Array = new Int32Array(BLOCK_MAX / 4 + 1);
  readonly offsets: Int32Array = new Int32Array(BLOCK_MAX / 4 + 1);
  /** The offsets used last. */
  readonly recent: Int32Array = Int32Array.of(1, 4, 8);

  /** Begins a new block. */
  clear(): void {
    this.n = this.literalCount = 0;
  }

  /** Adds what follows the last match. */
  rest(text: Uint8Array, from: number, end: number): void {
    this.literals.set(text.subarray(from, end), this.literalCount);
    this.literalCount += end - from;
  }

  /** Adds a match of the text at `at`, before which the literals begin at `from`. */
  add(text: Uint8Array, from: number, at: number, length: number, offset: number): void {
    const { literals, recent, n } = this;
    let k = this.literalCount;
    for (let i = from; i < at; i++) literals[k++] = text[i] as number;
    this.literalCount = k;
    this.plain[n] = at - from;
    this.lengths[n] = length;
    const [first, second, third] = recent as unknown as [number, number, number];
    const shift = at === from ? 1 : 0;
    let code = offset + 3;
    if (offset === first && shift === 0) code = 1;
    else if (offset === second) code = 2 - shift;
    else if (offset === third) code = 3 - shift;
    else if (offset === first - 1 && shift === 1) code = 3;
    this.offsets[n] = code;
    this.n = n + 1;
    if (offset === first && shift === 0) return;
    recent[0] = offset;
    recent[1] = first;
    if (offset !== second) recent[2] = second;
  }
}

/** Encodes the sequences of one frame. */
export class SequenceEncoder {
  /** The distributions used last; undefined where there is none that could be used again. */
  #known: (Distribution | undefined)[] = [undefined, undefined, undefined];
  #before = this.#known;
  readonly #codes = Array.from({ length: 3 }, () => new Uint8Array(BLOCK_MAX / 4 + 1));
  readonly #out = new BitWriter(1 << 16);

  /** The last block is given up: its distributions will not be known to the reader. */
  undo(): void {
    this.#known = this.#before;
  }

  encode(sequences: Sequences): Uint8Array {
    this.#before = this.#known;
    const { n } = sequences;
    if (n === 0) return new Uint8Array(1);
    const count =
      n < 128
        ? [n]
        : n < 0x7f00
          ? [(n >> 8) + 128, n & 255]
          : [255, (n - 0x7f00) & 255, (n - 0x7f00) >> 8];
    const [plain, offsets, lengths] = this.#codes as [Uint8Array, Uint8Array, Uint8Array];
    for (let i = 0; i < n; i++) {
      plain[i] = literalCode(sequences.plain[i] as number);
      offsets[i] = highBit(sequences.offsets[i] as number);
      lengths[i] = matchCode(sequences.lengths[i] as number);
    }
    const kinds = zstdCodes();
    const tables = [kinds.literals, kinds.offsets, kinds.matches].map((kind, i) =>
      this.#table(kind, this.#codes[i] as Uint8Array, n, this.#known[i]),
    );
    this.#known = tables.map((table) => table.distribution);
    let modes = 0;
    for (const { mode } of tables) modes = (modes << 2) | mode;
    const encoders = tables.map(({ distribution }) =>
      distribution === undefined ? undefined : new FseEncoder(distribution),
    );
    return concat([
      Uint8Array.from([...count, modes << 2]),
      ...tables.map((table) => table.description),
      this.#stream(sequences, encoders),
    ]);
  }

  /** The cheapest way to tell these codes. */
  #table(
    kind: CodeKind,
    codes: Uint8Array,
    n: number,
    known: Distribution | undefined,
  ): { mode: number; distribution: Distribution | undefined; description: Uint8Array } {
    const counts = new Int32Array(kind.extra.length);
    for (let i = 0; i < n; i++) {
      const code = codes[i] as number;
      counts[code] = (counts[code] as number) + 1;
    }
    const none = new Uint8Array(0);
    const usual = costOf(kind.predefined, counts);
    const again = known === undefined ? Infinity : costOf(known, counts);
    if (counts[codes[0] as number] === n) {
      if (Math.min(usual, again) > 8) {
        const description = codes.slice(0, 1);
        return { mode: RLE, distribution: undefined, description };
      }
    } else {
      const distribution = distributionFor(counts, n, kind.logMax);
      const cost = costOf(distribution, counts);
      if (cost < Math.min(usual, again)) {
        writeDistribution(distribution, this.#out);
        const description = this.#out.take();
        if (cost + 8 * description.length < Math.min(usual, again))
          return { mode: COMPRESSED, distribution, description };
      }
    }
    if (again <= usual) return { mode: REPEAT, distribution: known, description: none };
    return { mode: PREDEFINED, distribution: kind.predefined, description: none };
  }

  /** From the last to the first, since it is read from its end. */
  #stream(sequences: Sequences, encoders: (FseEncoder | undefined)[]): Uint8Array {
    const out = this.#out;
    const kinds = zstdCodes();
    const { base: plainBase, extra: plainExtra } = kinds.literals;
    const { base: lengthBase, extra: lengthExtra } = kinds.matches;
    const [plainCodes, offsetCodes, lengthCodes] = this.#codes as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const [plainEncoder, offsetEncoder, lengthEncoder] = encoders;
    const last = sequences.n - 1;
    let plainState = plainEncoder?.last(plainCodes[last] as number) ?? 0;
    let offsetState = offsetEncoder?.last(offsetCodes[last] as number) ?? 0;
    let lengthState = lengthEncoder?.last(lengthCodes[last] as number) ?? 0;
    for (let i = last; i >= 0; i--) {
      const plainCode = plainCodes[i] as number;
      const offsetCode = offsetCodes[i] as number;
      const lengthCode = lengthCodes[i] as number;
      if (i < last) {
        if (offsetEncoder) offsetState = offsetEncoder.step(out, offsetState, offsetCode);
        if (lengthEncoder) lengthState = lengthEncoder.step(out, lengthState, lengthCode);
        if (plainEncoder) plainState = plainEncoder.step(out, plainState, plainCode);
      }
      const plain = sequences.plain[i] as number;
      out.add(plain - (plainBase[plainCode] as number), plainExtra[plainCode] as number);
      const length = sequences.lengths[i] as number;
      out.add(length - (lengthBase[lengthCode] as number), lengthExtra[lengthCode] as number);
      const offset = (sequences.offsets[i] as number) - (1 << offsetCode);
      if (offsetCode > 16) {
        out.add(offset & 0xffff, 16);
        out.add(offset >> 16, offsetCode - 16);
      } else out.add(offset, offsetCode);
    }
    lengthEncoder?.first(out, lengthState);
    offsetEncoder?.first(out, offsetState);
    plainEncoder?.first(out, plainState);
    return out.finish();
  }
}

function literalCode(n: number): number {
  if (n < 16) return n;
  if (n >= 64) return highBit(n) + 19;
  if (n < 24) return 16 + ((n - 16) >> 1);
  return n < 32 ? 20 + ((n - 24) >> 2) : n < 48 ? 22 + ((n - 32) >> 3) : 24;
}

function matchCode(length: number): number {
  const n = length - 3;
  if (n < 32) return n;
  if (n >= 128) return highBit(n) + 36;
  if (n < 40) return 32 + ((n - 32) >> 1);
  if (n < 48) return 36 + ((n - 40) >> 2);
  return n < 64 ? 38 + ((n - 48) >> 3) : n < 96 ? 40 + ((n - 64) >> 4) : 42;
}
