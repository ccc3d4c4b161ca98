// Files and directories of vfat (Linux: fs/fat/inode.c, file.c, namei_vfat.c).
import {
  EEXIST,
  EFBIG,
  EINVAL,
  EIO,
  ENOENT,
  ENOSPC,
  ENOTEMPTY,
  EOPNOTSUPP,
  EPERM,
  Errno,
} from "../../../abi/errno.ts";
import { FALLOC_FL_KEEP_SIZE } from "../../../abi/fcntl.ts";
import type { Blocking } from "../../../abi/program.ts";
import {
  type Dirent,
  DT_DIR,
  DT_REG,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  type Stat,
  type Timespec,
} from "../../../abi/stat.ts";
import type { Task } from "../../task.ts";
import { DirectoryFile } from "../directory.ts";
import type { File, Path } from "../file.ts";
import { Inode, type SetAttr } from "../inode.ts";
import { RegularFile, type RegularInode } from "../regular.ts";
import { type Entry, freeSlots, makeSlots, parseDirectory } from "./directory.ts";
import type { Run } from "./fat.ts";
import { checkedName, fatTime, foldName, unixTime } from "./name.ts";
import type { Vfat } from "./vfat.ts";

const MAX_FILE = 0xffffffff;
/** Entries of a directory, at most: 65536 of 32 bytes. */
const MAX_DIRECTORY = 2 * 1024 * 1024;
const READ_MAX = 4 * 1024 * 1024;
/** Zeros are written in pieces of this size. */
const ZEROS = 1024 * 1024;

export const ATTR_RO = 1;
export const ATTR_DIRECTORY = 0x10;
export const ATTR_ARCHIVE = 0x20;

function put16(b: Uint8Array, at: number, value: number): void {
  b[at] = value & 255;
  b[at + 1] = (value >> 8) & 255;
}
function get16(b: Uint8Array, at: number): number {
  return (b[at] as number) | ((b[at + 1] as number) << 8);
}

/** What a new entry says beside its name. */
export function newEntry(attr: number, cluster: number, now: Timespec, offset: number): Uint8Array {
  const raw = new Uint8Array(32);
  const { date, time, hundredths } = fatTime(now, offset);
  raw[11] = attr;
  raw[13] = hundredths;
  put16(raw, 14, time);
  put16(raw, 16, date);
  put16(raw, 18, date);
  put16(raw, 20, cluster >>> 16);
  put16(raw, 22, time);
  put16(raw, 24, date);
  put16(raw, 26, cluster & 0xffff);
  return raw;
}

/** Either kind. */
export abstract class FatInode extends Inode {
  declare readonly sb: Vfat;
  override readonly ino: number;
  parent: FatDirectory | undefined;
  /** The 32 bytes of the entry as they are on the device; of the root none that count. */
  protected raw: Uint8Array;
  /** Where they are; -1: the root, or unlinked. */
  position: number;
  /** Clusters as far as they have been followed; undefined: not yet. */
  #runs: Run[] | undefined;
  #times: { atime: Timespec; mtime: Timespec } | undefined;
  /** Its clusters have been given back. */
  protected gone = false;

  constructor(
    sb: Vfat,
    parent: FatDirectory | undefined,
    raw: Uint8Array,
    position: number,
    name: string,
  ) {
    const attr = raw[11] as number;
    const options = sb.given;
    const directory = (attr & ATTR_DIRECTORY) !== 0;
    let mode = directory ? S_IFDIR | 0o777 : S_IFREG | 0o777;
    if ((attr & ATTR_RO) !== 0 && (!directory || options.rodir)) mode &= ~0o222;
    if (!directory && options.showExec && !/\.(?:exe|com|bat)$/i.test(name)) mode &= ~0o111;
    mode &= ~(directory ? options.dmask : options.fmask);
    super(sb, mode, options.uid, options.gid);
    this.ino = sb.nextIno();
    this.parent = parent;
    this.raw = raw;
    this.position = position;
  }

  get attr(): number {
    return this.raw[11] as number;
  }
  get firstCluster(): number {
    const low = get16(this.raw, 26);
    return this.sb.fat.layout.bits === 32 ? ((get16(this.raw, 20) << 16) | low) >>> 0 : low;
  }
  protected setFirstCluster(cluster: number): void {
    put16(this.raw, 20, cluster >>> 16);
    put16(this.raw, 26, cluster & 0xffff);
  }
  abstract get size(): number;

  /** All clusters, in order. */
  protected runs(): Run[] {
    if (this.#runs === undefined) {
      const first = this.firstCluster;
      try {
        this.#runs = first === 0 ? [] : this.sb.fat.chain(first);
      } catch (error) {
        this.sb.damaged(error, `invalid cluster chain (i_ino ${this.ino})`);
      }
    }
    return this.#runs;
  }
  protected get clusterCount(): number {
    const last = this.runs().at(-1);
    return last === undefined ? 0 : last.index + last.count;
  }

  /** Adds clusters at the end; ENOSPC adds none. */
  protected grow(count: number): void {
    if (count <= 0) return;
    const runs = this.runs();
    const last = runs.at(-1);
    const have = this.clusterCount;
    const added = this.sb.fat.allocate(count, last === undefined ? 0 : last.start + last.count - 1);
    for (const run of added) {
      const tail = runs.at(-1);
      if (tail !== undefined && tail.start + tail.count === run.start) tail.count += run.count;
      else runs.push({ start: run.start, index: have + run.index, count: run.count });
    }
    if (last === undefined) this.setFirstCluster((added[0] as Run).start);
  }

  /** Keeps the first `count` clusters. */
  protected shrink(count: number): void {
    const { fat } = this.sb;
    const runs = this.runs();
    if (count >= this.clusterCount) return;
    const first = this.firstCluster;
    try {
      if (count === 0) {
        this.setFirstCluster(0);
        this.#runs = [];
        fat.release(first);
        return;
      }
      const kept: Run[] = [];
      for (const run of runs) {
        if (run.index >= count) break;
        kept.push({ ...run, count: Math.min(run.count, count - run.index) });
      }
      this.#runs = kept;
      const last = kept.at(-1) as Run;
      fat.cut(last.start + last.count - 1);
    } catch (error) {
      this.sb.damaged(error, `deleting FAT entry beyond EOF (i_ino ${this.ino})`);
    }
  }

  /** Bytes of the clusters; the caller keeps within them. */
  protected readClusters(pos: number, length: number): Uint8Array {
    const { bdev, fat } = this.sb;
    const { clusterSize } = fat.layout;
    const parts: [at: number, bytes: Uint8Array][] = [];
    for (const run of this.#runsFrom(pos)) {
      const start = run.index * clusterSize;
      const from = Math.max(pos, start);
      const to = Math.min(pos + length, start + run.count * clusterSize);
      if (from >= to) break;
      const bytes = bdev.read(fat.place(run.start) + from - start, to - from);
      if (bytes.length === length) return bytes;
      parts.push([from - pos, bytes]);
    }
    const out = new Uint8Array(length);
    for (const [at, bytes] of parts) out.set(bytes, at);
    return out;
  }

  protected writeClusters(pos: number, bytes: Uint8Array): void {
    const { bdev, fat } = this.sb;
    const { clusterSize } = fat.layout;
    const end = pos + bytes.length;
    for (const run of this.#runsFrom(pos)) {
      const start = run.index * clusterSize;
      const from = Math.max(pos, start);
      const to = Math.min(end, start + run.count * clusterSize);
      if (from >= to) break;
      bdev.write(fat.place(run.start) + from - start, bytes.subarray(from - pos, to - pos));
    }
  }

  /** The runs from the one that has `pos` on. */
  #runsFrom(pos: number): Run[] {
    const runs = this.runs();
    const cluster = Math.floor(pos / this.sb.fat.layout.clusterSize);
    let low = 0;
    let high = runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((runs[middle] as Run).index <= cluster) low = middle;
      else high = middle - 1;
    }
    return low === 0 ? runs : runs.slice(low);
  }

  get times(): { atime: Timespec; mtime: Timespec } {
    if (this.#times === undefined) {
      const { raw } = this;
      const offset = this.sb.given.timeOffset;
      this.#times = {
        mtime: unixTime(get16(raw, 24), get16(raw, 22), 0, offset),
        atime: unixTime(get16(raw, 18), 0, 0, offset),
      };
    }
    return this.#times;
  }

  /** Sets times as exactly as FAT can: two seconds, and the day of the last access. */
  protected setTimes(mtime: Timespec | undefined, atime: Timespec | undefined): void {
    const offset = this.sb.given.timeOffset;
    if (mtime !== undefined) {
      const { date, time } = fatTime(mtime, offset);
      put16(this.raw, 22, time);
      put16(this.raw, 24, date);
    }
    if (atime !== undefined) put16(this.raw, 18, fatTime(atime, offset).date);
    this.#times = undefined;
  }

  /** Puts the entry on the device. */
  protected store(): void {
    if (this.position < 0) return;
    this.parent?.storeEntry(this.position, this.raw);
  }

  stat(): Stat {
    const { clusterSize } = this.sb.fat.layout;
    const { atime, mtime } = this.times;
    const { size } = this;
    return {
      dev: this.sb.dev,
      ino: this.ino,
      mode: this.mode,
      nlink: this.nlink,
      uid: this.uid,
      gid: this.gid,
      rdev: 0,
      size,
      blksize: clusterSize,
      blocks: (Math.ceil(size / clusterSize) * clusterSize) / 512,
      atime,
      mtime,
      ctime: mtime,
    };
  }

  /** A copy of the entry, for another place. */
  entryBytes(): Uint8Array {
    return this.raw.slice();
  }
  /** Its entry is somewhere else now. */
  placed(parent: FatDirectory, position: number, raw: Uint8Array): void {
    this.parent = parent;
    this.position = position;
    this.raw = raw;
  }

  protected resize(_size: number): void {
    throw EINVAL;
  }

  override setattr(attr: SetAttr): void {
    const options = this.sb.given;
    const strange =
      (attr.uid !== undefined && attr.uid !== this.uid) ||
      (attr.gid !== undefined && attr.gid !== this.gid) ||
      (attr.mode !== undefined && (attr.mode & 0o7000) !== 0);
    if (strange && !options.quiet) throw EPERM;
    if (attr.size !== undefined) this.resize(attr.size);
    if (attr.mode !== undefined && !strange) this.#chmod(attr.mode);
    const now = this.sb.kernel.currentTime();
    const changed = attr.size !== undefined ? now : undefined;
    this.setTimes(attr.mtime ?? changed, attr.atime);
    this.store();
  }

  /** Only whether it can be written is kept; what FAT cannot keep is ignored, as Linux does. */
  #chmod(mode: number): void {
    const options = this.sb.given;
    const mask = this.isDirectory ? options.dmask : options.fmask;
    const perm = mode & 0o777 & ~mask;
    if ((perm & 0o555) !== (this.mode & 0o555)) return;
    const all = 0o222 & ~mask;
    const canHold = !this.isDirectory || options.rodir;
    if (canHold ? (perm & 0o222) !== 0 && (perm & 0o222) !== all : (perm & 0o222) !== all) return;
    this.mode = (this.mode & S_IFMT) | perm;
    if (!canHold) return;
    if ((perm & 0o222) === 0) this.raw[11] = this.attr | ATTR_RO;
    else this.raw[11] = this.attr & ~ATTR_RO;
  }

  /** After unlink: the clusters go when nobody has it open. */
  unlinked(): void {
    this.nlink = 0;
    this.sb.forget(this);
    this.position = -1;
    if (this.holds === 0) this.evict();
  }

  override evict(): void {
    if (this.gone) return;
    this.gone = true;
    const first = this.firstCluster;
    if (first === 0) return;
    try {
      this.sb.fat.release(first);
    } catch (error) {
      // Nobody waits for it: the damage is noted, not thrown.
      if (!(error instanceof Errno)) throw error;
      this.sb.noteDamage(`deleting FAT entry beyond EOF (i_ino ${this.ino})`);
    }
  }
}

/** A regular file. */
export class FatFile extends FatInode implements RegularInode {
  override get size(): number {
    return (get16(this.raw, 28) | (get16(this.raw, 30) << 16)) >>> 0;
  }
  #setSize(size: number): void {
    put16(this.raw, 28, size & 0xffff);
    put16(this.raw, 30, size >>> 16);
  }
  get maxSize(): number {
    return MAX_FILE;
  }

  override open(_task: Task, path: Path, flags: number): Blocking<File> {
    return new RegularFile(path, flags, this);
  }

  /** Bytes that have clusters: a damaged entry may promise more. */
  #mustHave(size: number): void {
    if (this.clusterCount * this.sb.fat.layout.clusterSize < size) {
      this.sb.damaged(EIO, `file is shorter than its size (i_ino ${this.ino})`);
    }
  }

  readData(pos: number, max: number): Uint8Array {
    const { size } = this;
    if (pos >= size) return new Uint8Array(0);
    this.#mustHave(size);
    return this.readClusters(pos, Math.min(max, size - pos, READ_MAX));
  }

  writeData(pos: number, bytes: Uint8Array): number {
    const { size } = this;
    const end = pos + bytes.length;
    if (end > size) {
      this.#mustHave(size);
      this.#extend(end);
      if (pos > size) this.#zero(size, pos);
      this.#setSize(end);
    } else this.#mustHave(size);
    this.writeClusters(pos, bytes);
    this.raw[11] = this.attr | ATTR_ARCHIVE;
    this.setTimes(this.sb.kernel.currentTime(), undefined);
    this.store();
    this.sb.changed();
    return bytes.length;
  }

  /** Clusters for `size` bytes. */
  #extend(size: number): void {
    const { clusterSize } = this.sb.fat.layout;
    this.grow(Math.ceil(size / clusterSize) - this.clusterCount);
  }

  #zero(from: number, to: number): void {
    for (let at = from; at < to; at += ZEROS) {
      this.writeClusters(at, new Uint8Array(Math.min(ZEROS, to - at)));
    }
  }

  protected override resize(size: number): void {
    if (size > MAX_FILE) throw EFBIG;
    const old = this.size;
    if (size > old) {
      this.#mustHave(old);
      this.#extend(size);
      this.#zero(old, size);
      this.#setSize(size);
    } else if (size < old) {
      this.#setSize(size);
      this.shrink(Math.ceil(size / this.sb.fat.layout.clusterSize));
    }
    this.raw[11] = this.attr | ATTR_ARCHIVE;
    this.sb.changed();
  }

  seekData(pos: number): number | undefined {
    return pos < this.size ? pos : undefined;
  }
  seekHole(): number {
    return this.size;
  }
  /** Clusters may stand ready behind the end; no holes. */
  allocate(mode: number, offset: number, length: number): void {
    if ((mode & ~FALLOC_FL_KEEP_SIZE) !== 0) throw EOPNOTSUPP;
    const end = offset + length;
    if (end > MAX_FILE) throw EFBIG;
    if ((mode & FALLOC_FL_KEEP_SIZE) !== 0) this.#extend(end);
    else if (end > this.size) this.resize(end);
    this.store();
  }
}

/** A directory. */
export class FatDirectory extends FatInode {
  #bytes: Uint8Array | undefined;
  #entries: Map<string, Entry> | undefined;

  get isFixedRoot(): boolean {
    return this.parent === undefined && this.sb.fat.layout.rootSize > 0;
  }

  /** The root of FAT32 has its cluster in the boot sector. */
  override get firstCluster(): number {
    return this.parent === undefined ? this.sb.fat.layout.rootCluster : super.firstCluster;
  }

  override get size(): number {
    if (this.isFixedRoot) return this.sb.fat.layout.rootSize;
    return this.clusterCount * this.sb.fat.layout.clusterSize;
  }

  /** The raw entries, read at first use. */
  #load(): { bytes: Uint8Array; entries: Map<string, Entry> } {
    if (this.#bytes === undefined || this.#entries === undefined) {
      const { size } = this;
      if (size > MAX_DIRECTORY) this.sb.damaged(EIO, `directory is too large (i_ino ${this.ino})`);
      const { rootStart } = this.sb.fat.layout;
      this.#bytes = this.isFixedRoot
        ? this.sb.bdev.read(rootStart, size)
        : this.readClusters(0, size);
      this.#entries = parseDirectory(this.#bytes);
      this.sb.loaded(this);
    }
    return { bytes: this.#bytes, entries: this.#entries };
  }
  /** Frees what it remembers; it is read again when needed. */
  drop(): void {
    this.#bytes = undefined;
    this.#entries = undefined;
  }

  /** Where on the device a byte of the directory is. */
  #place(offset: number): number {
    const { fat } = this.sb;
    if (this.isFixedRoot) return fat.layout.rootStart + offset;
    const { clusterSize } = fat.layout;
    const cluster = Math.floor(offset / clusterSize);
    for (const run of this.runs()) {
      if (cluster < run.index + run.count) {
        return fat.place(run.start + cluster - run.index) + (offset % clusterSize);
      }
    }
    throw EIO;
  }

  /** Changes entries, here and on the device. */
  #write(offset: number, bytes: Uint8Array): void {
    this.#load().bytes.set(bytes, offset);
    if (this.isFixedRoot) this.sb.bdev.write(this.#place(offset), bytes);
    else this.writeClusters(offset, bytes);
    this.sb.changed();
  }

  /** The entry of one of its files, at a place that `positionOf` gave. */
  storeEntry(position: number, raw: Uint8Array): void {
    this.sb.bdev.write(position, raw);
    this.sb.changed();
    if (this.#bytes === undefined || this.#entries === undefined) return;
    const at = this.#offsets?.get(position);
    if (at !== undefined) this.#bytes.set(raw, at);
    else this.drop();
  }
  /** Offsets of short entries by their place on the device. */
  #offsets: Map<number, number> | undefined;

  #inode(entry: Entry): FatInode {
    const position = this.#place(entry.short);
    this.#offsets ??= new Map();
    this.#offsets.set(position, entry.short);
    const known = this.sb.known(position);
    if (known !== undefined) return known;
    const raw = this.#load().bytes.slice(entry.short, entry.short + 32);
    const inode = this.sb.make(this, raw, position, entry.name);
    if (inode.isDirectory) {
      // A damaged tree may lead back to where it came from, or into the root.
      const first = inode.firstCluster;
      for (let at: FatDirectory | undefined = this; at !== undefined; at = at.parent) {
        if (at.firstCluster === first || first === 0) {
          this.sb.forget(inode);
          this.sb.damaged(EIO, `directory loop (i_ino ${this.ino})`);
        }
      }
      inode.nlink = (inode as FatDirectory).links();
    }
    return inode;
  }

  /** Two, and one for each directory in it; a directory that cannot be read has two. */
  links(): number {
    try {
      let links = 2;
      const { bytes, entries } = this.#load();
      for (const { short } of new Set(entries.values())) {
        if (((bytes[short + 11] as number) & ATTR_DIRECTORY) !== 0) links++;
      }
      return links;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      return 2;
    }
  }

  override lookup(name: string): Inode | undefined {
    const entry = this.#find(name);
    return entry === undefined ? undefined : this.#inode(entry);
  }

  #find(name: string): Entry | undefined {
    // Dots at the end are no part of a name.
    const text = name.replace(/\.+$/, "");
    return text === "" ? undefined : this.#load().entries.get(foldName(text));
  }

  override readdir(): Dirent[] {
    const all: Dirent[] = [];
    const { bytes, entries } = this.#load();
    // An entry is there under its long and its short name.
    for (const entry of new Set(entries.values())) {
      const directory = ((bytes[entry.short + 11] as number) & ATTR_DIRECTORY) !== 0;
      const ino = this.sb.known(this.#place(entry.short))?.ino ?? this.#inoOf(entry);
      all.push({ ino, type: directory ? DT_DIR : DT_REG, name: entry.name });
    }
    return all;
  }
  #inoOf(entry: Entry): number {
    try {
      return this.#inode(entry).ino;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      return 1;
    }
  }

  override open(_task: Task, path: Path, flags: number): Blocking<File> {
    return new DirectoryFile(path, flags);
  }

  override create(name: string): Inode {
    this.#mustBeLinked();
    const attr = ATTR_ARCHIVE;
    const now = this.sb.kernel.currentTime();
    const raw = newEntry(attr, 0, now, this.sb.given.timeOffset);
    return this.#inode(this.#enter(name, raw));
  }

  override mkdir(name: string): Inode {
    this.#mustBeLinked();
    const { fat, kernel, given: options } = this.sb;
    const now = kernel.currentTime();
    const cluster = (fat.allocate(1, 0)[0] as Run).start;
    try {
      // "." and "..", the rest is empty.
      const bytes = new Uint8Array(fat.layout.clusterSize);
      const self = newEntry(ATTR_DIRECTORY, cluster, now, options.timeOffset);
      self.fill(0x20, 0, 11);
      self[0] = 0x2e;
      bytes.set(self);
      const top = this.parent === undefined ? 0 : this.firstCluster;
      const up = newEntry(ATTR_DIRECTORY, top, now, options.timeOffset);
      up.fill(0x20, 0, 11);
      up[0] = 0x2e;
      up[1] = 0x2e;
      bytes.set(up, 32);
      this.sb.bdev.write(fat.place(cluster), bytes);
      const raw = newEntry(ATTR_DIRECTORY, cluster, now, options.timeOffset);
      const made = this.#inode(this.#enter(name, raw));
      this.nlink++;
      return made;
    } catch (error) {
      fat.release(cluster);
      throw error;
    }
  }

  #mustBeLinked(): void {
    if (this.nlink === 0) throw ENOENT;
  }

  /** Writes an entry with its name; `raw` gets the short one. */
  #enter(name: string, raw: Uint8Array): Entry {
    const text = checkedName(name);
    const { entries } = this.#load();
    if (this.#find(name) !== undefined) throw EEXIST;
    const { bytes: slots, entry } = makeSlots(text, raw, entries, this.#load().bytes);
    const count = slots.length / 32;
    let at = freeSlots(this.#load().bytes, count);
    if (at === undefined) at = this.#extend(count);
    this.#write(at * 32, slots);
    const made = { ...entry, first: at, count, short: (at + count - 1) * 32 };
    for (const key of made.keys) this.#load().entries.set(key, made);
    this.setTimes(this.sb.kernel.currentTime(), undefined);
    this.store();
    return made;
  }

  /** Room for more entries at the end: the first free slot. */
  #extend(count: number): number {
    const { bytes } = this.#load();
    const { clusterSize } = this.sb.fat.layout;
    const clusters = Math.ceil((count * 32) / clusterSize);
    if (this.isFixedRoot || bytes.length + clusters * clusterSize > MAX_DIRECTORY) throw ENOSPC;
    const old = this.clusterCount;
    this.grow(clusters);
    this.store();
    const zeros = new Uint8Array(clusters * clusterSize);
    this.writeClusters(old * clusterSize, zeros);
    const larger = new Uint8Array(bytes.length + zeros.length);
    larger.set(bytes);
    this.#bytes = larger;
    // Free slots that ended the old part are used too.
    return freeSlots(larger, count) ?? bytes.length / 32;
  }

  /** Marks the slots of an entry free. */
  #erase(entry: Entry): void {
    const { bytes, entries } = this.#load();
    for (const key of entry.keys) entries.delete(key);
    const at = entry.first * 32;
    const slots = bytes.slice(at, at + entry.count * 32);
    for (let i = 0; i < slots.length; i += 32) slots[i] = 0xe5;
    this.#offsets?.delete(this.#place(entry.short));
    this.#write(at, slots);
    this.setTimes(this.sb.kernel.currentTime(), undefined);
    this.store();
  }

  override unlink(name: string, inode: Inode): void {
    const entry = this.#find(name);
    if (entry === undefined) throw ENOENT;
    this.#erase(entry);
    (inode as FatInode).unlinked();
  }

  get isEmpty(): boolean {
    return this.#load().entries.size === 0;
  }

  override rmdir(name: string, inode: Inode): void {
    const entry = this.#find(name);
    if (entry === undefined) throw ENOENT;
    if (inode instanceof FatDirectory && !inode.isEmpty) throw ENOTEMPTY;
    this.#erase(entry);
    this.nlink--;
    (inode as FatInode).unlinked();
  }

  override rename(
    name: string,
    newDir: Inode,
    newName: string,
    flags: number,
    inode?: Inode,
    target?: Inode,
  ): void {
    // Neither exchanging nor whiteouts.
    if ((flags & ~1) !== 0) throw EINVAL;
    const to = newDir as FatDirectory;
    const moved = inode as FatInode;
    const entry = this.#find(name);
    if (entry === undefined || to.nlink === 0) throw ENOENT;
    checkedName(newName);
    if (target instanceof FatDirectory && !target.isEmpty) throw ENOTEMPTY;
    const respelled = to === this && to.#find(newName) === entry;
    if (target !== undefined) {
      if (target.isDirectory) to.rmdir(newName, target);
      else to.unlink(newName, target);
    }
    const raw = moved.entryBytes();
    this.sb.forget(moved);
    // The new entry first: what is cut off in between has two names rather than none.
    if (respelled) this.#erase(entry);
    const made = to.#enter(newName, raw);
    if (!respelled) this.#erase(entry);
    moved.placed(to, to.#place(made.short), to.#load().bytes.slice(made.short, made.short + 32));
    to.#offsets ??= new Map();
    to.#offsets.set(moved.position, made.short);
    this.sb.remember(moved);
    if (moved instanceof FatDirectory && to !== this) {
      this.nlink--;
      to.nlink++;
      moved.#setParent(to);
    }
  }

  /** Its ".." leads to the new parent. */
  #setParent(parent: FatDirectory): void {
    const { bytes } = this.#load();
    if (bytes[32] !== 0x2e || bytes[33] !== 0x2e) return;
    const up = bytes.slice(32, 64);
    const top = parent.parent === undefined ? 0 : parent.firstCluster;
    put16(up, 20, top >>> 16);
    put16(up, 26, top & 0xffff);
    this.#write(32, up);
  }
}
