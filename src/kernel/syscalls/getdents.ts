// getdents64(2).
import { IN_ACCESS } from "../../abi/poll.ts";
import type { Dirent } from "../../abi/stat.ts";
import { notifyPath } from "../fs/notify.ts";
import { fdget } from "../fs/path-file.ts";
import type { Task } from "../task.ts";

/** The next entries of a directory, at most `max` of them; empty at the end. */
export function getdents(task: Task, fd: number, max?: number): Dirent[] {
  const file = fdget(task, fd);
  const entries = file.getdents(task, max);
  if (task.kernel.watches !== 0) notifyPath(file.path, IN_ACCESS);
  return entries;
}
