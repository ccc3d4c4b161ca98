// The supervisor itself: one daemon, its ends, its health, and what it is told through its pipe.
import { EINTR, Errno } from "../../abi/errno.ts";
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from "../../abi/fcntl.ts";
import { POLLIN } from "../../abi/poll.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import {
  NSIG,
  SIG_SETMASK,
  SIGALRM,
  SIGCHLD,
  SIGTERM,
  type SigSet,
  WEXITSTATUS,
  WIFEXITED,
  WIFSIGNALED,
  WNOHANG,
  WTERMSIG,
} from "../../abi/signal.ts";
import { strOf } from "../../lib/bytes.ts";
import { Exit, Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, unlink, writeFile } from "../../libc/unistd.ts";
import { daemonSet } from "../librc/daemon.ts";
import { DaemonChild, type Identity } from "../librc/daemon-process.ts";
import { done } from "../librc/dirs.ts";
import { LOG_ERR, LOG_INFO, LOG_WARNING } from "../librc/einfo.ts";
import { Rc } from "../librc/rc.ts";
import { runSchedule, type Schedule } from "../librc/schedule.ts";
import { markService, resolveService } from "../librc/service.ts";
import { defaultSignals, setSignal } from "../librc/signals.ts";
import { dateText } from "../librc/times.ts";
import { valueSet } from "../librc/values.ts";

/** All signals but those that the supervisor has handlers for. */
const BLOCKED: SigSet = {
  lo: ~((1 << (SIGCHLD - 1)) | (1 << (SIGTERM - 1)) | (1 << (SIGALRM - 1))) >>> 0,
  hi: 0xffff_ffff,
};

export class Supervision {
  #rc: Rc;
  readonly #service: string;
  readonly #id: Identity;
  readonly #argv: readonly string[];
  pidfile = "";
  fifo = "";
  schedule: Schedule = [];
  healthTimer = 0;
  healthDelay = 0;
  respawnDelay = 0;
  respawnMax = 10;
  respawnPeriod = 0;
  /** The daemon's pid. */
  child = 0;
  #respawns = 0;
  #firstSpawn = 0;
  /** Seconds of the monotonic clock when the daemon's health is looked at; Infinity: never. */
  #nextCheck = Number.POSITIVE_INFINITY;
  #exiting = false;
  #failing = false;
  #mask: SigSet | undefined;

  constructor(rc: Rc, service: string, id: Identity, argv: readonly string[]) {
    this.#rc = rc;
    this.#service = service;
    this.#id = id;
    this.#argv = argv;
  }

  get #program(): string {
    return this.#argv[0] ?? "";
  }
  #log(level: number, text: string): void {
    this.#rc.einfo.syslog(level, this.#rc.applet, text);
  }
  #now(): number {
    const { sec, nsec } = this.#rc.sys.clock_gettime(1);
    return sec + nsec / 1e9;
  }

  /** Keeps what a supervisor needs to go on in the place of this one. */
  *remember(): Steps<void> {
    const values: [string, string][] = [
      ["pidfile", this.pidfile],
      ["respawn_delay", String(this.respawnDelay)],
      ["respawn_max", String(this.respawnMax)],
      ["respawn_period", String(this.respawnPeriod)],
      ...this.#argv.map((arg, i): [string, string] => [`argv_${i}`, arg]),
      ["argc", String(this.#argv.length)],
      ["exec", this.#program],
    ];
    for (const [name, value] of values) yield* valueSet(this.#rc.sys, this.#service, name, value);
  }

  /** The child that becomes the supervisor: cut off from its terminal, with the daemon as its child. */
  *begin(sys: Sys): Steps<number> {
    const { p } = this.#rc;
    // From here on messages are the supervisor's.
    this.#rc = new Rc(new Process(sys, p.argv, p.environ()));
    const tty = new DaemonChild(this.#rc, sys, this.#id);
    let null_ = open(sys, "/dev/null", O_RDWR);
    if (isSteps(null_)) null_ = yield* null_;
    for (const fd of [0, 1, 2]) sys.dup2(null_, fd);
    if (null_ > 2) sys.close(null_);
    this.#spawn(sys);
    yield* tty.leaveTerminal();
    return yield* this.supervise(sys);
  }

  #spawn(sys: Sys): void {
    const mask = this.#mask;
    const respawns = this.#respawns;
    this.child = sys.fork((child) => this.#daemon(child, mask, respawns));
  }

  /** The daemon's process until it is the daemon. */
  *#daemon(sys: Sys, mask: SigSet | undefined, respawns: number): Steps<number> {
    const rc = new Rc(new Process(sys, this.#rc.p.argv, this.#rc.p.environ()));
    if (mask !== undefined) sys.rt_sigprocmask(SIG_SETMASK, mask);
    defaultSignals(sys, [SIGALRM, SIGCHLD, SIGTERM]);
    const child = new DaemonChild(rc, sys, this.#id);
    try {
      const time = yield* dateText(rc.p, sys.clock_gettime(0).sec);
      yield* valueSet(sys, this.#service, "start_time", time);
      yield* valueSet(sys, this.#service, "start_count", String(respawns));
      yield* valueSet(sys, this.#service, "child_pid", String(sys.getpid()));
      yield* child.settle();
      yield* child.become();
      yield* child.streams({ stdin: true, output: false }, 0o600);
      rc.einfo.syslog(LOG_INFO, rc.applet, `Child command line: ${this.#argv.join(" ")} `);
      return yield* child.exec(this.#program, this.#argv);
    } catch (e) {
      if (e instanceof Exit) return e.status ?? 1;
      throw e;
    }
  }

  /** Watches over the daemon until it is to end. */
  *supervise(sys: Sys): Steps<number> {
    const record = { exec: this.#program, argv: this.#argv, pidfile: this.pidfile };
    this.#mask = sys.rt_sigprocmask(SIG_SETMASK, BLOCKED);
    setSignal(sys, SIGTERM, () => {
      this.#exiting = true;
    });
    for (const signo of [SIGALRM, SIGCHLD]) setSignal(sys, signo, () => {});
    try {
      yield* writeFile(sys, this.pidfile, `${sys.getpid()}\n`);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      this.#log(LOG_ERR, `fopen \`${this.pidfile}': ${strerror(e)}`);
      return 1;
    }
    yield* daemonSet(sys, this.#service, record, true);
    let fifo = open(sys, this.fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (isSteps(fifo)) fifo = yield* fifo;
    this.#setCheck(this.healthDelay || this.healthTimer);
    while (!this.#exiting) yield* this.#turn(sys, fifo);
    if (!this.#failing) yield* this.#stopDaemon();
    yield* daemonSet(sys, this.#service, record, false);
    yield* valueSet(sys, this.#service, "child_pid", undefined);
    yield* markService(sys, this.#service, "stopped");
    if (this.#failing) yield* markService(sys, this.#service, "failed");
    done(() => unlink(sys, this.pidfile));
    done(() => unlink(sys, this.fifo));
    return 0;
  }

  #setCheck(seconds: number): void {
    this.#nextCheck = seconds > 0 ? this.#now() + seconds : Number.POSITIVE_INFINITY;
  }

  /** One thing that happens: the daemon's end, a word in the pipe, the time of a health check. */
  *#turn(sys: Sys, fifo: number): Steps<void> {
    let status = yield* this.#ended(sys);
    if (status === undefined && !this.#exiting) {
      yield* this.#wait(sys, fifo);
      status = yield* this.#ended(sys);
    }
    if (this.#exiting) return;
    if (status !== undefined) {
      const { child } = this;
      if (WIFEXITED(status))
        this.#log(
          LOG_WARNING,
          `${this.#program}, pid ${child}, exited with return code ${WEXITSTATUS(status)}`,
        );
      else if (WIFSIGNALED(status))
        this.#log(
          LOG_WARNING,
          `${this.#program}, pid ${child}, terminated by signal ${WTERMSIG(status)}`,
        );
      yield* this.#respawn(sys);
    } else if (this.#now() >= this.#nextCheck) yield* this.#checkHealth(sys);
  }

  *#ended(sys: Sys): Steps<number | undefined> {
    try {
      let done_ = sys.wait4(this.child, WNOHANG);
      if (isSteps(done_)) done_ = yield* done_;
      return done_?.status;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      // Not a child of this process, or not any more.
      return e === EINTR ? undefined : 0;
    }
  }

  *#wait(sys: Sys, fifo: number): Steps<void> {
    const row = { fd: fifo, events: POLLIN, revents: 0 };
    const left = this.#nextCheck - this.#now();
    try {
      const timeout = Number.isFinite(left) ? Math.max(0, Math.ceil(left * 1000)) : -1;
      const call = sys.poll([row], timeout);
      if (isSteps(call)) yield* call;
    } catch (e) {
      if (e !== EINTR) throw e;
    }
    if ((row.revents & POLLIN) === 0) return;
    let text = sys.read(fifo, 2048);
    if (isSteps(text)) text = yield* text;
    const signo = Number(/^sig\S*\s+([0-9]+)/i.exec(strOf(text))?.[1] ?? -1);
    if (signo < 0 || signo >= NSIG) return;
    this.#log(LOG_INFO, `Sending signal ${signo} to ${this.child}`);
    if (!done(() => sys.kill(this.child, signo)))
      this.#log(LOG_ERR, `Unable to send signal ${signo} to ${this.child}`);
  }

  *#respawn(sys: Sys): Steps<void> {
    this.#setCheck(0);
    const now = sys.clock_gettime(0).sec;
    if (this.#firstSpawn === 0) this.#firstSpawn = now;
    if (this.respawnPeriod > 0 && now - this.#firstSpawn > this.respawnPeriod) {
      this.#respawns = 0;
      this.#firstSpawn = 0;
    } else this.#respawns++;
    if (this.respawnMax > 0 && this.#respawns > this.respawnMax) {
      this.#log(LOG_WARNING, `respawned "${this.#program}" too many times, exiting`);
      this.#exiting = true;
      this.#failing = true;
      return;
    }
    if (this.respawnDelay > 0) {
      try {
        const nap = sys.nanosleep(this.respawnDelay * 1000);
        if (isSteps(nap)) yield* nap;
      } catch (e) {
        if (e !== EINTR) throw e;
      }
    }
    if (this.#exiting) {
      // Nothing is left to be stopped.
      this.child = 0;
      return;
    }
    this.#spawn(sys);
    this.#setCheck(this.healthDelay || this.healthTimer);
  }

  /** Has the script look; a daemon that is not well is stopped and started again. */
  *#checkHealth(sys: Sys): Steps<void> {
    if ((yield* this.#script(sys, "healthcheck")) === 0) {
      this.#setCheck(this.healthTimer);
      return;
    }
    this.#log(LOG_WARNING, `health check for ${this.#service} failed`);
    yield* this.#script(sys, "unhealthy");
    yield* this.#stopDaemon();
    if (done(() => sys.kill(this.child, 0))) this.#setCheck(this.healthTimer);
    else yield* this.#respawn(sys);
  }

  *#script(sys: Sys, command: string): Steps<number> {
    const file = resolveService(sys, this.#service);
    if (file === undefined) return 0;
    const envp = this.#rc.p.environ();
    const mask = this.#mask;
    const pid = sys.fork(function* (child) {
      if (mask !== undefined) child.rt_sigprocmask(SIG_SETMASK, mask);
      defaultSignals(child, [SIGALRM, SIGCHLD, SIGTERM]);
      const call = child.execve(file, [file, command], envp);
      return isSteps(call) ? yield* call : call;
    });
    for (;;) {
      try {
        let ended = sys.wait4(pid, 0);
        if (isSteps(ended)) ended = yield* ended;
        return ended?.status ?? 1;
      } catch (e) {
        if (e !== EINTR) return 1;
      }
    }
  }

  *#stopDaemon(): Steps<void> {
    const { sys } = this.#rc;
    if (this.child === 0 || (yield* this.#ended(sys)) !== undefined) return;
    this.#log(LOG_INFO, `stopping ${this.#program}, pid ${this.child}`);
    // One that has ended and is not waited for would look alive.
    setSignal(sys, SIGCHLD, () => {
      try {
        sys.wait4(this.child, WNOHANG);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
    });
    const manner = { test: false, progress: false, quiet: true, abort: undefined };
    const count = yield* runSchedule(this.#rc, this.schedule, { pid: this.child }, manner);
    if (count < 0) this.#log(LOG_INFO, `Unable to kill ${this.child}`);
    setSignal(sys, SIGCHLD, () => {});
  }
}
