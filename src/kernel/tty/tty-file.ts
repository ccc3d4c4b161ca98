// An open terminal: read, write and poll with job control (read(2), termios(3)).
import { EAGAIN, EINTR, EIO } from "../../abi/errno.ts";
import { O_NOCTTY } from "../../abi/fcntl.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import { SIGTTIN, SIGTTOU } from "../../abi/signal.ts";
import { ICANON, TOSTOP, VMIN, VTIME } from "../../abi/termios.ts";
import { File, type Path } from "../fs/file.ts";
import type { Task } from "../task.ts";
import { sleepOn, type WaitQueue } from "../wait.ts";
import { ttyIoctl } from "./ioctl.ts";
import { checkBackground } from "./job-control.ts";
import type { Tty } from "./tty.ts";

const EMPTY = new Uint8Array(0);
const HUNG_UP = POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;

/** A descriptor's view of a terminal. */
export class TtyFile extends File {
  readonly tty: Tty;
  /** Opened as /dev/console: never hung up, no job control. */
  readonly console: boolean;
  /** Reads give end of file and writes EIO from now on. */
  hungUp = false;

  constructor(path: Path, flags: number, tty: Tty, console = false) {
    super(path, flags & ~O_NOCTTY);
    this.tty = tty;
    this.console = console;
    tty.files.add(this);
  }

  override read(task: Task, max: number): Blocking<Uint8Array> {
    if (this.hungUp) return EMPTY;
    const { tty } = this;
    const { lflag, cc } = tty.termios;
    // What can be answered at once: a line is there, or raw input with MIN 1.
    const ready =
      (lflag & ICANON) !== 0
        ? tty.discipline.hasLine
        : cc[VMIN] === 1 && tty.discipline.available > 0;
    if (ready && (this.console || !checkBackground(task, tty, SIGTTIN))) return this.#take(max);
    return this.#wait(task, max);
  }

  #take(max: number): Uint8Array {
    const bytes = this.tty.discipline.take(max);
    this.tty.pump();
    return bytes;
  }

  *#wait(task: Task, max: number): Steps<Uint8Array> {
    const { tty } = this;
    const { discipline } = tty;
    const queues = [tty.readQueue];
    let deadlineMs: number | undefined;
    /** What was there when the timer between bytes was set. */
    let seen = 0;
    for (;;) {
      if (this.hungUp) return EMPTY;
      if (!this.console && checkBackground(task, tty, SIGTTIN)) {
        yield* sleepOn(task, queues);
        continue;
      }
      const { lflag, cc } = tty.termios;
      if ((lflag & ICANON) !== 0) {
        if (discipline.hasLine) return this.#take(max);
        if (this.nonblock) throw EAGAIN;
        yield* sleepOn(task, queues);
        continue;
      }
      const least = cc[VMIN] as number;
      const timeMs = (cc[VTIME] as number) * 100;
      const { available } = discipline;
      if (available >= Math.min(Math.max(1, least), max)) return this.#take(max);
      if (least === 0 && timeMs === 0) return EMPTY;
      if (this.nonblock) {
        if (available > 0) return this.#take(max);
        throw EAGAIN;
      }
      if (timeMs === 0 || (least > 0 && available === 0)) deadlineMs = undefined;
      else if (deadlineMs === undefined || available !== seen) {
        deadlineMs = task.kernel.monotonic() + timeMs;
      }
      seen = available;
      try {
        if ((yield* sleepOn(task, queues, deadlineMs)) && discipline.available === seen) {
          return seen > 0 ? this.#take(max) : EMPTY;
        }
      } catch (error) {
        if (error === EINTR && discipline.available > 0) return this.#take(max);
        throw error;
      }
    }
  }

  override write(task: Task, bytes: Uint8Array): Blocking<number> {
    if (this.hungUp) throw EIO;
    if (this.#mayWrite(task)) {
      const done = this.tty.discipline.write(bytes);
      if (done === bytes.length) return done;
      return this.#writeRest(task, bytes, done);
    }
    return this.#writeRest(task, bytes, 0);
  }

  #mayWrite(task: Task): boolean {
    if (this.console || (this.tty.termios.lflag & TOSTOP) === 0) return true;
    return !checkBackground(task, this.tty, SIGTTOU);
  }

  *#writeRest(task: Task, bytes: Uint8Array, first: number): Steps<number> {
    const { tty } = this;
    let done = first;
    for (;;) {
      if (this.nonblock && done < bytes.length) {
        if (done > 0) return done;
        throw EAGAIN;
      }
      try {
        yield* sleepOn(task, [tty.writeQueue, tty.readQueue]);
      } catch (error) {
        if (error === EINTR && done > 0) return done;
        throw error;
      }
      if (this.hungUp) {
        if (done > 0) return done;
        throw EIO;
      }
      if (!this.#mayWrite(task)) continue;
      done += tty.discipline.write(bytes.subarray(done));
      if (done === bytes.length) return done;
    }
  }

  override get isTerminal(): boolean {
    return !this.hungUp;
  }

  override ioctl(task: Task, request: number, arg: unknown): Blocking<unknown> {
    if (this.hungUp) throw EIO;
    return ttyIoctl(task, this, request, arg);
  }

  override poll(): number {
    if (this.hungUp) return HUNG_UP;
    let ready = 0;
    if (this.tty.discipline.readable) ready |= POLLIN | POLLRDNORM;
    if (!this.tty.stopped && this.tty.room() > 0) ready |= POLLOUT | POLLWRNORM;
    return ready;
  }

  override pollQueues(): readonly WaitQueue[] {
    return [this.tty.readQueue, this.tty.writeQueue];
  }

  protected override release(): void {
    this.tty.closed(this);
  }
}
