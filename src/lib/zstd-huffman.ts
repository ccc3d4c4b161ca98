// Literals of Zstandard in Huffman's code (RFC 8878 section 4.2).
import { corrupted, type FseTable, fseTable, highBit, readDistribution } from "./fse.ts";

/** The most that a code is long. */
export const CODE_MAX = 11;
/** The most that the accuracy of the weights' distribution is. */
export const WEIGHTS_LOG_MAX = 6;

/** By the next `log` bits: symbol << 8 | length of its code. */
export interface HuffmanTable {
  readonly log: number;
  readonly entries: Uint16Array;
}

/** Reads the description of a code at `from`; answers its table and where it ends. */
export function readHuffmanTable(
  b: Uint8Array,
  from: number,
  end: number,
): [table: HuffmanTable, after: number] {
  const header = b[from] as number;
  const weights = new Uint8Array(256);
  let at = from + 1;
  let n = 0;
  if (at >= end) throw corrupted();
  if (header < 128) {
    const after = at + header;
    if (after > end) throw corrupted();
    n = readWeights(b, at, after, weights);
    at = after;
  } else {
    n = header - 127;
    const after = at + ((n + 1) >> 1);
    if (after > end) throw corrupted();
    for (let i = 0; i < n; i++) {
      const two = b[at + (i >> 1)] as number;
      weights[i] = i & 1 ? two & 15 : two >> 4;
    }
    at = after;
  }
  return [huffmanTable(weights, n), at];
}

/** Weights in two interleaved states; how many they are shows when the bits run out. */
function readWeights(b: Uint8Array, from: number, end: number, weights: Uint8Array): number {
  const [distribution, start] = readDistribution(b, from, end, WEIGHTS_LOG_MAX, CODE_MAX + 2);
  const { log, states }: FseTable = fseTable(distribution);
  const last = b[end - 1] as number;
  if (start >= end || last === 0) throw corrupted();
  let at = (end - 1) * 8 + highBit(last);
  // Bits before the first are zeros.
  const read = (bits: number): number => {
    let value = 0;
    for (let i = 0; i < bits; i++) {
      at--;
      const bit = at < start * 8 ? 0 : ((b[at >> 3] as number) >> (at & 7)) & 1;
      value = (value << 1) | bit;
    }
    return value;
  };
  let [one, other] = [read(log), read(log)];
  if (at < start * 8) throw corrupted();
  for (let n = 0; n < 254; ) {
    const entry = states[one] as number;
    weights[n++] = entry & 255;
    one = (entry >> 16) + read((entry >> 8) & 255);
    if (at < start * 8) {
      weights[n++] = (states[other] as number) & 255;
      return n;
    }
    [one, other] = [other, one];
  }
  throw corrupted();
}

/** `n` weights are given; that of the symbol after them is what makes the code complete. */
function huffmanTable(weights: Uint8Array, n: number): HuffmanTable {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const weight = weights[i] as number;
    if (weight > CODE_MAX + 1) throw corrupted();
    if (weight > 0) sum += 1 << (weight - 1);
  }
  if (sum === 0) throw corrupted();
  const log = highBit(sum) + 1;
  const rest = (1 << log) - sum;
  if (log > CODE_MAX || (rest & (rest - 1)) !== 0) throw corrupted();
  weights[n] = highBit(rest) + 1;
  const entries = new Uint16Array(1 << log);
  let at = 0;
  for (let weight = 1; weight <= log; weight++) {
    for (
      let symbol = weights.indexOf(weight);
      symbol >= 0;
      symbol = weights.indexOf(weight, symbol + 1)
    ) {
      const after = at + (1 << (weight - 1));
      entries.fill((symbol << 8) | (log + 1 - weight), at, after);
      at = after;
    }
  }
  return { log, entries };
}

/**
 * Decodes `out[at..stop)` from the stream `b[from..end)`, which is read backwards and must be used up. Some bytes
 * before `from` may be looked at; so there must be some.
 */
export function decodeStream(
  { log, entries }: HuffmanTable,
  b: Uint8Array,
  from: number,
  end: number,
  out: Uint8Array,
  at: number,
  stop: number,
): void {
  if (from >= end) throw corrupted();
  const last = b[end - 1] as number;
  if (last === 0) throw corrupted();
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const mask = (1 << log) - 1;
  const shift = 25 - log;
  const start = from * 8;
  let bit = (end - 1) * 8 + highBit(last);
  let i = at;
  // A load has 25 good bits, which are enough for two codes.
  for (const pairs = stop - 1; i < pairs && bit > start; i += 2) {
    const first = bit - 25;
    const word = view.getUint32(first >> 3, true) >>> (first & 7);
    const one = entries[(word >>> shift) & mask] as number;
    const two = entries[(word >>> (shift - (one & 255))) & mask] as number;
    out[i] = one >> 8;
    out[i + 1] = two >> 8;
    bit -= (one & 255) + (two & 255);
  }
  if (i < stop) {
    const first = bit - 25;
    const word = view.getUint32(first >> 3, true) >>> (first & 7);
    const one = entries[(word >>> shift) & mask] as number;
    out[i++] = one >> 8;
    bit -= one & 255;
  }
  if (i !== stop || bit !== start) throw corrupted();
}
