// tar c: writing an archive.
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_RDONLY } from "../../abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { major, minor, type Stat } from "../../abi/stat.ts";
import { tarEnd, tarHeader, tarPadding } from "../../lib/tar.ts";
import { UserDb } from "../../libc/passwd.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISBLK, S_ISCHR, S_ISDIR, S_ISFIFO, S_ISLNK, S_ISREG } from "../../libc/stat.ts";
import type { Output } from "../../libc/stdio.ts";
import { open, readDir, readlink } from "../../libc/unistd.ts";
import { joinPath } from "../libbb/path.ts";
import { ArchiveOutput } from "./archive-output.ts";
import { SafeNames } from "./member-names.ts";

/** Where the archive goes. */
export interface Sink {
  write(bytes: Uint8Array): Steps<void>;
  end(): Steps<void>;
}

export interface TarWriteOptions {
  /** -h */
  follow: boolean;
  recursive: boolean;
  numeric: boolean;
  /** Is the path to be left out? */
  excluded(path: string): boolean;
  /** Where names are told; undefined: nowhere. */
  verbose: Output | undefined;
  /** The archive's own file, which is left out. */
  self: Stat | undefined;
}

/** Directories within directories, so that the stack holds. */
const DEPTH_MAX = 1000;

export class TarWriter {
  readonly #p: Process;
  readonly #sys: Sys;
  readonly #o: TarWriteOptions;
  readonly #sink: Sink;
  readonly #out: ArchiveOutput;
  readonly #names: SafeNames;
  readonly #links = new Map<string, string>();
  #users: ReadonlyMap<number, string> = new Map();
  #groups: ReadonlyMap<number, string> = new Map();
  /** Did anything fail? */
  failed = false;

  constructor(p: Process, sink: Sink, o: TarWriteOptions) {
    this.#p = p;
    this.#sys = p.sys;
    this.#sink = sink;
    this.#out = new ArchiveOutput(p.sys, (bytes) => sink.write(bytes));
    this.#o = o;
    this.#names = new SafeNames(p);
  }

  *begin(): Steps<void> {
    if (this.#o.numeric) return;
    const db = new UserDb(this.#sys);
    this.#users = yield* db.userNames();
    this.#groups = yield* db.groupNames();
  }

  /** Adds a file, and if it is a directory what is in it. What fails is told. */
  *add(path: string, depth = 0): Steps<void> {
    const sys = this.#sys;
    if (this.#o.excluded(path)) return;
    if (--sys.budget < 0) yield* sys.sched_yield();
    const st = sys.tryStatat(AT_FDCWD, path, this.#o.follow ? 0 : AT_SYMLINK_NOFOLLOW);
    if (st instanceof Errno) {
      yield* this.#p.warn(path, st);
      this.failed = true;
      return;
    }
    const { self } = this.#o;
    if (self !== undefined && self.dev === st.dev && self.ino === st.ino) {
      yield* this.#p.warnx(`${path}: file is the archive; skipping`);
      return;
    }
    const stripped = yield* this.#names.strip(path);
    if (!S_ISDIR(st.mode)) {
      if (stripped !== "") yield* this.#file(path, stripped, st);
      return;
    }
    if (stripped !== "") {
      const name = stripped.endsWith("/") ? stripped : `${stripped}/`;
      yield* this.#tell(name);
      yield* this.#out.put(this.#header(name, "5", st, 0, ""));
    }
    if (!this.#o.recursive || depth >= DEPTH_MAX) return;
    let names: string[];
    try {
      names = (yield* readDir(sys, path)).map((d) => d.name);
    } catch (e) {
      yield* this.#p.warn(path, e);
      this.failed = true;
      return;
    }
    for (const name of names) yield* this.add(joinPath(path, name), depth + 1);
  }

  /** Writes what ends the archive. */
  *end(): Steps<void> {
    yield* this.#out.put(tarEnd());
    yield* this.#out.flush();
    yield* this.#sink.end();
  }

  *#file(path: string, name: string, st: Stat): Steps<void> {
    const sys = this.#sys;
    if (st.nlink > 1) {
      const key = `${st.dev}:${st.ino}`;
      const first = this.#links.get(key);
      if (first !== undefined) {
        yield* this.#tell(name);
        yield* this.#out.put(this.#header(name, "1", st, 0, first));
        return;
      }
      this.#links.set(key, name);
    }
    if (S_ISREG(st.mode)) {
      let fd: number;
      try {
        fd = yield* settle(open(sys, path, O_RDONLY));
      } catch (e) {
        yield* this.#p.warn(`can't open '${path}'`, e);
        this.failed = true;
        return;
      }
      try {
        yield* this.#tell(name);
        yield* this.#out.put(this.#header(name, "0", st, st.size, ""));
        yield* this.#out.copy(fd, st.size);
        yield* this.#out.put(tarPadding(st.size));
      } finally {
        sys.close(fd);
      }
      return;
    }
    let type: string;
    let target = "";
    if (S_ISLNK(st.mode)) {
      type = "2";
      try {
        target = readlink(sys, path);
      } catch (e) {
        yield* this.#p.warn(path, e);
        this.failed = true;
        return;
      }
    } else if (S_ISCHR(st.mode)) type = "3";
    else if (S_ISBLK(st.mode)) type = "4";
    else if (S_ISFIFO(st.mode)) type = "6";
    else {
      yield* this.#p.warnx(`${path}: unknown file type`);
      this.failed = true;
      return;
    }
    yield* this.#tell(name);
    yield* this.#out.put(this.#header(name, type, st, 0, target));
  }

  #header(name: string, type: string, st: Stat, size: number, linkname: string): Uint8Array {
    return tarHeader({
      name,
      mode: st.mode & 0o7777,
      uid: st.uid,
      gid: st.gid,
      size,
      // Times before 1970 are not for this format.
      mtime: Math.max(0, st.mtime.sec),
      type,
      linkname,
      uname: this.#users.get(st.uid) ?? "",
      gname: this.#groups.get(st.gid) ?? "",
      devmajor: major(st.rdev),
      devminor: minor(st.rdev),
    });
  }

  *#tell(name: string): Steps<void> {
    const w = this.#o.verbose?.puts(`${name}\n`);
    if (w) yield* w;
  }
}
