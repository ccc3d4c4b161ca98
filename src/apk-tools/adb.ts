// ADB, the value format of version 3 files: numbers, blobs, arrays and objects behind 32-bit words (apk-v3(5)).
import { bytesOf, strOf } from "../lib/bytes.ts";
import { FormatError } from "../lib/format-error.ts";

// Types in the word's highest four bits.
const SPECIAL = 0;
const INT = 1;
const INT_32 = 2;
const INT_64 = 3;
const BLOB_8 = 8;
const BLOB_16 = 9;
const BLOB_32 = 10;
const ARRAY = 13;
const OBJECT = 14;

const IMMEDIATE_BITS = 28;
const IMMEDIATE_MAX = (1 << IMMEDIATE_BITS) - 1;
/** Header in front of the values: compatibility, version, two spare bytes, and the root's word. */
export const ADB_HEADER = 8;
/** Slots of an object or array that are believed. */
const SLOTS_MAX = 1 << 24;
/** Values and bytes of texts that may be made of a file, for each of its bytes and at least. */
const BUDGET_FACTOR = 64;
const BUDGET_MIN = 1 << 20;

/** A word: type and offset or value. */
export type Word = number;
/** Nothing. */
export const NULL_WORD: Word = 0;

function damaged(): FormatError {
  return new FormatError("data", "damaged ADB");
}

/**
 * Reads values. Every offset is checked; FormatError for what is outside of the bytes, and for files that by pointing
 * to the same places again and again come to much more than they hold.
 */
export class AdbReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** The value that holds all others. */
  readonly root: Word;
  #budget: number;

  /** `bytes` is what an ADB block holds. */
  constructor(bytes: Uint8Array) {
    if (bytes.length < ADB_HEADER) throw damaged();
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Newer versions that older programs may read say so in the first byte.
    if (bytes[0] !== 0) throw new FormatError("unsupported", "ADB of a newer version");
    this.root = this.#view.getUint32(4, true);
    this.#budget = BUDGET_MIN + BUDGET_FACTOR * bytes.length;
  }

  isNull(word: Word): boolean {
    return word === NULL_WORD;
  }

  /** A number; 0 for nothing. */
  int(word: Word): number {
    const value = word & IMMEDIATE_MAX;
    switch (word >>> IMMEDIATE_BITS) {
      case SPECIAL:
        return value === 1 ? 1 : 0;
      case INT:
        return value;
      case INT_32:
        return this.#view.getUint32(this.#range(value, 4), true);
      case INT_64: {
        const at = this.#range(value, 8);
        return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
      }
    }
    throw damaged();
  }

  /** A blob, not copied; empty for nothing. */
  bytes(word: Word): Uint8Array {
    const at = word & IMMEDIATE_MAX;
    let size: number;
    let from: number;
    switch (word >>> IMMEDIATE_BITS) {
      case SPECIAL:
        return new Uint8Array(0);
      case BLOB_8:
        size = this.#view.getUint8(this.#range(at, 1));
        from = at + 1;
        break;
      case BLOB_16:
        size = this.#view.getUint16(this.#range(at, 2), true);
        from = at + 2;
        break;
      case BLOB_32:
        size = this.#view.getUint32(this.#range(at, 4), true);
        from = at + 4;
        break;
      default:
        throw damaged();
    }
    this.#range(from, size);
    return this.#bytes.subarray(from, from + size);
  }

  /** A blob as byte string. */
  text(word: Word): string {
    if (word === NULL_WORD) return "";
    const bytes = this.bytes(word);
    this.charge(bytes.length);
    return strOf(bytes);
  }

  /** Number of fields of an object or items of an array; 0 for nothing. */
  count(word: Word): number {
    const type = word >>> IMMEDIATE_BITS;
    if (type === SPECIAL) return 0;
    if (type !== ARRAY && type !== OBJECT) throw damaged();
    const at = this.#range(word & IMMEDIATE_MAX, 4);
    const slots = this.#view.getUint32(at, true);
    if (slots < 1 || slots > SLOTS_MAX) throw damaged();
    this.#range(at, slots * 4);
    return slots - 1;
  }

  /** Field or item `index`, from 1 on; nothing for one that is not there. */
  at(word: Word, index: number): Word {
    if (index > this.count(word) || index < 1) return NULL_WORD;
    return this.#view.getUint32((word & IMMEDIATE_MAX) + 4 * index, true);
  }

  /** Counts what is made of the file. */
  charge(units: number): void {
    this.#budget -= units;
    if (this.#budget < 0) throw new FormatError("unsupported", "too many values");
  }

  isObject(word: Word): boolean {
    return word >>> IMMEDIATE_BITS === OBJECT;
  }

  #range(at: number, size: number): number {
    if (at + size > this.#bytes.length) throw damaged();
    return at;
  }
}

/** Builds values; equal ones are stored once. */
export class AdbWriter {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #size = ADB_HEADER;
  /** What stands where, by what it is. */
  readonly #known: Map<string, Word> = new Map();

  int(value: number): Word {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError("number out of range");
    if (value <= IMMEDIATE_MAX) return word(INT, value);
    const wide = value > 0xffff_ffff;
    return this.#once(`i${value}`, wide ? INT_64 : INT_32, wide ? 8 : 4, wide ? 8 : 4, (at) => {
      this.#view.setUint32(at, value >>> 0, true);
      if (wide) this.#view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
    });
  }

  /** Empty: nothing. */
  text(text: string): Word {
    if (text === "") return NULL_WORD;
    return text.length <= 256
      ? this.#once(`b${text}`, ...this.#blob(bytesOf(text)))
      : this.bytes(bytesOf(text));
  }

  bytes(blob: Uint8Array): Word {
    if (blob.length === 0) return NULL_WORD;
    const key = blob.length <= 256 ? `b${strOf(blob)}` : undefined;
    return this.#once(key, ...this.#blob(blob));
  }

  /** Fields in the order of their slots; what is nothing at the end is left out. */
  object(fields: readonly Word[]): Word {
    return this.#slots(OBJECT, fields);
  }

  array(items: readonly Word[]): Word {
    return this.#slots(ARRAY, items);
  }

  /** The contents of an ADB block. */
  finish(root: Word): Uint8Array {
    this.#view.setUint32(0, 0, true);
    this.#view.setUint32(4, root, true);
    return this.#bytes.slice(0, this.#size);
  }

  #slots(type: number, words: readonly Word[]): Word {
    let count = words.length;
    while (type === OBJECT && count > 0 && words[count - 1] === NULL_WORD) count--;
    if (count === 0) return NULL_WORD;
    const used = words.slice(0, count);
    const key = count <= 64 ? `${type}:${used.join(",")}` : undefined;
    return this.#once(key, type, 4, 4 * (count + 1), (at) => {
      this.#view.setUint32(at, count + 1, true);
      used.forEach((each, i) => {
        this.#view.setUint32(at + 4 * (i + 1), each, true);
      });
    });
  }

  #blob(blob: Uint8Array): [number, number, number, (at: number) => void] {
    const size = blob.length;
    const head = size < 0x100 ? 1 : size < 0x10000 ? 2 : 4;
    const type = head === 1 ? BLOB_8 : head === 2 ? BLOB_16 : BLOB_32;
    return [
      type,
      head,
      head + size,
      (at) => {
        if (head === 1) this.#view.setUint8(at, size);
        else if (head === 2) this.#view.setUint16(at, size, true);
        else this.#view.setUint32(at, size, true);
        this.#bytes.set(blob, at + head);
      },
    ];
  }

  /** Room for a value at a multiple of `align`, unless the very same is there already. */
  #once(
    key: string | undefined,
    type: number,
    align: number,
    size: number,
    write: (at: number) => void,
  ): Word {
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const at = Math.ceil(this.#size / align) * align;
    if (at + size > IMMEDIATE_MAX) throw new FormatError("unsupported", "ADB too large");
    if (at + size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, at + size));
      larger.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    write(at);
    this.#size = at + size;
    const made = word(type, at);
    if (key !== undefined) this.#known.set(key, made);
    return made;
  }
}

function word(type: number, value: number): Word {
  return ((type << IMMEDIATE_BITS) | value) >>> 0;
}
