// Writes blocks of DEFLATE data (RFC 1951 section 3.2): stored, with the fixed or with their own prefix codes,
// whichever is shortest.
import { canonicalCodes, codeLengths } from "./huffman-code.ts";

const LITERALS = 286;
const DISTANCES = 30;
const END_OF_BLOCK = 256;
const STORED_MAX = 65535;

/** Packs a match for {@link BlockWriter.block}; a literal is its byte alone. */
export function match(length: number, distance: number): number {
  return (distance << 9) | (length - 3);
}

/** Collects bits of output. One for each stream. */
export class BlockWriter {
  #out = new Uint8Array(1 << 16);
  #at = 0;
  #hold = 0;
  #bits = 0;
  readonly #t = symbolTables();
  readonly #literalFreqs = new Int32Array(LITERALS);
  readonly #distanceFreqs = new Int32Array(DISTANCES);
  readonly #literalLengths = new Uint8Array(288);
  readonly #distanceLengths = new Uint8Array(32);
  readonly #literalCodes = new Int32Array(288);
  readonly #distanceCodes = new Int32Array(32);

  /** The whole bytes written since the last call. */
  take(): Uint8Array {
    const out = this.#out.slice(0, this.#at);
    this.#at = 0;
    return out;
  }

  /** Fills up the last byte with zeros. */
  align(): void {
    this.#room(4);
    if (this.#bits > 8) this.#out[this.#at++] = this.#hold;
    if (this.#bits > 0) this.#out[this.#at++] = this.#bits > 8 ? this.#hold >>> 8 : this.#hold;
    this.#hold = this.#bits = 0;
  }

  /** One block of `symbols[0..n)`. `raw` is the text they stand for, if it is still at hand. */
  block(symbols: Int32Array, n: number, raw: Uint8Array | undefined, last: boolean): void {
    const extra = this.#count(symbols, n);
    const ll = this.#literalLengths;
    const dl = this.#distanceLengths;
    codeLengths(this.#literalFreqs, LITERALS, 15, ll);
    // Some decoders want at least one distance code.
    if (codeLengths(this.#distanceFreqs, DISTANCES, 15, dl) === 0) dl[0] = 1;
    const header = new CodeHeader(ll, dl);
    const own = 3 + extra + header.size + this.#size(ll, dl);
    const stored =
      raw === undefined ? Infinity : raw.length * 8 + 40 * Math.ceil(raw.length / STORED_MAX || 1);
    const fixed = this.#fixedSize() + extra + 3;
    if (raw !== undefined && stored < Math.min(own, fixed)) {
      this.#stored(raw, last);
      return;
    }
    this.#room((Math.min(own, fixed) >> 3) + 8);
    const final = last ? 1 : 0;
    if (fixed <= own) {
      this.#put(final | 2, 3);
      ll.set(this.#t.fixed);
      dl.fill(5);
    } else {
      this.#put(final | 4, 3);
      for (let i = 0; i < header.n; i++)
        this.#put(header.values[i] as number, header.bits[i] as number);
    }
    reversedCodes(ll, 288, this.#literalCodes);
    reversedCodes(dl, DISTANCES, this.#distanceCodes);
    this.#symbols(symbols, n);
  }

  #room(n: number): void {
    if (this.#at + n <= this.#out.length) return;
    const out = new Uint8Array(2 * (this.#at + n));
    out.set(this.#out.subarray(0, this.#at));
    this.#out = out;
  }

  /** `n` <= 16 */
  #put(value: number, n: number): void {
    this.#hold |= value << this.#bits;
    this.#bits += n;
    if (this.#bits >= 16) {
      this.#out[this.#at++] = this.#hold;
      this.#out[this.#at++] = this.#hold >>> 8;
      this.#hold >>>= 16;
      this.#bits -= 16;
    }
  }

  #stored(raw: Uint8Array, last: boolean): void {
    let from = 0;
    do {
      const part = raw.subarray(from, from + STORED_MAX);
      from += part.length;
      this.#put(last && from === raw.length ? 1 : 0, 3);
      this.align();
      this.#room(part.length + 8);
      this.#put(part.length, 16);
      this.#put(~part.length & 0xffff, 16);
      this.#out.set(part, this.#at);
      this.#at += part.length;
    } while (from < raw.length);
  }

  /** Counts how often each symbol is used; answers the extra bits. */
  #count(symbols: Int32Array, n: number): number {
    const { lengthSymbol, distanceSymbol, symbolExtra } = this.#t;
    const lf = this.#literalFreqs.fill(0);
    const df = this.#distanceFreqs.fill(0);
    lf[END_OF_BLOCK] = 1;
    for (let i = 0; i < n; i++) {
      const s = symbols[i] as number;
      const d = s >>> 9;
      if (d === 0) lf[s] = (lf[s] as number) + 1;
      else {
        const l = lengthSymbol[s & 511] as number;
        lf[l] = (lf[l] as number) + 1;
        const k = distanceSymbol[d <= 256 ? d - 1 : 256 + ((d - 1) >> 7)] as number;
        df[k] = (df[k] as number) + 1;
      }
    }
    let extra = 0;
    for (let i = 257; i < LITERALS; i++) extra += (lf[i] as number) * (symbolExtra[i] as number);
    for (let i = 4; i < DISTANCES; i++) extra += (df[i] as number) * ((i >> 1) - 1);
    return extra;
  }

  #size(ll: Uint8Array, dl: Uint8Array): number {
    let n = 0;
    for (let i = 0; i < LITERALS; i++) n += (this.#literalFreqs[i] as number) * (ll[i] as number);
    for (let i = 0; i < DISTANCES; i++) n += (this.#distanceFreqs[i] as number) * (dl[i] as number);
    return n;
  }

  #fixedSize(): number {
    let n = 0;
    for (let i = 0; i < LITERALS; i++)
      n += (this.#literalFreqs[i] as number) * (this.#t.fixed[i] as number);
    for (let i = 0; i < DISTANCES; i++) n += (this.#distanceFreqs[i] as number) * 5;
    return n;
  }

  /** The caller has made room for all. */
  #symbols(symbols: Int32Array, n: number): void {
    const { lengthSymbol, distanceSymbol, symbolExtra, lengthBase, distanceBase } = this.#t;
    const ll = this.#literalLengths;
    const dl = this.#distanceLengths;
    const lc = this.#literalCodes;
    const dc = this.#distanceCodes;
    const out = this.#out;
    let at = this.#at;
    let hold = this.#hold;
    let bits = this.#bits;
    for (let i = 0; i <= n; i++) {
      const s = i < n ? (symbols[i] as number) : END_OF_BLOCK;
      const d = s >>> 9;
      const l = d === 0 ? s : (lengthSymbol[s & 511] as number);
      hold |= (lc[l] as number) << bits;
      bits += ll[l] as number;
      if (bits >= 16) {
        out[at] = hold;
        out[at + 1] = hold >>> 8;
        at += 2;
        hold >>>= 16;
        bits -= 16;
      }
      if (d === 0) continue;
      let extra = symbolExtra[l] as number;
      if (extra > 0) {
        hold |= ((s & 511) - (lengthBase[l - 257] as number)) << bits;
        bits += extra;
      }
      if (bits >= 16) {
        out[at] = hold;
        out[at + 1] = hold >>> 8;
        at += 2;
        hold >>>= 16;
        bits -= 16;
      }
      const k = distanceSymbol[d <= 256 ? d - 1 : 256 + ((d - 1) >> 7)] as number;
      hold |= (dc[k] as number) << bits;
      bits += dl[k] as number;
      if (bits >= 16) {
        out[at] = hold;
        out[at + 1] = hold >>> 8;
        at += 2;
        hold >>>= 16;
        bits -= 16;
      }
      if (k < 4) continue;
      extra = (k >> 1) - 1;
      hold |= (d - 1 - (distanceBase[k] as number)) << bits;
      bits += extra;
      if (bits >= 16) {
        out[at] = hold;
        out[at + 1] = hold >>> 8;
        at += 2;
        hold >>>= 16;
        bits -= 16;
      }
    }
    this.#at = at;
    this.#hold = hold;
    this.#bits = bits;
  }
}

/** DEFLATE sends codes with their first bit lowest. */
function reversedCodes(lengths: Uint8Array, count: number, codes: Int32Array): void {
  canonicalCodes(lengths, count, codes);
  for (let i = 0; i < count; i++) {
    let c = codes[i] as number;
    let r = 0;
    for (let n = lengths[i] as number; n > 0; n--) {
      r = (r << 1) | (c & 1);
      c >>= 1;
    }
    codes[i] = r;
  }
}

/** The description of a block's own codes (section 3.2.7), ready to be put. */
class CodeHeader {
  readonly values: Int32Array = new Int32Array(700);
  readonly bits: Uint8Array = new Uint8Array(700);
  n = 0;
  /** In bits. */
  size = 0;

  constructor(literalLengths: Uint8Array, distanceLengths: Uint8Array) {
    let literals = LITERALS;
    while (literals > 257 && literalLengths[literals - 1] === 0) literals--;
    let distances = DISTANCES;
    while (distances > 1 && distanceLengths[distances - 1] === 0) distances--;
    const all = new Uint8Array(literals + distances);
    all.set(literalLengths.subarray(0, literals));
    all.set(distanceLengths.subarray(0, distances), literals);

    // Symbol | its extra bits << 5.
    const runs: number[] = [];
    for (let i = 0; i < all.length; ) {
      const value = all[i] as number;
      let run = 1;
      while (i + run < all.length && all[i + run] === value) run++;
      i += run;
      if (value !== 0) {
        runs.push(value);
        run--;
      }
      while (run >= 3) {
        const most = value !== 0 ? 6 : 138;
        const n = Math.min(run, most);
        if (value !== 0) runs.push(16 | ((n - 3) << 5));
        else runs.push(n <= 10 ? 17 | ((n - 3) << 5) : 18 | ((n - 11) << 5));
        run -= n;
      }
      for (; run > 0; run--) runs.push(value);
    }
    const freqs = new Int32Array(19);
    for (const r of runs) freqs[r & 31] = (freqs[r & 31] as number) + 1;
    const lengths = new Uint8Array(19);
    // A code of a single symbol is not accepted everywhere.
    if (codeLengths(freqs, 19, 7, lengths) === 1) lengths[lengths[0] === 0 ? 0 : 1] = 1;
    const codes = new Int32Array(19);
    reversedCodes(lengths, 19, codes);

    const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let sent = 19;
    while (sent > 4 && lengths[order[sent - 1] as number] === 0) sent--;
    this.#add(literals - 257, 5);
    this.#add(distances - 1, 5);
    this.#add(sent - 4, 4);
    for (let i = 0; i < sent; i++) this.#add(lengths[order[i] as number] as number, 3);
    for (const r of runs) {
      const symbol = r & 31;
      this.#add(codes[symbol] as number, lengths[symbol] as number);
      if (symbol >= 16) this.#add(r >> 5, symbol === 16 ? 2 : symbol === 17 ? 3 : 7);
    }
  }

  #add(value: number, bits: number): void {
    this.values[this.n] = value;
    this.bits[this.n++] = bits;
    this.size += bits;
  }
}

interface Tables {
  /** By length - 3. */
  readonly lengthSymbol: Uint16Array;
  /** By distance - 1 up to 256, then by (distance - 1) >> 7. */
  readonly distanceSymbol: Uint8Array;
  readonly symbolExtra: Uint8Array;
  readonly lengthBase: Uint16Array;
  readonly distanceBase: Uint16Array;
  /** Lengths of the fixed literal codes. */
  readonly fixed: Uint8Array;
}

// Memo of constant tables.
let tables: Tables | undefined;

function symbolTables(): Tables {
  if (tables !== undefined) return tables;
  const lengthSymbol = new Uint16Array(256);
  const lengthBase = new Uint16Array(29);
  const symbolExtra = new Uint8Array(288);
  let at = 0;
  for (let i = 0; i < 28; i++) {
    const extra = i < 8 ? 0 : (i >> 2) - 1;
    lengthBase[i] = at;
    symbolExtra[257 + i] = extra;
    lengthSymbol.fill(257 + i, at, at + (1 << extra));
    at += 1 << extra;
  }
  lengthSymbol[255] = 285;
  lengthBase[28] = 255;
  const distanceSymbol = new Uint8Array(512);
  const distanceBase = new Uint16Array(30);
  at = 0;
  for (let i = 0; i < 30; i++) {
    const extra = i < 4 ? 0 : (i >> 1) - 1;
    distanceBase[i] = at;
    if (at < 256) distanceSymbol.fill(i, at, at + (1 << extra));
    else distanceSymbol.fill(i, 256 + (at >> 7), 256 + ((at + (1 << extra)) >> 7));
    at += 1 << extra;
  }
  const fixed = new Uint8Array(288)
    .fill(8, 0, 144)
    .fill(9, 144, 256)
    .fill(7, 256, 280)
    .fill(8, 280);
  tables = { lengthSymbol, distanceSymbol, symbolExtra, lengthBase, distanceBase, fixed };
  return tables;
}
