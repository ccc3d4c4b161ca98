// Inodes and super blocks: what a file system implements (Linux: struct inode, inode_operations, super_operations).
import type { FsTrimRange } from "../../abi/block.ts";
import {
  EINVAL,
  ENODATA,
  ENOTDIR,
  ENXIO,
  EOPNOTSUPP,
  EPERM,
  EROFS,
  Errno,
} from "../../abi/errno.ts";
import { type Blocking, isSteps } from "../../abi/program.ts";
import type { Dirent, Stat, StatFs, Timespec } from "../../abi/stat.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../abi/stat.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { WaitQueue } from "../wait.ts";
import type { File, Path } from "./file.ts";

/** A mounted instance of a file system. */
export interface SuperBlock {
  /** File system type as /proc/mounts names it: "tmpfs", "proc", "overlay", "9p". */
  readonly type: string;
  readonly kernel: Kernel;
  /** Device number st_dev reports; unique per instance (kernel.anonymousDev()). */
  readonly dev: number;
  readonly root: Inode;
  /** True: names may change behind the kernel's back (hostfs, proc), so dentries are looked up anew each time. */
  readonly volatile: boolean;
  /** True once mount(2) has made the file system itself read-only (every mount of it is). */
  readonly?: boolean;
  /** Options as /proc/mounts shows them after rw/ro, for example "size=1024k,mode=755"; "" for none. */
  options(): string;
  statfs(): StatFs;
  /**
   * MS_REMOUNT with new options; throws EINVAL for what it does not know. `readonly`: what the file
   * system is to become; the VFS sets `this.readonly` when this has returned.
   */
  remount(data: string, readonly: boolean): void;
  /** The last mount is gone. */
  release(): void;
  sync(): Blocking<void>;
  /** FITRIM: tells the device which blocks in the range are free; bytes told. */
  trim?(range: FsTrimRange): number;
}

/** statfs(2) of a file system that has no blocks. */
export function withoutBlocks(type: number): StatFs {
  return {
    type,
    bsize: 4096,
    blocks: 0,
    bfree: 0,
    bavail: 0,
    files: 0,
    ffree: 0,
    namelen: 255,
    flags: 0,
  };
}

/** What changes with chmod, chown, utimensat and truncate; absent fields stay. */
export interface SetAttr {
  mode?: number;
  uid?: number;
  gid?: number;
  size?: number;
  atime?: Timespec;
  mtime?: Timespec;
  ctime?: Timespec;
}

/**
 * A file system object. The VFS (namei.ts, syscalls/) has checked permissions, read-only mounts and
 * names (no "/", not "." or "..", at most NAME_MAX) before it calls an operation; the operation keeps
 * link counts and times and throws the rest (ENOSPC, ENOTEMPTY, EEXIST on races …).
 *
 * Questions are answered by value: `lookup` returns undefined for a name that is not there.
 */
export abstract class Inode {
  // Declared only: defining fields in a class with many subclasses is slow in V8, assigning is not.
  declare readonly sb: SuperBlock;
  abstract readonly ino: number;
  /** Type and permission bits. */
  declare mode: number;
  declare uid: number;
  declare gid: number;
  declare nlink: number;
  /** Device number of a device node. */
  declare rdev: number;
  /** Woken by inotify and by record locks; made on demand. */
  declare lockQueue: WaitQueue | undefined;
  /** State that the VFS hangs on an inode (locks, FIFO pipe, socket, watches), by owner module. */
  declare attached: Map<string, unknown> | undefined;
  /** Open descriptions and other users that keep an unlinked inode alive. */
  declare holds: number;

  constructor(sb: SuperBlock, mode: number, uid: number, gid: number) {
    this.sb = sb;
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.nlink = 1;
    this.rdev = 0;
    this.lockQueue = undefined;
    this.attached = undefined;
    this.holds = 0;
  }

  get isDirectory(): boolean {
    return (this.mode & S_IFMT) === S_IFDIR;
  }
  get isSymlink(): boolean {
    return (this.mode & S_IFMT) === S_IFLNK;
  }
  get isRegular(): boolean {
    return (this.mode & S_IFMT) === S_IFREG;
  }

  /** Brings mode, uid, gid, nlink up to date where the store lives outside (hostfs). */
  refresh(): void {}

  /** The first bytes of a regular file, for execve: whatever its read permission. */
  head(task: Task, path: Path, max: number): Blocking<Uint8Array> {
    const file = this.open(task, path, 0);
    if (isSteps(file)) return file as never;
    try {
      return file.readAt(task, 0, max);
    } finally {
      file.put();
    }
  }

  /** One more user: an unlinked inode keeps its data until the last one is gone. */
  hold(): void {
    this.holds++;
  }
  unhold(): void {
    if (--this.holds === 0 && this.nlink === 0) this.evict();
  }
  /** No name and no user is left: frees the data. */
  evict(): void {}
  /** Was read: sets atime where the file system keeps it (as relatime does). */
  accessed(): void {}

  abstract stat(): Stat;
  /** Sets what is given and ctime. */
  abstract setattr(attr: SetAttr): void;

  /** A child by name; directories only. */
  lookup(_name: string): Inode | undefined {
    throw ENOTDIR;
  }
  /** All entries but "." and ".."; directories only. */
  readdir(): Dirent[] {
    throw ENOTDIR;
  }
  create(_name: string, _mode: number, _uid: number, _gid: number): Inode {
    throw EROFS;
  }
  mkdir(_name: string, _mode: number, _uid: number, _gid: number): Inode {
    throw EPERM;
  }
  /** FIFO, socket or device node. */
  mknod(_name: string, _mode: number, _rdev: number, _uid: number, _gid: number): Inode {
    throw EPERM;
  }
  symlink(_name: string, _target: string, _uid: number, _gid: number): Inode {
    throw EPERM;
  }
  link(_name: string, _inode: Inode): void {
    throw EPERM;
  }
  unlink(_name: string, _inode: Inode): void {
    throw EPERM;
  }
  rmdir(_name: string, _inode: Inode): void {
    throw EPERM;
  }
  /**
   * Moves `name` (which is `inode`) to `newName` in `newDir` of the same super block, replacing `target`
   * if something is there (already checked compatible).
   */
  rename(
    _name: string,
    _newDir: Inode,
    _newName: string,
    _flags: number,
    _inode?: Inode,
    _target?: Inode,
  ): void {
    throw EPERM;
  }
  /** An unnamed file for O_TMPFILE. */
  tmpfile(_mode: number, _uid: number, _gid: number): Inode {
    throw EOPNOTSUPP;
  }
  readlink(): string {
    throw EINVAL;
  }
  /**
   * For the magic links of proc (/proc/PID/fd/N, exe, cwd, root): the place itself, instead of a text
   * to walk. undefined: an ordinary link.
   */
  follow(_task: Task): Path | undefined {
    return undefined;
  }
  /**
   * Opens a regular file or directory of this file system; devices, FIFOs and sockets are opened by
   * the VFS. `flags` are O_*.
   */
  open(_task: Task, _path: Path, _flags: number): Blocking<File> {
    throw ENXIO;
  }

  /** getxattr for questions: undefined when there is none. */
  peekxattr(name: string): Uint8Array | undefined {
    try {
      return this.getxattr(name);
    } catch (error) {
      if (error instanceof Errno) return undefined;
      throw error;
    }
  }
  getxattr(_name: string): Uint8Array {
    throw ENODATA;
  }
  setxattr(_name: string, _value: Uint8Array, _flags: number): void {
    throw EOPNOTSUPP;
  }
  listxattr(): string[] {
    return [];
  }
  removexattr(_name: string): void {
    throw ENODATA;
  }
}
