// fsync(2), fdatasync(2), syncfs(2), sync(2).
import { type Blocking, isSteps, type Steps } from "../../abi/program.ts";
import { syncDisks } from "../block/genhd.ts";
import type { SuperBlock } from "../fs/inode.ts";
import { fdget } from "../fs/path-file.ts";
import type { Task } from "../task.ts";

/** fsync(2). */
export function fsync(task: Task, fd: number): Blocking<void> {
  return fdget(task, fd).sync();
}

/** fdatasync(2). */
export function fdatasync(task: Task, fd: number): Blocking<void> {
  return fdget(task, fd).sync();
}

/** syncfs(2). */
export function syncfs(task: Task, fd: number): Blocking<void> {
  return fdget(task, fd).path.mount.sb.sync();
}

/** sync(2): every mounted file system. */
export function sync(task: Task): Blocking<void> {
  const waiting: Steps<void>[] = [];
  for (const sb of new Set<SuperBlock>(task.ns.mounts.map((mount) => mount.sb))) {
    const result = sb.sync();
    if (isSteps<void>(result)) waiting.push(result);
  }
  if (waiting.length > 0) return syncLater(task, waiting);
  syncDisks(task.kernel);
  return undefined;
}

function* syncLater(task: Task, waiting: Steps<void>[]): Steps<void> {
  for (const steps of waiting) yield* steps;
  syncDisks(task.kernel);
}
