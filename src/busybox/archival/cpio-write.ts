// Writing "newc" archives: cpio -o.
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_RDONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { major, minor, type Stat } from "../../abi/stat.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { cpioHeader, cpioPadding, cpioTrailer } from "../../lib/cpio.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { S_ISDIR, S_ISLNK, S_ISREG } from "../../libc/stat.ts";
import { open, readlink } from "../../libc/unistd.ts";
import type { Owner } from "../libbb/owner.ts";
import { ArchiveOutput } from "./archive-output.ts";

export interface CpioWriteOptions {
  /** -L */
  follow: boolean;
  /** -R */
  owner: Owner | undefined;
  /** --renumber-inodes, --ignore-devno */
  renumber: boolean;
  ignoreDevice: boolean;
}

/** A file with several names, which waits until all of them are known. */
interface Linked {
  readonly st: Stat;
  readonly ino: number;
  readonly names: { path: string; name: string }[];
}

export class CpioWriter {
  readonly #p: Process;
  readonly #o: CpioWriteOptions;
  readonly #out: ArchiveOutput;
  readonly #linked = new Map<string, Linked>();
  #inodes = 0;

  constructor(p: Process, write: (bytes: Uint8Array) => Steps<void>, o: CpioWriteOptions) {
    this.#p = p;
    this.#o = o;
    this.#out = new ArchiveOutput(p.sys, write);
  }

  /** Adds a file; one that is not there ends the program. */
  *add(path: string): Steps<void> {
    const { sys } = this.#p;
    if (--sys.budget < 0) yield* sys.sched_yield();
    const st = sys.tryStatat(AT_FDCWD, path, this.#o.follow ? 0 : AT_SYMLINK_NOFOLLOW);
    if (st instanceof Errno) {
      yield* this.#out.flush();
      return dieErrno(path, st);
    }
    let name = path.replace(/^\/+/, "");
    while (name.startsWith("./")) name = name.slice(2).replace(/^\/+/, "");
    if (name === "") return;
    if (!S_ISDIR(st.mode) && st.nlink > 1) {
      const key = `${st.dev}:${st.ino}`;
      let linked = this.#linked.get(key);
      if (linked === undefined) {
        linked = { st, ino: this.#ino(st), names: [] };
        this.#linked.set(key, linked);
      }
      linked.names.push({ path, name });
      return;
    }
    yield* this.#entry(path, name, st, this.#ino(st), true);
  }

  /** Writes the files with several names, and the trailer. */
  *end(): Steps<void> {
    // The first name comes last, and with it the data.
    for (const { st, ino, names } of this.#linked.values())
      for (let i = names.length - 1; i >= 0; i--) {
        const { path, name } = names[i] as { path: string; name: string };
        yield* this.#entry(path, name, st, ino, i === 0);
      }
    yield* this.#out.put(cpioTrailer());
    yield* this.#out.flush();
  }

  #ino(st: Stat): number {
    this.#inodes++;
    return this.#o.renumber ? this.#inodes : st.ino;
  }

  *#entry(path: string, name: string, st: Stat, ino: number, data: boolean): Steps<void> {
    const { sys } = this.#p;
    const link = S_ISLNK(st.mode) ? bytesOf(readlink(sys, path)) : undefined;
    const size = link?.length ?? (S_ISREG(st.mode) && data ? st.size : 0);
    const { owner, ignoreDevice } = this.#o;
    yield* this.#out.put(
      cpioHeader({
        name,
        ino,
        mode: st.mode,
        uid: owner?.uid ?? st.uid,
        gid: owner?.gid ?? st.gid,
        nlink: st.nlink,
        mtime: st.mtime.sec,
        size,
        devmajor: ignoreDevice ? 0 : major(st.dev),
        devminor: ignoreDevice ? 0 : minor(st.dev),
        rdevmajor: major(st.rdev),
        rdevminor: minor(st.rdev),
      }),
    );
    if (link !== undefined) yield* this.#out.put(link);
    else if (size > 0) yield* this.#data(path, size);
    yield* this.#out.put(cpioPadding(size));
  }

  *#data(path: string, size: number): Steps<void> {
    const { sys } = this.#p;
    let fd: number;
    try {
      fd = yield* settle(open(sys, path, O_RDONLY));
    } catch (e) {
      dieErrno(`can't open '${path}'`, e);
    }
    try {
      yield* this.#out.copy(fd, size);
    } finally {
      sys.close(fd);
    }
  }
}
