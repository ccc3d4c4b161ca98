// Inodes of tmpfs: regular files, directories, links and special files in memory (Linux: mm/shmem.c).
import {
  E2BIG,
  EEXIST,
  EFBIG,
  EINVAL,
  EMLINK,
  ENODATA,
  ENOENT,
  ENOSPC,
  ENOTEMPTY,
  EPERM,
  ERANGE,
} from "../../../abi/errno.ts";
import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  RENAME_EXCHANGE,
  RENAME_WHITEOUT,
} from "../../../abi/fcntl.ts";
import type { Blocking } from "../../../abi/program.ts";
import {
  type Dirent,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
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
import { BLOCK_SIZE, MAX_FILE_SIZE, Pages } from "./pages.ts";
import type { Tmpfs } from "./tmpfs.ts";

/** What an inode, and a directory entry beside its name, is charged in bytes. */
const INODE_BYTES = 384;
const ENTRY_BYTES = 128;
/** Size a directory entry adds to its directory's st_size, as Linux's tmpfs has it. */
const ENTRY_SIZE = 20;
const XATTR_SIZE_MAX = 65536;
const LINK_MAX = 1_000_000_000;
/** Seals of a memfd (linux/fcntl.h). */
export const F_SEAL_SEAL = 1;
export const F_SEAL_SHRINK = 2;
export const F_SEAL_GROW = 4;
export const F_SEAL_WRITE = 8;
export const F_SEAL_FUTURE_WRITE = 0x10;
export const F_SEAL_EXEC = 0x20;
export const XATTR_CREATE = 1;
export const XATTR_REPLACE = 2;

function later(a: Timespec, b: Timespec): boolean {
  return a.sec > b.sec || (a.sec === b.sec && a.nsec > b.nsec);
}

/** Any tmpfs object; the class itself serves devices, FIFOs and sockets. */
export class TmpfsInode extends Inode {
  declare readonly sb: Tmpfs;
  override readonly ino: number;
  atime: Timespec;
  mtime: Timespec;
  ctime: Timespec;
  #xattrs: Map<string, Uint8Array> | undefined;
  /** Its space has been given back. */
  #gone = false;

  /** The space has been taken by `Tmpfs.newInode`. */
  constructor(sb: Tmpfs, ino: number, mode: number, uid: number, gid: number, time: Timespec) {
    super(sb, mode, uid, gid);
    this.ino = ino;
    this.atime = time;
    this.mtime = time;
    this.ctime = time;
  }

  get size(): number {
    return 0;
  }
  /** Blocks of data. */
  get blocks(): number {
    return 0;
  }
  /** What it is charged, beside its directory entries. */
  get bytes(): number {
    let bytes = this.ino === 1 ? 0 : INODE_BYTES;
    for (const [name, value] of this.#xattrs ?? []) {
      bytes += name.length + value.length + ENTRY_BYTES;
    }
    return bytes;
  }

  stat(): Stat {
    return {
      dev: this.sb.dev,
      ino: this.ino,
      mode: this.mode,
      nlink: this.nlink,
      uid: this.uid,
      gid: this.gid,
      rdev: this.rdev,
      size: this.size,
      blksize: BLOCK_SIZE,
      blocks: this.blocks * (BLOCK_SIZE / 512),
      atime: this.atime,
      mtime: this.mtime,
      ctime: this.ctime,
    };
  }

  setattr(attr: SetAttr): void {
    if (attr.size !== undefined) this.resize(attr.size);
    if (attr.mode !== undefined) this.mode = (this.mode & S_IFMT) | (attr.mode & 0o7777);
    if (attr.uid !== undefined) this.uid = attr.uid;
    if (attr.gid !== undefined) this.gid = attr.gid;
    const now = attr.ctime ?? this.sb.kernel.currentTime();
    if (attr.size !== undefined) this.mtime = now;
    if (attr.atime !== undefined) this.atime = attr.atime;
    if (attr.mtime !== undefined) this.mtime = attr.mtime;
    this.ctime = now;
  }

  protected resize(_size: number): void {
    throw EINVAL;
  }

  /** relatime: only the first read after a change is noted. */
  override accessed(): void {
    if (later(this.atime, this.mtime) && !later(this.ctime, this.atime)) return;
    this.atime = this.sb.kernel.currentTime();
  }

  /** Sets mtime and ctime, or ctime alone. */
  changed(contents: boolean): void {
    const now = this.sb.kernel.currentTime();
    if (contents) this.mtime = now;
    this.ctime = now;
  }

  override evict(): void {
    if (this.#gone) return;
    this.#gone = true;
    for (const name of this.#xattrs?.keys() ?? []) this.#uncharge(name);
    this.#xattrs = undefined;
    this.sb.freeInode(INODE_BYTES);
  }

  #uncharge(name: string): void {
    this.sb.memory(-(name.length + (this.#xattrs?.get(name)?.length ?? 0) + ENTRY_BYTES));
  }

  override peekxattr(name: string): Uint8Array | undefined {
    return this.#xattrs?.get(name);
  }

  override getxattr(name: string): Uint8Array {
    const value = this.#xattrs?.get(name);
    if (value === undefined) throw ENODATA;
    return value;
  }

  override setxattr(name: string, value: Uint8Array, flags: number): void {
    if (name.length > 255 || name.length === 0) throw ERANGE;
    if (value.length > XATTR_SIZE_MAX) throw E2BIG;
    if (this.#gone) throw ENOENT;
    const there = this.#xattrs?.has(name) === true;
    if (there && (flags & XATTR_CREATE) !== 0) throw EEXIST;
    if (!there && (flags & XATTR_REPLACE) !== 0) throw ENODATA;
    if (!this.sb.memory(name.length + value.length + ENTRY_BYTES)) throw ENOSPC;
    if (there) this.#uncharge(name);
    this.#xattrs ??= new Map();
    this.#xattrs.set(name, value.slice());
    this.changed(false);
  }

  override listxattr(): string[] {
    return [...(this.#xattrs?.keys() ?? [])];
  }

  override removexattr(name: string): void {
    if (this.#xattrs?.has(name) !== true) throw ENODATA;
    this.#uncharge(name);
    this.#xattrs.delete(name);
    this.changed(false);
  }

  /** The same object in another machine's copy of the file system; data is shared until changed. */
  clone(sb: Tmpfs): TmpfsInode {
    return this.copyTo(new TmpfsInode(sb, this.ino, this.mode, this.uid, this.gid, this.ctime));
  }

  protected copyTo<T extends TmpfsInode>(copy: T): T {
    const made: TmpfsInode = copy;
    made.nlink = this.nlink;
    made.rdev = this.rdev;
    made.atime = this.atime;
    made.mtime = this.mtime;
    if (this.#xattrs !== undefined) made.#xattrs = new Map(this.#xattrs);
    return copy;
  }
}

/** A regular file. */
export class TmpfsRegular extends TmpfsInode implements RegularInode {
  data: Pages;
  /** F_SEAL_* of a memfd; undefined for other files, which are sealed against sealing. */
  seals: number | undefined;

  constructor(sb: Tmpfs, ino: number, mode: number, uid: number, gid: number, time: Timespec) {
    super(sb, ino, mode, uid, gid, time);
    this.data = new Pages(sb);
  }

  override get size(): number {
    return this.data.size;
  }
  override get blocks(): number {
    return this.data.blocks;
  }
  override get bytes(): number {
    return super.bytes + this.data.bytes;
  }
  get maxSize(): number {
    return MAX_FILE_SIZE;
  }

  override open(_task: Task, path: Path, flags: number): Blocking<File> {
    return new RegularFile(path, flags, this);
  }

  readData(pos: number, max: number): Uint8Array {
    return this.data.read(pos, max);
  }

  /** Throws EPERM when a seal forbids writing (`grows`: beyond the end). */
  #mayWrite(grows: boolean): void {
    if (this.seals === undefined || this.seals === F_SEAL_SEAL) return;
    if ((this.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) throw EPERM;
    if (grows && (this.seals & F_SEAL_GROW) !== 0) throw EPERM;
  }

  override setattr(attr: SetAttr): void {
    const { seals } = this;
    if (seals !== undefined && (seals & F_SEAL_EXEC) !== 0 && attr.mode !== undefined) {
      if (((attr.mode ^ this.mode) & 0o111) !== 0) throw EPERM;
    }
    super.setattr(attr);
  }

  writeData(pos: number, bytes: Uint8Array): number {
    if (this.seals !== undefined) this.#mayWrite(pos + bytes.length > this.data.size);
    const written = this.data.write(pos, bytes);
    if (written > 0) this.changed(true);
    return written;
  }

  seekData(pos: number): number | undefined {
    return this.data.seekData(pos);
  }
  seekHole(pos: number): number {
    return this.data.seekHole(pos);
  }

  allocate(mode: number, offset: number, length: number): void {
    const end = offset + length;
    if (end > MAX_FILE_SIZE) throw EFBIG;
    if ((mode & FALLOC_FL_PUNCH_HOLE) !== 0) {
      this.#mayWrite(false);
      this.data.punch(offset, end);
    } else {
      if (this.seals !== undefined && (this.seals & F_SEAL_GROW) !== 0 && end > this.size)
        throw EPERM;
      if (!this.sb.fits(length)) throw ENOSPC;
      if (!this.data.allocate(offset, end)) throw ENOSPC;
      if ((mode & FALLOC_FL_KEEP_SIZE) === 0 && end > this.data.size) this.data.size = end;
    }
    this.changed(true);
  }

  protected override resize(size: number): void {
    if (size > MAX_FILE_SIZE) throw EFBIG;
    const seals = this.seals ?? 0;
    if (size < this.size && (seals & F_SEAL_SHRINK) !== 0) throw EPERM;
    if (size > this.size && (seals & F_SEAL_GROW) !== 0) throw EPERM;
    this.data.truncate(size);
  }

  override evict(): void {
    this.data.clear();
    super.evict();
  }

  override clone(sb: Tmpfs): TmpfsInode {
    const copy = new TmpfsRegular(sb, this.ino, this.mode, this.uid, this.gid, this.ctime);
    copy.data = this.data.clone(sb);
    copy.seals = this.seals;
    return this.copyTo(copy);
  }
}

/** A symbolic link. */
export class TmpfsSymlink extends TmpfsInode {
  readonly target: string;

  constructor(sb: Tmpfs, ino: number, target: string, uid: number, gid: number, time: Timespec) {
    super(sb, ino, S_IFLNK | 0o777, uid, gid, time);
    this.target = target;
  }

  override get size(): number {
    return this.target.length;
  }
  override get bytes(): number {
    return super.bytes + this.target.length;
  }

  override readlink(): string {
    return this.target;
  }

  override evict(): void {
    this.sb.memory(-this.target.length);
    super.evict();
  }

  override clone(sb: Tmpfs): TmpfsInode {
    return this.copyTo(new TmpfsSymlink(sb, this.ino, this.target, this.uid, this.gid, this.ctime));
  }
}

/** A directory. */
export class TmpfsDirectory extends TmpfsInode {
  readonly entries: Map<string, TmpfsInode> = new Map<string, TmpfsInode>();

  constructor(sb: Tmpfs, ino: number, mode: number, uid: number, gid: number, time: Timespec) {
    super(sb, ino, S_IFDIR | (mode & 0o7777), uid, gid, time);
    this.nlink = 2;
  }

  override get size(): number {
    return (this.entries.size + 2) * ENTRY_SIZE;
  }

  override lookup(name: string): TmpfsInode | undefined {
    return this.entries.get(name);
  }

  override readdir(): Dirent[] {
    const all: Dirent[] = [];
    for (const [name, inode] of this.entries) {
      all.push({ ino: inode.ino, type: (inode.mode & S_IFMT) >> 12, name });
    }
    return all;
  }

  override open(_task: Task, path: Path, flags: number): Blocking<File> {
    return new DirectoryFile(path, flags);
  }

  /** Takes the space of an entry; throws ENOENT in a removed directory, EEXIST, ENOSPC. */
  #reserve(name: string): void {
    if (this.nlink === 0) throw ENOENT;
    if (this.entries.has(name)) throw EEXIST;
    if (!this.sb.memory(TmpfsDirectory.entryBytes(name))) throw ENOSPC;
  }

  /** What an entry is charged. */
  static entryBytes(name: string): number {
    return ENTRY_BYTES + name.length;
  }

  #release(name: string): void {
    this.sb.memory(-TmpfsDirectory.entryBytes(name));
  }

  /** Enters a new object; `make` runs once an inode has been granted. */
  #add<T extends TmpfsInode>(name: string, make: (ino: number, now: Timespec) => T): T {
    this.#reserve(name);
    const ino = this.sb.newInode(INODE_BYTES);
    if (ino === undefined) {
      this.#release(name);
      throw ENOSPC;
    }
    const now = this.sb.kernel.currentTime();
    const inode = make(ino, now);
    this.entries.set(name, inode);
    this.mtime = now;
    this.ctime = now;
    return inode;
  }

  override create(name: string, mode: number, uid: number, gid: number): TmpfsRegular {
    return this.#add(
      name,
      (ino, now) => new TmpfsRegular(this.sb, ino, S_IFREG | (mode & 0o7777), uid, gid, now),
    );
  }

  override mkdir(name: string, mode: number, uid: number, gid: number): TmpfsDirectory {
    const made = this.#add(
      name,
      (ino, now) => new TmpfsDirectory(this.sb, ino, mode, uid, gid, now),
    );
    this.nlink++;
    return made;
  }

  override mknod(name: string, mode: number, rdev: number, uid: number, gid: number): TmpfsInode {
    return this.#add(name, (ino, now) => {
      const node = new TmpfsInode(this.sb, ino, mode, uid, gid, now);
      node.rdev = rdev;
      return node;
    });
  }

  override symlink(name: string, target: string, uid: number, gid: number): TmpfsSymlink {
    if (!this.sb.memory(target.length)) throw ENOSPC;
    try {
      return this.#add(name, (ino, now) => new TmpfsSymlink(this.sb, ino, target, uid, gid, now));
    } catch (error) {
      this.sb.memory(-target.length);
      throw error;
    }
  }

  override tmpfile(mode: number, uid: number, gid: number): TmpfsRegular {
    const ino = this.sb.newInode(INODE_BYTES);
    if (ino === undefined) throw ENOSPC;
    const now = this.sb.kernel.currentTime();
    const inode = new TmpfsRegular(this.sb, ino, S_IFREG | (mode & 0o7777), uid, gid, now);
    inode.nlink = 0;
    return inode;
  }

  override link(name: string, inode: Inode): void {
    if (inode.nlink >= LINK_MAX) throw EMLINK;
    this.#reserve(name);
    this.entries.set(name, inode as TmpfsInode);
    inode.nlink++;
    (inode as TmpfsInode).changed(false);
    this.changed(true);
  }

  /** Removes an entry and one link of what it named. */
  #remove(name: string, inode: TmpfsInode): void {
    this.entries.delete(name);
    this.#release(name);
    inode.nlink = inode.isDirectory ? 0 : inode.nlink - 1;
    if (inode.isDirectory) this.nlink--;
    inode.changed(false);
    this.changed(true);
    if (inode.nlink === 0 && inode.holds === 0) inode.evict();
  }

  override unlink(name: string): void {
    const inode = this.entries.get(name);
    if (inode === undefined) throw ENOENT;
    this.#remove(name, inode);
  }

  override rmdir(name: string): void {
    const inode = this.entries.get(name);
    if (inode === undefined) throw ENOENT;
    if (inode instanceof TmpfsDirectory && inode.entries.size > 0) throw ENOTEMPTY;
    this.#remove(name, inode);
  }

  override rename(name: string, newDir: Inode, newName: string, flags: number): void {
    const to = newDir as TmpfsDirectory;
    const inode = this.entries.get(name);
    if (inode === undefined || to.nlink === 0) throw ENOENT;
    const other = to.entries.get(newName);
    if ((flags & RENAME_EXCHANGE) !== 0) {
      if (other === undefined) throw ENOENT;
      this.entries.set(name, other);
      to.entries.set(newName, inode);
      if (inode.isDirectory !== other.isDirectory) {
        const step = inode.isDirectory ? 1 : -1;
        this.nlink -= step;
        to.nlink += step;
      }
      other.changed(false);
    } else {
      if (other === inode) return;
      if (other instanceof TmpfsDirectory && other.entries.size > 0) throw ENOTEMPTY;
      if (other === undefined && !this.sb.memory(TmpfsDirectory.entryBytes(newName))) throw ENOSPC;
      if (other !== undefined) {
        if (other.isDirectory) {
          other.nlink = 0;
          to.nlink--;
        } else {
          other.nlink--;
        }
        other.changed(false);
        if (other.nlink === 0 && other.holds === 0) other.evict();
      }
      to.entries.set(newName, inode);
      this.entries.delete(name);
      this.#release(name);
      if (inode.isDirectory) {
        this.nlink--;
        to.nlink++;
      }
      if ((flags & RENAME_WHITEOUT) !== 0) this.mknod(name, S_IFCHR, 0, 0, 0);
    }
    inode.changed(false);
    this.changed(true);
    if (to !== this) to.changed(true);
  }

  override clone(sb: Tmpfs): TmpfsInode {
    return this.copyTo(
      new TmpfsDirectory(sb, this.ino, this.mode & 0o7777, this.uid, this.gid, this.ctime),
    );
  }
}
