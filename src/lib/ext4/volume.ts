// A mounted ext2/3/4 file system: transactions, groups, allocation of blocks and inodes, orphans.
import { checkBlockBitmap, initBlockBitmap } from "./bitmaps.ts";
import { type Buf, Buffers } from "./buffers.ts";
import type { ByteDevice } from "./device.ts";
import { corrupt, Ext4Error, noSpace } from "./error.ts";
import { put16 } from "./fields.ts";
import { BLOCK_UNINIT, Group, INODE_UNINIT } from "./groups.ts";
import { Journal, MAX_JOURNAL_BLOCKS } from "./journal.ts";
import { mapBlocks, removeBlocks, usesBlocks } from "./mapping.ts";
import { FLAG_EXTENTS, JOURNAL_INO, Node } from "./node.ts";
import {
  featureNames,
  INCOMPAT_64BIT,
  INCOMPAT_EXTENTS,
  INCOMPAT_RECOVER,
  KNOWN_INCOMPAT,
  KNOWN_RO_COMPAT,
  parseSuper,
  SUPER_OFFSET,
  SUPER_SIZE,
  type Super,
} from "./superblock.ts";
import { dropAttributes } from "./xattr.ts";

/** Groups of one file system, at most: 32 TiB with blocks of 4096. */
const MAX_GROUPS = 1 << 18;
/** Blocks that one transaction changes before it is committed, at most. */
const MAX_DIRTY = 2048;
/** Blocks that are freed in one step. */
const FREE_STEP = 65536;
/** What an operation on names may take. */
const SPARE = 16;

export interface VolumeOptions {
  readonly readonly: boolean;
  /** The journal is not looked at: only together with `readonly`. */
  readonly noload?: boolean;
  /** Nothing is replayed: a journal that needs it is an error. */
  readonly noreplay?: boolean;
  /** Nothing is judged by its features (programs that check and change them). */
  readonly tolerant?: boolean;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** What the kernel log should say. */
  readonly log: (text: string) => void;
}

/** What is free of a run. */
export interface Extent {
  readonly start: number;
  readonly count: number;
}

/** An inode that has nothing yet gets an empty extent tree. */
export function useExtents(node: Node): void {
  node.flags |= FLAG_EXTENTS;
  node.raw.fill(0, 0x28, 0x64);
  put16(node.raw, 0x28, 0xf30a);
  put16(node.raw, 0x2c, 4);
}

export class Volume {
  readonly device: ByteDevice;
  readonly options: VolumeOptions;
  readonly buffers: Buffers;
  readonly super: Super;
  readonly blockSize: number;
  readonly seed: number;
  readonly groups: Group[] = [];
  journal: Journal | undefined;
  /** Why a tolerant opening could not use the journal. */
  journalDamage: string | undefined;
  /** Blocks that the journal replayed at mount. */
  replayed = 0;
  /** Whether the reserved blocks may be used now. */
  privileged: () => boolean = () => true;
  /** Is told of blocks that are free for good. */
  discard: ((start: number, count: number) => void) | undefined;
  readonly #freed: Extent[] = [];
  /** Order commits by flushing the device between data and commit record. */
  barrier = true;
  /** An error has ended all writing. */
  aborted = false;
  /** Data was written since the last flush. */
  #written = false;
  readonly #superBuf: Buf;
  readonly #gdt: Buf[] = [];
  readonly #nodes = new Map<number, Node>();
  readonly #changed = new Set<Node>();
  readonly #bitmaps = new Set<string>();
  readonly #revoked = new Set<number>();
  /** Blocks that were freed in the running transaction and must not be used before it is committed. */
  readonly #frozen = new Map<number, Uint8Array>();
  #frozenCount = 0;
  /** Where the search in a group goes on. */
  readonly #cursors = new Map<number, number>();
  /** Directories whose names are in memory, the one read last at the end (directory.ts). */
  readonly remembered: Set<Node> = new Set<Node>();
  /** Inodes of the orphan list, the first one first. */
  readonly orphans: number[] = [];

  /** Opens the file system of a device, replaying its journal. Throws Ext4Error, and what the device throws. */
  static open(device: ByteDevice, options: VolumeOptions): Volume {
    let volume = new Volume(device, options);
    if (!volume.super.hasJournal || options.noload === true) return volume;
    if (volume.super.u32(0xe0) !== JOURNAL_INO && volume.super.u32(0xe4) !== 0) {
      if (options.tolerant === true) return volume;
      throw new Ext4Error("unsupported", "external journals are not supported");
    }
    let journal: Journal;
    try {
      journal = volume.#openJournal();
    } catch (error) {
      if (options.tolerant !== true || !(error instanceof Ext4Error)) throw error;
      volume.journalDamage = error.message;
      return volume;
    }
    const wanted = (volume.super.incompat & INCOMPAT_RECOVER) !== 0;
    if (options.noreplay === true) {
      volume.journal = journal;
      return volume;
    }
    if (!wanted && !journal.isDirty) {
      volume.journal = journal;
      return volume;
    }
    const replayed = journal.replay(volume.super.blocks);
    volume.buffers.drop();
    volume = new Volume(device, options);
    volume.replayed = replayed;
    volume.super.incompat &= ~INCOMPAT_RECOVER;
    volume.writeSuper();
    device.flush();
    volume.journal = volume.#openJournal();
    return volume;
  }

  private constructor(device: ByteDevice, options: VolumeOptions) {
    this.device = device;
    this.options = options;
    if (device.size < SUPER_OFFSET + SUPER_SIZE) throw new Ext4Error("unsupported", "too small");
    const first = parseSuper(device.read(SUPER_OFFSET, SUPER_SIZE), device.size);
    if (first === undefined) throw new Ext4Error("unsupported", "no magic");
    this.#judge(first);
    this.blockSize = first.blockSize;
    this.buffers = new Buffers(device, this.blockSize, first.blocks);
    this.#superBuf = this.buffers.read(Math.floor(SUPER_OFFSET / this.blockSize));
    this.#superBuf.pinned = true;
    const at = SUPER_OFFSET % this.blockSize;
    const parsed = parseSuper(this.#superBuf.bytes.subarray(at, at + SUPER_SIZE), device.size);
    this.super = parsed as Super;
    this.#superBuf.seal = () => this.super.seal();
    this.seed = this.super.seed;
    this.#loadGroups();
  }

  #judge(s: Super): void {
    if (this.options.tolerant === true) return;
    const incompat = s.incompat & ~KNOWN_INCOMPAT;
    if (incompat !== 0) {
      const names = featureNames("incompat", incompat).join(" ");
      throw new Ext4Error(
        "unsupported",
        `Couldn't mount because of unsupported optional features (${incompat.toString(16)}): ${names}`,
      );
    }
    const ro = s.roCompat & ~KNOWN_RO_COMPAT;
    if (ro !== 0 && !this.options.readonly) {
      const names = featureNames("ro_compat", ro).join(" ");
      throw new Ext4Error(
        "unsupported",
        `Couldn't mount RDWR because of unsupported optional features (${ro.toString(16)}): ${names}`,
      );
    }
  }

  #loadGroups(): void {
    const s = this.super;
    const { groups, descPerBlock, descSize } = s;
    if (groups > MAX_GROUPS)
      throw new Ext4Error("unsupported", `groups count too large: ${groups}`);
    const tables = Math.ceil((s.inodesPerGroup * s.inodeSize) / this.blockSize);
    for (let index = 0; index < groups; index++) {
      const n = Math.floor(index / descPerBlock);
      let buf = this.#gdt[n];
      if (buf === undefined) {
        buf = this.buffers.read(s.gdtBlock(n));
        buf.pinned = true;
        this.#gdt[n] = buf;
      }
      const group = new Group(index, buf.bytes, (index % descPerBlock) * descSize, descSize);
      this.groups.push(group);
      if (this.options.tolerant === true) continue;
      for (const [what, block, length] of [
        ["Block bitmap", group.blockBitmap, 1],
        ["Inode bitmap", group.inodeBitmap, 1],
        ["Inode table", group.inodeTable, tables],
      ] as const) {
        if (block > s.firstDataBlock && block + length <= s.blocks) continue;
        throw new Ext4Error(
          "corrupt",
          `ext4_check_descriptors: ${what} for group ${index} not in group (block ${block})!`,
        );
      }
      if (s.hasGroupCsum && group.checksum !== group.expected(s, this.seed)) {
        throw new Ext4Error(
          "corrupt",
          `ext4_check_descriptors: Checksum for group ${index} failed (${group.expected(s, this.seed)}!=${group.checksum})`,
        );
      }
    }
  }

  #openJournal(): Journal {
    const node = this.node(this.super.u32(0xe0) || JOURNAL_INO);
    const length = Math.floor(node.size / this.blockSize);
    if (!node.isRegular || node.links === 0 || length > MAX_JOURNAL_BLOCKS) {
      corrupt("journal inode is invalid");
    }
    const map = new Float64Array(length);
    for (let at = 0; at < length; ) {
      const run = mapBlocks(this, node, at, length - at);
      if (run.start === 0) corrupt("journal inode has holes");
      for (let i = 0; i < run.count; i++) map[at + i] = run.start + i;
      at += run.count;
    }
    return new Journal(this.device, this.blockSize, map);
  }

  /** Writes the super block in place, outside of any transaction. */
  writeSuper(): void {
    this.super.seal();
    this.device.write(SUPER_OFFSET, this.super.bytes);
  }

  /** Notes a state on the device, and nothing else of what was changed. */
  writeSuperState(state: number): void {
    const bytes = this.device.read(SUPER_OFFSET, SUPER_SIZE);
    const there = parseSuper(bytes, this.device.size);
    if (there === undefined) return;
    there.state |= state;
    there.seal();
    this.device.write(SUPER_OFFSET, bytes);
    this.device.flush();
  }

  /** Before the first change: the journal is made ready. */
  beginWriting(): void {
    const s = this.super;
    if (this.journal === undefined) return;
    s.incompat |= INCOMPAT_RECOVER;
    this.journal.begin(s.hasCsum, (s.incompat & INCOMPAT_64BIT) !== 0);
    this.writeSuper();
    this.device.flush();
  }

  /** After the last change: all is in place, nothing needs to be replayed. */
  endWriting(): void {
    if (this.aborted) return;
    this.commit();
    this.device.flush();
    this.journal?.close();
    this.super.incompat &= ~INCOMPAT_RECOVER;
    this.writeSuper();
    this.device.flush();
  }

  // ---- transactions -------------------------------------------------------------------------------

  /** An operation begins: what the ones before have changed may be committed now. */
  begin(): void {
    if (this.#changed.size > 64) this.#storeNodes();
    const { journal } = this;
    const most = journal === undefined ? MAX_DIRTY : Math.min(MAX_DIRTY, journal.capacity / 3);
    if (this.buffers.dirty.size > most) this.commit();
    // An operation in progress is not cut in two because of space that waits for a commit.
    else if (this.#frozenCount > 0 && this.available < SPARE) this.commit();
    else this.buffers.trim();
  }

  get isChanged(): boolean {
    return this.buffers.dirty.size > 0 || this.#changed.size > 0 || this.#revoked.size > 0;
  }

  /** Ends the running transaction: what it changed is stable (with a journal), or at least written. */
  commit(): void {
    if (this.aborted || !this.isChanged) return;
    this.#storeNodes();
    for (const key of this.#bitmaps) {
      const group = this.groups[Number(key.slice(1))] as Group;
      if (!this.super.hasCsum) continue;
      const which = key.startsWith("b") ? "block" : "inode";
      const buf = this.buffers.read(which === "block" ? group.blockBitmap : group.inodeBitmap);
      group.sealBitmap(this.seed, which, buf.bytes, this.#bitmapBytes(which));
    }
    for (const group of this.#groupsChanged) group.seal(this.super, this.seed);
    this.#bitmaps.clear();
    this.#groupsChanged.clear();
    const list = this.buffers.sealed();
    const { journal } = this;
    if (journal !== undefined) {
      try {
        journal.commit(list, [...this.#revoked], this.options.now(), this.barrier);
      } catch (error) {
        this.aborted = true;
        throw error;
      }
      this.#written = false;
    }
    this.buffers.writeInPlace(list);
    this.#revoked.clear();
    this.#frozen.clear();
    this.#frozenCount = 0;
    for (const { start, count } of this.#freed.splice(0)) this.discard?.(start, count);
    this.buffers.trim();
  }

  /** Everything that was changed is stable. */
  sync(): void {
    if (this.aborted) return;
    const had = this.isChanged;
    this.commit();
    if (this.#written || (had && this.journal === undefined)) this.device.flush();
    this.#written = false;
  }

  /** Nothing is written any more. */
  abort(): void {
    this.aborted = true;
  }

  /** Data blocks, at once. */
  writeData(offset: number, bytes: Uint8Array): void {
    this.#written = true;
    this.device.write(offset, bytes);
  }

  readonly #groupsChanged = new Set<Group>();
  #changeGroup(group: Group): void {
    this.#groupsChanged.add(group);
    this.buffers.change(this.#gdt[Math.floor(group.index / this.super.descPerBlock)] as Buf);
  }
  /** The super block is part of the running transaction. */
  changeSuper(): void {
    this.buffers.change(this.#superBuf);
  }
  /** A descriptor was changed from outside. */
  changeGroup(group: Group): void {
    this.#changeGroup(group);
  }

  // ---- inodes -------------------------------------------------------------------------------------

  /** Where an inode is in the table. */
  place(ino: number): { group: Group; index: number; block: number; at: number } {
    const s = this.super;
    if (!(ino >= 1 && ino <= s.inodes)) corrupt(`bad inode number: ${ino}`);
    const group = this.groups[Math.floor((ino - 1) / s.inodesPerGroup)] as Group;
    const index = (ino - 1) % s.inodesPerGroup;
    const offset = index * s.inodeSize;
    const block = group.inodeTable + Math.floor(offset / this.blockSize);
    return { group, index, block, at: offset % this.blockSize };
  }

  node(ino: number): Node {
    const there = this.#nodes.get(ino);
    if (there !== undefined) return there;
    const { block, at } = this.place(ino);
    const { bytes } = this.buffers.read(block);
    const node = new Node(ino, bytes.slice(at, at + this.super.inodeSize));
    if (
      this.super.hasCsum &&
      this.options.tolerant !== true &&
      node.storedChecksum !== node.checksum(this.seed)
    ) {
      corrupt(`inode #${ino}: iget: checksum invalid`);
    }
    this.#nodes.set(ino, node);
    return node;
  }

  /** Nobody needs it any more; what was changed is kept. */
  forgetNode(node: Node): void {
    if (this.#changed.has(node)) this.#storeNode(node);
    this.#changed.delete(node);
    this.#nodes.delete(node.ino);
    this.remembered.delete(node);
  }

  changed(node: Node): void {
    this.#changed.add(node);
  }

  #storeNode(node: Node): void {
    const { block, at } = this.place(node.ino);
    if (this.super.hasCsum) node.seal(this.seed);
    const buf = this.buffers.read(block);
    buf.bytes.set(node.raw, at);
    this.buffers.change(buf);
  }
  #storeNodes(): void {
    for (const node of this.#changed) this.#storeNode(node);
    this.#changed.clear();
  }

  // ---- bitmaps ------------------------------------------------------------------------------------

  #bitmapBytes(which: "block" | "inode"): number {
    return (which === "block" ? this.super.blocksPerGroup : this.super.inodesPerGroup) / 8;
  }

  blockBitmap(group: Group): Buf {
    const s = this.super;
    if (s.hasGroupCsum && (group.flags & BLOCK_UNINIT) !== 0) {
      const there = this.buffers.peek(group.blockBitmap);
      if (there?.checked === "bitmap") return there;
      const buf = this.buffers.fresh(group.blockBitmap);
      initBlockBitmap(this, group, buf.bytes);
      buf.checked = "bitmap";
      return buf;
    }
    const buf = this.buffers.read(group.blockBitmap);
    if (buf.checked !== "bitmap") {
      if (s.hasCsum && !group.bitmapHolds(this.seed, "block", buf.bytes, s.blocksPerGroup / 8)) {
        corrupt(`bg ${group.index}: bad block bitmap checksum`);
      }
      checkBlockBitmap(this, group, buf.bytes);
      buf.checked = "bitmap";
    }
    return buf;
  }

  /** Blocks of one inode table. */
  get tableBlocks(): number {
    return Math.ceil((this.super.inodesPerGroup * this.super.inodeSize) / this.blockSize);
  }

  inodeBitmap(group: Group): Buf {
    const s = this.super;
    if (s.hasGroupCsum && (group.flags & INODE_UNINIT) !== 0) {
      const there = this.buffers.peek(group.inodeBitmap);
      if (there?.checked === "bitmap") return there;
      const buf = this.buffers.fresh(group.inodeBitmap);
      buf.bytes.fill(0xff, s.inodesPerGroup / 8);
      buf.checked = "bitmap";
      return buf;
    }
    const buf = this.buffers.read(group.inodeBitmap);
    if (buf.checked !== "bitmap") {
      if (s.hasCsum && !group.bitmapHolds(this.seed, "inode", buf.bytes, s.inodesPerGroup / 8)) {
        corrupt(`bg ${group.index}: Corrupt inode bitmap`);
      }
      buf.checked = "bitmap";
    }
    return buf;
  }

  /** A bitmap was changed: it, its descriptor and the super block are part of the transaction. */
  changeBitmap(which: "block" | "inode", group: Group, buf: Buf): void {
    const flag = which === "block" ? BLOCK_UNINIT : INODE_UNINIT;
    if ((group.flags & flag) !== 0) group.flags &= ~flag;
    this.#bitmaps.add((which === "block" ? "b" : "i") + group.index);
    this.buffers.change(buf);
    this.#changeGroup(group);
    this.changeSuper();
  }

  // ---- blocks -------------------------------------------------------------------------------------

  /** Throws "no-space" unless so many blocks are free; commits if that frees them. */
  reserve(count: number): void {
    if (this.available >= count) return;
    if (this.available + this.#frozenCount < count) noSpace();
    this.commit();
  }

  /** Free blocks that can be used now by who asks. */
  get available(): number {
    const { freeBlocks, reserved } = this.super;
    return freeBlocks - this.#frozenCount - (this.privileged() ? 0 : reserved);
  }

  /** Up to `want` neighbouring blocks, near `goal` if that can be. */
  allocate(goal: number, want: number): Extent {
    const s = this.super;
    if (this.available <= 0) {
      if (this.available + this.#frozenCount <= 0) noSpace();
      this.commit();
    }
    let at = goal;
    if (!(at >= s.firstDataBlock && at < s.blocks)) at = s.firstDataBlock;
    const home = Math.floor((at - s.firstDataBlock) / s.blocksPerGroup);
    // Exactly there, then a whole run, then anything.
    const bit = at - s.firstBlock(home);
    const here = this.#take(home, bit, want, "exact");
    if (here !== undefined) return here;
    for (const how of want > 1 ? (["run", "any"] as const) : (["any"] as const)) {
      for (let i = 0; i < this.groups.length; i++) {
        const index = (home + i) % this.groups.length;
        const group = this.groups[index] as Group;
        if (group.freeBlocks === 0 || (how === "run" && group.freeBlocks < Math.min(want, 64)))
          continue;
        const from = i === 0 ? bit : (this.#cursors.get(index) ?? 0);
        const found =
          this.#take(index, from, want, how) ??
          (from > 0 ? this.#take(index, 0, want, how) : undefined);
        if (found !== undefined) return found;
      }
    }
    if (this.#frozenCount > 0) {
      this.commit();
      return this.allocate(goal, want);
    }
    return noSpace();
  }

  #take(
    index: number,
    from: number,
    want: number,
    how: "exact" | "run" | "any",
  ): Extent | undefined {
    const group = this.groups[index] as Group;
    if (group.freeBlocks === 0) return undefined;
    const buf = this.blockBitmap(group);
    const bits = buf.bytes;
    const frozen = this.#frozen.get(index);
    const count = this.super.blocksIn(index);
    const isFree = (i: number): boolean =>
      (((bits[i >> 3] as number) | (frozen === undefined ? 0 : (frozen[i >> 3] as number))) &
        (1 << (i & 7))) ===
      0;
    const least = how === "run" ? Math.min(want, 64) : 1;
    for (let i = from; i < count; ) {
      if ((i & 7) === 0 && bits[i >> 3] === 0xff) {
        if (how === "exact") return undefined;
        i += 8;
        continue;
      }
      if (!isFree(i)) {
        if (how === "exact") return undefined;
        i++;
        continue;
      }
      let end = i + 1;
      while (end < count && end - i < want && isFree(end)) end++;
      if (end - i < least) {
        i = end;
        continue;
      }
      for (let k = i; k < end; k++) bits[k >> 3] = (bits[k >> 3] as number) | (1 << (k & 7));
      const taken = end - i;
      if (taken > group.freeBlocks) corrupt(`bg ${index}: free blocks count is wrong`);
      group.freeBlocks -= taken;
      this.super.freeBlocks = Math.max(0, this.super.freeBlocks - taken);
      this.#cursors.set(index, end);
      this.changeBitmap("block", group, buf);
      return { start: this.super.firstBlock(index) + i, count: taken };
    }
    return undefined;
  }

  /** Gives blocks back. `meta`: they held metadata, which must never be replayed over what comes there. */
  release(start: number, count: number, meta: boolean): void {
    const s = this.super;
    if (!(start > s.firstDataBlock && count > 0 && start + count <= s.blocks)) {
      corrupt(`Freeing blocks not in datazone - block = ${start}, count = ${count}`);
    }
    for (let done = 0; done < count; ) {
      const block = start + done;
      const index = Math.floor((block - s.firstDataBlock) / s.blocksPerGroup);
      const group = this.groups[index] as Group;
      const bit = block - s.firstBlock(index);
      const n = Math.min(count - done, s.blocksIn(index) - bit);
      const buf = this.blockBitmap(group);
      const bits = buf.bytes;
      for (let i = bit; i < bit + n; i++) {
        if (((bits[i >> 3] as number) & (1 << (i & 7))) === 0) {
          corrupt(`bg ${index}: bit already cleared for block ${s.firstBlock(index) + i}`);
        }
      }
      let frozen = this.#frozen.get(index);
      if (frozen === undefined && this.journal !== undefined) {
        frozen = new Uint8Array(this.blockSize);
        this.#frozen.set(index, frozen);
      }
      for (let i = bit; i < bit + n; i++) {
        bits[i >> 3] = (bits[i >> 3] as number) & ~(1 << (i & 7));
        if (frozen !== undefined) frozen[i >> 3] = (frozen[i >> 3] as number) | (1 << (i & 7));
      }
      if (frozen !== undefined) this.#frozenCount += n;
      group.freeBlocks += n;
      s.freeBlocks += n;
      this.changeBitmap("block", group, buf);
      done += n;
    }
    if (this.discard !== undefined) this.#freed.push({ start, count });
    if (!meta) return;
    for (let i = 0; i < count; i++) {
      this.buffers.forget(start + i);
      if (this.journal !== undefined) this.#revoked.add(start + i);
    }
  }

  /** A block of metadata for an inode, zeroed and part of the transaction. */
  newMeta(node: Node, goal: number): Buf {
    const { start } = this.allocate(goal, 1);
    node.addBlocks(1, this.blockSize);
    this.changed(node);
    const buf = this.buffers.fresh(start);
    this.#revoked.delete(start);
    this.buffers.change(buf);
    return buf;
  }

  // ---- making and removing inodes -----------------------------------------------------------------

  /** Where blocks of an inode are looked for when there is no better idea. */
  goalOf(node: Node): number {
    if (node.goal !== 0) return node.goal;
    const index = Math.floor((node.ino - 1) / this.super.inodesPerGroup);
    return this.super.firstBlock(index) + (this.#cursors.get(index) ?? 0);
  }

  #groupFor(parent: Node, directory: boolean): Group {
    const home = Math.floor((parent.ino - 1) / this.super.inodesPerGroup);
    if (directory && parent.ino === 2) {
      // Directories at the top are spread.
      let best: Group | undefined;
      for (const group of this.groups) {
        if (group.freeInodes === 0) continue;
        if (best === undefined || group.usedDirs < best.usedDirs) best = group;
      }
      if (best !== undefined) return best;
    }
    for (let i = 0; i < this.groups.length; i++) {
      const group = this.groups[(home + i) % this.groups.length] as Group;
      if (group.freeInodes > 0) return group;
    }
    return noSpace();
  }

  /** A new inode with one link, of the parent's neighbourhood. */
  create(
    parent: Node,
    mode: number,
    uid: number,
    gid: number,
    now: { sec: number; nsec: number },
  ): Node {
    const s = this.super;
    const directory = (mode & 0o170000) === 0o040000;
    const group = this.#groupFor(parent, directory);
    const buf = this.inodeBitmap(group);
    const bits = buf.bytes;
    const perGroup = s.inodesPerGroup;
    let byte = 0;
    while (byte < perGroup / 8 && bits[byte] === 0xff) byte++;
    let index = byte * 8;
    while (index < perGroup && ((bits[byte] as number) & (1 << (index & 7))) !== 0) index++;
    if (index >= s.inodesPerGroup) corrupt(`bg ${group.index}: free inodes count is wrong`);
    const ino = group.index * s.inodesPerGroup + index + 1;
    if (ino < s.firstInode || this.#nodes.has(ino))
      corrupt(`inode #${ino}: reserved inode is marked as free`);
    bits[index >> 3] = (bits[index >> 3] as number) | (1 << (index & 7));
    group.freeInodes--;
    s.freeInodes = Math.max(0, s.freeInodes - 1);
    if (directory) group.usedDirs++;
    if (s.hasGroupCsum) {
      const used = s.inodesPerGroup - Math.min(group.unusedInodes, s.inodesPerGroup);
      const { block, at } = this.place(ino);
      // Never written: what is there means nothing.
      if (index >= used && at === 0) this.buffers.fresh(block);
      if (index >= used) group.unusedInodes = s.inodesPerGroup - index - 1;
    }
    this.changeBitmap("inode", group, buf);
    return this.createAt(ino, mode, uid, gid, now);
  }

  /** A new inode whose number is taken already. */
  createAt(
    ino: number,
    mode: number,
    uid: number,
    gid: number,
    now: { sec: number; nsec: number },
  ): Node {
    const s = this.super;
    const raw = new Uint8Array(s.inodeSize);
    const node = new Node(ino, raw);
    if (s.inodeSize > 128) put16(raw, 0x80, 32);
    node.mode = mode;
    node.uid = uid;
    node.gid = gid;
    node.links = 1;
    node.generation = (Math.imul(ino, 2654435761) ^ now.sec ^ now.nsec) >>> 0;
    node.atime = now;
    node.ctime = now;
    node.mtime = now;
    node.crtime = now;
    if ((s.incompat & INCOMPAT_EXTENTS) !== 0 && [0o040000, 0o100000].includes(mode & 0o170000)) {
      useExtents(node);
    }
    this.#nodes.set(ino, node);
    this.changed(node);
    return node;
  }

  /** Frees an inode without links and all it has. It must be on the orphan list when it is large. */
  destroy(node: Node): void {
    const directory = node.isDirectory;
    if (this.#isLarge(node)) this.orphanAdd(node);
    this.truncate(node, 0);
    dropAttributes(this, node);
    this.orphanRemove(node);
    const { group, index } = this.place(node.ino);
    const buf = this.inodeBitmap(group);
    if (((buf.bytes[index >> 3] as number) & (1 << (index & 7))) === 0) {
      corrupt(`inode #${node.ino}: bit already cleared for inode`);
    }
    buf.bytes[index >> 3] = (buf.bytes[index >> 3] as number) & ~(1 << (index & 7));
    group.freeInodes++;
    if (directory && group.usedDirs > 0) group.usedDirs--;
    this.super.freeInodes++;
    this.changeBitmap("inode", group, buf);
    node.dtime = this.options.now();
    node.size = 0;
    node.links = 0;
    this.changed(node);
    this.forgetNode(node);
  }

  /** Frees the blocks from byte `size` on; large files in several transactions. */
  truncate(node: Node, size: number): void {
    if (!usesBlocks(node)) return;
    const keep = Math.ceil(size / this.blockSize);
    const many = this.#isLarge(node);
    const listed = this.orphans.includes(node.ino);
    if (many && !listed) this.orphanAdd(node);
    let from = many ? Math.ceil(node.size / this.blockSize) : 0;
    if (many) {
      // What lies beyond the end, then pieces from the end on.
      removeBlocks(this, node, Math.max(keep, from), Number.POSITIVE_INFINITY);
      while (from > keep) {
        from = Math.max(keep, from - FREE_STEP);
        removeBlocks(this, node, from, Number.POSITIVE_INFINITY);
        this.begin();
      }
    } else removeBlocks(this, node, keep, Number.POSITIVE_INFINITY);
    if (many && !listed) this.orphanRemove(node);
  }

  /** Freed in several transactions. */
  #isLarge(node: Node): boolean {
    return (
      this.journal !== undefined && node.sectors(this.blockSize) * 512 > FREE_STEP * this.blockSize
    );
  }

  // ---- orphans ------------------------------------------------------------------------------------

  /** An inode that must be freed, or cut to its size, should the machine stop now. */
  orphanAdd(node: Node): void {
    if (this.orphans.includes(node.ino)) return;
    node.dtime = this.super.lastOrphan;
    this.super.lastOrphan = node.ino;
    this.orphans.unshift(node.ino);
    this.changeSuper();
    this.changed(node);
  }

  orphanRemove(node: Node): void {
    const at = this.orphans.indexOf(node.ino);
    if (at < 0) return;
    const next = node.dtime;
    if (at === 0) {
      this.super.lastOrphan = next;
      this.changeSuper();
    } else {
      const before = this.node(this.orphans[at - 1] as number);
      before.dtime = next;
      this.changed(before);
    }
    this.orphans.splice(at, 1);
    node.dtime = 0;
    this.changed(node);
  }
}
