// The page cache of one disk: all openers and the mounted file system see the same bytes (Linux: bdev_inode's pages).
import { Errno } from "../../abi/errno.ts";
import type { Kernel } from "../kernel.ts";
import type { BlockDevice } from "./device.ts";

const PAGE = 4096;
/** Requests from this size on go to the device: file data is cached above, if at all. */
const LARGE = 65536;
/** Pages of one disk, at most. */
const MAX_PAGES = 4096;
/** Dirty pages are written back when there are so many. */
const MAX_DIRTY = 1024;
/** … or this long after the first of them. */
const WRITEBACK_MS = 5000;
/** Pages that are read together when they are asked for in order. */
const AHEAD = 16;
/** Longest single write of write-back, in pages. */
const MAX_RUN = 256;

interface Page {
  bytes: Uint8Array;
  dirty: boolean;
  /** Used since the clock hand last came by. */
  used: boolean;
}

/**
 * Write-back. Between two flushes writes may reach the device in any order; a flush returns when all
 * that was written before is stable, which is what journals rely on.
 */
export class BlockCache {
  readonly #kernel: Kernel;
  readonly #device: BlockDevice;
  readonly #name: string;
  /** In the order of the clock hand. */
  readonly #pages = new Map<number, Page>();
  readonly #dirty = new Set<number>();
  #cancelTimer: (() => void) | undefined;
  /** The page behind the last one that had to be read. */
  #expected = -1;

  constructor(kernel: Kernel, device: BlockDevice, name: string) {
    this.#kernel = kernel;
    this.#device = device;
    this.#name = name;
  }

  /** Bytes that have not reached the device. */
  get dirtyBytes(): number {
    return this.#dirty.size * PAGE;
  }
  /** Bytes held, all charged to the machine's memory. */
  get bytes(): number {
    return this.#pages.size * PAGE;
  }

  /** The caller has checked the range. The chunk is the caller's. */
  read(offset: number, length: number): Uint8Array {
    const device = this.#device;
    if (device.direct === true) return device.read(offset, length);
    if (length >= LARGE) {
      const out = device.read(offset, length);
      if (this.#dirty.size > 0) this.#overlay(offset, out);
      return out;
    }
    const first = Math.floor(offset / PAGE);
    const last = Math.floor((offset + length - 1) / PAGE);
    if (first === last) {
      const at = offset - first * PAGE;
      return this.#page(first).slice(at, at + length);
    }
    const out = new Uint8Array(length);
    for (let index = first; index <= last; index++) {
      if (!this.#pages.has(index)) this.#load(index, last);
      const start = index * PAGE;
      const from = Math.max(0, offset - start);
      const bytes = this.#page(index);
      out.set(bytes.subarray(from, Math.min(PAGE, offset + length - start)), start + from - offset);
    }
    return out;
  }

  write(offset: number, bytes: Uint8Array): void {
    const device = this.#device;
    if (device.direct === true) {
      device.write(offset, bytes);
      return;
    }
    if (bytes.length >= LARGE) {
      device.write(offset, bytes);
      this.#update(offset, bytes);
      return;
    }
    const end = offset + bytes.length;
    for (let index = Math.floor(offset / PAGE); index * PAGE < end; index++) {
      const start = index * PAGE;
      const from = Math.max(0, offset - start);
      const to = Math.min(PAGE, end - start);
      const part = bytes.subarray(start + from - offset, start + to - offset);
      let page = this.#pages.get(index);
      if (page === undefined) {
        const size = Math.min(PAGE, device.size - start);
        const whole = part.length === size;
        page = this.#add(index, whole ? part.slice() : device.read(start, size));
        if (page === undefined) {
          // No memory for a page: straight to the device.
          device.write(start + from, part);
          continue;
        }
        if (!whole) page.bytes.set(part, from);
      } else page.bytes.set(part, from);
      page.used = true;
      if (!page.dirty) {
        page.dirty = true;
        this.#dirty.add(index);
      }
    }
    if (this.#dirty.size > MAX_DIRTY) this.writeBack();
    else if (this.#dirty.size > 0) this.#arm();
  }

  /** Drops what lies in a discarded range, and tells the device. */
  discard(offset: number, length: number): void {
    const first = Math.ceil(offset / PAGE);
    const end = Math.floor((offset + length) / PAGE);
    if (end - first > this.#pages.size) {
      for (const index of [...this.#pages.keys()]) {
        if (index >= first && index < end) this.#drop(index);
      }
    } else for (let index = first; index < end; index++) this.#drop(index);
    this.#device.discard?.(offset, length);
  }

  /** Hands all dirty pages to the device, neighbours together. Throws what the device throws; those pages stay dirty. */
  writeBack(): void {
    if (this.#dirty.size === 0) return;
    const order = [...this.#dirty].sort((a, b) => a - b);
    for (let i = 0; i < order.length; ) {
      const first = order[i] as number;
      let count = 1;
      while (count < MAX_RUN && order[i + count] === first + count) count++;
      const parts: Uint8Array[] = [];
      let size = 0;
      for (let index = first; index < first + count; index++) {
        const { bytes } = this.#pages.get(index) as Page;
        parts.push(bytes);
        size += bytes.length;
      }
      let joined = parts[0] as Uint8Array;
      if (count > 1) {
        joined = new Uint8Array(size);
        let at = 0;
        for (const part of parts) {
          joined.set(part, at);
          at += part.length;
        }
      }
      this.#device.write(first * PAGE, joined);
      for (let index = first; index < first + count; index++) {
        (this.#pages.get(index) as Page).dirty = false;
        this.#dirty.delete(index);
      }
      i += count;
    }
    this.#disarm();
  }

  /** All that was written is stable. */
  flush(): void {
    this.writeBack();
    if (!this.#device.readonly) this.#device.flush();
  }

  /** Writes back and forgets everything. */
  invalidate(): void {
    this.writeBack();
    this.discardAll();
  }

  /** Forgets everything, dirty or not: the medium has gone or has been replaced. */
  discardAll(): void {
    this.#disarm();
    this.#dirty.clear();
    this.#kernel.memory.uncharge(this.#pages.size * PAGE);
    this.#pages.clear();
  }

  #arm(): void {
    if (this.#cancelTimer !== undefined) return;
    this.#cancelTimer = this.#kernel.host.after(WRITEBACK_MS, () => {
      this.#cancelTimer = undefined;
      try {
        this.writeBack();
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        this.#report();
        this.#arm();
      }
    });
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #report(): void {
    const kernel = this.#kernel;
    const block = this.#dirty.values().next().value ?? 0;
    kernel.log.append(
      3,
      (kernel.monotonic() - kernel.bootMs) * 1000,
      `Buffer I/O error on dev ${this.#name}, logical block ${block}, async page write`,
    );
  }

  /** The bytes of a page, read if need be; not to be kept. */
  #page(index: number): Uint8Array {
    const page = this.#pages.get(index);
    if (page !== undefined) {
      page.used = true;
      return page.bytes;
    }
    // Who reads one page after the other gets the next ones with it.
    if (index === this.#expected) {
      const end = Math.min(index + AHEAD, Math.ceil(this.#device.size / PAGE)) - 1;
      if (end > index) this.#load(index, end);
      this.#expected = end + 1;
      const loaded = this.#pages.get(index);
      if (loaded !== undefined) return loaded.bytes;
    } else this.#expected = index + 1;
    const start = index * PAGE;
    const bytes = this.#device.read(start, Math.min(PAGE, this.#device.size - start));
    this.#add(index, bytes);
    return bytes;
  }

  /** Reads the missing pages from `first` up to `last` with one request. */
  #load(first: number, last: number): void {
    let end = first + 1;
    while (end <= last && !this.#pages.has(end)) end++;
    if (end === first + 1) return;
    const start = first * PAGE;
    const bytes = this.#device.read(start, Math.min(end * PAGE, this.#device.size) - start);
    for (let index = first; index < end; index++) {
      const at = index * PAGE - start;
      if (this.#add(index, bytes.slice(at, at + PAGE)) === undefined) return;
    }
  }

  /** undefined when the machine has no memory for it. */
  #add(index: number, bytes: Uint8Array): Page | undefined {
    if (this.#pages.size >= MAX_PAGES) this.#evict();
    const { memory } = this.#kernel;
    if (!memory.charge(PAGE)) {
      if (this.#pages.size === 0) return undefined;
      this.#evict();
      if (!memory.charge(PAGE)) return undefined;
    }
    const page = { bytes, dirty: false, used: false };
    this.#pages.set(index, page);
    return page;
  }

  /** Makes room: pages that were not used since the last round go first. */
  #evict(): void {
    let wanted = Math.max(1, this.#pages.size >> 6);
    if (this.#dirty.size > this.#pages.size / 2) this.writeBack();
    for (let round = 0; round < 2 && wanted > 0; round++) {
      let steps = this.#pages.size;
      // What is put at the end is met again: as many steps as there are pages.
      for (const [index, page] of this.#pages) {
        if (wanted === 0 || --steps < 0) break;
        if (page.dirty || (page.used && round === 0)) {
          page.used = false;
          this.#pages.delete(index);
          this.#pages.set(index, page);
          continue;
        }
        this.#drop(index);
        wanted--;
      }
      if (round === 0 && wanted > 0) this.writeBack();
    }
  }

  #drop(index: number): void {
    if (!this.#pages.delete(index)) return;
    this.#dirty.delete(index);
    this.#kernel.memory.uncharge(PAGE);
  }

  /** What is newer in the cache than on the device. */
  #overlay(offset: number, out: Uint8Array): void {
    const end = offset + out.length;
    for (const index of this.#dirty) {
      const start = index * PAGE;
      if (start >= end || start + PAGE <= offset) continue;
      const { bytes } = this.#pages.get(index) as Page;
      const from = Math.max(0, offset - start);
      out.set(bytes.subarray(from, Math.min(bytes.length, end - start)), start + from - offset);
    }
  }

  /** Brings cached pages up to date with a write that went past them. */
  #update(offset: number, bytes: Uint8Array): void {
    if (this.#pages.size === 0) return;
    const end = offset + bytes.length;
    for (let index = Math.floor(offset / PAGE); index * PAGE < end; index++) {
      const page = this.#pages.get(index);
      if (page === undefined) continue;
      const start = index * PAGE;
      const from = Math.max(0, offset - start);
      const to = Math.min(page.bytes.length, end - start);
      page.bytes.set(bytes.subarray(start + from - offset, start + to - offset), from);
      if (from === 0 && to === page.bytes.length && page.dirty) {
        page.dirty = false;
        this.#dirty.delete(index);
      }
    }
  }
}
