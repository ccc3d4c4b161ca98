// Files written to disk one after the other (sync FILE, fsync).
import { Errno } from "../../abi/errno.ts";
import { O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../../abi/fcntl.ts";
import { type Blocking, type Steps, settle } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { open } from "../../libc/unistd.ts";

/** Calls `flush` with a descriptor of each file; 1 where that did not work for all, which is told. */
export function* flushFiles(
  p: Process,
  paths: readonly string[],
  flush: (fd: number) => Blocking<void>,
): Steps<number> {
  const { sys } = p;
  let status = 0;
  for (const path of paths) {
    let message = `can't open '${path}'`;
    try {
      const fd = yield* settle(open(sys, path, O_RDONLY | O_NOCTTY | O_NONBLOCK));
      message = path;
      try {
        yield* settle(flush(fd));
      } finally {
        sys.close(fd);
      }
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn(message, e);
      status = 1;
    }
  }
  return status;
}
