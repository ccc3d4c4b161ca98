// AES (FIPS 197) with keys of 128, 192 or 256 bits, by tables that join a round's steps.
// Where others measure the time of memory accesses on the same machine, tables can tell them the key.
import type { BlockCipher } from "./cbc.ts";

interface Tables {
  readonly box: Uint8Array;
  readonly inverseBox: Uint8Array;
  /** By byte, for each of the four places in a word: the substituted byte times a column of MixColumns. */
  readonly mix: readonly Int32Array[];
  /** The same for the way back. */
  readonly unmix: readonly Int32Array[];
}

// Memo of constant tables.
let tables: Tables | undefined;

/** AES under a key of 16, 24 or 32 bytes. */
export class Aes implements BlockCipher {
  readonly blockSize = 16;
  readonly #rounds: number;
  readonly #keys: Int32Array;
  readonly #inverseKeys: Int32Array;
  readonly #tables = aesTables();

  constructor(key: Uint8Array) {
    if (key.length !== 16 && key.length !== 24 && key.length !== 32)
      throw new RangeError("bad length of key");
    this.#rounds = key.length / 4 + 6;
    this.#keys = this.#expand(key);
    this.#inverseKeys = this.#invert();
  }

  encrypt(block: Int32Array): void {
    const { box, mix } = this.#tables;
    rounds(block, this.#keys, this.#rounds, box, mix, 1);
  }

  decrypt(block: Int32Array): void {
    const { inverseBox, unmix } = this.#tables;
    rounds(block, this.#inverseKeys, this.#rounds, inverseBox, unmix, 3);
  }

  #expand(key: Uint8Array): Int32Array {
    const { box } = this.#tables;
    const n = key.length / 4;
    const keys = new Int32Array(4 * (this.#rounds + 1));
    const view = new DataView(key.buffer, key.byteOffset, key.length);
    let constant = 1;
    for (let i = 0; i < keys.length; i++) {
      if (i < n) {
        keys[i] = view.getInt32(4 * i);
        continue;
      }
      let t = keys[i - 1] as number;
      if (i % n === 0) {
        t = substitute(box, (t << 8) | (t >>> 24)) ^ (constant << 24);
        constant = double(constant);
      } else if (n === 8 && i % n === 4) t = substitute(box, t);
      keys[i] = (keys[i - n] as number) ^ t;
    }
    return keys;
  }

  /** The keys for the way back: in reverse order, all but the outer ones unmixed. */
  #invert(): Int32Array {
    const { box, unmix } = this.#tables;
    const [m0, m1, m2, m3] = unmix as [Int32Array, Int32Array, Int32Array, Int32Array];
    const keys = this.#keys;
    const last = keys.length - 4;
    return keys.map((_, i) => {
      const k = keys[last - (i & ~3) + (i & 3)] as number;
      if (i < 4 || i >= last) return k;
      return (
        (m0[box[k >>> 24] as number] as number) ^
        (m1[box[(k >>> 16) & 255] as number] as number) ^
        (m2[box[(k >>> 8) & 255] as number] as number) ^
        (m3[box[k & 255] as number] as number)
      );
    });
  }
}

/** All rounds; rows of the state are shifted by `step` columns each, 1 for one direction and 3 for the other. */
function rounds(
  block: Int32Array,
  keys: Int32Array,
  count: number,
  box: Uint8Array,
  mix: readonly Int32Array[],
  step: 1 | 3,
): void {
  const [m0, m1, m2, m3] = mix as [Int32Array, Int32Array, Int32Array, Int32Array];
  let a = (block[0] as number) ^ (keys[0] as number);
  let b = (block[step] as number) ^ (keys[step] as number);
  let c = (block[2] as number) ^ (keys[2] as number);
  let d = (block[4 - step] as number) ^ (keys[4 - step] as number);
  let k = 4;
  for (let round = 1; round < count; round++, k += 4) {
    // a, b, c and d follow one another in the direction of the shift.
    const a1 =
      (m0[a >>> 24] as number) ^
      (m1[(b >>> 16) & 255] as number) ^
      (m2[(c >>> 8) & 255] as number) ^
      (m3[d & 255] as number) ^
      (keys[k] as number);
    const b1 =
      (m0[b >>> 24] as number) ^
      (m1[(c >>> 16) & 255] as number) ^
      (m2[(d >>> 8) & 255] as number) ^
      (m3[a & 255] as number) ^
      (keys[k + step] as number);
    const c1 =
      (m0[c >>> 24] as number) ^
      (m1[(d >>> 16) & 255] as number) ^
      (m2[(a >>> 8) & 255] as number) ^
      (m3[b & 255] as number) ^
      (keys[k + 2] as number);
    d =
      (m0[d >>> 24] as number) ^
      (m1[(a >>> 16) & 255] as number) ^
      (m2[(b >>> 8) & 255] as number) ^
      (m3[c & 255] as number) ^
      (keys[k + 4 - step] as number);
    a = a1;
    b = b1;
    c = c1;
  }
  block[0] = bytes(box, a, b, c, d) ^ (keys[k] as number);
  block[step] = bytes(box, b, c, d, a) ^ (keys[k + step] as number);
  block[2] = bytes(box, c, d, a, b) ^ (keys[k + 2] as number);
  block[4 - step] = bytes(box, d, a, b, c) ^ (keys[k + 4 - step] as number);
}

/** A byte of each, substituted. */
function bytes(box: Uint8Array, a: number, b: number, c: number, d: number): number {
  return (
    ((box[a >>> 24] as number) << 24) |
    ((box[(b >>> 16) & 255] as number) << 16) |
    ((box[(c >>> 8) & 255] as number) << 8) |
    (box[d & 255] as number)
  );
}

function substitute(box: Uint8Array, word: number): number {
  return bytes(box, word, word, word, word);
}

/** Times x in the field of 256 elements. */
function double(n: number): number {
  return (n << 1) ^ (n > 127 ? 0x11b : 0);
}

function aesTables(): Tables {
  if (tables !== undefined) return tables;
  // Powers of 3, which give all elements but 0.
  const power = new Uint8Array(256);
  const log = new Uint8Array(256);
  for (let i = 0, n = 1; i < 255; i++) {
    power[i] = n;
    log[n] = i;
    n ^= double(n);
  }
  const times = (a: number, b: number): number =>
    a === 0 || b === 0 ? 0 : (power[((log[a] as number) + (log[b] as number)) % 255] as number);
  const box = new Uint8Array(256);
  const inverseBox = new Uint8Array(256);
  for (let i = 0; i < 256; i++) {
    const inverse = i === 0 ? 0 : (power[(255 - (log[i] as number)) % 255] as number);
    const twice = inverse * 0x101;
    box[i] = 0x63 ^ twice ^ (twice >> 4) ^ (twice >> 5) ^ (twice >> 6) ^ (twice >> 7);
    inverseBox[box[i] as number] = i;
  }
  const columns = (from: Uint8Array, factors: readonly number[]): Int32Array[] =>
    [0, 1, 2, 3].map((place) =>
      Int32Array.from(from, (byte) => {
        const word = factors.reduce((all, factor) => (all << 8) | times(byte, factor), 0);
        return place === 0 ? word : (word >>> (8 * place)) | (word << (32 - 8 * place));
      }),
    );
  const unmix = columns(inverseBox, [14, 9, 13, 11]);
  tables = { box, inverseBox, mix: columns(box, [2, 1, 1, 3]), unmix };
  return tables;
}
