// less's input: a file or pipe, read only as far as it is looked at.
import { Errno } from "../../../abi/errno.ts";
import { O_CLOEXEC, O_RDONLY } from "../../../abi/fcntl.ts";
import { POLLIN } from "../../../abi/poll.ts";
import { isSteps, type Steps, type Sys } from "../../../abi/program.ts";
import { strOf } from "../../../lib/bytes.ts";
import { S_ISREG } from "../../../libc/stat.ts";
import { open } from "../../../libc/unistd.ts";

/** Bytes kept of one input; what comes after is not read. */
const MAX_SIZE = 1 << 29;

/** The lines of one input. */
export class Source {
  /** Name for the prompt. */
  readonly name: string;
  readonly lines: string[] = [];
  /** All was read. */
  eof = false;
  /** Reading it takes no time. */
  readonly regular: boolean;
  readonly #sys: Sys;
  readonly #fd: number;
  #partial = "";
  #size = 0;

  constructor(sys: Sys, fd: number, name: string) {
    this.#sys = sys;
    this.#fd = fd;
    this.name = name;
    this.regular = S_ISREG(sys.fstat(fd).mode);
  }

  close(): void {
    if (this.#fd > 2) this.#sys.close(this.#fd);
  }

  /**
   * Reads until there are `count` lines or no more come. With `tty` it stops as well when a key is there, so
   * that a slow pipe can be left.
   */
  *fill(count: number, tty?: number): Steps<void> {
    while (!this.eof && this.lines.length < count) {
      if (tty !== undefined && !this.regular && (yield* this.#keyFirst(tty))) return;
      let chunk = this.#sys.read(this.#fd, 65536);
      if (isSteps(chunk)) chunk = yield* chunk;
      this.#take(strOf(chunk));
      if (--this.#sys.budget < 0) yield* this.#sys.sched_yield();
    }
  }

  *#keyFirst(tty: number): Steps<boolean> {
    const fds = [
      { fd: this.#fd, events: POLLIN, revents: 0 },
      { fd: tty, events: POLLIN, revents: 0 },
    ];
    let n = this.#sys.poll(fds, -1);
    if (isSteps(n)) n = yield* n;
    return n > 0 && fds[0]?.revents === 0;
  }

  #take(text: string): void {
    this.#size += text.length;
    if (text === "" || this.#size > MAX_SIZE) {
      this.eof = true;
      if (this.#partial !== "") this.lines.push(this.#partial);
      this.#partial = "";
      return;
    }
    const parts = (this.#partial + text).split("\n");
    this.#partial = parts.pop() as string;
    for (const line of parts) this.lines.push(line);
  }
}

/** Opens a file to look at; the Errno when it cannot be read. */
export function* openSource(sys: Sys, path: string): Steps<Source | Errno> {
  try {
    let fd = open(sys, path, O_RDONLY | O_CLOEXEC);
    if (isSteps(fd)) fd = yield* fd;
    return new Source(sys, fd, path);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return e;
  }
}
