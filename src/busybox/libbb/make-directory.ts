// mkdir with parents and a mode: for mkdir, install -d, install -D, tar.
import { EEXIST, EISDIR, Errno } from "../../abi/errno.ts";
import { AT_FDCWD } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import type { Output } from "../../libc/stdio.ts";
import { chmod, mkdir } from "../../libc/unistd.ts";

export interface MakeDirectory {
  /** Mode of the last directory, exactly; undefined: 0777 without the umask's bits. */
  mode?: number | undefined;
  /** -p: make what is missing on the way, and be content with what is there. */
  parents?: boolean;
  /** Says "created directory: 'x'" here. */
  verbose?: Output | undefined;
}

/** Makes a directory; a failure is reported ("can't create directory 'x': why") and gives false. */
export function* makeDirectory(p: Process, path: string, how: MakeDirectory): Steps<boolean> {
  const { sys } = p;
  const paths: string[] = [];
  // As the original shows it, a parent ends in its slash.
  if (how.parents === true)
    for (const slashes of path.matchAll(/(?<=[^/])\/+(?=[^/])/g))
      paths.push(path.slice(0, slashes.index) + slashes[0]);
  paths.push(path);
  for (const [i, part] of paths.entries()) {
    const last = i === paths.length - 1;
    try {
      if (last) mkdir(sys, part, how.mode === undefined ? 0o777 : how.mode & 0o777);
      else {
        // The owner must be able to go on below, whatever the umask.
        const mask = sys.umask(0);
        try {
          mkdir(sys, part, (0o777 & ~mask) | 0o300);
        } finally {
          sys.umask(mask);
        }
      }
    } catch (e) {
      // What is there already may be a link to a directory, or on a read-only file system.
      if (!(e instanceof Errno)) throw e;
      const there = how.parents === true ? sys.tryStatat(AT_FDCWD, part, 0) : undefined;
      if (there !== undefined && !(there instanceof Errno) && S_ISDIR(there.mode)) continue;
      const why = there instanceof Errno && e === EEXIST ? there : e === EISDIR ? EEXIST : e;
      yield* p.warn(`can't create directory '${part}'`, why);
      return false;
    }
    if (how.verbose !== undefined) {
      const w = how.verbose.puts(`created directory: '${part}'\n`);
      if (w) yield* w;
    }
    if (last && how.mode !== undefined) {
      try {
        chmod(sys, part, how.mode);
      } catch (e) {
        yield* p.warn(`can't set permissions of directory '${part}'`, e);
        return false;
      }
    }
  }
  return true;
}
