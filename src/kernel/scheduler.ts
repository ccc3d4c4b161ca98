// The scheduler: an ordinary synchronous loop that resumes tasks and hands control back to the host after a slice.
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { SIGABRT, SIGSEGV } from "../abi/signal.ts";
import { exitTask } from "./exit.ts";
import { exitGroup } from "./exit-group.ts";
import type { Kernel } from "./kernel.ts";
import { deliverSignals, hasDeliverable } from "./signal.ts";
import type { Task } from "./task.ts";
import { EXEC, UNWIND } from "./unwind.ts";
import { PREEMPT, type Sleep, TIMED_OUT, WOKEN } from "./wait.ts";

/** What stands in the timer heap: a sleep with a deadline, or a kernel timer. */
export interface Timer {
  readonly deadlineMs: number;
  heapIndex: number;
  /** Called when the deadline has passed; takes itself out of the heap. */
  expire(): void;
}

/** System calls and loop turns a task may do before others get their turn. */
export const SLICE_BUDGET = 4096;

/** How long a task goes on making calls before others get their turn, in milliseconds. */
export const SLICE_MS = 4;

/** How long one run of the loop keeps the host waiting, in milliseconds. */
const HOST_SLICE_MS = 12;

/** Runs the tasks of one machine. */
export class Scheduler {
  readonly #kernel: Kernel;
  /** Runnable tasks: a ring that grows by doubling, so that shifting costs nothing. */
  #ring: (Task | undefined)[] = new Array(64);
  #head = 0;
  #count = 0;
  #heap: Timer[] = [];
  #running = false;
  #scheduled = false;
  #cancelTimer: (() => void) | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  /** The task whose code runs now. */
  current: Task | undefined;
  contextSwitches = 0;
  /** How often the host has let us run, and the time when a task was resumed last. */
  runs = 0;
  resumedMs = 0;
  /** Set when the machine has ended: nothing runs any more. */
  stopped = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  get runnable(): number {
    return this.#count;
  }

  /** Puts a task in the queue of those that can go on. */
  enqueue(task: Task): void {
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#count) & (this.#ring.length - 1)] = task;
    this.#count++;
    if (!this.#running) this.#kick();
  }

  #grow(): void {
    const old = this.#ring;
    const bigger: (Task | undefined)[] = new Array(old.length * 2);
    for (let i = 0; i < this.#count; i++) bigger[i] = old[(this.#head + i) & (old.length - 1)];
    this.#ring = bigger;
    this.#head = 0;
  }

  #dequeue(): Task {
    const task = this.#ring[this.#head] as Task;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#count--;
    return task;
  }

  /** Called by a Sleep that has just ended. */
  wakeup(sleep: Sleep, reason: number): void {
    if (sleep.heapIndex >= 0) this.#heapRemove(sleep.heapIndex);
    const task = sleep.task;
    if (task.sleep !== sleep) return;
    task.sleep = undefined;
    if (task.state === "dead") return;
    task.wakeReason = reason;
    task.state = "runnable";
    this.enqueue(task);
  }

  /** Asks the host to run us soon (from outside the loop: input came, a machine was started). */
  #kick(): void {
    if (this.#scheduled || this.stopped) return;
    this.#scheduled = true;
    this.#kernel.host.soon(() => {
      this.#scheduled = false;
      this.run();
    });
  }

  /** Runs for at most a host slice, then arranges to be called again if there is anything left to do. */
  run(): void {
    if (this.#running || this.stopped) return;
    this.#loop(this.#kernel.monotonic() + HOST_SLICE_MS);
    if (this.stopped) return;
    if (this.#count > 0) this.#kick();
    else this.#armTimer();
  }

  /**
   * Runs until `finished` says so or nothing can go on without the host. Returns finished().
   * For machine.runSync: when only timers are left, `idle` may pass the time (a fixed clock jumps).
   */
  runUntil(finished: () => boolean, idle?: (untilMs: number) => boolean): boolean {
    if (this.#running) throw new Error("bug: the scheduler runs already");
    while (!this.stopped && !finished()) {
      if (this.#count === 0) {
        this.#expireTimers(this.#kernel.monotonic());
        if (this.#count > 0) continue;
        const next = this.#heap[0]?.deadlineMs;
        if (next === undefined || idle === undefined || !idle(next)) break;
        continue;
      }
      this.#loop(Number.POSITIVE_INFINITY, finished);
    }
    const done = finished();
    if (!this.stopped) {
      if (this.#count > 0) this.#kick();
      else this.#armTimer();
    }
    return done;
  }

  #loop(untilMs: number, finished?: () => boolean): void {
    this.#running = true;
    this.runs++;
    const kernel = this.#kernel;
    let now = kernel.monotonic();
    try {
      for (;;) {
        if (this.#heap.length > 0) this.#expireTimers(now);
        if (this.#count === 0 || this.stopped || now > untilMs) return;
        const task = this.#dequeue();
        if (task.state === "dead") continue;
        if (task.group.stopped !== undefined && task.group.exiting === undefined) {
          task.state = "parked";
          continue;
        }
        this.current = task;
        this.contextSwitches++;
        this.resumedMs = now;
        this.#resume(task);
        const after = kernel.monotonic();
        task.utimeMs += after - now;
        now = after;
        if (finished?.()) return;
      }
    } finally {
      this.current = undefined;
      this.#running = false;
    }
  }

  /** Resumes one task until it yields, ends or is replaced by execve. */
  #resume(task: Task): void {
    const steps = task.steps;
    try {
      let reason = task.wakeReason;
      task.wakeReason = WOKEN;
      const signalled = deliverSignals(task);
      if (task.group.exiting !== undefined) {
        this.#close(task, steps);
        return;
      }
      if (task.group.stopped !== undefined) {
        task.wakeReason = reason;
        task.state = "parked";
        return;
      }
      if (signalled !== WOKEN && reason !== TIMED_OUT) reason = signalled;
      const next = steps.next(reason);
      if (next.done) {
        exitGroup(task, (next.value & 0xff) << 8);
        exitTask(task);
        return;
      }
      const wait = next.value;
      if (wait === PREEMPT) {
        task.nivcsw++;
        this.enqueue(task);
      } else if (wait === EXEC) {
        this.enqueue(task);
      } else {
        this.#sleep(task, wait as Sleep);
      }
    } catch (error) {
      this.#failed(task, error);
    }
  }

  /** A program threw. */
  #failed(task: Task, error: unknown): void {
    if (error !== UNWIND) {
      if (error instanceof RangeError && /call stack|too much recursion/.test(error.message)) {
        // The guest's own recursion: what a native program gets for its stack overflow.
        exitGroup(task, SIGSEGV);
      } else if (error instanceof Errno) {
        this.#kernel.host.report(`${task.comm}[${task.tid}]: uncaught ${error.code}`);
        exitGroup(task, 127 << 8);
      } else {
        const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#kernel.host.report(`bug: ${task.comm}[${task.tid}]: ${stack}`);
        exitGroup(task, SIGABRT);
      }
    } else if (task.group.exiting === undefined) {
      exitGroup(task, SIGABRT);
    }
    exitTask(task);
  }

  /** Ends a task that is killed while it waits: its `finally` blocks run, it does not go on. */
  #close(task: Task, steps: Steps<number>): void {
    try {
      // A generator that yields while closing is simply left behind.
      steps.return(0);
    } catch (error) {
      if (error !== UNWIND && !(error instanceof Errno)) {
        this.#failed(task, error);
        return;
      }
    }
    exitTask(task);
  }

  #sleep(task: Task, sleep: Sleep): void {
    task.nvcsw++;
    if (sleep.done) {
      task.state = "runnable";
      this.enqueue(task);
      return;
    }
    if (sleep.interruptible && hasDeliverable(task)) {
      // A signal came between the check and the sleep: do not sleep at all.
      sleep.done = true;
      this.enqueue(task);
      return;
    }
    task.sleep = sleep;
    task.state = "sleeping";
    for (const queue of sleep.queues) queue.add(sleep);
    if (sleep.deadlineMs !== Number.POSITIVE_INFINITY) this.#heapAdd(sleep);
  }

  /** Lets a stopped group's tasks go on (SIGCONT, or a fatal signal). */
  unpark(task: Task): void {
    if (task.state !== "parked") return;
    task.state = "runnable";
    this.enqueue(task);
  }

  // ---- timers: a binary heap of sleeps by deadline ------------------------------------------------

  #expireTimers(now: number): void {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.deadlineMs > now) return;
      first.expire();
    }
  }

  #armTimer(): void {
    const next = this.#heap[0]?.deadlineMs ?? Number.POSITIVE_INFINITY;
    if (next === this.#timerMs && this.#cancelTimer !== undefined) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerMs = next;
    if (next === Number.POSITIVE_INFINITY) return;
    const delay = Math.max(0, next - this.#kernel.monotonic());
    this.#cancelTimer = this.#kernel.host.after(delay, () => {
      this.#cancelTimer = undefined;
      this.run();
    });
  }

  /** Calls back inside the loop at the deadline (kernel monotonic ms); returns a cancel function. */
  at(deadlineMs: number, callback: () => void): () => void {
    const timer: Timer = {
      deadlineMs,
      heapIndex: -1,
      expire: () => {
        this.#heapRemove(timer.heapIndex);
        callback();
      },
    };
    this.#heapAdd(timer);
    if (!this.#running) this.#armTimer();
    return () => {
      if (timer.heapIndex >= 0) this.#heapRemove(timer.heapIndex);
    };
  }

  /** The machine has ended: drops timers and tasks. */
  stop(): void {
    this.stopped = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#heap = [];
    this.#count = 0;
    this.#ring = [];
  }

  #heapAdd(timer: Timer): void {
    this.#heap.push(timer);
    this.#siftUp(this.#heap.length - 1, timer);
  }

  #heapRemove(index: number): void {
    const heap = this.#heap;
    (heap[index] as Timer).heapIndex = -1;
    const last = heap.pop() as Timer;
    if (index === heap.length) return;
    this.#siftDown(index, last);
    if (heap[index] === last) this.#siftUp(index, last);
  }

  #siftUp(start: number, timer: Timer): void {
    const heap = this.#heap;
    let index = start;
    while (index > 0) {
      const up = (index - 1) >> 1;
      const parent = heap[up] as Timer;
      if (parent.deadlineMs <= timer.deadlineMs) break;
      heap[index] = parent;
      parent.heapIndex = index;
      index = up;
    }
    heap[index] = timer;
    timer.heapIndex = index;
  }

  #siftDown(start: number, timer: Timer): void {
    const heap = this.#heap;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        (heap[child + 1] as Timer).deadlineMs < (heap[child] as Timer).deadlineMs
      ) {
        child++;
      }
      const least = heap[child] as Timer;
      if (least.deadlineMs >= timer.deadlineMs) break;
      heap[index] = least;
      least.heapIndex = index;
      index = child;
    }
    heap[index] = timer;
    timer.heapIndex = index;
  }
}
