// A folder of the host as HostFiles: node:fs, synchronously, without ever leaving the folder.
import * as fs from "node:fs";
import { EINVAL, ELOOP, ENOTDIR, EROFS, ESTALE } from "../../abi/errno.ts";
import { O_ACCMODE, O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_TRUNC } from "../../abi/fcntl.ts";
import {
  DT_BLK,
  DT_CHR,
  DT_DIR,
  DT_FIFO,
  DT_LNK,
  DT_REG,
  DT_SOCK,
  DT_UNKNOWN,
  S_IFMT,
  S_IFREG,
  type StatFs,
  type Timespec,
} from "../../abi/stat.ts";
import type { HostEntries, HostFiles, HostOpened, HostStat } from "../../kernel/host.ts";
import { errnoOf } from "./errors.ts";

/** Linux's O_PATH, which node:fs does not name: a handle that needs no permission on the file. */
const O_PATH = 0o10000000;
/** Blocks above this size are not cleared before they are filled. */
const SMALL_BYTES = 4096;
/** End of file is looked for with blocks of this size. */
const PROBE_BYTES = 4096;
/** What passes through at a time from file to file. */
const TRANSFER_BYTES = 262144;
/** With `bigint` times come in nanoseconds. */
const BIGINT = { bigint: true } as const;
const BIGINT_IF_THERE = { bigint: true, throwIfNoEntry: false } as const;

const BILLION = 1_000_000_000n;

function timespec(ns: bigint): Timespec {
  const nsec = Number(ns % BILLION);
  const sec = Number(ns / BILLION);
  return nsec < 0 ? { sec: sec - 1, nsec: nsec + 1e9 } : { sec, nsec };
}

/** Inode numbers beyond 2^53 are folded. */
function smallNumber(n: bigint): number {
  return Number(n <= 0x1fffffffffffffn ? n : BigInt.asUintN(53, n ^ (n >> 53n)));
}

/** Converted when asked for: most looks at a file need the mode alone. */
class NodeStat implements HostStat {
  readonly #stat: fs.BigIntStats;
  readonly mode: number;
  readonly dev: number;
  readonly ino: number;

  constructor(stat: fs.BigIntStats) {
    this.#stat = stat;
    this.mode = Number(stat.mode);
    this.dev = smallNumber(stat.dev);
    this.ino = smallNumber(stat.ino);
  }
  get nlink(): number {
    return Number(this.#stat.nlink);
  }
  get uid(): number {
    return Number(this.#stat.uid);
  }
  get gid(): number {
    return Number(this.#stat.gid);
  }
  get rdev(): number {
    return Number(this.#stat.rdev);
  }
  get size(): number {
    return Number(this.#stat.size);
  }
  get blksize(): number {
    return Number(this.#stat.blksize);
  }
  get blocks(): number {
    return Number(this.#stat.blocks);
  }
  get atime(): Timespec {
    return timespec(this.#stat.atimeNs);
  }
  get mtime(): Timespec {
    return timespec(this.#stat.mtimeNs);
  }
  get ctime(): Timespec {
    return timespec(this.#stat.ctimeNs);
  }
  get birth(): number {
    return Number(this.#stat.birthtimeNs);
  }
}

function direntType(entry: fs.Dirent): number {
  if (entry.isFile()) return DT_REG;
  if (entry.isDirectory()) return DT_DIR;
  if (entry.isSymbolicLink()) return DT_LNK;
  if (entry.isFIFO()) return DT_FIFO;
  if (entry.isSocket()) return DT_SOCK;
  if (entry.isCharacterDevice()) return DT_CHR;
  return entry.isBlockDevice() ? DT_BLK : DT_UNKNOWN;
}

/** How a name below an open directory is told to node:fs, which has no openat(2). */
interface Naming {
  at(dir: number, name: string): string;
  /** The same for calls with two names, which must not depend on each other. */
  atAnyway(dir: number, name: string): string;
  /** The directory itself. */
  of(dir: number): string;
  opendir(dir: number, name: string): number;
  closed(dir: number): void;
}

/**
 * The working directory of this process, lent to host folders: where many calls in a row are about one
 * directory they are twice as fast from inside it. Who lends it uses absolute paths from then on. One
 * for all folders of a process.
 */
export class WorkingDirectory {
  /** The handle of the directory that it is, if it is one of ours. */
  handle = -1;
  /** The directory of the last call. */
  last = -1;
}

/** Linux: /proc/self/fd/N is the open directory itself, wherever it has gone meanwhile: no races. */
class ProcNaming implements Naming {
  readonly #working: WorkingDirectory | undefined;

  constructor(working: WorkingDirectory | undefined) {
    this.#working = working;
  }
  at(dir: number, name: string): string {
    const working = this.#working;
    if (working !== undefined) {
      if (working.handle === dir) return name;
      if (working.last === dir && this.#enter(working, dir)) return name;
      working.last = dir;
    }
    return `/proc/self/fd/${dir}/${name}`;
  }
  #enter(working: WorkingDirectory, dir: number): boolean {
    try {
      process.chdir(`/proc/self/fd/${dir}`);
    } catch {
      // It may be listed but not entered.
      return false;
    }
    working.handle = dir;
    return true;
  }
  atAnyway(dir: number, name: string): string {
    return `/proc/self/fd/${dir}/${name}`;
  }
  of(dir: number): string {
    return this.#working?.handle === dir ? "." : `/proc/self/fd/${dir}/.`;
  }
  opendir(dir: number, name: string): number {
    const { O_DIRECTORY, O_NOFOLLOW } = fs.constants;
    return fs.openSync(hostPath(this.atAnyway(dir, name)), O_PATH | O_DIRECTORY | O_NOFOLLOW);
  }
  closed(handle: number): void {
    const working = this.#working;
    if (working === undefined) return;
    if (working.handle === handle) working.handle = -1;
    if (working.last === handle) working.last = -1;
  }
}

/**
 * Elsewhere: a path for each handle, whose directory must still be where it was found when it is used.
 * Somebody on the host who swaps a directory for a link between check and use is not caught.
 */
class PathNaming implements Naming {
  readonly #root: string;
  readonly #paths = new Map<number, string>();
  #next = -1;

  constructor(folder: string) {
    this.#root = fs.realpathSync.native(folder);
  }
  opendir(dir: number, name: string): number {
    const path = dir === 0 && name === "" ? this.#root : this.at(dir, name);
    const stat = fs.lstatSync(path);
    if (stat.isSymbolicLink()) throw ELOOP;
    if (!stat.isDirectory()) throw ENOTDIR;
    const handle = this.#next--;
    this.#paths.set(handle, path);
    return handle;
  }
  at(dir: number, name: string): string {
    return `${this.of(dir)}/${name}`;
  }
  atAnyway(dir: number, name: string): string {
    return this.at(dir, name);
  }
  of(dir: number): string {
    const path = this.#paths.get(dir);
    if (path === undefined) throw ESTALE;
    if (fs.realpathSync.native(path) !== path) throw ESTALE;
    return path;
  }
  closed(dir: number): void {
    this.#paths.delete(dir);
  }
}

/** Byte strings as node:fs takes them. */
function hostPath(path: string): string | Buffer {
  for (let i = 0; i < path.length; i++) {
    if (path.charCodeAt(i) > 0x7f) return Buffer.from(path, "latin1");
  }
  return path;
}

/** How to share a folder. */
export interface FolderOptions {
  readonly?: boolean;
  /** Take this process's working directory for it. */
  working?: WorkingDirectory | undefined;
}

/** What a host opens: a folder below which everything is shared. */
export class NodeFiles implements HostFiles {
  readonly label: string;
  readonly root: number;
  readonly readonly: boolean;
  readonly keepsOwners: boolean;
  readonly uid: number;
  readonly gid: number;
  readonly #naming: Naming;
  readonly #umask: number;
  readonly #windows: boolean;
  readonly #open = new Set<number>();
  readonly #probe = new Uint8Array(PROBE_BYTES);
  /** What `transfer` reads into. */
  #block: Uint8Array | undefined;

  /** Throws Errno when `folder` (a host path) is not a directory that may be opened. */
  constructor(folder: string, options: FolderOptions = {}) {
    this.label = folder;
    this.readonly = options.readonly === true;
    this.uid = process.geteuid?.() ?? -1;
    this.gid = process.getegid?.() ?? -1;
    this.keepsOwners = this.uid === 0;
    this.#windows = process.platform === "win32";
    this.#umask = this.#windows ? 0 : process.umask();
    try {
      [this.#naming, this.root] = openRoot(folder, options.working);
    } catch (error) {
      throw errnoOf(error);
    }
    this.#open.add(this.root);
  }

  #at(dir: number, name: string): string | Buffer {
    return hostPath(this.#naming.at(dir, this.#checked(name)));
  }

  /** One of two paths of a call. */
  #atAnyway(dir: number, name: string): string | Buffer {
    return hostPath(this.#naming.atAnyway(dir, this.#checked(name)));
  }

  /** Refuses what is more or less than one component. */
  #checked(name: string): string {
    if (name.length <= 2 && (name === "" || name === "." || name === "..")) throw EINVAL;
    for (let i = 0; i < name.length; i++) {
      const c = name.charCodeAt(i);
      if (c === 0x2f || c === 0) throw EINVAL;
      // Windows has two more that lead somewhere else.
      if (this.#windows && (c === 0x5c || c === 0x3a)) throw EINVAL;
    }
    return name;
  }

  #writable(): void {
    if (this.readonly) throw EROFS;
  }

  lstat(dir: number, name: string): HostStat | undefined {
    try {
      const stat = fs.lstatSync(this.#at(dir, name), BIGINT_IF_THERE);
      return stat === undefined ? undefined : new NodeStat(stat);
    } catch (error) {
      throw errnoOf(error);
    }
  }

  fstat(handle: number): HostStat {
    try {
      return new NodeStat(
        handle < 0 ? fs.lstatSync(this.#naming.of(handle), BIGINT) : fs.fstatSync(handle, BIGINT),
      );
    } catch (error) {
      throw errnoOf(error);
    }
  }

  readdir(dir: number): HostEntries {
    try {
      const options = { withFileTypes: true, encoding: "latin1" } as const;
      const entries = fs.readdirSync(hostPath(this.#naming.of(dir)), options);
      const names: string[] = [];
      const types: number[] = [];
      for (const entry of entries) {
        names.push(entry.name);
        types.push(direntType(entry));
      }
      return { names, types };
    } catch (error) {
      throw errnoOf(error);
    }
  }

  readlink(dir: number, name: string): string {
    try {
      return fs.readlinkSync(this.#at(dir, name), "latin1");
    } catch (error) {
      throw errnoOf(error);
    }
  }

  statfs(): Omit<StatFs, "type" | "flags"> {
    try {
      const { bsize, blocks, bfree, bavail, files, ffree } = fs.statfsSync(
        hostPath(this.#naming.of(this.root)),
      );
      return { bsize, blocks, bfree, bavail, files, ffree, namelen: 255 };
    } catch (error) {
      throw errnoOf(error);
    }
  }

  opendir(dir: number, name: string): number {
    try {
      const handle = this.#naming.opendir(dir, this.#checked(name));
      this.#open.add(handle);
      return handle;
    } catch (error) {
      throw errnoOf(error);
    }
  }

  open(dir: number, name: string, flags: number, mode: number): HostOpened {
    const changes = (flags & O_ACCMODE) !== O_RDONLY || (flags & (O_CREAT | O_TRUNC)) !== 0;
    if (changes) this.#writable();
    try {
      const { constants } = fs;
      // Without O_NONBLOCK a FIFO that somebody puts in the file's place would stop the whole machine.
      let host = (flags & O_ACCMODE) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);
      if ((flags & O_CREAT) !== 0) host |= constants.O_CREAT;
      if ((flags & O_EXCL) !== 0) host |= constants.O_EXCL;
      if ((flags & O_APPEND) !== 0) host |= constants.O_APPEND;
      const handle = fs.openSync(this.#at(dir, name), host | (constants.O_NOCTTY ?? 0), mode);
      try {
        if ((flags & O_EXCL) !== 0 && (mode & this.#umask) !== 0) fs.fchmodSync(handle, mode);
        const stat = new NodeStat(fs.fstatSync(handle, BIGINT));
        if ((stat.mode & S_IFMT) !== S_IFREG) throw ESTALE;
        if ((flags & O_TRUNC) !== 0) fs.ftruncateSync(handle);
        this.#open.add(handle);
        return { handle, stat };
      } catch (error) {
        fs.closeSync(handle);
        throw error;
      }
    } catch (error) {
      throw errnoOf(error);
    }
  }

  close(handle: number): void {
    if (!this.#open.delete(handle)) return;
    this.#naming.closed(handle);
    if (handle < 0) return;
    try {
      fs.closeSync(handle);
    } catch (error) {
      throw errnoOf(error);
    }
  }

  read(file: number, pos: number, max: number, expected: number): Uint8Array {
    try {
      if (expected <= 0 && max <= PROBE_BYTES) {
        // Most likely the end: a block is made only if there is something to put into it.
        const n = fs.readSync(file, this.#probe, 0, max, pos);
        return this.#probe.slice(0, n);
      }
      const size = Math.min(max, expected > 0 ? expected : PROBE_BYTES);
      const block =
        size <= SMALL_BYTES
          ? new Uint8Array(size)
          : new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
      const n = fs.readSync(file, block, 0, size, pos);
      return n === size ? block : n < size / 2 ? block.slice(0, n) : block.subarray(0, n);
    } catch (error) {
      throw errnoOf(error);
    }
  }

  write(file: number, pos: number, bytes: Uint8Array): number {
    try {
      let done = 0;
      while (done < bytes.length) {
        try {
          done += fs.writeSync(file, bytes, done, bytes.length - done, pos + done);
        } catch (error) {
          if (done > 0) break;
          throw error;
        }
      }
      return done;
    } catch (error) {
      throw errnoOf(error);
    }
  }

  transfer(from: number, fromPos: number, to: number, toPos: number, count: number): number {
    this.#block ??= new Uint8Array(TRANSFER_BYTES);
    const block = this.#block;
    let done = 0;
    while (done < count) {
      const most = Math.min(count - done, block.length);
      let n: number;
      try {
        n = fs.readSync(from, block, 0, most, fromPos + done);
      } catch (error) {
        if (done > 0) break;
        throw errnoOf(error);
      }
      if (n === 0) break;
      let written: number;
      try {
        written = this.write(to, toPos + done, n < block.length ? block.subarray(0, n) : block);
      } catch (error) {
        if (done > 0) break;
        throw error;
      }
      done += written;
      if (written < n) break;
    }
    return done;
  }

  truncate(file: number, length: number): void {
    this.#change(() => fs.ftruncateSync(file, length));
  }

  fsync(handle: number): void {
    // A directory's handle cannot be synced; what it names is safe when the files are.
    this.#change(() => fs.fsyncSync(handle));
  }

  mkdir(dir: number, name: string, mode: number): void {
    this.#change(() => {
      fs.mkdirSync(this.#at(dir, name), mode & 0o1777);
      if ((mode & (this.#umask | 0o1000)) !== 0) this.chmod(dir, name, mode & 0o1777);
    });
  }

  symlink(target: string, dir: number, name: string): void {
    this.#change(() => fs.symlinkSync(hostPath(target), this.#at(dir, name)));
  }

  link(oldDir: number, oldName: string, dir: number, name: string): void {
    this.#change(() => fs.linkSync(this.#atAnyway(oldDir, oldName), this.#atAnyway(dir, name)));
  }

  unlink(dir: number, name: string): void {
    this.#change(() => fs.unlinkSync(this.#at(dir, name)));
  }

  rmdir(dir: number, name: string): void {
    this.#change(() => fs.rmdirSync(this.#at(dir, name)));
  }

  rename(oldDir: number, oldName: string, dir: number, name: string): void {
    this.#change(() => fs.renameSync(this.#atAnyway(oldDir, oldName), this.#atAnyway(dir, name)));
  }

  chmod(dir: number, name: string, mode: number): void {
    this.#change(() => {
      const path = this.#at(dir, name);
      if (this.#naming instanceof ProcNaming) {
        // chmod(2) follows links; a handle that was opened without following one does not.
        const handle = fs.openSync(path, O_PATH | fs.constants.O_NOFOLLOW);
        try {
          fs.chmodSync(`/proc/self/fd/${handle}`, mode);
        } finally {
          fs.closeSync(handle);
        }
      } else if (fs.lstatSync(path).isSymbolicLink()) throw ELOOP;
      else fs.chmodSync(path, mode);
    });
  }

  fchmod(handle: number, mode: number): void {
    this.#change(() => {
      const path = this.#self(handle);
      if (path === undefined) fs.fchmodSync(handle, mode);
      else fs.chmodSync(path, mode);
    });
  }

  chown(dir: number, name: string, uid: number, gid: number): void {
    this.#change(() => fs.lchownSync(this.#at(dir, name), uid, gid));
  }

  fchown(handle: number, uid: number, gid: number): void {
    this.#change(() => {
      const path = this.#self(handle);
      if (path === undefined) fs.fchownSync(handle, uid, gid);
      else fs.chownSync(path, uid, gid);
    });
  }

  utimes(dir: number, name: string, atime: Timespec, mtime: Timespec): void {
    this.#change(() => fs.lutimesSync(this.#at(dir, name), seconds(atime), seconds(mtime)));
  }

  futimes(handle: number, atime: Timespec, mtime: Timespec): void {
    this.#change(() => {
      const path = this.#self(handle);
      if (path === undefined) fs.futimesSync(handle, seconds(atime), seconds(mtime));
      else fs.utimesSync(path, seconds(atime), seconds(mtime));
    });
  }

  /** An open handle as a path, where it has one: those of O_PATH are no good for fchmod(2) and its like. */
  #self(handle: number): string | undefined {
    if (this.#naming instanceof ProcNaming) return `/proc/self/fd/${handle}`;
    return handle < 0 ? this.#naming.of(handle) : undefined;
  }

  #change(action: () => void): void {
    this.#writable();
    try {
      action();
    } catch (error) {
      throw errnoOf(error);
    }
  }

  release(): void {
    for (const handle of [...this.#open]) this.close(handle);
  }
}

function seconds(time: Timespec): number {
  return time.sec + time.nsec / 1e9;
}

function openRoot(folder: string, working: WorkingDirectory | undefined): [Naming, number] {
  if (process.platform === "linux") {
    const handle = fs.openSync(folder, O_PATH | fs.constants.O_DIRECTORY);
    const naming = new ProcNaming(working);
    if (fs.existsSync(naming.of(handle))) return [naming, handle];
    fs.closeSync(handle);
  }
  const naming = new PathNaming(folder);
  return [naming, naming.opendir(0, "")];
}
