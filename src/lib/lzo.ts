// LZO1X, the format of blocks that lzop and the kernel's file systems use (Linux's Documentation/staging/lzo.rst).
import { FormatError } from "./format-error.ts";

const HASH_BITS = 14;
/** Distances that each kind of match can have. */
const M2_DISTANCE = 0x800;
const M3_DISTANCE = 0x4000;
const M4_DISTANCE = 0xbfff;

function corrupt(): FormatError {
  return new FormatError("data", "corrupted data");
}

/** Unpacks one block to exactly `size` bytes; throws FormatError. */
export function lzo1xDecompress(src: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  let to = 0;
  const byte = (): number => {
    if (at >= src.length) throw corrupt();
    return src[at++] as number;
  };
  /** A length that goes on: zeros stand for 255 each. */
  const extended = (base: number): number => {
    let n = base;
    for (;;) {
      const b = byte();
      if (b !== 0) return n + b;
      n += 255;
      if (n > size + 512) throw corrupt();
    }
  };
  const literals = (n: number): void => {
    if (at + n > src.length || to + n > size) throw corrupt();
    if (n < 16) for (let i = 0; i < n; i++) out[to + i] = src[at + i] as number;
    else out.set(src.subarray(at, at + n), to);
    at += n;
    to += n;
  };
  const copy = (distance: number, n: number): void => {
    if (distance > to || to + n > size) throw corrupt();
    if (distance >= n && n >= 16) out.copyWithin(to, to - distance, to - distance + n);
    else for (let i = 0; i < n; i++) out[to + i] = out[to - distance + i] as number;
    to += n;
  };
  // Literals that went before: 0 to 3 after a match, 4 for a run.
  let state = 0;
  if ((src[0] ?? 0) > 17) {
    const n = byte() - 17;
    literals(n);
    state = Math.min(n, 4);
  }
  for (;;) {
    const b = byte();
    let low = b;
    if (b >= 64) copy((byte() << 3) + ((b >> 2) & 7) + 1, (b >> 5) + 1);
    else if (b >= 16) {
      const bits = b >= 32 ? 31 : 7;
      const n = (b & bits) === 0 ? extended(bits) : b & bits;
      low = byte();
      const d = (byte() << 6) | (low >> 2);
      if (b >= 32) copy(d + 1, n + 2);
      else {
        const distance = 0x4000 + ((b & 8) << 11) + d;
        if (distance === 0x4000) {
          if (to !== size || at !== src.length) throw corrupt();
          return out;
        }
        copy(distance, n + 2);
      }
    } else if (state === 0) {
      literals((b === 0 ? extended(15) : b) + 3);
      state = 4;
      continue;
    } else if (state === 4) copy((byte() << 2) + (b >> 2) + 2049, 3);
    else copy((byte() << 2) + (b >> 2) + 1, 2);
    state = low & 3;
    literals(state);
  }
}

/** Packs blocks; keeps its table between them. `bits`: how large that is, 2 ** bits words. */
export class Lzo1x {
  readonly #table: Int32Array;
  readonly #shift: number;
  #out: Uint8Array = new Uint8Array(0);
  #to = 0;

  constructor(bits: number = HASH_BITS) {
    this.#table = new Int32Array(1 << bits);
    this.#shift = 32 - bits;
  }

  /** The packed form of a block; what cannot be packed gets longer. */
  encode(src: Uint8Array): Uint8Array {
    const worst = src.length + (src.length >> 4) + 64;
    this.#out = new Uint8Array(worst);
    this.#to = 0;
    const table = this.#table.fill(-1);
    const word = (i: number): number =>
      (src[i] as number) |
      ((src[i + 1] as number) << 8) |
      ((src[i + 2] as number) << 16) |
      ((src[i + 3] as number) << 24);
    const last = src.length - 4;
    let done = 0;
    let i = 0;
    while (i <= last) {
      const w = word(i);
      const slot = Math.imul(w, 0x9e3779b1) >>> this.#shift;
      const candidate = table[slot] as number;
      table[slot] = i;
      if (candidate < 0 || i - candidate > M4_DISTANCE || word(candidate) !== w) {
        // The longer nothing was found, the bigger the steps.
        i += 1 + ((i - done) >> 5);
        continue;
      }
      let n = 4;
      while (i + n < src.length && src[i + n] === src[candidate + n]) n++;
      this.#literals(src, done, i);
      this.#match(i - candidate, n);
      i += n;
      done = i;
    }
    this.#literals(src, done, src.length);
    for (const b of [17, 0, 0]) this.#out[this.#to++] = b;
    return this.#out.subarray(0, this.#to);
  }

  #extended(n: number): void {
    let left = n;
    for (; left > 255; left -= 255) this.#out[this.#to++] = 0;
    this.#out[this.#to++] = left;
  }

  #literals(src: Uint8Array, from: number, end: number): void {
    const n = end - from;
    if (n === 0) return;
    const out = this.#out;
    if (this.#to === 0 && n <= 238) out[this.#to++] = 17 + n;
    // Few of them are told by the match before.
    else if (n <= 3) out[this.#to - 2] = (out[this.#to - 2] as number) | n;
    else if (n <= 18) out[this.#to++] = n - 3;
    else {
      out[this.#to++] = 0;
      this.#extended(n - 18);
    }
    out.set(src.subarray(from, end), this.#to);
    this.#to += n;
  }

  #match(distance: number, n: number): void {
    const out = this.#out;
    if (distance <= M2_DISTANCE && n <= 8) {
      const d = distance - 1;
      out[this.#to++] = ((n - 1) << 5) | ((d & 7) << 2);
      out[this.#to++] = d >> 3;
      return;
    }
    const near = distance <= M3_DISTANCE;
    const d = near ? distance - 1 : distance - M3_DISTANCE;
    const [code, short] = near ? [32, 33] : [16 | ((d >> 11) & 8), 9];
    if (n <= short) out[this.#to++] = code | (n - 2);
    else {
      out[this.#to++] = code;
      this.#extended(n - short);
    }
    out[this.#to++] = (d << 2) & 0xff;
    out[this.#to++] = (d >> 6) & 0xff;
  }
}
