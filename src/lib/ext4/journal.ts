// The journal of ext3 and ext4 (jbd2; Linux: Documentation/filesystems/ext4/journal.rst): replay and commit.
import { crc32c } from "./crc.ts";
import type { ByteDevice } from "./device.ts";
import { Ext4Error } from "./error.ts";
import { getBe32, high32, putBe32 } from "./fields.ts";

export const JBD2_MAGIC = 0xc03b3998;
const DESCRIPTOR = 1;
const COMMIT = 2;
const REVOKE = 5;
const TAG_ESCAPE = 1;
const TAG_SAME_UUID = 2;
const TAG_LAST = 8;
const COMPAT_CHECKSUM = 1;
const INCOMPAT_REVOKE = 1;
const INCOMPAT_64BIT = 2;
const INCOMPAT_ASYNC_COMMIT = 4;
const INCOMPAT_CSUM_V2 = 8;
const INCOMPAT_CSUM_V3 = 0x10;
const KNOWN =
  INCOMPAT_REVOKE | INCOMPAT_64BIT | INCOMPAT_ASYNC_COMMIT | INCOMPAT_CSUM_V2 | INCOMPAT_CSUM_V3;
/** Blocks of one write. */
const RUN = 64;
/** Journals are at most so long. */
export const MAX_JOURNAL_BLOCKS = 10_240_000;

/** A block of a transaction. */
export interface Logged {
  readonly block: number;
  readonly bytes: Uint8Array;
}

/** 32-bit sequence numbers wrap. */
function after(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

/** A journal inside the file system. */
export class Journal {
  readonly #device: ByteDevice;
  readonly #blockSize: number;
  /** Physical block of each block of the journal. */
  readonly #map: Float64Array;
  readonly #super: Uint8Array;
  readonly #seed: number;
  readonly #first: number;
  readonly #end: number;
  /** Next transaction, where it begins, and where the oldest that may be replayed begins. */
  #sequence: number;
  #head: number;
  #tail: number;
  /** s_start is set on the device. */
  #open = false;

  /** `map`: where the blocks of the journal's file are. Throws Ext4Error for what is no journal. */
  constructor(device: ByteDevice, blockSize: number, map: Float64Array) {
    this.#device = device;
    this.#blockSize = blockSize;
    this.#map = map;
    if (map.length < 8) throw new Ext4Error("unsupported", "journal is too short");
    const s = device.read((map[0] as number) * blockSize, blockSize).subarray(0, 1024);
    this.#super = s;
    const type = getBe32(s, 4);
    if (getBe32(s, 0) !== JBD2_MAGIC || (type !== 3 && type !== 4)) {
      throw new Ext4Error("corrupt", "no journal superblock found");
    }
    if (getBe32(s, 0xc) !== blockSize) throw new Ext4Error("unsupported", "bad journal block size");
    this.#end = getBe32(s, 0x10);
    this.#first = getBe32(s, 0x14);
    if (this.#end > map.length) throw new Ext4Error("corrupt", "journal inode too short");
    if (this.#first === 0 || this.#first + 4 > this.#end) {
      throw new Ext4Error("corrupt", "bad journal geometry");
    }
    const unknown = type === 4 ? this.#incompat & ~KNOWN : 0;
    if (unknown !== 0) {
      throw new Ext4Error("unsupported", `journal has unknown features (${unknown.toString(16)})`);
    }
    this.#seed = crc32c(0xffffffff, s, 0x30, 0x40);
    if (this.#hasCsum && this.#superChecksum() !== getBe32(s, 0xfc)) {
      throw new Ext4Error("corrupt", "journal superblock checksum is wrong");
    }
    this.#sequence = getBe32(s, 0x18);
    this.#head = this.#first;
    this.#tail = this.#first;
  }

  get #incompat(): number {
    return getBe32(this.#super, 4) === 4 ? getBe32(this.#super, 0x28) : 0;
  }
  get #hasCsum(): boolean {
    return (this.#incompat & (INCOMPAT_CSUM_V2 | INCOMPAT_CSUM_V3)) !== 0;
  }
  get #v3(): boolean {
    return (this.#incompat & INCOMPAT_CSUM_V3) !== 0;
  }
  get #wide(): boolean {
    return (this.#incompat & INCOMPAT_64BIT) !== 0;
  }
  get #tagSize(): number {
    if (this.#v3) return 16;
    const size = (this.#incompat & INCOMPAT_CSUM_V2) !== 0 ? 14 : 12;
    return this.#wide ? size : size - 4;
  }
  /** Bytes of a block of tags that its checksum takes. */
  get #tailSize(): number {
    return this.#hasCsum ? 4 : 0;
  }
  #superChecksum(): number {
    const copy = this.#super.slice();
    copy.fill(0, 0xfc, 0x100);
    return crc32c(0xffffffff, copy);
  }

  /** Blocks that hold transactions. */
  get capacity(): number {
    return this.#end - this.#first;
  }
  /** There may be something to replay. */
  get isDirty(): boolean {
    return getBe32(this.#super, 0x1c) !== 0;
  }
  /** An error was noted before the last crash. */
  get errno(): number {
    return getBe32(this.#super, 0x20) | 0;
  }
  get sequence(): number {
    return this.#sequence;
  }
  get superBytes(): Uint8Array {
    return this.#super;
  }

  #read(at: number): Uint8Array {
    return this.#device.read((this.#map[at] as number) * this.#blockSize, this.#blockSize);
  }
  #next(at: number): number {
    return at + 1 >= this.#end ? this.#first : at + 1;
  }

  #writeSuper(start: number, sequence: number): void {
    const s = this.#super;
    putBe32(s, 0x18, sequence);
    putBe32(s, 0x1c, start);
    if (this.#hasCsum) putBe32(s, 0xfc, this.#superChecksum());
    this.#device.write((this.#map[0] as number) * this.#blockSize, s);
  }

  // ---- replay -------------------------------------------------------------------------------------

  /**
   * Carries out what was committed; blocks written. `write` puts a block in place. The device is
   * flushed and the journal empty afterwards.
   */
  replay(limit: number): number {
    const start = getBe32(this.#super, 0x1c);
    if (start === 0) return 0;
    if (start < this.#first || start >= this.#end) {
      throw new Ext4Error("corrupt", "journal begins outside of itself");
    }
    const revoked = new Map<number, number>();
    const end = this.#pass(start, undefined, (block, sequence) => {
      const there = revoked.get(block);
      if (there === undefined || after(sequence, there)) revoked.set(block, sequence);
    });
    let count = 0;
    this.#pass(
      start,
      (block, sequence, at, escaped) => {
        const last = revoked.get(block);
        if (last !== undefined && !after(sequence, last)) return;
        if (block >= limit) throw new Ext4Error("corrupt", `journal replays block ${block}`);
        const bytes = this.#read(at);
        if (escaped) putBe32(bytes, 0, JBD2_MAGIC);
        this.#device.write(block * this.#blockSize, bytes);
        count++;
      },
      undefined,
      end,
    );
    this.#device.flush();
    // Jump over numbers that half-written transactions may carry.
    this.#sequence = (end + 1) >>> 0;
    this.#writeSuper(0, this.#sequence);
    this.#device.flush();
    this.#head = this.#first;
    this.#tail = this.#first;
    return count;
  }

  /** Goes through the transactions up to `until`, or as far as they are whole: the number after the last. */
  #pass(
    start: number,
    data: ((block: number, sequence: number, at: number, escaped: boolean) => void) | undefined,
    revoke: ((block: number, sequence: number) => void) | undefined,
    until?: number,
  ): number {
    let at = start;
    let sequence = getBe32(this.#super, 0x18);
    let pending: [number, number][] = [];
    for (let steps = 0; steps < this.capacity; steps++) {
      if (until !== undefined && !after(until, sequence)) break;
      const bytes = this.#read(at);
      if (getBe32(bytes, 0) !== JBD2_MAGIC || getBe32(bytes, 8) !== sequence) break;
      const type = getBe32(bytes, 4);
      if (type === DESCRIPTOR) {
        if (!this.#blockChecksumHolds(bytes)) break;
        at = this.#next(at);
        let whole = true;
        const tags = this.#tags(bytes);
        for (const { block, flags, sum } of tags) {
          if (data !== undefined) data(block, sequence, at, (flags & TAG_ESCAPE) !== 0);
          else if (sum !== undefined && this.#dataChecksum(sequence, this.#read(at)) !== sum) {
            whole = false;
          }
          at = this.#next(at);
          if (++steps >= this.capacity) return sequence;
        }
        if (!whole || tags.length === 0) break;
      } else if (type === COMMIT) {
        if (!this.#commitHolds(bytes)) break;
        for (const [block, of] of pending) revoke?.(block, of);
        pending = [];
        sequence = (sequence + 1) >>> 0;
        at = this.#next(at);
      } else if (type === REVOKE) {
        if (!this.#blockChecksumHolds(bytes)) break;
        if (revoke !== undefined) {
          for (const block of this.#revokes(bytes)) pending.push([block, sequence]);
        }
        at = this.#next(at);
      } else break;
    }
    return sequence;
  }

  #tags(bytes: Uint8Array): { block: number; flags: number; sum: number | undefined }[] {
    const tags: { block: number; flags: number; sum: number | undefined }[] = [];
    const size = this.#tagSize;
    const end = this.#blockSize - this.#tailSize;
    for (let at = 12; at + size <= end; ) {
      const v3 = this.#v3;
      const flags = v3
        ? getBe32(bytes, at + 4)
        : ((bytes[at + 6] as number) << 8) | (bytes[at + 7] as number);
      let block = getBe32(bytes, at);
      if (this.#wide) block += getBe32(bytes, at + 8) * 2 ** 32;
      tags.push({ block, flags, sum: v3 ? getBe32(bytes, at + 12) : undefined });
      at += size;
      if ((flags & TAG_SAME_UUID) === 0) at += 16;
      if ((flags & TAG_LAST) !== 0) break;
    }
    return tags;
  }

  #revokes(bytes: Uint8Array): number[] {
    const size = this.#wide ? 8 : 4;
    const end = Math.min(getBe32(bytes, 12), this.#blockSize - this.#tailSize);
    const blocks: number[] = [];
    for (let at = 16; at + size <= end; at += size) {
      blocks.push(
        this.#wide ? getBe32(bytes, at) * 2 ** 32 + getBe32(bytes, at + 4) : getBe32(bytes, at),
      );
    }
    return blocks;
  }

  #blockChecksum(bytes: Uint8Array): number {
    const at = this.#blockSize - 4;
    return crc32c(crc32c(this.#seed, bytes, 0, at), new Uint8Array(4));
  }
  #blockChecksumHolds(bytes: Uint8Array): boolean {
    if (!this.#hasCsum) return true;
    return this.#blockChecksum(bytes) === getBe32(bytes, this.#blockSize - 4);
  }
  #commitChecksum(bytes: Uint8Array): number {
    const copy = bytes.slice();
    copy.fill(0, 0x10, 0x14);
    return crc32c(this.#seed, copy);
  }
  #commitHolds(bytes: Uint8Array): boolean {
    if (!this.#hasCsum) return true;
    return this.#commitChecksum(bytes) === getBe32(bytes, 0x10);
  }
  #dataChecksum(sequence: number, bytes: Uint8Array): number {
    const number = new Uint8Array(4);
    putBe32(number, 0, sequence);
    return crc32c(crc32c(this.#seed, number), bytes);
  }

  // ---- writing ------------------------------------------------------------------------------------

  /** Makes it ready for transactions; it must be empty. `csum`, `wide`: as the file system has them. */
  begin(csum: boolean, wide: boolean): void {
    const s = this.#super;
    if (getBe32(s, 4) === 4) {
      let bits = (this.#incompat | INCOMPAT_REVOKE) & ~(INCOMPAT_CSUM_V2 | INCOMPAT_ASYNC_COMMIT);
      if (csum) {
        bits |= INCOMPAT_CSUM_V3;
        s[0x50] = 4;
        // The old checksum of commits excludes the new ones.
        putBe32(s, 0x24, getBe32(s, 0x24) & ~COMPAT_CHECKSUM);
      } else bits &= ~INCOMPAT_CSUM_V3;
      if (wide) bits |= INCOMPAT_64BIT;
      putBe32(s, 0x28, bits);
    }
    putBe32(s, 0x20, 0);
    this.#head = this.#first;
    this.#tail = this.#first;
    this.#writeSuper(this.#first, this.#sequence);
    this.#device.flush();
    this.#open = true;
  }

  /** Blocks that a transaction takes in the journal. */
  cost(blocks: number, revokes: number): number {
    const room = this.#blockSize - 12 - this.#tailSize;
    const perDescriptor = Math.floor((room - 16) / this.#tagSize);
    const perRevoke = Math.floor((room - 4) / (this.#wide ? 8 : 4));
    return blocks + Math.ceil(blocks / perDescriptor) + Math.ceil(revokes / perRevoke) + 1;
  }

  /**
   * Commits a transaction: all of it and all data written before is stable when it returns. What
   * earlier transactions changed must have been written in place already.
   */
  commit(
    blocks: readonly Logged[],
    revokes: readonly number[],
    seconds: number,
    barrier: boolean,
  ): void {
    const size = this.cost(blocks.length, revokes.length);
    if (size > this.capacity - 1) throw new Ext4Error("no-space", "transaction is too big");
    const used = (this.#head - this.#tail + this.capacity) % this.capacity;
    if (used + size >= this.capacity) this.#checkpoint();
    const out: Uint8Array[] = [];
    this.#describe(blocks, out);
    this.#revokeBlocks(revokes, out);
    let at = this.#writeRun(this.#head, out);
    if (barrier) this.#device.flush();
    const commit = this.#header(COMMIT);
    putBe32(commit, 0x30, high32(seconds));
    putBe32(commit, 0x34, seconds % 2 ** 32);
    if (this.#hasCsum) putBe32(commit, 0x10, this.#commitChecksum(commit));
    at = this.#writeRun(at, [commit]);
    this.#device.flush();
    this.#head = at;
    this.#sequence = (this.#sequence + 1) >>> 0;
  }

  /** What is in place is made stable, so that the journal is free. */
  #checkpoint(): void {
    this.#device.flush();
    this.#tail = this.#head;
    this.#writeSuper(this.#tail, this.#sequence);
    this.#device.flush();
  }

  #header(type: number): Uint8Array {
    const bytes = new Uint8Array(this.#blockSize);
    putBe32(bytes, 0, JBD2_MAGIC);
    putBe32(bytes, 4, type);
    putBe32(bytes, 8, this.#sequence);
    return bytes;
  }

  #describe(blocks: readonly Logged[], out: Uint8Array[]): void {
    const size = this.#tagSize;
    const end = this.#blockSize - this.#tailSize;
    for (let i = 0; i < blocks.length; ) {
      const head = this.#header(DESCRIPTOR);
      out.push(head);
      let at = 12;
      for (let first = true; i < blocks.length; i++, first = false) {
        if (at + size + (first ? 16 : 0) > end) break;
        const { block, bytes } = blocks[i] as Logged;
        const escaped = getBe32(bytes, 0) === JBD2_MAGIC;
        let stored = bytes;
        if (escaped) {
          stored = bytes.slice();
          putBe32(stored, 0, 0);
        }
        out.push(stored);
        const nextFits = at + size + (first ? 16 : 0) + size <= end;
        let flags = first ? 0 : TAG_SAME_UUID;
        if (escaped) flags |= TAG_ESCAPE;
        if (i + 1 === blocks.length || !nextFits) flags |= TAG_LAST;
        putBe32(head, at, block % 2 ** 32);
        if (this.#v3) {
          putBe32(head, at + 4, flags);
          putBe32(head, at + 12, this.#dataChecksum(this.#sequence, stored));
        } else {
          head[at + 6] = flags >> 8;
          head[at + 7] = flags & 255;
        }
        if (this.#wide) putBe32(head, at + 8, high32(block));
        at += size;
        if (first) {
          head.set(this.#super.subarray(0x30, 0x40), at);
          at += 16;
        }
      }
      if (this.#hasCsum) putBe32(head, this.#blockSize - 4, this.#blockChecksum(head));
    }
  }

  #revokeBlocks(revokes: readonly number[], out: Uint8Array[]): void {
    const size = this.#wide ? 8 : 4;
    const end = this.#blockSize - this.#tailSize;
    for (let i = 0; i < revokes.length; ) {
      const bytes = this.#header(REVOKE);
      let at = 16;
      for (; i < revokes.length && at + size <= end; i++, at += size) {
        const block = revokes[i] as number;
        if (this.#wide) putBe32(bytes, at, high32(block));
        putBe32(bytes, at + size - 4, block % 2 ** 32);
      }
      putBe32(bytes, 12, at);
      if (this.#hasCsum) putBe32(bytes, this.#blockSize - 4, this.#blockChecksum(bytes));
      out.push(bytes);
    }
  }

  /** Writes blocks into the journal from `at` on, neighbours together; the place behind them. */
  #writeRun(start: number, blocks: readonly Uint8Array[]): number {
    let at = start;
    for (let i = 0; i < blocks.length; ) {
      const place = this.#map[at] as number;
      let count = 1;
      while (
        count < RUN &&
        i + count < blocks.length &&
        at + count < this.#end &&
        this.#map[at + count] === place + count
      ) {
        count++;
      }
      let bytes = blocks[i] as Uint8Array;
      if (count > 1) {
        bytes = new Uint8Array(count * this.#blockSize);
        for (let k = 0; k < count; k++) bytes.set(blocks[i + k] as Uint8Array, k * this.#blockSize);
      }
      this.#device.write(place * this.#blockSize, bytes);
      i += count;
      at += count;
      if (at >= this.#end) at = this.#first;
    }
    return at;
  }

  /** Notes that nothing is to be replayed: all is in place. */
  close(): void {
    if (!this.#open) return;
    this.#device.flush();
    this.#writeSuper(0, this.#sequence);
    this.#device.flush();
    this.#open = false;
  }
}

/** The super block of a new journal of `blocks` blocks. */
export function newJournal(blockSize: number, blocks: number, uuid: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(blockSize);
  putBe32(bytes, 0, JBD2_MAGIC);
  putBe32(bytes, 4, 4);
  putBe32(bytes, 0xc, blockSize);
  putBe32(bytes, 0x10, blocks);
  putBe32(bytes, 0x14, 1);
  putBe32(bytes, 0x18, 1);
  bytes.set(uuid, 0x30);
  putBe32(bytes, 0x40, 1);
  return bytes;
}
