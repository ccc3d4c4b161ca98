// poll(2), ppoll, and the common part of waiting for descriptors.
import { EINTR, EINVAL } from "../../abi/errno.ts";
import { POLLERR, POLLHUP, POLLNVAL, type PollFd } from "../../abi/poll.ts";
import { type Blocking, isSteps, type Steps } from "../../abi/program.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import type { SigSet } from "../../abi/signal.ts";
import { deliverSignals, hasDeliverable } from "../signal.ts";
import type { Task } from "../task.ts";
import { UNWIND } from "../unwind.ts";
import { sleepOn, type WaitQueue, WOKEN } from "../wait.ts";

/** Fills revents; how many rows are ready. */
function check(task: Task, fds: readonly PollFd[]): number {
  let ready = 0;
  for (const row of fds) {
    row.revents = 0;
    if (row.fd < 0) continue;
    const file = task.fds.peek(row.fd);
    row.revents = file === undefined ? POLLNVAL : file.poll() & (row.events | POLLERR | POLLHUP);
    if (row.revents !== 0) ready++;
  }
  return ready;
}

/** poll(2). */
export function poll(task: Task, fds: PollFd[], timeoutMs: number): Blocking<number> {
  if (fds.length > task.rlimit(RLIMIT_NOFILE)) throw EINVAL;
  const ready = check(task, fds);
  if (ready > 0 || timeoutMs === 0) return ready;
  return pollLater(task, fds, timeoutMs);
}

function* pollLater(task: Task, fds: PollFd[], timeoutMs: number): Steps<number> {
  const deadline = timeoutMs < 0 ? Number.POSITIVE_INFINITY : task.kernel.monotonic() + timeoutMs;
  const queues: WaitQueue[] = [];
  for (const row of fds) {
    const file = row.fd < 0 ? undefined : task.fds.peek(row.fd);
    if (file !== undefined) queues.push(...file.pollQueues());
  }
  for (;;) {
    const timedOut = yield* sleepOn(task, queues, deadline, false);
    const ready = check(task, fds);
    if (ready > 0 || timedOut) return ready;
  }
}

/** Runs a wait under another signal mask (ppoll, sigsuspend, epoll_pwait). */
export function* withMask<T>(task: Task, mask: SigSet, wait: () => Blocking<T>): Steps<T> {
  task.savedMask = { lo: task.maskLo, hi: task.maskHi };
  task.maskLo = mask.lo;
  task.maskHi = mask.hi;
  try {
    if (hasDeliverable(task)) {
      const reason = deliverSignals(task);
      if (task.group.exiting !== undefined) throw UNWIND;
      if (reason !== WOKEN) throw EINTR;
    }
    const result = wait();
    return isSteps(result) ? yield* result : result;
  } finally {
    // A handler that ran has restored the mask already.
    if (task.savedMask !== undefined) {
      task.maskLo = task.savedMask.lo;
      task.maskHi = task.savedMask.hi;
      task.savedMask = undefined;
    }
  }
}
