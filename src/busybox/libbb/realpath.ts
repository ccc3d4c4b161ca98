// realpath(3), and the form of it that lets the last part be missing (realpath, readlink -f).
import { ELOOP, ENOENT, ENOTDIR, Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.ts";
import type { Sys } from "../../abi/program.ts";
import { S_ISDIR, S_ISLNK } from "../../libc/stat.ts";
import { readlink } from "../../libc/unistd.ts";
import { joinPath } from "./path.ts";

const LINKS_MAX = 40;

/** The absolute path without symbolic links, "." or "..". All of it must be there. Throws Errno. */
export function realpath(sys: Sys, path: string): string {
  if (path === "") throw ENOENT;
  let done = path.startsWith("/") ? "" : sys.getcwd();
  if (done === "/") done = "";
  // A slash at the end asks for a directory: "." says so.
  let rest = (path.endsWith("/") ? `${path}.` : path).split("/").filter((part) => part !== "");
  let links = 0;
  while (rest.length > 0) {
    const part = rest[0] as string;
    rest = rest.slice(1);
    if (part === ".") {
      if (done !== "" && !S_ISDIR(sys.fstatat(AT_FDCWD, done, 0).mode)) throw ENOTDIR;
      continue;
    }
    if (part === "..") {
      if (done !== "" && !S_ISDIR(sys.fstatat(AT_FDCWD, done, 0).mode)) throw ENOTDIR;
      done = done.slice(0, Math.max(0, done.lastIndexOf("/")));
      continue;
    }
    const next = `${done}/${part}`;
    const st = sys.tryStatat(AT_FDCWD, next, AT_SYMLINK_NOFOLLOW);
    if (st instanceof Errno) throw st;
    if (S_ISLNK(st.mode)) {
      if (++links > LINKS_MAX) throw ELOOP;
      const target = readlink(sys, next);
      rest = [...target.split("/").filter((s) => s !== ""), ...rest];
      if (target.startsWith("/")) done = "";
    } else {
      if (rest.length > 0 && !S_ISDIR(st.mode)) throw ENOTDIR;
      done = next;
    }
  }
  return done === "" ? "/" : done;
}

/**
 * As {@link realpath}, but the last part need not be there. As the original has it, that takes a slash
 * before it, and what a dangling link holds counts from the working directory.
 */
export function realpathOfMissing(sys: Sys, path: string): string {
  let name = path;
  for (let links = 0; links <= LINKS_MAX; links++) {
    try {
      return realpath(sys, name);
    } catch (e) {
      if (e !== ENOENT || name === "") throw e;
    }
    const st = sys.tryStatat(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW);
    if (!(st instanceof Errno) && S_ISLNK(st.mode)) {
      const target = readlink(sys, name);
      name = target.startsWith("/") ? target : joinPath(sys.getcwd(), target);
      continue;
    }
    const plain = name.replace(/\/+$/, "");
    const slash = plain.lastIndexOf("/");
    if (slash < 0) throw ENOENT;
    return joinPath(realpath(sys, plain.slice(0, slash) || "/"), plain.slice(slash + 1));
  }
  throw ELOOP;
}
