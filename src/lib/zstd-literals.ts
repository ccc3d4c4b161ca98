// Writes the literals of a Zstandard block (RFC 8878 section 3.1.1.3.1): as they are, one byte over and over, or in
// Huffman's code, their own or that of the block before.
import { BitWriter } from "./bit-writer.ts";
import { concat } from "./bytes.ts";
import { distributionFor, FseEncoder, writeDistribution } from "./fse-encoder.ts";
import { codeLengths } from "./huffman-code.ts";
import { CODE_MAX, WEIGHTS_LOG_MAX } from "./zstd-huffman.ts";

const RAW = 0;
const RLE = 1;
const COMPRESSED = 2;
const TREELESS = 3;
/** Fewer literals than this are not worth a code. */
const FEW = 32;
/** From here on there are four streams, which can be read at once. */
const MANY = 1024;

interface Code {
  readonly lengths: Uint8Array;
  readonly codes: Uint16Array;
  readonly description: Uint8Array;
}

/** Encodes the literals of one frame. */
export class LiteralEncoder {
  #code: Code | undefined;
  #before: Code | undefined;
  readonly #out = new BitWriter(1 << 15);

  /** The last block is given up: its code will not be known to the reader. */
  undo(): void {
    this.#code = this.#before;
  }

  encode(literals: Uint8Array): Uint8Array {
    this.#before = this.#code;
    const n = literals.length;
    const counts = countBytes(literals);
    const plain = concat([header(RAW, n), literals]);
    if (n > 0 && counts[literals[0] as number] === n && n > 1)
      return concat([header(RLE, n), literals.subarray(0, 1)]);
    if (n < FEW) return plain;
    const own = makeCode(counts);
    const old = this.#code;
    const ownSize = own === undefined ? Infinity : own.description.length + bytesFor(own, counts);
    const oldSize = old === undefined ? Infinity : bytesFor(old, counts);
    const code = oldSize <= ownSize ? old : own;
    if (code === undefined || Math.min(oldSize, ownSize) + 12 > n) return plain;
    const streams = this.#streams(code, literals);
    const parts = code === old ? [streams] : [code.description, streams];
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    this.#code = code;
    const kind = code === old ? TREELESS : COMPRESSED;
    return concat([compressedHeader(kind, n, size), ...parts]);
  }

  #streams(code: Code, literals: Uint8Array): Uint8Array {
    const n = literals.length;
    if (n < MANY) return this.#stream(code, literals, 0, n);
    const quarter = (n + 3) >> 2;
    const streams = [0, 1, 2, 3].map((i) =>
      this.#stream(code, literals, i * quarter, Math.min(n, (i + 1) * quarter)),
    );
    const sizes = new Uint8Array(6);
    for (let i = 0; i < 3; i++) {
      const { length } = streams[i] as Uint8Array;
      sizes[2 * i] = length;
      sizes[2 * i + 1] = length >> 8;
    }
    return concat([sizes, ...streams]);
  }

  #stream({ lengths, codes }: Code, literals: Uint8Array, from: number, end: number): Uint8Array {
    const out = this.#out;
    for (let i = end - 1; i >= from; i--) {
      const symbol = literals[i] as number;
      out.add(codes[symbol] as number, lengths[symbol] as number);
    }
    return out.finish();
  }
}

function countBytes(bytes: Uint8Array): Int32Array {
  const counts = new Int32Array(256);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    counts[byte] = (counts[byte] as number) + 1;
  }
  return counts;
}

/** Infinity if there is a byte that has no code. */
function bytesFor({ lengths }: Code, counts: Int32Array): number {
  let bits = 0;
  for (let s = 0; s < 256; s++) {
    const count = counts[s] as number;
    if (count === 0) continue;
    if (lengths[s] === 0) return Infinity;
    bits += count * (lengths[s] as number);
  }
  return Math.ceil(bits / 8);
}

/** Undefined if the code cannot be described, which happens when it is of no use. */
function makeCode(counts: Int32Array): Code | undefined {
  const lengths = new Uint8Array(256);
  codeLengths(counts, 256, CODE_MAX, lengths);
  let last = 255;
  while (lengths[last] === 0) last--;
  const log = Math.max(...lengths);
  // Of the symbols' weights that of the last is left out.
  const weights = lengths.map((length) => (length === 0 ? 0 : log + 1 - length));
  const description = describe(weights.subarray(0, last));
  if (description === undefined) return undefined;
  const codes = new Uint16Array(256);
  let at = 0;
  for (let weight = 1; weight <= log; weight++)
    for (let s = 0; s <= last; s++) {
      if (weights[s] !== weight) continue;
      codes[s] = at >> (weight - 1);
      at += 1 << (weight - 1);
    }
  return { lengths, codes, description };
}

/** Weights in four bits each, or, if that is shorter, by a distribution of their own. */
function describe(weights: Uint8Array): Uint8Array | undefined {
  const n = weights.length;
  const plain = n <= 128 ? 1 + ((n + 1) >> 1) : Infinity;
  const packed = packWeights(weights);
  if (packed !== undefined && packed.length < Math.min(plain, 128))
    return concat([Uint8Array.of(packed.length), packed]);
  if (n > 128) return undefined;
  const out = new Uint8Array(plain);
  out[0] = 127 + n;
  for (let i = 0; i < n; i++) {
    const at = 1 + (i >> 1);
    out[at] = (out[at] as number) | ((weights[i] as number) << (i & 1 ? 0 : 4));
  }
  return out;
}

function packWeights(weights: Uint8Array): Uint8Array | undefined {
  const n = weights.length;
  const counts = new Int32Array(CODE_MAX + 2);
  for (const weight of weights) counts[weight] = (counts[weight] as number) + 1;
  // A single weight, or none twice.
  if (n < 3 || counts.includes(n) || Math.max(...counts) === 1) return undefined;
  const distribution = distributionFor(counts, n, WEIGHTS_LOG_MAX);
  const out = new BitWriter(256);
  writeDistribution(distribution, out);
  const head = out.take();
  const encoder = new FseEncoder(distribution);
  const states = [0, 0];
  for (let i = n - 1; i >= 0; i--) {
    const weight = weights[i] as number;
    states[i & 1] =
      i >= n - 2 ? encoder.last(weight) : encoder.step(out, states[i & 1] as number, weight);
  }
  encoder.first(out, states[1] as number);
  encoder.first(out, states[0] as number);
  return concat([head, out.finish()]);
}

function header(kind: number, n: number): Uint8Array {
  if (n < 32) return Uint8Array.of(kind | (n << 3));
  if (n < 4096) return Uint8Array.of(kind | 4 | (n << 4), n >> 4);
  return Uint8Array.of(kind | 12 | (n << 4), n >> 4, n >> 12);
}

function compressedHeader(kind: number, n: number, size: number): Uint8Array {
  const out = new BitWriter(8);
  out.add(kind, 2);
  if (n < MANY) {
    out.add(0, 2);
    out.add(n, 10);
    out.add(size, 10);
    return out.take();
  }
  const large = n >= 1 << 14;
  out.add(large ? 3 : 2, 2);
  out.add(n, large ? 18 : 14);
  out.add(size, large ? 18 : 14);
  return out.take();
}
