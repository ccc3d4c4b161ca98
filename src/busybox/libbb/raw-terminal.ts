// The terminal of a pager or monitor: where its keys come from, raw modes, the window's size.
import { Errno } from "../../abi/errno.ts";
import { O_CLOEXEC, O_RDONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { ECHO, ECHONL, ICANON, type Termios, VMIN, VTIME } from "../../abi/termios.ts";
import type { Process } from "../../libc/process.ts";
import { isatty } from "../../libc/stdio.ts";
import { TCSADRAIN, TCSANOW, tcgetattr, tcsetattr, winsize } from "../../libc/termios.ts";
import { open } from "../../libc/unistd.ts";

/** A descriptor for keys when the standard input is what is shown: /dev/tty; undefined without one. */
export function* openTty(p: Process): Steps<number | undefined> {
  try {
    let fd = open(p.sys, "/dev/tty", O_RDONLY | O_CLOEXEC);
    if (isSteps(fd)) fd = yield* fd;
    if (isatty(p.sys, fd)) return fd;
    p.sys.close(fd);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  return undefined;
}

/** Rows and columns of the window behind a descriptor, 24 by 80 where it is not known. */
export function windowSize(p: Process, ...fds: number[]): { rows: number; cols: number } {
  for (const fd of fds) {
    const size = winsize(p.sys, fd);
    if (size !== undefined && size.rows > 0) return size;
  }
  return { rows: 24, cols: 80 };
}

/** A terminal whose keys come as they are typed, without echo, between `raw` and `restore`. */
export class RawTerminal {
  readonly fd: number;
  readonly #p: Process;
  readonly #saved: Termios;

  constructor(p: Process, fd: number) {
    this.#p = p;
    this.fd = fd;
    this.#saved = tcgetattr(p.sys, fd);
  }

  /** `clear` are further modes of lflag to switch off (ISIG). */
  *raw(clear = 0): Steps<void> {
    const raw = { ...this.#saved, cc: this.#saved.cc.slice() };
    raw.lflag &= ~(ICANON | ECHO | ECHONL | clear);
    raw.cc[VMIN] = 1;
    raw.cc[VTIME] = 0;
    yield* tcsetattr(this.#p.sys, this.fd, TCSADRAIN, raw);
  }

  /** Never waits: may be called while the program is being killed. */
  restore(): void {
    tcsetattr(this.#p.sys, this.fd, TCSANOW, this.#saved).next();
  }
}
