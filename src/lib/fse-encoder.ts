// The writing side of finite state entropy coding (RFC 8878 section 4.1): a distribution that fits some counts, its
// description, and the way from state to state.
import type { BitWriter } from "./bit-writer.ts";
import { type Distribution, highBit, spread } from "./fse.ts";

/** The distribution for `total` symbols, more than one of them different, with an accuracy of at most `logMax`. */
export function distributionFor(counts: Int32Array, total: number, logMax: number): Distribution {
  let last = counts.length - 1;
  while (last > 0 && counts[last] === 0) last--;
  const fit = Math.max(highBit(total - 1) - 2, highBit(last + 1) + 2);
  const log = Math.max(5, Math.min(logMax, fit));
  const size = 1 << log;
  const parts = new Int16Array(counts.length);
  let left = size;
  let largest = 0;
  for (let s = 0; s <= last; s++) {
    const count = counts[s] as number;
    if (count === 0) continue;
    const part = Math.max(1, Math.round((count * size) / total));
    parts[s] = part;
    left -= part;
    if (count > (counts[largest] as number)) largest = s;
  }
  // What rounding has given away comes from those that lose least by it.
  for (; left < 0; left++) {
    let best = -1;
    let loss = Infinity;
    for (let s = 0; s <= last; s++) {
      const part = parts[s] as number;
      if (part < 2) continue;
      const lost = (counts[s] as number) * Math.log2(part / (part - 1));
      if (lost < loss) {
        loss = lost;
        best = s;
      }
    }
    parts[best] = (parts[best] as number) - 1;
  }
  parts[largest] = (parts[largest] as number) + left;
  return { log, parts };
}

/** How many bits the symbols take; infinity if one of them has no part. */
export function costOf({ log, parts }: Distribution, counts: Int32Array): number {
  let bits = 0;
  for (let s = 0; s < counts.length; s++) {
    const count = counts[s] as number;
    if (count === 0) continue;
    const part = parts[s] ?? 0;
    if (part === 0) return Infinity;
    bits += count * (log - Math.log2(Math.abs(part)));
  }
  return bits;
}

/** Writes the description of a distribution, which `readDistribution` reads. */
export function writeDistribution({ log, parts }: Distribution, out: BitWriter): void {
  out.add(log - 5, 4);
  let left = 1 << log;
  for (let s = 0; left > 0; ) {
    const part = parts[s++] as number;
    const value = part + 1;
    const bits = highBit(left + 1) + 1;
    const small = (1 << bits) - 2 - left;
    if (value < small) out.add(value, bits - 1);
    else out.add(value < 1 << (bits - 1) ? value : value + small, bits);
    left -= Math.abs(part);
    if (part !== 0) continue;
    let zeros = 0;
    for (; parts[s] === 0; s++) zeros++;
    for (; zeros >= 3; zeros -= 3) out.add(3, 2);
    out.add(zeros, 2);
  }
}

/** Goes from state to state, from the last symbol to the first. */
export class FseEncoder {
  readonly log: number;
  /** By the order of the symbols: states, which are counted from `1 << log` on. */
  readonly #states: Uint16Array;
  /** By symbol: where its states begin there, that less its part, and how many bits which states take. */
  readonly #first: Int32Array;
  readonly #starts: Int32Array;
  readonly #bits: Int32Array;

  constructor(distribution: Distribution) {
    const { log, parts } = distribution;
    const size = 1 << log;
    this.log = log;
    this.#states = new Uint16Array(size);
    this.#starts = new Int32Array(parts.length);
    this.#bits = new Int32Array(parts.length);
    const next = new Int32Array(parts.length);
    let start = 0;
    this.#first = new Int32Array(parts.length);
    for (let s = 0; s < parts.length; s++) {
      const part = Math.abs(parts[s] as number);
      if (part === 0) continue;
      const most = part === 1 ? log : log - highBit(part - 1);
      // Added to a state this gives its number of bits from bit 16 on.
      this.#bits[s] = (most << 16) - (part << most);
      this.#starts[s] = start - part;
      next[s] = start;
      this.#first[s] = start;
      start += part;
    }
    for (const [state, symbol] of spread(distribution).entries()) {
      const at = next[symbol] as number;
      this.#states[at] = size + state;
      next[symbol] = at + 1;
    }
  }

  /** A state to end with: the first of the symbol's, for it takes more bits than there will be. */
  last(symbol: number): number {
    return this.#states[this.#first[symbol] as number] as number;
  }

  /** The state of a symbol before another state; writes the bits that lead there. */
  step(out: BitWriter, state: number, symbol: number): number {
    const bits = (state + (this.#bits[symbol] as number)) >> 16;
    out.add(state & ((1 << bits) - 1), bits);
    return this.#states[(state >> bits) + (this.#starts[symbol] as number)] as number;
  }

  /** Writes the state that is read first. */
  first(out: BitWriter, state: number): void {
    out.add(state & ((1 << this.log) - 1), this.log);
  }
}
