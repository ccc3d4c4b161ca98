// Changes of /etc/passwd, /etc/group, /etc/shadow and /etc/gshadow: under a lock, into a new file that takes
// the old one's place, which stays behind as FILE-.
import { Errno } from "../../abi/errno.ts";
import {
  F_SETLK,
  F_WRLCK,
  O_CLOEXEC,
  O_CREAT,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  SEEK_SET,
} from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { link, open, readAll, rename, tryStat, unlink, writeAll } from "../../libc/unistd.ts";

const LIMIT = 1 << 26;

function quietly(call: () => void): void {
  try {
    call();
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

/**
 * Replaces the lines of a file by what `change` makes of them; it answers undefined to leave the file as it is.
 * Was it changed? A failure ends the program.
 */
export function* editFile(
  p: Process,
  path: string,
  change: (lines: string[]) => string[] | undefined,
): Steps<boolean> {
  const { sys } = p;
  const temporary = `${path}+`;
  let fd = -1;
  try {
    fd = yield* settle(open(sys, path, O_RDWR | O_CLOEXEC));
  } catch (e) {
    dieErrno(`can't open '${path}'`, e);
  }
  try {
    const lock = { type: F_WRLCK, whence: SEEK_SET, start: 0, len: 0, pid: 0 };
    try {
      const call = sys.fcntl_lock(fd, F_SETLK, lock);
      if (isSteps(call)) yield* call;
    } catch (e) {
      yield* p.warn(`warning: can't lock '${path}'`, e);
    }
    const text = strOf(yield* readAll(sys, fd, LIMIT));
    const lines = text.split("\n");
    if (lines.at(-1) === "") lines.pop();
    const changed = change(lines);
    if (changed === undefined) return false;
    const st = sys.fstat(fd);
    const out = yield* settle(
      open(sys, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600),
    );
    try {
      quietly(() => sys.fchown(out, st.uid, st.gid));
      sys.fchmod(out, st.mode & 0o7777);
      yield* writeAll(sys, out, bytesOf(changed.map((line) => `${line}\n`).join("")));
    } finally {
      sys.close(out);
    }
    quietly(() => unlink(sys, `${path}-`));
    quietly(() => link(sys, path, `${path}-`));
    rename(sys, temporary, path);
    return true;
  } catch (e) {
    quietly(() => unlink(sys, temporary));
    if (e instanceof Errno) dieErrno(`can't update '${path}'`, e);
    throw e;
  } finally {
    sys.close(fd);
  }
}

/** Adds a line at the end of a file, if the file is there. */
export function* addRecord(p: Process, path: string, line: string): Steps<void> {
  if (tryStat(p.sys, path) === undefined) return;
  yield* editFile(p, path, (lines) => [...lines, line]);
}

/** Replaces the line whose first field is `name`; `line` undefined removes it. Was it there? */
export function* replaceRecord(
  p: Process,
  path: string,
  name: string,
  line: ((old: string) => string) | undefined,
): Steps<boolean> {
  if (tryStat(p.sys, path) === undefined) return false;
  return yield* editFile(p, path, (lines) => {
    const at = lines.findIndex((l) => l.startsWith(`${name}:`));
    if (at < 0) return undefined;
    const next = [...lines];
    if (line === undefined) next.splice(at, 1);
    else next[at] = line(lines[at] as string);
    return next;
  });
}

/** A line with field `i` replaced. */
export function withField(line: string, i: number, value: string): string {
  const fields = line.split(":");
  fields[i] = value;
  return fields.join(":");
}

/** Adds a user to the members of a group or takes him out; whether the group's line changed. */
export function* editMembers(
  p: Process,
  group: string,
  change: (members: string[]) => string[],
): Steps<boolean> {
  let changed = false;
  yield* replaceRecord(p, "/etc/group", group, (line) => {
    const before = (line.split(":")[3] ?? "").split(",").filter((m) => m !== "");
    const after = change(before);
    changed = after.join(",") !== before.join(",");
    return withField(line, 3, after.join(","));
  });
  return changed;
}

/** Ends the program when a name has characters that names must not have. */
export function checkName(name: string): void {
  for (let i = 0; i < name.length; i++) {
    const c = name.charAt(i);
    if (
      /[A-Za-z0-9_]/.test(c) ||
      (i > 0 && /[.-]/.test(c)) ||
      (c === "$" && i > 0 && i === name.length - 1)
    )
      continue;
    die(`illegal character with code ${name.charCodeAt(i)} at position ${i}`);
  }
}

/** Days since 1970. */
export function today(p: Process): number {
  return Math.floor(p.sys.clock_gettime(CLOCK_REALTIME).sec / 86400);
}
