// Data of a file in memory: pages that may be short, missing (holes) or shared copy-on-write.

/** Bytes of a page. */
export const PAGE_SIZE = 65536;
/** Unit in which space is counted and holes are seen, as Linux's page size. */
export const BLOCK_SIZE = 4096;
/** Largest file: page numbers stay exact and indexes stay small integers' worth of Map keys. */
export const MAX_FILE_SIZE: number = 2 ** 47;
/** Reads at least this long give views of the page instead of copies. */
const VIEW_MIN = 4096;
/** A chunk is kept as a page instead of copied only when its buffer is not much larger than this. */
const ADOPT_MAX_BUFFER = 2 * PAGE_SIZE;
/** Longest single read. */
const READ_MAX = 16 * 1024 * 1024;

/** What the pages of a file are counted against. */
export interface Charge {
  /** Memory really held, in bytes; false when there is no more. */
  memory(bytes: number): boolean;
  /** Blocks that the file system's size limit counts; false when it is reached. */
  blocks(count: number): boolean;
}

/** One page. `data` may be shorter than a page: what is missing reads as zeros. */
class Page {
  data: Uint8Array;
  /** Bytes before this index are seen by others (readers' views, forked machines): copy before a change. */
  frozen: number;
  /** Bit i: block i was written. */
  blocks: number;

  constructor(data: Uint8Array, frozen: number, blocks: number) {
    this.data = data;
    this.frozen = frozen;
    this.blocks = blocks;
  }
}

function popcount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Bits of the blocks that [from, to) of a page touches. */
function blockMask(from: number, to: number): number {
  if (to <= from) return 0;
  const first = Math.floor(from / BLOCK_SIZE);
  const last = Math.floor((to - 1) / BLOCK_SIZE);
  return ((1 << (last + 1)) - 1) & ~((1 << first) - 1);
}

/** Bits of the blocks that lie wholly in [from, to). */
function innerMask(from: number, to: number): number {
  const first = Math.ceil(from / BLOCK_SIZE);
  const last = Math.floor(to / BLOCK_SIZE);
  return last <= first ? 0 : ((1 << last) - 1) & ~((1 << first) - 1);
}

/** The contents of one file. Appending is amortised O(1); whole aligned pages pass by reference. */
export class Pages {
  size = 0;
  /** Blocks in use, for st_blocks. */
  blocks = 0;
  /** Bytes of memory charged. */
  bytes = 0;
  readonly #charge: Charge;
  /** Page 0 apart, so that small files need no table. */
  #first: Page | undefined;
  #rest: Map<number, Page> | undefined;

  constructor(charge: Charge) {
    this.#charge = charge;
  }

  #page(index: number): Page | undefined {
    return index === 0 ? this.#first : this.#rest?.get(index);
  }

  #set(index: number, page: Page): void {
    if (index === 0) {
      this.#first = page;
    } else {
      this.#rest ??= new Map();
      this.#rest.set(index, page);
    }
  }

  #drop(index: number, page: Page): void {
    this.#memory(-page.data.length);
    this.#count(-popcount(page.blocks));
    if (index === 0) this.#first = undefined;
    else this.#rest?.delete(index);
  }

  #memory(bytes: number): boolean {
    if (!this.#charge.memory(bytes)) return false;
    this.bytes += bytes;
    return true;
  }

  #count(blocks: number): void {
    this.#charge.blocks(blocks);
    this.blocks += blocks;
  }

  /** Up to `max` bytes at `pos`; the chunk is never changed afterwards. */
  read(pos: number, max: number): Uint8Array {
    const length = Math.min(max, this.size - pos, READ_MAX);
    if (length <= 0) return new Uint8Array(0);
    let index = Math.floor(pos / PAGE_SIZE);
    let offset = pos - index * PAGE_SIZE;
    if (offset + length <= PAGE_SIZE) {
      const page = this.#page(index);
      if (page === undefined) return new Uint8Array(length);
      const { data } = page;
      const end = offset + length;
      if (end <= data.length) {
        if (length < VIEW_MIN && end > page.frozen) return data.slice(offset, end);
        if (end > page.frozen) page.frozen = end;
        return data.subarray(offset, end);
      }
    }
    const result = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const n = Math.min(PAGE_SIZE - offset, length - done);
      const page = this.#page(index++);
      if (page !== undefined && offset < page.data.length) {
        result.set(page.data.subarray(offset, Math.min(offset + n, page.data.length)), done);
      }
      done += n;
      offset = 0;
    }
    return result;
  }

  /** Bytes written: fewer than given when space ends, 0 when there is none. */
  write(pos: number, bytes: Uint8Array): number {
    const total = bytes.length;
    let done = 0;
    let index = Math.floor(pos / PAGE_SIZE);
    let offset = pos - index * PAGE_SIZE;
    let unit = PAGE_SIZE;
    while (done < total) {
      const n = Math.min(unit - (offset % unit), total - done);
      if (!this.#put(index, offset, n === total ? bytes : bytes.subarray(done, done + n))) {
        // Little is left: block by block then.
        if (unit === BLOCK_SIZE) break;
        unit = BLOCK_SIZE;
        continue;
      }
      done += n;
      offset += n;
      if (offset === PAGE_SIZE) {
        index++;
        offset = 0;
      }
      if (pos + done > this.size) this.size = pos + done;
    }
    return done;
  }

  #put(index: number, offset: number, bytes: Uint8Array): boolean {
    const n = bytes.length;
    const end = offset + n;
    const page = this.#page(index);
    const mask = blockMask(offset, end);
    const fresh = page === undefined ? popcount(mask) : popcount(mask & ~page.blocks);
    if (fresh > 0 && !this.#charge.blocks(fresh)) return false;
    if (!this.#store(index, page, offset, bytes, mask)) {
      if (fresh > 0) this.#charge.blocks(-fresh);
      return false;
    }
    this.blocks += fresh;
    return true;
  }

  #store(
    index: number,
    page: Page | undefined,
    offset: number,
    bytes: Uint8Array,
    mask: number,
  ): boolean {
    const n = bytes.length;
    const end = offset + n;
    if (page === undefined) {
      const adopt =
        offset === 0 &&
        bytes.buffer.byteLength <= ADOPT_MAX_BUFFER &&
        n * 2 >= bytes.buffer.byteLength;
      if (!this.#memory(end)) return false;
      let data = bytes;
      if (!adopt) {
        data = new Uint8Array(end);
        data.set(bytes, offset);
      }
      this.#set(index, new Page(data, adopt ? n : 0, mask));
      return true;
    }
    const old = page.data;
    if (end <= old.length && offset >= page.frozen) {
      old.set(bytes, offset);
      page.blocks |= mask;
      return true;
    }
    if (n === PAGE_SIZE && bytes.buffer.byteLength <= ADOPT_MAX_BUFFER) {
      if (!this.#memory(n - old.length)) return false;
      this.#set(index, new Page(bytes, n, mask));
      return true;
    }
    // Grown by doubling, so that appending stays cheap; exactly when memory is short.
    let capacity = Math.max(old.length, Math.min(PAGE_SIZE, Math.max(end, old.length * 2)));
    if (end <= old.length) capacity = old.length;
    if (!this.#memory(capacity - old.length)) {
      capacity = Math.max(end, old.length);
      if (!this.#memory(capacity - old.length)) return false;
    }
    const data = new Uint8Array(capacity);
    data.set(old);
    data.set(bytes, offset);
    this.#set(index, new Page(data, 0, page.blocks | mask));
    return true;
  }

  /**
   * Takes bytes that nobody will ever change (a file of the base image) as the contents of an empty
   * file, without copying; false when there is no space.
   */
  adopt(bytes: Uint8Array): boolean {
    for (let index = 0; index * PAGE_SIZE < bytes.length; index++) {
      const data = bytes.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE);
      const mask = blockMask(0, data.length);
      if (!this.#memory(data.length)) return false;
      if (!this.#charge.blocks(popcount(mask))) {
        this.#memory(-data.length);
        return false;
      }
      this.blocks += popcount(mask);
      this.#set(index, new Page(data, data.length, mask));
      this.size = index * PAGE_SIZE + data.length;
    }
    return true;
  }

  truncate(size: number): void {
    if (size < this.size) {
      const index = Math.floor(size / PAGE_SIZE);
      const offset = size - index * PAGE_SIZE;
      this.#cut(index, offset);
      for (const [at, page] of this.#rest ?? []) if (at > index) this.#drop(at, page);
    }
    this.size = size;
  }

  /** Ends a page at `offset`. */
  #cut(index: number, offset: number): void {
    const page = this.#page(index);
    if (page === undefined) return;
    if (offset === 0) {
      this.#drop(index, page);
      return;
    }
    const blocks = page.blocks & blockMask(0, offset);
    this.#count(popcount(blocks) - popcount(page.blocks));
    const old = page.data;
    if (offset < old.length) {
      this.#memory(offset - old.length);
      this.#set(index, new Page(old.slice(0, offset), 0, blocks));
    } else if (blocks !== page.blocks) {
      this.#set(index, new Page(old.slice(), 0, blocks));
    }
  }

  /** Makes [from, to) read as zeros and frees the blocks that lie wholly in it. */
  punch(from: number, to: number): boolean {
    const end = Math.min(to, this.size);
    for (const index of this.#indexes(from, end)) {
      const page = this.#page(index) as Page;
      const base = index * PAGE_SIZE;
      const start = Math.max(0, from - base);
      const stop = Math.min(PAGE_SIZE, end - base);
      if (start === 0 && (stop === PAGE_SIZE || end === this.size)) {
        this.#drop(index, page);
        continue;
      }
      const data = page.data.slice();
      data.fill(0, start, stop);
      const blocks = page.blocks & ~innerMask(start, stop);
      this.#count(popcount(blocks) - popcount(page.blocks));
      this.#set(index, new Page(data, 0, blocks));
    }
    return true;
  }

  /** Reserves [from, to), as fallocate(2) does: written as zeros where nothing is; false without space. */
  allocate(from: number, to: number): boolean {
    for (let pos = from; pos < to; ) {
      const index = Math.floor(pos / PAGE_SIZE);
      const offset = pos - index * PAGE_SIZE;
      const stop = Math.min(PAGE_SIZE, to - index * PAGE_SIZE);
      const page = this.#page(index);
      const mask = blockMask(offset, stop);
      const fresh = popcount(mask & ~(page?.blocks ?? 0));
      const grow = stop - (page?.data.length ?? 0);
      if (!this.#charge.blocks(fresh)) return false;
      if (grow > 0) {
        if (!this.#memory(grow)) {
          this.#charge.blocks(-fresh);
          return false;
        }
        const data = new Uint8Array(stop);
        if (page !== undefined) data.set(page.data);
        this.#set(index, new Page(data, 0, mask | (page?.blocks ?? 0)));
      } else if (page !== undefined && fresh > 0) {
        this.#set(index, new Page(page.data, page.frozen, mask | page.blocks));
      }
      this.blocks += fresh;
      pos = index * PAGE_SIZE + stop;
    }
    return true;
  }

  /** Numbers of the pages there are in [from, to), ascending. */
  #indexes(from: number, to: number): number[] {
    if (to <= from) return [];
    const first = Math.floor(from / PAGE_SIZE);
    const last = Math.floor((to - 1) / PAGE_SIZE);
    const found: number[] = [];
    if (first === 0 && this.#first !== undefined) found.push(0);
    for (const index of this.#rest?.keys() ?? []) {
      if (index >= first && index <= last) found.push(index);
    }
    return found.sort((a, b) => a - b);
  }

  /** Where data starts at or after `pos`; undefined when there is none (SEEK_DATA). */
  seekData(pos: number): number | undefined {
    for (const index of this.#indexes(pos, this.size)) {
      const { blocks } = this.#page(index) as Page;
      const base = index * PAGE_SIZE;
      for (let block = 0; block < PAGE_SIZE / BLOCK_SIZE; block++) {
        const end = base + (block + 1) * BLOCK_SIZE;
        if ((blocks & (1 << block)) === 0 || end <= pos) continue;
        const start = Math.max(pos, base + block * BLOCK_SIZE);
        return start < this.size ? start : undefined;
      }
    }
    return undefined;
  }

  /** Where a hole starts at or after `pos`; the end of the file counts as one (SEEK_HOLE). */
  seekHole(pos: number): number {
    for (let at = pos; at < this.size; ) {
      const index = Math.floor(at / PAGE_SIZE);
      const blocks = this.#page(index)?.blocks ?? 0;
      const block = Math.floor((at - index * PAGE_SIZE) / BLOCK_SIZE);
      if ((blocks & (1 << block)) === 0) return at;
      at = index * PAGE_SIZE + (block + 1) * BLOCK_SIZE;
    }
    return this.size;
  }

  /** Frees everything. */
  clear(): void {
    if (this.#first !== undefined) this.#drop(0, this.#first);
    for (const [at, page] of this.#rest ?? []) this.#drop(at, page);
    this.size = 0;
  }

  /** A copy that shares the pages; each side copies what it changes. */
  clone(charge: Charge): Pages {
    const copy = new Pages(charge);
    copy.size = this.size;
    copy.blocks = this.blocks;
    copy.bytes = this.bytes;
    if (this.#first !== undefined) this.#first.frozen = PAGE_SIZE;
    copy.#first = this.#first;
    if (this.#rest !== undefined) {
      for (const page of this.#rest.values()) page.frozen = PAGE_SIZE;
      copy.#rest = new Map(this.#rest);
    }
    return copy;
  }
}
