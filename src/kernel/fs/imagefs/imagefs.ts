// imagefs: a read-only file system over an indexed image that all machines of a process share.
import { EINVAL, ENODATA, EROFS } from "../../../abi/errno.ts";
import type { Blocking } from "../../../abi/program.ts";
import {
  type Dirent,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  type Stat,
  type StatFs,
} from "../../../abi/stat.ts";
import type { Kernel } from "../../kernel.ts";
import type { Task } from "../../task.ts";
import { DirectoryFile } from "../directory.ts";
import type { File, Path } from "../file.ts";
import { Inode, type SuperBlock } from "../inode.ts";
import { RegularFile, type RegularInode } from "../regular.ts";

/** One object of an image; immutable once built (see image.ts). */
export interface ImageNode {
  /** Stable number, unique in the image; the root has 1. */
  readonly ino: number;
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSec: number;
  /** Number of names; for a directory 2 and one for each directory in it. */
  readonly nlink: number;
  /** Of a device node. */
  readonly rdev: number;
  /** Data of a regular file. */
  readonly content?: Uint8Array;
  /** Target of a symbolic link. */
  readonly target?: string;
  /** Entries of a directory. */
  readonly children?: ReadonlyMap<string, ImageNode>;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

const SQUASHFS_MAGIC = 0x73717368;
const BLOCK_SIZE = 4096;
/** Longest single read. */
const READ_MAX = 16 * 1024 * 1024;

/** One machine's view of an image object, made when it is first looked at. */
class ImageInode extends Inode implements RegularInode {
  declare readonly sb: ImageFs;
  readonly #node: ImageNode;

  constructor(sb: ImageFs, node: ImageNode) {
    super(sb, node.mode, node.uid, node.gid);
    this.#node = node;
    this.nlink = node.nlink;
    this.rdev = node.rdev;
  }

  override get ino(): number {
    return this.#node.ino;
  }

  get size(): number {
    // Asking an image for more than it needs may open it further: directories are not looked into.
    if (this.isDirectory) return BLOCK_SIZE;
    return this.#node.content?.length ?? this.#node.target?.length ?? 0;
  }

  /** The whole file, by reference. */
  get content(): Uint8Array {
    const { content } = this.#node;
    if (content === undefined) throw EINVAL;
    return content;
  }

  stat(): Stat {
    const { ino, mode, uid, gid, nlink, rdev, mtimeSec } = this.#node;
    const time = { sec: mtimeSec, nsec: 0 };
    const { size } = this;
    return {
      dev: this.sb.dev,
      ino,
      mode,
      nlink,
      uid,
      gid,
      rdev,
      size,
      blksize: BLOCK_SIZE,
      blocks: (mode & S_IFMT) === S_IFREG ? Math.ceil(size / BLOCK_SIZE) * 8 : 0,
      atime: time,
      mtime: time,
      ctime: time,
    };
  }

  setattr(): void {
    throw EROFS;
  }

  override lookup(name: string): Inode | undefined {
    const node = this.#node.children?.get(name);
    return node === undefined ? undefined : this.sb.inode(node);
  }

  override readdir(): Dirent[] {
    const all: Dirent[] = [];
    for (const [name, node] of this.#node.children ?? []) {
      all.push({ ino: node.ino, type: (node.mode & S_IFMT) >> 12, name });
    }
    return all;
  }

  override readlink(): string {
    const { target } = this.#node;
    if (target === undefined) throw EINVAL;
    return target;
  }

  override open(_task: Task, path: Path, flags: number): Blocking<File> {
    return this.isDirectory ? new DirectoryFile(path, flags) : new RegularFile(path, flags, this);
  }

  readData(pos: number, max: number): Uint8Array {
    const { content } = this;
    return content.subarray(pos, Math.min(content.length, pos + Math.min(max, READ_MAX)));
  }
  writeData(): number {
    throw EROFS;
  }
  seekData(pos: number): number | undefined {
    return pos < this.size ? pos : undefined;
  }
  seekHole(): number {
    return this.size;
  }
  allocate(): void {
    throw EROFS;
  }
  get maxSize(): number {
    return Number.MAX_SAFE_INTEGER;
  }

  // Names cannot be added: the base class says EPERM where Linux's read-only file systems say EROFS.
  override mkdir(): Inode {
    throw EROFS;
  }
  override mknod(): Inode {
    throw EROFS;
  }
  override symlink(): Inode {
    throw EROFS;
  }
  override link(): void {
    throw EROFS;
  }
  override unlink(): void {
    throw EROFS;
  }
  override rmdir(): void {
    throw EROFS;
  }
  override rename(): void {
    throw EROFS;
  }

  override getxattr(name: string): Uint8Array {
    const value = this.#node.xattrs?.get(name);
    if (value === undefined) throw ENODATA;
    return value;
  }
  override setxattr(): void {
    throw EROFS;
  }
  override removexattr(): void {
    throw EROFS;
  }
  override listxattr(): string[] {
    return [...(this.#node.xattrs?.keys() ?? [])];
  }
}

/** The bytes of an image's file, for copying up without copying; undefined for other inodes. */
export function imageContent(inode: Inode): Uint8Array | undefined {
  return inode instanceof ImageInode && inode.isRegular ? inode.content : undefined;
}

/** One machine's instance: it holds nothing but what was looked at. */
export class ImageFs implements SuperBlock {
  readonly type = "squashfs";
  readonly kernel: Kernel;
  readonly dev: number;
  readonly volatile = false;
  readonly: boolean = true;
  readonly root: Inode;
  readonly #image: ImageNode;
  /** Objects with several names must be one inode. */
  readonly #linked = new Map<ImageNode, ImageInode>();

  constructor(kernel: Kernel, image: ImageNode) {
    if ((image.mode & S_IFMT) !== S_IFDIR) throw EINVAL;
    this.kernel = kernel;
    this.dev = kernel.anonymousDev();
    this.#image = image;
    this.root = new ImageInode(this, image);
  }

  inode(node: ImageNode): Inode {
    if (node.nlink < 2 || (node.mode & S_IFMT) === S_IFDIR) return new ImageInode(this, node);
    let inode = this.#linked.get(node);
    if (inode === undefined) {
      inode = new ImageInode(this, node);
      this.#linked.set(node, inode);
    }
    return inode;
  }

  options(): string {
    return "";
  }

  statfs(): StatFs {
    let files = 0;
    let blocks = 0;
    const pending = [this.#image];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      files++;
      blocks += Math.ceil((node.content?.length ?? 0) / BLOCK_SIZE);
      if (node.children !== undefined) pending.push(...node.children.values());
    }
    return {
      type: SQUASHFS_MAGIC,
      bsize: BLOCK_SIZE,
      blocks,
      bfree: 0,
      bavail: 0,
      files,
      ffree: 0,
      namelen: 255,
      flags: 0,
    };
  }

  remount(data: string): void {
    if (data !== "") throw EINVAL;
  }
  release(): void {}
  sync(): Blocking<void> {}
}
