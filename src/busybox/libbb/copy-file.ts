// Copying files and trees: for cp, mv between file systems, and install.
import { ENOENT, Errno } from "../../abi/errno.ts";
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
} from "../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { S_IFMT, type Stat } from "../../abi/stat.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISDIR, S_ISLNK, S_ISREG } from "../../libc/stat.ts";
import {
  chmod,
  link,
  lstat,
  mkdir,
  mknod,
  open,
  readDir,
  readlink,
  symlink,
  tryStat,
  unlink,
} from "../../libc/unistd.ts";
import { ask } from "./ask.ts";
import { copyFd } from "./copy.ts";
import { joinPath } from "./path.ts";

export interface CopyOptions {
  /** -R: directories with their contents; devices, fifos and links are made anew. */
  recursive?: boolean;
  /** Which symbolic links are followed: none (-d, -P), those on the command line (-H), all (-L). */
  follow?: "never" | "operands" | "always";
  /** -p: times, owner and mode. */
  preserve?: boolean;
  /** -f: what cannot be opened for writing is removed first. */
  force?: boolean;
  /** --remove-destination: always. */
  remove?: boolean;
  /** -i */
  interactive?: boolean;
  /** -n */
  noClobber?: boolean;
  /** -u: only over what is older. */
  update?: boolean;
  /** -l, -s: links instead of copies. */
  link?: "hard" | "symbolic" | undefined;
  verbose?: boolean;
}

/** Files with several names that were copied, and directories that were made, by device and inode. */
export class CopyState {
  readonly links: Map<string, string> = new Map();
  readonly made: Set<string> = new Set();
  depth = 0;
}

/** Directories within directories that are copied, so that the stack holds. */
const DEPTH_MAX = 1000;

function key(st: Stat): string {
  return `${st.dev}:${st.ino}`;
}

/** Copies `from` to the name `to`. What fails is reported and gives false. */
export function* copyFile(
  p: Process,
  from: string,
  to: string,
  o: CopyOptions,
  state: CopyState = new CopyState(),
): Steps<boolean> {
  const { sys } = p;
  if (--sys.budget < 0) yield* sys.sched_yield();
  const follow = o.follow === "always" || (o.follow === "operands" && state.depth === 0);
  const st = sys.tryStatat(AT_FDCWD, from, follow ? 0 : AT_SYMLINK_NOFOLLOW);
  if (st instanceof Errno) return yield* failed(p, `can't stat '${from}'`, st);
  let there = sys.tryStatat(AT_FDCWD, to, AT_SYMLINK_NOFOLLOW);
  if (there instanceof Errno) {
    if (there !== ENOENT) return yield* failed(p, `can't stat '${to}'`, there);
  } else {
    const target = tryStat(sys, to) ?? there;
    if ((target.ino === st.ino && target.dev === st.dev) || key(there) === key(st)) {
      yield* p.warnx(`'${from}' and '${to}' are the same file`);
      return false;
    }
    if (S_ISDIR(st.mode)) there = target;
  }
  try {
    if (S_ISDIR(st.mode)) return yield* copyDirectory(p, from, st, to, there, o, state);
    if (there instanceof Errno) return yield* copyOther(p, from, st, to, false, o, state);
    if (o.noClobber === true) return true;
    if (o.update === true && !newer(st, there)) return true;
    if (o.interactive === true && !(yield* ask(p, `${p.progname}: overwrite '${to}'? `)))
      return true;
    return yield* copyOther(p, from, st, to, true, o, state);
  } catch (e) {
    return yield* failed(p, `can't create '${to}'`, e);
  }
}

function newer(a: Stat, b: Stat): boolean {
  return a.mtime.sec > b.mtime.sec || (a.mtime.sec === b.mtime.sec && a.mtime.nsec > b.mtime.nsec);
}

function* failed(p: Process, message: string, e: unknown): Steps<boolean> {
  yield* p.warn(message, e);
  return false;
}

function* say(p: Process, from: string, to: string, o: CopyOptions): Steps<void> {
  if (o.verbose !== true) return;
  const w = p.stdout.puts(`'${from}' -> '${to}'\n`);
  if (w) yield* w;
}

function* copyDirectory(
  p: Process,
  from: string,
  st: Stat,
  to: string,
  there: Stat | Errno,
  o: CopyOptions,
  state: CopyState,
): Steps<boolean> {
  const { sys } = p;
  if (o.recursive !== true) {
    yield* p.warnx(`omitting directory '${from}'`);
    return false;
  }
  if (state.made.has(key(st)) || state.depth >= DEPTH_MAX) {
    yield* p.warnx(`recursion detected, omitting directory '${from}'`);
    return false;
  }
  const mask = sys.umask(0);
  sys.umask(mask);
  if (there instanceof Errno) {
    try {
      // Until its entries are made, the owner must be able to write.
      mkdir(sys, to, (st.mode & 0o777) | 0o700);
    } catch (e) {
      return yield* failed(p, `can't create directory '${to}'`, e);
    }
  } else if (!S_ISDIR(there.mode)) {
    yield* p.warnx(`target '${to}' is not a directory`);
    return false;
  }
  state.made.add(key(there instanceof Errno ? lstat(sys, to) : there));
  let ok = true;
  state.depth++;
  try {
    const found = yield* readDir(sys, from);
    for (const d of found) {
      const [a, b] = [joinPath(from, d.name), joinPath(to, d.name)];
      if (!(yield* copyFile(p, a, b, o, state))) ok = false;
    }
  } catch (e) {
    ok = yield* failed(p, `can't open '${from}'`, e);
  } finally {
    state.depth--;
  }
  if (o.preserve === true) yield* preserve(p, st, to);
  else if (there instanceof Errno) chmod(sys, to, st.mode & ~mask & 0o7777);
  yield* say(p, from, to, o);
  return ok;
}

function* copyOther(
  p: Process,
  from: string,
  st: Stat,
  to: string,
  exists: boolean,
  o: CopyOptions,
  state: CopyState,
): Steps<boolean> {
  const { sys } = p;
  if (o.link !== undefined) {
    if (exists && (o.force === true || o.interactive === true || o.remove === true))
      unlink(sys, to);
    try {
      if (o.link === "hard") link(sys, from, to);
      else symlink(sys, from, to);
    } catch (e) {
      const word = o.link === "hard" ? "link" : "symlink";
      return yield* failed(
        p,
        `can't create ${word} '${to}'${o.link === "hard" ? ` to '${from}'` : ""}`,
        e,
      );
    }
    return true;
  }
  const keepsLinks = o.follow === "never" && st.nlink > 1;
  const first = keepsLinks ? state.links.get(key(st)) : undefined;
  if (first !== undefined) {
    if (exists) unlink(sys, to);
    link(sys, first, to);
    yield* say(p, from, to, o);
    return true;
  }
  if (S_ISREG(st.mode) || (o.recursive !== true && !S_ISLNK(st.mode))) {
    if (!(yield* copyData(p, from, st, to, exists, o))) return false;
  } else {
    if (exists) unlink(sys, to);
    if (S_ISLNK(st.mode)) symlink(sys, readlink(sys, from), to);
    else mknod(sys, to, st.mode & (S_IFMT | 0o777), st.rdev);
  }
  if (keepsLinks) state.links.set(key(st), to);
  if (o.preserve === true) yield* preserve(p, st, to);
  yield* say(p, from, to, o);
  return true;
}

function* copyData(
  p: Process,
  from: string,
  st: Stat,
  to: string,
  exists: boolean,
  o: CopyOptions,
): Steps<boolean> {
  const { sys } = p;
  let source: number;
  try {
    const call = open(sys, from, O_RDONLY);
    source = isSteps(call) ? yield* call : call;
  } catch (e) {
    return yield* failed(p, `can't open '${from}'`, e);
  }
  let target: number | undefined;
  try {
    let fresh = !exists;
    // After a question the old file is removed, not written over, as the original does it.
    if (exists && (o.remove === true || o.interactive === true)) {
      unlink(sys, to);
      fresh = true;
    }
    const mode = o.preserve === true ? st.mode & 0o700 : st.mode & 0o7777;
    try {
      const call = open(sys, to, fresh ? O_WRONLY | O_CREAT : O_WRONLY | O_TRUNC, mode);
      target = isSteps(call) ? yield* call : call;
    } catch (e) {
      if (!(e instanceof Errno) || fresh) throw e;
      // What cannot be opened is replaced, with or without -f.
      if (!S_ISDIR(lstat(sys, to).mode)) unlink(sys, to);
      const call = open(sys, to, O_WRONLY | O_CREAT | O_EXCL, mode);
      target = isSteps(call) ? yield* call : call;
    }
    return (yield* copyFd(p, source, target)) >= 0;
  } catch (e) {
    return yield* failed(p, `can't create '${to}'`, e);
  } finally {
    sys.close(source);
    if (target !== undefined) sys.close(target);
  }
}

/** Gives `to` the times, owner and mode of `st`. What does not work is reported, but is no failure. */
function* preserve(p: Process, st: Stat, to: string): Steps<void> {
  const { sys } = p;
  let mode = st.mode & 0o7777;
  const what = (text: string, e: unknown): Steps<void> =>
    p.warn(`can't preserve ${text} of '${to}'`, e);
  try {
    sys.utimensat(AT_FDCWD, to, st.atime, st.mtime, AT_SYMLINK_NOFOLLOW);
  } catch (e) {
    yield* what("times", e);
  }
  try {
    sys.fchownat(AT_FDCWD, to, st.uid, st.gid, AT_SYMLINK_NOFOLLOW);
  } catch (e) {
    mode &= 0o1777;
    yield* what("ownership", e);
  }
  if (S_ISLNK(st.mode)) return;
  try {
    chmod(sys, to, mode);
  } catch (e) {
    yield* what("permissions", e);
  }
}
