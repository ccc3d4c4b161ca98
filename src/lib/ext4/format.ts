// Making an ext2/3/4 file system (mke2fs(8)).
import { setSize } from "./data.ts";
import type { ByteDevice } from "./device.ts";
import { add, grow, makeEmpty } from "./directory.ts";
import { Ext4Error } from "./error.ts";
import { BLOCK_UNINIT, Group, INODE_UNINIT, INODE_ZEROED } from "./groups.ts";
import { newJournal } from "./journal.ts";
import { setBlocks } from "./mapping.ts";
import { JOURNAL_INO, Node, ROOT_INO } from "./node.ts";
import {
  COMPAT_HAS_JOURNAL,
  INCOMPAT_CSUM_SEED,
  INCOMPAT_FLEX_BG,
  SUPER_OFFSET,
  SUPER_SIZE,
  Super,
} from "./superblock.ts";
import { Volume } from "./volume.ts";

/** Groups whose tables lie together. */
const LOG_FLEX = 4;
const ZEROS = 1024 * 1024;
/** Blocks that a group must have beside its own tables. */
const SPARE = 50;
const LOST_FOUND = 16384;

export interface FormatOptions {
  readonly blockSize: number;
  /** Blocks of the file system; the last few may be left out. */
  readonly blocks: number;
  readonly inodeSize: number;
  /** Inodes wanted; rounded. */
  readonly inodes: number;
  readonly reserved: number;
  readonly compat: number;
  readonly incompat: number;
  readonly roCompat: number;
  readonly label: string;
  readonly lastMounted: string;
  readonly uuid: Uint8Array;
  readonly hashSeed: Uint8Array;
  /** Blocks of the journal; 0: none. */
  readonly journal: number;
  /** Inode tables are left as they are where checksums say that they are unused. */
  readonly lazy: boolean;
  /** What the device had before reads as zeros. */
  readonly zeroed: boolean;
  readonly now: number;
  readonly owner: readonly [uid: number, gid: number];
  /** s_errors: 1 continue, 2 remount-ro, 3 panic. */
  readonly errors: number;
}

/** Blocks of the journal that a file system of this size gets; 0: too small for one. */
export function defaultJournal(blocks: number): number {
  const sizes: readonly (readonly [number, number])[] = [
    [2048, 0],
    [32768, 1024],
    [262144, 4096],
    [524288, 8192],
    [4194304, 16384],
    [8388608, 32768],
    [16777216, 65536],
    [33554432, 131072],
  ];
  for (const [below, size] of sizes) if (blocks < below) return size;
  return 262144;
}

/** The geometry: a super block without its times and counts. Throws "unsupported" when it cannot be. */
export function planSuper(options: FormatOptions): Super {
  const { blockSize, inodeSize } = options;
  const s = new Super(new Uint8Array(SUPER_SIZE));
  const bad = (what: string): never => {
    throw new Ext4Error("unsupported", what);
  };
  s.set32(0x4c, 1);
  s.set16(0x38, 0xef53);
  s.compat = options.compat;
  s.incompat = options.incompat;
  s.roCompat = options.roCompat;
  const log = Math.log2(blockSize / 1024);
  s.set32(0x18, log);
  s.set32(0x1c, log);
  s.set32(0x14, blockSize === 1024 ? 1 : 0);
  const perGroup = blockSize * 8;
  s.set32(0x20, perGroup);
  s.set32(0x24, perGroup);
  s.set32(0x54, 11);
  s.set16(0x58, inodeSize);
  if (s.is64) s.set16(0xfe, 64);
  else if (options.blocks >= 2 ** 32) bad("Size of device too big to be expressed in 32 bits");
  if ((options.incompat & INCOMPAT_FLEX_BG) !== 0) s.bytes[0x174] = LOG_FLEX;
  const inodesPerBlock = blockSize / inodeSize;
  for (let blocks = options.blocks; ; ) {
    s.blocks = blocks;
    if (blocks < s.firstDataBlock + 8) bad("Not enough space to build proposed filesystem");
    const { groups } = s;
    let perTable = Math.ceil(Math.ceil(options.inodes / groups) / inodesPerBlock);
    // A multiple of eight inodes, in whole blocks.
    let inodes = Math.max(1, perTable) * inodesPerBlock;
    inodes = Math.min(Math.ceil(Math.max(inodes, 16) / 8) * 8, blockSize * 8);
    perTable = Math.ceil(inodes / inodesPerBlock);
    s.set32(0x28, inodes);
    if (inodes * groups >= 2 ** 32) bad("too many inodes, raise inode ratio?");
    s.set32(0, inodes * groups);
    const last = blocks - s.firstBlock(groups - 1);
    const overhead = s.baseMeta(groups - 1) + 2 + perTable;
    if (groups === 1 && last < overhead + 8) bad("Not enough space to build proposed filesystem");
    if (groups > 1 && last < overhead + SPARE) {
      blocks -= last;
      continue;
    }
    break;
  }
  s.reserved = Math.min(options.reserved, s.blocks - 1);
  s.bytes.set(options.uuid, 0x68);
  s.bytes.set(options.hashSeed, 0xec);
  s.label = options.label;
  s.setText(0x88, 64, options.lastMounted);
  s.set16(0x36, 0xffff);
  s.set16(0x3a, 1);
  s.set16(0x3c, options.errors);
  s.set32(0x40, options.now);
  s.set32(0x30, options.now);
  s.set32(0x108, options.now);
  s.bytes[0xfc] = 1;
  s.set32(0x100, 0xc);
  s.set32(0x160, 1);
  if (inodeSize > 128) {
    s.set16(0x15c, 32);
    s.set16(0x15e, 32);
  }
  if (s.hasCsum) s.bytes[0x175] = 1;
  if ((options.incompat & INCOMPAT_CSUM_SEED) !== 0) {
    const plain = s.incompat;
    s.incompat = plain & ~INCOMPAT_CSUM_SEED;
    const { seed } = s;
    s.incompat = plain;
    s.set32(0x270, seed);
  }
  return s;
}

/** Blocks that are in use, by group. */
class Usage {
  readonly #s: Super;
  readonly #ranges = new Map<number, [from: number, to: number][]>();

  constructor(s: Super) {
    this.#s = s;
  }
  mark(start: number, count: number): void {
    const s = this.#s;
    for (let block = start; block < start + count; ) {
      const group = Math.floor((block - s.firstDataBlock) / s.blocksPerGroup);
      const end = Math.min(start + count, s.firstBlock(group) + s.blocksPerGroup);
      const list = this.#ranges.get(group) ?? [];
      list.push([block - s.firstBlock(group), end - s.firstBlock(group)]);
      this.#ranges.set(group, list);
      block = end;
    }
  }
  used(group: number): number {
    let sum = 0;
    for (const [from, to] of this.#ranges.get(group) ?? []) sum += to - from;
    return sum;
  }
  bitmap(group: number): Uint8Array {
    const s = this.#s;
    const bits = new Uint8Array(s.blockSize);
    const set = (from: number, to: number): void => {
      for (let i = from; i < to; i++) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
    };
    for (const [from, to] of this.#ranges.get(group) ?? []) set(from, to);
    set(s.blocksIn(group), s.blockSize * 8);
    return bits;
  }
}

/** Finds places for bitmaps and tables: those of a flexible group one after the other. */
function place(s: Super, gdt: readonly Group[], usage: Usage, tableBlocks: number): void {
  const flex = s.flexSize;
  for (let first = 0; first < gdt.length; first += flex) {
    const members = gdt.slice(first, first + flex);
    let group = first;
    let at = s.firstBlock(first) + s.baseMeta(first);
    const take = (count: number): number => {
      while (at + count > s.firstBlock(group) + s.blocksIn(group)) {
        group++;
        if (group >= gdt.length) {
          throw new Ext4Error("unsupported", "Not enough space to build proposed filesystem");
        }
        at = s.firstBlock(group) + s.baseMeta(group);
      }
      const start = at;
      at += count;
      usage.mark(start, count);
      return start;
    };
    for (const each of members) each.blockBitmap = take(1);
    for (const each of members) each.inodeBitmap = take(1);
    for (const each of members) each.inodeTable = take(tableBlocks);
  }
}

function zero(device: ByteDevice, offset: number, length: number): void {
  const zeros = new Uint8Array(Math.min(ZEROS, length));
  for (let done = 0; done < length; done += ZEROS) {
    device.write(offset + done, zeros.subarray(0, Math.min(ZEROS, length - done)));
  }
}

/** A journal of `blocks` blocks in inode 8. */
export function makeJournal(volume: Volume, blocks: number, now: number, zeroed: boolean): void {
  const { blockSize, super: s } = volume;
  const node = volume.createAt(JOURNAL_INO, 0o100600, 0, 0, { sec: now, nsec: 0 });
  // In the middle, where it is near to all.
  let goal = s.firstBlock(volume.groups.length >> 1) + s.baseMeta(volume.groups.length >> 1);
  for (let at = 0; at < blocks; ) {
    volume.reserve(8);
    const { start, count } = volume.allocate(goal, Math.min(blocks - at, 32768));
    if (!zeroed) zero(volume.device, start * blockSize, count * blockSize);
    if (at === 0)
      volume.device.write(start * blockSize, newJournal(blockSize, blocks, new Uint8Array(16)));
    setBlocks(volume, node, at, { start, count, unwritten: false });
    at += count;
    goal = start + count;
  }
  setSize(volume, node, blocks * blockSize);
  s.compat |= COMPAT_HAS_JOURNAL;
  s.set32(0xe0, JOURNAL_INO);
  // A copy of where it is.
  s.bytes[0xfd] = 1;
  s.bytes.set(node.raw.subarray(0x28, 0x64), 0x10c);
  s.set32(0x148, Math.floor((blocks * blockSize) / 2 ** 32));
  s.set32(0x14c, (blocks * blockSize) % 2 ** 32);
  volume.changeSuper();
}

/** Copies of super block and descriptors, as they are in the first group. */
export function writeBackups(volume: Volume): void {
  const { device, blockSize, super: s } = volume;
  const gdt = device.read(s.gdtBlock(0) * blockSize, s.gdtBlocks * blockSize);
  for (let group = 1; group < volume.groups.length; group++) {
    if (!s.hasSuper(group)) continue;
    const copy = new Super(device.read(SUPER_OFFSET, SUPER_SIZE));
    copy.set16(0x5a, group);
    copy.seal();
    device.write(s.firstBlock(group) * blockSize, copy.bytes);
    device.write((s.firstBlock(group) + 1) * blockSize, gdt);
  }
}

/** Writes a whole file system; what was on the device before is lost. */
export function format(device: ByteDevice, options: FormatOptions): Volume {
  const s = planSuper(options);
  const { blockSize, groups, inodesPerGroup } = s;
  const tableBlocks = Math.ceil((inodesPerGroup * s.inodeSize) / blockSize);
  const usage = new Usage(s);
  for (let group = 0; group < groups; group++) {
    const count = s.baseMeta(group);
    if (count > 0) usage.mark(s.firstBlock(group), count);
  }
  const descriptors = new Uint8Array(s.gdtBlocks * blockSize);
  const gdt: Group[] = [];
  for (let i = 0; i < groups; i++) gdt.push(new Group(i, descriptors, i * s.descSize, s.descSize));
  place(s, gdt, usage, tableBlocks);
  const { seed } = s;
  const lazy = options.lazy && s.hasGroupCsum;
  let free = 0;
  for (const group of gdt) {
    const reserved = group.index === 0 ? 10 : 0;
    group.freeBlocks = s.blocksIn(group.index) - usage.used(group.index);
    free += group.freeBlocks;
    group.freeInodes = inodesPerGroup - reserved;
    const bits = usage.bitmap(group.index);
    const inodes = new Uint8Array(blockSize);
    for (let i = 0; i < reserved; i++) inodes[i >> 3] = (inodes[i >> 3] as number) | (1 << (i & 7));
    inodes.fill(0xff, inodesPerGroup / 8);
    if (s.hasGroupCsum) {
      group.unusedInodes = inodesPerGroup - reserved;
      group.flags =
        (reserved === 0 ? INODE_UNINIT : 0) | (options.zeroed || !lazy ? INODE_ZEROED : 0);
      if (usage.used(group.index) === 0 && group.index !== groups - 1) group.flags |= BLOCK_UNINIT;
    }
    if (s.hasCsum) {
      group.sealBitmap(seed, "block", bits, s.blocksPerGroup / 8);
      group.sealBitmap(seed, "inode", inodes, inodesPerGroup / 8);
    }
    group.seal(s, seed);
    if ((group.flags & BLOCK_UNINIT) === 0) device.write(group.blockBitmap * blockSize, bits);
    if ((group.flags & INODE_UNINIT) === 0) device.write(group.inodeBitmap * blockSize, inodes);
    if (!options.zeroed) {
      // Of the first table at least the reserved inodes.
      const length = lazy
        ? reserved > 0
          ? blockSize * Math.ceil((16 * s.inodeSize) / blockSize)
          : 0
        : tableBlocks * blockSize;
      if (length > 0)
        zero(device, group.inodeTable * blockSize, Math.min(length, tableBlocks * blockSize));
    }
  }
  s.freeBlocks = free;
  s.freeInodes = s.inodes - 10;
  // Other file systems must not be found any more.
  zero(device, 0, SUPER_OFFSET);
  zero(device, SUPER_OFFSET + SUPER_SIZE, blockSize > 2048 ? blockSize - 2048 : 0);
  device.write(s.gdtBlock(0) * blockSize, descriptors);
  s.seal();
  device.write(SUPER_OFFSET, s.bytes);
  const wanted = s.hasJournal;
  const volume = Volume.open(device, {
    readonly: false,
    noload: true,
    now: () => options.now,
    log: () => {},
  });
  if (wanted && options.journal === 0) volume.super.compat &= ~COMPAT_HAS_JOURNAL;
  fill(volume, options);
  volume.commit();
  volume.writeSuper();
  writeBackups(volume);
  device.flush();
  return volume;
}

/** Root, lost+found, journal. */
function fill(volume: Volume, options: FormatOptions): void {
  const now = { sec: options.now, nsec: 0 };
  const [uid, gid] = options.owner;
  const first = volume.groups[0] as Group;
  const root = volume.createAt(ROOT_INO, 0o040755, uid, gid, now);
  makeEmpty(volume, root, ROOT_INO);
  root.links = 3;
  const lost = volume.create(root, 0o040700, 0, 0, now);
  makeEmpty(volume, lost, ROOT_INO);
  lost.links = 2;
  add(volume, root, "lost+found", lost.ino, 2);
  first.usedDirs++;
  volume.changeGroup(first);
  // It has room before it is needed: e2fsck cannot allocate when all is in disorder.
  while (lost.size < LOST_FOUND) grow(volume, lost);
  // Reserved inodes: the table has them, empty.
  for (const ino of [1, 3, 4, 5, 6, 7, 8, 9, 10]) {
    const { block, at } = volume.place(ino);
    const buf = volume.buffers.read(block);
    const node = new Node(ino, buf.bytes.slice(at, at + volume.super.inodeSize));
    node.raw.fill(0);
    if (ino === 1) {
      node.atime = now;
      node.ctime = now;
      node.mtime = now;
    }
    volume.changed(node);
  }
  if (options.journal > 0) makeJournal(volume, options.journal, options.now, options.zeroed);
}
