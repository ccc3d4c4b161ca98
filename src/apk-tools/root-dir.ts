// The folder below which apk works (--root): paths in it are resolved without ever leaving it.
//
// Every path is relative to the root, with or without a slash in front. Directories are walked one component at a
// time by openat(2) with O_NOFOLLOW; symbolic links are read and resolved inside the root, where an absolute target
// begins at the root and ".." ends there. So neither a hostile package nor a hostile root reaches anything else.
// Opened directories are kept, which makes the common case one system call per file.
import { EBUSY, EEXIST, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, Errno } from "../abi/errno.ts";
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
} from "../abi/fcntl.ts";
import { isSteps, type Steps, type Sys, settle } from "../abi/program.ts";
import type { Dirent, Stat, Timespec } from "../abi/stat.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";
import { S_ISLNK } from "../libc/stat.ts";
import { readAll, writeAll } from "../libc/unistd.ts";

/** Directories kept open. */
const CACHE_MAX = 200;
/** Symbolic links in one path, as Linux has it. */
const LINKS_MAX = 40;
const PATH_MAX = 4096;

interface Directory {
  readonly fd: number;
  /** Path from the root without links; "" is the root. */
  readonly real: string;
}

/** Where a name stands: for the *at calls. */
export interface Place {
  readonly dirfd: number;
  readonly name: string;
  /** Path from the root without links, but for the last part, which may be one. */
  readonly real: string;
}

/** Access to the files below a folder. Calls throw Errno as the system calls do. */
export class RootDir {
  readonly sys: Sys;
  /** The folder as it was named. */
  readonly path: string;
  readonly #root: Directory;
  #open = new Map<string, Directory>();

  private constructor(sys: Sys, path: string, fd: number) {
    this.sys = sys;
    this.path = path;
    this.#root = { fd, real: "" };
  }

  /** The folder must be there. */
  static open(sys: Sys, path: string): RootDir {
    return new RootDir(sys, path, openNow(sys, AT_FDCWD, path, O_DIRECTORY | O_PATH | O_CLOEXEC));
  }

  /** A descriptor of the folder itself (O_PATH). */
  get fd(): number {
    return this.#root.fd;
  }

  close(): void {
    this.forget();
    this.sys.close(this.#root.fd);
  }

  /** To be called when others (scripts) may have moved directories. */
  forget(): void {
    for (const dir of this.#open.values()) this.sys.close(dir.fd);
    this.#open.clear();
  }

  /** The path as the system calls of this process know it; only for those that take no descriptor. */
  absolute(path: string): string {
    const { real } = this.place(path);
    return `${this.path === "/" ? "" : this.path}/${real}`;
  }

  /** Resolves all but the last part of a path, which is not followed. The root itself is ".". */
  place(path: string): Place {
    // The common case: a file in a directory that is open.
    const slash = path.lastIndexOf("/");
    const known = slash > 0 ? this.#open.get(path.slice(0, slash)) : undefined;
    if (known !== undefined) {
      const name = path.slice(slash + 1);
      if (name !== "" && name !== "." && name !== "..")
        return { dirfd: known.fd, name, real: path };
    }
    const parts = split(path);
    let name = parts.pop() ?? ".";
    if (name === "..") {
      parts.push(name);
      name = ".";
    }
    const dir = this.#directory(parts);
    return { dirfd: dir.fd, name, real: dir.real === "" ? name : `${dir.real}/${name}` };
  }

  /** As {@link place}, but a link in the last place is followed, as open(2) would. */
  followed(path: string): Place {
    let place = this.place(path);
    for (let links = 0; ; links++) {
      const st = this.sys.tryStatat(place.dirfd, place.name, AT_SYMLINK_NOFOLLOW);
      if (st instanceof Errno || !S_ISLNK(st.mode)) return place;
      if (links >= LINKS_MAX) throw ELOOP;
      const target = this.sys.readlinkat(place.dirfd, place.name);
      if (target === "") throw ENOENT;
      const slash = place.real.lastIndexOf("/");
      const base = target.startsWith("/") || slash < 0 ? "" : place.real.slice(0, slash + 1);
      place = this.place(base + target);
    }
  }

  #directory(parts: readonly string[]): Directory {
    if (parts.length === 0) return this.#root;
    const path = parts.join("/");
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    if (path.length >= PATH_MAX) throw ENAMETOOLONG;
    if (this.#open.size > CACHE_MAX) this.forget();
    const todo = [...parts].reverse();
    const way = [this.#root];
    for (let links = 0; todo.length > 0; ) {
      const name = todo.pop() as string;
      if (name === "..") {
        if (way.length > 1) way.pop();
        continue;
      }
      const here = way[way.length - 1] as Directory;
      const real = here.real === "" ? name : `${here.real}/${name}`;
      const next = this.#open.get(real);
      if (next !== undefined && next.real === real) {
        way.push(next);
        continue;
      }
      try {
        const flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        const dir = { fd: openNow(this.sys, here.fd, name, flags), real };
        this.#open.set(real, dir);
        way.push(dir);
      } catch (e) {
        if (e !== ENOTDIR && e !== ELOOP) throw e;
        const st = this.sys.fstatat(here.fd, name, AT_SYMLINK_NOFOLLOW);
        if (!S_ISLNK(st.mode)) throw ENOTDIR;
        if (++links > LINKS_MAX) throw ELOOP;
        const target = this.sys.readlinkat(here.fd, name);
        if (target.startsWith("/")) way.length = 1;
        const more = split(target);
        if (todo.length + more.length > PATH_MAX / 2) throw ENAMETOOLONG;
        for (let i = more.length - 1; i >= 0; i--) todo.push(more[i] as string);
      }
    }
    return way[way.length - 1] as Directory;
  }

  /** Drops what is known of a directory that goes away or is replaced, and of all below it. */
  #forgetBelow(real: string): void {
    // Whoever is below was reached by way of it.
    if (!this.#open.has(real)) return;
    for (const [path, dir] of this.#open) {
      if (dir.real !== real && !dir.real.startsWith(`${real}/`)) continue;
      this.#open.delete(path);
      this.sys.close(dir.fd);
    }
  }

  // ---- looking -----------------------------------------------------------------------------------

  /** lstat(2); undefined when there is nothing of that name. */
  lstat(path: string): Stat | undefined {
    return this.#stat(path, (p) => this.place(p));
  }

  /** stat(2), links followed inside the root; undefined when there is nothing. */
  stat(path: string): Stat | undefined {
    return this.#stat(path, (p) => this.followed(p));
  }

  #stat(path: string, find: (path: string) => Place): Stat | undefined {
    try {
      const { dirfd, name } = find(path);
      const st = this.sys.tryStatat(dirfd, name, AT_SYMLINK_NOFOLLOW);
      if (!(st instanceof Errno)) return st;
      if (st !== ENOENT && st !== ENOTDIR) throw st;
    } catch (e) {
      if (e !== ENOENT && e !== ENOTDIR) throw e;
    }
    return undefined;
  }

  readlink(path: string): string {
    const { dirfd, name } = this.place(path);
    return this.sys.readlinkat(dirfd, name);
  }

  /** Entries of a directory but "." and "..", in the file system's order. */
  *list(path: string): Steps<Dirent[]> {
    const fd = yield* this.open(path, O_RDONLY | O_DIRECTORY);
    try {
      const all: Dirent[] = [];
      for (;;) {
        const batch = this.sys.getdents(fd);
        if (batch.length === 0) return all;
        for (const d of batch) if (d.name !== "." && d.name !== "..") all.push(d);
      }
    } finally {
      this.sys.close(fd);
    }
  }

  // ---- contents ----------------------------------------------------------------------------------

  /** A descriptor, close-on-exec. Without O_NOFOLLOW a link at the end is followed inside the root. */
  *open(path: string, flags: number, mode = 0o666): Steps<number> {
    const { dirfd, name } = flags & O_NOFOLLOW ? this.place(path) : this.followed(path);
    return yield* settle(this.sys.openat(dirfd, name, flags | O_NOFOLLOW | O_CLOEXEC, mode));
  }

  /** The contents of a file; above `limit` bytes EFBIG. */
  *readFile(path: string, limit?: number): Steps<Uint8Array> {
    const fd = yield* this.open(path, O_RDONLY);
    try {
      return yield* readAll(this.sys, fd, limit);
    } finally {
      this.sys.close(fd);
    }
  }

  /** The contents as a byte string; undefined when there is no such file. */
  *readText(path: string, limit?: number): Steps<string | undefined> {
    try {
      return strOf(yield* this.readFile(path, limit));
    } catch (e) {
      if (e !== ENOENT && e !== ENOTDIR) throw e;
      return undefined;
    }
  }

  /** Makes or replaces a file in place. */
  *writeFile(path: string, contents: Uint8Array | string, mode = 0o666): Steps<void> {
    const fd = yield* this.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    try {
      yield* writeAll(this.sys, fd, typeof contents === "string" ? bytesOf(contents) : contents);
    } finally {
      this.sys.close(fd);
    }
  }

  /**
   * Replaces a file so that at any moment the old or the new one is there: written beside it as "NAME.new", on disk
   * when `sync`, and renamed.
   */
  *replaceFile(
    path: string,
    contents: Uint8Array | string,
    mode: number,
    sync: boolean,
  ): Steps<void> {
    const { sys } = this;
    const temporary = `${path}.new`;
    this.tryUnlink(temporary);
    const fd = yield* this.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    try {
      yield* writeAll(sys, fd, typeof contents === "string" ? bytesOf(contents) : contents);
      sys.fchmod(fd, mode);
      if (sync) yield* settle(sys.fsync(fd));
    } catch (e) {
      this.tryUnlink(temporary);
      throw e;
    } finally {
      sys.close(fd);
    }
    this.rename(temporary, path);
    if (sync) yield* this.syncDirectoryOf(path);
  }

  /** fsync(2) of the directory that a path stands in. */
  *syncDirectoryOf(path: string): Steps<void> {
    const { dirfd } = this.place(path);
    const fd = yield* settle(
      this.sys.openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW),
    );
    try {
      yield* settle(this.sys.fsync(fd));
    } finally {
      this.sys.close(fd);
    }
  }

  // ---- names -------------------------------------------------------------------------------------

  mkdir(path: string, mode = 0o755): void {
    const { dirfd, name } = this.place(path);
    this.sys.mkdirat(dirfd, name, mode);
  }

  /** Makes a directory and what is missing above it. */
  mkdirs(path: string, mode = 0o755): void {
    let at = "";
    for (const part of split(path)) {
      at = at === "" ? part : `${at}/${part}`;
      try {
        this.mkdir(at, mode);
      } catch (e) {
        if (e !== EEXIST) throw e;
      }
    }
  }

  symlink(target: string, path: string): void {
    const { dirfd, name } = this.place(path);
    this.sys.symlinkat(target, dirfd, name);
  }

  /** A hard link; `from` is not followed. */
  link(from: string, to: string): void {
    const a = this.place(from);
    const b = this.place(to);
    this.sys.linkat(a.dirfd, a.name, b.dirfd, b.name, 0);
  }

  mknod(path: string, mode: number, dev: number): void {
    const { dirfd, name } = this.place(path);
    this.sys.mknodat(dirfd, name, mode, dev);
  }

  rename(from: string, to: string): void {
    const a = this.place(from);
    const b = this.place(to);
    this.#forgetBelow(a.real);
    this.#forgetBelow(b.real);
    // Those that were forgotten may be the parents of the other name: no parent is below itself, so both are open.
    this.sys.renameat2(a.dirfd, a.name, b.dirfd, b.name, 0);
  }

  unlink(path: string): void {
    const { dirfd, name } = this.place(path);
    this.sys.unlinkat(dirfd, name, 0);
  }

  /** unlink(2); whether there was something to remove. */
  tryUnlink(path: string): boolean {
    try {
      this.unlink(path);
      return true;
    } catch (e) {
      if (e !== ENOENT && e !== ENOTDIR) throw e;
      return false;
    }
  }

  rmdir(path: string): void {
    const place = this.place(path);
    if (place.name === ".") throw EBUSY;
    this.#forgetBelow(place.real);
    this.sys.unlinkat(place.dirfd, place.name, AT_REMOVEDIR);
  }

  // ---- what inodes have ----------------------------------------------------------------------------

  /** chmod(2); a link at the end is followed inside the root. */
  chmod(path: string, mode: number): void {
    const { dirfd, name } = this.followed(path);
    this.sys.fchmodat(dirfd, name, mode, 0);
  }

  /** chown(2); a link at the end is followed inside the root. */
  chown(path: string, uid: number, gid: number): void {
    const { dirfd, name } = this.followed(path);
    this.sys.fchownat(dirfd, name, uid, gid, AT_SYMLINK_NOFOLLOW);
  }

  /** chown(2) of the name itself, were it a link. */
  lchown(path: string, uid: number, gid: number): void {
    const { dirfd, name } = this.place(path);
    this.sys.fchownat(dirfd, name, uid, gid, AT_SYMLINK_NOFOLLOW);
  }

  /** Times of the name itself, were it a link. */
  utimens(path: string, atime: Timespec, mtime: Timespec): void {
    const { dirfd, name } = this.place(path);
    this.sys.utimensat(dirfd, name, atime, mtime, AT_SYMLINK_NOFOLLOW);
  }

  setxattr(path: string, name: string, value: Uint8Array): void {
    this.sys.setxattr(this.absolute(path), name, value, 0, false);
  }

  /** Extended attributes by name, sorted; none where the file system has none. */
  xattrs(path: string): Map<string, Uint8Array> {
    const all = new Map<string, Uint8Array>();
    const absolute = this.absolute(path);
    for (const name of this.sys.listxattr(absolute, false).sort())
      all.set(name, this.sys.getxattr(absolute, name, false));
    return all;
  }
}

/** openat(2) of directories with O_PATH, which never has to wait. */
function openNow(sys: Sys, dirfd: number, path: string, flags: number): number {
  let fd = sys.openat(dirfd, path, flags);
  if (isSteps(fd)) {
    // The time slice is over and the call has not been made. It is made now; the next one that can gives way.
    sys.budget = 2;
    fd = sys.openat(dirfd, path, flags);
    sys.budget = -1;
  }
  if (isSteps(fd)) throw new Error("bug: opening a directory waits");
  return fd;
}

function split(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
