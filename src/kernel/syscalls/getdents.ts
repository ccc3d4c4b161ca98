// getdents64(2).
import type { Dirent } from "../../abi/stat.ts";
import { fdget } from "../fs/path-file.ts";
import type { Task } from "../task.ts";

/** The next entries of a directory, at most `max` of them; empty at the end. */
export function getdents(task: Task, fd: number, max?: number): Dirent[] {
  return fdget(task, fd).getdents(task, max);
}
