// epoll(7): a set of files watched together; level-triggered, EPOLLET and EPOLLONESHOT.
import { EBADF, EEXIST, EINVAL, ELOOP, ENOENT } from "../../abi/errno.ts";
import { O_CLOEXEC, O_RDWR } from "../../abi/fcntl.ts";
import { ANON_INODE_FS_MAGIC } from "../../abi/mount.ts";
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLONESHOT,
  type EpollEvent,
  POLLERR,
  POLLHUP,
  POLLIN,
} from "../../abi/poll.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import type { Task } from "../task.ts";
import { sleepOn, WaitQueue } from "../wait.ts";
import { anonymousPath } from "./anon.ts";
import { File } from "./file.ts";

/** Sets watched through sets, at most (epoll_ctl(2): ELOOP). */
const MAX_NESTING = 5;

interface Item {
  file: File;
  events: number;
  data: number;
  /** Readiness last reported, for EPOLLET. */
  last: number;
}

class EpollFile extends File {
  /** Keyed by descriptor number: one item for each descriptor of a file. */
  readonly items = new Map<number, Item>();
  /** Woken when the set itself changes. */
  readonly changed = new WaitQueue();

  depth(): number {
    let depth = 0;
    for (const { file } of this.items.values()) {
      if (file instanceof EpollFile) depth = Math.max(depth, file.depth());
    }
    return depth + 1;
  }

  /** Events ready now, at most `max`; with `take`, edges and one-shots are used up. */
  collect(task: Task, max: number, take: boolean): EpollEvent[] {
    const events: EpollEvent[] = [];
    for (const [fd, item] of this.items) {
      // Closing the last descriptor of a file takes it out of the set.
      if (task.fds.peek(fd) !== item.file && item.file.closed) {
        this.items.delete(fd);
        continue;
      }
      const ready = item.file.poll() & (item.events | POLLERR | POLLHUP);
      const fresh = (item.events & EPOLLET) !== 0 ? ready & ~item.last : ready;
      if (take) item.last = ready;
      if (fresh === 0) continue;
      events.push({ events: ready, data: item.data });
      if (take && (item.events & EPOLLONESHOT) !== 0) item.events &= EPOLLET | EPOLLONESHOT;
      if (events.length === max) break;
    }
    return events;
  }

  queues(): WaitQueue[] {
    const queues = [this.changed];
    for (const item of this.items.values()) queues.push(...item.file.pollQueues());
    return queues;
  }

  override poll(): number {
    for (const item of this.items.values()) {
      if ((item.file.poll() & (item.events | POLLERR | POLLHUP)) !== 0) return POLLIN;
    }
    return 0;
  }

  override pollQueues(): readonly WaitQueue[] {
    return this.queues();
  }
}

function epollFile(task: Task, epfd: number): EpollFile {
  const file = task.fds.get(epfd);
  if (!(file instanceof EpollFile)) throw EINVAL;
  return file;
}

/** epoll_create1(2). */
export function epoll_create1(task: Task, flags: number): number {
  if ((flags & ~O_CLOEXEC) !== 0) throw EINVAL;
  const { kernel, cred } = task;
  const kind = "[eventpoll]";
  const path = anonymousPath(kernel, "anon_inodefs", ANON_INODE_FS_MAGIC, kind, 0o600, cred);
  const file = new EpollFile(path, O_RDWR);
  return task.fds.install(file, (flags & O_CLOEXEC) !== 0, task.rlimit(RLIMIT_NOFILE));
}

/** epoll_ctl(2). */
export function epoll_ctl(
  task: Task,
  epfd: number,
  op: number,
  fd: number,
  event?: EpollEvent,
): void {
  const set = epollFile(task, epfd);
  const file = task.fds.peek(fd);
  if (file === undefined) throw EBADF;
  if (file === set) throw EINVAL;
  const item = set.items.get(fd);
  const known = item !== undefined && item.file === file ? item : undefined;
  if (op === EPOLL_CTL_DEL) {
    if (known === undefined) throw ENOENT;
    set.items.delete(fd);
    return;
  }
  if (event === undefined) throw EINVAL;
  if (op === EPOLL_CTL_ADD) {
    if (known !== undefined) throw EEXIST;
    if (file instanceof EpollFile && file.depth() + 1 > MAX_NESTING) throw ELOOP;
    set.items.set(fd, { file, events: event.events, data: event.data, last: 0 });
  } else if (op === EPOLL_CTL_MOD) {
    if (known === undefined) throw ENOENT;
    known.events = event.events;
    known.data = event.data;
    known.last = 0;
  } else {
    throw EINVAL;
  }
  set.changed.wake();
}

/** epoll_wait(2). */
export function epoll_wait(
  task: Task,
  epfd: number,
  max: number,
  timeoutMs: number,
): Blocking<EpollEvent[]> {
  if (max <= 0) throw EINVAL;
  const set = epollFile(task, epfd);
  const events = set.collect(task, max, true);
  if (events.length > 0 || timeoutMs === 0) return events;
  return waitLater(task, set, max, timeoutMs);
}

function* waitLater(
  task: Task,
  set: EpollFile,
  max: number,
  timeoutMs: number,
): Steps<EpollEvent[]> {
  const deadline = timeoutMs < 0 ? Number.POSITIVE_INFINITY : task.kernel.monotonic() + timeoutMs;
  for (;;) {
    const timedOut = yield* sleepOn(task, set.queues(), deadline, false);
    const events = set.collect(task, max, true);
    if (events.length > 0 || timedOut) return events;
  }
}
