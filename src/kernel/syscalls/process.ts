// Process ids, groups, sessions, priorities, limits (setpgid(2), setsid(2), getpriority(2), prlimit(2)).

import { CAP_SYS_ADMIN, CAP_SYS_NICE, CAP_SYS_RESOURCE } from "../../abi/capability.ts";
import { EACCES, EINVAL, EPERM, ESRCH } from "../../abi/errno.ts";
import {
  PRIO_PGRP,
  PRIO_PROCESS,
  PRIO_USER,
  RLIM_NLIMITS,
  RLIMIT_NOFILE,
  type RLimit,
} from "../../abi/resource.ts";
import { capable } from "../cred.ts";
import { leaveProcessGroup } from "../exit.ts";
import { ProcessGroup, Session, type Task, type ThreadGroup } from "../task.ts";

function find(task: Task, pid: number): ThreadGroup {
  if (pid < 0) throw EINVAL;
  const group = pid === 0 ? task.group : task.kernel.groups.get(pid);
  if (group === undefined) throw ESRCH;
  return group;
}

/** getpgid(2). */
export function getpgid(task: Task, pid: number): number {
  return find(task, pid).pgrp.id;
}

/** getsid(2). */
export function getsid(task: Task, pid: number): number {
  return find(task, pid).session.id;
}

/** setpgid(2). */
export function setpgid(task: Task, pid: number, pgid: number): void {
  if (pgid < 0) throw EINVAL;
  const group = find(task, pid);
  if (group !== task.group) {
    if (group.parent !== task.group) throw ESRCH;
    if (group.session !== task.group.session) throw EPERM;
    if (group.execed) throw EACCES;
  }
  if (group.session.leader === group) throw EPERM;
  const id = pgid === 0 ? group.pid : pgid;
  if (id === group.pgrp.id) return;
  let pgrp = task.kernel.pgrps.get(id);
  if (pgrp === undefined) {
    if (id !== group.pid) throw EPERM;
    pgrp = new ProcessGroup(id, group.session);
    task.kernel.pgrps.set(id, pgrp);
  } else if (pgrp.session !== group.session) {
    throw EPERM;
  }
  move(group, pgrp);
}

function move(group: ThreadGroup, pgrp: ProcessGroup): void {
  pgrp.members.add(group);
  leaveProcessGroup(group);
  group.pgrp = pgrp;
}

/** setsid(2). */
export function setsid(task: Task): number {
  const { group, kernel } = task;
  if (kernel.pgrps.has(group.pid)) throw EPERM;
  const session = new Session(group.pid);
  session.leader = group;
  const pgrp = new ProcessGroup(group.pid, session);
  kernel.sessions.set(group.pid, session);
  kernel.pgrps.set(group.pid, pgrp);
  move(group, pgrp);
  return group.pid;
}

function selected(task: Task, which: number, who: number): ThreadGroup[] {
  const all = [...task.kernel.groups.values()];
  let chosen: ThreadGroup[];
  if (which === PRIO_PROCESS) chosen = all.filter((g) => g.pid === (who || task.pid));
  else if (which === PRIO_PGRP)
    chosen = all.filter((g) => g.pgrp.id === (who || task.group.pgrp.id));
  else if (which === PRIO_USER) {
    const uid = who || task.cred.ruid;
    chosen = all.filter((g) => g.leader.cred.ruid === uid);
  } else throw EINVAL;
  if (chosen.length === 0) throw ESRCH;
  return chosen;
}

/** getpriority(2): the lowest nice value of those selected. */
export function getpriority(task: Task, which: number, who: number): number {
  return Math.min(...selected(task, which, who).map((group) => group.nice));
}

/** setpriority(2). */
export function setpriority(task: Task, which: number, who: number, nice: number): void {
  const value = Math.max(-20, Math.min(19, nice));
  for (const group of selected(task, which, who)) {
    const { cred } = task;
    const owner = group.leader.cred;
    if (!capable(cred, CAP_SYS_NICE)) {
      if (cred.euid !== owner.ruid && cred.euid !== owner.euid) throw EPERM;
      if (value < group.nice) throw EACCES;
    }
    group.nice = value;
  }
}

/** ioprio_get(2): the most urgent of those selected. `which` is one more than getpriority's. */
export function ioprio_get(task: Task, which: number, who: number): number {
  const set = selected(task, which - 1, who).map((group) => group.ioprio);
  return set.reduce((best, one) => (best === 0 ? one : one === 0 ? best : Math.min(best, one)));
}

/** ioprio_set(2). */
export function ioprio_set(task: Task, which: number, who: number, ioprio: number): void {
  const [io, level] = [ioprio >> 13, ioprio & 7];
  const boss = capable(task.cred, CAP_SYS_NICE);
  if (io === 1 && !boss && !capable(task.cred, CAP_SYS_ADMIN)) throw EPERM;
  if (io < 0 || io > 3 || (io === 0 && level !== 0)) throw EINVAL;
  for (const group of selected(task, which - 1, who)) {
    const { ruid } = group.leader.cred;
    if (!boss && ruid !== task.cred.euid && ruid !== task.cred.ruid) throw EPERM;
    group.ioprio = ioprio;
  }
}

/** prlimit64(2): pid 0 is the caller. */
export function prlimit(task: Task, pid: number, resource: number, limit?: RLimit): RLimit {
  const group = find(task, pid);
  if (resource < 0 || resource >= RLIM_NLIMITS) throw EINVAL;
  if (
    group !== task.group &&
    !capable(task.cred, CAP_SYS_RESOURCE) &&
    group.leader.cred.ruid !== task.cred.ruid
  ) {
    throw EPERM;
  }
  const old = group.rlimits[resource] as RLimit;
  if (limit !== undefined) {
    if (limit.cur > limit.max) throw EINVAL;
    if (limit.max > old.max && !capable(task.cred, CAP_SYS_RESOURCE)) throw EPERM;
    if (resource === RLIMIT_NOFILE && limit.max > 1048576) throw EPERM;
    group.rlimits = group.rlimits.with(resource, { cur: limit.cur, max: limit.max });
  }
  return { ...old };
}
