// Inodes of overlay: one object over its upper and lower originals, copied up when it changes.
import {
  EINVAL,
  EIO,
  ENODATA,
  ENOENT,
  ENOSPC,
  ENOTEMPTY,
  EOPNOTSUPP,
  EROFS,
  Errno,
  EXDEV,
} from "../../../abi/errno.ts";
import { O_ACCMODE, O_RDONLY, O_TRUNC, RENAME_EXCHANGE } from "../../../abi/fcntl.ts";
import { MS_NOATIME } from "../../../abi/mount.ts";
import { type Blocking, isSteps } from "../../../abi/program.ts";
import {
  type Dirent,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  type Stat,
} from "../../../abi/stat.ts";
import type { Task } from "../../task.ts";
import { DirectoryFile } from "../directory.ts";
import type { File, Path } from "../file.ts";
import { imageContent } from "../imagefs/imagefs.ts";
import { Inode, type SetAttr } from "../inode.ts";
import { RegularFile, type RegularInode } from "../regular.ts";
import { TmpfsRegular } from "../tmpfs/inode.ts";
import type { OverlayFs } from "./overlay.ts";

/** Attributes in which overlay keeps its own notes; hidden from programs. */
const PRIVATE = "trusted.overlay.";
const OPAQUE = "trusted.overlay.opaque";
const ORIGIN = "trusted.overlay.origin";
const COPY_CHUNK = 65536;

/** A character device 0:0 in an upper layer hides the name below. */
export function isWhiteout(inode: Inode): boolean {
  return inode.rdev === 0 && (inode.mode & S_IFMT) === S_IFCHR;
}

function isOpaque(inode: Inode): boolean {
  return inode.peekxattr(OPAQUE)?.[0] === 0x79;
}

function isRegularInode(inode: Inode): inode is RegularInode {
  return "readData" in inode;
}

/** One object as the overlay shows it. */
export class OverlayInode extends Inode implements RegularInode {
  declare readonly sb: OverlayFs;
  override readonly ino: number;
  /** Where it is found, so that it can be copied up; the root has none. */
  #parent: OverlayInode | undefined;
  #name: string;
  #upper: Inode | undefined;
  /** Directories: all that are merged, top first. Others: the one below, as long as it is not copied up. */
  #lowers: readonly Inode[];
  /** Open file of a lower object whose bytes are not at hand (a host folder's). */
  #lowerFile: File | undefined;

  constructor(
    sb: OverlayFs,
    parent: OverlayInode | undefined,
    name: string,
    upper: Inode | undefined,
    lowers: readonly Inode[],
  ) {
    const real = (upper ?? lowers[0]) as Inode;
    super(sb, real.mode, real.uid, real.gid);
    this.nlink = real.nlink;
    this.rdev = real.rdev;
    this.#parent = parent;
    this.#name = name;
    this.#upper = upper;
    this.#lowers = lowers;
    this.ino = this.#number();
  }

  /** Constant over copy-up: the number of the lowest known original. */
  #number(): number {
    const lower = this.#lowers[0];
    if (lower !== undefined) return this.sb.number(lower);
    const origin = this.#upper?.peekxattr(ORIGIN);
    if (origin !== undefined) return Number(String.fromCharCode(...origin)) || 0;
    return this.sb.number(this.#upper as Inode);
  }

  get upper(): Inode | undefined {
    return this.#upper;
  }
  get #real(): Inode {
    return (this.#upper ?? this.#lowers[0]) as Inode;
  }

  #sync(): void {
    const real = this.#real;
    this.mode = real.mode;
    this.uid = real.uid;
    this.gid = real.gid;
    this.nlink = real.nlink;
  }

  override refresh(): void {
    this.#real.refresh();
    this.#sync();
  }

  stat(): Stat {
    const stat = this.#real.stat();
    stat.dev = this.sb.dev;
    stat.ino = this.ino;
    // A merged directory's links cannot be told from one layer's (as in Linux).
    if (this.isDirectory && this.#upper !== undefined && this.#lowers.length > 0) stat.nlink = 1;
    return stat;
  }

  // ---- copying up --------------------------------------------------------------------------------

  /** Makes sure that there is an object in the upper layer; `withData` false: it is about to be emptied. */
  copyUp(withData = true): Inode {
    if (this.#upper !== undefined) return this.#upper;
    // From the nearest ancestor that is there already downwards, without recursion.
    const missing: OverlayInode[] = [this];
    for (let at = this.#parent; at !== undefined && at.#upper === undefined; at = at.#parent) {
      missing.push(at);
    }
    for (let at = missing.pop(); at !== undefined; at = missing.pop()) {
      at.#copyUpHere(at !== this || withData);
    }
    return this.#upper as unknown as Inode;
  }

  #copyUpHere(withData: boolean): void {
    const dir = this.#parent?.upper;
    if (dir === undefined) throw EROFS;
    const lower = this.#lowers[0] as Inode;
    const name = this.#name;
    const stat = lower.stat();
    const mode = stat.mode & 0o7777;
    if (this.nlink === 0) {
      this.#copyUpUnlinked(stat, mode, withData);
      return;
    }
    const present = dir.lookup(name);
    if (present !== undefined && !isWhiteout(present)) {
      // Another view of the same object has copied it up (a tree that was moved).
      this.#adopt(present);
      return;
    }
    const before = dir.stat();
    let made: Inode;
    switch (stat.mode & S_IFMT) {
      case S_IFDIR:
        made = dir.mkdir(name, mode, stat.uid, stat.gid);
        break;
      case S_IFLNK:
        made = dir.symlink(name, lower.readlink(), stat.uid, stat.gid);
        break;
      case S_IFREG:
        made = dir.create(name, mode, stat.uid, stat.gid);
        break;
      default:
        made = dir.mknod(name, stat.mode, stat.rdev, stat.uid, stat.gid);
    }
    try {
      if (withData && lower.isRegular) this.#copyData(lower, made);
      for (const attribute of lower.listxattr()) {
        if (attribute.startsWith(PRIVATE)) continue;
        made.setxattr(attribute, lower.getxattr(attribute), 0);
      }
      made.setxattr(
        ORIGIN,
        Uint8Array.from(String(this.ino), (digit) => digit.charCodeAt(0)),
        0,
      );
    } catch (error) {
      if (made.isDirectory) dir.rmdir(name, made);
      else dir.unlink(name, made);
      dir.setattr({ mtime: before.mtime, atime: before.atime, ctime: before.ctime });
      throw error;
    }
    made.setattr({ atime: stat.atime, mtime: stat.mtime });
    dir.setattr({ mtime: before.mtime, atime: before.atime, ctime: before.ctime });
    this.#adopt(made);
  }

  /** A file without a name stays without one. */
  #copyUpUnlinked(stat: Stat, mode: number, withData: boolean): void {
    const lower = this.#lowers[0] as Inode;
    if (!lower.isRegular) throw ENOENT;
    const made = (this.sb.root.upper as Inode).tmpfile(mode, stat.uid, stat.gid);
    try {
      if (withData) this.#copyData(lower, made);
    } catch (error) {
      made.evict();
      throw error;
    }
    made.setattr({ atime: stat.atime, mtime: stat.mtime });
    this.#adopt(made);
  }

  #copyData(lower: Inode, made: Inode): void {
    const content = imageContent(lower);
    if (content !== undefined && made instanceof TmpfsRegular) {
      if (!made.data.adopt(content)) throw ENOSPC;
      return;
    }
    const target = made as unknown as RegularInode;
    for (let pos = 0; ; ) {
      const chunk = this.#readLower(pos, COPY_CHUNK);
      if (chunk.length === 0) return;
      for (let done = 0; done < chunk.length; ) {
        const n = target.writeData(pos + done, chunk.subarray(done));
        if (n === 0) throw ENOSPC;
        done += n;
      }
      pos += chunk.length;
    }
  }

  /** Goes on with an upper object instead of the lower one. */
  #adopt(upper: Inode): void {
    this.#upper = upper;
    for (let i = 0; i < this.holds; i++) upper.hold();
    if (!this.isDirectory || isOpaque(upper)) {
      this.#lowers = [];
      this.#closeLower();
    }
    this.sb.remember(upper, this);
    this.#sync();
  }

  /** Copies up a whole tree and cuts it off from what lies below, so that it can be moved. */
  #copyUpTree(): void {
    this.copyUp();
    const pending: OverlayInode[] = [this];
    for (let dir = pending.pop(); dir !== undefined; dir = pending.pop()) {
      if (!dir.isDirectory || dir.#lowers.length === 0) continue;
      if (dir.#lowers.some((lower) => lower.sb.volatile)) throw EXDEV;
      for (const { name } of dir.readdir()) {
        const child = dir.lookup(name);
        if (child === undefined) continue;
        child.copyUp();
        pending.push(child);
      }
      (dir.#upper as Inode).setxattr(OPAQUE, Uint8Array.of(0x79), 0);
      dir.#lowers = [];
    }
  }

  // ---- directories -------------------------------------------------------------------------------

  override lookup(name: string): OverlayInode | undefined {
    const upper = this.#upper?.lookup(name);
    if (upper !== undefined) {
      if (isWhiteout(upper)) return undefined;
      const known = this.sb.known(upper);
      if (known !== undefined) return known;
      const lowers = upper.isDirectory && !isOpaque(upper) ? this.#lookupLower(name, true) : [];
      const made = new OverlayInode(this.sb, this, name, upper, lowers);
      if (upper.nlink > 1 || upper.isDirectory) this.sb.remember(upper, made);
      return made;
    }
    const lowers = this.#lookupLower(name, false);
    return lowers.length === 0
      ? undefined
      : new OverlayInode(this.sb, this, name, undefined, lowers);
  }

  /** What the lower layers have by a name: one object, or the directories that are merged. */
  #lookupLower(name: string, directoriesOnly: boolean): Inode[] {
    const found: Inode[] = [];
    for (const layer of this.#lowers) {
      const child = layer.lookup(name);
      if (child === undefined) continue;
      if (isWhiteout(child)) break;
      if (!child.isDirectory) {
        if (found.length === 0 && !directoriesOnly) found.push(child);
        break;
      }
      found.push(child);
      if (isOpaque(child)) break;
    }
    return found;
  }

  #hasLower(name: string): boolean {
    return this.#lookupLower(name, false).length > 0;
  }

  override readdir(): Dirent[] {
    const layers = this.#upper === undefined ? this.#lowers : [this.#upper, ...this.#lowers];
    const hidden = new Set<string>();
    const all: Dirent[] = [];
    for (const [i, layer] of layers.entries()) {
      const last = i === layers.length - 1;
      for (const entry of layer.readdir()) {
        if (hidden.has(entry.name)) continue;
        if (!last) hidden.add(entry.name);
        let ino = this.sb.numberIn(layer, entry.ino);
        if (layer === this.#upper) {
          const inode = layer.lookup(entry.name);
          if (inode === undefined || isWhiteout(inode)) continue;
          ino = this.sb.known(inode)?.ino ?? ino;
        } else if (entry.type === S_IFCHR >> 12) {
          const inode = layer.lookup(entry.name);
          if (inode === undefined || isWhiteout(inode)) continue;
        }
        all.push({ ino, type: entry.type, name: entry.name });
      }
    }
    return all;
  }

  /**
   * Makes an entry in the upper directory where a whiteout may be in the way; the whiteout comes back
   * when that fails.
   */
  #make(name: string, make: (dir: Inode) => Inode): OverlayInode {
    const dir = this.copyUp();
    if (dir.nlink === 0) throw ENOENT;
    const present = dir.lookup(name);
    const hidden = present !== undefined && isWhiteout(present);
    if (hidden) dir.unlink(name, present);
    let made: Inode;
    try {
      made = make(dir);
      if (made.isDirectory && this.#hasLower(name)) made.setxattr(OPAQUE, Uint8Array.of(0x79), 0);
    } catch (error) {
      if (error instanceof Errno && hidden) this.#whiteout(dir, name);
      throw error;
    }
    this.#sync();
    const known = made.nlink > 1 ? this.sb.known(made) : undefined;
    return known ?? new OverlayInode(this.sb, this, name, made, []);
  }

  #whiteout(dir: Inode, name: string): void {
    if (dir.lookup(name) === undefined) dir.mknod(name, S_IFCHR, 0, 0, 0);
  }

  override create(name: string, mode: number, uid: number, gid: number): Inode {
    return this.#make(name, (dir) => dir.create(name, mode, uid, gid));
  }
  override mkdir(name: string, mode: number, uid: number, gid: number): Inode {
    return this.#make(name, (dir) => dir.mkdir(name, mode, uid, gid));
  }
  override mknod(name: string, mode: number, rdev: number, uid: number, gid: number): Inode {
    return this.#make(name, (dir) => dir.mknod(name, mode, rdev, uid, gid));
  }
  override symlink(name: string, target: string, uid: number, gid: number): Inode {
    return this.#make(name, (dir) => dir.symlink(name, target, uid, gid));
  }
  override link(name: string, inode: Inode): void {
    const source = inode as OverlayInode;
    const upper = source.copyUp();
    this.sb.remember(upper, source);
    this.#make(name, (dir) => {
      dir.link(name, upper);
      return upper;
    });
    source.#sync();
  }
  override tmpfile(mode: number, uid: number, gid: number): Inode {
    const made = this.copyUp().tmpfile(mode, uid, gid);
    const inode = new OverlayInode(this.sb, this, "", made, []);
    this.sb.remember(made, inode);
    return inode;
  }

  /** Takes note when another view of the same object (a tree that was moved) has copied it up. */
  #settle(dir: Inode, name: string): void {
    if (this.#upper !== undefined) return;
    const present = dir.lookup(name);
    if (present !== undefined && !isWhiteout(present)) this.#adopt(present);
  }

  /** A name has gone: what is left of the object. */
  #unlinked(): void {
    if (this.#upper !== undefined) this.nlink = this.#upper.nlink;
    else this.nlink = this.isDirectory ? 0 : Math.max(0, this.nlink - 1);
  }

  override unlink(name: string, inode: Inode): void {
    const dir = this.copyUp();
    const victim = inode as OverlayInode;
    victim.#settle(dir, name);
    if (victim.#upper !== undefined) dir.unlink(name, victim.#upper);
    if (this.#hasLower(name)) this.#whiteout(dir, name);
    victim.#unlinked();
    this.#sync();
  }

  override rmdir(name: string, inode: Inode): void {
    const victim = inode as OverlayInode;
    if (victim.readdir().length > 0) throw ENOTEMPTY;
    const dir = this.copyUp();
    victim.#settle(dir, name);
    victim.#removeUpper(dir, name);
    if (this.#hasLower(name)) this.#whiteout(dir, name);
    victim.nlink = 0;
    this.#sync();
  }

  /** Removes an empty directory's upper part and the whiteouts in it. */
  #removeUpper(dir: Inode, name: string): void {
    const upper = this.#upper;
    if (upper === undefined) return;
    for (const entry of upper.readdir()) {
      const whiteout = upper.lookup(entry.name);
      if (whiteout !== undefined) upper.unlink(entry.name, whiteout);
    }
    dir.rmdir(name, upper);
  }

  override rename(
    name: string,
    newDir: Inode,
    newName: string,
    flags: number,
    inode?: Inode,
    target?: Inode,
  ): void {
    const to = newDir as OverlayInode;
    const moved = inode as OverlayInode;
    const replaced = target as OverlayInode | undefined;
    const exchange = (flags & RENAME_EXCHANGE) !== 0;
    if (!exchange && replaced?.isDirectory === true && replaced.readdir().length > 0) {
      throw ENOTEMPTY;
    }
    moved.#copyUpTree();
    const fromUpper = this.copyUp();
    const toUpper = to.copyUp();
    const coversOld = this.#hasLower(name);
    const coversNew = to.#hasLower(newName);
    const opaque = Uint8Array.of(0x79);
    if (moved.isDirectory && coversNew) (moved.#upper as Inode).setxattr(OPAQUE, opaque, 0);
    if (exchange && replaced !== undefined) {
      replaced.#copyUpTree();
      if (replaced.isDirectory && coversOld) (replaced.#upper as Inode).setxattr(OPAQUE, opaque, 0);
      fromUpper.rename(name, toUpper, newName, flags);
      replaced.#parent = this;
      replaced.#name = name;
    } else {
      if (replaced !== undefined) {
        replaced.#settle(toUpper, newName);
        if (replaced.isDirectory) replaced.#removeUpper(toUpper, newName);
      }
      const present = toUpper.lookup(newName);
      if (present !== undefined && isWhiteout(present) && moved.isDirectory) {
        toUpper.unlink(newName, present);
      }
      fromUpper.rename(name, toUpper, newName, flags);
      if (coversOld) this.#whiteout(fromUpper, name);
      if (replaced?.isDirectory === true) replaced.nlink = 0;
      else if (replaced !== undefined) replaced.#unlinked();
    }
    moved.#parent = to;
    moved.#name = newName;
    moved.#sync();
    this.#sync();
    to.#sync();
  }

  // ---- attributes --------------------------------------------------------------------------------

  override setattr(attr: SetAttr): void {
    this.copyUp(attr.size !== 0).setattr(attr);
    this.#sync();
  }

  override accessed(): void {
    this.#upper?.accessed();
  }

  override readlink(): string {
    return this.#real.readlink();
  }

  override getxattr(name: string): Uint8Array {
    if (name.startsWith(PRIVATE)) throw ENODATA;
    return this.#real.getxattr(name);
  }
  override setxattr(name: string, value: Uint8Array, flags: number): void {
    if (name.startsWith(PRIVATE)) throw EOPNOTSUPP;
    this.copyUp().setxattr(name, value, flags);
  }
  override listxattr(): string[] {
    return this.#real.listxattr().filter((name) => !name.startsWith(PRIVATE));
  }
  override removexattr(name: string): void {
    if (name.startsWith(PRIVATE)) throw ENODATA;
    this.copyUp().removexattr(name);
  }

  // ---- files -------------------------------------------------------------------------------------

  override hold(): void {
    super.hold();
    this.#upper?.hold();
  }
  override unhold(): void {
    super.unhold();
    this.#upper?.unhold();
    if (this.holds === 0) this.#closeLower();
  }

  #closeLower(): void {
    this.#lowerFile?.put();
    this.#lowerFile = undefined;
  }

  override open(task: Task, path: Path, flags: number): Blocking<File> {
    if (this.isDirectory) return new DirectoryFile(path, flags);
    if ((flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0) {
      this.copyUp((flags & O_TRUNC) === 0);
    } else if (!isRegularInode(this.#real) && this.#lowerFile === undefined) {
      this.#openLower(task);
    }
    return new RegularFile(path, flags, this);
  }

  override head(task: Task, path: Path, max: number): Blocking<Uint8Array> {
    // Without an open description for each program that is started.
    if (!this.isRegular || !isRegularInode(this.#real)) return super.head(task, path, max);
    const head = this.readData(0, max);
    if ((path.mount.flags & MS_NOATIME) === 0) this.accessed();
    return head;
  }

  #openLower(task: Task | undefined): File {
    const lower = this.#lowers[0] as Inode;
    const file = lower.open(task as Task, this.sb.lowerPath(lower), O_RDONLY);
    if (isSteps(file)) throw EIO;
    this.#lowerFile = file;
    return file;
  }

  /** Bytes of the lower object, wherever they are. */
  #readLower(pos: number, max: number): Uint8Array {
    const lower = this.#lowers[0] as Inode;
    if (isRegularInode(lower)) return lower.readData(pos, max);
    const file = this.#lowerFile ?? this.#openLower(undefined);
    const chunk = file.readAt(undefined as unknown as Task, pos, max);
    if (isSteps(chunk)) throw EIO;
    return chunk;
  }

  get size(): number {
    const real = this.#real;
    return isRegularInode(real) ? real.size : real.stat().size;
  }
  get maxSize(): number {
    const upper = this.#upper;
    return upper !== undefined && isRegularInode(upper) ? upper.maxSize : Number.MAX_SAFE_INTEGER;
  }
  readData(pos: number, max: number): Uint8Array {
    const upper = this.#upper;
    if (upper === undefined) return this.#readLower(pos, max);
    if (!isRegularInode(upper)) throw EINVAL;
    return upper.readData(pos, max);
  }
  writeData(pos: number, bytes: Uint8Array): number {
    return (this.copyUp() as RegularInode).writeData(pos, bytes);
  }
  seekData(pos: number): number | undefined {
    const real = this.#real;
    return isRegularInode(real) ? real.seekData(pos) : pos;
  }
  seekHole(pos: number): number {
    const real = this.#real;
    return isRegularInode(real) ? real.seekHole(pos) : this.size;
  }
  allocate(mode: number, offset: number, length: number): void {
    (this.copyUp() as RegularInode).allocate(mode, offset, length);
  }
}
