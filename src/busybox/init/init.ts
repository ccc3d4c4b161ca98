// init: the first process: runs what /etc/inittab says, adopts orphans, takes the machine down (init(8))
import { ECHILD, EINTR, Errno } from "../../abi/errno.ts";
import { O_NOCTTY, O_RDWR, O_WRONLY } from "../../abi/fcntl.ts";
import { RB_AUTOBOOT, RB_DISABLE_CAD, RB_HALT_SYSTEM, RB_POWER_OFF } from "../../abi/mount.ts";
import { isSteps, type Steps, type Sys, settle } from "../../abi/program.ts";
import {
  SIG_DFL,
  SIG_SETMASK,
  SIGCONT,
  SIGHUP,
  SIGINT,
  SIGKILL,
  SIGQUIT,
  SIGTERM,
  SIGTSTP,
  SIGUSR1,
  SIGUSR2,
  WNOHANG,
} from "../../abi/signal.ts";
import { TIOCSCTTY } from "../../abi/termios.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { die, type Process } from "../../libc/process.ts";
import { execOrDie } from "../../libc/spawn.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, readText, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { BANNER } from "../libbb/applet.ts";
import { type Action, DEFAULT_INITTAB, type InitAction, parseInittab } from "./inittab.ts";

const INITTAB = "/etc/inittab";
const PATH = "/sbin:/usr/sbin:/bin:/usr/bin";
/** Between asking processes to end and ending them. */
const GRACE_MS = 1000;
/** Between the starts of what ends too soon. */
const RESPAWN_MS = 1000;
const NO_SIGNALS = { lo: 0, hi: 0 };
const DOWN: Readonly<Record<number, readonly [cmd: number, word: string]>> = {
  [SIGUSR1]: [RB_HALT_SYSTEM, "halt"],
  [SIGUSR2]: [RB_POWER_OFF, "poweroff"],
  [SIGTERM]: [RB_AUTOBOOT, "reboot"],
};

/** Pid 1 and what it was told. */
class Init {
  readonly #p: Process;
  readonly #sys: Sys;
  #actions: InitAction[] = [];
  #console = "/dev/console";
  /** Signals that arrived and have not been acted upon. */
  readonly #signals: number[] = [];
  #stopped = false;
  /** Commands that are on their way down are not started again. */
  #down = false;

  constructor(p: Process) {
    this.#p = p;
    this.#sys = p.sys;
  }

  *run(): Steps<number> {
    const { sys } = this.#p;
    for (const signo of [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2]) {
      const handler = (): void => {
        this.#signals.push(signo);
      };
      sys.rt_sigaction(signo, { handler, flags: 0, mask: NO_SIGNALS });
    }
    sys.reboot(RB_DISABLE_CAD);
    const given = this.#p.env.get("CONSOLE") ?? this.#p.env.get("console");
    if (given !== undefined) this.#console = given;
    this.#environment();
    yield* this.#say(`init started: ${BANNER.replace(" multi-call binary.\n", "")}`, true);
    yield* this.#load();
    const arg = this.#p.argv[1];
    if (arg !== undefined && /^(single|-s|s|1)$/.test(arg))
      this.#actions.unshift({ action: "respawn", terminal: "", command: "-/bin/sh", pid: 0 });
    else {
      yield* this.#runAll("sysinit");
      yield* this.#runAll("wait");
      yield* this.#runAll("once");
    }
    for (;;) {
      yield* this.#startRespawns();
      yield* this.#wait();
    }
  }

  #environment(): void {
    const { env } = this.#p;
    const term = env.get("TERM") ?? "linux";
    env.clear();
    env.set("HOME", "/");
    env.set("TERM", term);
    env.set("PATH", PATH);
    env.set("SHELL", "/bin/sh");
    env.set("USER", "root");
  }

  /** A line on the console and in the kernel's log. */
  *#say(text: string, log = false): Steps<void> {
    for (const path of log ? ["/dev/kmsg"] : [this.#console]) {
      try {
        const fd = yield* settle(open(this.#sys, path, O_WRONLY | O_NOCTTY));
        try {
          yield* writeAll(this.#sys, fd, bytesOf(log ? `<5>${text}\n` : `${text}\r\n`));
        } finally {
          this.#sys.close(fd);
        }
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
    }
  }

  *#load(): Steps<void> {
    const text = yield* readText(this.#sys, INITTAB, 1 << 20);
    const bad: number[] = [];
    const actions = parseInittab(text ?? DEFAULT_INITTAB, (line) => bad.push(line));
    for (const line of bad) yield* this.#say(`Bad inittab entry at line ${line}`);
    // What runs and is still wanted goes on; the rest is left to end by itself.
    for (const action of actions) {
      const same = this.#actions.find(
        (old) =>
          old.pid > 0 &&
          old.action === action.action &&
          old.terminal === action.terminal &&
          old.command === action.command,
      );
      if (same !== undefined) action.pid = same.pid;
    }
    this.#actions = actions;
  }

  #of(action: Action): InitAction[] {
    return this.#actions.filter((each) => each.action === action);
  }

  /** Runs those of one kind, one after the other. */
  *#runAll(kind: Action): Steps<void> {
    for (const action of this.#of(kind)) {
      const pid = yield* this.#start(action);
      if (kind === "once") continue;
      action.pid = pid;
      while (action.pid > 0) yield* this.#reap(0);
    }
  }

  *#startRespawns(): Steps<void> {
    if (this.#stopped || this.#down) return;
    for (const action of this.#actions) {
      if (action.pid > 0 || (action.action !== "respawn" && action.action !== "askfirst")) continue;
      action.pid = yield* this.#start(action);
    }
  }

  /** Starts a command in a session of its own on its terminal. */
  *#start(action: InitAction): Steps<number> {
    const terminal = action.terminal === "" ? this.#console : action.terminal;
    const ask = action.action === "askfirst";
    return this.#sys.fork((sys) => this.#child(sys, action, terminal, ask));
  }

  *#child(sys: Sys, action: InitAction, terminal: string, ask: boolean): Steps<number> {
    for (const signo of [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2])
      sys.rt_sigaction(signo, { handler: SIG_DFL, flags: 0, mask: NO_SIGNALS });
    sys.rt_sigprocmask(SIG_SETMASK, NO_SIGNALS);
    sys.setsid();
    try {
      const fd = yield* settle(open(sys, terminal, O_RDWR | O_NOCTTY));
      for (const to of [0, 1, 2]) if (fd !== to) sys.dup2(fd, to);
      if (fd > 2) sys.close(fd);
      yield* settle(sys.ioctl(0, TIOCSCTTY, 0));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      if (action.terminal !== "" && e.code !== "EPERM") {
        yield* this.#say(`can't open ${terminal}: ${strerror(e)}`, true);
        yield* settle(sys.nanosleep(RESPAWN_MS));
        return 1;
      }
    }
    if (ask) {
      yield* writeAll(sys, 1, bytesOf("\nPlease press Enter to activate this console. "));
      for (;;) {
        const got = yield* settle(sys.read(0, 1));
        if (got.length === 0 || got[0] === 10) break;
      }
    }
    return yield* execOrDie(this.#p, commandLine(action.command), sys);
  }

  /** Waits for a child to end, or for a signal. */
  *#reap(options: number): Steps<boolean> {
    try {
      let waited = this.#sys.wait4(-1, options);
      if (isSteps(waited)) waited = yield* waited;
      if (waited === undefined) return false;
      for (const action of this.#actions) if (action.pid === waited.pid) action.pid = 0;
      return true;
    } catch (e) {
      if (e === EINTR) yield* this.#obey();
      else if (e === ECHILD) return false;
      else throw e;
      return true;
    }
  }

  *#wait(): Steps<void> {
    if (yield* this.#reap(0)) {
      const quick = this.#actions.some((each) => each.pid === 0 && each.action === "respawn");
      // Nothing is started again more often than this.
      if (quick) yield* this.#pause(RESPAWN_MS);
      return;
    }
    try {
      yield* settle(this.#sys.rt_sigsuspend(NO_SIGNALS));
    } catch (e) {
      if (e !== EINTR) throw e;
    }
    yield* this.#obey();
  }

  /** Sleeps, or less when a signal comes. */
  *#pause(ms: number): Steps<void> {
    try {
      yield* settle(this.#sys.nanosleep(ms));
    } catch (e) {
      if (e !== EINTR) throw e;
    }
    yield* this.#obey();
  }

  *#obey(): Steps<void> {
    // Whoever asks again while the system goes down is not heard.
    while (!this.#down) {
      const signo = this.#signals.shift();
      if (signo === undefined) return;
      const down = DOWN[signo];
      if (down !== undefined) yield* this.#takeDown(...down);
      else if (signo === SIGINT) yield* this.#runAll("ctrlaltdel");
      else if (signo === SIGHUP) yield* this.#load();
      else if (signo === SIGQUIT) yield* this.#restart();
      else this.#stopped = signo === SIGTSTP;
    }
  }

  /** Ends all services and processes. */
  *#endAll(): Steps<void> {
    this.#down = true;
    yield* this.#runAll("shutdown");
    yield* this.#say("The system is going down NOW!");
    for (const [signo, name] of [
      [SIGTERM, "SIGTERM"],
      [SIGKILL, "SIGKILL"],
    ] as const) {
      try {
        this.#sys.kill(-1, signo);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
      yield* this.#say(`Sent ${name} to all processes`);
      // Whoever ends at once need not be waited for.
      const until = GRACE_MS / 50;
      for (let i = 0; i < until && (yield* this.#left()); i++) yield* this.#pause(50);
    }
    yield* settle(this.#sys.sync());
  }

  /** Are there processes but this one? */
  *#left(): Steps<boolean> {
    try {
      for (;;) {
        let waited = this.#sys.wait4(-1, WNOHANG);
        if (isSteps(waited)) waited = yield* waited;
        if (waited === undefined) return true;
      }
    } catch (e) {
      if (e === ECHILD) return false;
      if (e !== EINTR) throw e;
      return true;
    }
  }

  *#takeDown(cmd: number, word: string): Steps<void> {
    yield* this.#endAll();
    yield* this.#say(`Requesting system ${word}`);
    yield* settle(this.#sys.reboot(cmd));
  }

  *#restart(): Steps<void> {
    const [action] = this.#of("restart");
    if (action === undefined) return;
    yield* this.#endAll();
    yield* execOrDie(this.#p, commandLine(action.command), this.#sys);
  }
}

/** "-" in front makes a login shell; what is more than words is the shell's business. */
function commandLine(command: string): string[] {
  if (/[~`!$^&*()=|\\{}[\];"'<>?]/.test(command))
    return ["/bin/sh", "-c", `exec ${command.replace(/^-/, "")}`];
  return command.split(/[ \t]+/).filter((word) => word !== "");
}

function* main(p: Process): Steps<number> {
  if (p.sys.getpid() !== 1) die("must be run as PID 1");
  return yield* new Init(p).run();
}

export const init: Applet = {
  name: "init",
  path: "/sbin/init",
  usage: `

The first process: starts what /etc/inittab lists, over and over where it says so, and never ends

Signals:
	HUP	Read /etc/inittab again
	TSTP	Start nothing again until CONT comes
	QUIT	Become another init
	USR1, TERM, USR2, INT	Halt, reboot, power off, Ctrl-Alt-Del
`,
  main,
};
