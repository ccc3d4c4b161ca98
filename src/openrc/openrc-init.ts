// openrc-init: process 1 of a system that has no other init (openrc-init(8)).
import { ECHILD, EEXIST, EINTR, Errno } from "../abi/errno.ts";
import { O_RDONLY } from "../abi/fcntl.ts";
import { RB_AUTOBOOT, RB_DISABLE_CAD, RB_HALT_SYSTEM, RB_POWER_OFF } from "../abi/mount.ts";
import { isSteps, type Program, type Steps } from "../abi/program.ts";
import {
  SIG_SETMASK,
  SIGCHLD,
  SIGINT,
  SIGKILL,
  SIGPWR,
  SIGTERM,
  type SigSet,
  WNOHANG,
} from "../abi/signal.ts";
import { S_IFIFO } from "../abi/stat.ts";
import { strOf } from "../lib/bytes.ts";
import { UserDb } from "../libc/passwd.ts";
import { execOrDie } from "../libc/spawn.ts";
import { strerror } from "../libc/strerror.ts";
import { mknod, open } from "../libc/unistd.ts";
import { done, failure } from "./librc/dirs.ts";
import { DEFAULT, INIT_FIFO, VERSION } from "./librc/paths.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { runlevelExists } from "./librc/runlevel.ts";
import { defaultSignals, setSignal } from "./librc/signals.ts";

/** Not known to Linux as a reboot command here: the kernel says what it thinks of it. */
const RB_KEXEC = 0x45584543;
const bit = (signo: number): number => 1 << (signo - 1);
const HANDLED = [SIGCHLD, SIGINT, SIGTERM, SIGPWR];
const MASK: SigSet = {
  lo: ~HANDLED.reduce((bits, signo) => bits | bit(signo), 0) >>> 0,
  hi: 0xffff_ffff,
};

class Init {
  readonly #rc: Rc;
  readonly #level: string | undefined;
  /** What a signal has asked for. */
  #asked: "halt" | "reboot" | undefined;

  constructor(rc: Rc, level: string | undefined) {
    this.#rc = rc;
    this.#level = level;
    rc.sys.rt_sigprocmask(SIG_SETMASK, MASK);
    setSignal(rc.sys, SIGCHLD, () => {});
    setSignal(rc.sys, SIGINT, () => {
      this.#asked = "reboot";
    });
    for (const signo of [SIGTERM, SIGPWR])
      setSignal(rc.sys, signo, () => {
        this.#asked = "halt";
      });
  }

  *#say(text: string): Steps<void> {
    yield* this.#rc.print(text);
    yield* this.#rc.flush();
  }

  /** Runs a program and waits for it, burying others' children meanwhile. */
  *#run(argv: readonly string[], session: boolean): Steps<void> {
    const rc = this.#rc;
    const pid = rc.sys.fork(function* (child) {
      if (session) done(() => child.setsid());
      defaultSignals(child, HANDLED);
      child.rt_sigprocmask(SIG_SETMASK, { lo: 0, hi: 0 });
      return yield* execOrDie(rc.p, argv, child);
    });
    for (;;) {
      try {
        let ended = rc.sys.wait4(-1, 0);
        if (isSteps(ended)) ended = yield* ended;
        if (ended?.pid === pid) return;
      } catch (e) {
        if (e === ECHILD) return;
        if (e !== EINTR) throw e;
      }
    }
  }

  *#openrc(level: string): Steps<void> {
    yield* this.#say(`Starting ${level} runlevel\n`);
    yield* this.#run(["openrc", level], true);
  }

  /** Brings the system up. */
  *up(): Steps<void> {
    const rc = this.#rc;
    yield* this.#openrc("sysinit");
    yield* this.#openrc("boot");
    let level = this.#level ?? (yield* rc.conf()).get("rc_default_runlevel") ?? DEFAULT;
    if (!runlevelExists(rc.sys, level)) {
      yield* this.#say(`${level} is an invalid runlevel\n`);
      level = DEFAULT;
    }
    yield* this.#openrc(level);
  }

  *#down(level: string, command: number): Steps<void> {
    const { sys } = this.#rc;
    yield* this.#openrc(level);
    yield* this.#say("Sending the final term signal\n");
    done(() => sys.kill(-1, SIGTERM));
    try {
      const nap = sys.nanosleep(3000);
      if (isSteps(nap)) yield* nap;
    } catch (e) {
      if (e !== EINTR) throw e;
    }
    yield* this.#say("Sending the final kill signal\n");
    done(() => sys.kill(-1, SIGKILL));
    const sync = sys.sync();
    if (isSteps(sync)) yield* sync;
    try {
      const call = sys.reboot(command);
      if (isSteps(call)) yield* call;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* this.#rc.complain(`init: reboot: ${strerror(e)}`);
    }
  }

  *#single(): Steps<void> {
    const rc = this.#rc;
    yield* this.#openrc("single");
    const conf = yield* rc.conf();
    const user = yield* new UserDb(rc.sys).getpwuid(rc.sys.getuid());
    const shell = conf.get("rc_shell") ?? rc.env("SHELL") ?? user?.shell ?? "/bin/sh";
    yield* this.#run([shell], false);
    yield* this.up();
  }

  /** Waits for commands in the pipe, for ever. */
  *serve(): Steps<never> {
    for (;;) {
      const asked = this.#asked;
      this.#asked = undefined;
      if (asked === "reboot") yield* this.#down("reboot", RB_AUTOBOOT);
      else if (asked === "halt") yield* this.#down("shutdown", RB_HALT_SYSTEM);
      this.#reap();
      const command = yield* this.#command();
      if (command !== undefined) {
        yield* this.#say(`PID1: Received "${command}" from FIFO...\n`);
        yield* this.#obey(command);
      }
      const { sys } = this.#rc;
      if (--sys.budget < 0) yield* sys.sched_yield();
    }
  }

  #reap(): void {
    try {
      for (;;) {
        const ended = this.#rc.sys.wait4(-1, WNOHANG);
        if (ended === undefined) return;
      }
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  *#command(): Steps<string | undefined> {
    const { sys } = this.#rc;
    try {
      let fd = open(sys, INIT_FIFO, O_RDONLY);
      if (isSteps(fd)) fd = yield* fd;
      const opened = fd;
      try {
        let chunk = sys.read(opened, 2047);
        if (isSteps(chunk)) chunk = yield* chunk;
        return strOf(chunk);
      } finally {
        sys.close(opened);
      }
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      if (e === EINTR) return undefined;
      yield* this.#rc.complain(`fopen: ${strerror(e)}`);
      try {
        const nap = sys.nanosleep(1000);
        if (isSteps(nap)) yield* nap;
      } catch (again) {
        if (again !== EINTR) throw again;
      }
      return undefined;
    }
  }

  *#obey(command: string): Steps<void> {
    const rc = this.#rc;
    if (command === "halt") yield* this.#down("shutdown", RB_HALT_SYSTEM);
    else if (command === "poweroff") yield* this.#down("shutdown", RB_POWER_OFF);
    else if (command === "reboot") yield* this.#down("reboot", RB_AUTOBOOT);
    else if (command === "kexec") yield* this.#down("reboot", RB_KEXEC);
    else if (command === "single") yield* this.#single();
    else if (command === "reexec")
      yield* execOrDie(rc.p, [rc.p.argv[0] ?? "openrc-init", "reexec"], rc.sys);
  }
}

function* main(rc: Rc): Steps<number> {
  const { sys } = rc;
  if (sys.getpid() !== 1) return 1;
  yield* rc.print(`OpenRC init version ${VERSION} starting\n`);
  yield* rc.flush();
  const level = rc.p.argv[1];
  const init = new Init(rc, level);
  done(() => {
    sys.reboot(RB_DISABLE_CAD);
  });
  rc.setenv("PATH", "/sbin:/usr/sbin:/bin:/usr/bin");
  if (level !== "reexec") yield* init.up();
  const error = failure(() => mknod(sys, INIT_FIFO, S_IFIFO | 0o600, 0));
  if (error !== undefined && error !== EEXIST) yield* rc.complain(`mkfifo: ${strerror(error)}`);
  return yield* init.serve();
}

/** The program. */
export const openrcInit: Program = rcProgram(main);
