// checkpath: makes directories, files and pipes, with the mode and owner they must have (checkpath, openrc-run(8)).
import { EEXIST, Errno } from "../abi/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  W_OK,
} from "../abi/fcntl.ts";
import { isSteps, type Program, type Steps, type Sys } from "../abi/program.ts";
import { S_IFIFO, S_IFMT, type Stat } from "../abi/stat.ts";
import { UserDb } from "../libc/passwd.ts";
import { Exit } from "../libc/process.ts";
import { S_ISDIR, S_ISFIFO, S_ISLNK, S_ISREG } from "../libc/stat.ts";
import { strerror } from "../libc/strerror.ts";
import { access } from "../libc/unistd.ts";
import { done, failure } from "./librc/dirs.ts";
import { scanInt } from "./librc/numbers.ts";
import { basename } from "./librc/paths.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { rcOptions, showUsage, type Usage } from "./librc/usage.ts";

const USAGE: Usage = {
  letters: "dDfFpm:o:sW",
  extra: "path1 [path2] [...]",
  options: [
    ["d", "directory", "", "Make a directory if it is not there"],
    ["D", "directory-truncate", "", "The same"],
    ["f", "file", "", "Make a file if it is not there"],
    ["F", "file-truncate", "", "Make a file, or empty it"],
    ["p", "pipe", "", "Make a named pipe if it is not there"],
    ["m", "mode", "<arg>", "The mode it must have"],
    ["o", "owner", "<arg>", "Who it must belong to (user:group)"],
    ["s", "symlinks", "", "Follow links (on Linux those of root always are)"],
    ["W", "writable", "", "Can it be written to?"],
  ],
};

type Kind = "file" | "dir" | "fifo";

/** What a path must be. */
interface Wish {
  kind: Kind | undefined;
  truncate: boolean;
  /** 0: as it is. */
  mode: number;
  owner: { uid: number; gid: number } | undefined;
}

function* openIn(sys: Sys, dir: number, path: string, flags: number, mode = 0): Steps<number> {
  const call = sys.openat(dir, path, flags, mode);
  return isSteps(call) ? yield* call : call;
}

/** The directory a path is in, reached without following links that are not root's. */
function* openParent(rc: Rc, path: string): Steps<number> {
  const { sys, einfo, applet } = rc;
  if (!path.startsWith("/")) yield* einfo.eerrorx(`${applet}: empty or relative path`);
  const parts = path.split("/").filter((part) => part !== "");
  parts.pop();
  parts.reverse();
  let dir = yield* openIn(sys, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY);
  let links = 0;
  while (parts.length > 0) {
    const part = parts.pop() as string;
    let next: number;
    try {
      next = yield* openIn(sys, dir, part, O_PATH | O_NOFOLLOW | O_RDONLY);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return yield* einfo.eerrorx(`${applet}: ${path}: could not open ${part}: ${strerror(e)}`);
    }
    const st = sys.fstatat(next, "", AT_EMPTY_PATH);
    if (!S_ISLNK(st.mode)) {
      sys.close(dir);
      dir = next;
      continue;
    }
    if (st.uid !== 0)
      yield* einfo.eerrorx(`${applet}: ${path}: symbolic link ${part} not owned by root`);
    const target = sys.readlinkat(dir, part);
    sys.close(next);
    if (++links > 40 || target.length !== st.size)
      yield* einfo.eerrorx(`${applet}: symbolic link destination changed`);
    if (target.startsWith("/")) {
      sys.close(dir);
      dir = yield* openIn(sys, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY);
    }
    parts.push(
      ...target
        .split("/")
        .filter((p) => p !== "")
        .reverse(),
    );
  }
  return dir;
}

const CREATE: Readonly<Record<Kind, { mode: number; what: string }>> = {
  file: { mode: 0o664, what: "file" },
  dir: { mode: 0o775, what: "directory" },
  fifo: { mode: 0o600, what: "fifo" },
};

/** Makes what is not there and opens it; the call that failed and its error otherwise. */
function* create(
  rc: Rc,
  dir: number,
  name: string,
  path: string,
  wish: Wish,
): Steps<number | string> {
  const { sys } = rc;
  const kind = wish.kind as Kind;
  const { what } = CREATE[kind];
  const mode = wish.mode === 0 ? CREATE[kind].mode : wish.mode;
  yield* rc.einfo.einfo(`${path}: creating ${what}`);
  const mask = sys.umask(0);
  let call = "open";
  try {
    if (kind === "file") {
      const flags = O_CREAT | O_NONBLOCK | O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW;
      return yield* openIn(sys, dir, name, flags | (wish.truncate ? O_TRUNC : 0), mode);
    }
    call = kind === "dir" ? "mkdirat" : "mkfifo";
    const error = failure(() =>
      kind === "dir" ? sys.mkdirat(dir, name, mode) : sys.mknodat(dir, name, S_IFIFO | mode, 0),
    );
    if (error !== undefined && error !== EEXIST) throw error;
    call = `unable to open ${what}`;
    return yield* openIn(sys, dir, name, READ_FLAGS);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return `${rc.applet}: ${call}: ${strerror(e)}`;
  } finally {
    sys.umask(mask);
  }
}

const READ_FLAGS = O_NONBLOCK | O_NOCTTY | O_RDONLY | O_CLOEXEC | O_NOFOLLOW;

/** Is it of another kind than it must be? */
function* wrongKind(rc: Rc, path: string, kind: Kind | undefined, st: Stat): Steps<boolean> {
  const found = S_ISDIR(st.mode)
    ? "directory"
    : S_ISREG(st.mode)
      ? "file"
      : S_ISFIFO(st.mode)
        ? "fifo"
        : undefined;
  if (found === undefined || (kind !== undefined && CREATE[kind].what === found)) return false;
  yield* rc.einfo.eerror(`${path}: is a ${found}`);
  return true;
}

function* check(rc: Rc, path: string, wish: Wish): Steps<boolean> {
  const { sys, einfo, applet } = rc;
  const dir = yield* openParent(rc, path);
  const name = basename(path) || ".";
  let fd = -1;
  let wished = wish;
  try {
    try {
      fd = yield* openIn(sys, dir, name, READ_FLAGS);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    if (wish.kind !== undefined && (fd < 0 || (wish.kind === "file" && wish.truncate))) {
      const made = yield* create(rc, dir, name, path, wish);
      if (typeof made === "string") {
        yield* einfo.eerror(made);
        return false;
      }
      if (fd >= 0) sys.close(fd);
      fd = made;
      // One that was there before gets the mode of a new one.
      wished = { ...wish, mode: wish.mode === 0 ? CREATE[wish.kind].mode : wish.mode };
    }
    let st: Stat;
    try {
      st = sys.fstat(fd);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* einfo.eerror(`fstat: ${path}: ${strerror(e)}`);
      return false;
    }
    if (yield* wrongKind(rc, path, wish.kind, st)) return false;
    return (yield* correct(rc, fd, path, wished, st)) === undefined;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* einfo.eerror(`${applet}: ${path}: ${strerror(e)}`);
    return false;
  } finally {
    if (fd >= 0) done(() => sys.close(fd));
    sys.close(dir);
  }
}

/** Sets mode and owner; what went wrong. */
function* correct(
  rc: Rc,
  fd: number,
  path: string,
  wish: Wish,
  st: Stat,
): Steps<string | undefined> {
  const { sys, einfo, applet } = rc;
  const { mode, owner } = wish;
  const jobs: [what: string, verb: string, job: () => void][] = [];
  if (mode !== 0 && (st.mode & ~S_IFMT) !== mode)
    jobs.push(["mode", "chmod", () => sys.fchmod(fd, mode)]);
  if (owner !== undefined && (st.uid !== owner.uid || st.gid !== owner.gid))
    jobs.push(["owner", "chown", () => sys.fchown(fd, owner.uid, owner.gid)]);
  for (const [what, verb, job] of jobs) {
    let why: string | undefined;
    if (wish.kind !== "dir" && st.nlink > 1) why = `Too many hard links to ${path}`;
    else {
      yield* einfo.einfo(`${path}: correcting ${what}`);
      const error = failure(job);
      if (error !== undefined) why = strerror(error);
    }
    if (why === undefined) continue;
    yield* einfo.eerror(`${applet}: ${verb}: ${why}`);
    return why;
  }
  return undefined;
}

/** "user", "user:group" or ":group", by name or number; undefined when there is none. */
function* ownerOf(rc: Rc, text: string): Steps<{ uid: number; gid: number } | undefined> {
  const db = new UserDb(rc.sys);
  const colon = text.indexOf(":");
  const user = colon < 0 ? text : text.slice(0, colon);
  const group = colon < 0 ? "" : text.slice(colon + 1);
  let uid = rc.sys.geteuid();
  let gid = rc.sys.getgid();
  if (user !== "") {
    const id = scanInt(user);
    const found = id === undefined ? yield* db.getpwnam(user) : yield* db.getpwuid(id);
    if (found === undefined) return undefined;
    ({ uid, gid } = found);
  }
  if (group !== "") {
    const id = scanInt(group);
    const found = id === undefined ? yield* db.getgrnam(group) : yield* db.getgrgid(id);
    if (found === undefined) return undefined;
    gid = found.gid;
  }
  return { uid, gid };
}

function* main(rc: Rc): Steps<number> {
  const { einfo, applet } = rc;
  const wish: Wish = { kind: undefined, truncate: false, mode: 0, owner: undefined };
  let writable = false;
  const paths = yield* rcOptions(rc, USAGE, function* (key, value) {
    if (key === "d" || key === "D") wish.kind = "dir";
    else if (key === "f" || key === "F") wish.kind = "file";
    else if (key === "p") wish.kind = "fifo";
    else if (key === "W") writable = true;
    else if (key === "m") {
      if (!/^[0-7]{1,5}$/.test(value) || Number.parseInt(value, 8) > 0o7777)
        yield* einfo.eerrorx(`${applet}: invalid mode \`${value}'`);
      wish.mode = Number.parseInt(value, 8);
    } else if (key === "o") {
      wish.owner =
        (yield* ownerOf(rc, value)) ??
        (yield* einfo.eerrorx(`${applet}: owner \`${value}' not found`));
    }
    if (key === "D" || key === "F") wish.truncate = true;
  });
  if (paths.length === 0) yield* showUsage(rc, USAGE, 1);
  if (writable && wish.kind !== undefined)
    yield* einfo.eerrorx(`${applet}: -W cannot be specified along with -d, -f or -p`);
  let status = 0;
  for (const given of paths) {
    const path = given.replace(/\/+/g, "/").replace(/(.)\/$/, "$1");
    if (writable) throw new Exit(access(rc.sys, path, W_OK) ? 0 : 1);
    if (!(yield* check(rc, path, wish))) status = 1;
  }
  return status;
}

/** The program. */
export const checkpath: Program = rcProgram(main);
