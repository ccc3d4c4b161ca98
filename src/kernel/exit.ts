// Ends of tasks and processes: exit_group, zombies, reparenting, orphaned groups (exit(2), _exit, kernel/exit.c's rules).
import {
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  SA_NOCLDWAIT,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  SIGHUP,
} from "../abi/signal.ts";
import { actionOf, isOrphaned, sendSignalToPgrp, tellParent } from "./signal.ts";
import type { ProcessGroup, Task, ThreadGroup } from "./task.ts";
import { disassociateCtty } from "./tty/job-control.ts";

/** Takes one task out of the system; the last of a process makes it a zombie. */
export function exitTask(task: Task): void {
  if (task.state === "dead") return;
  task.state = "dead";
  const { group, kernel } = task;
  kernel.tasks.delete(task.tid);
  group.tasks.delete(task);
  group.utimeMs += task.utimeMs;
  const shared = group.tasks.size > 0 && group.tasks.some((other) => other.fds === task.fds);
  if (!shared) task.fds.closeAll(task);
  task.ns.leave(task);
  if (group.tasks.size === 0) exitProcess(task, group);
}

function exitProcess(task: Task, group: ThreadGroup): void {
  const { kernel } = group;
  group.realTimer?.cancel();
  group.realTimer = undefined;
  if (group.session.leader === group) {
    disassociateCtty(task);
    group.session.leader = undefined;
  }
  const wasOrphaned = isOrphaned(group.pgrp);
  reparentChildren(group);
  group.exitStatus = group.exiting ?? 0;
  group.envp = [];
  group.setExe(undefined);
  newlyOrphaned(group.pgrp, wasOrphaned);
  group.onExit?.(group.exitStatus);
  if (kernel.init === group) {
    kernel.onHalt("exit", group.exitStatus);
    return;
  }
  const parent = group.parent;
  const chld = parent === undefined ? undefined : actionOf(parent, SIGCHLD);
  const status = group.exitStatus;
  const signal = status & 0x7f;
  if (signal === 0) tellParent(group, CLD_EXITED, (status >> 8) & 0xff);
  else tellParent(group, (status & 0x80) !== 0 ? CLD_DUMPED : CLD_KILLED, signal);
  if (
    parent === undefined ||
    chld?.handler === SIG_IGN ||
    ((chld?.flags ?? 0) & SA_NOCLDWAIT) !== 0
  ) {
    release(group);
  }
}

/** Forgets a zombie: its pid may be used again. */
export function release(group: ThreadGroup): void {
  const { kernel, parent } = group;
  kernel.groups.delete(group.pid);
  leaveProcessGroup(group);
  if (parent !== undefined) {
    parent.children.delete(group);
    parent.cutimeMs += group.utimeMs + group.cutimeMs;
    parent.cstimeMs += group.stimeMs + group.cstimeMs;
  }
}

/** Takes a process out of its group; empty groups and sessions vanish. */
export function leaveProcessGroup(group: ThreadGroup): void {
  const { kernel, pgrp } = group;
  pgrp.members.delete(group);
  if (pgrp.members.size > 0) return;
  kernel.pgrps.delete(pgrp.id);
  const { session } = pgrp;
  for (const other of kernel.pgrps.values()) if (other.session === session) return;
  kernel.sessions.delete(session.id);
}

/** Children go to pid 1. */
function reparentChildren(group: ThreadGroup): void {
  const { init } = group.kernel;
  if (group.children.size === 0) return;
  for (const child of [...group.children]) {
    const orphanedBefore = isOrphaned(child.pgrp);
    group.children.delete(child);
    if (init === undefined || init === group || init.exitStatus !== undefined) {
      child.parent = undefined;
      if (child.exitStatus !== undefined) release(child);
      continue;
    }
    child.parent = init;
    init.children.add(child);
    if (child.exitStatus !== undefined) tellParent(child, CLD_EXITED, child.exitStatus);
    newlyOrphaned(child.pgrp, orphanedBefore);
  }
}

/** POSIX: a group that becomes orphaned with stopped members gets SIGHUP and SIGCONT. */
function newlyOrphaned(pgrp: ProcessGroup, before: boolean): void {
  if (before || !isOrphaned(pgrp)) return;
  for (const member of pgrp.members) {
    if (member.stopped !== undefined) {
      sendSignalToPgrp(pgrp, SIGHUP);
      sendSignalToPgrp(pgrp, SIGCONT);
      return;
    }
  }
}
