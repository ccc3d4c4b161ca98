// Inodes as they stand in the inode table, and as they are while in use.
import { crc32c, crc32cOf } from "./crc.ts";
import { get16, get32, high32, put16, put32 } from "./fields.ts";

export const FLAG_IMMUTABLE = 0x10;
export const FLAG_APPEND = 0x20;
export const FLAG_NOATIME = 0x80;
export const FLAG_INDEX = 0x1000;
export const FLAG_HUGE_FILE = 0x40000;
export const FLAG_EXTENTS = 0x80000;
/** Encrypted, compressed, value of an attribute, verity, casefold: nothing here reads or changes those. */
export const FLAGS_FOREIGN: number = 0x4 | 0x800 | 0x100000 | 0x200000 | 0x10000000 | 0x40000000;

export const ROOT_INO = 2;
export const RESIZE_INO = 7;
export const JOURNAL_INO = 8;

const S_IFMT = 0o170000;

export interface Time {
  readonly sec: number;
  readonly nsec: number;
}

/** An inode: the bytes of the table, changed in place; `Volume.changed` has them written. */
export class Node {
  readonly ino: number;
  readonly raw: Uint8Array;
  /** The directory's entries, while they are remembered (directory.ts). */
  names: unknown;
  /** Where blocks for it are looked for next; 0: no idea. */
  goal = 0;
  #seed: number | undefined;

  constructor(ino: number, raw: Uint8Array) {
    this.ino = ino;
    this.raw = raw;
  }

  get mode(): number {
    return get16(this.raw, 0);
  }
  set mode(mode: number) {
    put16(this.raw, 0, mode);
  }
  get isDirectory(): boolean {
    return (this.mode & S_IFMT) === 0o040000;
  }
  get isRegular(): boolean {
    return (this.mode & S_IFMT) === 0o100000;
  }
  get isSymlink(): boolean {
    return (this.mode & S_IFMT) === 0o120000;
  }
  get uid(): number {
    return (get16(this.raw, 2) | (get16(this.raw, 0x78) << 16)) >>> 0;
  }
  set uid(uid: number) {
    put16(this.raw, 2, uid & 0xffff);
    put16(this.raw, 0x78, uid >>> 16);
  }
  get gid(): number {
    return (get16(this.raw, 0x18) | (get16(this.raw, 0x7a) << 16)) >>> 0;
  }
  set gid(gid: number) {
    put16(this.raw, 0x18, gid & 0xffff);
    put16(this.raw, 0x7a, gid >>> 16);
  }
  get size(): number {
    return get32(this.raw, 4) + get32(this.raw, 0x6c) * 2 ** 32;
  }
  set size(size: number) {
    put32(this.raw, 4, size % 2 ** 32);
    put32(this.raw, 0x6c, high32(size));
  }
  get links(): number {
    return get16(this.raw, 0x1a);
  }
  set links(links: number) {
    put16(this.raw, 0x1a, links);
  }
  get flags(): number {
    return get32(this.raw, 0x20);
  }
  set flags(flags: number) {
    put32(this.raw, 0x20, flags);
  }
  get hasExtents(): boolean {
    return (this.flags & FLAG_EXTENTS) !== 0;
  }
  get dtime(): number {
    return get32(this.raw, 0x14);
  }
  set dtime(sec: number) {
    put32(this.raw, 0x14, sec);
  }
  get generation(): number {
    return get32(this.raw, 0x64);
  }
  set generation(value: number) {
    put32(this.raw, 0x64, value);
    this.#seed = undefined;
  }
  /** i_blocks as stored: units of 512 bytes, of whole blocks with FLAG_HUGE_FILE. */
  get blocksField(): number {
    return get32(this.raw, 0x1c) + get16(this.raw, 0x74) * 2 ** 32;
  }
  /** In units of 512 bytes. */
  sectors(blockSize: number): number {
    const field = this.blocksField;
    return (this.flags & FLAG_HUGE_FILE) !== 0 ? field * (blockSize / 512) : field;
  }
  /** Blocks gained or lost. */
  addBlocks(count: number, blockSize: number): void {
    const unit = (this.flags & FLAG_HUGE_FILE) !== 0 ? 1 : blockSize / 512;
    const field = Math.max(0, this.blocksField + count * unit);
    put32(this.raw, 0x1c, field % 2 ** 32);
    put16(this.raw, 0x74, high32(field));
  }
  /** The block of extended attributes; 0: none. */
  get acl(): number {
    return get32(this.raw, 0x68) + get16(this.raw, 0x76) * 2 ** 32;
  }
  set acl(block: number) {
    put32(this.raw, 0x68, block % 2 ** 32);
    put16(this.raw, 0x76, high32(block));
  }
  get rdev(): number {
    const old = get32(this.raw, 0x28);
    if (old !== 0) return (((old >> 8) & 0xff) << 8) | (old & 0xff);
    return get32(this.raw, 0x2c);
  }
  set rdev(rdev: number) {
    this.raw.fill(0, 0x28, 0x64);
    const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
    const major = (rdev >>> 8) & 0xfff;
    if (major < 256 && minor < 256) put32(this.raw, 0x28, (major << 8) | minor);
    else put32(this.raw, 0x2c, rdev);
  }

  /** Bytes behind the first 128 that are in use; 0 for small inodes. */
  get extra(): number {
    if (this.raw.length <= 128) return 0;
    const extra = get16(this.raw, 0x80);
    return extra > this.raw.length - 128 || extra % 4 !== 0 ? 0 : extra;
  }

  #time(at: number, extraAt: number): Time {
    const sec = get32(this.raw, at) | 0;
    if (128 + this.extra < extraAt + 4) return { sec, nsec: 0 };
    const more = get32(this.raw, extraAt);
    return { sec: sec + (more & 3) * 2 ** 32, nsec: Math.min(more >>> 2, 999_999_999) };
  }
  #setTime(at: number, extraAt: number, time: Time): void {
    const room = 128 + this.extra >= extraAt + 4;
    const low = -(2 ** 31);
    const sec = Math.max(low, Math.min(time.sec, room ? 2 ** 31 - 1 + 3 * 2 ** 32 : 2 ** 31 - 1));
    put32(this.raw, at, sec | 0);
    if (!room) return;
    const epoch = Math.floor((sec - (sec | 0)) / 2 ** 32) & 3;
    put32(this.raw, extraAt, ((time.nsec << 2) | epoch) >>> 0);
  }
  get atime(): Time {
    return this.#time(8, 0x8c);
  }
  set atime(time: Time) {
    this.#setTime(8, 0x8c, time);
  }
  get ctime(): Time {
    return this.#time(0xc, 0x84);
  }
  set ctime(time: Time) {
    this.#setTime(0xc, 0x84, time);
  }
  get mtime(): Time {
    return this.#time(0x10, 0x88);
  }
  set mtime(time: Time) {
    this.#setTime(0x10, 0x88, time);
  }
  set crtime(time: Time) {
    if (128 + this.extra >= 0x98) this.#setTime(0x90, 0x94, time);
  }

  /** What checksums of its blocks begin with. */
  seed(volumeSeed: number): number {
    this.#seed ??= crc32cOf(crc32cOf(volumeSeed, this.ino), this.generation);
    return this.#seed;
  }

  checksum(volumeSeed: number): number {
    const { raw } = this;
    const hasHigh = 128 + this.extra >= 0x84;
    const lo = get16(raw, 0x7c);
    put16(raw, 0x7c, 0);
    let hi = 0;
    if (hasHigh) {
      hi = get16(raw, 0x82);
      put16(raw, 0x82, 0);
    }
    const sum = crc32c(this.seed(volumeSeed), raw);
    put16(raw, 0x7c, lo);
    if (hasHigh) put16(raw, 0x82, hi);
    return hasHigh ? sum : sum & 0xffff;
  }
  get storedChecksum(): number {
    const low = get16(this.raw, 0x7c);
    return 128 + this.extra >= 0x84 ? (low | (get16(this.raw, 0x82) << 16)) >>> 0 : low;
  }
  seal(volumeSeed: number): void {
    const sum = this.checksum(volumeSeed);
    put16(this.raw, 0x7c, sum & 0xffff);
    if (128 + this.extra >= 0x84) put16(this.raw, 0x82, sum >>> 16);
  }
}
