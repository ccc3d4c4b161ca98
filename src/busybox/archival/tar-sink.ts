// Where tar c writes: a descriptor, directly or through a compressor.
import { EPIPE, Errno } from "../../abi/errno.ts";
import { O_CLOEXEC } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { SIG_DFL, SIG_IGN, SIGPIPE } from "../../abi/signal.ts";
import { Bzip2 } from "../../lib/bzip2.ts";
import { Gzip } from "../../lib/gzip.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { execOrDie, exitStatus, findExecutable, waitpid } from "../../libc/spawn.ts";
import { writeAll } from "../../libc/unistd.ts";
import { BLOCK_COST, type Format } from "./codec.ts";
import type { Sink } from "./tar-write.ts";

/** The sink for a format; its errors end the program. */
export function* sinkFor(p: Process, fd: number, format: Format | undefined): Steps<Sink> {
  if (format === undefined) return { write: (bytes) => writeTo(p, fd, bytes), *end() {} };
  if (format === "gzip" || format === "bzip2") return packed(p, fd, format);
  return yield* piped(p, fd, format === "compress" ? "compress" : format);
}

function* writeTo(p: Process, fd: number, bytes: Uint8Array): Steps<void> {
  try {
    yield* writeAll(p.sys, fd, bytes);
  } catch (e) {
    dieErrno("write error", e);
  }
}

function packed(p: Process, fd: number, format: "gzip" | "bzip2"): Sink {
  const encoder = format === "gzip" ? new Gzip() : new Bzip2();
  const { sys } = p;
  return {
    *write(bytes) {
      const out = encoder.encode(bytes);
      sys.budget -= BLOCK_COST;
      if (sys.budget < 0) yield* sys.sched_yield();
      if (out.length > 0) yield* writeTo(p, fd, out);
    },
    *end() {
      yield* writeTo(p, fd, encoder.end());
    },
  };
}

/** Formats that other programs pack, where they are installed. */
function* piped(p: Process, fd: number, program: string): Steps<Sink> {
  const { sys } = p;
  if (findExecutable(sys, program, p.env.get("PATH")) === undefined)
    die(`can't execute '${program}': No such file or directory`);
  const [readEnd, writeEnd] = sys.pipe2(O_CLOEXEC);
  const f = p.stdout.flush();
  if (f) yield* f;
  const pid = sys.fork(function* (child) {
    child.dup2(readEnd, 0);
    child.dup2(fd, 1);
    child.close(writeEnd);
    return yield* execOrDie(p, [program, "-cf", "-"], child);
  });
  sys.close(readEnd);
  const action = sys.rt_sigaction(SIGPIPE);
  if (action.handler === SIG_DFL) sys.rt_sigaction(SIGPIPE, { ...action, handler: SIG_IGN });
  let gone = false;
  return {
    *write(bytes) {
      if (gone) return;
      try {
        yield* writeAll(sys, writeEnd, bytes);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        if (e !== EPIPE) dieErrno("write error", e);
        gone = true;
      }
    },
    *end() {
      sys.close(writeEnd);
      const status = exitStatus(yield* waitpid(sys, pid));
      if (gone || status !== 0) die("write error");
    },
  };
}
