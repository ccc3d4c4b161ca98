// inotify(7): watches on inodes, events read as struct inotify_event.
import { EACCES, EAGAIN, EEXIST, EINVAL, EMFILE, ENOMEM, ENOSPC } from "../../abi/errno.ts";
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NONBLOCK,
  O_RDONLY,
  R_OK,
} from "../../abi/fcntl.ts";
import { ANON_INODE_FS_MAGIC } from "../../abi/mount.ts";
import {
  IN_DELETE_SELF,
  IN_DONT_FOLLOW,
  IN_IGNORED,
  IN_ISDIR,
  IN_MASK_ADD,
  IN_ONESHOT,
  IN_ONLYDIR,
  IN_Q_OVERFLOW,
  IN_UNMOUNT,
  POLLIN,
  POLLRDNORM,
} from "../../abi/poll.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import { FIONREAD } from "../../abi/termios.ts";
import { permitted } from "../cred.ts";
import type { Task } from "../task.ts";
import { sleepOn, WaitQueue } from "../wait.ts";
import { anonymousPath } from "./anon.ts";
import { File, type Path } from "./file.ts";
import type { Inode } from "./inode.ts";
import { resolve } from "./namei.ts";
import { type Watcher, watchersOf } from "./notify.ts";
import { fdget } from "./path-file.ts";
import { setting } from "./permission.ts";

/** Defaults of /proc/sys/fs/inotify/: max_queued_events, max_user_instances, max_user_watches. */
export const MAX_QUEUED_EVENTS = 16384;
const MAX_INSTANCES = 128;
const MAX_WATCHES = 192536;
/** What a watch is charged. */
const WATCH_BYTES = 256;
const ALL_EVENTS = 0xfff;
const IN_EXCL_UNLINK = 0x4000000;
const IN_MASK_CREATE = 0x10000000;
/** Size of struct inotify_event without its name. */
const EVENT_BYTES = 16;

interface Event {
  readonly wd: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: string;
}

/** Bytes an event takes: the name is padded with NULs to a multiple of 16. */
function sizeOf(event: Event): number {
  return EVENT_BYTES + (event.name === "" ? 0 : Math.ceil((event.name.length + 1) / 16) * 16);
}

/** What a queued event is charged. */
function cost(event: Event): number {
  return 64 + event.name.length;
}

class Watch implements Watcher {
  readonly instance: InotifyFile;
  readonly wd: number;
  readonly inode: Inode;
  mask: number;

  constructor(instance: InotifyFile, wd: number, inode: Inode, mask: number) {
    this.instance = instance;
    this.wd = wd;
    this.inode = inode;
    this.mask = mask;
  }

  get skipsUnlinked(): boolean {
    return (this.mask & IN_EXCL_UNLINK) !== 0;
  }

  event(mask: number, cookie: number, name: string): void {
    const wanted = (mask & this.mask & ALL_EVENTS) !== 0;
    if (wanted || (mask & IN_UNMOUNT) !== 0) {
      this.instance.queue({ wd: this.wd, mask: mask >>> 0, cookie, name });
      if ((this.mask & IN_ONESHOT) !== 0) this.instance.drop(this);
    }
    if ((mask & (IN_DELETE_SELF | IN_UNMOUNT)) !== 0) this.instance.drop(this);
  }
}

/** Watches of the machine by their number, for the limits. */
interface Counts {
  instances: number;
}

function counts(task: Task): Counts {
  return task.kernel.slot("inotify", () => ({ instances: 0 }));
}

/** An inotify instance. */
export class InotifyFile extends File {
  readonly #watches = new Map<number, Watch>();
  readonly #counts: Counts;
  #events: Event[] = [];
  #lastWd = 0;
  readonly #readable = new WaitQueue();

  constructor(path: Path, flags: number, counted: Counts) {
    super(path, flags);
    this.#counts = counted;
    counted.instances++;
  }

  /** Watches by descriptor, for /proc/PID/fdinfo. */
  get watches(): Iterable<{ wd: number; inode: Inode; mask: number }> {
    return this.#watches.values();
  }

  /** Adds an event unless it repeats the last one; the queue is bounded. */
  queue(event: Event): void {
    const last = this.#events.at(-1);
    if (
      last !== undefined &&
      last.wd === event.wd &&
      last.mask === event.mask &&
      last.cookie === event.cookie &&
      last.name === event.name
    ) {
      return;
    }
    const { kernel } = this.inode.sb;
    const { memory } = kernel;
    const most = setting(kernel, "fs/inotify/max_queued_events", MAX_QUEUED_EVENTS);
    if (this.#events.length >= most || !memory.charge(cost(event))) {
      if (last?.mask === IN_Q_OVERFLOW) return;
      const overflow = { wd: -1, mask: IN_Q_OVERFLOW, cookie: 0, name: "" };
      // There is always room for saying that there is none.
      memory.used += cost(overflow);
      this.#events.push(overflow);
    } else {
      this.#events.push(event);
    }
    this.#readable.wake();
  }

  add(inode: Inode, mask: number): number {
    const kept = (mask & ~(IN_MASK_ADD | IN_MASK_CREATE)) >>> 0;
    for (const watcher of watchersOf(inode) ?? []) {
      if (!(watcher instanceof Watch) || watcher.instance !== this) continue;
      if ((mask & IN_MASK_CREATE) !== 0) throw EEXIST;
      watcher.mask = (mask & IN_MASK_ADD) !== 0 ? (watcher.mask | kept) >>> 0 : kept;
      return watcher.wd;
    }
    const { kernel } = inode.sb;
    if (kernel.watches >= setting(kernel, "fs/inotify/max_user_watches", MAX_WATCHES)) throw ENOSPC;
    if (!kernel.memory.charge(WATCH_BYTES)) throw ENOMEM;
    const watch = new Watch(this, ++this.#lastWd, inode, kept);
    this.#watches.set(watch.wd, watch);
    inode.attached ??= new Map();
    const watchers = watchersOf(inode) ?? new Set<Watcher>();
    inode.attached.set("watchers", watchers.add(watch));
    kernel.watches++;
    return watch.wd;
  }

  /** Ends a watch and says so with IN_IGNORED. */
  drop(watch: Watch): void {
    if (!this.#forget(watch)) return;
    this.queue({ wd: watch.wd, mask: IN_IGNORED, cookie: 0, name: "" });
  }

  #forget(watch: Watch): boolean {
    if (!this.#watches.delete(watch.wd)) return false;
    const watchers = watchersOf(watch.inode);
    watchers?.delete(watch);
    if (watchers?.size === 0) watch.inode.attached?.delete("watchers");
    const { kernel } = watch.inode.sb;
    kernel.watches--;
    kernel.memory.uncharge(WATCH_BYTES);
    return true;
  }

  remove(wd: number): void {
    const watch = this.#watches.get(wd);
    if (watch === undefined) throw EINVAL;
    this.drop(watch);
  }

  override read(task: Task, max: number): Blocking<Uint8Array> {
    if (this.#events.length > 0) return this.#take(max);
    if (this.nonblock) throw EAGAIN;
    return this.#readLater(task, max);
  }

  *#readLater(task: Task, max: number): Steps<Uint8Array> {
    while (this.#events.length === 0) yield* sleepOn(task, [this.#readable]);
    return this.#take(max);
  }

  /** As many whole events as fit; EINVAL when not even one does. */
  #take(max: number): Uint8Array {
    let total = 0;
    let count = 0;
    for (const event of this.#events) {
      if (total + sizeOf(event) > max) break;
      total += sizeOf(event);
      count++;
    }
    if (count === 0) throw EINVAL;
    const bytes = new Uint8Array(total);
    const view = new DataView(bytes.buffer);
    let at = 0;
    const { memory } = this.inode.sb.kernel;
    for (const event of this.#events.splice(0, count)) {
      memory.uncharge(cost(event));
      const size = sizeOf(event);
      view.setInt32(at, event.wd, true);
      view.setUint32(at + 4, event.mask, true);
      view.setUint32(at + 8, event.cookie, true);
      view.setUint32(at + 12, size - EVENT_BYTES, true);
      for (let i = 0; i < event.name.length; i++) {
        bytes[at + EVENT_BYTES + i] = event.name.charCodeAt(i);
      }
      at += size;
    }
    return bytes;
  }

  override ioctl(task: Task, request: number, arg: unknown): Blocking<unknown> {
    if (request !== FIONREAD) return super.ioctl(task, request, arg);
    return this.#events.reduce((sum, event) => sum + sizeOf(event), 0);
  }

  override poll(): number {
    return this.#events.length > 0 ? POLLIN | POLLRDNORM : 0;
  }

  override pollQueues(): readonly WaitQueue[] {
    return [this.#readable];
  }

  protected override release(): void {
    for (const watch of [...this.#watches.values()]) this.#forget(watch);
    this.#counts.instances--;
    for (const event of this.#events) this.inode.sb.kernel.memory.uncharge(cost(event));
    this.#events = [];
  }
}

/** inotify_init1(2). */
export function inotify_init1(task: Task, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) throw EINVAL;
  const counted = counts(task);
  const most = setting(task.kernel, "fs/inotify/max_user_instances", MAX_INSTANCES);
  if (counted.instances >= most) throw EMFILE;
  const path = anonymousPath(
    task.kernel,
    "anon_inodefs",
    ANON_INODE_FS_MAGIC,
    "inotify",
    0o600,
    task.cred,
  );
  const file = new InotifyFile(path, O_RDONLY | (flags & O_NONBLOCK), counted);
  return task.fds.install(file, (flags & O_CLOEXEC) !== 0, task.rlimit(RLIMIT_NOFILE));
}

function instance(task: Task, fd: number): InotifyFile {
  const file = fdget(task, fd);
  if (!(file instanceof InotifyFile)) throw EINVAL;
  return file;
}

/** inotify_add_watch(2). */
export function inotify_add_watch(task: Task, fd: number, path: string, mask: number): number {
  const allowed =
    ALL_EVENTS |
    IN_ONLYDIR |
    IN_DONT_FOLLOW |
    IN_EXCL_UNLINK |
    IN_MASK_CREATE |
    IN_MASK_ADD |
    IN_ONESHOT |
    IN_ISDIR;
  if ((mask & allowed) === 0) throw EINVAL;
  if ((mask & IN_MASK_ADD) !== 0 && (mask & IN_MASK_CREATE) !== 0) throw EINVAL;
  const file = instance(task, fd);
  const flags =
    ((mask & IN_DONT_FOLLOW) !== 0 ? AT_SYMLINK_NOFOLLOW : 0) |
    ((mask & IN_ONLYDIR) !== 0 ? O_DIRECTORY : 0);
  const { inode } = resolve(task, AT_FDCWD, path, flags).dentry;
  if (!permitted(task.cred, inode, R_OK)) throw EACCES;
  return file.add(inode, mask);
}

/** inotify_rm_watch(2). */
export function inotify_rm_watch(task: Task, fd: number, wd: number): void {
  instance(task, fd).remove(wd);
}
