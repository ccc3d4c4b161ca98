// Removing files and trees: for rm and for mv to another file system.
import { ENOENT, Errno } from "../../abi/errno.ts";
import { W_OK } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISDIR, S_ISLNK } from "../../libc/stat.ts";
import { isatty } from "../../libc/stdio.ts";
import { access, lstat, readDir, rmdir, unlink } from "../../libc/unistd.ts";
import { ask } from "./ask.ts";
import { joinPath } from "./path.ts";

export interface RemoveOptions {
  /** No questions, and what is not there is no failure. */
  force?: boolean;
  /** Asks before everything. */
  interactive?: boolean;
  recursive?: boolean;
  verbose?: boolean;
}

/** Removes one file or, with `recursive`, a tree. What fails is reported and gives false. */
export function* removeFile(p: Process, path: string, o: RemoveOptions): Steps<boolean> {
  const { sys } = p;
  if (--sys.budget < 0) yield* sys.sched_yield();
  try {
    const st = lstat(sys, path);
    const asks =
      o.interactive === true ||
      (o.force !== true && !S_ISLNK(st.mode) && !access(sys, path, W_OK) && isatty(sys, 0));
    if (S_ISDIR(st.mode)) {
      if (o.recursive !== true) {
        yield* p.warnx(`'${path}' is a directory`);
        return false;
      }
      if (asks && !(yield* ask(p, `${p.progname}: descend into directory '${path}'? `)))
        return true;
      let ok = true;
      const inside = yield* readDir(sys, path);
      for (const d of inside) if (!(yield* removeFile(p, joinPath(path, d.name), o))) ok = false;
      if (o.interactive === true && !(yield* ask(p, `${p.progname}: remove directory '${path}'? `)))
        return ok;
      rmdir(sys, path);
      if (o.verbose === true) {
        const w = p.stdout.puts(`removed directory: '${path}'\n`);
        if (w) yield* w;
      }
      return ok;
    }
    if (asks && !(yield* ask(p, `${p.progname}: remove '${path}'? `))) return true;
    unlink(sys, path);
    if (o.verbose === true) {
      const w = p.stdout.puts(`removed '${path}'\n`);
      if (w) yield* w;
    }
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    if (e === ENOENT && o.force === true) return true;
    yield* p.warn(`can't remove '${path}'`, e);
    return false;
  }
}
