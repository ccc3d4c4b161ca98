// microcom: a terminal on a serial line: stdin goes to it and what it says to stdout
import { EEXIST, Errno } from "../../abi/errno.ts";
import { O_CREAT, O_EXCL, O_NONBLOCK, O_RDWR, O_WRONLY } from "../../abi/fcntl.ts";
import { POLLIN } from "../../abi/poll.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { SIGHUP, SIGINT, SIGPIPE, SIGTERM } from "../../abi/signal.ts";
import {
  CBAUD,
  CLOCAL,
  CREAD,
  ECHO,
  ICANON,
  ISIG,
  OPOST,
  type Termios,
} from "../../abi/termios.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { TCSAFLUSH, TCSANOW, tcgetattr, tcsetattr } from "../../libc/termios.ts";
import { open, unlink, writeAll } from "../../libc/unistd.ts";
import { speedBits } from "../coreutils/stty/modes.ts";
import type { Applet } from "../libbb/applet.ts";
import { openDevice } from "../libbb/device.ts";
import { xatou } from "../libbb/numbers.ts";

const CTRL_X = 0x18;
const LOCKS = "/var/lock";

/** Modes in which every byte passes as it is. */
function raw(modes: Termios, speed: number | undefined): Termios {
  const t = { ...modes, cc: modes.cc.slice(), iflag: 0 };
  t.oflag &= ~OPOST;
  t.lflag &= ~(ICANON | ECHO | ISIG);
  t.cflag |= CREAD | CLOCAL;
  if (speed !== undefined) t.cflag = (t.cflag & ~CBAUD) | speed;
  return t;
}

class Session {
  readonly #p: Process;
  readonly #tty: number;
  readonly #delay: number;
  readonly #plain: boolean;

  constructor(p: Process, tty: number, delay: number, plain: boolean) {
    this.#p = p;
    this.#tty = tty;
    this.#delay = delay;
    this.#plain = plain;
  }

  /** Until the terminal, or the user with Ctrl-X, ends it: the status. */
  *run(timeout: number): Steps<number> {
    const { sys } = this.#p;
    const line = { fd: this.#tty, events: POLLIN, revents: 0 };
    const keys = { fd: 0, events: POLLIN, revents: 0 };
    let fds = [line, keys];
    for (;;) {
      if ((yield* settle(sys.poll(fds, timeout))) === 0) return 0;
      if (line.revents !== 0) {
        const bytes = yield* settle(sys.read(this.#tty, 4096));
        if (bytes.length === 0) return 0;
        yield* writeAll(sys, 1, bytes);
      }
      if (fds.includes(keys) && keys.revents !== 0) {
        const bytes = yield* settle(sys.read(0, this.#delay >= 0 ? 1 : 4096));
        if (bytes.length === 0) fds = [line];
        else if (!(yield* this.#send(bytes, line))) return 0;
      }
    }
  }

  *#send(bytes: Uint8Array, line: { fd: number; events: number; revents: number }): Steps<boolean> {
    const { sys } = this.#p;
    const stop = this.#plain ? -1 : bytes.indexOf(CTRL_X);
    let data = stop < 0 ? bytes : bytes.subarray(0, stop);
    // Ctrl-@ stands for a break, which no line here has.
    if (!this.#plain) data = data.filter((b) => b !== 0);
    if (data.length > 0) yield* writeAll(sys, this.#tty, data);
    if (this.#delay > 0) yield* settle(sys.poll([line], this.#delay));
    return stop < 0;
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "Xs:d:t:", { min: 1, max: 1 });
  const { sys } = p;
  const number = (key: string): number => (opt.has(key) ? xatou(opt.get(key) as string) : -1);
  const [baud, delay, timeout] = [number("s"), number("d"), number("t")];
  const speed = baud < 0 ? undefined : (speedBits(baud) ?? die(`invalid argument '${baud}'`));
  const path = opt.operands[0] as string;
  const lock = `${LOCKS}/LCK..${path.slice(path.lastIndexOf("/") + 1)}`;
  let locked = false;
  try {
    const fd = yield* settle(open(sys, lock, O_WRONLY | O_CREAT | O_EXCL, 0o644));
    yield* writeAll(sys, fd, bytesOf(`${String(sys.getpid()).padStart(4)}\n`));
    sys.close(fd);
    locked = true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    // Without the folder there are no locks.
    if (e === EEXIST) dieErrno(`can't create '${lock}'`, e);
  }
  let status = 0;
  const restore: (() => void)[] = [];
  try {
    for (const signo of [SIGHUP, SIGINT, SIGTERM, SIGPIPE])
      sys.rt_sigaction(signo, {
        handler: () => {
          status = signo;
        },
        flags: 0,
        mask: { lo: 0, hi: 0 },
      });
    const tty = yield* openDevice(p, path, O_RDWR | O_NONBLOCK);
    const set = function* (fd: number, name: string, baudBits?: number): Steps<void> {
      try {
        const before = tcgetattr(sys, fd);
        yield* tcsetattr(sys, fd, TCSAFLUSH, raw(before, baudBits));
        restore.push(() => void tcsetattr(sys, fd, TCSANOW, before).next());
      } catch (e) {
        dieErrno(`can't tcsetattr for ${name}`, e);
      }
    };
    yield* set(tty, path, speed);
    if (sys.isatty(0)) yield* set(0, "stdin");
    try {
      return yield* new Session(p, tty, delay, opt.has("X")).run(timeout);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return status;
    }
  } finally {
    for (const back of restore) back();
    if (locked) unlink(sys, lock);
  }
}

export const microcom: Applet = {
  name: "microcom",
  path: "/usr/bin/microcom",
  usage: `[-d DELAY] [-t TIMEOUT] [-s SPEED] [-X] TTY

Send stdin to TTY and print what TTY sends; Ctrl-X ends it

	-d DELAY	Wait up to so many ms for TTY before each byte
	-t TIMEOUT	End when nothing came for so many ms
	-s SPEED	Speed of the line
	-X	Ctrl-X and NUL are bytes as any other
`,
  main,
};
