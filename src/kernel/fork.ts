// New tasks: fork(2), and the first task of a machine.
import { EAGAIN } from "../abi/errno.ts";
import type { Program, Steps, Sys } from "../abi/program.ts";
import {
  RLIM_INFINITY,
  RLIM_NLIMITS,
  RLIMIT_CORE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_SIGPENDING,
  RLIMIT_STACK,
  type RLimit,
} from "../abi/resource.ts";
import { type Cred, ROOT_CRED } from "./cred.ts";
import { FdTable } from "./fdtable.ts";
import type { MountNamespace } from "./fs/mount.ts";
import type { Kernel } from "./kernel.ts";
import { ProcessGroup, Session, Task, ThreadGroup } from "./task.ts";

/** Limits of tasks without a parent, as a container engine sets them. */
function defaultRlimits(kernel: Kernel): readonly RLimit[] {
  return kernel.slot("rlimits", () => makeRlimits(kernel.limits.tasks));
}

function makeRlimits(tasks: number): RLimit[] {
  const limits: RLimit[] = [];
  for (let i = 0; i < RLIM_NLIMITS; i++) limits.push({ cur: RLIM_INFINITY, max: RLIM_INFINITY });
  limits[RLIMIT_STACK] = { cur: 8 * 1024 * 1024, max: RLIM_INFINITY };
  limits[RLIMIT_CORE] = { cur: 0, max: RLIM_INFINITY };
  limits[RLIMIT_NOFILE] = { cur: 1024, max: 1048576 };
  limits[RLIMIT_NPROC] = { cur: tasks, max: tasks };
  limits[RLIMIT_SIGPENDING] = { cur: 1024, max: 1024 };
  return limits;
}

function register(task: Task): void {
  const { kernel, group } = task;
  group.leader ??= task;
  kernel.tasks.set(task.tid, task);
  kernel.groups.set(group.pid, group);
  kernel.forks++;
}

/** fork(2): see `Sys.fork`. Returns the child, already runnable. */
export function fork(task: Task, main: (sys: Sys) => Steps<number>): Task {
  const { kernel, group: parent } = task;
  if (kernel.groups.size >= kernel.limits.tasks) throw EAGAIN;
  if (task.cred.ruid !== 0) {
    let own = 0;
    for (const group of kernel.groups.values())
      if (group.leader.cred.ruid === task.cred.ruid) own++;
    if (own >= task.rlimit(RLIMIT_NPROC)) throw EAGAIN;
  }
  const pid = kernel.allocatePid();
  const group = new ThreadGroup(kernel, pid, parent.pgrp, parent.actions, parent.rlimits);
  group.parent = parent;
  parent.children.add(group);
  group.setExe(parent.exe);
  group.argv = parent.argv;
  group.envp = parent.envp;
  group.nice = parent.nice;
  group.ioprio = parent.ioprio;
  group.personality = parent.personality;
  const child = new Task(
    kernel,
    pid,
    group,
    task.cred,
    { ...task.fs },
    task.fds.clone(),
    task.ns,
    task.comm,
  );
  child.maskLo = task.maskLo;
  child.maskHi = task.maskHi;
  register(child);
  child.steps = main(kernel.door(child));
  kernel.scheduler.enqueue(child);
  return child;
}

/**
 * A task that is never scheduled: the host acts through it where it makes system calls of its own
 * (machine.fs, mounts). It has no pid and is in no table.
 */
export function hostTask(kernel: Kernel, ns: MountNamespace): Task {
  const pgrp = new ProcessGroup(0, new Session(0));
  const group = new ThreadGroup(kernel, 0, pgrp, new Map(), defaultRlimits(kernel));
  const root = ns.root;
  const fs = { root, cwd: root, umask: 0o022 };
  const task = new Task(kernel, 0, group, ROOT_CRED, fs, new FdTable(), ns, "host");
  group.leader = task;
  return task;
}

/** What a task outside any parent starts with. */
export interface Start {
  program: Program;
  argv: readonly string[];
  envp: readonly string[];
  cred?: Cred;
  /** Descriptors 0, 1, 2 …; references pass to the task. */
  fds?: FdTable;
  ns: MountNamespace;
  cwd?: string;
  comm: string;
}

/**
 * A process without a parent in a session of its own: the machine's first (pid 1) and what the host
 * starts beside it. The limit of tasks does not hold the host back: it can still look into a machine
 * that a fork bomb has filled.
 */
export function startTask(kernel: Kernel, start: Start): Task {
  const pid = kernel.allocatePid();
  const session = new Session(pid);
  const pgrp = new ProcessGroup(pid, session);
  kernel.sessions.set(pid, session);
  kernel.pgrps.set(pid, pgrp);
  const group = new ThreadGroup(kernel, pid, pgrp, new Map(), defaultRlimits(kernel));
  session.leader = group;
  group.argv = start.argv;
  group.envp = start.envp;
  const root = start.ns.root;
  const task = new Task(
    kernel,
    pid,
    group,
    start.cred ?? ROOT_CRED,
    { root, cwd: root, umask: 0o022 },
    start.fds ?? new FdTable(),
    start.ns,
    start.comm.slice(0, 15),
  );
  register(task);
  task.steps = start.program(kernel.door(task), start.argv, start.envp);
  kernel.scheduler.enqueue(task);
  return task;
}
