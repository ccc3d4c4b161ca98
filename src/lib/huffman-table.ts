// Decoding tables for the canonical prefix codes of DEFLATE (RFC 1951 section 3.2.2), in two levels.
import { FormatError } from "./format-error.ts";

/**
 * Builds the table for `lengths[0..count)` (code length of each symbol, 0: unused) into `table`.
 *
 * The lowest `primary` bits of the input index it. An entry is what `symbols` holds for the symbol, with the
 * length of the code in its lowest four bits (symbols have zeros there); or, for codes longer than `primary`,
 * LINK | offset of the second table << 16 | its index bits; or 0 where no code is.
 * An incomplete code is an error unless it has at most one symbol.
 */
export function buildTable(
  table: Int32Array,
  primary: number,
  lengths: Uint8Array,
  count: number,
  symbols: Int32Array,
): void {
  const counts = new Uint16Array(16);
  for (let i = 0; i < count; i++) {
    const n = lengths[i] as number;
    counts[n] = (counts[n] as number) + 1;
  }
  const next = new Uint16Array(16);
  let code = 0;
  let used = 0;
  for (let n = 1; n < 16; n++) {
    next[n] = code;
    code = (code + (counts[n] as number)) << 1;
    used += (counts[n] as number) << (15 - n);
  }
  const codes = count - (counts[0] as number);
  if (used > 0x8000 || (used < 0x8000 && (codes > 1 || (codes === 1 && counts[1] === 0))))
    throw new FormatError("data", "corrupted data");
  const size = 1 << primary;
  if (used < 0x8000) table.fill(0, 0, size);

  // Codes of one length are consecutive and their reversals are not, so each is reversed on its own.
  const longest = new Uint8Array(size);
  const reversed = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const n = lengths[i] as number;
    if (n === 0) continue;
    let c = next[n] as number;
    next[n] = c + 1;
    let r = 0;
    for (let k = 0; k < n; k++) {
      r = (r << 1) | (c & 1);
      c >>= 1;
    }
    reversed[i] = r;
    if (n <= primary) {
      const entry = (symbols[i] as number) | n;
      for (let k = r; k < size; k += 1 << n) table[k] = entry;
    } else {
      const prefix = r & (size - 1);
      if (n > (longest[prefix] as number)) longest[prefix] = n;
    }
  }
  let free = size;
  for (let i = 0; i < count; i++) {
    const n = lengths[i] as number;
    if (n <= primary) continue;
    const r = reversed[i] as number;
    const prefix = r & (size - 1);
    let index = longest[prefix] as number;
    if (index !== 0xff) {
      index -= primary;
      table[prefix] = LINK | (free << 16) | index;
      free += 1 << index;
      longest[prefix] = 0xff;
    }
    const link = table[prefix] as number;
    const offset = (link >> 16) & 0x3fff;
    const end = offset + (1 << (link & 15));
    const entry = (symbols[i] as number) | (n - primary);
    for (let k = offset + (r >> primary); k < end; k += 1 << (n - primary)) table[k] = entry;
  }
}

/** Marks an entry that leads to a second table. */
export const LINK = 0x40000000;

/** Entries that suffice for any code of up to 288 symbols with `primary` >= 9. */
export const TABLE_SIZE: number = 1024 + 144 * 64;
