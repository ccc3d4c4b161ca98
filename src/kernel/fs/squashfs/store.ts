// The compressed pieces of a Squashfs: metadata chains, tables of them, data blocks and fragments, with a small cache.
import { EINVAL, EIO } from "../../../abi/errno.ts";
import { type Decoder, decodeAll } from "../../../lib/decoder.ts";
import { FormatError } from "../../../lib/format-error.ts";
import { Inflate } from "../../../lib/inflate.ts";
import { Unxz } from "../../../lib/xz.ts";
import { Unzstd } from "../../../lib/zstd.ts";
import type { Bdev } from "../../block/genhd.ts";
import type { Kernel } from "../../kernel.ts";
import { Cursor, METADATA_SIZE, type Reference, type SuperBlockFields } from "./format.ts";

/** Bytes of unpacked pieces that are remembered. */
const CACHE_BYTES = 4 * 1024 * 1024;
const UNCOMPRESSED_META = 0x8000;
const UNCOMPRESSED_DATA = 1 << 24;
/** Metadata of one object, at most. */
const MAX_METADATA = 16 * 1024 * 1024;

interface Piece {
  readonly bytes: Uint8Array;
  /** Where the next one begins on the medium. */
  readonly next: number;
}

export class SquashStore {
  readonly #kernel: Kernel;
  readonly #bdev: Bdev;
  readonly fields: SuperBlockFields;
  /** The piece used last comes last. */
  readonly #cache = new Map<number, Piece>();
  #cached = 0;

  constructor(kernel: Kernel, bdev: Bdev, fields: SuperBlockFields) {
    this.#kernel = kernel;
    this.#bdev = bdev;
    this.fields = fields;
    this.#decoder();
  }

  /** EINVAL for compressors that are not here (lzma, lzo, lz4). */
  #decoder(): Decoder {
    switch (this.fields.compressor) {
      case 1:
        return new Inflate();
      case 4:
        return new Unxz();
      case 6:
        return new Unzstd();
      default:
        throw EINVAL;
    }
  }

  #unpack(packed: Uint8Array, limit: number): Uint8Array {
    // zlib puts two bytes in front.
    const input = this.fields.compressor === 1 ? packed.subarray(2) : packed;
    try {
      return decodeAll(this.#decoder(), input, limit);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw EIO;
    }
  }

  #read(at: number, length: number): Uint8Array {
    if (at < 0 || at + length > this.fields.bytesUsed) throw EIO;
    return this.#bdev.read(at, length);
  }

  #piece(at: number, make: () => Piece): Piece {
    const known = this.#cache.get(at);
    if (known !== undefined) {
      this.#cache.delete(at);
      this.#cache.set(at, known);
      return known;
    }
    const piece = make();
    const { length } = piece.bytes;
    while (this.#cached + length > CACHE_BYTES && this.#cache.size > 0) this.#forgetOldest();
    if (this.#kernel.memory.charge(length)) {
      this.#cache.set(at, piece);
      this.#cached += length;
    }
    return piece;
  }

  #forgetOldest(): void {
    for (const [at, { bytes }] of this.#cache) {
      this.#cache.delete(at);
      this.#cached -= bytes.length;
      this.#kernel.memory.uncharge(bytes.length);
      return;
    }
  }

  clear(): void {
    while (this.#cache.size > 0) this.#forgetOldest();
  }

  /** The block of metadata at a byte of the medium. */
  #metadata(at: number): Piece {
    return this.#piece(at, () => {
      const head = this.#read(at, 2);
      const header = (head[0] as number) | ((head[1] as number) << 8);
      const size = header & 0x7fff;
      if (size === 0 || size > METADATA_SIZE) throw EIO;
      const packed = this.#read(at + 2, size);
      const plain = (header & UNCOMPRESSED_META) !== 0;
      return {
        bytes: plain ? packed : this.#unpack(packed, METADATA_SIZE),
        next: at + 2 + size,
      };
    });
  }

  /** A cursor over `length` bytes of metadata that begin at a reference; fewer at the end of the table. */
  metadata(table: number, from: Reference, length: number): Cursor {
    if (length > MAX_METADATA) throw EIO;
    const parts: Uint8Array[] = [];
    let at = table + from.block;
    let skip = from.offset;
    let have = 0;
    while (have < length) {
      const { bytes, next } = this.#metadata(at);
      if (skip >= bytes.length) throw EIO;
      const part = bytes.subarray(skip, skip + length - have);
      parts.push(part);
      have += part.length;
      skip = 0;
      at = next;
    }
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return new Cursor(only);
    const out = new Uint8Array(have);
    let to = 0;
    for (const part of parts) {
      out.set(part, to);
      to += part.length;
    }
    return new Cursor(out);
  }

  /** What is left of the block a reference points into, and the next block: enough for any inode's head. */
  tail(table: number, from: Reference, length: number): Cursor {
    const { bytes } = this.#metadata(table + from.block);
    const here = bytes.length - from.offset;
    if (here <= 0) throw EIO;
    if (here >= length) return new Cursor(bytes.subarray(from.offset));
    try {
      return this.metadata(table, from, length);
    } catch (error) {
      // The last inode ends with the table.
      if (error !== EIO) throw error;
      return new Cursor(bytes.subarray(from.offset));
    }
  }

  /** Bytes of the medium as they are. */
  raw(at: number, length: number): Cursor {
    return new Cursor(this.#read(at, length));
  }

  /** An entry of a table that is reached through a list of metadata blocks. */
  indexed(table: number, index: number, entryBytes: number): Cursor {
    const perBlock = METADATA_SIZE / entryBytes;
    const list = new Cursor(this.#read(table + 8 * Math.floor(index / perBlock), 8));
    const block = list.u64();
    return this.metadata(block, { block: 0, offset: (index % perBlock) * entryBytes }, entryBytes);
  }

  /** A data block or fragment; `word` is its size as stored. */
  data(at: number, word: number): Uint8Array {
    const size = word & (UNCOMPRESSED_DATA - 1);
    const { blockSize } = this.fields;
    if (size > blockSize) throw EIO;
    return this.#piece(at, () => {
      const packed = this.#read(at, size);
      const plain = (word & UNCOMPRESSED_DATA) !== 0;
      return { bytes: plain ? packed : this.#unpack(packed, blockSize), next: at + size };
    }).bytes;
  }

  /** Bytes a block takes on the medium. */
  static stored(word: number): number {
    return word & (UNCOMPRESSED_DATA - 1);
  }
}
