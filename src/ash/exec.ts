// Finding commands and executing them (POSIX XCU 2.9.1).
import { EACCES, ENOENT, ENOEXEC, ENOTDIR, Errno } from "../abi/errno.ts";
import { AT_FDCWD } from "../abi/fcntl.ts";
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import { S_IFMT, S_IFREG } from "../abi/stat.ts";
import { bytesOf } from "../lib/bytes.ts";
import { strerror } from "../libc/strerror.ts";
import type { Shell } from "./shell.ts";

/** Where `command -p` looks. */
export const STANDARD_PATH = "/sbin:/usr/sbin:/bin:/usr/bin";

/** Names to try for a command, in the order of PATH. */
export function candidates(name: string, path: string): string[] {
  return path.split(":").map((dir) => (dir === "" ? name : `${dir}/${name}`));
}

/** What was found: a path (with what remains of PATH behind it) or why there is none. */
export interface Found {
  path: string;
  rest: readonly string[];
}

/** Looks a name without slash up along `path`; an Errno when there is no such file. */
export function findOnPath(sys: Sys, name: string, path: string): Found | Errno {
  let error: Errno = ENOENT;
  const all = candidates(name, path);
  for (let i = 0; i < all.length; i++) {
    const candidate = all[i] as string;
    const st = sys.tryStatat(AT_FDCWD, candidate, 0);
    if (st instanceof Errno) {
      if (st !== ENOENT && st !== ENOTDIR) error = st;
      continue;
    }
    error = EACCES;
    if ((st.mode & S_IFMT) !== S_IFREG) continue;
    return { path: candidate, rest: all.slice(i + 1) };
  }
  return error;
}

/** Finds a command for execution, remembering where. */
export function findCommand(sh: Shell, name: string, path: string | undefined): Found | Errno {
  if (name.includes("/")) return { path: name, rest: NONE };
  if (path === undefined) {
    const known = sh.hash.get(name);
    if (known !== undefined) return { path: known, rest: NONE };
  }
  const found = findOnPath(sh.sys, name, path ?? sh.get("PATH") ?? "");
  if (!(found instanceof Errno) && path === undefined) sh.ownHash().set(name, found.path);
  return found;
}

const NONE: readonly string[] = Object.freeze([]);

/** What is said of a command that could not be executed. */
export function execFault(e: Errno): { text: string; status: number } {
  if (e === ENOENT || e === ENOTDIR) return { text: "not found", status: 127 };
  return { text: strerror(e), status: e === EACCES ? 126 : 127 };
}

/**
 * Becomes the program: tries the path and then the rest of PATH. Returns only the error. A file
 * that is no program is run as a script by the shell, in place.
 */
export function* execute(
  sys: Sys,
  found: Found,
  argv: readonly string[],
  envp: readonly string[],
  script: (path: string) => Steps<number>,
): Steps<number | Errno> {
  let error: Errno = ENOENT;
  for (let i = -1; i < found.rest.length; i++) {
    const path = i < 0 ? found.path : (found.rest[i] as string);
    try {
      const call = sys.execve(path, argv, envp);
      if (isSteps(call)) yield* call;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      if (e === ENOEXEC) return yield* script(path);
      if (e !== ENOENT && e !== ENOTDIR) error = e;
    }
  }
  return error;
}

/** Prints an error to standard error of a child, waiting as needed. */
export function* childMessage(sys: Sys, text: string): Steps<void> {
  try {
    const n = sys.write(2, bytesOf(text));
    if (isSteps(n)) yield* n;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}
