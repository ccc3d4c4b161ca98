// Inodes of hostfs. The host has the truth: what is kept here is brought up to date before it is used.
import { EINVAL, EIO, ENOENT, EOPNOTSUPP, EPERM, EROFS, ESTALE } from "../../../abi/errno.ts";
import {
  O_ACCMODE,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  RENAME_NOREPLACE,
} from "../../../abi/fcntl.ts";
import { type Blocking, isSteps } from "../../../abi/program.ts";
import {
  type Dirent,
  DT_REG,
  DT_UNKNOWN,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_ISGID,
  S_ISUID,
  type Stat,
  type Timespec,
} from "../../../abi/stat.ts";
import type { HostStat } from "../../host.ts";
import type { Task } from "../../task.ts";
import { DirectoryFile } from "../directory.ts";
import type { File, Path } from "../file.ts";
import { Inode, type SetAttr } from "../inode.ts";
import { HostFile } from "./file.ts";
import type { HostFs } from "./hostfs.ts";

/** A file that was changed this long ago shows by its times when it is changed again. */
const SETTLED_MS = 100;
const SET_ID = S_ISUID | S_ISGID;

/** Any object of the folder; the class itself serves everything but directories. */
export class HostInode extends Inode {
  declare readonly sb: HostFs;
  override readonly ino: number;
  readonly #dev: number;
  readonly #birth: number;
  readonly #hostType: number;
  /** Where it was seen last; undefined for the folder itself. */
  protected parent: HostDirectory | undefined;
  protected name: string;
  #stat: HostStat;
  /** HostFs.moment() of the last look, -1 when something has changed since. */
  #looked = -1;
  /** The same for mode and owners. */
  #modeLooked = -1;
  /** open(2) with O_TRUNC has just emptied it. */
  #emptied = false;
  /** What execve has read of it, and when that was true. */
  #head: { stat: HostStat; max: number; bytes: Uint8Array } | undefined;
  /** Open files, by which the object is reached when its name has gone. */
  #handles: number[] | undefined;
  /** Times that were set and came out rounded on the host: what was asked for, while the host's stay. */
  #times:
    | { atime: Timespec; mtime: Timespec; hostAtime: Timespec; hostMtime: Timespec }
    | undefined;

  constructor(sb: HostFs, stat: HostStat, parent: HostDirectory | undefined, name: string) {
    super(sb, stat.mode, 0, 0);
    this.ino = stat.ino;
    this.#dev = stat.dev;
    this.#birth = stat.birth;
    this.#hostType = stat.mode & S_IFMT;
    this.parent = parent;
    this.name = name;
    this.#stat = stat;
    this.#adopt(stat);
  }

  isSame(stat: HostStat): boolean {
    return (
      stat.ino === this.ino &&
      stat.dev === this.#dev &&
      (stat.mode & S_IFMT) === this.#hostType &&
      stat.birth === this.#birth
    );
  }

  /** A lookup has met it. */
  found(stat: HostStat, parent: HostDirectory, name: string): void {
    this.at(parent, name);
    this.#adopt(stat);
  }

  /** It has this name: another one that it had may have gone. */
  at(parent: HostDirectory, name: string): void {
    this.parent = parent;
    this.name = name;
  }

  #adopt(stat: HostStat): void {
    const { sb } = this;
    this.#stat = stat;
    this.#looked = sb.moment();
    this.#modeLooked = this.#looked;
    const own = sb.attributes.get(stat);
    this.mode = (own?.type ?? this.#hostType) | (own?.mode ?? stat.mode & 0o7777);
    this.uid = own?.uid ?? sb.guestUid(stat.uid);
    this.gid = own?.gid ?? sb.guestGid(stat.gid);
    this.rdev = own?.rdev ?? (own?.type === undefined ? stat.rdev : 0);
    this.nlink = stat.nlink;
  }

  /** What is known may no longer be true. */
  changed(): void {
    this.#looked = -1;
    this.#modeLooked = -1;
  }

  /** Its contents have changed, and with them size and times. */
  written(): void {
    this.#looked = -1;
    this.#head = undefined;
    this.writes++;
  }

  /** Changes by this machine, which makes what was read ahead void. */
  writes = 0;

  protected get openHandle(): number | undefined {
    return this.#handles?.[0];
  }

  /** The object as the host has it now; throws ENOENT when it cannot be found any more. */
  protected look(): HostStat {
    const { sb } = this;
    if (this.#looked === sb.moment()) return this.#stat;
    const handle = this.openHandle;
    let stat: HostStat | undefined;
    if (handle !== undefined) stat = sb.files.fstat(handle);
    else if (this.parent !== undefined) stat = sb.files.lstat(this.parent.handle(), this.name);
    if (stat === undefined) throw ENOENT;
    if (!this.isSame(stat)) throw ESTALE;
    this.#adopt(stat);
    return stat;
  }

  override refresh(): void {
    if (this.#modeLooked !== this.sb.moment()) this.look();
  }

  /** Name of a place on the host where the object is, for calls that take no handle. */
  place(): [dir: number, name: string] {
    if (this.parent === undefined) throw EINVAL;
    return [this.parent.handle(), this.name];
  }

  get size(): number {
    return this.look().size;
  }

  /** True when the file was seen a moment ago to end at `pos`. */
  endsAt(pos: number): boolean {
    return this.#stat.size === pos && this.#looked === this.sb.moment();
  }

  override stat(): Stat {
    const stat = this.look();
    const times = this.#times;
    let { atime, mtime } = stat;
    if (times !== undefined) {
      if (same(atime, times.hostAtime)) atime = times.atime;
      if (same(mtime, times.hostMtime)) mtime = times.mtime;
    }
    return {
      dev: this.sb.guestDev(stat.dev),
      ino: this.ino,
      mode: this.mode,
      nlink: stat.nlink,
      uid: this.uid,
      gid: this.gid,
      rdev: this.rdev,
      size: stat.size,
      blksize: stat.blksize,
      blocks: stat.blocks,
      atime,
      mtime,
      ctime: stat.ctime,
    };
  }

  override setattr(attr: SetAttr): void {
    if (this.sb.readonly) throw EROFS;
    if (attr.size !== undefined) this.#resize(attr.size);
    if (attr.uid !== undefined || attr.gid !== undefined) this.#chown(attr.uid, attr.gid);
    if (attr.mode !== undefined) this.#chmod(attr.mode & 0o7777);
    if (attr.atime !== undefined || attr.mtime !== undefined) this.#utimes(attr.atime, attr.mtime);
    this.changed();
  }

  #resize(size: number): void {
    const { files } = this.sb;
    if (this.#emptied && size === 0) {
      this.#emptied = false;
      return;
    }
    const { handle, stat } = files.open(...this.place(), O_WRONLY, 0);
    try {
      if (!this.isSame(stat)) throw ESTALE;
      files.truncate(handle, size);
    } finally {
      files.close(handle);
    }
  }

  #chmod(mode: number): void {
    const { files, attributes } = this.sb;
    const stat = this.look();
    const own = attributes.get(stat);
    if (own?.type !== undefined) {
      attributes.set(stat, { mode });
      return;
    }
    // Set-id bits mean the guest's users, so they stay in the guest. The host's user needs access to
    // what the guest's root may use.
    let host = mode & ~SET_ID;
    if (!files.keepsOwners) host |= this.isDirectory ? 0o700 : 0o600;
    const handle = this.openHandle;
    if (handle !== undefined) files.fchmod(handle, host);
    else files.chmod(...this.place(), host);
    this.changed();
    const now = this.look();
    if ((now.mode & 0o7777) !== mode || own?.mode !== undefined) attributes.set(now, { mode });
  }

  #chown(uid = -1, gid = -1): void {
    const { files, attributes } = this.sb;
    const stat = this.look();
    if (files.keepsOwners && attributes.get(stat)?.type === undefined) {
      const handle = this.openHandle;
      if (handle !== undefined) files.fchown(handle, uid, gid);
      else files.chown(...this.place(), uid, gid);
      this.changed();
      return;
    }
    if (!files.keepsOwners && this.sb.guestUid(stat.uid) !== 0) throw EPERM;
    if (uid >= 0) attributes.set(stat, { uid });
    if (gid >= 0) attributes.set(stat, { gid });
    this.changed();
  }

  #utimes(a: Timespec | undefined, m: Timespec | undefined): void {
    const { files } = this.sb;
    const now = this.stat();
    const [atime, mtime] = [a ?? now.atime, m ?? now.mtime];
    const handle = this.openHandle;
    if (handle !== undefined) files.futimes(handle, atime, mtime);
    else files.utimes(...this.place(), atime, mtime);
    this.changed();
    const host = this.look();
    const exact = same(host.atime, atime) && same(host.mtime, mtime);
    this.#times = exact
      ? undefined
      : { atime, mtime, hostAtime: host.atime, hostMtime: host.mtime };
  }

  override readlink(): string {
    return this.sb.files.readlink(...this.place());
  }

  override open(_task: Task, path: Path, flags: number): File {
    if (this.#hostType !== S_IFREG) throw EIO;
    const { sb } = this;
    let handle = sb.takeFresh(this);
    if (handle !== undefined && (flags & O_APPEND) !== 0) {
      sb.files.close(handle);
      handle = undefined;
    }
    this.#emptied = false;
    if (handle === undefined) {
      const place = this.place();
      const opened = sb.retry(() => sb.files.open(...place, flags & (O_ACCMODE | O_APPEND), 0));
      handle = opened.handle;
      try {
        if (!this.isSame(opened.stat)) throw ESTALE;
        this.#adopt(opened.stat);
        if ((flags & O_TRUNC) !== 0) {
          sb.files.truncate(handle, 0);
          this.#emptied = true;
          this.changed();
        }
      } catch (error) {
        sb.files.close(handle);
        throw error;
      }
    }
    this.#keep(handle);
    return new HostFile(path, flags, this, handle);
  }

  override head(task: Task, path: Path, max: number): Blocking<Uint8Array> {
    const stat = this.look();
    const known = this.#head;
    if (
      known !== undefined &&
      known.max === max &&
      (known.stat === stat ||
        (known.stat.size === stat.size &&
          same(known.stat.mtime, stat.mtime) &&
          same(known.stat.ctime, stat.ctime)))
    ) {
      known.stat = stat;
      return known.bytes;
    }
    const bytes = super.head(task, path, max);
    const { sec, nsec } = stat.ctime;
    const age = this.sb.kernel.host.now() - (sec * 1000 + nsec / 1e6);
    this.#head = isSteps(bytes) || age < SETTLED_MS ? undefined : { stat, max, bytes };
    return bytes;
  }

  #keep(handle: number): void {
    if (this.#handles === undefined) this.#handles = [handle];
    else this.#handles.push(handle);
  }

  /** Another handle for an open file, with other flags: they cannot be changed on the host. */
  reopen(handle: number, flags: number): number {
    const { files } = this.sb;
    const other = files.open(...this.place(), flags, 0);
    if (!this.isSame(other.stat)) {
      files.close(other.handle);
      throw ESTALE;
    }
    this.#keep(other.handle);
    this.closed(handle);
    return other.handle;
  }

  /** An open file is closed. */
  closed(handle: number): void {
    this.#handles = this.#handles?.filter((each) => each !== handle);
    this.sb.files.close(handle);
    this.#looked = -1;
  }

  /** A name was removed. */
  unlinked(): void {
    this.changed();
    if (this.nlink > 0) this.nlink--;
    if (this.nlink === 0 && this.holds === 0) this.evict();
  }

  override evict(): void {
    this.sb.attributes.forget(this.#dev, this.ino);
  }
}

/** A directory. */
export class HostDirectory extends HostInode {
  #handle: number | undefined;
  /** The handle has been used since it was last looked whether to keep it. */
  used = false;
  /** What has just been looked up, found or not: one call after the other asks for the same. */
  #seen: Map<string, HostInode | undefined> | undefined;
  /** HostFs.moment() of these. */
  #seenAt = -1;

  /** The open directory on the host. */
  handle(): number {
    const { sb } = this;
    if (this.parent === undefined) return sb.files.root;
    if (this.#handle === undefined) this.#handle = sb.openDirectory(this, this.parent, this.name);
    this.used = true;
    return this.#handle;
  }

  /** Called by the super block alone. */
  closeHandle(): void {
    if (this.#handle === undefined) return;
    this.sb.files.close(this.#handle);
    this.#handle = undefined;
  }

  protected override get openHandle(): number | undefined {
    return this.parent === undefined ? this.sb.files.root : this.#handle;
  }

  override lookup(name: string): HostInode | undefined {
    const { sb } = this;
    const moment = sb.moment();
    if (this.#seen !== undefined) {
      if (this.#seenAt === moment) {
        const inode = this.#seen.get(name);
        inode?.at(this, name);
        if (inode !== undefined || this.#seen.has(name)) return inode;
      } else this.#seen = undefined;
    }
    sb.dropFresh();
    const stat = sb.files.lstat(this.handle(), name);
    const inode = stat === undefined ? undefined : sb.inodeOf(stat, this, name);
    if (moment >= 0) {
      this.#seen ??= new Map();
      this.#seenAt = moment;
      this.#seen.set(name, inode);
    }
    return inode;
  }

  /** A name has come, gone, or means something else. */
  #renamed(name: string): void {
    this.written();
    this.#seen?.delete(name);
  }

  override readdir(): Dirent[] {
    const { names, types } = this.sb.files.readdir(this.handle());
    const special = this.sb.attributes.hasTypes;
    const entries: Dirent[] = [];
    for (let i = 0; i < names.length; i++) {
      const type = types[i] as number;
      // The number would cost a look at each file; all that programs ask of it is that it is not 0.
      entries.push({
        ino: 1,
        type: special && type === DT_REG ? DT_UNKNOWN : type,
        name: names[i] as string,
      });
    }
    return entries;
  }

  override open(_task: Task, path: Path, flags: number): File {
    return new DirectoryFile(path, flags);
  }

  /** Gives a new object its owner and what else the host did not take, and finds its inode. */
  #made(
    now: HostStat | undefined,
    name: string,
    mode: number,
    uid: number,
    gid: number,
  ): HostInode {
    const { sb } = this;
    const { files, attributes } = sb;
    this.#renamed(name);
    if (now === undefined) throw ENOENT;
    let stat = now;
    if (sb.guestUid(stat.uid) !== uid || sb.guestGid(stat.gid) !== gid) {
      if (files.keepsOwners) {
        files.chown(this.handle(), name, uid, gid);
        stat = files.lstat(this.handle(), name) ?? stat;
      } else attributes.set(stat, { uid, gid });
    }
    const isLink = (stat.mode & S_IFMT) === S_IFLNK;
    if (!isLink && mode !== (stat.mode & 0o7777)) attributes.set(stat, { mode });
    return sb.inodeOf(stat, this, name);
  }

  override create(name: string, mode: number, uid: number, gid: number): Inode {
    const { sb } = this;
    const { files } = sb;
    sb.dropFresh();
    const dir = this.handle();
    let host = mode & ~SET_ID;
    if (!files.keepsOwners) host |= 0o600;
    const { handle, stat } = sb.retry(() => files.open(dir, name, O_RDWR | O_CREAT | O_EXCL, host));
    try {
      const inode = this.#made(stat, name, mode, uid, gid);
      sb.keepFresh(inode, handle);
      return inode;
    } catch (error) {
      files.close(handle);
      throw error;
    }
  }

  override mkdir(name: string, mode: number, uid: number, gid: number): Inode {
    const { files } = this.sb;
    let host = mode & 0o7777 & ~SET_ID;
    if (!files.keepsOwners) host |= 0o700;
    const dir = this.handle();
    files.mkdir(dir, name, host);
    return this.#made(files.lstat(dir, name), name, mode & 0o7777, uid, gid);
  }

  /** No host is asked for a device or a FIFO: an empty file holds the name. */
  override mknod(name: string, mode: number, rdev: number, uid: number, gid: number): Inode {
    const { files, attributes } = this.sb;
    const type = mode & S_IFMT;
    if (type === S_IFREG || type === 0) return this.create(name, mode & 0o7777, uid, gid);
    const { handle, stat } = files.open(this.handle(), name, O_WRONLY | O_CREAT | O_EXCL, 0o600);
    try {
      attributes.set(stat, { type, rdev, mode: mode & 0o7777, uid, gid });
      this.#renamed(name);
      return this.sb.inodeOf(stat, this, name);
    } finally {
      files.close(handle);
    }
  }

  override symlink(name: string, target: string, uid: number, gid: number): Inode {
    const dir = this.handle();
    this.sb.files.symlink(target, dir, name);
    return this.#made(this.sb.files.lstat(dir, name), name, 0o777, uid, gid);
  }

  override link(name: string, inode: Inode): void {
    if (!(inode instanceof HostInode)) throw EPERM;
    const [dir, old] = inode.place();
    this.sb.files.link(dir, old, this.handle(), name);
    inode.changed();
    inode.nlink++;
    this.#renamed(name);
  }

  override unlink(name: string, inode: Inode): void {
    this.sb.files.unlink(this.handle(), name);
    this.#renamed(name);
    (inode as HostInode).unlinked();
  }

  override rmdir(name: string, inode: Inode): void {
    this.sb.files.rmdir(this.handle(), name);
    this.#renamed(name);
    inode.nlink = 0;
    if (inode.holds === 0) inode.evict();
  }

  override rename(name: string, newDir: Inode, newName: string, flags: number): void {
    if ((flags & ~RENAME_NOREPLACE) !== 0) throw EINVAL; // RENAME_EXCHANGE, RENAME_WHITEOUT: node:fs has no renameat2
    if (!(newDir instanceof HostDirectory)) throw EINVAL;
    const { files } = this.sb;
    const [from, to] = [this.handle(), newDir.handle()];
    const stat = files.lstat(from, name);
    if (stat === undefined) throw ENOENT;
    const replaced = files.lstat(to, newName);
    files.rename(from, name, to, newName);
    this.#renamed(name);
    newDir.#renamed(newName);
    this.sb.inodeOf(stat, newDir, newName).changed();
    if (replaced === undefined || (replaced.dev === stat.dev && replaced.ino === stat.ino)) return;
    const target = this.sb.known(replaced);
    if (target !== undefined) target.unlinked();
    else if (replaced.nlink <= 1 || (replaced.mode & S_IFMT) === S_IFDIR)
      this.sb.attributes.forget(replaced.dev, replaced.ino);
  }

  override tmpfile(): Inode {
    throw EOPNOTSUPP;
  }
}

function same(a: Timespec, b: Timespec): boolean {
  return a.sec === b.sec && a.nsec === b.nsec;
}
