// Wait queues: how a task sleeps until something happens (Linux: wait.h, wait_event_interruptible).
import { EINTR } from "../abi/errno.ts";
import type { Steps, Wait } from "../abi/program.ts";
import type { Task } from "./task.ts";

/** Wake reasons: what a generator of kernel code is resumed with after yielding a Sleep. */
export const WOKEN = 0;
/** The deadline passed. */
export const TIMED_OUT = 1;
/** A handler without SA_RESTART ran (or will run): the call ends with EINTR. */
export const INTERRUPTED = 2;
/** Only handlers with SA_RESTART ran: restartable calls go on, the others end with EINTR. */
export const RESTART = 3;

/** What a task yields to give the processor away without waiting for anything. */
export const PREEMPT: Wait = Object.freeze({ deadlineMs: 0 });

/** The tasks that sleep on one condition. Waking is by broadcast: the woken look again. */
export class WaitQueue {
  /** The one that came first: mostly there is no other. */
  #first: Sleep | undefined;
  #others: Sleep[] | undefined;

  /** Called by the scheduler when a task goes to sleep. */
  add(sleep: Sleep): void {
    if (this.#first === undefined) this.#first = sleep;
    else if (this.#others === undefined) this.#others = [sleep];
    else this.#others.push(sleep);
  }

  remove(sleep: Sleep): void {
    const others = this.#others;
    if (this.#first === sleep) {
      this.#first = undefined;
      if (others !== undefined) {
        this.#first = others.shift();
        if (others.length === 0) this.#others = undefined;
      }
    } else if (others !== undefined) {
      const at = others.indexOf(sleep);
      if (at >= 0) others.splice(at, 1);
      if (others.length === 0) this.#others = undefined;
    }
  }

  get empty(): boolean {
    return this.#first === undefined;
  }

  /** Makes every sleeper runnable, in the order they came. */
  wake(): void {
    const first = this.#first;
    if (first === undefined) return;
    const others = this.#others;
    // Emptied before: each would take itself out of the whole row otherwise.
    this.#first = undefined;
    this.#others = undefined;
    first.wake(WOKEN);
    if (others !== undefined) for (const sleep of others) sleep.wake(WOKEN);
  }
}

/** One sleep of one task: the queues it is on and when it ends by itself. */
export class Sleep implements Wait {
  readonly task: Task;
  readonly queues: readonly WaitQueue[];
  readonly deadlineMs: number;
  /** False for the few waits that not even SIGKILL ends before they are done. */
  readonly interruptible: boolean;
  /** Index in the timer heap, -1 when not there; kept by the scheduler. */
  heapIndex = -1;
  done = false;

  constructor(
    task: Task,
    queues: readonly WaitQueue[],
    deadlineMs: number = Number.POSITIVE_INFINITY,
    interruptible = true,
  ) {
    this.task = task;
    this.queues = queues;
    this.deadlineMs = deadlineMs;
    this.interruptible = interruptible;
  }

  /** The deadline has passed. */
  expire(): void {
    this.wake(TIMED_OUT);
  }

  /** Ends the sleep: the task becomes runnable and is resumed with `reason`. */
  wake(reason: number): void {
    if (this.done) return;
    this.done = true;
    for (const queue of this.queues) queue.remove(this);
    this.task.kernel.scheduler.wakeup(this, reason);
  }
}

/**
 * Sleeps until a queue is woken or the deadline (absolute, kernel monotonic ms) passes. Returns false
 * when woken (look at the condition again: wake-ups may be spurious), true at the deadline. Throws
 * EINTR when a signal handler interrupted it; with `restart` (the default: read, write, wait4, open …)
 * handlers installed with SA_RESTART only count as a spurious wake-up. poll, nanosleep, sigsuspend and
 * calls with time-outs pass restart = false (signal(7)).
 */
export function* sleepOn(
  task: Task,
  queues: readonly WaitQueue[],
  deadlineMs: number = Number.POSITIVE_INFINITY,
  restart = true,
): Steps<boolean> {
  const reason = yield new Sleep(task, queues, deadlineMs);
  if (reason === INTERRUPTED || (reason === RESTART && !restart)) throw EINTR;
  return reason === TIMED_OUT;
}
