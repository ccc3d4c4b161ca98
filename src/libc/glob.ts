// glob(3): path names that match a shell pattern, found by looking into directories.
import { ENOMEM, Errno } from "../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_RDONLY } from "../abi/fcntl.ts";
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import { DT_DIR, DT_LNK, DT_UNKNOWN } from "../abi/stat.ts";
import { compilePattern, splitPath } from "./fnmatch.ts";
import { S_ISDIR } from "./stat.ts";
import { tryLstat, tryStat } from "./unistd.ts";

export interface GlobOptions {
  /** GLOB_MARK: directories get a slash at their end. */
  mark?: boolean;
  /** GLOB_PERIOD: names with a leading period need no period in the pattern. */
  period?: boolean;
  /** `?` and brackets stand for UTF-8 characters; so unless told. */
  utf8?: boolean;
}

/** Names found before it is given up. */
const MOST = 1 << 20;

function hasMagic(part: string): boolean {
  return /[*?[]/.test(part);
}

function unquote(part: string): string {
  return part.includes("\\") ? part.replace(/\\(.)/gs, "$1") : part;
}

/**
 * The names that match, in byte order; none when nothing does. A backslash quotes. Directories that
 * cannot be read are passed over.
 */
export function* glob(sys: Sys, pattern: string, options: GlobOptions = {}): Steps<string[]> {
  const parts = splitPath(pattern);
  const found: string[] = [];
  yield* expand(sys, "", parts, 0, options, found);
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Goes on from `prefix`, which is empty or ends in a slash, with the parts from `at`. */
function* expand(
  sys: Sys,
  prefix: string,
  parts: readonly string[],
  at: number,
  o: GlobOptions,
  found: string[],
): Steps<void> {
  let path = prefix;
  let i = at;
  for (; i < parts.length && !hasMagic(parts[i] as string); i++)
    path += unquote(parts[i] as string) + (i + 1 < parts.length ? "/" : "");
  if (i === parts.length) {
    // "x/" names x only if that is a directory.
    const there = path.endsWith("/") ? tryStat(sys, path) : tryLstat(sys, path);
    if (there !== undefined && path !== "") add(sys, path, o, found);
    return;
  }
  const part = parts[i] as string;
  const last = i + 1 === parts.length;
  const compiled = compilePattern(part, { utf8: o.utf8 ?? true });
  const dots = o.period === true || part[0] === "." || part.startsWith("\\.");
  const names: string[] = [];
  try {
    let fd = sys.openat(AT_FDCWD, path === "" ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (isSteps(fd)) fd = yield* fd;
    try {
      for (let batch = sys.getdents(fd); batch.length > 0; batch = sys.getdents(fd)) {
        for (const d of batch) {
          if (d.name[0] === "." && !dots) continue;
          const mayLead = last || d.type === DT_DIR || d.type === DT_LNK || d.type === DT_UNKNOWN;
          if (mayLead && compiled.matches(d.name)) names.push(d.name);
        }
        if (--sys.budget < 0) yield* sys.sched_yield();
      }
    } finally {
      sys.close(fd);
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return;
  }
  for (const name of names) {
    if (last) add(sys, path + name, o, found);
    else yield* expand(sys, `${path}${name}/`, parts, i + 1, o, found);
  }
}

function add(sys: Sys, path: string, o: GlobOptions, found: string[]): void {
  if (found.length >= MOST) throw ENOMEM;
  const mark = o.mark === true && !path.endsWith("/") && S_ISDIR(tryStat(sys, path)?.mode ?? 0);
  found.push(mark ? `${path}/` : path);
}
