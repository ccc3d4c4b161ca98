// Finite state entropy coding as Zstandard has it (RFC 8878 section 4.1): the distribution of symbols as it is
// written down, and the states that follow from it.
import { FormatError } from "./format-error.ts";

/** Probabilities of symbols in parts of `1 << log`; -1 is less than one part, with a state all the same. */
export interface Distribution {
  readonly log: number;
  readonly parts: Int16Array;
}

/** A decoding table: by state, `next state << 16 | bits to read and add << 8 | symbol`. */
export interface FseTable {
  readonly log: number;
  readonly states: Int32Array;
}

/** The error for whatever cannot be. */
export function corrupted(): FormatError {
  return new FormatError("data", "corrupted data");
}

/** How many bits a number above 0 has, less one. */
export function highBit(n: number): number {
  return 31 - Math.clz32(n);
}

/**
 * Reads the distribution that `b[from..end)` begins with, of at most `symbols` symbols; answers it and where it ends.
 */
export function readDistribution(
  b: Uint8Array,
  from: number,
  end: number,
  logMax: number,
  symbols: number,
): [distribution: Distribution, after: number] {
  let at = from * 8;
  const read = (bits: number): number => {
    const i = at >> 3;
    if (i >= end) throw corrupted();
    const word = (b[i] as number) | ((b[i + 1] ?? 0) << 8) | ((b[i + 2] ?? 0) << 16);
    const value = (word >> (at & 7)) & ((1 << bits) - 1);
    at += bits;
    return value;
  };
  const log = read(4) + 5;
  if (log > logMax) throw corrupted();
  const parts = new Int16Array(symbols);
  let left = 1 << log;
  let n = 0;
  while (left > 0) {
    if (n >= symbols) throw corrupted();
    // The values 0 to left + 1 are possible; the small ones among them take a bit less.
    const bits = highBit(left + 1) + 1;
    const small = (1 << bits) - 2 - left;
    let value = read(bits);
    const lower = value & ((1 << (bits - 1)) - 1);
    if (lower < small) {
      value = lower;
      at--;
    } else if (value !== lower) value -= small;
    const part = value - 1;
    left -= Math.abs(part);
    parts[n++] = part;
    if (part !== 0) continue;
    for (let zeros = 3; zeros === 3; ) {
      zeros = read(2);
      n += zeros;
      if (n > symbols) throw corrupted();
    }
  }
  const after = (at + 7) >> 3;
  if (left < 0 || after > end) throw corrupted();
  return [{ log, parts }, after];
}

/** The symbol of each state. */
export function spread({ log, parts }: Distribution): Uint8Array {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  let high = size;
  for (let s = 0; s < parts.length; s++) if (parts[s] === -1) symbols[--high] = s;
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (let s = 0; s < parts.length; s++)
    for (let i = parts[s] as number; i > 0; i--) {
      symbols[at] = s;
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
  return symbols;
}

/** The decoding table of a distribution. */
export function fseTable(distribution: Distribution): FseTable {
  const { log, parts } = distribution;
  const symbols = spread(distribution);
  const states = new Int32Array(1 << log);
  const next = Uint16Array.from(parts, (part) => Math.abs(part));
  for (let i = 0; i < states.length; i++) {
    const symbol = symbols[i] as number;
    const n = next[symbol] as number;
    next[symbol] = n + 1;
    const bits = log - highBit(n);
    states[i] = (((n << bits) - (1 << log)) << 16) | (bits << 8) | symbol;
  }
  return { log, states };
}

/** The table of a single symbol, which takes no bits. */
export function constantTable(symbol: number): FseTable {
  return { log: 0, states: Int32Array.of(symbol) };
}
