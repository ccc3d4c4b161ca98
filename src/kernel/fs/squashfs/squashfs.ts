// squashfs: compressed read-only file systems, version 4.0 with gzip, xz and zstd (Linux: fs/squashfs).
import { EINVAL, EIO, ENODATA } from "../../../abi/errno.ts";
import { SQUASHFS_MAGIC } from "../../../abi/mount.ts";
import type { Blocking } from "../../../abi/program.ts";
import {
  type Dirent,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
  type Stat,
  type StatFs,
} from "../../../abi/stat.ts";
import type { Bdev } from "../../block/genhd.ts";
import { mountBdev, unmountBdev } from "../../block/mount.ts";
import type { Kernel } from "../../kernel.ts";
import type { FileSystemType } from "../filesystems.ts";
import type { Inode, SuperBlock } from "../inode.ts";
import { ReadonlyInode } from "../readonly.ts";
import {
  COMPRESSORS,
  type DirectoryEntry,
  INODE_BASE_TYPES,
  type InodeFields,
  NO_FRAGMENT,
  parseSuperBlock,
  type Reference,
} from "./format.ts";
import { SquashStore } from "./store.ts";

const MODES: readonly number[] = [
  0,
  S_IFDIR,
  S_IFREG,
  S_IFLNK,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFSOCK,
];
const READ_MAX = 4 * 1024 * 1024;
const MAX_BLOCKS = 1 << 22;
const MAX_LINK = 4095;
/** Enough for the head of every kind of inode. */
const INODE_BYTES = 64;
const MAX_ENTRIES = 1 << 20;
const NO_XATTR = 0xffffffff;
const XATTR_PREFIXES: readonly string[] = ["user.", "trusted.", "security."];
const XATTR_OUT_OF_LINE = 0x100;
/** Extended attributes of one inode: number and bytes of a value. */
const MAX_XATTRS = 4096;
const MAX_XATTR_VALUE = 65536;

class SquashInode extends ReadonlyInode {
  declare readonly sb: Squashfs;
  readonly #fields: InodeFields;
  readonly #parent: SquashInode | undefined;
  #entries: ReadonlyMap<string, DirectoryEntry> | undefined;
  /** Where each block of a file begins; made at the first read. */
  #places: Float64Array | undefined;

  constructor(sb: Squashfs, fields: InodeFields, parent: SquashInode | undefined) {
    super(sb, (MODES[fields.type] as number) | fields.permissions, fields.uid, fields.gid);
    this.#fields = fields;
    this.#parent = parent;
    this.nlink = fields.nlink;
    this.rdev = fields.rdev;
  }

  override get ino(): number {
    return this.#fields.number;
  }
  get size(): number {
    return this.#fields.size;
  }

  stat(): Stat {
    const { ino, mode, nlink, uid, gid, rdev, size } = this;
    const time = { sec: this.#fields.mtime, nsec: 0 };
    return {
      dev: this.sb.dev,
      ino,
      mode,
      nlink,
      uid,
      gid,
      rdev,
      size,
      blksize: this.sb.store.fields.blockSize,
      blocks: this.isRegular ? Math.ceil(size / 512) : 0,
      atime: time,
      mtime: time,
      ctime: time,
    };
  }

  override readlink(): string {
    if (!this.isSymlink) throw EINVAL;
    return this.#fields.target;
  }

  #directory(): ReadonlyMap<string, DirectoryEntry> {
    this.#entries ??= this.sb.readDirectory(this.#fields);
    return this.#entries;
  }

  override lookup(name: string): Inode | undefined {
    const entry = this.#directory().get(name);
    if (entry === undefined) return undefined;
    if (entry.type === 1) {
      // A damaged medium may lead back to where it came from.
      for (let at: SquashInode | undefined = this; at !== undefined; at = at.#parent) {
        if (at.ino === entry.number) throw EIO;
      }
    }
    return this.sb.inode(entry.inode, this);
  }

  override readdir(): Dirent[] {
    const all: Dirent[] = [];
    for (const { name, type, number } of this.#directory().values()) {
      all.push({ ino: number, type: (MODES[type] as number) >> 12, name });
    }
    return all;
  }

  #block(index: number): Uint8Array | undefined {
    const { blocks, start } = this.#fields;
    const word = blocks[index];
    if (word === undefined) return undefined;
    if (this.#places === undefined) {
      this.#places = new Float64Array(blocks.length);
      let at = start;
      for (const [i, each] of blocks.entries()) {
        this.#places[i] = at;
        at += SquashStore.stored(each);
      }
    }
    // A block of zeros takes no space.
    if (word === 0) return new Uint8Array(this.sb.store.fields.blockSize);
    return this.sb.store.data(this.#places[index] as number, word);
  }

  /** Up to `max` bytes, not beyond the end of a block. */
  #part(pos: number, max: number): Uint8Array {
    const { blockSize } = this.sb.store.fields;
    const index = Math.floor(pos / blockSize);
    const inside = pos - index * blockSize;
    const { blocks, fragment, offset, size } = this.#fields;
    const length = Math.min(max, blockSize - inside, size - pos);
    if (index < blocks.length) {
      const block = this.#block(index);
      if (block === undefined) throw EIO;
      const wanted = Math.min(blockSize, size - index * blockSize);
      if (block.length < wanted) throw EIO;
      return block.subarray(inside, inside + length);
    }
    if (fragment === NO_FRAGMENT) throw EIO;
    const tail = this.sb.fragment(fragment);
    const from = offset + inside;
    if (from + length > tail.length) throw EIO;
    return tail.subarray(from, from + length);
  }

  readData(pos: number, max: number): Uint8Array {
    const length = Math.min(max, this.size - pos, READ_MAX);
    if (length <= 0) return new Uint8Array(0);
    const first = this.#part(pos, length);
    if (first.length === length) return first;
    const out = new Uint8Array(length);
    out.set(first);
    for (let done = first.length; done < length; ) {
      const part = this.#part(pos + done, length - done);
      out.set(part, done);
      done += part.length;
    }
    return out;
  }

  #xattrs(): ReadonlyMap<string, Uint8Array> {
    return this.sb.xattrs(this.#fields.xattr);
  }
  override getxattr(name: string): Uint8Array {
    const value = this.#xattrs().get(name);
    if (value === undefined) throw ENODATA;
    return value;
  }
  override listxattr(): string[] {
    return [...this.#xattrs().keys()];
  }
}

/** A mounted Squashfs. */
export class Squashfs implements SuperBlock {
  readonly type = "squashfs";
  readonly kernel: Kernel;
  readonly dev: number;
  readonly volatile = false;
  readonly: boolean = true;
  readonly root: Inode;
  readonly store: SquashStore;
  readonly #bdev: Bdev;
  /** Objects with several names are one inode. */
  readonly #linked = new Map<number, SquashInode>();

  /** Throws EINVAL when there is none on the device, or one with another compressor. */
  constructor(kernel: Kernel, bdev: Bdev) {
    this.kernel = kernel;
    this.#bdev = bdev;
    this.dev = bdev.rdev;
    if (bdev.size < 96) throw EINVAL;
    const fields = parseSuperBlock(bdev.read(0, 96), bdev.size);
    const compressor = COMPRESSORS[fields.compressor];
    try {
      this.store = new SquashStore(kernel, bdev, fields);
    } catch (error) {
      if (error !== EINVAL) throw error;
      const at = (kernel.monotonic() - kernel.bootMs) * 1000;
      const name = compressor === undefined ? "Unknown" : `"${compressor}"`;
      kernel.log.append(3, at, `Filesystem uses ${name} compression. This is not supported`);
      throw EINVAL;
    }
    this.root = this.inode(fields.root, undefined);
    if (!this.root.isDirectory) throw EINVAL;
  }

  inode(at: Reference, parent: SquashInode | undefined): SquashInode {
    const fields = this.#readInode(at);
    if (fields.nlink < 2 || fields.type === 1) return new SquashInode(this, fields, parent);
    let inode = this.#linked.get(fields.number);
    if (inode === undefined) {
      inode = new SquashInode(this, fields, parent);
      this.#linked.set(fields.number, inode);
    }
    return inode;
  }

  #id(index: number): number {
    const { ids, idTable } = this.store.fields;
    if (index >= ids) throw EIO;
    return this.store.indexed(idTable, index, 4).u32();
  }

  #readInode(at: Reference): InodeFields {
    const { inodeTable, blockSize } = this.store.fields;
    const c = this.store.tail(inodeTable, at, INODE_BYTES);
    const kind = c.u16();
    if (kind < 1 || kind > 2 * INODE_BASE_TYPES) throw EIO;
    const long = kind > INODE_BASE_TYPES;
    const type = long ? kind - INODE_BASE_TYPES : kind;
    const permissions = c.u16() & 0o7777;
    const [uidIndex, gidIndex] = [c.u16(), c.u16()];
    const mtime = c.u32();
    const number = c.u32();
    const fields = {
      type,
      permissions,
      uid: this.#id(uidIndex),
      gid: this.#id(gidIndex),
      mtime,
      number,
      nlink: 1,
      size: 0,
      rdev: 0,
      target: "",
      xattr: NO_XATTR,
      start: 0,
      offset: 0,
      fragment: NO_FRAGMENT,
      blocks: [] as number[],
    };
    if (type === 1 && !long) {
      fields.start = c.u32();
      fields.nlink = c.u32();
      fields.size = c.u16();
      fields.offset = c.u16();
    } else if (type === 1) {
      fields.nlink = c.u32();
      fields.size = c.u32();
      fields.start = c.u32();
      c.u32();
      c.u16();
      fields.offset = c.u16();
      fields.xattr = c.u32();
    } else if (type === 2) {
      if (long) {
        fields.start = c.u64();
        fields.size = c.u64();
        c.u64();
        fields.nlink = c.u32();
      } else fields.start = c.u32();
      fields.fragment = c.u32();
      fields.offset = c.u32();
      if (long) fields.xattr = c.u32();
      else fields.size = c.u32();
      const whole = fields.size / blockSize;
      const count = fields.fragment === NO_FRAGMENT ? Math.ceil(whole) : Math.floor(whole);
      if (count > MAX_BLOCKS) throw EIO;
      const list = this.store.metadata(inodeTable, at, c.at + 4 * count);
      list.at = c.at;
      for (let i = 0; i < count; i++) fields.blocks.push(list.u32());
    } else if (type === 3) {
      fields.nlink = c.u32();
      fields.size = c.u32();
      if (fields.size > MAX_LINK) throw EIO;
      const text = this.store.metadata(inodeTable, at, c.at + fields.size + (long ? 4 : 0));
      text.at = c.at;
      fields.target = text.text(fields.size);
      if (long) fields.xattr = text.u32();
    } else {
      fields.nlink = c.u32();
      if (type === 4 || type === 5) fields.rdev = c.u32();
      if (long) fields.xattr = c.u32();
    }
    return fields;
  }

  /** All entries of a directory by name. */
  readDirectory(of: InodeFields): ReadonlyMap<string, DirectoryEntry> {
    const entries = new Map<string, DirectoryEntry>();
    // "." and ".." count three bytes but are not there.
    const size = of.size - 3;
    if (size <= 0) return entries;
    const from = { block: of.start, offset: of.offset };
    const c = this.store.metadata(this.store.fields.directoryTable, from, size);
    while (c.at < size) {
      const count = c.u32() + 1;
      if (count > 256) throw EIO;
      const block = c.u32();
      const base = c.u32();
      for (let i = 0; i < count && c.at < size; i++) {
        const offset = c.u16();
        const number = base + c.i16();
        const type = c.u16();
        const name = c.text(c.u16() + 1);
        if (type < 1 || type > INODE_BASE_TYPES || name.length > 256) throw EIO;
        if (name === "." || name === ".." || /[/\0]/.test(name)) throw EIO;
        if (entries.size >= MAX_ENTRIES) throw EIO;
        entries.set(name, { name, type, number, inode: { block, offset } });
      }
    }
    return entries;
  }

  fragment(index: number): Uint8Array {
    const { fragments, fragmentTable } = this.store.fields;
    if (index >= fragments || fragmentTable < 0) throw EIO;
    const c = this.store.indexed(fragmentTable, index, 16);
    return this.store.data(c.u64(), c.u32());
  }

  /** Extended attributes by the number that an inode has of them. */
  xattrs(index: number): ReadonlyMap<string, Uint8Array> {
    const found = new Map<string, Uint8Array>();
    const { xattrTable } = this.store.fields;
    if (index === NO_XATTR || xattrTable < 0) return found;
    const head = this.store.raw(xattrTable, 16);
    const table = head.u64();
    if (index >= head.u32()) throw EIO;
    const c = this.store.indexed(xattrTable + 16, index, 16);
    const place = c.reference();
    const count = c.u32();
    const size = c.u32();
    if (count > MAX_XATTRS) throw EIO;
    const list = this.store.metadata(table, place, size);
    for (let i = 0; i < count; i++) {
      const type = list.u16();
      const prefix = XATTR_PREFIXES[type & 0xff];
      const name = list.text(list.u16());
      const length = list.u32();
      if (length > MAX_XATTR_VALUE) throw EIO;
      let value = list.text(length);
      if ((type & XATTR_OUT_OF_LINE) !== 0) value = this.#outOfLine(table, value);
      if (prefix !== undefined) found.set(prefix + name, bytes(value));
    }
    return found;
  }

  #outOfLine(table: number, reference: string): string {
    const at = bytes(reference);
    if (at.length !== 8) throw EIO;
    const view = new DataView(at.buffer);
    const place = Number(view.getBigUint64(0, true) & 0xffff_ffff_ffffn);
    const from = { block: Math.floor(place / 65536), offset: place % 65536 };
    const length = this.store.metadata(table, from, 4).u32();
    if (length > MAX_XATTR_VALUE) throw EIO;
    const c = this.store.metadata(table, from, 4 + length);
    c.at = 4;
    return c.text(length);
  }

  options(): string {
    return "errors=continue";
  }

  statfs(): StatFs {
    const { blockSize, bytesUsed, inodes } = this.store.fields;
    return {
      type: SQUASHFS_MAGIC,
      bsize: blockSize,
      blocks: Math.floor((bytesUsed - 1) / blockSize) + 1,
      bfree: 0,
      bavail: 0,
      files: inodes,
      ffree: 0,
      namelen: 256,
      flags: 0,
    };
  }

  remount(data: string): void {
    checkOptions(data);
  }
  release(): void {
    this.store.clear();
    this.#linked.clear();
    unmountBdev(this, this.#bdev);
  }
  sync(): Blocking<void> {}
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function checkOptions(data: string): void {
  for (const part of data.split(",")) {
    if (part !== "" && !/^errors=(?:continue|panic)$|^threads=\w+$/.test(part)) throw EINVAL;
  }
}

/** mount -t squashfs. */
export const squashfs: FileSystemType = {
  name: "squashfs",
  requiresDevice: true,
  mount: (kernel, task, source, data, flags) =>
    mountBdev(kernel, task, "squashfs", source, flags, (bdev) => {
      checkOptions(data);
      return new Squashfs(kernel, bdev);
    }),
};
