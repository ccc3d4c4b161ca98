// What the codes in the sequences of Zstandard stand for (RFC 8878 section 3.1.1.3.2.1), and their predefined
// distributions (section 3.1.1.3.2.2).
import type { Distribution } from "./fse.ts";

/** The most that a block is, packed or not. */
export const BLOCK_MAX: number = 1 << 17;
/** What begins a frame. */
export const ZSTD_MAGIC = 0xfd2fb528;

/** One of the three kinds of codes. A code is a number from `base` on, with so many `extra` bits added. */
export interface CodeKind {
  readonly base: Int32Array;
  readonly extra: Uint8Array;
  /** The most that the accuracy of a distribution may be. */
  readonly logMax: number;
  readonly predefined: Distribution;
}

/** All three kinds. */
export interface Codes {
  readonly literals: CodeKind;
  readonly offsets: CodeKind;
  readonly matches: CodeKind;
}

/** Windows of up to 128 MiB need no offset codes above this: 27, and those of the code's own bits. */
const OFFSET_CODES = 32;

// Memo of constant tables.
let codes: Codes | undefined;

/** The codes of literals' lengths, offsets and matches' lengths. */
export function zstdCodes(): Codes {
  codes ??= {
    literals: kind(
      0,
      16,
      [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
      9,
      6,
      [
        4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1,
        1, -1, -1, -1, -1,
      ],
    ),
    offsets: kind(
      1,
      0,
      Array.from({ length: OFFSET_CODES }, (_, i) => i),
      8,
      5,
      [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
    ),
    matches: kind(
      3,
      32,
      [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
      9,
      6,
      [
        1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
      ],
    ),
  };
  return codes;
}

/** `plain` codes without extra bits from `first` on, then such with them, each where the one before it ends. */
function kind(
  first: number,
  plain: number,
  extras: number[],
  logMax: number,
  log: number,
  parts: number[],
): CodeKind {
  const extra = Uint8Array.from([...new Array<number>(plain).fill(0), ...extras]);
  const base = new Int32Array(extra.length);
  let next = first;
  for (const [i, bits] of extra.entries()) {
    base[i] = next;
    next += 2 ** bits;
  }
  const all = new Int16Array(extra.length);
  all.set(parts);
  return { base, extra, logMax, predefined: { log, parts: all } };
}
