// Encoder for bzip2 files, as bzip2(1) 1.0 writes them.
import { bwt } from "./bwt.ts";
import { crc32Big } from "./crc.ts";
import { canonicalCodes, codeLengths } from "./huffman-code.ts";

const GROUP = 50;
/** bzip2 1.0 keeps to 17, though decoders take 20. */
const LONGEST_CODE = 17;
const ROUNDS = 4;
/** Room that a run at the end of a block may need. */
const SLACK = 19;
const LONGEST_RUN = 255;

/**
 * Writes one stream at levels 1 to 9 (hundreds of KB in a block): feed it chunks, then call `end`.
 * 6 MB/s on Node 20, most of it sorting; a call that completes a block takes as long as the block.
 */
export class Bzip2 {
  readonly #out = new BitWriter();
  readonly #block: Uint8Array;
  readonly #capacity: number;
  #n = 0;
  #byte = -1;
  #run = 0;
  #crc = -1;
  #combined = 0;

  constructor(level = 9) {
    this.#block = new Uint8Array(level * 100000);
    this.#capacity = level * 100000 - SLACK;
    for (const c of [0x42, 0x5a, 0x68, 0x30 + level]) this.#out.put(8, c);
  }

  /** Takes more text; answers the output that is ready, which may be none. */
  encode(chunk: Uint8Array): Uint8Array {
    const block = this.#block;
    let byte = this.#byte;
    let run = this.#run;
    let from = 0;
    for (let i = 0; i < chunk.length; ) {
      if (this.#n >= this.#capacity) {
        this.#byte = byte;
        this.#run = run;
        this.#crc = crc32Big(chunk, this.#crc, from, i);
        this.#flush();
        from = i;
        byte = -1;
        run = 0;
      }
      let n = this.#n;
      const capacity = this.#capacity;
      for (; i < chunk.length && n < capacity; i++) {
        const c = chunk[i] as number;
        if (c === byte && run < LONGEST_RUN) {
          // Four equal bytes are written as they are, and then how many more there are.
          if (++run <= 4) block[n++] = c;
          continue;
        }
        if (run >= 4) block[n++] = run - 4;
        block[n++] = c;
        byte = c;
        run = 1;
      }
      this.#n = n;
    }
    this.#crc = crc32Big(chunk, this.#crc, from, chunk.length);
    this.#byte = byte;
    this.#run = run;
    return this.#out.take();
  }

  /** Ends the stream; answers the rest of the output. */
  end(): Uint8Array {
    if (this.#n > 0) this.#flush();
    const out = this.#out;
    out.put(24, 0x177245);
    out.put(24, 0x385090);
    out.put(16, this.#combined >>> 16);
    out.put(16, this.#combined & 0xffff);
    out.align();
    return out.take();
  }

  #flush(): void {
    if (this.#run >= 4) this.#block[this.#n++] = this.#run - 4;
    const crc = ~this.#crc;
    this.#combined = ((this.#combined << 1) | (this.#combined >>> 31)) ^ crc;
    const out = this.#out;
    out.put(24, 0x314159);
    out.put(24, 0x265359);
    out.put(16, crc >>> 16);
    out.put(16, crc & 0xffff);
    writeBlock(out, this.#block.subarray(0, this.#n));
    this.#n = this.#run = 0;
    this.#byte = this.#crc = -1;
  }
}

/** Collects bits, the most significant first. */
class BitWriter {
  #bytes = new Uint8Array(1 << 16);
  #at = 0;
  #hold = 0;
  #bits = 0;

  /** `n` <= 24 */
  put(n: number, value: number): void {
    this.#hold |= value << (32 - this.#bits - n);
    this.#bits += n;
    if (this.#at + 4 > this.#bytes.length) {
      const bytes = new Uint8Array(2 * this.#bytes.length);
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    while (this.#bits >= 8) {
      this.#bytes[this.#at++] = this.#hold >>> 24;
      this.#hold <<= 8;
      this.#bits -= 8;
    }
  }

  align(): void {
    if (this.#bits > 0) this.put(8 - this.#bits, 0);
  }

  take(): Uint8Array {
    const out = this.#bytes.slice(0, this.#at);
    this.#at = 0;
    return out;
  }
}

/** A block from its "randomized" bit on. */
function writeBlock(out: BitWriter, text: Uint8Array): void {
  const { last, origin } = bwt(text);
  out.put(1, 0);
  out.put(24, origin);
  const used = new Uint8Array(256);
  for (let i = 0; i < last.length; i++) used[last[i] as number] = 1;
  const front: number[] = [];
  let rows = 0;
  const bits: number[] = [];
  for (let row = 0; row < 16; row++) {
    let word = 0;
    for (let i = 0; i < 16; i++)
      if (used[16 * row + i] === 1) {
        word |= 0x8000 >> i;
        front.push(16 * row + i);
      }
    if (word === 0) continue;
    rows |= 0x8000 >> row;
    bits.push(word);
  }
  out.put(16, rows);
  for (const word of bits) out.put(16, word);

  const endOfBlock = front.length + 1;
  const symbols = new Uint16Array(last.length + 2);
  const n = moveToFront(last, Uint8Array.from(front), symbols);
  symbols[n] = endOfBlock;
  writeSymbols(out, symbols.subarray(0, n + 1), endOfBlock + 1);
}

/** Move-to-front, with runs of the front byte as numbers in the digits 1 and 2, which symbols 0 and 1 stand for. */
function moveToFront(last: Uint8Array, front: Uint8Array, symbols: Uint16Array): number {
  let n = 0;
  let run = 0;
  for (let i = 0; i <= last.length; i++) {
    const byte = i < last.length ? (last[i] as number) : -1;
    if (byte === front[0]) {
      run++;
      continue;
    }
    for (; run > 0; run = (run - 1) >> 1) symbols[n++] = (run - 1) & 1;
    if (byte < 0) break;
    let moved = front[0] as number;
    let k = 1;
    for (; ; k++) {
      const next = front[k] as number;
      front[k] = moved;
      if (next === byte) break;
      moved = next;
    }
    front[0] = byte;
    symbols[n++] = k + 1;
  }
  return n;
}

/** Chooses prefix codes and which of them serves each group of symbols, and writes all that. */
function writeSymbols(out: BitWriter, symbols: Uint16Array, alphabet: number): void {
  const n = symbols.length;
  const tables = n < 200 ? 2 : n < 600 ? 3 : n < 1200 ? 4 : n < 2400 ? 5 : 6;
  const groups = Math.ceil(n / GROUP);
  const lengths = firstGuess(symbols, alphabet, tables);
  const selectors = new Uint8Array(groups);
  const freqs = Array.from({ length: tables }, () => new Int32Array(alphabet));
  const cost = new Int32Array(tables);
  for (let round = 0; round < ROUNDS; round++) {
    for (const f of freqs) f.fill(0);
    for (let g = 0; g < groups; g++) {
      const from = g * GROUP;
      const to = Math.min(from + GROUP, n);
      cost.fill(0);
      for (let t = 0; t < tables; t++) {
        const l = lengths[t] as Uint8Array;
        let sum = 0;
        for (let i = from; i < to; i++) sum += l[symbols[i] as number] as number;
        cost[t] = sum;
      }
      let best = 0;
      for (let t = 1; t < tables; t++) if ((cost[t] as number) < (cost[best] as number)) best = t;
      selectors[g] = best;
      const f = freqs[best] as Int32Array;
      for (let i = from; i < to; i++) {
        const s = symbols[i] as number;
        f[s] = (f[s] as number) + 1;
      }
    }
    for (let t = 0; t < tables; t++) {
      // Every symbol needs a code, even if it does not occur.
      const f = (freqs[t] as Int32Array).map((x) => Math.max(2 * x, 1));
      codeLengths(f, alphabet, LONGEST_CODE, lengths[t] as Uint8Array);
    }
  }

  out.put(3, tables);
  out.put(15, groups);
  const order = Array.from({ length: tables }, (_, i) => i);
  for (const selector of selectors) {
    const k = order.indexOf(selector);
    out.put(k + 1, (1 << (k + 1)) - 2);
    order.splice(k, 1);
    order.unshift(selector);
  }
  const codes: Int32Array[] = [];
  for (const l of lengths) {
    let current = l[0] as number;
    out.put(5, current);
    for (let i = 0; i < alphabet; i++) {
      for (; current < (l[i] as number); current++) out.put(2, 2);
      for (; current > (l[i] as number); current--) out.put(2, 3);
      out.put(1, 0);
    }
    const c = new Int32Array(alphabet);
    canonicalCodes(l, alphabet, c);
    codes.push(c);
  }
  for (let g = 0; g < groups; g++) {
    const l = lengths[selectors[g] as number] as Uint8Array;
    const c = codes[selectors[g] as number] as Int32Array;
    for (let i = g * GROUP, to = Math.min(i + GROUP, n); i < to; i++) {
      const s = symbols[i] as number;
      out.put(l[s] as number, c[s] as number);
    }
  }
}

/** To begin with, each table favours a range of symbols, all ranges being about equally frequent. */
function firstGuess(symbols: Uint16Array, alphabet: number, tables: number): Uint8Array[] {
  const freqs = new Int32Array(alphabet);
  for (let i = 0; i < symbols.length; i++) {
    const s = symbols[i] as number;
    freqs[s] = (freqs[s] as number) + 1;
  }
  const lengths: Uint8Array[] = [];
  let left = symbols.length;
  let from = 0;
  for (let t = 0; t < tables; t++) {
    const target = Math.floor(left / (tables - t));
    let sum = 0;
    let to = from;
    while (to < alphabet && (sum < target || to === from)) sum += freqs[to++] as number;
    if (t === tables - 1) to = alphabet;
    lengths.push(new Uint8Array(alphabet).fill(15).fill(1, from, to));
    left -= sum;
    from = Math.min(to, alphabet);
  }
  return lengths;
}
