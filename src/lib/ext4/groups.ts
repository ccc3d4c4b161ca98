// Group descriptors of ext2/3/4, one view for 32 and 64 bytes.
import { crc16, crc32c, crc32cOf } from "./crc.ts";
import { get16, get32, put16, put32 } from "./fields.ts";
import type { Super } from "./superblock.ts";

export const INODE_UNINIT = 1;
export const BLOCK_UNINIT = 2;
export const INODE_ZEROED = 4;

/** One descriptor, changed in place. */
export class Group {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly #at: number;
  readonly #size: number;

  constructor(index: number, bytes: Uint8Array, at: number, size: number) {
    this.index = index;
    this.bytes = bytes;
    this.#at = at;
    this.#size = size;
  }

  #wide(low: number, high: number): number {
    const value = get32(this.bytes, this.#at + low);
    return this.#size >= 64 ? value + get32(this.bytes, this.#at + high) * 2 ** 32 : value;
  }
  #setWide(low: number, high: number, value: number): void {
    put32(this.bytes, this.#at + low, value % 2 ** 32);
    if (this.#size >= 64) put32(this.bytes, this.#at + high, Math.floor(value / 2 ** 32));
  }
  #count(low: number, high: number): number {
    const value = get16(this.bytes, this.#at + low);
    return this.#size >= 64 ? value + get16(this.bytes, this.#at + high) * 65536 : value;
  }
  #setCount(low: number, high: number, value: number): void {
    put16(this.bytes, this.#at + low, value & 0xffff);
    if (this.#size >= 64) put16(this.bytes, this.#at + high, value >>> 16);
  }

  get blockBitmap(): number {
    return this.#wide(0, 0x20);
  }
  set blockBitmap(block: number) {
    this.#setWide(0, 0x20, block);
  }
  get inodeBitmap(): number {
    return this.#wide(4, 0x24);
  }
  set inodeBitmap(block: number) {
    this.#setWide(4, 0x24, block);
  }
  get inodeTable(): number {
    return this.#wide(8, 0x28);
  }
  set inodeTable(block: number) {
    this.#setWide(8, 0x28, block);
  }
  get freeBlocks(): number {
    return this.#count(0xc, 0x2c);
  }
  set freeBlocks(count: number) {
    this.#setCount(0xc, 0x2c, count);
  }
  get freeInodes(): number {
    return this.#count(0xe, 0x2e);
  }
  set freeInodes(count: number) {
    this.#setCount(0xe, 0x2e, count);
  }
  get usedDirs(): number {
    return this.#count(0x10, 0x30);
  }
  set usedDirs(count: number) {
    this.#setCount(0x10, 0x30, count);
  }
  get flags(): number {
    return get16(this.bytes, this.#at + 0x12);
  }
  set flags(flags: number) {
    put16(this.bytes, this.#at + 0x12, flags);
  }
  /** Inodes at the end of the table that were never used. */
  get unusedInodes(): number {
    return this.#count(0x1c, 0x32);
  }
  set unusedInodes(count: number) {
    this.#setCount(0x1c, 0x32, count);
  }
  get checksum(): number {
    return get16(this.bytes, this.#at + 0x1e);
  }

  /** True when the stored checksum of a bitmap is right. */
  bitmapHolds(seed: number, which: "block" | "inode", bits: Uint8Array, length: number): boolean {
    const sum = crc32c(seed, bits, 0, length);
    const [low, high] = which === "block" ? [0x18, 0x38] : [0x1a, 0x3a];
    if (get16(this.bytes, this.#at + low) !== (sum & 0xffff)) return false;
    return this.#size < 64 || get16(this.bytes, this.#at + high) === sum >>> 16;
  }
  sealBitmap(seed: number, which: "block" | "inode", bits: Uint8Array, length: number): void {
    const sum = crc32c(seed, bits, 0, length);
    const [low, high] = which === "block" ? [0x18, 0x38] : [0x1a, 0x3a];
    put16(this.bytes, this.#at + low, sum & 0xffff);
    if (this.#size >= 64) put16(this.bytes, this.#at + high, sum >>> 16);
  }

  /** What the checksum should be; 0 where there is none. */
  expected(s: Super, seed: number): number {
    const start = this.#at;
    const end = start + this.#size;
    if (s.hasCsum) {
      let sum = crc32cOf(seed, this.index);
      sum = crc32c(sum, this.bytes, start, start + 0x1e);
      sum = crc32c(sum, new Uint8Array(2));
      sum = crc32c(sum, this.bytes, start + 0x20, end);
      return sum & 0xffff;
    }
    if (!s.hasGroupCsum) return 0;
    const number = new Uint8Array(4);
    put32(number, 0, this.index);
    let sum = crc16(crc16(0xffff, s.uuid), number);
    sum = crc16(sum, this.bytes, start, start + 0x1e);
    return this.#size > 32 ? crc16(sum, this.bytes, start + 0x20, end) : sum;
  }
  seal(s: Super, seed: number): void {
    if (s.hasGroupCsum) put16(this.bytes, this.#at + 0x1e, this.expected(s, seed));
  }
}
