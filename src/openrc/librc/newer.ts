// Which of files and whole directories is newer (rc_newer_than(3)).
import { Errno } from "../../abi/errno.ts";
import type { Steps, Sys } from "../../abi/program.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import { readDir, tryStat } from "../../libc/unistd.ts";

/** The newest file found: its time in seconds and its name. */
export interface Newest {
  time: number;
  file: string;
}

/** Raises `newest` to the newest of a path and all below it; whether there was something newer. */
export function* raise(sys: Sys, path: string, newest: Newest): Steps<boolean> {
  const st = tryStat(sys, path);
  if (st === undefined) return false;
  let raised = false;
  if (newest.time < st.mtime.sec) {
    newest.time = st.mtime.sec;
    newest.file = path;
    raised = true;
  }
  if (!S_ISDIR(st.mode)) return raised;
  try {
    const entries = yield* readDir(sys, path);
    for (const { name } of entries)
      if (!name.startsWith(".") && (yield* raise(sys, `${path}/${name}`, newest))) raised = true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  return raised;
}

/** Is `source` there, and nothing at or below `target` newer? */
export function* newerThan(sys: Sys, source: string, target: string): Steps<boolean> {
  const st = tryStat(sys, source);
  if (st === undefined) return false;
  return !(yield* raise(sys, target, { time: st.mtime.sec, file: "" }));
}
