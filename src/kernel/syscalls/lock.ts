// flock(2) and the record locks of fcntl(2): F_SETLK, F_SETLKW, F_GETLK and their OFD forms.
import { EAGAIN, EBADF, EDEADLK, EINVAL, EOVERFLOW } from "../../abi/errno.ts";
import {
  F_GETLK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_RDLCK,
  F_SETLK,
  F_SETLKW,
  F_UNLCK,
  F_WRLCK,
  type Flock,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from "../../abi/fcntl.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import type { File } from "../fs/file.ts";
import { type FileLocks, type LockOwner, locksOf, type RecordLock } from "../fs/locks.ts";
import { fdget } from "../fs/path-file.ts";
import type { Task, ThreadGroup } from "../task.ts";
import { sleepOn } from "../wait.ts";

/** Which process waits for a lock of which other, over the machine. */
function waits(task: Task): Map<ThreadGroup, LockOwner> {
  return task.kernel.slot("lock-waits", () => new Map<ThreadGroup, LockOwner>());
}

/** flock(2). */
export function flock(task: Task, fd: number, operation: number): Blocking<void> {
  const file = fdget(task, fd);
  const wanted = operation & ~LOCK_NB;
  if (wanted !== LOCK_SH && wanted !== LOCK_EX && wanted !== LOCK_UN) throw EINVAL;
  const locks = locksOf(file.inode);
  const type = wanted === LOCK_SH ? F_RDLCK : F_WRLCK;
  if (wanted !== LOCK_UN && locks.whole.get(file) === type) return undefined;
  // Changing the type is not atomic: the old lock goes first (flock(2)).
  if (locks.whole.delete(file)) locks.queue.wake();
  if (wanted === LOCK_UN) return undefined;
  if (!locks.flockConflict(file, type)) {
    locks.whole.set(file, type);
    return undefined;
  }
  if ((operation & LOCK_NB) !== 0) throw EAGAIN;
  return flockLater(task, file, locks, type);
}

function* flockLater(task: Task, file: File, locks: FileLocks, type: number): Steps<void> {
  file.get();
  try {
    while (locks.flockConflict(file, type)) yield* sleepOn(task, [locks.queue]);
    locks.whole.set(file, type);
  } finally {
    file.put();
  }
}

/** The range of a struct flock as [start, end). */
function range(file: File, lock: Flock): [start: number, end: number] {
  const base =
    lock.whence === SEEK_SET
      ? 0
      : lock.whence === SEEK_CUR
        ? file.pos
        : lock.whence === SEEK_END
          ? file.inode.stat().size
          : -1;
  if (base < 0) throw EINVAL;
  if (!Number.isInteger(lock.start) || !Number.isInteger(lock.len)) throw EINVAL;
  let start = base + lock.start;
  if (start > Number.MAX_SAFE_INTEGER) throw EOVERFLOW;
  let end = Number.POSITIVE_INFINITY;
  if (lock.len > 0) {
    end = start + lock.len;
  } else if (lock.len < 0) {
    end = start;
    start += lock.len;
  }
  if (start < 0) throw EINVAL;
  return [start, end];
}

/** F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW. */
export function fcntl_lock(task: Task, fd: number, cmd: number, lock: Flock): Blocking<Flock> {
  const file = fdget(task, fd);
  const ofd = cmd === F_OFD_GETLK || cmd === F_OFD_SETLK || cmd === F_OFD_SETLKW;
  const get = cmd === F_GETLK || cmd === F_OFD_GETLK;
  if (!ofd && !get && cmd !== F_SETLK && cmd !== F_SETLKW) throw EINVAL;
  if (lock.type !== F_RDLCK && lock.type !== F_WRLCK && lock.type !== F_UNLCK) throw EINVAL;
  if (ofd && lock.pid !== 0) throw EINVAL;
  const [start, end] = range(file, lock);
  const wanted: RecordLock = {
    owner: ofd ? file : task.group,
    pid: ofd ? -1 : task.pid,
    type: lock.type,
    start,
    end,
  };
  const locks = locksOf(file.inode);
  if (get) {
    if (lock.type === F_UNLCK) throw EINVAL;
    return tell(lock, locks.conflict(wanted));
  }
  if (lock.type === F_RDLCK && !file.readable) throw EBADF;
  if (lock.type === F_WRLCK && !file.writable) throw EBADF;
  if (lock.type === F_UNLCK || locks.conflict(wanted) === undefined) {
    locks.apply(wanted);
    return lock;
  }
  if (cmd === F_SETLK || cmd === F_OFD_SETLK) throw EAGAIN;
  return lockLater(task, file, locks, wanted, lock);
}

function tell(lock: Flock, held: RecordLock | undefined): Flock {
  if (held === undefined) return { ...lock, type: F_UNLCK };
  const len = held.end === Number.POSITIVE_INFINITY ? 0 : held.end - held.start;
  return { type: held.type, whence: SEEK_SET, start: held.start, len, pid: held.pid };
}

function* lockLater(
  task: Task,
  file: File,
  locks: FileLocks,
  wanted: RecordLock,
  lock: Flock,
): Steps<Flock> {
  const graph = waits(task);
  const process = wanted.owner === task.group;
  file.get();
  try {
    for (;;) {
      const held = locks.conflict(wanted);
      if (held === undefined) break;
      if (process) {
        mustNotDeadlock(graph, task.group, held.owner);
        graph.set(task.group, held.owner);
      }
      yield* sleepOn(task, [locks.queue]);
    }
    locks.apply(wanted);
    return lock;
  } finally {
    graph.delete(task.group);
    file.put();
  }
}

/** Throws EDEADLK when the holder waits, at any remove, for `group`. */
function mustNotDeadlock(
  graph: ReadonlyMap<LockOwner, LockOwner>,
  group: ThreadGroup,
  holder: LockOwner,
): void {
  let at: LockOwner | undefined = holder;
  for (let steps = graph.size; at !== undefined && steps >= 0; steps--) {
    if (at === group) throw EDEADLK;
    at = graph.get(at);
  }
}
