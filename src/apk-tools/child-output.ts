// Children whose output is shown line by line with something in front, as version 3 shows that of scripts.
import { EAGAIN, EINTR, Errno } from "../abi/errno.ts";
import { O_CLOEXEC } from "../abi/fcntl.ts";
import { POLLHUP, POLLIN, type PollFd } from "../abi/poll.ts";
import { type Steps, type Sys, settle } from "../abi/program.ts";
import { WNOHANG } from "../abi/signal.ts";
import { strOf } from "../lib/bytes.ts";
import { waitpid } from "../libc/spawn.ts";
import { BUFSIZ } from "../libc/stdio.ts";
import type { Context } from "./context.ts";

/** A longer line is cut. */
const LINE_MAX = 8192;
/** How often it is asked whether a child has ended whose output somebody keeps open. */
const PATIENCE_MS = 200;

/** Cuts what comes into lines. */
class Lines {
  readonly #show: (line: string) => Steps<void>;
  #rest = "";

  constructor(show: (line: string) => Steps<void>) {
    this.#show = show;
  }

  *take(text: string): Steps<void> {
    this.#rest += text;
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end < 0 && this.#rest.length < LINE_MAX) return;
      const line = this.#rest.slice(0, end < 0 ? LINE_MAX : end);
      this.#rest = this.#rest.slice(end < 0 ? LINE_MAX : end + 1);
      yield* this.#show(line);
    }
  }

  *end(): Steps<void> {
    if (this.#rest !== "") yield* this.#show(this.#rest);
    this.#rest = "";
  }
}

/** Runs `main` in a child, each line that it writes shown behind `prefix`; its wait status. */
export function* runShown(
  ctx: Context,
  prefix: string,
  main: (sys: Sys) => Steps<number>,
): Steps<number> {
  const { sys, print } = ctx;
  const [out, outEnd] = sys.pipe2(O_CLOEXEC);
  const [err, errEnd] = sys.pipe2(O_CLOEXEC);
  const pid = sys.fork(function* (child: Sys): Steps<number> {
    child.dup2(outEnd, 1);
    child.dup2(errEnd, 2);
    return yield* main(child);
  });
  sys.close(outEnd);
  sys.close(errEnd);
  const streams: [fd: number, lines: Lines][] = [
    [out, new Lines((line) => print.out(`${prefix}${line}\n`))],
    [err, new Lines((line) => print.complain(`${prefix}${line}\n`))],
  ];
  let ended: number | undefined;
  try {
    const open = new Map(streams);
    while (open.size > 0) {
      const fds = [...open.keys()].map((fd): PollFd => ({ fd, events: POLLIN, revents: 0 }));
      const ready = yield* settle(sys.poll(fds, ended === undefined ? PATIENCE_MS : 0));
      if (ready === 0) {
        if (ended !== undefined) break;
        ended = (yield* settle(sys.wait4(pid, WNOHANG)))?.status;
      }
      for (const { fd, revents } of fds)
        if ((revents & (POLLIN | POLLHUP)) !== 0 && !(yield* readInto(sys, fd, open.get(fd))))
          open.delete(fd);
    }
    for (const [, lines] of streams) yield* lines.end();
  } finally {
    sys.close(out);
    sys.close(err);
  }
  return ended ?? (yield* waitpid(sys, pid));
}

/** False at the end. */
function* readInto(sys: Sys, fd: number, lines: Lines | undefined): Steps<boolean> {
  try {
    const chunk = yield* settle(sys.read(fd, BUFSIZ));
    if (chunk.length === 0) return false;
    if (lines !== undefined) yield* lines.take(strOf(chunk));
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return e === EINTR || e === EAGAIN;
  }
}
