// Puts one package's files on the disk: into temporary names first, and into their own when all of it is verified.
import { EEXIST, ENOENT, EPERM, Errno } from "../abi/errno.ts";
import { AT_EMPTY_PATH, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } from "../abi/fcntl.ts";
import type { Steps } from "../abi/program.ts";
import { settle } from "../abi/program.ts";
import { makedev, S_IFBLK, S_IFCHR, S_IFIFO, type Stat } from "../abi/stat.ts";
import { bytesOf } from "../lib/bytes.ts";
import { Sha1 } from "../lib/sha1.ts";
import { Sha256 } from "../lib/sha256.ts";
import type { TarFile } from "../lib/tar.ts";
import { S_ISDIR, S_ISLNK, S_ISREG } from "../libc/stat.ts";
import { BUFSIZ } from "../libc/stdio.ts";
import { writeAll } from "../libc/unistd.ts";
import type { Context } from "./context.ts";
import { satisfies } from "./dependency.ts";
import { badSignature, errorText } from "./errors.ts";
import { checksumOf, hex, identityOf, safeName } from "./extract_v2.ts";
import {
  type Acl,
  type InstalledDirectory,
  type InstalledFile,
  InstalledPackage,
} from "./installed.ts";
import { type Journal, TEMPORARY } from "./journal.ts";
import type { Owner, Owners } from "./owners.ts";
import type { Package } from "./package.ts";
import type { PackageStream } from "./package-stream.ts";
import type { ProtectedPaths } from "./protected-paths.ts";
import { say } from "./scripts.ts";
import type { UserNames } from "./user-names.ts";
import { xattrsHash } from "./xattrs.ts";

/** What all installations of a commit share. */
export interface InstallState {
  readonly owners: Owners;
  readonly rules: ProtectedPaths;
  readonly journal: Journal;
  /** Directories in which something has changed, for triggers. */
  readonly changed: Set<string>;
  /** Files that an overlay has put there (--overlay-from-stdin): they stay. */
  readonly overlay: ReadonlySet<string>;
  readonly users: UserNames;
}

/** A file under its temporary name. */
interface Extracted {
  readonly path: string;
  readonly temporary: string;
  readonly directory: InstalledDirectory;
  readonly file: InstalledFile;
  /** Whose it was, when it was another package's. */
  readonly taken: Owner | undefined;
}

/** One package on its way to the disk. */
export class Installation {
  readonly one: InstalledPackage;
  readonly #ctx: Context;
  readonly #state: InstallState;
  readonly #old: InstalledPackage | undefined;
  readonly #directories = new Map<string, InstalledDirectory>();
  readonly #extracted: Extracted[] = [];
  readonly #byPath = new Map<string, Extracted>();
  /** Those that could not be made under their temporary names. */
  readonly #unmade = new Set<Extracted>();
  /** Directories that were made for it. */
  readonly #made: string[] = [];

  constructor(ctx: Context, state: InstallState, pkg: Package, old: InstalledPackage | undefined) {
    this.#ctx = ctx;
    this.#state = state;
    this.#old = old;
    this.one = new InstalledPackage(pkg);
  }

  /** Reads the data part to its end. What goes wrong is thrown; then `abandon` is to be called. `advance` is told how far it is. */
  *extract(reader: PackageStream, advance?: (bytes: number) => Steps<void>): Steps<void> {
    let bytes = 0;
    for (let file = yield* reader.next(); file !== undefined; file = yield* reader.next()) {
      const path = safeName(file.name);
      if (path === undefined) {
        this.one.brokenFiles = true;
        const shown = file.name.replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
        yield* this.#ctx.print.warning(`${this.one.pkg.id}: ignoring malicious file ${shown}`);
        continue;
      }
      const isDirectory = file.type === "5";
      if (this.#ctx.print.verbosity >= 3)
        yield* this.#ctx.print.message(isDirectory ? `${path}/ (dir)` : path);
      if (isDirectory) yield* this.#directory(path, file);
      else yield* this.#file(path, file, reader);
      bytes += file.size;
      if (advance !== undefined && file.size > 0) yield* advance(bytes);
    }
  }

  // ---- directories -------------------------------------------------------------------------------

  *#directory(path: string, file: TarFile): Steps<void> {
    const acl = this.#acl(file, "");
    let directory = this.#directories.get(path);
    if (directory === undefined) directory = this.#list(path);
    directory.acl = usual(acl, 0o755) ? undefined : acl;
    yield* this.#prepare(path, acl, file);
  }

  #list(path: string): InstalledDirectory {
    const directory: InstalledDirectory = { path, acl: undefined, files: [] };
    this.#directories.set(path, directory);
    this.one.directories.push(directory);
    return directory;
  }

  *#prepare(path: string, acl: Acl, file?: TarFile): Steps<void> {
    const { root } = this.#ctx;
    let st = root.lstat(path);
    if (st !== undefined && S_ISLNK(st.mode)) {
      // A link of the old version is replaced by the directory; one of the system's own is followed.
      if (this.#state.owners.fileAt(path)?.by === this.#old && this.#old !== undefined) {
        root.unlink(path);
        st = undefined;
      } else st = root.stat(path);
    }
    if (st === undefined) {
      try {
        root.mkdir(path, 0o755);
      } catch (e) {
        if (e !== ENOENT) throw e;
        root.mkdirs(path);
      }
      this.#made.push(path);
      yield* this.#setDirectory(path, acl);
    } else if (S_ISDIR(st.mode)) {
      const before = this.#expected(path);
      if (before !== undefined && !sameAcl(before, acl) && isAs(st, before))
        yield* this.#setDirectory(path, acl);
    } else yield* this.#failed(`create ${path}`, EEXIST);
    for (const [name, value] of file?.xattrs ?? []) this.#xattr(path, name, value);
  }

  /** As the directory should be until now, if all who own it agree. */
  #expected(path: string): Acl | undefined {
    let expected: Acl | undefined;
    for (const { acl = DIRECTORY_ACL } of this.#state.owners.directory(path).values()) {
      if (expected !== undefined && !sameAcl(expected, acl)) return undefined;
      expected = acl;
    }
    return expected;
  }

  *#setDirectory(path: string, acl: Acl): Steps<void> {
    const { root, settings } = this.#ctx;
    try {
      if (settings.chown && !settings.usermode && (acl.uid !== 0 || acl.gid !== 0))
        root.chown(path, acl.uid, acl.gid);
      root.chmod(path, acl.mode);
    } catch (e) {
      yield* this.#failed(`set ownership on ${path}`, e);
    }
  }

  // ---- files -------------------------------------------------------------------------------------

  *#file(path: string, file: TarFile, reader: PackageStream): Steps<void> {
    const { owners, journal } = this.#state;
    const slash = path.lastIndexOf("/");
    const dir = path.slice(0, Math.max(0, slash));
    const name = path.slice(slash + 1);
    const owner = owners.file(dir, name);
    const mine = owner === undefined || owner.by === this.#old;
    this.#state.changed.add(dir);
    if (!mine && !(yield* this.#mayTake(path, owner))) return;
    let directory = this.#directories.get(dir);
    if (directory === undefined) {
      directory = this.#list(dir);
      if (dir !== "") yield* this.#prepare(dir, DIRECTORY_ACL);
    }
    if (this.#byPath.has(path)) return;
    yield* journal.directory(dir);
    const digest = new Sha256().update(bytesOf(this.one.pkg.name + path)).digest();
    const base = `${TEMPORARY}${hex(digest.subarray(0, 24))}`;
    const temporary = dir === "" ? base : `${dir}/${base}`;
    const entry: InstalledFile = { name, acl: undefined, checksum: "" };
    const taken = mine ? undefined : owner;
    const extracted = { path, temporary, directory, file: entry, taken };
    this.#extracted.push(extracted);
    this.#byPath.set(path, extracted);
    yield* this.#create(extracted, file, reader);
    directory.files.push(entry);
  }

  *#create(extracted: Extracted, file: TarFile, reader: PackageStream): Steps<void> {
    const { root } = this.#ctx;
    const { temporary, file: entry, path } = extracted;
    const stated = checksumOf(file);
    entry.checksum = stated;
    let acl = this.#acl(file, "");
    if (file.type !== "0") root.tryUnlink(temporary);
    switch (file.type) {
      case "0":
        entry.checksum = yield* this.#regular(temporary, file, acl, stated, reader);
        acl = this.#acl(file, xattrsHash(file.xattrs));
        if (entry.checksum === "") yield* this.#withoutChecksum();
        break;
      case "1": {
        const target = this.#byPath.get(safeName(file.linkname) ?? "");
        if (target === undefined || this.#unmade.has(target)) {
          this.#unmade.add(extracted);
          yield* this.#failed(`create ${path}`, ENOENT);
        } else {
          root.link(target.temporary, temporary);
          entry.checksum = target.file.checksum;
        }
        break;
      }
      case "2": {
        const digest = identityOf(new Sha1().update(bytesOf(file.linkname)).digest());
        if (stated !== "" && stated !== digest) throw badSignature();
        if (reader.verifiesFiles) entry.checksum = digest;
        root.symlink(file.linkname, temporary);
        this.#owner(temporary, acl);
        this.#times(temporary, file);
        break;
      }
      case "3":
      case "4":
      case "6": {
        const kind = file.type === "3" ? S_IFCHR : file.type === "4" ? S_IFBLK : S_IFIFO;
        const device = file.type === "6" ? 0 : makedev(file.devmajor, file.devminor);
        try {
          root.mknod(temporary, kind | acl.mode, device);
          this.#owner(temporary, acl);
          root.chmod(temporary, acl.mode);
          this.#times(temporary, file);
        } catch (e) {
          root.tryUnlink(temporary);
          this.#unmade.add(extracted);
          // As a user there are no devices; the database knows them all the same.
          if (e !== EPERM || !this.#ctx.settings.usermode) yield* this.#failed(`create ${path}`, e);
        }
        break;
      }
      default:
        this.#unmade.add(extracted);
        yield* this.#failed(`create ${path}`, EPERM);
    }
    entry.acl = usual(acl, 0o644) ? undefined : acl;
  }

  *#withoutChecksum(): Steps<void> {
    if (!this.one.brokenFiles)
      yield* this.#ctx.print.warning(
        `${this.one.pkg.id}: support for packages without embedded checksums will be dropped in apk-tools 3.`,
      );
    this.one.brokenFiles = true;
  }

  *#regular(
    temporary: string,
    file: TarFile,
    acl: Acl,
    stated: string,
    reader: PackageStream,
  ): Steps<string> {
    const { sys, settings } = this.#ctx;
    const hash = new Sha1();
    const fd = yield* this.#openNew(temporary);
    try {
      for (let piece = yield* reader.data(); piece !== undefined; piece = yield* reader.data()) {
        hash.update(piece);
        // Pieces are parts of larger buffers: what a file system keeps must not hold those.
        yield* writeAll(sys, fd, piece.slice());
        if (--sys.budget < 0) yield* sys.sched_yield();
      }
      const digest = identityOf(hash.digest());
      if (stated !== "" && digest !== stated) throw badSignature();
      if (settings.chown && !settings.usermode) {
        try {
          sys.fchown(fd, acl.uid, acl.gid);
        } catch (e) {
          yield* this.#failed(`set ownership on ${temporary}`, e);
        }
      }
      sys.fchmod(fd, acl.mode);
      for (const [name, value] of file.xattrs) this.#xattr(temporary, name, value);
      const time = timeOf(file);
      sys.utimensat(fd, "", time, time, AT_EMPTY_PATH);
      return reader.verifiesFiles ? digest : stated;
    } finally {
      sys.close(fd);
    }
  }

  /** A new file; one that a killed commit has left goes. */
  *#openNew(temporary: string): Steps<number> {
    const { root } = this.#ctx;
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    try {
      return yield* root.open(temporary, flags, 0o600);
    } catch (e) {
      if (e !== EEXIST) throw e;
      root.unlink(temporary);
      return yield* root.open(temporary, flags, 0o600);
    }
  }

  #owner(path: string, acl: Acl): void {
    const { root, settings } = this.#ctx;
    if (settings.chown && !settings.usermode) root.lchown(path, acl.uid, acl.gid);
  }

  #times(path: string, file: TarFile): void {
    this.#ctx.root.utimens(path, timeOf(file), timeOf(file));
  }

  #xattr(path: string, name: string, value: string): void {
    if (this.#ctx.settings.usermode) return;
    try {
      this.#ctx.root.setxattr(path, name, bytesOf(value));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      this.one.brokenXattr = true;
    }
  }

  #acl(file: TarFile, xattrs: string): Acl {
    const { users } = this.#state;
    const uid = users.uid(file.uname, file.uid);
    const gid = users.gid(file.gname, file.gid);
    return { mode: file.mode, uid, gid, xattrs };
  }

  /** Tells that something could not be done; the package is broken then. */
  *#failed(what: string, e: unknown): Steps<void> {
    this.one.brokenFiles = true;
    yield* this.#ctx.print.error(`Failed to ${what}: ${errorText(e)}`);
  }

  /** May a file that is another package's become ours? Told when it may not though it should. */
  *#mayTake(path: string, owner: Owner): Steps<boolean> {
    const { pkg } = this.one;
    const other = owner.by.pkg;
    const { origin } = pkg.info;
    if (origin !== "" && origin === other.info.origin) return true;
    const ours = replaces(pkg, other);
    const theirs = replaces(other, pkg);
    if (ours && theirs) return pkg.info.replacesPriority >= other.info.replacesPriority;
    if (ours) return true;
    if (theirs) return false;
    if (this.#ctx.settings.forceOverwrite) {
      yield* this.#ctx.print.warning(`${pkg.id}: overwriting ${path} owned by ${other.id}.`);
      return true;
    }
    this.one.brokenFiles = true;
    yield* this.#ctx.print.error(`${pkg.id}: trying to overwrite ${path} owned by ${other.id}.`);
    return false;
  }

  // ---- afterwards --------------------------------------------------------------------------------

  /** Undoes what `extract` did. */
  abandon(): void {
    const { root } = this.#ctx;
    for (const { temporary } of this.#extracted) root.tryUnlink(temporary);
    for (const path of this.#made.reverse()) {
      try {
        root.rmdir(path);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
    }
  }

  /** Gives the files their names; answers where they are now, links resolved. */
  *migrate(): Steps<ReadonlySet<string>> {
    const { root } = this.#ctx;
    const places = new Set<string>();
    for (const extracted of this.#extracted) {
      const { path, temporary, taken } = extracted;
      try {
        if (!this.#unmade.has(extracted) && (yield* this.#mayReplace(extracted)))
          root.rename(temporary, path);
        if (this.#old !== undefined) places.add(root.place(path).real);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        root.tryUnlink(temporary);
        this.one.brokenFiles = true;
        yield* this.#ctx.print.error(
          `${this.one.pkg.id}: failed to rename ${temporary} to ${path}.`,
        );
        continue;
      }
      if (taken !== undefined) {
        const { files } = taken.directory;
        const at = files.indexOf(taken.file);
        if (at >= 0) files.splice(at, 1);
      }
      if (--this.#ctx.sys.budget < 0) yield* this.#ctx.sys.sched_yield();
    }
    return places;
  }

  /** False when what is there stays; the new file is gone or has another name then. */
  *#mayReplace({ path, temporary, file, taken }: Extracted): Steps<boolean> {
    const { root, settings } = this.#ctx;
    const { rules, overlay, owners } = this.#state;
    const protection = rules.of(path);
    if (protection === "none" && !overlay.has(path)) return true;
    const st = root.lstat(path);
    if (st === undefined) return true;
    if (overlay.has(path)) {
      root.unlink(temporary);
      return false;
    }
    if (protection === "none" || S_ISDIR(st.mode)) return true;
    if (protection === "symlinks" && !S_ISLNK(st.mode)) return true;
    const before = taken?.file ?? owners.fileAt(path)?.file;
    const now = yield* checksumOfFile(this.#ctx, path, st, before?.checksum ?? "");
    if (protection !== "all" && before !== undefined && now !== "" && now === before.checksum)
      return true;
    const same = now !== "" && now === file.checksum;
    if (same || settings.cleanProtected) root.unlink(temporary);
    else {
      root.rename(temporary, `${path}.apk-new`);
      if (!settings.legacyOutput || this.#ctx.print.verbosity > 1)
        yield* say(this.#ctx, `Installing file to ${path}.apk-new`);
    }
    return false;
  }
}

const DIRECTORY_ACL: Acl = { mode: 0o755, uid: 0, gid: 0, xattrs: "" };

function usual(acl: Acl, mode: number): boolean {
  return acl.mode === mode && acl.uid === 0 && acl.gid === 0 && acl.xattrs === "";
}

function sameAcl(a: Acl, b: Acl): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

/** Is what is on the disk as it should be? */
export function isAs(st: Stat, acl: Acl): boolean {
  return (st.mode & 0o7777) === acl.mode && st.uid === acl.uid && st.gid === acl.gid;
}

function timeOf(file: TarFile): { sec: number; nsec: number } {
  const sec = Math.floor(file.mtime);
  return { sec, nsec: Math.floor((file.mtime - sec) * 1e9) };
}

function replaces(pkg: Package, other: Package): boolean {
  return pkg.replaces.some(
    (dep) => !dep.conflict && dep.name === other.name && satisfies(other.version, dep),
  );
}

/**
 * The checksum of a regular file's contents or of a link's target, of the kind that `like` is ("Q1…" unless "Q2…");
 * "" for anything else.
 */
export function* checksumOfFile(ctx: Context, path: string, st: Stat, like = ""): Steps<string> {
  const hash = like.startsWith("Q2") ? new Sha256() : new Sha1();
  if (S_ISLNK(st.mode)) hash.update(bytesOf(ctx.root.readlink(path)));
  else if (S_ISREG(st.mode)) {
    const fd = yield* ctx.root.open(path, O_RDONLY | O_NOFOLLOW);
    try {
      for (;;) {
        const chunk = yield* settle(ctx.sys.read(fd, BUFSIZ));
        if (chunk.length === 0) break;
        hash.update(chunk);
        if (--ctx.sys.budget < 0) yield* ctx.sys.sched_yield();
      }
    } finally {
      ctx.sys.close(fd);
    }
  } else return "";
  const digest = hash.digest();
  return digest.length === 20
    ? identityOf(digest)
    : `Q2${identityOf(digest.slice(0, 20)).slice(2)}`;
}
