// Signals: sending, pending sets, default actions, delivery (signal(7)).

import { CAP_KILL } from "../abi/capability.ts";
import { EINVAL, EPERM, ESRCH } from "../abi/errno.ts";
import {
  CLD_CONTINUED,
  CLD_STOPPED,
  NSIG,
  SA_NOCLDSTOP,
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SI_USER,
  SIG_DFL,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGRTMIN,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  type SigAction,
  type SigInfo,
} from "../abi/signal.ts";
import { capable } from "./cred.ts";
import { exitGroup } from "./exit-group.ts";
import type { PendingSignals, ProcessGroup, Task, ThreadGroup } from "./task.ts";
import { UNWIND } from "./unwind.ts";
import { INTERRUPTED, RESTART, WOKEN } from "./wait.ts";

/** Pending infos kept at most for one process: real-time signals beyond are refused (EAGAIN). */
const MAX_QUEUED = 1024;

const bit = (signo: number): number => 1 << ((signo - 1) & 31);

/** True when `signo` is in the pair of words. */
function has(lo: number, hi: number, signo: number): boolean {
  return ((signo <= 32 ? lo : hi) & bit(signo)) !== 0;
}

type Default = "terminate" | "core" | "ignore" | "stop" | "continue";

/** The default action of a signal. */
export function defaultAction(signo: number): Default {
  switch (signo) {
    case SIGCHLD:
    case 23: // SIGURG
    case 28: // SIGWINCH
      return "ignore";
    case SIGCONT:
      return "continue";
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
      return "stop";
    case 3: // SIGQUIT
    case 4: // SIGILL
    case 5: // SIGTRAP
    case 6: // SIGABRT
    case 7: // SIGBUS
    case 8: // SIGFPE
    case 11: // SIGSEGV
    case 24: // SIGXCPU
    case 25: // SIGXFSZ
    case 31: // SIGSYS
      return "core";
    default:
      return "terminate";
  }
}

const DEFAULT: SigAction = Object.freeze({
  handler: SIG_DFL,
  flags: 0,
  mask: Object.freeze({ lo: 0, hi: 0 }),
});

/** The disposition of a signal. */
export function actionOf(group: ThreadGroup, signo: number): SigAction {
  return group.actions.get(signo) ?? DEFAULT;
}

function info(signo: number, sender: Task | undefined): SigInfo {
  return {
    signo,
    code: sender === undefined ? 0x80 : SI_USER,
    pid: sender?.pid ?? 0,
    uid: sender?.cred.ruid ?? 0,
    status: 0,
  };
}

/** Would the signal be thrown away on arrival? Blocked signals are kept even when ignored now. */
function ignored(group: ThreadGroup, signo: number): boolean {
  if (group.kernel.init === group && signo !== SIGKILL && signo !== SIGSTOP) {
    // pid 1 gets only what it has a handler for.
    const handler = actionOf(group, signo).handler;
    return handler === SIG_IGN || handler === SIG_DFL;
  }
  const handler = actionOf(group, signo).handler;
  if (handler === SIG_IGN) return true;
  return handler === SIG_DFL && defaultAction(signo) === "ignore";
}

function addPending(pending: PendingSignals, what: SigInfo): void {
  const signo = what.signo;
  if (signo < SIGRTMIN && has(pending.lo, pending.hi, signo)) return;
  if (pending.infos.length >= MAX_QUEUED) return;
  if (signo <= 32) pending.lo |= bit(signo);
  else pending.hi |= bit(signo);
  pending.infos.push(what);
}

/** Forgets pending signals that `which` selects. */
function dropPending(pending: PendingSignals, which: (signo: number) => boolean): void {
  if (pending.infos.length === 0) return;
  pending.infos = pending.infos.filter((each) => !which(each.signo));
  pending.lo = 0;
  pending.hi = 0;
  for (const each of pending.infos) {
    if (each.signo <= 32) pending.lo |= bit(each.signo);
    else pending.hi |= bit(each.signo);
  }
}

/** Forgets what has become ignored (sigaction to SIG_IGN discards pending signals). */
export function discardIgnored(group: ThreadGroup, signo: number): void {
  if (!ignored(group, signo)) return;
  const one = (each: number): boolean => each === signo;
  dropPending(group.pending, one);
  for (let i = 0; i < group.tasks.size; i++) dropPending(group.tasks.at(i).pending, one);
}

const isStop = (signo: number): boolean => defaultAction(signo) === "stop";

/** What every signal does on arrival, whatever its disposition: SIGCONT continues, stops cancel. */
function prepare(group: ThreadGroup, signo: number): void {
  if (signo === SIGCONT) {
    dropPending(group.pending, isStop);
    for (const task of group.tasks) dropPending(task.pending, isStop);
    continueGroup(group);
  } else if (isStop(signo)) {
    dropPending(group.pending, (each) => each === SIGCONT);
    for (const task of group.tasks) dropPending(task.pending, (each) => each === SIGCONT);
  } else if (signo === SIGKILL && group.stopped !== undefined) {
    group.stopped = undefined;
    for (const task of group.tasks) group.kernel.scheduler.unpark(task);
  }
}

function blockedByAll(group: ThreadGroup, signo: number): boolean {
  return !group.tasks.some((task) => !has(task.maskLo, task.maskHi, signo));
}

/** Sends to a process. `sender` undefined: the kernel. */
export function sendSignal(
  group: ThreadGroup,
  signo: number,
  sender?: Task,
  siginfo: SigInfo = info(signo, sender),
): void {
  if (group.exitStatus !== undefined) return;
  prepare(group, signo);
  if (ignored(group, signo) && !blockedByAll(group, signo)) return;
  addPending(group.pending, siginfo);
  for (let i = 0; i < group.tasks.size; i++) {
    const task = group.tasks.at(i);
    if (!has(task.maskLo, task.maskHi, signo) || waitsFor(task, signo)) {
      interrupt(task);
      if (signo !== SIGKILL) break;
    }
  }
}

/** rt_sigtimedwait waits for blocked signals: such a task is woken too. */
function waitsFor(task: Task, signo: number): boolean {
  const set = task.sigwait;
  return set !== undefined && has(set.lo, set.hi, signo);
}

/** Sends to one thread (tgkill, faults). */
export function sendSignalToTask(task: Task, signo: number, sender?: Task): void {
  if (task.state === "dead") return;
  prepare(task.group, signo);
  const blocked = has(task.maskLo, task.maskHi, signo);
  if (!blocked && ignored(task.group, signo)) return;
  addPending(task.pending, info(signo, sender));
  if (!blocked || waitsFor(task, signo)) interrupt(task);
}

/** Sends to all members of a process group, from the kernel or a terminal. */
export function sendSignalToPgrp(pgrp: ProcessGroup, signo: number, sender?: Task): void {
  for (const group of [...pgrp.members]) sendSignal(group, signo, sender);
}

/** Ends an interruptible sleep so that the task looks at its signals. */
function interrupt(task: Task): void {
  if (task.state === "sleeping" && task.sleep?.interruptible) task.sleep.wake(WOKEN);
}

/** Is there a signal that would be delivered if the task went on now? */
export function hasDeliverable(task: Task): boolean {
  const group = task.group;
  return (
    ((task.pending.lo | group.pending.lo) & ~task.maskLo) !== 0 ||
    ((task.pending.hi | group.pending.hi) & ~task.maskHi) !== 0 ||
    group.exiting !== undefined
  );
}

/** Takes the next deliverable signal of a pending set. */
function take(pending: PendingSignals, task: Task): SigInfo | undefined {
  if (((pending.lo & ~task.maskLo) | (pending.hi & ~task.maskHi)) === 0) return undefined;
  let best = -1;
  for (let i = 0; i < pending.infos.length; i++) {
    const signo = (pending.infos[i] as SigInfo).signo;
    if (has(task.maskLo, task.maskHi, signo)) continue;
    if (signo === SIGKILL) {
      best = i;
      break;
    }
    if (best < 0 || signo < (pending.infos[best] as SigInfo).signo) best = i;
  }
  return best < 0 ? undefined : removeAt(pending, best);
}

function removeAt(pending: PendingSignals, index: number): SigInfo {
  const [taken] = pending.infos.splice(index, 1) as [SigInfo];
  if (!pending.infos.some((each) => each.signo === taken.signo)) {
    if (taken.signo <= 32) pending.lo &= ~bit(taken.signo);
    else pending.hi &= ~bit(taken.signo);
  }
  return taken;
}

/** Takes a pending signal of `set`, blocked or not (rt_sigtimedwait). */
export function takePending(task: Task, lo: number, hi: number): SigInfo | undefined {
  for (const pending of [task.pending, task.group.pending]) {
    const index = pending.infos.findIndex((each) => has(lo, hi, each.signo));
    if (index >= 0) return removeAt(pending, index);
  }
  return undefined;
}

/**
 * Delivers what is pending: called by the scheduler before it resumes a task, and by calls that bring
 * a signal on the caller. Handlers of TypeScript programs run here. Returns the wake reason that an
 * interrupted call sees: WOKEN (nothing it notices), RESTART or INTERRUPTED. Afterwards
 * `group.exiting` or `group.stopped` may be set.
 */
export function deliverSignals(task: Task): number {
  const group = task.group;
  let reason = WOKEN;
  if (
    (((task.pending.lo | group.pending.lo) & ~task.maskLo) |
      ((task.pending.hi | group.pending.hi) & ~task.maskHi)) ===
    0
  ) {
    return reason;
  }
  while (group.exiting === undefined) {
    const what = take(task.pending, task) ?? take(group.pending, task);
    if (what === undefined) break;
    const signo = what.signo;
    const action = actionOf(group, signo);
    if (action.handler === SIG_IGN) continue;
    if (action.handler !== SIG_DFL) {
      reason = (action.flags & SA_RESTART) !== 0 && reason !== INTERRUPTED ? RESTART : INTERRUPTED;
      runHandler(task, what, action);
      continue;
    }
    if (ignored(group, signo)) continue;
    const what2do = defaultAction(signo);
    if (what2do === "stop") {
      if (signo !== SIGSTOP && isOrphaned(group.pgrp)) continue;
      stopGroup(group, signo);
      break;
    }
    if (what2do === "terminate" || what2do === "core") exitGroup(task, signo);
  }
  return reason;
}

function runHandler(task: Task, what: SigInfo, action: SigAction): void {
  const { signo } = what;
  if ((action.flags & SA_RESETHAND) !== 0) task.group.setAction(signo, undefined);
  const saved = task.savedMask ?? { lo: task.maskLo, hi: task.maskHi };
  task.savedMask = undefined;
  task.maskLo |= action.mask.lo;
  task.maskHi |= action.mask.hi;
  if ((action.flags & SA_NODEFER) === 0) {
    if (signo <= 32) task.maskLo |= bit(signo);
    else task.maskHi |= bit(signo);
  }
  try {
    if (typeof action.handler === "function") action.handler(signo, what);
  } finally {
    task.maskLo = saved.lo;
    task.maskHi = saved.hi;
  }
}

/** For calls that brought a signal on their own caller: runs handlers, or unwinds when it was fatal. */
export function deliverToSelf(task: Task): void {
  deliverSignals(task);
  if (task.group.exiting !== undefined) throw UNWIND;
}

/** No member has a parent in another group of the same session: stop signals of terminals do nothing. */
export function isOrphaned(pgrp: ProcessGroup): boolean {
  for (let i = 0; i < pgrp.members.size; i++) {
    const group = pgrp.members.at(i);
    const parent = group.parent;
    if (group.exitStatus !== undefined || parent === undefined) continue;
    if (parent.pgrp !== pgrp && parent.session === pgrp.session) return false;
  }
  return true;
}

function stopGroup(group: ThreadGroup, signo: number): void {
  group.stopped = signo;
  group.stopReport = "stopped";
  tellParent(group, CLD_STOPPED, signo);
}

function continueGroup(group: ThreadGroup): void {
  if (group.stopped === undefined) return;
  group.stopped = undefined;
  group.stopReport = "continued";
  for (const task of group.tasks) group.kernel.scheduler.unpark(task);
  tellParent(group, CLD_CONTINUED, SIGCONT);
}

/** SIGCHLD and wake-up for a change of state. */
export function tellParent(group: ThreadGroup, code: number, status: number): void {
  const parent = group.parent;
  if (parent === undefined) return;
  parent.childQueue.wake();
  const stops = code === CLD_STOPPED || code === CLD_CONTINUED;
  if (stops && (actionOf(parent, SIGCHLD).flags & SA_NOCLDSTOP) !== 0) return;
  const uid = group.leader.cred.ruid;
  sendSignal(parent, SIGCHLD, undefined, { signo: SIGCHLD, code, pid: group.pid, uid, status });
}

/** May `task` signal `group` (kill(2))? */
export function maySignal(task: Task, group: ThreadGroup, signo: number): boolean {
  const from = task.cred;
  const to = group.leader.cred;
  if (from.euid === to.suid || from.euid === to.ruid) return true;
  if (capable(from, CAP_KILL)) return true;
  if (from.ruid === to.suid || from.ruid === to.ruid) return true;
  return signo === SIGCONT && group.session === task.group.session;
}

/** kill(2). Signal 0 only asks. */
export function kill(task: Task, pid: number, signo: number): void {
  if (signo < 0 || signo > NSIG) throw EINVAL;
  const kernel = task.kernel;
  if (pid > 0) {
    const group = kernel.groups.get(pid);
    if (group === undefined) throw ESRCH;
    if (!maySignal(task, group, signo)) throw EPERM;
    if (signo !== 0) sendSignal(group, signo, task);
  } else {
    let targets: ThreadGroup[];
    if (pid === -1) {
      targets = [...kernel.groups.values()].filter(
        (group) => group !== kernel.init && group !== task.group,
      );
    } else {
      const pgrp = pid === 0 ? task.group.pgrp : kernel.pgrps.get(-pid);
      if (pgrp === undefined || pgrp.members.size === 0) throw ESRCH;
      targets = [...pgrp.members];
    }
    if (targets.length === 0) throw ESRCH;
    const allowed = targets.filter((group) => maySignal(task, group, signo));
    if (allowed.length === 0) throw EPERM;
    if (signo !== 0) for (const group of allowed) sendSignal(group, signo, task);
  }
  deliverToSelf(task);
}

/** tgkill(2). */
export function tgkill(task: Task, tgid: number, tid: number, signo: number): void {
  if (signo < 0 || signo > NSIG || tid <= 0) throw EINVAL;
  const target = task.kernel.tasks.get(tid);
  if (target === undefined || (tgid >= 0 && target.group.pid !== tgid)) throw ESRCH;
  if (!maySignal(task, target.group, signo)) throw EPERM;
  if (signo !== 0) sendSignalToTask(target, signo, task);
  deliverToSelf(task);
}
