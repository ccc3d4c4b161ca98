// Walking a directory tree (what nftw(3) is for): for chmod -R, chown -R, rm -r, cp -R, du, ls -R, find, grep -r.
import { ELOOP, Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import type { Stat } from "../../abi/stat.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import { readDir } from "../../libc/unistd.ts";
import { joinPath } from "./path.ts";

/** Directories within directories that are walked, so that the stack holds. */
const DEPTH_MAX = 1000;

export interface Walk {
  /** Symbolic links to directories are walked: "never" (-P, the default), "operands" (-H), "always" (-L). */
  follow?: "never" | "operands" | "always";
  /** Every file but directories; false = failed. */
  file(path: string, st: Stat, depth: number): Steps<boolean>;
  /** A directory before its entries; "skip" leaves them out. */
  enter?(path: string, st: Stat, depth: number): Steps<boolean | "skip">;
  /** A directory after its entries. */
  leave?(path: string, st: Stat, depth: number): Steps<boolean>;
  /** Entries in byte order rather than the file system's. */
  sorted?: boolean;
}

/**
 * Walks `path`. What cannot be examined or read is reported ("prog: PATH: why") and makes the result
 * false, as does any false from `walk`; so does an Errno thrown there, which is reported too.
 */
export function* walkTree(p: Process, path: string, walk: Walk, depth = 0): Steps<boolean> {
  const follow = walk.follow === "always" || (walk.follow === "operands" && depth === 0);
  const { sys } = p;
  if (--sys.budget < 0) yield* sys.sched_yield();
  try {
    let st = sys.tryStatat(AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW);
    if (st instanceof Errno && follow) st = sys.fstatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
    if (st instanceof Errno) throw st;
    if (!S_ISDIR(st.mode)) return yield* walk.file(path, st, depth);
    if (depth >= DEPTH_MAX) throw ELOOP;
    let ok = true;
    if (walk.enter !== undefined) {
      const entered = yield* walk.enter(path, st, depth);
      if (entered === "skip") return true;
      ok = entered;
    }
    let names: string[] = [];
    try {
      names = (yield* readDir(sys, path)).map((d) => d.name);
    } catch (e) {
      yield* p.warn(path, e);
      ok = false;
    }
    if (walk.sorted === true) names.sort();
    for (const name of names)
      if (!(yield* walkTree(p, joinPath(path, name), walk, depth + 1))) ok = false;
    if (walk.leave !== undefined && !(yield* walk.leave(path, st, depth))) ok = false;
    return ok;
  } catch (e) {
    yield* p.warn(path, e);
    return false;
  }
}
