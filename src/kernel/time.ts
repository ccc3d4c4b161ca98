// Clocks, sleeping, interval timers and CPU accounting (time(7), getrusage(2)).

import { CAP_SYS_TIME } from "../abi/capability.ts";
import { EINTR, EINVAL, EPERM } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import {
  CLOCK_BOOTTIME,
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_THREAD_CPUTIME_ID,
  ITIMER_REAL,
  type ITimer,
  RUSAGE_CHILDREN,
  RUSAGE_SELF,
  type RUsage,
  type Tms,
} from "../abi/resource.ts";
import { SIGALRM } from "../abi/signal.ts";
import type { Timespec } from "../abi/stat.ts";
import { capable } from "./cred.ts";
import { sendSignal } from "./signal.ts";
import type { Task, ThreadGroup } from "./task.ts";
import { Sleep, sleepOn, TIMED_OUT, WOKEN } from "./wait.ts";

/** Milliseconds as seconds and nanoseconds. */
export function timespec(ms: number): Timespec {
  const sec = Math.floor(ms / 1000);
  return { sec, nsec: Math.floor((ms - sec * 1000) * 1e6) };
}

function utimeOf(group: ThreadGroup): number {
  let ms = group.utimeMs;
  for (let i = 0; i < group.tasks.size; i++) ms += group.tasks.at(i).utimeMs;
  return ms;
}

function rusage(utimeMs: number, stimeMs: number, nvcsw: number, nivcsw: number): RUsage {
  return {
    utime: timespec(utimeMs),
    stime: timespec(stimeMs),
    maxrssKiB: 0,
    minflt: 0,
    majflt: 0,
    inblock: 0,
    oublock: 0,
    nvcsw,
    nivcsw,
  };
}

/** Usage of a process and its reaped children, as wait4 reports it. */
export function rusageOfGroup(group: ThreadGroup): RUsage {
  return rusage(utimeOf(group) + group.cutimeMs, group.stimeMs + group.cstimeMs, 0, 0);
}

/** getrusage(2). */
export function getrusage(task: Task, who: number): RUsage {
  const { group } = task;
  if (who === RUSAGE_SELF) {
    return rusage(utimeOf(group), group.stimeMs, task.nvcsw, task.nivcsw);
  }
  if (who === RUSAGE_CHILDREN) return rusage(group.cutimeMs, group.cstimeMs, 0, 0);
  throw EINVAL;
}

/** times(2). */
export function times(task: Task): Tms {
  const { group } = task;
  return {
    utimeMs: utimeOf(group),
    stimeMs: group.stimeMs,
    cutimeMs: group.cutimeMs,
    cstimeMs: group.cstimeMs,
  };
}

/** clock_gettime(2). */
export function clock_gettime(task: Task, clock: number): Timespec {
  const { kernel } = task;
  switch (clock) {
    case CLOCK_REALTIME:
    case 5: // CLOCK_REALTIME_COARSE
      return kernel.currentTime();
    case CLOCK_MONOTONIC:
    case 4: // CLOCK_MONOTONIC_RAW
    case 6: // CLOCK_MONOTONIC_COARSE
    case CLOCK_BOOTTIME:
      return timespec(kernel.monotonic() - kernel.bootMs);
    case CLOCK_PROCESS_CPUTIME_ID:
      return timespec(utimeOf(task.group));
    case CLOCK_THREAD_CPUTIME_ID:
      return timespec(task.utimeMs);
    default:
      throw EINVAL;
  }
}

/** clock_settime(2): the machine's own wall clock, not the host's. */
export function clock_settime(task: Task, clock: number, time: Timespec): void {
  if (clock !== CLOCK_REALTIME) throw EINVAL;
  if (!capable(task.cred, CAP_SYS_TIME)) throw EPERM;
  if (time.sec < 0 || time.nsec < 0 || time.nsec >= 1e9) throw EINVAL;
  const { kernel } = task;
  kernel.clockOffsetMs = time.sec * 1000 + time.nsec / 1e6 - kernel.host.now();
}

/** nanosleep(2): stops and continues do not shorten it. */
export function* nanosleep(task: Task, ms: number): Steps<void> {
  if (!(ms >= 0)) throw EINVAL;
  const deadlineMs = task.kernel.monotonic() + ms;
  for (;;) {
    const reason = yield new Sleep(task, [], deadlineMs);
    if (reason === TIMED_OUT) return;
    if (reason !== WOKEN) throw EINTR;
    if (task.kernel.monotonic() >= deadlineMs) return;
  }
}

/** Sleeps until a signal handler has run. */
export function* pause(task: Task): Steps<void> {
  for (;;) yield* sleepOn(task, [], Number.POSITIVE_INFINITY, false);
}

/** getitimer(2): only ITIMER_REAL counts; the CPU timers are never armed. */
export function getitimer(task: Task, which: number): ITimer {
  if (which < ITIMER_REAL || which > 2) throw EINVAL;
  const timer = which === ITIMER_REAL ? task.group.realTimer : undefined;
  if (timer === undefined) return { valueMs: 0, intervalMs: 0 };
  const left = Math.max(0.001, timer.deadlineMs - task.kernel.monotonic());
  return { valueMs: left, intervalMs: timer.intervalMs };
}

/** setitimer(2); ITIMER_VIRTUAL and ITIMER_PROF are refused. */
export function setitimer(task: Task, which: number, value: ITimer): ITimer {
  const old = getitimer(task, which);
  if (which !== ITIMER_REAL || !(value.valueMs >= 0) || !(value.intervalMs >= 0)) throw EINVAL;
  const { group } = task;
  group.realTimer?.cancel();
  group.realTimer = undefined;
  if (value.valueMs > 0) arm(group, value.valueMs, value.intervalMs);
  return old;
}

function arm(group: ThreadGroup, delayMs: number, intervalMs: number): void {
  const deadlineMs = group.kernel.monotonic() + delayMs;
  const cancel = group.kernel.scheduler.at(deadlineMs, () => {
    group.realTimer = undefined;
    if (intervalMs > 0) arm(group, intervalMs, intervalMs);
    sendSignal(group, SIGALRM);
  });
  group.realTimer = { deadlineMs, intervalMs, cancel };
}
