// File systems whose files are made when they are looked at: what proc, sysfs and devpts share.
import { EACCES, EINVAL, EPERM } from "../../abi/errno.ts";
import { O_ACCMODE, O_RDONLY, O_WRONLY, SEEK_CUR, SEEK_SET } from "../../abi/fcntl.ts";
import type { Blocking } from "../../abi/program.ts";
import {
  type Dirent,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  type Stat,
  type StatFs,
  type Timespec,
} from "../../abi/stat.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { DirectoryFile } from "./directory.ts";
import { File, type Path } from "./file.ts";
import { Inode, type SetAttr, type SuperBlock, withoutBlocks } from "./inode.ts";

/** Bytes one write to a generated file may carry, as for a page in Linux. */
const MAX_WRITE = 4096;

/** A super block whose names may come and go by themselves. */
export abstract class GeneratedSuperBlock implements SuperBlock {
  readonly type: string;
  readonly kernel: Kernel;
  readonly dev: number;
  readonly volatile: boolean = true;
  abstract readonly root: Inode;
  readonly #magic: number;
  /** st_blksize and the size sysfs shows for its attributes. */
  readonly blockSize: number;
  #lastIno = 0;

  constructor(kernel: Kernel, type: string, magic: number, blockSize: number) {
    this.kernel = kernel;
    this.type = type;
    this.dev = kernel.anonymousDev();
    this.#magic = magic;
    this.blockSize = blockSize;
  }

  nextIno(): number {
    return ++this.#lastIno;
  }
  options(): string {
    return "";
  }
  statfs(): StatFs {
    return withoutBlocks(this.#magic);
  }
  remount(data: string): void {
    if (data !== "") throw EINVAL;
  }
  release(): void {}
  sync(): Blocking<void> {}
}

/** Any generated object. Modes and owners are the file system's business: chmod and chown fail. */
export abstract class GeneratedInode extends Inode {
  declare readonly sb: GeneratedSuperBlock;
  override ino: number;
  readonly #time: Timespec;

  constructor(sb: GeneratedSuperBlock, mode: number, uid = 0, gid = 0) {
    super(sb, mode, uid, gid);
    this.ino = sb.nextIno();
    this.#time = sb.kernel.currentTime();
  }

  get size(): number {
    return 0;
  }

  override stat(): Stat {
    const time = this.#time;
    return {
      dev: this.sb.dev,
      ino: this.ino,
      mode: this.mode,
      nlink: this.nlink,
      uid: this.uid,
      gid: this.gid,
      rdev: this.rdev,
      size: this.size,
      blksize: this.sb.blockSize,
      blocks: 0,
      atime: time,
      mtime: time,
      ctime: time,
    };
  }

  override setattr(attr: SetAttr): void {
    // O_TRUNC and truncate(2) are fine and change nothing.
    if (attr.mode !== undefined || attr.uid !== undefined || attr.gid !== undefined) throw EPERM;
    if (attr.atime !== undefined || attr.mtime !== undefined) throw EPERM;
  }

  override create(): Inode {
    throw EACCES;
  }
}

/** What a directory entry's type is, from the inode's mode. */
function direntType(inode: Inode): number {
  return (inode.mode & S_IFMT) >> 12;
}

/** A directory that subclasses fill. */
export abstract class GeneratedDirectory extends GeneratedInode {
  constructor(sb: GeneratedSuperBlock, mode = 0o555, uid = 0, gid = 0) {
    super(sb, S_IFDIR | mode, uid, gid);
    this.nlink = 2;
  }

  /** Names at present. */
  abstract names(): Iterable<string>;
  abstract override lookup(name: string): Inode | undefined;

  override readdir(): Dirent[] {
    const entries: Dirent[] = [];
    for (const name of this.names()) {
      const inode = this.lookup(name);
      if (inode !== undefined) entries.push({ ino: inode.ino, type: direntType(inode), name });
    }
    return entries;
  }

  override open(_task: Task, path: Path, flags: number): Blocking<File> {
    return new DirectoryFile(path, flags);
  }
}

/** Makes one entry of a fixed directory, or says that it is not there. */
export type Make = (sb: GeneratedSuperBlock) => Inode;

/** Entries by name; in the form of a function they are made when the directory is first looked at. */
export type Entries =
  | ReadonlyMap<string, Make>
  | Readonly<Record<string, Make>>
  | (() => Readonly<Record<string, Make>>);

/** A directory with fixed names; its inodes are made when first asked for. */
export class FixedDirectory extends GeneratedDirectory {
  readonly #source: Entries;
  #entries: ReadonlyMap<string, Make> | undefined;
  #made: Map<string, Inode> | undefined;

  constructor(sb: GeneratedSuperBlock, entries: Entries, mode = 0o555, uid = 0, gid = 0) {
    super(sb, mode, uid, gid);
    this.#source = entries;
  }

  #all(): ReadonlyMap<string, Make> {
    const source = this.#source;
    this.#entries ??=
      source instanceof Map
        ? source
        : new Map(Object.entries(typeof source === "function" ? source() : source));
    return this.#entries;
  }

  override names(): Iterable<string> {
    return this.#all().keys();
  }

  override lookup(name: string): Inode | undefined {
    const made = this.#made?.get(name);
    if (made !== undefined) return made;
    const make = this.#all().get(name);
    if (make === undefined) return undefined;
    const inode = make(this.sb);
    this.#made ??= new Map();
    this.#made.set(name, inode);
    return inode;
  }
}

/** A directory whose names follow something else; `find` answers undefined for what is not there. */
export class ListedDirectory<T> extends GeneratedDirectory {
  readonly #list: () => Iterable<[name: string, value: T]>;
  readonly #make: (sb: GeneratedSuperBlock, value: T) => Inode;
  #made = new Map<string, { value: T; inode: Inode }>();

  constructor(
    sb: GeneratedSuperBlock,
    list: () => Iterable<[name: string, value: T]>,
    make: (sb: GeneratedSuperBlock, value: T) => Inode,
    mode = 0o555,
  ) {
    super(sb, mode);
    this.#list = list;
    this.#make = make;
  }

  override *names(): Iterable<string> {
    for (const [name] of this.#list()) yield name;
  }

  override lookup(name: string): Inode | undefined {
    for (const [key, value] of this.#list()) {
      if (key !== name) continue;
      const made = this.#made.get(name);
      if (made?.value === value) return made.inode;
      const inode = this.#make(this.sb, value);
      this.#made.set(name, { value, inode });
      return inode;
    }
    this.#made.delete(name);
    return undefined;
  }
}

/** What a generated regular file does. `read` absent: it cannot be read; `write` absent: nor written. */
export interface Contents {
  /** The whole text at this moment, a byte string. */
  read?(task: Task): string;
  /** One write(2), whole. Throws what the file thinks of it. */
  write?(task: Task, text: string): void;
}

/** A regular file of generated text. */
export class GeneratedFile extends GeneratedInode {
  readonly #contents: Contents;
  readonly #size: number;

  constructor(
    sb: GeneratedSuperBlock,
    contents: Contents,
    mode = 0o444,
    uid = 0,
    gid = 0,
    size = 0,
  ) {
    super(sb, S_IFREG | mode, uid, gid);
    this.#contents = contents;
    this.#size = size;
  }

  override get size(): number {
    return this.#size;
  }

  override open(_task: Task, path: Path, flags: number): Blocking<File> {
    // What cannot be done at all is refused to root too.
    const access = flags & O_ACCMODE;
    if (access !== O_WRONLY && this.#contents.read === undefined) throw EACCES;
    if (access !== O_RDONLY && this.#contents.write === undefined) throw EACCES;
    return new GeneratedTextFile(path, flags, this.#contents);
  }
}

/** An open generated file: the text is made anew whenever reading starts at its beginning. */
class GeneratedTextFile extends File {
  readonly #contents: Contents;
  #text: Uint8Array | undefined;

  constructor(path: Path, flags: number, contents: Contents) {
    super(path, flags);
    this.#contents = contents;
  }

  override readAt(task: Task, pos: number, max: number): Uint8Array {
    if (this.#contents.read === undefined) throw EINVAL;
    if (pos === 0 || this.#text === undefined) this.#text = bytesOf(this.#contents.read(task));
    return this.#text.subarray(pos, pos + max);
  }

  override write(task: Task, bytes: Uint8Array): number {
    const written = this.writeAt(task, this.pos, bytes);
    this.pos += written;
    return written;
  }

  override writeAt(task: Task, _pos: number, bytes: Uint8Array): number {
    if (this.#contents.write === undefined) throw EINVAL;
    if (bytes.length > MAX_WRITE) throw EINVAL;
    this.#contents.write(task, strOf(bytes));
    return bytes.length;
  }

  override seek(offset: number, whence: number): number {
    if (whence !== SEEK_SET && whence !== SEEK_CUR) throw EINVAL;
    const target = whence === SEEK_SET ? offset : this.pos + offset;
    if (!(target >= 0 && target <= Number.MAX_SAFE_INTEGER)) throw EINVAL;
    this.pos = target;
    return target;
  }
}

/** A symbolic link whose target may depend on the reader. */
export class GeneratedLink extends GeneratedInode {
  readonly #target: (task: Task | undefined) => string;

  constructor(
    sb: GeneratedSuperBlock,
    target: string | ((task: Task | undefined) => string),
    uid = 0,
    gid = 0,
  ) {
    super(sb, S_IFLNK | 0o777, uid, gid);
    this.#target = typeof target === "string" ? () => target : target;
  }

  override readlink(): string {
    return this.#target(this.sb.kernel.scheduler.current);
  }
}

// ---- short forms for tables of entries ------------------------------------------------------------

/** A read-only file. */
export function text(read: (task: Task) => string, mode = 0o444): Make {
  return (sb) => new GeneratedFile(sb, { read }, mode);
}

/** A link. */
export function link(target: string | ((task: Task | undefined) => string)): Make {
  return (sb) => new GeneratedLink(sb, target);
}

/** A directory of fixed names. */
export function dir(entries: Readonly<Record<string, Make>>, mode = 0o555): Make {
  return (sb) => new FixedDirectory(sb, entries, mode);
}
