// The machine's files with the calls of node:fs, as the machine's root sees them.
import { Errno } from "../abi/errno.ts";
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NONBLOCK,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
} from "../abi/fcntl.ts";
import { type Blocking, isSteps } from "../abi/program.ts";
import { S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, type Stat } from "../abi/stat.ts";
import { fchmodat, fchownat, truncate, utimensat } from "../kernel/syscalls/attr.ts";
import { getdents } from "../kernel/syscalls/getdents.ts";
import { linkat, mkdirat, renameat2, symlinkat, unlinkat } from "../kernel/syscalls/link.ts";
import { openat } from "../kernel/syscalls/open.ts";
import { read, write } from "../kernel/syscalls/rw.ts";
import { fstatat, readlinkat } from "../kernel/syscalls/stat.ts";
import type { Task } from "../kernel/task.ts";
import { timespec } from "../kernel/time.ts";
import { bytesOf, concat, strOf } from "../lib/bytes.ts";
import { decodeUtf8, encodeUtf8 } from "../lib/utf8.ts";
import { strerror } from "../libc/strerror.ts";

/** As Node's errors of node:fs: code, errno, syscall, path. */
export class FsError extends Error {
  readonly code: string;
  /** Negative errno number. */
  readonly errno: number;
  readonly syscall: string;
  readonly path: string;
  readonly dest: string | undefined;

  constructor(errno: Errno, syscall: string, path: string, dest?: string) {
    const to = dest === undefined ? "" : ` -> '${dest}'`;
    super(`${errno.code}: ${strerror(errno).toLowerCase()}, ${syscall} '${path}'${to}`);
    this.name = "Error";
    this.code = errno.code;
    this.errno = -errno.errno;
    this.syscall = syscall;
    this.path = path;
    this.dest = dest;
  }
}

/** What stat tells, in Node's shape. */
export class Stats {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;

  constructor(stat: Stat) {
    this.dev = stat.dev;
    this.ino = stat.ino;
    this.mode = stat.mode;
    this.nlink = stat.nlink;
    this.uid = stat.uid;
    this.gid = stat.gid;
    this.rdev = stat.rdev;
    this.size = stat.size;
    this.blksize = stat.blksize;
    this.blocks = stat.blocks;
    this.atimeMs = stat.atime.sec * 1000 + stat.atime.nsec / 1e6;
    this.mtimeMs = stat.mtime.sec * 1000 + stat.mtime.nsec / 1e6;
    this.ctimeMs = stat.ctime.sec * 1000 + stat.ctime.nsec / 1e6;
  }

  get mtime(): Date {
    return new Date(this.mtimeMs);
  }
  isFile(): boolean {
    return (this.mode & S_IFMT) === S_IFREG;
  }
  isDirectory(): boolean {
    return (this.mode & S_IFMT) === S_IFDIR;
  }
  isSymbolicLink(): boolean {
    return (this.mode & S_IFMT) === S_IFLNK;
  }
  isFIFO(): boolean {
    return (this.mode & S_IFMT) === S_IFIFO;
  }
}

/** Bytes read or written in one step. */
const CHUNK = 1024 * 1024;

type Encoding = "utf8" | "utf-8";

/**
 * File calls from outside, done at once as the machine's root: FIFOs and terminals that would make
 * them wait fail with EAGAIN. Paths are ordinary text. Promise forms are in `promises`.
 */
export class MachineFs {
  readonly #task: Task;
  #promises: MachineFsPromises | undefined;

  /** @internal */
  constructor(task: Task) {
    this.#task = task;
  }

  get promises(): MachineFsPromises {
    this.#promises ??= promised(this);
    return this.#promises;
  }

  #do<T>(syscall: string, path: string, call: (path: string) => Blocking<T>, dest?: string): T {
    try {
      const result = call(encodeUtf8(path));
      if (isSteps(result)) {
        result.return(undefined as T);
        throw new Error(`bug: ${syscall} ${path} would wait`);
      }
      return result;
    } catch (error) {
      if (error instanceof Errno) throw new FsError(error, syscall, path, dest);
      throw error;
    }
  }

  #open(path: string, flags: number, mode = 0o666): number {
    return this.#do("open", path, (p) => openat(this.#task, AT_FDCWD, p, flags | O_NONBLOCK, mode));
  }

  #close(fd: number): void {
    this.#task.fds.close(this.#task, fd);
  }

  readFileSync(path: string): Uint8Array;
  readFileSync(path: string, encoding: Encoding): string;
  readFileSync(path: string, encoding?: Encoding): Uint8Array | string {
    const fd = this.#open(path, O_RDONLY);
    const chunks: Uint8Array[] = [];
    try {
      for (;;) {
        const chunk = this.#do("read", path, () => read(this.#task, fd, CHUNK));
        if (chunk.length === 0) break;
        chunks.push(chunk);
      }
    } finally {
      this.#close(fd);
    }
    // Always a copy: the caller may change what it gets.
    const bytes = concat(chunks).slice();
    return encoding === undefined ? bytes : decodeUtf8(strOf(bytes));
  }

  #writeAll(path: string, data: string | Uint8Array, flags: number, mode = 0o666): void {
    const bytes = typeof data === "string" ? bytesOf(encodeUtf8(data)) : data.slice();
    const fd = this.#open(path, O_WRONLY | O_CREAT | flags, mode);
    try {
      for (let done = 0; done < bytes.length; ) {
        const part = bytes.subarray(done, done + CHUNK);
        done += this.#do("write", path, () => write(this.#task, fd, part));
      }
    } finally {
      this.#close(fd);
    }
  }

  /** Creates or replaces the contents. */
  writeFileSync(
    path: string,
    data: string | Uint8Array,
    options: { mode?: number; flag?: "w" | "wx" } = {},
  ): void {
    this.#writeAll(path, data, options.flag === "wx" ? O_EXCL : O_TRUNC, options.mode);
  }
  appendFileSync(path: string, data: string | Uint8Array): void {
    this.#writeAll(path, data, O_APPEND);
  }
  existsSync(path: string): boolean {
    try {
      fstatat(this.#task, AT_FDCWD, encodeUtf8(path), 0);
      return true;
    } catch (error) {
      if (error instanceof Errno) return false;
      throw error;
    }
  }
  statSync(path: string): Stats {
    return new Stats(this.#do("stat", path, (p) => fstatat(this.#task, AT_FDCWD, p, 0)));
  }
  lstatSync(path: string): Stats {
    const flags = AT_SYMLINK_NOFOLLOW;
    return new Stats(this.#do("lstat", path, (p) => fstatat(this.#task, AT_FDCWD, p, flags)));
  }
  /** Names without "." and "..", sorted. */
  readdirSync(path: string): string[] {
    const fd = this.#open(path, O_RDONLY | O_DIRECTORY);
    const names: string[] = [];
    try {
      for (;;) {
        const batch = getdents(this.#task, fd);
        if (batch.length === 0) break;
        for (const { name } of batch)
          if (name !== "." && name !== "..") names.push(decodeUtf8(name));
      }
    } finally {
      this.#close(fd);
    }
    return names.sort();
  }
  mkdirSync(path: string, options: { recursive?: boolean; mode?: number } = {}): void {
    const mode = options.mode ?? 0o777;
    if (options.recursive !== true) {
      this.#do("mkdir", path, (p) => mkdirat(this.#task, AT_FDCWD, p, mode));
      return;
    }
    for (let slash = path.indexOf("/", 1); ; slash = path.indexOf("/", slash + 1)) {
      const part = slash < 0 ? path : path.slice(0, slash);
      if (!this.existsSync(part)) this.mkdirSync(part, { mode });
      if (slash < 0) return;
    }
  }
  rmdirSync(path: string): void {
    this.#do("rmdir", path, (p) => unlinkat(this.#task, AT_FDCWD, p, AT_REMOVEDIR));
  }
  unlinkSync(path: string): void {
    this.#do("unlink", path, (p) => unlinkat(this.#task, AT_FDCWD, p, 0));
  }
  /** rm -r and rm -f as options. */
  rmSync(path: string, options: { recursive?: boolean; force?: boolean } = {}): void {
    let stats: Stats;
    try {
      stats = this.lstatSync(path);
    } catch (error) {
      if (options.force === true && error instanceof FsError && error.code === "ENOENT") return;
      throw error;
    }
    if (!stats.isDirectory()) {
      this.unlinkSync(path);
      return;
    }
    if (options.recursive === true) {
      for (const name of this.readdirSync(path)) this.rmSync(`${path}/${name}`, options);
    }
    this.rmdirSync(path);
  }
  renameSync(from: string, to: string): void {
    const target = encodeUtf8(to);
    this.#do("rename", from, (p) => renameat2(this.#task, AT_FDCWD, p, AT_FDCWD, target, 0), to);
  }
  linkSync(from: string, to: string): void {
    const target = encodeUtf8(to);
    this.#do("link", from, (p) => linkat(this.#task, AT_FDCWD, p, AT_FDCWD, target, 0), to);
  }
  symlinkSync(target: string, path: string): void {
    this.#do("symlink", path, (p) => symlinkat(this.#task, encodeUtf8(target), AT_FDCWD, p));
  }
  readlinkSync(path: string): string {
    return decodeUtf8(this.#do("readlink", path, (p) => readlinkat(this.#task, AT_FDCWD, p)));
  }
  chmodSync(path: string, mode: number): void {
    this.#do("chmod", path, (p) => fchmodat(this.#task, AT_FDCWD, p, mode, 0));
  }
  chownSync(path: string, uid: number, gid: number): void {
    this.#do("chown", path, (p) => fchownat(this.#task, AT_FDCWD, p, uid, gid, 0));
  }
  truncateSync(path: string, length = 0): void {
    this.#do("truncate", path, (p) => truncate(this.#task, p, length));
  }
  /** Times in seconds, as Node takes them, or as Date. */
  utimesSync(path: string, atime: number | Date, mtime: number | Date): void {
    const ms = (time: number | Date): number => (typeof time === "number" ? time * 1000 : +time);
    const [a, m] = [timespec(ms(atime)), timespec(ms(mtime))];
    this.#do("utime", path, (p) => utimensat(this.#task, AT_FDCWD, p, a, m, 0));
  }
}

type SyncName = Extract<keyof MachineFs, `${string}Sync`>;
type Base<N extends string> = N extends `${infer B}Sync` ? B : never;

/** node:fs/promises' shape: the same calls, their errors as rejections. */
export type MachineFsPromises = {
  [N in Exclude<SyncName, "readFileSync" | "existsSync"> as Base<N>]: (
    ...args: Parameters<MachineFs[N]>
  ) => Promise<ReturnType<MachineFs[N]>>;
} & {
  readFile(path: string): Promise<Uint8Array>;
  readFile(path: string, encoding: Encoding): Promise<string>;
};

function promised(fs: MachineFs): MachineFsPromises {
  // The calls are done at once; a promise only carries the result.
  return new Proxy({} as MachineFsPromises, {
    get(_target, name) {
      const call = typeof name === "string" ? fs[`${name}Sync` as SyncName] : undefined;
      if (typeof call !== "function") return undefined;
      return async (...args: unknown[]) => (call as (...a: unknown[]) => unknown).apply(fs, args);
    },
  });
}
