// Pseudo terminals: master and slave (pty(7), pts(4)).
import { EAGAIN, EINTR, EINVAL, EIO, ENOMEM, ENOSPC, ENOTTY } from "../../abi/errno.ts";
import { O_CLOEXEC, O_NOCTTY } from "../../abi/fcntl.ts";
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import { makedev } from "../../abi/stat.ts";
import {
  FIONREAD,
  TCFLSH,
  TCGETS,
  TCSBRK,
  TCSETS,
  TCSETSF,
  TCSETSW,
  TIOCGPGRP,
  TIOCGPTLCK,
  TIOCGPTN,
  TIOCGPTPEER,
  TIOCGSID,
  TIOCGWINSZ,
  TIOCOUTQ,
  TIOCSPTLCK,
  TIOCSWINSZ,
  type WinSize,
} from "../../abi/termios.ts";
import { concat } from "../../lib/bytes.ts";
import { File, type Path } from "../fs/file.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { sleepOn, WaitQueue } from "../wait.ts";
import { type ConsolePort, HostTty } from "./console.ts";
import { flush, termiosOf, winSizeOf } from "./ioctl.ts";
import { openMakesControlling } from "./job-control.ts";
import { Tty } from "./tty.ts";
import { TtyFile } from "./tty-file.ts";

/** Output a slave may have outstanding. */
const PTY_BUFFER = 65536;
/** What a flush leaves: real masters have taken this much already. */
const TAKEN = 4096;
/** /proc/sys/kernel/pty/max. */
export const PTY_MAX = 4096;
/** First major number of slaves. */
export const PTS_MAJOR = 136;

/** The slave's side: a terminal whose far side is a queue that the master reads. */
export class PtySlave extends Tty {
  override readonly isPty: boolean = true;
  readonly index: number;
  /** TIOCSPTLCK: nobody may open it yet. */
  locked = true;
  masterOpen = true;
  /** Somebody has opened it, and all who did have closed it again. */
  abandoned = false;
  readonly masterRead: WaitQueue = new WaitQueue();
  readonly masterWrite: WaitQueue = new WaitQueue();
  #queue: Uint8Array[] = [];
  queued = 0;

  constructor(kernel: Kernel, index: number) {
    super(kernel, `pts/${index}`, makedev(PTS_MAJOR, index));
    this.index = index;
  }

  override room(): number {
    return this.masterOpen ? Math.max(0, PTY_BUFFER - this.queued) : 0;
  }

  override put(bytes: Uint8Array): void {
    if (!this.masterOpen) return;
    this.#queue.push(bytes);
    this.queued += bytes.length;
    this.masterRead.wake();
  }

  override dropOutput(): void {
    if (this.queued <= TAKEN) return;
    const kept = concat(this.#queue).slice(0, TAKEN);
    this.#queue = [kept];
    this.queued = kept.length;
  }

  protected override inputDrained(): void {
    this.masterWrite.wake();
  }

  protected override lastClosed(): void {
    this.abandoned = true;
    this.masterRead.wake();
    this.masterWrite.wake();
  }

  /** Master: takes up to `max` bytes of output. */
  takeOutput(max: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let count = 0;
    let used = 0;
    for (; used < this.#queue.length && count < max; used++) {
      const chunk = this.#queue[used] as Uint8Array;
      if (count + chunk.length > max) {
        parts.push(chunk.subarray(0, max - count));
        this.#queue[used] = chunk.subarray(max - count);
        count = max;
        break;
      }
      parts.push(chunk);
      count += chunk.length;
    }
    this.#queue.splice(0, used);
    this.queued -= count;
    if (count > 0) this.outputReady();
    return concat(parts);
  }
}

/** A terminal in /dev/pts and who owns its node. */
export interface PtsEntry {
  readonly tty: PtySlave | HostTty;
  readonly index: number;
  /** Its opener, until chown. */
  uid: number;
  gid: number;
  /** What chown and chmod set: over the mount's options. */
  owned: boolean;
  mode: number | undefined;
}

/** The pseudo terminals of a machine. */
export class Ptys {
  readonly #kernel: Kernel;
  readonly entries: Map<number, PtsEntry> = new Map();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  #free(): number {
    if (this.entries.size >= PTY_MAX) throw ENOSPC;
    let index = 0;
    while (this.entries.has(index)) index++;
    return index;
  }

  #add(tty: PtySlave | HostTty, index: number, uid: number, gid: number): void {
    this.entries.set(index, { tty, index, uid, gid, owned: false, mode: undefined });
  }

  /** A fresh pair for the opener of /dev/ptmx. */
  allocate(task: Task): PtySlave {
    const index = this.#free();
    if (!this.#kernel.memory.charge(2 * PTY_BUFFER)) throw ENOMEM;
    const slave = new PtySlave(this.#kernel, index);
    this.#add(slave, index, task.cred.euid, task.cred.egid);
    return slave;
  }

  /** The master of a pair is closed. */
  free(slave: PtySlave): void {
    this.entries.delete(slave.index);
    this.#kernel.memory.uncharge(2 * PTY_BUFFER);
  }

  /** A terminal on a host port, as a container's /dev/pts/N; it stays until `removeHost`. */
  createHost(port: ConsolePort, size?: WinSize, uid = 0): HostTty {
    const index = this.#free();
    const rdev = makedev(PTS_MAJOR, index);
    const tty = new HostPts(this.#kernel, `pts/${index}`, rdev, port, size);
    this.#add(tty, index, uid, uid);
    return tty;
  }

  removeHost(tty: HostTty): void {
    for (const entry of this.entries.values()) {
      if (entry.tty === tty) this.entries.delete(entry.index);
    }
  }
}

/** A host terminal that behaves as a pseudo terminal's slave. */
class HostPts extends HostTty {
  override readonly isPty: boolean = true;
}

/** The pseudo terminals of a machine. */
export function ptys(kernel: Kernel): Ptys {
  return kernel.slot("ptys", () => new Ptys(kernel));
}

/** Opens a terminal of /dev/pts; EIO while it is locked or once its master is gone. */
export function openSlave(task: Task, path: Path, flags: number, tty: Tty): TtyFile {
  if (tty instanceof PtySlave) {
    if (tty.locked || !tty.masterOpen) throw EIO;
    tty.abandoned = false;
  }
  const file = new TtyFile(path, flags, tty);
  if ((flags & O_NOCTTY) === 0) openMakesControlling(task, tty);
  return file;
}

/** The master's side: what /dev/ptmx opens. */
export class PtyMaster extends File {
  readonly slave: PtySlave;

  constructor(path: Path, flags: number, slave: PtySlave) {
    super(path, flags & ~O_NOCTTY);
    this.slave = slave;
  }

  override read(task: Task, max: number): Blocking<Uint8Array> {
    if (this.slave.queued > 0) return this.slave.takeOutput(max);
    return this.#waitForOutput(task, max);
  }

  *#waitForOutput(task: Task, max: number): Steps<Uint8Array> {
    const { slave } = this;
    while (slave.queued === 0) {
      if (slave.abandoned) throw EIO;
      if (this.nonblock) throw EAGAIN;
      yield* sleepOn(task, [slave.masterRead]);
    }
    return slave.takeOutput(max);
  }

  override write(task: Task, bytes: Uint8Array): Blocking<number> {
    const done = this.#type(bytes, 0);
    return done === bytes.length ? done : this.#typeRest(task, bytes, done);
  }

  #type(bytes: Uint8Array, from: number): number {
    let done = from;
    while (done < bytes.length && this.slave.wantsInput) {
      const part = bytes.subarray(done, done + PTY_BUFFER);
      this.slave.input(part);
      done += part.length;
    }
    return done;
  }

  *#typeRest(task: Task, bytes: Uint8Array, first: number): Steps<number> {
    let done = first;
    for (;;) {
      done = this.#type(bytes, done);
      if (done === bytes.length) return done;
      if (this.nonblock) {
        if (done > 0) return done;
        throw EAGAIN;
      }
      try {
        yield* sleepOn(task, [this.slave.masterWrite]);
      } catch (error) {
        if (error === EINTR && done > 0) return done;
        throw error;
      }
    }
  }

  override get isTerminal(): boolean {
    return true;
  }

  override ioctl(task: Task, request: number, arg: unknown): Blocking<unknown> {
    const { slave } = this;
    switch (request) {
      case TIOCGPTN:
        return slave.index;
      case TIOCSPTLCK:
        slave.locked = arg !== 0 && arg !== undefined;
        return 0;
      case TIOCGPTLCK:
        return slave.locked ? 1 : 0;
      case TIOCGPTPEER:
        return this.#openPeer(task, arg);
      case TCGETS:
        return { ...slave.termios, cc: slave.termios.cc.slice() };
      case TCSETS:
      case TCSETSW:
      case TCSETSF:
        if (request === TCSETSF) slave.flushInput();
        slave.setTermios(termiosOf(arg));
        return 0;
      case TCSBRK:
        return 0;
      case TCFLSH:
        return flush(slave, arg);
      case TIOCGWINSZ:
        return { ...slave.winsize };
      case TIOCSWINSZ:
        slave.setWinSize(winSizeOf(arg));
        return 0;
      case TIOCGPGRP:
        return slave.foreground;
      case TIOCGSID:
        if (slave.session === undefined) throw ENOTTY;
        return slave.session.id;
      case FIONREAD:
        return slave.queued;
      case TIOCOUTQ:
        return 0;
      default:
        throw ENOTTY;
    }
  }

  /** The slave's node where devpts is mounted, else the master's own place. */
  #slavePath(task: Task): Path {
    for (const mount of task.ns.mounts) {
      if (mount.sb.type !== "devpts") continue;
      const dentry = mount.root.lookup(String(this.slave.index));
      if (dentry !== undefined) return { mount, dentry };
    }
    return this.path;
  }

  /** A descriptor of the slave, whether or not its name can be reached. */
  #openPeer(task: Task, arg: unknown): number {
    if (typeof arg !== "number") throw EINVAL;
    const file = openSlave(task, this.#slavePath(task), arg & ~O_CLOEXEC, this.slave);
    return task.fds.install(file, (arg & O_CLOEXEC) !== 0, task.rlimit(RLIMIT_NOFILE));
  }

  override poll(): number {
    const { slave } = this;
    let ready = 0;
    if (slave.queued > 0) ready |= POLLIN | POLLRDNORM;
    if (slave.wantsInput) ready |= POLLOUT | POLLWRNORM;
    if (slave.abandoned) ready |= POLLHUP;
    return ready;
  }

  override pollQueues(): readonly WaitQueue[] {
    return [this.slave.masterRead, this.slave.masterWrite];
  }

  protected override release(): void {
    const { slave } = this;
    slave.masterOpen = false;
    ptys(slave.kernel).free(slave);
    slave.hangup();
    if (slave.queued > 0) slave.takeOutput(slave.queued);
  }
}

/** Opens /dev/ptmx. */
export function openPtmx(task: Task, path: Path, flags: number): PtyMaster {
  return new PtyMaster(path, flags, ptys(task.kernel).allocate(task));
}
