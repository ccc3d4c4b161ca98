// The super block of ext2/3/4: fields, features, geometry (Linux: Documentation/filesystems/ext4/super.rst).
import { crc32c } from "./crc.ts";
import { Ext4Error } from "./error.ts";
import { get16, get32, high32, put16, put32 } from "./fields.ts";

export const SUPER_OFFSET = 1024;
export const SUPER_SIZE = 1024;
export const EXT4_MAGIC = 0xef53;

export const COMPAT_HAS_JOURNAL = 4;
export const COMPAT_EXT_ATTR = 8;
export const COMPAT_RESIZE_INODE = 0x10;
export const COMPAT_DIR_INDEX = 0x20;
export const COMPAT_SPARSE_SUPER2 = 0x200;
export const INCOMPAT_FILETYPE = 2;
export const INCOMPAT_RECOVER = 4;
export const INCOMPAT_META_BG = 0x10;
export const INCOMPAT_EXTENTS = 0x40;
export const INCOMPAT_64BIT = 0x80;
export const INCOMPAT_FLEX_BG = 0x200;
export const INCOMPAT_CSUM_SEED = 0x2000;
export const RO_COMPAT_SPARSE_SUPER = 1;
export const RO_COMPAT_LARGE_FILE = 2;
export const RO_COMPAT_HUGE_FILE = 8;
export const RO_COMPAT_GDT_CSUM = 0x10;
export const RO_COMPAT_DIR_NLINK = 0x20;
export const RO_COMPAT_EXTRA_ISIZE = 0x40;
export const RO_COMPAT_METADATA_CSUM = 0x400;
export const RO_COMPAT_ORPHAN_PRESENT = 0x10000;

/** Read and written here. */
export const KNOWN_INCOMPAT: number =
  INCOMPAT_FILETYPE |
  INCOMPAT_RECOVER |
  INCOMPAT_META_BG |
  INCOMPAT_EXTENTS |
  INCOMPAT_64BIT |
  INCOMPAT_FLEX_BG |
  INCOMPAT_CSUM_SEED;
export const KNOWN_RO_COMPAT: number =
  RO_COMPAT_SPARSE_SUPER |
  RO_COMPAT_LARGE_FILE |
  RO_COMPAT_HUGE_FILE |
  RO_COMPAT_GDT_CSUM |
  RO_COMPAT_DIR_NLINK |
  RO_COMPAT_EXTRA_ISIZE |
  RO_COMPAT_METADATA_CSUM |
  RO_COMPAT_ORPHAN_PRESENT;

/** s_state. */
export const STATE_VALID = 1;
export const STATE_ERROR = 2;

export type FeatureSet = "compat" | "incompat" | "ro_compat";

/** Names as e2fsprogs has them. */
export const FEATURES: readonly (readonly [set: FeatureSet, bit: number, name: string])[] = [
  ["compat", 1, "dir_prealloc"],
  ["compat", 4, "has_journal"],
  ["compat", 2, "imagic_inodes"],
  ["compat", 8, "ext_attr"],
  ["compat", 0x20, "dir_index"],
  ["compat", 0x10, "resize_inode"],
  ["compat", 0x40, "lazy_bg"],
  ["compat", 0x100, "snapshot_bitmap"],
  ["compat", 0x200, "sparse_super2"],
  ["compat", 0x400, "fast_commit"],
  ["compat", 0x800, "stable_inodes"],
  ["compat", 0x1000, "orphan_file"],
  ["ro_compat", 1, "sparse_super"],
  ["ro_compat", 2, "large_file"],
  ["ro_compat", 8, "huge_file"],
  ["ro_compat", 0x10, "uninit_bg"],
  ["ro_compat", 0x20, "dir_nlink"],
  ["ro_compat", 0x40, "extra_isize"],
  ["ro_compat", 0x100, "quota"],
  ["ro_compat", 0x200, "bigalloc"],
  ["ro_compat", 0x400, "metadata_csum"],
  ["ro_compat", 0x800, "replica"],
  ["ro_compat", 0x1000, "read-only"],
  ["ro_compat", 0x2000, "project"],
  ["ro_compat", 0x4000, "shared_blocks"],
  ["ro_compat", 0x8000, "verity"],
  ["ro_compat", 0x10000, "orphan_present"],
  ["incompat", 1, "compression"],
  ["incompat", 2, "filetype"],
  ["incompat", 4, "needs_recovery"],
  ["incompat", 8, "journal_dev"],
  ["incompat", 0x40, "extent"],
  ["incompat", 0x10, "meta_bg"],
  ["incompat", 0x80, "64bit"],
  ["incompat", 0x100, "mmp"],
  ["incompat", 0x200, "flex_bg"],
  ["incompat", 0x400, "ea_inode"],
  ["incompat", 0x1000, "dirdata"],
  ["incompat", 0x2000, "metadata_csum_seed"],
  ["incompat", 0x4000, "large_dir"],
  ["incompat", 0x8000, "inline_data"],
  ["incompat", 0x10000, "encrypt"],
  ["incompat", 0x20000, "casefold"],
];

/** The names of the bits of one set; unknown ones as "FEATURE_I31" and the like. */
export function featureNames(set: FeatureSet, bits: number): string[] {
  const names: string[] = [];
  for (const [of, bit, name] of FEATURES) if (of === set && (bits & bit) !== 0) names.push(name);
  const letter = set === "compat" ? "C" : set === "incompat" ? "I" : "R";
  for (let i = 0; i < 32; i++) {
    if ((bits & (1 << i)) === 0) continue;
    if (FEATURES.some(([of, bit]) => of === set && bit === 1 << i)) continue;
    names.push(`FEATURE_${letter}${i}`);
  }
  return names;
}

/** The 1024 bytes, changed in place. */
export class Super {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  u16(at: number): number {
    return get16(this.bytes, at);
  }
  u32(at: number): number {
    return get32(this.bytes, at);
  }
  set16(at: number, value: number): void {
    put16(this.bytes, at, value);
  }
  set32(at: number, value: number): void {
    put32(this.bytes, at, value);
  }
  #wide(low: number, high: number): number {
    return this.u32(low) + (this.is64 ? this.u32(high) * 2 ** 32 : 0);
  }
  #setWide(low: number, high: number, value: number): void {
    this.set32(low, value % 2 ** 32);
    if (this.is64) this.set32(high, high32(value));
  }

  get compat(): number {
    return this.revision === 0 ? 0 : this.u32(0x5c);
  }
  get incompat(): number {
    return this.revision === 0 ? 0 : this.u32(0x60);
  }
  get roCompat(): number {
    return this.revision === 0 ? 0 : this.u32(0x64);
  }
  set compat(bits: number) {
    this.set32(0x5c, bits);
  }
  set incompat(bits: number) {
    this.set32(0x60, bits);
  }
  set roCompat(bits: number) {
    this.set32(0x64, bits);
  }
  get revision(): number {
    return this.u32(0x4c);
  }
  get is64(): boolean {
    return (this.incompat & INCOMPAT_64BIT) !== 0;
  }
  get hasCsum(): boolean {
    return (this.roCompat & RO_COMPAT_METADATA_CSUM) !== 0;
  }
  get hasGroupCsum(): boolean {
    return (this.roCompat & (RO_COMPAT_METADATA_CSUM | RO_COMPAT_GDT_CSUM)) !== 0;
  }
  get hasJournal(): boolean {
    return (this.compat & COMPAT_HAS_JOURNAL) !== 0;
  }
  get hasFileType(): boolean {
    return (this.incompat & INCOMPAT_FILETYPE) !== 0;
  }
  get inodes(): number {
    return this.u32(0);
  }
  get blocks(): number {
    return this.#wide(4, 0x150);
  }
  set blocks(count: number) {
    this.#setWide(4, 0x150, count);
  }
  get reserved(): number {
    return this.#wide(8, 0x154);
  }
  set reserved(count: number) {
    this.#setWide(8, 0x154, count);
  }
  get freeBlocks(): number {
    return this.#wide(0xc, 0x158);
  }
  set freeBlocks(count: number) {
    this.#setWide(0xc, 0x158, count);
  }
  get freeInodes(): number {
    return this.u32(0x10);
  }
  set freeInodes(count: number) {
    this.set32(0x10, count);
  }
  get firstDataBlock(): number {
    return this.u32(0x14);
  }
  get blockSize(): number {
    return 1024 * 2 ** this.u32(0x18);
  }
  get blocksPerGroup(): number {
    return this.u32(0x20);
  }
  get inodesPerGroup(): number {
    return this.u32(0x28);
  }
  get inodeSize(): number {
    return this.revision === 0 ? 128 : this.u16(0x58);
  }
  get firstInode(): number {
    return this.revision === 0 ? 11 : this.u32(0x54);
  }
  get descSize(): number {
    return this.is64 ? this.u16(0xfe) : 32;
  }
  get groups(): number {
    return Math.ceil((this.blocks - this.firstDataBlock) / this.blocksPerGroup);
  }
  get state(): number {
    return this.u16(0x3a);
  }
  set state(value: number) {
    this.set16(0x3a, value);
  }
  get reservedGdtBlocks(): number {
    return (this.compat & COMPAT_RESIZE_INODE) !== 0 ? this.u16(0xce) : 0;
  }
  get flexSize(): number {
    return (this.incompat & INCOMPAT_FLEX_BG) !== 0 ? 2 ** (this.bytes[0x174] as number) : 1;
  }
  get uuid(): Uint8Array {
    return this.bytes.subarray(0x68, 0x78);
  }
  get label(): string {
    return this.text(0x78, 16);
  }
  set label(text: string) {
    this.setText(0x78, 16, text);
  }
  get lastOrphan(): number {
    return this.u32(0xe8);
  }
  set lastOrphan(ino: number) {
    this.set32(0xe8, ino);
  }
  /** Up to the first NUL. */
  text(at: number, length: number): string {
    let out = "";
    for (let i = at; i < at + length && this.bytes[i] !== 0; i++) {
      out += String.fromCharCode(this.bytes[i] as number);
    }
    return out;
  }
  setText(at: number, length: number, text: string): void {
    this.bytes.fill(0, at, at + length);
    for (let i = 0; i < Math.min(length, text.length); i++) {
      this.bytes[at + i] = text.charCodeAt(i) & 255;
    }
  }
  /** What all checksums begin with. */
  get seed(): number {
    if ((this.incompat & INCOMPAT_CSUM_SEED) !== 0) return this.u32(0x270);
    return crc32c(0xffffffff, this.uuid);
  }

  checksum(): number {
    return crc32c(0xffffffff, this.bytes, 0, 0x3fc);
  }
  /** Brings the checksum up to date. */
  seal(): void {
    if (this.hasCsum) this.set32(0x3fc, this.checksum());
  }

  /** True when the group has a copy of super block and descriptors (or is the first). */
  hasSuper(group: number): boolean {
    if (group === 0) return true;
    if ((this.compat & COMPAT_SPARSE_SUPER2) !== 0) {
      return group === this.u32(0x24c) || group === this.u32(0x250);
    }
    if (group === 1 || (this.roCompat & RO_COMPAT_SPARSE_SUPER) === 0) return true;
    return isPower(group, 3) || isPower(group, 5) || isPower(group, 7);
  }

  get descPerBlock(): number {
    return Math.floor(this.blockSize / this.descSize);
  }
  /** Blocks of descriptors, without those kept for growth. */
  get gdtBlocks(): number {
    return Math.ceil(this.groups / this.descPerBlock);
  }
  firstBlock(group: number): number {
    return this.firstDataBlock + group * this.blocksPerGroup;
  }
  blocksIn(group: number): number {
    return Math.min(this.blocksPerGroup, this.blocks - this.firstBlock(group));
  }
  /** Where the n-th block of descriptors is. */
  gdtBlock(n: number): number {
    const meta = this.u32(0x104);
    if ((this.incompat & INCOMPAT_META_BG) === 0 || n < meta) return this.firstDataBlock + 1 + n;
    const group = n * this.descPerBlock;
    const shift = this.hasSuper(group) ? 1 : 0;
    // With blocks of 1024 the first group of all begins behind the boot block.
    const boot = this.firstDataBlock === 0 && this.blockSize === 1024 && n === 0 ? 1 : 0;
    return this.firstBlock(group) + shift + boot;
  }
  /** Blocks at the start of a group that hold super block and descriptors, kept ones included. */
  baseMeta(group: number): number {
    const meta = this.u32(0x104);
    const metaBg = (this.incompat & INCOMPAT_META_BG) !== 0;
    let count = this.hasSuper(group) ? 1 : 0;
    if (!metaBg || group < meta * this.descPerBlock) {
      if (count > 0) count += (metaBg ? meta : this.gdtBlocks) + this.reservedGdtBlocks;
    } else {
      const first = group - (group % this.descPerBlock);
      if (group === first || group === first + 1 || group === first + this.descPerBlock - 1)
        count++;
    }
    return count;
  }
}

function isPower(value: number, base: number): boolean {
  let n = base;
  while (n < value) n *= base;
  return n === value;
}

/**
 * Reads and checks the super block of a device. `undefined`: there is none; throws "unsupported" for a
 * geometry that cannot be. Features are the caller's to judge.
 */
export function parseSuper(bytes: Uint8Array, deviceSize: number): Super | undefined {
  const s = new Super(bytes);
  if (s.u16(0x38) !== EXT4_MAGIC) return undefined;
  const bad = (what: string): never => {
    throw new Ext4Error("unsupported", what);
  };
  if (s.u32(0x18) > 2) bad(`bad block size ${s.u32(0x18) > 20 ? "" : s.blockSize}`);
  if (s.hasCsum) {
    if ((s.bytes[0x175] as number) !== 1)
      bad("Found ext4 filesystem with unknown checksum algorithm.");
    if (s.checksum() !== s.u32(0x3fc)) bad("invalid superblock checksum");
  }
  const { blockSize, inodeSize, descSize } = s;
  if (inodeSize < 128 || inodeSize > blockSize || (inodeSize & (inodeSize - 1)) !== 0) {
    bad(`unsupported inode size: ${inodeSize}`);
  }
  if (s.is64 && (descSize < 64 || descSize > 1024 || (descSize & (descSize - 1)) !== 0)) {
    bad(`unsupported descriptor size ${descSize}`);
  }
  const perGroup = s.blocksPerGroup;
  if (perGroup === 0 || perGroup > blockSize * 8 || perGroup % 8 !== 0)
    bad(`#blocks per group too big: ${perGroup}`);
  const perBlock = blockSize / inodeSize;
  const ipg = s.inodesPerGroup;
  if (ipg < perBlock || ipg > blockSize * 8 || ipg % 8 !== 0)
    bad(`invalid inodes per group: ${ipg}`);
  if (s.firstDataBlock !== (blockSize === 1024 ? 1 : 0)) {
    if (s.firstDataBlock !== 0) bad(`bad geometry: first data block is ${s.firstDataBlock}`);
  }
  const { blocks } = s;
  if (blocks <= s.firstDataBlock + 1 || blocks > Number.MAX_SAFE_INTEGER / blockSize) {
    bad(`bad geometry: block count ${blocks}`);
  }
  if (blocks * blockSize > deviceSize) {
    bad(
      `bad geometry: block count ${blocks} exceeds size of device (${Math.floor(deviceSize / blockSize)} blocks)`,
    );
  }
  if (s.groups * ipg !== s.inodes) bad(`inodes count not valid: ${s.inodes} vs ${s.groups * ipg}`);
  if (s.freeBlocks > blocks || s.freeInodes > s.inodes) {
    s.freeBlocks = Math.min(s.freeBlocks, blocks);
    s.freeInodes = Math.min(s.freeInodes, s.inodes);
  }
  if (s.reservedGdtBlocks > blockSize / 4)
    bad(`Number of reserved GDT blocks insanely large: ${s.reservedGdtBlocks}`);
  if (s.firstInode < 11 || s.firstInode > s.inodes) bad(`invalid first ino: ${s.firstInode}`);
  if ((s.incompat & INCOMPAT_META_BG) !== 0 && s.u32(0x104) > s.gdtBlocks) {
    bad(`first meta block group too large: ${s.u32(0x104)}`);
  }
  if ((s.incompat & INCOMPAT_FLEX_BG) !== 0 && (s.bytes[0x174] as number) > 31)
    bad("bad flex_bg size");
  return s;
}
