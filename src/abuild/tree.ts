// The files of a package that was put together, in the order in which they are packed.
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import type { Stat } from "../abi/stat.ts";
import { S_ISDIR, S_ISLNK, S_ISREG } from "../libc/stat.ts";
import { lstat, open, readDir, readlink } from "../libc/unistd.ts";

/** The longest path and the deepest folder that a package may have. */
const PATH_MAX = 4096;

/** A file below the package's folder. */
export interface TreeFile {
  /** Without a slash at either end. */
  readonly path: string;
  readonly stat: Stat;
  /** Of a symbolic link. */
  readonly target: string;
}

/** All files below a folder, each folder before what is in it, names in byte order. */
export function* readTree(sys: Sys, root: string): Steps<TreeFile[]> {
  const all: TreeFile[] = [];
  yield* walk(sys, root, "", all);
  return all;
}

function* walk(sys: Sys, root: string, at: string, all: TreeFile[]): Steps<void> {
  const entries = yield* readDir(sys, at === "" ? root : `${root}/${at}`);
  const names = entries.map((entry) => entry.name).sort();
  for (const name of names) {
    const path = at === "" ? name : `${at}/${name}`;
    if (path.length > PATH_MAX) throw new RangeError("path too long");
    const stat = lstat(sys, `${root}/${path}`);
    const target = S_ISLNK(stat.mode) ? readlink(sys, `${root}/${path}`) : "";
    all.push({ path, stat, target });
    if (S_ISDIR(stat.mode)) yield* walk(sys, root, path, all);
  }
}

/** What the files take when they are installed: content, names of one inode once; 1 for a package of anything else. */
export function installedSize(files: readonly TreeFile[], hasScripts: boolean): number {
  const seen = new Set<string>();
  let size = 0;
  for (const { stat } of files) {
    if (!S_ISREG(stat.mode)) continue;
    const identity = `${stat.dev}:${stat.ino}`;
    if (stat.nlink > 1 && seen.has(identity)) continue;
    seen.add(identity);
    size += stat.size;
  }
  return size > 0 || (files.length === 0 && !hasScripts) ? size : 1;
}

/** Passes a file's bytes on, piece by piece. */
export function* eachChunk(
  sys: Sys,
  path: string,
  use: (chunk: Uint8Array) => void | Steps<void>,
): Steps<void> {
  const opening = open(sys, path);
  const fd = isSteps(opening) ? yield* opening : opening;
  try {
    for (;;) {
      const reading = sys.read(fd, 65536);
      const chunk = isSteps(reading) ? yield* reading : reading;
      if (chunk.length === 0) return;
      const more = use(chunk);
      if (more) yield* more;
    }
  } finally {
    sys.close(fd);
  }
}
