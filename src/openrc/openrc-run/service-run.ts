// One run of an init script: what its parts share, and how the shell is called with it.
import { EAGAIN, EINTR, EIO, Errno } from "../../abi/errno.ts";
import { LOCK_NB, LOCK_SH, O_NONBLOCK, O_RDONLY } from "../../abi/fcntl.ts";
import { POLLHUP, POLLIN } from "../../abi/poll.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import {
  SIGCHLD,
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGTERM,
  SIGWINCH,
  WEXITSTATUS,
  WNOHANG,
} from "../../abi/signal.ts";
import { strOf } from "../../lib/bytes.ts";
import { Exit } from "../../libc/process.ts";
import { isatty, Output } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import { setWinsize, winsize } from "../../libc/termios.ts";
import { open, unlink } from "../../libc/unistd.ts";
import type { RcConf } from "../librc/conf.ts";
import { type DepOptions, type DepTree, depends } from "../librc/deptree.ts";
import { loadDeptree } from "../librc/deptree-update.ts";
import { done, exists, failure } from "../librc/dirs.ts";
import { execService, svcUnlock } from "../librc/lock.ts";
import { basename, LIBEXECDIR, STARTING, STOPPING, SVCDIR } from "../librc/paths.ts";
import { openPty, type Pty } from "../librc/pty.ts";
import type { Rc } from "../librc/rc.ts";
import {
  STARTING as IS_STARTING,
  STOPPING as IS_STOPPING,
  markedState,
  markService,
  WASINACTIVE,
} from "../librc/service.ts";
import { type Abort, defaultSignals, setSignal } from "../librc/signals.ts";

/** How often the lock of a service is looked at, and how long until that is given up. */
const WAIT_MS = 20;
const TIMEOUT_S = 60;
const WARN_S = 10;

/** Signals whose handlers a child does not keep. */
const HANDLED = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD, SIGWINCH];

export class ServiceRun {
  readonly rc: Rc;
  readonly conf: RcConf;
  /** The script. */
  readonly path: string;
  /** The service's name. */
  readonly name: string;
  readonly level: string;
  readonly abort: Abort;
  /** Dependencies count. */
  deps = true;
  dryRun = false;
  /** The service (de)activates itself: $IN_BACKGROUND. */
  inBackground = false;
  /** The value of $IN_BACKGROUND, which only the script itself gets. */
  backgroundValue: string | undefined;
  /** The lock; undefined while not held. */
  lock: number | undefined;
  /** The service has marked itself: what its script returned does not count. */
  hup = false;
  /** Services to start again after a restart. */
  restart: string[] = [];
  /** Put in front of lines when services start at the same time. */
  prefix: string | undefined;
  #tree: DepTree | undefined;

  constructor(rc: Rc, conf: RcConf, path: string, level: string, abort: Abort) {
    this.rc = rc;
    this.conf = conf;
    this.path = path;
    this.name = basename(path);
    this.level = level;
    this.abort = abort;
  }

  get sys(): Sys {
    return this.rc.sys;
  }
  get starting(): boolean {
    return exists(this.sys, STARTING);
  }
  get stopping(): boolean {
    return exists(this.sys, STOPPING);
  }

  *tree(): Steps<DepTree> {
    if (this.#tree === undefined) {
      const { tree } = yield* loadDeptree(this.rc);
      this.#tree = tree ?? (yield* this.rc.einfo.eerrorx("failed to load deptree"));
    }
    return this.#tree;
  }

  /** What the service depends on, by types. */
  *depends(types: readonly string[], options: DepOptions): Steps<string[]> {
    const tree = yield* this.tree();
    const all = { self: this.rc.self, bootlevel: this.rc.env("RC_BOOTLEVEL"), ...options };
    return depends(this.sys, tree, types, [this.name], this.level, all);
  }

  /** Options of a walk that follows dependencies, strictly unless rc.conf says otherwise. */
  get tracing(): DepOptions {
    return { trace: true, strict: this.conf.yesByDefault("rc_depend_strict") };
  }

  /** Runs another service's script; it is waited for unless services run at the same time. */
  *other(service: string, command: string): Steps<void> {
    const pid = yield* execService(this.rc, service, command);
    if (pid !== undefined && pid > 0 && !this.conf.yes("rc_parallel")) yield* this.abort.wait(pid);
  }

  /** Puts the state back to what it was when this ends before it has succeeded. */
  *restoreState(): Steps<void> {
    if (this.lock === undefined) return;
    const state = markedState(this.sys, this.name);
    const back = (state & WASINACTIVE) !== 0 ? "inactive" : undefined;
    if ((state & IS_STOPPING) !== 0) {
      yield* markService(this.sys, this.name, back ?? "started");
      if (this.stopping) yield* markService(this.sys, this.name, "failed");
    } else if ((state & IS_STARTING) !== 0) {
      yield* markService(this.sys, this.name, back ?? "stopped");
      if (this.starting) yield* markService(this.sys, this.name, "failed");
    }
    this.unlock();
  }

  unlock(): void {
    if (this.lock !== undefined) svcUnlock(this.sys, this.name, this.lock);
    this.lock = undefined;
  }

  /** Forgets that the service was hotplugged. */
  *unhotplug(): Steps<void> {
    const file = `${SVCDIR}/hotplugged/${this.name}`;
    if (!exists(this.sys, file)) return;
    const error = failure(() => unlink(this.sys, file));
    if (error !== undefined)
      yield* this.rc.einfo.eerror(`${this.name}: unlink \`${file}': ${strerror(error)}`);
  }

  /** Waits until nobody starts or stops a service any more; false when that took too long. */
  *waitFor(service: string): Steps<boolean> {
    const { rc, sys } = this;
    const keywords = (yield* this.tree()).depend(service, "keyword");
    const forever = keywords.includes("-timeout") || keywords.includes("notimeout");
    const file = `${SVCDIR}/exclusive/${basename(service)}`;
    for (let waited = 0; ; waited += WAIT_MS) {
      if (yield* this.#isFree(file)) return true;
      yield* this.abort.sleep(WAIT_MS);
      if (forever || waited === 0) continue;
      const left = TIMEOUT_S - Math.ceil(waited / 1000);
      if (left <= 0) return false;
      if (waited % (WARN_S * 1000) === 0)
        yield* rc.einfo.ewarn(`${this.name}: waiting for ${service} (${left} seconds)`);
      if (--sys.budget < 0) yield* sys.sched_yield();
    }
  }

  *#isFree(file: string): Steps<boolean> {
    const { sys } = this;
    let fd: number | undefined;
    try {
      const call = open(sys, file, O_RDONLY | O_NONBLOCK);
      fd = isSteps(call) ? yield* call : call;
      const lock = sys.flock(fd, LOCK_SH | LOCK_NB);
      if (isSteps(lock)) yield* lock;
      return true;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      if (e === EAGAIN) return false;
      if (e.code === "ENOENT") return true;
      return yield* this.rc.einfo.eerrorx(`${this.name}: open \`${file}': ${strerror(e)}`);
    } finally {
      const opened = fd;
      if (opened !== undefined) done(() => sys.close(opened));
    }
  }

  /** Has the shell do a command of the script: the status. */
  *shell(command: string): Steps<number> {
    const { rc, sys } = this;
    const own = `${SVCDIR}/openrc-run.sh`;
    const script = exists(sys, own) ? own : `${LIBEXECDIR}/sh/openrc-run.sh`;
    const argv = [script, this.path, command];
    yield* rc.einfo.veinfo(`Executing: ${script} ${argv.join(" ")}`);
    yield* rc.flush();
    const pty = this.prefix !== undefined && isatty(sys, 1) ? yield* openPty(sys, 1) : undefined;
    const envp = rc.p.environ();
    const pid = sys.fork(function* (child) {
      if (pty !== undefined) {
        child.dup2(pty.slave, 1);
        child.dup2(pty.slave, 2);
      }
      defaultSignals(child, HANDLED);
      try {
        const call = child.execve(script, argv, envp);
        return isSteps(call) ? yield* call : call;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        const text = ` * ${argv[1]}: exec \`${script}': ${strerror(e)}\n`;
        const w = new Output(child, 2, true).puts(text);
        if (w) yield* w;
        return 1;
      }
    });
    this.abort.onSignal = (signo) => done(() => sys.kill(pid, signo));
    try {
      const status = pty === undefined ? yield* this.abort.wait(pid) : yield* this.#relay(pty, pid);
      return WEXITSTATUS(status);
    } finally {
      this.abort.onSignal = undefined;
    }
  }

  /** Passes on what the script writes to its terminal, each line with the prefix; its wait status. */
  *#relay(pty: Pty, pid: number): Steps<number> {
    const { sys } = this;
    sys.close(pty.slave);
    setSignal(sys, SIGCHLD, () => {});
    setSignal(sys, SIGWINCH, () => {
      const size = winsize(sys, 1);
      if (size !== undefined) done(() => setWinsize(sys, pty.master, size));
    });
    const lines = new PrefixedLines(this.rc, this.prefix ?? "");
    let status: number | undefined;
    try {
      for (;;) {
        // What was written before the end is all there when the end is seen.
        const ended = status !== undefined;
        const row = { fd: pty.master, events: POLLIN, revents: 0 };
        let text = "";
        try {
          const call = sys.poll([row], ended ? 0 : 1000);
          if (isSteps(call)) yield* call;
          if ((row.revents & (POLLIN | POLLHUP)) !== 0) {
            let chunk = sys.read(pty.master, 8192);
            if (isSteps(chunk)) chunk = yield* chunk;
            text = strOf(chunk);
          }
        } catch (e) {
          if (e !== EINTR && e !== EIO) throw e;
        }
        yield* this.abort.check();
        if (text !== "") yield* lines.put(text);
        else if (status !== undefined) return status;
        if (status === undefined) {
          let ended = sys.wait4(pid, WNOHANG);
          if (isSteps(ended)) ended = yield* ended;
          status = ended?.status;
        }
      }
    } finally {
      sys.close(pty.master);
    }
  }
}

/** Lines of a service among those of others. */
class PrefixedLines {
  readonly #rc: Rc;
  readonly #head: string;
  #inLine = false;

  constructor(rc: Rc, prefix: string) {
    this.#rc = rc;
    this.#head = `${rc.einfo.color("hilite")}${prefix}${rc.einfo.color("normal")}|`;
  }

  /** Writes a piece at once. Results that go up a line get no prefix. */
  *put(text: string): Steps<void> {
    let out = "";
    for (const part of text.split(/(?<=\n)/)) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: cursor up
      if (!this.#inLine && !/^\x1b\[[0-9;]*A/.test(part)) out += this.#head;
      out += part;
      this.#inLine = !part.endsWith("\n");
    }
    yield* this.#rc.print(out);
    yield* this.#rc.flush();
  }
}

/** Ends the run. */
export function leave(status: number): never {
  throw new Exit(status);
}
