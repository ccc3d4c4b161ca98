// Numbers of Squashfs 4.0 (Documentation/filesystems/squashfs.rst): super block, inodes, directory entries.
import { EINVAL, EIO } from "../../../abi/errno.ts";

export const METADATA_SIZE = 8192;
export const NO_FRAGMENT = 0xffffffff;
const NO_TABLE = 0xffff_ffff_ffff_ffffn;
export const INODE_BASE_TYPES = 7;

/** Compressors by number. */
export const COMPRESSORS: readonly string[] = ["", "gzip", "lzma", "lzo", "xz", "lz4", "zstd"];

export interface SuperBlockFields {
  readonly inodes: number;
  readonly mtime: number;
  readonly blockSize: number;
  readonly fragments: number;
  readonly compressor: number;
  readonly ids: number;
  /** Reference of the root inode. */
  readonly root: Reference;
  readonly bytesUsed: number;
  readonly idTable: number;
  /** -1: there is none. */
  readonly xattrTable: number;
  readonly inodeTable: number;
  readonly directoryTable: number;
  readonly fragmentTable: number;
}

/** A place in a table of metadata: the block's offset from its start, and the byte in the block. */
export interface Reference {
  readonly block: number;
  readonly offset: number;
}

/** Reads numbers one after the other. */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  #take(count: number): number {
    const { at } = this;
    if (at + count > this.bytes.length) throw EIO;
    this.at += count;
    return at;
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  i16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  /** EIO for what is no safe integer. */
  u64(): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw EIO;
    return Number(value);
  }
  /** -1 for all ones. */
  table(): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value === NO_TABLE) return -1;
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw EIO;
    return Number(value);
  }
  reference(): Reference {
    const value = this.u64();
    return { block: Math.floor(value / 65536), offset: value % 65536 };
  }
  text(length: number): string {
    const at = this.#take(length);
    let out = "";
    for (let i = at; i < at + length; i++) out += String.fromCharCode(this.bytes[i] as number);
    return out;
  }
}

/** Throws EINVAL when it is no Squashfs 4.0. */
export function parseSuperBlock(b: Uint8Array, deviceSize: number): SuperBlockFields {
  const c = new Cursor(b);
  if (c.u32() !== 0x73717368) throw EINVAL;
  const [inodes, mtime, blockSize, fragments] = [c.u32(), c.u32(), c.u32(), c.u32()];
  const [compressor, blockLog, , ids, major, minor] = [
    c.u16(),
    c.u16(),
    c.u16(),
    c.u16(),
    c.u16(),
    c.u16(),
  ];
  if (major !== 4 || minor > 0) throw EINVAL;
  if (blockSize < 4096 || blockSize > 1024 * 1024 || blockSize !== 2 ** (blockLog as number))
    throw EINVAL;
  const root = c.reference();
  if (root.offset > METADATA_SIZE) throw EINVAL;
  const bytesUsed = c.u64();
  if (bytesUsed > deviceSize) throw EINVAL;
  const [idTable, xattrTable, inodeTable, directoryTable, fragmentTable] = [
    c.table(),
    c.table(),
    c.table(),
    c.table(),
    c.table(),
  ] as [number, number, number, number, number];
  if (idTable < 0 || inodeTable < 0 || directoryTable <= inodeTable) throw EINVAL;
  return {
    inodes,
    mtime,
    blockSize,
    fragments,
    compressor: compressor as number,
    ids: ids as number,
    root,
    bytesUsed,
    idTable,
    xattrTable,
    inodeTable,
    directoryTable,
    fragmentTable,
  };
}

/** What an inode says. */
export interface InodeFields {
  /** 1 directory, 2 file, 3 link, 4 block, 5 character device, 6 FIFO, 7 socket. */
  readonly type: number;
  readonly permissions: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly number: number;
  readonly nlink: number;
  readonly size: number;
  readonly rdev: number;
  readonly target: string;
  readonly xattr: number;
  /** Directories: where their listing is; files: the first block's byte on the medium. */
  readonly start: number;
  readonly offset: number;
  /** Files. */
  readonly fragment: number;
  readonly blocks: readonly number[];
}

/** Names of what a directory has: types are the basic ones. */
export interface DirectoryEntry {
  readonly name: string;
  readonly type: number;
  readonly number: number;
  readonly inode: Reference;
}
