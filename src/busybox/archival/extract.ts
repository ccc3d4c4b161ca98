// Making files from the members of an archive (tar, cpio): old files removed first, times and owners restored,
// links that could lead elsewhere kept until the end.
import { EEXIST, EISDIR, ENOENT, Errno } from "../../abi/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_CREAT,
  O_EXCL,
  O_TRUNC,
  O_WRONLY,
} from "../../abi/fcntl.ts";
import { isSteps, type Steps, type Sys, settle } from "../../abi/program.ts";
import { S_IFMT } from "../../abi/stat.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { S_ISDIR, S_ISLNK, S_ISREG } from "../../libc/stat.ts";
import { chmod, link, mkdir, mknod, open, symlink, tryLstat, unlink } from "../../libc/unistd.ts";
import { makeDirectory } from "../libbb/make-directory.ts";
import { dirPart } from "../libbb/path.ts";

/** A member of an archive. */
export interface Member {
  name: string;
  /** Type and permission bits. */
  mode: number;
  uid: number;
  gid: number;
  /** Names count more than numbers, where the system knows them. */
  uname: string;
  gname: string;
  size: number;
  mtime: number;
  /** Target of a symbolic link, or the name of the file this is a hard link to. */
  linkname: string;
  hardLink: boolean;
  rdev: number;
}

/** Where a file that is there already stays: "remove" it first, write "over" it, or "keep" it and fail. */
export type Existing = "remove" | "over" | "keep";

export interface ExtractOptions {
  existing: Existing;
  owner: boolean;
  numeric: boolean;
  permissions: boolean;
  mtime: boolean;
  /** Make missing parents. */
  parents: boolean;
}

/** Pieces of a member's data, undefined at the end. */
export type ReadData = () => Steps<Uint8Array | undefined>;

interface LateLink {
  readonly name: string;
  readonly target: string;
  readonly hard: boolean;
}

export class Extractor {
  readonly #p: Process;
  readonly #sys: Sys;
  readonly #o: ExtractOptions;
  readonly #late: LateLink[] = [];
  readonly #uids = new Map<string, number | undefined>();
  readonly #gids = new Map<string, number | undefined>();
  readonly #db: UserDb;

  constructor(p: Process, o: ExtractOptions) {
    this.#p = p;
    this.#sys = p.sys;
    this.#o = o;
    this.#db = new UserDb(p.sys);
  }

  /** Makes one. What the original gives up at ends the program. */
  *extract(m: Member, data: ReadData): Steps<void> {
    const sys = this.#sys;
    if (S_ISREG(m.mode) && !m.hardLink) {
      const fd = this.#openQuick(m);
      if (fd !== undefined) {
        yield* this.#fill(fd, m, data);
        return;
      }
    }
    const parent = dirPart(m.name);
    if (this.#o.parents && parent !== "." && parent !== "/" && tryLstat(sys, parent) === undefined)
      yield* makeDirectory(this.#p, parent, { parents: true });
    else if (this.#o.parents && parent !== ".") yield* this.#checkParent(parent);
    if (this.#o.existing === "remove" && !S_ISDIR(m.mode)) this.#removeOld(m.name);
    if (m.hardLink) this.#late.push({ name: m.name, target: m.linkname, hard: true });
    else if (S_ISDIR(m.mode)) yield* this.#directory(m);
    else if (S_ISLNK(m.mode)) yield* this.#symlink(m);
    else if (S_ISREG(m.mode)) {
      const flags = O_WRONLY | O_CREAT | (this.#o.existing === "over" ? O_TRUNC : O_EXCL);
      let fd: number;
      try {
        fd = yield* settle(open(sys, m.name, flags, m.mode & 0o7777));
      } catch (e) {
        dieErrno(`can't open '${m.name}'`, e);
      }
      yield* this.#fill(fd, m, data);
    } else {
      try {
        mknod(sys, m.name, m.mode & (S_IFMT | 0o777), m.rdev);
      } catch (e) {
        yield* this.#p.warn(`can't create node ${m.name}`, e);
        return;
      }
      yield* this.#attributes(m);
    }
  }

  /** Makes the links that had to wait. */
  *finish(): Steps<void> {
    for (const { name, target, hard } of this.#late) {
      try {
        if (hard) link(this.#sys, target, name);
        else symlink(this.#sys, target, name);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        die(`can't create ${hard ? "hardlink" : "symlink"} '${name}' to '${target}'`);
      }
      if (--this.#sys.budget < 0) yield* this.#sys.sched_yield();
    }
  }

  /** The common case in one call: a new file in a directory that is there. */
  #openQuick(m: Member): number | undefined {
    try {
      const fd = open(this.#sys, m.name, O_WRONLY | O_CREAT | O_EXCL, m.mode & 0o7777);
      return isSteps(fd) ? undefined : fd;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return undefined;
    }
  }

  *#checkParent(parent: string): Steps<void> {
    const st = this.#sys.tryStatat(AT_FDCWD, parent, 0);
    if (st instanceof Errno || !S_ISDIR(st.mode))
      yield* makeDirectory(this.#p, parent, { parents: true });
  }

  #removeOld(name: string): void {
    try {
      unlink(this.#sys, name);
    } catch (e) {
      if (e !== ENOENT) dieErrno(`can't remove old file ${name}`, e);
    }
  }

  *#directory(m: Member): Steps<void> {
    try {
      mkdir(this.#sys, m.name, m.mode & 0o7777);
    } catch (e) {
      if (e !== EEXIST && e !== EISDIR) {
        yield* this.#p.warn(`can't make dir ${m.name}`, e);
        return;
      }
      if (this.#o.existing === "keep") return;
    }
    yield* this.#attributes(m);
  }

  *#symlink(m: Member): Steps<void> {
    // Through such a link later members could leave the directory, so it is made when all of them are there.
    if (m.linkname.startsWith("/") || m.linkname.includes("..")) {
      this.#late.push({ name: m.name, target: m.linkname, hard: false });
      return;
    }
    try {
      symlink(this.#sys, m.linkname, m.name);
    } catch (e) {
      dieErrno(`can't create symlink '${m.name}' to '${m.linkname}'`, e);
    }
    yield* this.#attributes(m);
  }

  *#fill(fd: number, m: Member, data: ReadData): Steps<void> {
    const sys = this.#sys;
    try {
      for (;;) {
        const piece = yield* data();
        if (piece === undefined) break;
        try {
          for (let at = 0; at < piece.length; ) {
            const n = sys.write(fd, at === 0 ? piece : piece.subarray(at));
            at += isSteps(n) ? yield* n : n;
          }
        } catch (e) {
          dieErrno("write error", e);
        }
      }
      yield* this.#attributes(m, fd);
    } finally {
      sys.close(fd);
    }
  }

  *#attributes(m: Member, fd?: number): Steps<void> {
    const sys = this.#sys;
    const o = this.#o;
    if (o.owner) {
      const uid = o.numeric ? m.uid : ((yield* this.#uid(m.uname)) ?? m.uid);
      const gid = o.numeric ? m.gid : ((yield* this.#gid(m.gname)) ?? m.gid);
      quietly(() => {
        if (fd !== undefined) sys.fchown(fd, uid, gid);
        else sys.fchownat(AT_FDCWD, m.name, uid, gid, AT_SYMLINK_NOFOLLOW);
      });
    }
    if (S_ISLNK(m.mode)) return;
    if (o.permissions)
      quietly(() => {
        if (fd !== undefined) sys.fchmod(fd, m.mode & 0o7777);
        else chmod(sys, m.name, m.mode & 0o7777);
      });
    if (o.mtime) {
      const sec = Math.floor(m.mtime);
      const time = { sec, nsec: Math.round((m.mtime - sec) * 1e9) };
      quietly(() => {
        if (fd !== undefined) sys.utimensat(fd, "", time, time, AT_EMPTY_PATH);
        else sys.utimensat(AT_FDCWD, m.name, time, time, 0);
      });
    }
  }

  *#uid(name: string): Steps<number | undefined> {
    if (name === "") return undefined;
    if (!this.#uids.has(name)) this.#uids.set(name, (yield* this.#db.getpwnam(name))?.uid);
    return this.#uids.get(name);
  }

  *#gid(name: string): Steps<number | undefined> {
    if (name === "") return undefined;
    if (!this.#gids.has(name)) this.#gids.set(name, (yield* this.#db.getgrnam(name))?.gid);
    return this.#gids.get(name);
  }
}

/** What the original does not look at the result of. */
function quietly(call: () => void): void {
  try {
    call();
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}
