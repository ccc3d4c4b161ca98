// iso9660: ISO 9660 with Rock Ridge or Joliet, read only (ECMA-119, RRIP; Linux: fs/isofs).
import { EINVAL, EIO, EROFS } from "../../../abi/errno.ts";
import { ISOFS_SUPER_MAGIC } from "../../../abi/mount.ts";
import type { Blocking } from "../../../abi/program.ts";
import {
  type Dirent,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  type Stat,
  type StatFs,
} from "../../../abi/stat.ts";
import type { Bdev } from "../../block/genhd.ts";
import { mountBdev, unmountBdev } from "../../block/mount.ts";
import type { Kernel } from "../../kernel.ts";
import type { FileSystemType } from "../filesystems.ts";
import type { Inode, SuperBlock } from "../inode.ts";
import { ReadonlyInode } from "../readonly.ts";
import { type IsoOptions, isoOptionsText, parseIsoOptions } from "./options.ts";
import {
  FLAG_ASSOCIATED,
  FLAG_DIRECTORY,
  FLAG_HIDDEN,
  FLAG_MULTI_EXTENT,
  type IsoRecord,
  jolietName,
  le32,
  parseRecord,
  plainName,
  rockSkip,
  SECTOR,
} from "./record.ts";

/** Largest directory and longest single read. */
const MAX_DIRECTORY = 16 * 1024 * 1024;
const READ_MAX = 4 * 1024 * 1024;
/** Volume descriptors that are looked at. */
const MAX_DESCRIPTORS = 64;
/** Inodes that are kept although nobody may use them. */
const MAX_INODES = 8192;

/** A piece of a file. */
interface Extent {
  readonly block: number;
  readonly size: number;
}

interface Entry {
  readonly record: IsoRecord;
  readonly extents: readonly Extent[];
  /** Where the record is on the medium: what the inode number is made of. */
  readonly place: number;
}

class IsoInode extends ReadonlyInode {
  declare readonly sb: IsoFs;
  override readonly ino: number;
  readonly #entry: Entry;
  readonly #parent: IsoInode | undefined;
  #entries: ReadonlyMap<string, Entry> | undefined;

  constructor(sb: IsoFs, entry: Entry, parent: IsoInode | undefined) {
    const { record } = entry;
    const { rock } = record;
    const options = sb.given;
    const directory = (record.flags & FLAG_DIRECTORY) !== 0 || rock?.child !== undefined;
    let mode = rock?.mode ?? (directory ? S_IFDIR | 0o555 : S_IFREG | 0o555);
    // The type is what the record says: nothing else can be read as a directory.
    if (directory) mode = S_IFDIR | (mode & 0o7777);
    else if ((mode & S_IFMT) === S_IFDIR || (mode & S_IFMT) === 0) mode = S_IFREG | (mode & 0o7777);
    const given = directory ? options.dmode : options.mode;
    if (given !== undefined && (rock?.mode === undefined || options.overrideRock)) {
      mode = (mode & ~0o777) | given;
    }
    super(sb, mode, options.uid ?? rock?.uid ?? 0, options.gid ?? rock?.gid ?? 0);
    this.#entry = entry;
    this.#parent = parent;
    this.nlink = Math.max(1, Math.min(rock?.nlink ?? (directory ? 2 : 1), 0xffff));
    this.rdev = rock?.rdev ?? 0;
    this.ino = Math.max(1, Math.floor(entry.place / 32));
  }

  get size(): number {
    if (this.isSymlink) return this.#entry.record.rock?.target?.length ?? 0;
    let size = 0;
    for (const extent of this.#entry.extents) size += extent.size;
    return size;
  }

  stat(): Stat {
    const { record } = this.#entry;
    const { rock, time } = record;
    const { size } = this;
    const isData = (this.mode & S_IFMT) === S_IFREG || this.isDirectory;
    return {
      dev: this.sb.dev,
      ino: this.ino,
      mode: this.mode,
      nlink: this.nlink,
      uid: this.uid,
      gid: this.gid,
      rdev: this.rdev,
      size: isData || this.isSymlink ? size : 0,
      blksize: SECTOR,
      blocks: isData ? Math.ceil(size / SECTOR) * 4 : 0,
      atime: rock?.atime ?? rock?.mtime ?? time,
      mtime: rock?.mtime ?? time,
      ctime: rock?.ctime ?? rock?.mtime ?? time,
    };
  }

  override readlink(): string {
    const target = this.#entry.record.rock?.target;
    if (!this.isSymlink || target === undefined) throw EINVAL;
    return target;
  }

  readData(pos: number, max: number): Uint8Array {
    const end = Math.min(this.size, pos + Math.min(max, READ_MAX));
    if (end <= pos) return new Uint8Array(0);
    let start = 0;
    for (const { block, size } of this.#entry.extents) {
      if (pos < start + size) {
        // Up to the end of this piece: the next read goes on with the next one.
        const length = Math.min(end, start + size) - pos;
        return this.sb.read(block, pos - start, length);
      }
      start += size;
    }
    return new Uint8Array(0);
  }

  #directory(): ReadonlyMap<string, Entry> {
    this.#entries ??= this.sb.readDirectory(this.#entry);
    return this.#entries;
  }

  /** The directory's first block. */
  get extent(): number {
    return this.#entry.extents[0]?.block ?? 0;
  }

  override lookup(name: string): Inode | undefined {
    const entry = this.#directory().get(name);
    if (entry === undefined) return undefined;
    const inode = this.sb.inode(entry, this);
    if (inode.isDirectory) {
      // A damaged medium may lead back to where it came from.
      for (let at: IsoInode | undefined = this; at !== undefined; at = at.#parent) {
        if (at.extent === inode.extent) throw EIO;
      }
    }
    return inode;
  }

  override readdir(): Dirent[] {
    const all: Dirent[] = [];
    for (const [name, entry] of this.#directory()) {
      const { rock, flags } = entry.record;
      const directory = (flags & FLAG_DIRECTORY) !== 0 || rock?.child !== undefined;
      const mode = directory ? S_IFDIR : (rock?.mode ?? S_IFREG);
      const type = (mode & S_IFMT) === 0 ? S_IFREG : mode & S_IFMT;
      all.push({ ino: Math.max(1, Math.floor(entry.place / 32)), type: type >> 12, name });
    }
    return all;
  }
}

/** A mounted medium. */
export class IsoFs implements SuperBlock {
  readonly type = "iso9660";
  readonly kernel: Kernel;
  readonly dev: number;
  readonly volatile = false;
  readonly: boolean = true;
  readonly root: Inode;
  /** As it was mounted. */
  readonly given: IsoOptions;
  readonly #bdev: Bdev;
  readonly #blockSize: number;
  readonly #blocks: number;
  readonly #joliet: boolean;
  /** Bytes before system use fields; -1: no Rock Ridge. */
  readonly #skip: number;
  readonly #inodes = new Map<number, IsoInode>();

  /** Throws EINVAL when there is no ISO 9660 on the device. */
  constructor(kernel: Kernel, bdev: Bdev, options: IsoOptions) {
    this.kernel = kernel;
    this.#bdev = bdev;
    this.dev = bdev.rdev;
    this.given = options;
    const [primary, joliet] = this.#descriptors();
    this.#blockSize = ((primary[129] as number) << 8) | (primary[128] as number);
    if (![512, 1024, 2048].includes(this.#blockSize)) throw EINVAL;
    this.#blocks = le32(primary, 80);
    const read = this.#readUse;
    const plain = parseRecord(primary.subarray(156, 190), 0, -1, read);
    if (plain === undefined) throw EINVAL;
    let skip = -1;
    if (options.rock) {
      const start = this.read(plain.extent, 0, SECTOR);
      skip = rockSkip(start, read) ?? -1;
    }
    this.#skip = skip;
    const useJoliet = skip < 0 && options.joliet && joliet !== undefined;
    this.#joliet = useJoliet;
    const top = useJoliet ? parseRecord(joliet.subarray(156, 190), 0, -1, read) : plain;
    if (top === undefined || (top.flags & FLAG_DIRECTORY) === 0) throw EINVAL;
    // Owner, mode and times of the root are in its "." record.
    const self =
      skip < 0 ? undefined : parseRecord(this.read(top.extent, 0, SECTOR), 0, skip, read);
    const record = { ...top, rock: self?.rock };
    const place = top.extent * this.#blockSize;
    const extents = [{ block: top.extent, size: top.size }];
    this.root = new IsoInode(this, { record, extents, place }, undefined);
  }

  /** The primary descriptor and the Joliet one, if there is one. */
  #descriptors(): [Uint8Array, Uint8Array | undefined] {
    const { sector } = this.given;
    let primary: Uint8Array | undefined;
    let joliet: Uint8Array | undefined;
    for (let i = 16; i < 16 + MAX_DESCRIPTORS; i++) {
      const at = (sector + i) * SECTOR;
      if (at + SECTOR > this.#bdev.size) break;
      const b = this.#bdev.read(at, SECTOR);
      if (String.fromCharCode(...b.subarray(1, 6)) !== "CD001") break;
      if (b[0] === 255) break;
      if (b[0] === 1) primary ??= b;
      // Escape sequences of UCS-2, levels 1 to 3.
      if (b[0] === 2 && b[88] === 0x25 && b[89] === 0x2f && [0x40, 0x43, 0x45].includes(b[90] ?? 0))
        joliet ??= b;
    }
    if (primary === undefined) throw EINVAL;
    return [primary, joliet];
  }

  readonly #readUse = (block: number, offset: number, length: number): Uint8Array => {
    if (offset + length > SECTOR) throw EIO;
    return this.read(block, offset, length);
  };

  /** Bytes of a logical block and those that follow. */
  read(block: number, offset: number, length: number): Uint8Array {
    return this.#bdev.read(block * this.#blockSize + offset, length);
  }

  inode(entry: Entry, parent: IsoInode): IsoInode {
    const known = this.#inodes.get(entry.place);
    if (known !== undefined) return known;
    const inode = new IsoInode(this, entry, parent);
    if (this.#inodes.size < MAX_INODES) this.#inodes.set(entry.place, inode);
    return inode;
  }

  /** All entries of a directory by name, but "." and "..". */
  readDirectory(of: Entry): ReadonlyMap<string, Entry> {
    const [extent = { block: 0, size: 0 }] = of.extents;
    const { block } = extent;
    const size = Math.min(extent.size, MAX_DIRECTORY);
    const all = this.read(block, 0, size);
    const entries = new Map<string, Entry>();
    let pieces: Extent[] = [];
    let first: { record: IsoRecord; place: number } | undefined;
    for (let at = 0; at < size; ) {
      const record = parseRecord(all, at, this.#skip, this.#readUse);
      if (record === undefined) {
        // Records do not cross sectors: the rest of this one is padding.
        at = (Math.floor(at / SECTOR) + 1) * SECTOR;
        continue;
      }
      const place = block * this.#blockSize + at;
      at += record.length;
      pieces.push({ block: record.extent, size: record.size });
      first ??= { record, place };
      if ((record.flags & FLAG_MULTI_EXTENT) !== 0 && pieces.length < 1024) continue;
      const entry = { ...first, extents: pieces };
      pieces = [];
      first = undefined;
      this.#enter(entries, entry);
    }
    return entries;
  }

  #enter(entries: Map<string, Entry>, entry: Entry): void {
    const { record } = entry;
    const { id, flags, rock } = record;
    if (id === "\0" || id === "\x01") return;
    if (rock?.relocated === true) return;
    const { hide, showAssociated, map } = this.given;
    if ((flags & FLAG_HIDDEN) !== 0 && hide) return;
    if ((flags & FLAG_ASSOCIATED) !== 0 && !showAssociated) return;
    const name = rock?.name ?? (this.#joliet ? jolietName(id) : plainName(id, map));
    if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) return;
    entries.set(name, rock?.child === undefined ? entry : this.#relocated(entry, rock.child));
  }

  /** A directory that stands elsewhere (CL): its size is in its own "." record. */
  #relocated(entry: Entry, block: number): Entry {
    const self = parseRecord(this.read(block, 0, SECTOR), 0, this.#skip, this.#readUse);
    if (self === undefined) throw EIO;
    const rock = { ...entry.record.rock, ...self.rock, name: entry.record.rock?.name ?? "" };
    const record = { ...self, flags: FLAG_DIRECTORY, rock: { ...rock, child: block } };
    return { record, extents: [{ block, size: self.size }], place: block * this.#blockSize };
  }

  options(): string {
    return isoOptionsText(this.given, this.#joliet, this.#blockSize);
  }

  statfs(): StatFs {
    return {
      type: ISOFS_SUPER_MAGIC,
      bsize: this.#blockSize,
      blocks: this.#blocks,
      bfree: 0,
      bavail: 0,
      files: 0,
      ffree: 0,
      namelen: 255,
      flags: 0,
    };
  }

  remount(data: string, readonly: boolean): void {
    parseIsoOptions(data);
    if (!readonly) throw EROFS;
  }
  release(): void {
    this.#inodes.clear();
    unmountBdev(this, this.#bdev);
  }
  sync(): Blocking<void> {}
}

/** mount -t iso9660. */
export const iso9660: FileSystemType = {
  name: "iso9660",
  requiresDevice: true,
  mount: (kernel, task, source, data, flags) =>
    mountBdev(kernel, task, "iso9660", source, flags, (bdev) => {
      return new IsoFs(kernel, bdev, parseIsoOptions(data));
    }),
};
