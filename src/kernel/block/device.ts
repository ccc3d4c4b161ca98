// Block devices as drivers give them to the kernel: the store of a disk (Linux: struct gendisk's operations).

/**
 * What holds sectors. Offsets and lengths are bytes and may be any; calls finish at once and throw EIO, ENOSPC (a
 * sparse host file on a full disk), EROFS. What was written survives a killed host only after `flush`.
 */
export interface BlockDevice {
  /** Bytes; a multiple of `sectorSize`. */
  readonly size: number;
  /** Logical sector: 512 or 4096 (2048 for optical media). */
  readonly sectorSize: number;
  readonly readonly: boolean;
  /** Exactly `length` bytes, a chunk of its own that the caller may change; EIO beyond the end. */
  read(offset: number, length: number): Uint8Array;
  /** ENOSPC beyond the end. `bytes` may be changed by the caller afterwards. */
  write(offset: number, bytes: Uint8Array): void;
  /** Everything written before is on stable storage when it returns (a barrier). */
  flush(): void;
  /** The range need not be kept; reads of it give anything. */
  discard?(offset: number, length: number): void;
  /** The bytes are in memory already: no cache is put in front. */
  readonly direct?: boolean;
  /** The machine is gone; nothing is called afterwards. */
  close?(): void;
}

/** A disk whose bytes live in this process: for tests, for browsers. Parts never written take no memory. */
export class MemoryDisk implements BlockDevice {
  readonly size: number;
  readonly sectorSize: number;
  readonly readonly: boolean;
  readonly direct = true;
  readonly #pieces = new Map<number, Uint8Array>();

  constructor(size: number, options: { readonly?: boolean; sectorSize?: number } = {}) {
    this.size = size;
    this.sectorSize = options.sectorSize ?? 512;
    this.readonly = options.readonly === true;
  }

  /** A disk that starts with these bytes (copied), its size rounded up to whole sectors. */
  static of(
    bytes: Uint8Array,
    options: { readonly?: boolean; sectorSize?: number; size?: number } = {},
  ): MemoryDisk {
    const sector = options.sectorSize ?? 512;
    const size = Math.ceil(Math.max(bytes.length, options.size ?? 0) / sector) * sector;
    const disk = new MemoryDisk(size, options);
    disk.write(0, bytes);
    return disk;
  }

  read(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const at = offset + done;
      const inside = at % PIECE;
      const count = Math.min(PIECE - inside, length - done);
      const piece = this.#pieces.get((at - inside) / PIECE);
      if (piece !== undefined) out.set(piece.subarray(inside, inside + count), done);
      done += count;
    }
    return out;
  }

  write(offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done;
      const inside = at % PIECE;
      const index = (at - inside) / PIECE;
      const part = bytes.subarray(done, done + PIECE - inside);
      let piece = this.#pieces.get(index);
      if (piece === undefined) {
        piece = new Uint8Array(PIECE);
        this.#pieces.set(index, piece);
      }
      piece.set(part, inside);
      done += part.length;
    }
  }

  flush(): void {}

  discard(offset: number, length: number): void {
    const first = Math.ceil(offset / PIECE);
    const end = Math.floor((offset + length) / PIECE);
    if (end - first > this.#pieces.size) {
      for (const index of [...this.#pieces.keys()]) {
        if (index >= first && index < end) this.#pieces.delete(index);
      }
      return;
    }
    for (let index = first; index < end; index++) this.#pieces.delete(index);
  }
}

const PIECE = 65536;
