// tail -f and -F: waiting for files to grow.
import { Errno } from "../../../abi/errno.ts";
import { AT_FDCWD, SEEK_CUR, SEEK_SET } from "../../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../../abi/program.ts";
import type { Process } from "../../../libc/process.ts";
import { S_ISREG } from "../../../libc/stat.ts";
import type { Input } from "../../../libc/stdio.ts";
import { strerror } from "../../../libc/strerror.ts";
import { COPY_SIZE } from "../../libbb/copy.ts";
import { closeInput, openInput } from "../../libbb/inputs.ts";

/** A file by name, and open unless it is not there. */
export interface Followed {
  name: string;
  input: Input | undefined;
}

export interface FollowOptions {
  /** Look again by name (-F). */
  retry: boolean;
  pauseMs: number;
  /** A name before what is added to another file than last time. */
  headers: boolean;
}

/** Takes the file that the name stands for now: says what became of the old one. */
function* reopen(p: Process, file: Followed, lost: Set<Followed>): Steps<void> {
  const { name, input } = file;
  const st = p.sys.tryStatat(AT_FDCWD, name, 0);
  if (input !== undefined) {
    const old = p.sys.fstat(input.fd);
    if (!(st instanceof Errno) && st.dev === old.dev && st.ino === old.ino) return;
    if (st instanceof Errno && !lost.has(file)) {
      lost.add(file);
      yield* p.warnx(`${name} has been renamed or deleted: ${strerror(st)}`);
    }
  }
  if (st instanceof Errno) return;
  try {
    file.input = yield* openInput(p, name);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return;
  }
  lost.delete(file);
  const what = input === undefined ? "appeared" : "been replaced";
  yield* p.warnx(`${name} has ${what}; following end of new file`);
  if (input !== undefined) closeInput(p, input);
}

/** Goes on for ever: prints what is added to the files. */
export function* follow(
  p: Process,
  files: readonly Followed[],
  options: FollowOptions,
): Steps<number> {
  const { sys, stdout } = p;
  const lost = new Set<Followed>();
  let last = files.at(-1);
  for (;;) {
    yield* settle(sys.nanosleep(options.pauseMs));
    for (const file of files) {
      if (options.retry && file.name !== "-") yield* reopen(p, file, lost);
      const { input } = file;
      if (input === undefined) continue;
      const st = sys.fstat(input.fd);
      // Cut short, so begun anew. Files the kernel makes up are always of size 0.
      if (S_ISREG(st.mode) && st.size > 0 && sys.lseek(input.fd, 0, SEEK_CUR) > st.size)
        sys.lseek(input.fd, 0, SEEK_SET);
      for (;;) {
        let chunk = input.read(COPY_SIZE);
        if (isSteps(chunk)) chunk = yield* chunk;
        if (chunk.length === 0) break;
        if (options.headers && file !== last) {
          const w = stdout.puts(`\n==> ${file.name} <==\n`);
          if (w) yield* w;
        }
        last = file;
        const w = stdout.write(chunk);
        if (w) yield* w;
      }
    }
    const f = stdout.flush();
    if (f) yield* f;
    if (stdout.error !== undefined) return 1;
  }
}
