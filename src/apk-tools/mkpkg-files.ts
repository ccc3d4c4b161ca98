// The files of a package that is made: what is below a directory, as a version 3 package lists it.
import { EOPNOTSUPP } from "../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_NOFOLLOW, O_RDONLY } from "../abi/fcntl.ts";
import { type Steps, settle } from "../abi/program.ts";
import { S_IFBLK, S_IFCHR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, type Stat } from "../abi/stat.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";
import { Sha256 } from "../lib/sha256.ts";
import { S_ISDIR } from "../libc/stat.ts";
import { BUFSIZ } from "../libc/stdio.ts";
import { lstat, readDir, readlink } from "../libc/unistd.ts";
import type { Context } from "./context.ts";
import { ApkError } from "./errors.ts";
import type { AdbObject } from "./schema.ts";
import type { UserNames } from "./user-names.ts";

const DEPTH_MAX = 256;
const FILES_MAX = 1 << 22;

/** Which directories are listed, by the oldest apk that is to understand the package. */
export interface Listing {
  /** Also the root, though it has no files. */
  readonly root: boolean;
  /** Also directories that are as usual and hold directories only. */
  readonly usual: boolean;
  readonly xattrs: boolean;
}

/** A file whose contents go into the package. */
export interface DataFile {
  readonly path: string;
  readonly size: number;
  /** Number of its directory and of itself there. */
  readonly place: readonly [number, number];
}

export interface Files {
  /** The field "paths". */
  readonly paths: AdbObject[];
  readonly data: readonly DataFile[];
  /** Bytes of all contents. */
  readonly size: number;
}

interface Directory {
  readonly path: string;
  readonly stat: Stat;
  readonly files: [name: string, stat: Stat][];
  directories: number;
}

/** Lists what is below `top`. */
export function* collectFiles(
  ctx: Context,
  top: string,
  users: UserNames,
  listing: Listing,
): Steps<Files> {
  const directories: Directory[] = [];
  yield* walk(ctx, top, "", directories, 0);
  directories.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const builder = new Builder(ctx, top, users, listing);
  for (const directory of directories) yield* builder.add(directory);
  return builder;
}

function* walk(
  ctx: Context,
  top: string,
  path: string,
  all: Directory[],
  depth: number,
): Steps<void> {
  const real = path === "" ? top : `${top}/${path}`;
  if (depth > DEPTH_MAX || all.length > FILES_MAX) throw new ApkError(`${real}: too many levels`);
  const directory: Directory = { path, stat: lstat(ctx.sys, real), files: [], directories: 0 };
  all.push(directory);
  const entries = yield* readDir(ctx.sys, real);
  for (const { name } of entries) {
    if (name === "." || name === "..") continue;
    const stat = lstat(ctx.sys, `${real}/${name}`);
    if (S_ISDIR(stat.mode)) {
      directory.directories++;
      yield* walk(ctx, top, path === "" ? name : `${path}/${name}`, all, depth + 1);
    } else directory.files.push([name, stat]);
  }
  directory.files.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

class Builder implements Files {
  readonly paths: AdbObject[] = [];
  readonly data: DataFile[] = [];
  size = 0;
  readonly #ctx: Context;
  readonly #top: string;
  readonly #users: UserNames;
  readonly #listing: Listing;
  /** First names of files that have several. */
  readonly #links: Map<string, string> = new Map();

  constructor(ctx: Context, top: string, users: UserNames, listing: Listing) {
    this.#ctx = ctx;
    this.#top = top;
    this.#users = users;
    this.#listing = listing;
  }

  *add(directory: Directory): Steps<void> {
    const { path, stat, files } = directory;
    const acl = this.#acl(path, stat);
    if (files.length === 0) {
      if (path === "" && !this.#listing.root) return;
      if (!this.#listing.usual && directory.directories > 0 && isUsual(acl)) return;
    }
    const object: AdbObject = new Map();
    if (path !== "") object.set("name", path);
    object.set("acl", acl);
    this.paths.push(object);
    if (files.length === 0) return;
    const list: AdbObject[] = [];
    object.set("files", list);
    for (const [name, fileStat] of files) {
      const full = path === "" ? name : `${path}/${name}`;
      list.push(yield* this.#file(name, full, fileStat, [this.paths.length, list.length + 1]));
    }
  }

  *#file(
    name: string,
    path: string,
    stat: Stat,
    place: readonly [number, number],
  ): Steps<AdbObject> {
    const object: AdbObject = new Map();
    object.set("name", name);
    object.set("acl", this.#acl(path, stat));
    const real = `${this.#top}/${path}`;
    const type = stat.mode & S_IFMT;
    const size = type === S_IFREG ? stat.size : 0;
    if (type === S_IFREG) object.set("size", size);
    object.set("mtime", stat.mtime.sec);
    const mode = String.fromCharCode(type & 0xff, type >> 8);
    if (type === S_IFREG) {
      const key = `${stat.dev}:${stat.ino}`;
      const first = stat.nlink > 1 ? this.#links.get(key) : undefined;
      if (first !== undefined) {
        object.set("target", mode + first);
        return object;
      }
      if (stat.nlink > 1) this.#links.set(key, path);
      object.set("hashes", yield* this.#hash(real, size));
      this.size += size;
      if (size > 0) this.data.push({ path: real, size, place });
    } else if (type === S_IFLNK) {
      const target = readlink(this.#ctx.sys, real);
      object.set("hashes", strOf(new Sha256().update(bytesOf(target)).digest()));
      object.set("target", mode + target);
    } else if (type === S_IFCHR || type === S_IFBLK || type === S_IFIFO) {
      const device = type === S_IFIFO ? 0 : stat.rdev;
      object.set("target", mode + deviceNumber(device));
    } else throw new ApkError(`${real}: cannot be put into a package`);
    return object;
  }

  *#hash(path: string, size: number): Steps<string> {
    const hash = new Sha256();
    const read = yield* readPieces(this.#ctx, path, function* (piece) {
      hash.update(piece);
    });
    if (read !== size) throw new ApkError(`${path}: file changed as it was read`);
    return strOf(hash.digest());
  }

  #acl(path: string, stat: Stat): AdbObject {
    const acl: AdbObject = new Map();
    acl.set("mode", stat.mode & 0o7777);
    acl.set("user", this.#users.userName(stat.uid));
    acl.set("group", this.#users.groupName(stat.gid));
    const xattrs = this.#listing.xattrs ? this.#xattrs(path, stat) : [];
    if (xattrs.length > 0) acl.set("xattrs", xattrs);
    return acl;
  }

  #xattrs(path: string, stat: Stat): string[] {
    if ((stat.mode & S_IFMT) === S_IFLNK) return [];
    const { sys } = this.#ctx;
    const real = path === "" ? this.#top : `${this.#top}/${path}`;
    let names: string[];
    try {
      names = sys.listxattr(real, false);
    } catch (e) {
      if (e !== EOPNOTSUPP) throw e;
      return [];
    }
    return names.sort().map((name) => `${name}\0${strOf(sys.getxattr(real, name, false))}`);
  }
}

function isUsual(acl: AdbObject): boolean {
  return (
    acl.get("mode") === 0o755 &&
    acl.get("user") === "root" &&
    acl.get("group") === "root" &&
    !acl.has("xattrs")
  );
}

/** A device number as eight bytes. */
function deviceNumber(device: number): string {
  let text = "";
  for (let i = 0, left = device; i < 8; i++, left = Math.floor(left / 256))
    text += String.fromCharCode(left % 256);
  return text;
}

/** Reads a file piece by piece; the number of bytes there were. */
export function* readPieces(
  ctx: Context,
  path: string,
  take: (piece: Uint8Array) => Steps<void>,
): Steps<number> {
  const { sys } = ctx;
  const fd = yield* settle(sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  try {
    let size = 0;
    for (;;) {
      const piece = yield* settle(sys.read(fd, BUFSIZ));
      if (piece.length === 0) return size;
      size += piece.length;
      yield* take(piece);
      if (--sys.budget < 0) yield* sys.sched_yield();
    }
  } finally {
    sys.close(fd);
  }
}
