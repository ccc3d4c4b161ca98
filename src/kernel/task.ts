// Tasks, thread groups, process groups and sessions (Linux: task_struct, signal_struct).
import type { Steps } from "../abi/program.ts";
import type { RLimit } from "../abi/resource.ts";
import type { SigAction, SigInfo } from "../abi/signal.ts";
import type { Cred } from "./cred.ts";
import type { FdTable } from "./fdtable.ts";
import type { Path } from "./fs/file.ts";
import type { MountNamespace } from "./fs/mount.ts";
import { Members } from "./idtable.ts";
import type { Kernel } from "./kernel.ts";
import type { Tty } from "./tty/tty.ts";
import { type Sleep, WaitQueue } from "./wait.ts";

/** Root, working directory and umask (struct fs_struct). */
export interface FsInfo {
  root: Path;
  cwd: Path;
  umask: number;
}

/** Processes that job control treats as one. */
export class ProcessGroup {
  readonly id: number;
  readonly session: Session;
  readonly members: Members<ThreadGroup> = new Members<ThreadGroup>();

  constructor(id: number, session: Session) {
    this.id = id;
    this.session = session;
  }
}

/** Process groups that share a controlling terminal. */
export class Session {
  readonly id: number;
  /** The controlling terminal, if any. */
  tty: Tty | undefined;
  /** The process whose pid is the session id; undefined once it has exited. */
  leader: ThreadGroup | undefined;
  /** Foreground group at the time the terminal was hung up; its leader's exit tells that group. */
  oldForeground = 0;

  constructor(id: number) {
    this.id = id;
  }
}

/** Signals waiting to be delivered: a bit set and, for real-time signals, a queue. */
export interface PendingSignals {
  lo: number;
  hi: number;
  infos: SigInfo[];
}

/** What the threads of a process share. */
export class ThreadGroup {
  readonly kernel: Kernel;
  /** The process id. */
  readonly pid: number;
  readonly tasks: Members<Task> = new Members<Task>();
  leader!: Task;
  parent: ThreadGroup | undefined;
  readonly children: Members<ThreadGroup> = new Members<ThreadGroup>();
  pgrp: ProcessGroup;
  /**
   * Dispositions by signal number; absent = SIG_DFL. Shared by the threads, and with forked processes: a
   * change puts another map in place ({@link setAction}).
   */
  actions: ReadonlyMap<number, SigAction>;
  readonly pending: PendingSignals = { lo: 0, hi: 0, infos: [] };
  /** Limits by number; shared with forked processes: a change puts another array in place. */
  rlimits: readonly RLimit[];
  /** Woken when a child changes state (wait4). */
  readonly childQueue: WaitQueue = new WaitQueue();
  /** wait4 status once all threads are gone: a zombie until reaped. */
  exitStatus: number | undefined;
  /** Set while exiting as a whole (exit_group, fatal signal): status for the zombie. */
  exiting: number | undefined;
  /** The signal that stopped the group, while stopped. */
  stopped: number | undefined;
  /** Told to the parent? (WUNTRACED, WCONTINUED report once.) */
  stopReport: "stopped" | "continued" | undefined;
  /** The program that runs, for /proc/PID/exe; set by {@link setExe}. */
  exe: Path | undefined;
  argv: readonly string[] = [];
  envp: readonly string[] = [];
  /** True after execve: setpgid by the parent is refused. */
  execed = false;
  readonly startMs: number;
  /** CPU time of dead threads and, for c*, of reaped children, in milliseconds. */
  utimeMs = 0;
  stimeMs = 0;
  cutimeMs = 0;
  cstimeMs = 0;
  nice = 0;
  /** As ioprio_get(2) tells it: class << 13 | level. */
  ioprio = 0;
  /** As personality(2) tells it. */
  personality = 0;
  /** For processes that the host started: told the wait4 status when the process has ended. */
  onExit: ((status: number) => void) | undefined;
  /** ITIMER_REAL: absolute deadline and interval, in monotonic ms; owned by time.ts. */
  realTimer: { deadlineMs: number; intervalMs: number; cancel: () => void } | undefined;

  constructor(
    kernel: Kernel,
    pid: number,
    pgrp: ProcessGroup,
    actions: ReadonlyMap<number, SigAction>,
    rlimits: readonly RLimit[],
  ) {
    this.kernel = kernel;
    this.pid = pid;
    this.pgrp = pgrp;
    this.actions = actions;
    this.rlimits = rlimits;
    this.startMs = kernel.monotonic();
    pgrp.members.add(this);
  }

  get session(): Session {
    return this.pgrp.session;
  }

  /** Another program runs, or none any more: the file lives as long as it does. */
  setExe(exe: Path | undefined): void {
    exe?.dentry.inode.hold();
    const old = this.exe;
    this.exe = exe;
    old?.dentry.inode.unhold();
  }

  /** Sets a disposition; undefined is SIG_DFL. */
  setAction(signo: number, action: SigAction | undefined): void {
    const actions = new Map(this.actions);
    if (action === undefined) actions.delete(signo);
    else actions.set(signo, action);
    this.actions = actions;
  }
}

export type TaskState = "runnable" | "sleeping" | "parked" | "dead";

/** One thread of execution: a generator that the scheduler resumes. */
export class Task {
  readonly kernel: Kernel;
  /** Thread id; equals the pid for the first thread. */
  readonly tid: number;
  readonly group: ThreadGroup;
  cred: Cred;
  fs: FsInfo;
  fds: FdTable;
  ns: MountNamespace;
  /** Blocked signals. */
  maskLo = 0;
  maskHi = 0;
  /** What rt_sigtimedwait waits for. */
  sigwait: { lo: number; hi: number } | undefined;
  /** Mask to restore after rt_sigsuspend or ppoll. */
  savedMask: { lo: number; hi: number } | undefined;
  readonly pending: PendingSignals = { lo: 0, hi: 0, infos: [] };
  state: TaskState = "runnable";
  /** What the scheduler resumes. */
  steps!: Steps<number>;
  /** The sleep it is in. */
  sleep: Sleep | undefined;
  /** Reason to resume with. */
  wakeReason = 0;
  /** Name as /proc/PID/comm has it: at most 15 bytes. */
  comm: string;
  utimeMs = 0;
  /** Voluntary and forced switches, for rusage. */
  nvcsw = 0;
  nivcsw = 0;

  constructor(
    kernel: Kernel,
    tid: number,
    group: ThreadGroup,
    cred: Cred,
    fs: FsInfo,
    fds: FdTable,
    ns: MountNamespace,
    comm: string,
  ) {
    this.kernel = kernel;
    this.tid = tid;
    this.group = group;
    this.cred = cred;
    this.fs = fs;
    this.fds = fds;
    this.ns = ns;
    this.comm = comm;
    group.tasks.add(this);
  }

  get pid(): number {
    return this.group.pid;
  }
  /** The soft limit of a resource. */
  rlimit(resource: number): number {
    return (this.group.rlimits[resource] as RLimit).cur;
  }
}
