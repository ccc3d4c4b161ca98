// File locks: flock(2) and the record locks of fcntl(2), which know nothing of each other (Linux: fs/locks.c).
import { ENOLCK } from "../../abi/errno.ts";
import { F_RDLCK, F_UNLCK, F_WRLCK } from "../../abi/fcntl.ts";
import type { ThreadGroup } from "../task.ts";
import { WaitQueue } from "../wait.ts";
import type { File } from "./file.ts";
import type { Inode } from "./inode.ts";

/** Record locks of one file, at most. */
const MAX_RECORDS = 8192;

/** Who holds a record lock: a process, or an open file description (OFD locks). */
export type LockOwner = ThreadGroup | File;

/** A held record lock on the bytes [start, end). */
export interface RecordLock {
  readonly owner: LockOwner;
  /** As F_GETLK tells it; -1 for OFD locks. */
  readonly pid: number;
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** The locks on one inode. */
export class FileLocks {
  /** Sorted by start; the locks of one owner do not overlap. */
  records: RecordLock[] = [];
  /** flock(2): type by description. */
  readonly whole: Map<File, number> = new Map<File, number>();
  /** Woken when a lock is given up. */
  readonly queue: WaitQueue = new WaitQueue();

  /** A held lock that stands in the way of `wanted`. */
  conflict(wanted: RecordLock): RecordLock | undefined {
    return this.records.find(
      (held) =>
        held.owner !== wanted.owner &&
        held.start < wanted.end &&
        wanted.start < held.end &&
        (held.type === F_WRLCK || wanted.type === F_WRLCK),
    );
  }

  /** Sets (or with F_UNLCK clears) a range for its owner, splitting and joining what it held. */
  apply(lock: RecordLock): void {
    const kept: RecordLock[] = [];
    let { start, end } = lock;
    let released = false;
    for (const held of this.records) {
      const apart = held.end < lock.start || held.start > lock.end;
      if (held.owner !== lock.owner || apart) {
        kept.push(held);
      } else if (held.type === lock.type) {
        // Touching or overlapping locks of one type become one.
        start = Math.min(start, held.start);
        end = Math.max(end, held.end);
      } else {
        if (held.start < lock.start) kept.push({ ...held, end: Math.min(held.end, lock.start) });
        if (held.end > lock.end) kept.push({ ...held, start: Math.max(held.start, lock.end) });
        if (held.start < lock.end && lock.start < held.end) released = true;
      }
    }
    if (lock.type !== F_UNLCK) kept.push({ ...lock, start, end });
    if (kept.length > MAX_RECORDS && kept.length > this.records.length) throw ENOLCK;
    kept.sort((a, b) => a.start - b.start);
    this.records = kept;
    if (released) this.queue.wake();
  }

  /** Drops all record locks of an owner. */
  release(owner: LockOwner): void {
    if (!this.records.some((held) => held.owner === owner)) return;
    this.records = this.records.filter((held) => held.owner !== owner);
    this.queue.wake();
  }

  /** True when another description's flock forbids `type` (F_RDLCK, F_WRLCK). */
  flockConflict(file: File, type: number): boolean {
    for (const [other, held] of this.whole) {
      if (other !== file && (held === F_WRLCK || type !== F_RDLCK)) return true;
    }
    return false;
  }
}

/** The locks of an inode, made at first use. */
export function locksOf(inode: Inode): FileLocks {
  inode.attached ??= new Map();
  let locks = inode.attached.get("locks") as FileLocks | undefined;
  if (locks === undefined) {
    locks = new FileLocks();
    inode.attached.set("locks", locks);
  }
  return locks;
}

/** close(2) of any descriptor of a file drops the process's record locks on it. */
export function closeLocks(inode: Inode, group: ThreadGroup): void {
  (inode.attached?.get("locks") as FileLocks | undefined)?.release(group);
}

/** The last descriptor of a description is gone: so are its flock and its OFD locks. */
export function releaseLocks(inode: Inode, file: File): void {
  const locks = inode.attached?.get("locks") as FileLocks | undefined;
  if (locks === undefined) return;
  locks.release(file);
  if (locks.whole.delete(file)) locks.queue.wake();
}
