// Inodes of ext4: files, directories, links and special files (Linux: fs/ext4/inode.c, namei.c).
import {
  EEXIST,
  EFBIG,
  EINVAL,
  EIO,
  EMLINK,
  ENAMETOOLONG,
  ENODATA,
  ENOENT,
  ENOSPC,
  ENOTEMPTY,
  EOPNOTSUPP,
  EPERM,
  ERANGE,
  EROFS,
  Errno,
} from "../../../abi/errno.ts";
import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  O_ACCMODE,
  O_APPEND,
  O_RDONLY,
  O_TRUNC,
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
import {
  maxSize,
  preallocate,
  punchHole,
  readFile,
  resizeFile,
  seekFile,
  setSize,
  writeFile,
} from "../../../lib/ext4/data.ts";
import * as directory from "../../../lib/ext4/directory.ts";
import { Ext4Error } from "../../../lib/ext4/error.ts";
import { isFastLink } from "../../../lib/ext4/mapping.ts";
import {
  FLAG_APPEND,
  FLAG_IMMUTABLE,
  FLAG_NOATIME,
  FLAGS_FOREIGN,
  type Node,
} from "../../../lib/ext4/node.ts";
import { INCOMPAT_EXTENTS, RO_COMPAT_DIR_NLINK } from "../../../lib/ext4/superblock.ts";
import { useExtents } from "../../../lib/ext4/volume.ts";
import { attributes, setAttribute } from "../../../lib/ext4/xattr.ts";
import type { Task } from "../../task.ts";
import type { File, Path } from "../file.ts";
import { Inode, type SetAttr } from "../inode.ts";
import type { RegularInode } from "../regular.ts";
import type { Ext4 } from "./ext4.ts";
import { Ext4OpenDirectory, Ext4OpenFile } from "./flags.ts";

const LINK_MAX = 65000;
const READ_MAX = 4 * 1024 * 1024;
const XATTR_CREATE = 1;
const XATTR_REPLACE = 2;
/** Device node of an overlay's whiteout. */
const WHITEOUT_MODE = S_IFCHR;
/** File types of getdents from those of directory entries. */
const DT: readonly number[] = [0, 8, 4, 2, 6, 1, 12, 10];

function later(a: Timespec, b: Timespec): boolean {
  return a.sec > b.sec || (a.sec === b.sec && a.nsec > b.nsec);
}

/** The object for an inode by its type. */
export function makeInode(sb: Ext4, node: Node): Ext4Inode {
  switch (node.mode & S_IFMT) {
    case S_IFREG:
      return new Ext4File(sb, node);
    case S_IFDIR:
      return new Ext4Directory(sb, node);
    case S_IFLNK:
      return new Ext4Symlink(sb, node);
    case 0o010000:
    case 0o020000:
    case 0o060000:
    case 0o140000:
      return new Ext4Inode(sb, node);
    default:
      throw new Ext4Error(
        "corrupt",
        `iget: inode #${node.ino}: bogus i_mode (${node.mode.toString(8)})`,
      );
  }
}

/** Any of them; the class itself serves devices, FIFOs and sockets. */
export class Ext4Inode extends Inode {
  declare readonly sb: Ext4;
  override readonly ino: number;
  readonly node: Node;
  #xattrs: Map<string, Uint8Array> | undefined;
  /** Its inode has been freed. */
  protected gone = false;

  constructor(sb: Ext4, node: Node) {
    super(sb, node.mode, node.uid, node.gid);
    this.ino = node.ino;
    this.node = node;
    this.nlink = node.links;
    const type = node.mode & S_IFMT;
    if (type === S_IFCHR || type === 0o060000) this.rdev = node.rdev;
  }

  get size(): number {
    return this.node.size;
  }

  stat(): Stat {
    const { node, sb } = this;
    const { blockSize } = sb.volume;
    return {
      dev: sb.dev,
      ino: this.ino,
      mode: this.mode,
      nlink: this.nlink,
      uid: this.uid,
      gid: this.gid,
      rdev: this.rdev,
      size: node.size,
      blksize: blockSize,
      blocks: node.sectors(blockSize),
      atime: node.atime,
      mtime: node.mtime,
      ctime: node.ctime,
    };
  }

  /** Neither immutable nor append-only (chattr(1)). */
  protected mustBeChangeable(): void {
    if ((this.node.flags & (FLAG_IMMUTABLE | FLAG_APPEND)) !== 0) throw EPERM;
    if (this.gone) throw ENOENT;
  }

  setattr(attr: SetAttr): void {
    this.sb.change(() => {
      this.mustBeChangeable();
      const { node } = this;
      if (attr.size !== undefined) this.resize(attr.size);
      if (attr.mode !== undefined) {
        this.mode = (this.mode & S_IFMT) | (attr.mode & 0o7777);
        node.mode = this.mode;
      }
      if (attr.uid !== undefined) this.uid = node.uid = attr.uid;
      if (attr.gid !== undefined) this.gid = node.gid = attr.gid;
      const now = attr.ctime ?? this.sb.kernel.currentTime();
      if (attr.size !== undefined) node.mtime = now;
      if (attr.atime !== undefined) node.atime = attr.atime;
      if (attr.mtime !== undefined) node.mtime = attr.mtime;
      node.ctime = now;
      this.sb.volume.changed(node);
    });
  }

  protected resize(_size: number): void {
    throw EINVAL;
  }

  /** relatime: only the first read after a change, or after a day, is noted. */
  override accessed(): void {
    const { node, sb } = this;
    if (sb.readonly || this.gone || (node.flags & FLAG_NOATIME) !== 0) return;
    const { atime } = node;
    const now = sb.kernel.currentTime();
    const old = !later(atime, node.mtime) || !later(atime, node.ctime);
    if (!old && now.sec - atime.sec < 86400) return;
    node.atime = now;
    sb.volume.changed(node);
    sb.arm();
  }

  /** Sets mtime and ctime, or ctime alone. */
  touch(contents: boolean): void {
    const now = this.sb.kernel.currentTime();
    if (contents) this.node.mtime = now;
    this.node.ctime = now;
    this.sb.volume.changed(this.node);
  }

  /** One link less: the last one leaves an orphan while somebody has it open. */
  unlinked(): void {
    if (this.isDirectory) this.nlink = 0;
    else this.nlink--;
    this.node.links = this.nlink;
    this.touch(false);
    if (this.nlink > 0) return;
    if (this.holds > 0) this.sb.volume.orphanAdd(this.node);
    else this.#destroy();
  }

  #destroy(): void {
    if (this.gone) return;
    this.gone = true;
    this.sb.forget(this);
    this.sb.volume.destroy(this.node);
  }

  override evict(): void {
    if (this.gone || this.sb.readonly) return;
    try {
      this.sb.change(() => this.#destroy());
    } catch (error) {
      // Nobody waits for it: the log has been told.
      if (!(error instanceof Errno)) throw error;
    }
  }

  #attributes(): Map<string, Uint8Array> {
    this.#xattrs ??= this.sb.ask(() => attributes(this.sb.volume, this.node));
    return this.#xattrs;
  }
  override getxattr(name: string): Uint8Array {
    const value = this.#attributes().get(name);
    if (value === undefined) throw ENODATA;
    return value;
  }
  override listxattr(): string[] {
    return [...this.#attributes().keys()];
  }
  override setxattr(name: string, value: Uint8Array, flags: number): void {
    if (name.length === 0 || name.length > 255) throw ERANGE;
    this.mustBeChangeable();
    const there = this.#attributes().has(name);
    if (there && (flags & XATTR_CREATE) !== 0) throw EEXIST;
    if (!there && (flags & XATTR_REPLACE) !== 0) throw ENODATA;
    this.#setAttribute(name, value);
  }
  override removexattr(name: string): void {
    this.mustBeChangeable();
    if (!this.#attributes().has(name)) throw ENODATA;
    this.#setAttribute(name, undefined);
  }
  #setAttribute(name: string, value: Uint8Array | undefined): void {
    this.sb.change(() => {
      if (!setAttribute(this.sb.volume, this.node, name, value)) throw EOPNOTSUPP;
      this.#xattrs = undefined;
      this.touch(false);
    });
  }
}

/** A regular file. */
export class Ext4File extends Ext4Inode implements RegularInode {
  get maxSize(): number {
    return maxSize(this.sb.volume, this.node);
  }

  override open(_task: Task, path: Path, flags: number): Blocking<File> {
    if ((this.node.flags & FLAGS_FOREIGN) !== 0) throw EIO;
    const { flags: kept } = this.node;
    if ((flags & O_ACCMODE) !== O_RDONLY) {
      if ((kept & FLAG_IMMUTABLE) !== 0) throw EPERM;
      if ((kept & FLAG_APPEND) !== 0 && (flags & (O_APPEND | O_TRUNC)) !== O_APPEND) throw EPERM;
    }
    return new Ext4OpenFile(path, flags, this);
  }

  readData(pos: number, max: number): Uint8Array {
    const { size } = this;
    if (pos >= size) return new Uint8Array(0);
    const length = Math.min(max, size - pos, READ_MAX);
    return this.sb.ask(() => readFile(this.sb.volume, this.node, pos, length));
  }

  writeData(pos: number, bytes: Uint8Array): number {
    return this.sb.change(() => {
      const written = writeFile(this.sb.volume, this.node, pos, bytes);
      if (written > 0) this.touch(true);
      return written;
    });
  }

  seekData(pos: number): number | undefined {
    return this.sb.ask(() => seekFile(this.sb.volume, this.node, pos, true));
  }
  seekHole(pos: number): number {
    return this.sb.ask(() => seekFile(this.sb.volume, this.node, pos, false)) ?? this.size;
  }

  allocate(mode: number, offset: number, length: number): void {
    const end = offset + length;
    if (end > this.maxSize) throw EFBIG;
    const { node } = this;
    const { volume } = this.sb;
    this.sb.change(() => {
      this.mustBeChangeable();
      if ((mode & FALLOC_FL_PUNCH_HOLE) !== 0) punchHole(volume, node, offset, end);
      else {
        const blocks = Math.ceil(length / volume.blockSize);
        const have = Math.ceil(node.sectors(volume.blockSize) / (volume.blockSize / 512));
        if (blocks > volume.super.freeBlocks + have) throw ENOSPC;
        preallocate(volume, node, offset, end);
        if ((mode & FALLOC_FL_KEEP_SIZE) === 0 && end > node.size) setSize(volume, node, end);
      }
      this.touch(true);
    });
  }

  protected override resize(size: number): void {
    if (size > this.maxSize) throw EFBIG;
    resizeFile(this.sb.volume, this.node, size);
  }
}

/** A symbolic link. */
export class Ext4Symlink extends Ext4Inode {
  override readlink(): string {
    const { node } = this;
    const { volume } = this.sb;
    if ((node.flags & FLAGS_FOREIGN) !== 0) throw EIO;
    return this.sb.ask(() => {
      if (node.size > volume.blockSize) {
        throw new Ext4Error("corrupt", `inode #${node.ino}: invalid symlink length`);
      }
      const bytes = isFastLink(node)
        ? node.raw.subarray(0x28, 0x28 + node.size)
        : readFile(volume, node, 0, node.size);
      let target = "";
      for (const byte of bytes) {
        if (byte === 0) break;
        target += String.fromCharCode(byte);
      }
      return target;
    });
  }
}

/** A directory. */
export class Ext4Directory extends Ext4Inode {
  override open(_task: Task, path: Path, flags: number): Blocking<File> {
    if ((this.node.flags & FLAGS_FOREIGN) !== 0) throw EIO;
    return new Ext4OpenDirectory(path, flags);
  }

  override lookup(name: string): Ext4Inode | undefined {
    return this.sb.ask(() => {
      const ino = directory.lookup(this.sb.volume, this.node, name);
      if (ino === 0) return undefined;
      if (ino === this.ino) {
        throw new Ext4Error("corrupt", `lookup: '${name}' linked to parent dir`);
      }
      return this.sb.inode(ino);
    });
  }

  override readdir(): Dirent[] {
    return this.sb.ask(() => {
      const list: Dirent[] = [];
      for (const { ino, type, name } of directory.entries(this.sb.volume, this.node)) {
        if (name === "." || name === "..") continue;
        list.push({ ino, type: DT[type] ?? 0, name });
      }
      return list;
    });
  }

  /** A removed directory takes nothing, nor one that chattr(1) protects. */
  #mustTake(): void {
    this.sb.mustHaveMemory();
    if (this.nlink === 0 || this.gone) throw ENOENT;
    if ((this.node.flags & FLAG_IMMUTABLE) !== 0) throw EPERM;
  }
  /** Whether one of its names may go. */
  #mustGive(inode: Ext4Inode | undefined): void {
    if ((this.node.flags & (FLAG_IMMUTABLE | FLAG_APPEND)) !== 0) throw EPERM;
    if (inode !== undefined && (inode.node.flags & (FLAG_IMMUTABLE | FLAG_APPEND)) !== 0)
      throw EPERM;
  }

  /** A directory more or less below it. */
  #addLinks(step: number): void {
    const { node } = this;
    // One link: there were once too many to count.
    if (this.nlink !== 1) {
      let links = this.nlink + step;
      if (links >= LINK_MAX && (this.sb.volume.super.roCompat & RO_COMPAT_DIR_NLINK) !== 0)
        links = 1;
      this.nlink = Math.max(links, 2);
      if (links === 1) this.nlink = 1;
    }
    node.links = this.nlink;
  }
  #mustHoldDirectory(): void {
    const { super: s } = this.sb.volume;
    if (this.nlink + 1 > LINK_MAX && (s.roCompat & RO_COMPAT_DIR_NLINK) === 0) throw EMLINK;
  }

  /** Makes an inode, lets `fill` complete it, and enters it; nothing remains when that fails. */
  #make(
    name: string,
    mode: number,
    uid: number,
    gid: number,
    fill: (node: Node) => void,
  ): Ext4Inode {
    return this.sb.change(() => {
      this.#mustTake();
      const { volume } = this.sb;
      if (directory.lookup(volume, this.node, name) !== 0) throw EEXIST;
      const node = volume.create(this.node, mode, uid, gid, this.sb.kernel.currentTime());
      try {
        fill(node);
        directory.add(volume, this.node, name, node.ino, directory.fileType(mode));
      } catch (error) {
        if (error instanceof Ext4Error && error.code === "no-space") {
          node.links = 0;
          volume.destroy(node);
        }
        throw error;
      }
      this.touch(true);
      return this.sb.remember(makeInode(this.sb, node));
    });
  }

  override create(name: string, mode: number, uid: number, gid: number): Ext4Inode {
    return this.#make(name, S_IFREG | (mode & 0o7777), uid, gid, () => {});
  }

  override mkdir(name: string, mode: number, uid: number, gid: number): Ext4Inode {
    this.#mustHoldDirectory();
    const made = this.#make(name, S_IFDIR | (mode & 0o7777), uid, gid, (node) => {
      node.links = 2;
      this.sb.volume.reserve(3);
      directory.makeEmpty(this.sb.volume, node, this.ino);
    });
    this.#addLinks(1);
    this.sb.volume.changed(this.node);
    return made;
  }

  override mknod(name: string, mode: number, rdev: number, uid: number, gid: number): Ext4Inode {
    return this.#make(name, mode, uid, gid, (node) => {
      const type = mode & S_IFMT;
      if (type === S_IFCHR || type === 0o060000) node.rdev = rdev;
    });
  }

  override symlink(name: string, target: string, uid: number, gid: number): Ext4Inode {
    const { volume } = this.sb;
    if (target.length >= volume.blockSize) throw ENAMETOOLONG;
    return this.#make(name, S_IFLNK | 0o777, uid, gid, (node) => {
      const bytes = new Uint8Array(target.length);
      for (let i = 0; i < target.length; i++) bytes[i] = target.charCodeAt(i);
      if (target.length < 60) {
        node.raw.set(bytes, 0x28);
        node.size = target.length;
        return;
      }
      if ((volume.super.incompat & INCOMPAT_EXTENTS) !== 0) useExtents(node);
      node.size = 0;
      if (writeFile(volume, node, 0, bytes) < bytes.length) throw new Ext4Error("no-space", "");
    });
  }

  override tmpfile(mode: number, uid: number, gid: number): Ext4Inode {
    return this.sb.change(() => {
      this.#mustTake();
      const { volume } = this.sb;
      const bits = S_IFREG | (mode & 0o7777);
      const node = volume.create(this.node, bits, uid, gid, this.sb.kernel.currentTime());
      node.links = 0;
      volume.orphanAdd(node);
      return this.sb.remember(makeInode(this.sb, node));
    });
  }

  override link(name: string, inode: Inode): void {
    const target = inode as Ext4Inode;
    this.sb.change(() => {
      this.#mustTake();
      if (target.nlink >= LINK_MAX) throw EMLINK;
      if ((target.node.flags & (FLAG_IMMUTABLE | FLAG_APPEND)) !== 0) throw EPERM;
      const { volume } = this.sb;
      if (directory.lookup(volume, this.node, name) !== 0) throw EEXIST;
      directory.add(volume, this.node, name, target.ino, directory.fileType(target.mode));
      if (target.nlink === 0) volume.orphanRemove(target.node);
      target.nlink++;
      target.node.links = target.nlink;
      target.touch(false);
      this.touch(true);
    });
  }

  #mustName(name: string, inode: Ext4Inode | undefined): Ext4Inode {
    const ino = directory.lookup(this.sb.volume, this.node, name);
    if (ino === 0) throw ENOENT;
    return inode?.ino === ino ? inode : this.sb.inode(ino);
  }

  override unlink(name: string, inode: Inode): void {
    this.sb.change(() => {
      const victim = this.#mustName(name, inode as Ext4Inode);
      this.#mustGive(victim);
      directory.remove(this.sb.volume, this.node, name);
      this.touch(true);
      victim.unlinked();
    });
  }

  override rmdir(name: string, inode: Inode): void {
    this.sb.change(() => {
      const victim = this.#mustName(name, inode as Ext4Inode) as Ext4Directory;
      this.#mustGive(victim);
      if (!directory.isEmpty(this.sb.volume, victim.node)) throw ENOTEMPTY;
      directory.remove(this.sb.volume, this.node, name);
      this.#addLinks(-1);
      this.touch(true);
      victim.unlinked();
    });
  }

  override rename(
    name: string,
    newDir: Inode,
    newName: string,
    flags: number,
    inode?: Inode,
    target?: Inode,
  ): void {
    const to = newDir as Ext4Directory;
    const moved = inode as Ext4Inode;
    const other = target as Ext4Inode | undefined;
    if (this.sb.readonly) throw EROFS;
    if (moved.isDirectory && to !== this && other === undefined) to.#mustHoldDirectory();
    this.sb.change(() => {
      to.#mustTake();
      this.#mustGive(moved);
      to.#mustGive(other);
      this.#mustName(name, moved);
      if ((flags & RENAME_EXCHANGE) !== 0) this.#exchange(name, to, newName, moved, other);
      else this.#move(name, to, newName, flags, moved, other);
      moved.touch(false);
      this.touch(true);
      if (to !== this) to.touch(true);
    });
  }

  #exchange(
    name: string,
    to: Ext4Directory,
    newName: string,
    moved: Ext4Inode,
    other?: Ext4Inode,
  ): void {
    if (other === undefined) throw ENOENT;
    const { volume } = this.sb;
    directory.redirect(volume, this.node, name, other.ino, directory.fileType(other.mode));
    directory.redirect(volume, to.node, newName, moved.ino, directory.fileType(moved.mode));
    if (to !== this) {
      for (const [each, dir] of [
        [moved, to],
        [other, this],
      ] as const) {
        if (each.isDirectory) directory.redirect(volume, each.node, "..", dir.ino, 2);
      }
      if (moved.isDirectory !== other.isDirectory) {
        const step = moved.isDirectory ? 1 : -1;
        this.#addLinks(-step);
        to.#addLinks(step);
      }
    }
    other.touch(false);
  }

  #move(
    name: string,
    to: Ext4Directory,
    newName: string,
    flags: number,
    moved: Ext4Inode,
    other: Ext4Inode | undefined,
  ): void {
    const { volume } = this.sb;
    const type = directory.fileType(moved.mode);
    let whiteout: Node | undefined;
    if (other === moved) return;
    if (other?.isDirectory === true && !directory.isEmpty(volume, other.node)) throw ENOTEMPTY;
    if ((flags & RENAME_WHITEOUT) !== 0) {
      whiteout = volume.create(this.node, WHITEOUT_MODE, 0, 0, this.sb.kernel.currentTime());
      whiteout.rdev = 0;
    }
    try {
      if (other === undefined) directory.add(volume, to.node, newName, moved.ino, type);
      else directory.redirect(volume, to.node, newName, moved.ino, type);
    } catch (error) {
      if (whiteout !== undefined && error instanceof Ext4Error && error.code === "no-space") {
        whiteout.links = 0;
        volume.destroy(whiteout);
      }
      throw error;
    }
    if (whiteout === undefined) directory.remove(volume, this.node, name);
    else {
      directory.redirect(volume, this.node, name, whiteout.ino, directory.fileType(WHITEOUT_MODE));
      volume.forgetNode(whiteout);
    }
    if (moved.isDirectory) {
      if (to !== this) directory.redirect(volume, moved.node, "..", to.ino, 2);
      this.#addLinks(-1);
      if (other === undefined) to.#addLinks(1);
    }
    if (other === undefined) return;
    other.unlinked();
  }
}
