// What gzip, bzip2, xz and lzma do with their operands: each FILE replaced by FILE with or without a suffix.
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD, O_CREAT, O_EXCL, O_RDONLY, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import type { Options } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { isatty } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import { chmod, open, unlink } from "../../libc/unistd.ts";
import { PackedError } from "./codec.ts";

/**
 * Moves one file from descriptor to descriptor, `to` being undefined for a test. Answers the size that -v
 * compares with, 0 where the original has none; throws PackedError.
 */
export type Transform = (from: number, to: number | undefined) => Steps<number>;

export interface PackFiles {
  transform: Transform;
  /** The name of the result; undefined when NAME's suffix is none that is known. */
  rename(name: string): string | undefined;
}

/** Does it for all operands, or stdin. */
export function* packFiles(p: Process, opt: Options, how: PackFiles): Steps<number> {
  let status = 0;
  for (const name of opt.operands.length === 0 ? ["-"] : opt.operands)
    if (!(yield* one(p, opt, how, name))) status = 1;
  return status;
}

function* one(p: Process, opt: Options, how: PackFiles, name: string): Steps<boolean> {
  const { sys } = p;
  const test = opt.has("t");
  const toStdout = opt.has("c") || test || name === "-";
  let from = 0;
  if (name !== "-") {
    try {
      from = yield* settle(open(sys, name, O_RDONLY));
    } catch (e) {
      yield* p.warn(name, e);
      return false;
    }
  } else if (!opt.has("f") && isatty(sys, 0)) {
    yield* p.warnx("compressed data not read from terminal, use -f to force it");
    return false;
  }
  let to: number | undefined;
  let target = "";
  try {
    if (!toStdout) {
      const renamed = how.rename(name);
      if (renamed === undefined) {
        yield* p.warnx(`${name}: unknown suffix - ignored`);
        return false;
      }
      target = renamed;
      const force = opt.has("f");
      try {
        const flags = O_WRONLY | O_CREAT | (force ? O_TRUNC : O_EXCL);
        to = yield* settle(open(sys, target, flags, sys.fstat(from).mode & 0o7777));
        chmod(sys, target, sys.fstat(from).mode & 0o7777);
      } catch (e) {
        yield* p.warn(`can't open '${target}'`, e);
        return false;
      }
    }
    let size: number;
    try {
      size = yield* how.transform(from, test ? undefined : (to ?? 1));
    } catch (e) {
      if (!(e instanceof PackedError)) throw e;
      yield* p.warnx(e.message);
      if (!toStdout) unlink(sys, target);
      return false;
    }
    if (toStdout) return true;
    const st = sys.fstat(from);
    sys.utimensat(AT_FDCWD, target, st.atime, st.mtime, 0);
    if (!opt.has("k")) {
      try {
        unlink(sys, name);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        yield* p.warnx(`can't remove file '${name}': ${strerror(e)}`);
        return false;
      }
    }
    if (opt.has("v")) {
      // The original counts without sign, so what grew shows as a very large number.
      const percent = size === 0 ? 100 : 100 - Math.trunc((st.size * 100) / size);
      const w = p.stderr.puts(`${name}: ${percent >>> 0}% - replaced with ${target}\n`);
      if (w) yield* w;
    }
    return true;
  } finally {
    if (name !== "-") sys.close(from);
    if (to !== undefined) sys.close(to);
  }
}

/** Takes a suffix off: the part of the name before it. */
export function withoutSuffix(name: string, suffix: string): string | undefined {
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : undefined;
}
