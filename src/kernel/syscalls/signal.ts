// rt_sigaction(2), rt_sigprocmask(2), rt_sigpending(2), rt_sigsuspend(2), rt_sigtimedwait(2).
import { EAGAIN, EINTR, EINVAL } from "../../abi/errno.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import {
  NSIG,
  SIG_BLOCK,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGKILL,
  SIGSTOP,
  type SigAction,
  type SigInfo,
  type SigSet,
} from "../../abi/signal.ts";
import { withMask } from "../fs/poll.ts";
import { actionOf, deliverToSelf, discardIgnored, hasDeliverable, takePending } from "../signal.ts";
import type { Task } from "../task.ts";
import { pause } from "../time.ts";
import { sleepOn } from "../wait.ts";

/** SIGKILL and SIGSTOP cannot be blocked. */
const UNBLOCKABLE_LO = (1 << (SIGKILL - 1)) | (1 << (SIGSTOP - 1));

/** rt_sigaction(2). */
export function rt_sigaction(task: Task, signo: number, action?: SigAction): SigAction {
  if (signo < 1 || signo > NSIG) throw EINVAL;
  const { group } = task;
  const old = actionOf(group, signo);
  if (action !== undefined) {
    if (signo === SIGKILL || signo === SIGSTOP) throw EINVAL;
    const plain = action.handler === 0 && action.flags === 0;
    if (!plain || group.actions.has(signo)) group.setAction(signo, plain ? undefined : action);
    discardIgnored(group, signo);
  }
  return old;
}

/** rt_sigprocmask(2). */
export function rt_sigprocmask(task: Task, how: number, set?: SigSet): SigSet {
  const old = { lo: task.maskLo, hi: task.maskHi };
  if (set === undefined) return old;
  const lo = set.lo & ~UNBLOCKABLE_LO;
  if (how === SIG_BLOCK) {
    task.maskLo |= lo;
    task.maskHi |= set.hi;
  } else if (how === SIG_UNBLOCK) {
    task.maskLo &= ~set.lo;
    task.maskHi &= ~set.hi;
  } else if (how === SIG_SETMASK) {
    task.maskLo = lo;
    task.maskHi = set.hi;
  } else {
    throw EINVAL;
  }
  if (hasDeliverable(task)) deliverToSelf(task);
  return old;
}

/** rt_sigpending(2). */
export function rt_sigpending(task: Task): SigSet {
  return {
    lo: task.pending.lo | task.group.pending.lo,
    hi: task.pending.hi | task.group.pending.hi,
  };
}

/** rt_sigsuspend(2). */
export function rt_sigsuspend(task: Task, mask: SigSet): Steps<void> {
  return withMask(task, { lo: mask.lo & ~UNBLOCKABLE_LO, hi: mask.hi }, () => pause(task));
}

/** rt_sigtimedwait(2). */
export function rt_sigtimedwait(task: Task, set: SigSet, timeoutMs: number): Blocking<SigInfo> {
  const info = takePending(task, set.lo, set.hi);
  if (info !== undefined) return info;
  if (timeoutMs === 0) throw EAGAIN;
  return waitLater(task, set, timeoutMs);
}

function* waitLater(task: Task, set: SigSet, timeoutMs: number): Steps<SigInfo> {
  const deadline = timeoutMs < 0 ? Number.POSITIVE_INFINITY : task.kernel.monotonic() + timeoutMs;
  task.sigwait = set;
  try {
    for (;;) {
      let interrupted = false;
      let timedOut = false;
      try {
        timedOut = yield* sleepOn(task, [], deadline, false);
      } catch (error) {
        if (error !== EINTR) throw error;
        interrupted = true;
      }
      const info = takePending(task, set.lo, set.hi);
      if (info !== undefined) return info;
      if (interrupted) throw EINTR;
      if (timedOut) throw EAGAIN;
    }
  } finally {
    task.sigwait = undefined;
  }
}
