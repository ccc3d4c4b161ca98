// Blocks of metadata in memory, and those that the running transaction has changed.
import type { ByteDevice } from "./device.ts";
import { corrupt } from "./error.ts";

/** Unchanged blocks that are kept, in bytes. */
const CACHE_BYTES = 4 * 1024 * 1024;

/** A block of metadata. */
export interface Buf {
  readonly block: number;
  readonly bytes: Uint8Array;
  /** Part of the running transaction. */
  dirty: boolean;
  /** Never dropped. */
  pinned: boolean;
  /** What it was found to be right as (checksums are looked at once). */
  checked: string;
  /** Brings its checksum up to date before it is written. */
  seal: ((bytes: Uint8Array) => void) | undefined;
}

/** The blocks of one file system. */
export class Buffers {
  readonly device: ByteDevice;
  readonly blockSize: number;
  readonly #blocks: number;
  /** The one used last comes last. */
  readonly #all = new Map<number, Buf>();
  readonly dirty: Set<Buf> = new Set<Buf>();

  constructor(device: ByteDevice, blockSize: number, blocks: number) {
    this.device = device;
    this.blockSize = blockSize;
    this.#blocks = blocks;
  }

  read(block: number): Buf {
    const there = this.#all.get(block);
    if (there !== undefined) return there;
    this.#mustBeInside(block);
    return this.#add(block, this.device.read(block * this.blockSize, this.blockSize));
  }

  /** A block whose old contents do not matter: zeros. */
  fresh(block: number): Buf {
    const there = this.#all.get(block);
    if (there === undefined) {
      this.#mustBeInside(block);
      return this.#add(block, new Uint8Array(this.blockSize));
    }
    there.bytes.fill(0);
    there.checked = "";
    there.seal = undefined;
    return there;
  }

  #mustBeInside(block: number): void {
    if (!(block >= 0 && block < this.#blocks)) corrupt(`block ${block} is outside of the device`);
  }

  peek(block: number): Buf | undefined {
    return this.#all.get(block);
  }

  #add(block: number, bytes: Uint8Array): Buf {
    const buf: Buf = { block, bytes, dirty: false, pinned: false, checked: "", seal: undefined };
    this.#all.set(block, buf);
    return buf;
  }

  change(buf: Buf, seal?: (bytes: Uint8Array) => void): void {
    if (seal !== undefined) buf.seal = seal;
    if (buf.dirty) return;
    buf.dirty = true;
    this.dirty.add(buf);
  }

  /** The block is no metadata any more: whatever was to be written is not. */
  forget(block: number): void {
    const buf = this.#all.get(block);
    if (buf === undefined) return;
    this.#all.delete(block);
    buf.dirty = false;
    this.dirty.delete(buf);
  }

  /** Between operations only: nobody holds a block. */
  trim(): void {
    const most = Math.floor(CACHE_BYTES / this.blockSize);
    if (this.#all.size - this.dirty.size <= most * 1.25) return;
    let excess = this.#all.size - this.dirty.size - most;
    for (const buf of this.#all.values()) {
      if (excess <= 0) break;
      if (buf.dirty || buf.pinned) continue;
      this.#all.delete(buf.block);
      excess--;
    }
  }

  /** The changed blocks, sealed, in the order of their places. */
  sealed(): Buf[] {
    const list = [...this.dirty].sort((a, b) => a.block - b.block);
    for (const buf of list) buf.seal?.(buf.bytes);
    return list;
  }

  /** Writes blocks in place, neighbours together, and takes them as unchanged. */
  writeInPlace(list: readonly Buf[]): void {
    for (let i = 0; i < list.length; ) {
      const first = list[i] as Buf;
      let count = 1;
      while (count < 256 && (list[i + count]?.block ?? -1) === first.block + count) count++;
      let { bytes } = first;
      if (count > 1) {
        bytes = new Uint8Array(count * this.blockSize);
        for (let k = 0; k < count; k++) bytes.set((list[i + k] as Buf).bytes, k * this.blockSize);
      }
      this.device.write(first.block * this.blockSize, bytes);
      i += count;
    }
    for (const buf of list) buf.dirty = false;
    this.dirty.clear();
  }

  drop(): void {
    this.#all.clear();
    this.dirty.clear();
  }
}
