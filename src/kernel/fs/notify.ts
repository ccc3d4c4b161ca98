// Telling watchers what happened to files (Linux: fsnotify). Costs one comparison when nobody watches.
import { IN_DELETE_SELF, IN_ISDIR } from "../../abi/poll.ts";
import type { Path } from "./file.ts";
import type { Inode } from "./inode.ts";

/** Something that watches one inode. */
export interface Watcher {
  /** Wants no events of entries that were unlinked (IN_EXCL_UNLINK). */
  readonly skipsUnlinked: boolean;
  /** `name`: the entry of a watched directory, "" for the inode itself. */
  event(mask: number, cookie: number, name: string): void;
}

/** The watchers of an inode, if any. */
export function watchersOf(inode: Inode): Set<Watcher> | undefined {
  return inode.attached?.get("watchers") as Set<Watcher> | undefined;
}

/** Tells the watchers of one inode. Callers test `kernel.watches` first on hot paths. */
export function notify(inode: Inode, mask: number, name = "", cookie = 0, unlinked = false): void {
  const watchers = watchersOf(inode);
  if (watchers === undefined) return;
  for (const watcher of [...watchers]) {
    if (!unlinked || !watcher.skipsUnlinked) watcher.event(mask, cookie, name);
  }
}

/** Tells about a file or directory: its parent's watchers by name, and its own. */
export function notifyPath(path: Path, mask: number): void {
  const { dentry } = path;
  const { inode } = dentry;
  if (inode.sb.kernel.watches === 0) return;
  const all = inode.isDirectory ? mask | IN_ISDIR : mask;
  if (!dentry.isRoot) notify(dentry.parent.inode, all, dentry.name, 0, dentry.deleted);
  notify(inode, all);
}

/** After the last name or the last user has gone: watchers hear of the end. */
export function notifyGone(inode: Inode): void {
  if (inode.sb.kernel.watches === 0 || inode.nlink > 0 || inode.holds > 0) return;
  notify(inode, IN_DELETE_SELF);
}
