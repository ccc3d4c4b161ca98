// Controlling terminals and job control (credentials(7), setsid(2), tty_ioctl(4), POSIX XBD 11.1).
import { EIO, EPERM } from "../../abi/errno.ts";
import { SIG_IGN, SIGCONT, SIGHUP, type SIGTTIN, SIGTTOU } from "../../abi/signal.ts";
import type { Kernel } from "../kernel.ts";
import { actionOf, hasDeliverable, isOrphaned, sendSignal, sendSignalToPgrp } from "../signal.ts";
import type { Session, Task, ThreadGroup } from "../task.ts";
import type { Tty } from "./tty.ts";

/** Processes that gave up their session's terminal for themselves (TIOCNOTTY). */
function detached(kernel: Kernel): WeakSet<ThreadGroup> {
  return kernel.slot("tty.detached", () => new WeakSet<ThreadGroup>());
}

/** The terminal that controls a process, if any. */
export function controllingTty(group: ThreadGroup): Tty | undefined {
  const tty = group.session.tty;
  return tty !== undefined && !detached(group.kernel).has(group) ? tty : undefined;
}

/** Makes `tty` the controlling terminal of the caller, a session leader. */
export function acquireTty(task: Task, tty: Tty): void {
  const session = task.group.session;
  detached(task.kernel).delete(task.group);
  session.tty = tty;
  session.oldForeground = 0;
  tty.session = session;
  tty.foreground = task.group.pgrp.id;
}

/** open(2) without O_NOCTTY: a session leader without a terminal gets this one if it is free. */
export function openMakesControlling(task: Task, tty: Tty): void {
  const { group } = task;
  if (group.session.leader !== group || group.session.tty !== undefined) return;
  if (tty.session === undefined) acquireTty(task, tty);
}

/** TIOCSCTTY: as open, but a terminal of another session is an error, unless root steals it. */
export function setControllingTty(task: Task, tty: Tty, steal: boolean): void {
  const { group } = task;
  const session = group.session;
  if (session.leader === group && tty.session === session) return;
  if (session.leader !== group || session.tty !== undefined) throw EPERM;
  if (tty.session !== undefined) {
    if (!steal || task.cred.euid !== 0) throw EPERM;
    tty.session.tty = undefined;
  }
  acquireTty(task, tty);
}

/** TIOCNOTTY: gives up the controlling terminal, for the whole session when its leader asks. */
export function giveUpTty(task: Task): void {
  const { group } = task;
  if (group.session.leader === group) disassociateCtty(task, false);
  else detached(task.kernel).add(group);
}

/**
 * A session leader parts from its terminal: the foreground group gets SIGHUP (and SIGCONT unless the
 * leader exits), and nobody in the session has a terminal any more. A terminal that is not a
 * pseudo terminal is hung up when the leader exits. Does nothing for other processes; call it when
 * the last thread of a process ends.
 */
export function disassociateCtty(task: Task, onExit = true): void {
  const { group } = task;
  const session: Session = group.session;
  if (session.leader !== group) return;
  const tty = session.tty;
  const foreground = tty?.foreground ?? session.oldForeground;
  const pgrp = group.kernel.pgrps.get(foreground);
  if (tty === undefined) {
    // Hung up before: the group that was in the foreground then is told now.
    session.oldForeground = 0;
    if (pgrp !== undefined && foreground !== 0) {
      sendSignalToPgrp(pgrp, SIGHUP);
      sendSignalToPgrp(pgrp, SIGCONT);
    }
    return;
  }
  if (onExit && !tty.isPty) {
    tty.hangup(true);
    session.oldForeground = 0;
    return;
  }
  tty.session = undefined;
  tty.foreground = 0;
  session.tty = undefined;
  if (pgrp === undefined) return;
  sendSignalToPgrp(pgrp, SIGHUP);
  if (!onExit) sendSignalToPgrp(pgrp, SIGCONT);
}

function ignores(task: Task, signo: number): boolean {
  if ((task.maskLo & (1 << (signo - 1))) !== 0) return true;
  return actionOf(task.group, signo).handler === SIG_IGN;
}

/** True when the caller is in a background group of `tty`, its controlling terminal. */
export function inBackground(task: Task, tty: Tty): boolean {
  const { group } = task;
  return (
    group.session.tty === tty &&
    tty.foreground !== 0 &&
    tty.foreground !== group.pgrp.id &&
    controllingTty(group) === tty
  );
}

/**
 * A background process is about to use its terminal: SIGTTIN for a read, SIGTTOU for a write or a
 * change. True: the group was signalled and the caller must sleep and ask again; false: go on.
 * Throws EIO where nobody could continue the caller (orphaned group), or a read ignores the signal.
 */
export function checkBackground(
  task: Task,
  tty: Tty,
  signo: typeof SIGTTIN | typeof SIGTTOU,
): boolean {
  if (!inBackground(task, tty)) return false;
  if (ignores(task, signo)) {
    if (signo === SIGTTOU) return false;
    throw EIO;
  }
  const { pgrp } = task.group;
  if (isOrphaned(pgrp)) throw EIO;
  for (const member of [...pgrp.members]) sendSignal(member, signo);
  // Pid 1 gets no signal that it has no handler for: it cannot wait for one either.
  if (!hasDeliverable(task)) {
    if (signo === SIGTTOU) return false;
    throw EIO;
  }
  return true;
}
