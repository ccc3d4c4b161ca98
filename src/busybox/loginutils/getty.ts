// getty: waits at a terminal for somebody to log in (getty(8))
import { EINTR, Errno } from "../../abi/errno.ts";
import { O_NONBLOCK, O_RDWR } from "../../abi/fcntl.ts";
import { POLLIN } from "../../abi/poll.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { SIG_IGN, SIGINT } from "../../abi/signal.ts";
import {
  CLOCAL,
  CREAD,
  CRTSCTS,
  CS8,
  CSIZE,
  ECHO,
  ECHOE,
  ECHOK,
  ECHOKE,
  HUPCL,
  ICANON,
  ICRNL,
  ISIG,
  IXON,
  ONLCR,
  OPOST,
  type Termios,
  TIOCSCTTY,
  VEOF,
  VEOL,
  VERASE,
  VINTR,
  VKILL,
  VMIN,
  VQUIT,
  VTIME,
} from "../../abi/termios.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { die, dieErrno, Exit, type Process } from "../../libc/process.ts";
import { execOrDie } from "../../libc/spawn.ts";
import { isatty } from "../../libc/stdio.ts";
import { TCSADRAIN, TCSANOW, tcgetattr, tcsetattr } from "../../libc/termios.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { issueText } from "../libbb/issue.ts";

const NAME_MAX = 64;
const BS = 8;
const DEL = 127;
const CTRL = (letter: string): number => letter.charCodeAt(0) & 31;

/** A terminal that somebody may log in at. */
class Line {
  readonly #p: Process;
  readonly #opt: Options;
  readonly #tty: string;

  constructor(p: Process, opt: Options, tty: string) {
    this.#p = p;
    this.#opt = opt;
    this.#tty = tty;
  }

  *#put(text: string): Steps<void> {
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
    const f = this.#p.stdout.flush();
    if (f) yield* f;
  }

  /** Makes the terminal the session's, with the three streams on it. */
  *open(): Steps<void> {
    const { sys } = this.#p;
    if (sys.getpid() !== sys.getsid(0)) {
      // Whoever leads a group cannot begin a session.
      if (sys.getpgid(0) === sys.getpid()) die("setsid: Operation not permitted");
      sys.setsid();
    }
    if (this.#tty !== "-") {
      const path = this.#tty.startsWith("/") ? this.#tty : `/dev/${this.#tty}`;
      try {
        const fd = yield* settle(open(sys, path, O_RDWR | O_NONBLOCK));
        if (fd !== 0) {
          sys.dup2(fd, 0);
          sys.close(fd);
        }
        sys.fchown(0, 0, 0);
        sys.fchmod(0, 0o620);
      } catch (e) {
        dieErrno(`can't open '${path}'`, e);
      }
    }
    sys.fcntl(0, 4, O_RDWR);
    sys.dup2(0, 1);
    sys.dup2(0, 2);
    if (!isatty(sys, 0)) die(`${this.#tty}: not a tty`);
    try {
      yield* settle(sys.ioctl(0, TIOCSCTTY, 1));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  /** Modes for reading a name: each key as it comes, nothing echoed by the terminal. */
  *raw(): Steps<Termios> {
    const modes = tcgetattr(this.#p.sys, 0);
    modes.cflag &= ~(CSIZE | CRTSCTS);
    modes.cflag |= CS8 | CREAD | HUPCL | (this.#opt.has("L") ? CLOCAL : 0);
    if (this.#opt.has("h")) modes.cflag |= CRTSCTS;
    modes.iflag = 0;
    modes.lflag = 0;
    modes.oflag = OPOST | ONLCR;
    modes.cc[VMIN] = 1;
    modes.cc[VTIME] = 0;
    yield* tcsetattr(this.#p.sys, 0, TCSADRAIN, modes);
    return modes;
  }

  /** Modes as login and shells expect them. */
  *cooked(modes: Termios, newline: number): Steps<void> {
    modes.lflag |= ICANON | ISIG | ECHO | ECHOE | ECHOK | ECHOKE;
    modes.iflag |= IXON | (newline === 13 ? ICRNL : 0);
    modes.oflag |= OPOST | ONLCR;
    modes.cc[VINTR] = CTRL("C");
    modes.cc[VQUIT] = CTRL("\\");
    modes.cc[VEOF] = CTRL("D");
    modes.cc[VEOL] = 0;
    modes.cc[VERASE] = DEL;
    modes.cc[VKILL] = CTRL("U");
    yield* tcsetattr(this.#p.sys, 0, TCSANOW, modes);
  }

  *#key(deadline: number): Steps<number> {
    const { sys } = this.#p;
    for (;;) {
      try {
        if (deadline > 0) {
          const left = Math.max(0, deadline - sys.clock_gettime(1).sec) * 1000;
          let n = sys.poll([{ fd: 0, events: POLLIN, revents: 0 }], left);
          if (isSteps(n)) n = yield* n;
          if (n === 0) throw new Exit(0);
        }
        let chunk = sys.read(0, 1);
        if (isSteps(chunk)) chunk = yield* chunk;
        // The line was hung up.
        const [c] = chunk;
        if (c === undefined) throw new Exit(1);
        return c;
      } catch (e) {
        if (e !== EINTR) throw e;
      }
    }
  }

  /** Asks until there is a name; the key that ended it comes with it. */
  *name(): Steps<[name: string, newline: number]> {
    const p = this.#p;
    const seconds = Number(this.#opt.get("t") ?? 0);
    const deadline = seconds > 0 ? p.sys.clock_gettime(1).sec + seconds : 0;
    for (;;) {
      const issue = this.#opt.has("i")
        ? ""
        : yield* issueText(p, this.#opt.get("f") ?? "/etc/issue", this.#tty);
      yield* this.#put(`\r\n${issue}${p.sys.uname().nodename} login: `);
      let name = "";
      for (;;) {
        const c = yield* this.#key(deadline);
        if (c === 10 || c === 13) {
          yield* this.#put("\r\n");
          if (name !== "") return [name, c];
          break;
        }
        if (c === CTRL("D") && name === "") throw new Exit(0);
        if (c === CTRL("C")) throw new Exit(1);
        if (c === BS || c === DEL) {
          if (name !== "") yield* this.#put("\b \b");
          name = name.slice(0, -1);
        } else if (c === CTRL("U")) {
          yield* this.#put("\b \b".repeat(name.length));
          name = "";
        } else if (c >= 32 && c < 127 && name.length < NAME_MAX) {
          name += String.fromCharCode(c);
          yield* this.#put(String.fromCharCode(c));
        }
      }
    }
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "I:LH:f:hil:mt:wn", { min: 2, max: 3 });
  // "38400 tty1" and "tty1 38400" are both in use.
  let [rates = "", tty = "", term] = opt.operands;
  if (/^\d/.test(tty)) [rates, tty] = [tty, rates];
  if (!rates.split(",").every((rate) => /^\d+$/.test(rate))) die(`bad speed: ${rates}`);
  // Hang-ups and keys are for whoever logs in.
  p.sys.rt_sigaction(SIGINT, { handler: SIG_IGN, flags: 0, mask: { lo: 0, hi: 0 } });
  const line = new Line(p, opt, tty);
  yield* line.open();
  const modes = yield* line.raw();
  const init = opt.get("I");
  if (init !== undefined) {
    const w = p.stdout.puts(
      init.replace(/\\(\d{3})/g, (_, n: string) => String.fromCharCode(Number.parseInt(n, 8))),
    );
    if (w) yield* w;
  }
  if (opt.has("w")) {
    for (let c = 0; c !== 10 && c !== 13; ) {
      const chunk = yield* settle(p.sys.read(0, 1));
      c = chunk[0] ?? 10;
    }
  }
  const login = opt.get("l") ?? "/bin/login";
  const [name, newline] = opt.has("n") ? ["", 13] : yield* line.name();
  yield* line.cooked(modes, newline);
  p.sys.rt_sigaction(SIGINT, { handler: 0, flags: 0, mask: { lo: 0, hi: 0 } });
  if (term !== undefined) p.env.set("TERM", term);
  return yield* execOrDie(p, name === "" ? [login] : [login, "--", name]);
}

export const getty: Applet = {
  name: "getty",
  path: "/sbin/getty",
  usage: `[-hiLmnw] [-I TEXT] [-f FILE] [-l LOGIN] [-t SECONDS] [-H HOST] BAUD[,BAUD]... TTY [TERM]

Ask at a terminal who is there, and run login

	-h	Hardware flow control
	-i	Do not show /etc/issue
	-L	The line is local: there is no carrier to look for
	-m	The modem tells the speed
	-n	Do not ask for a name
	-w	Wait for a key before anything is shown
	-I TEXT	Send this first
	-f FILE	Show this instead of /etc/issue
	-l LOGIN	Run this instead of /bin/login
	-t SECONDS	End if nobody comes
	-H HOST	For utmp: the host somebody comes from
`,
  main,
};
