// O_PATH descriptors: they name a place and cannot be read or written (open(2)).
import { EBADF } from "../../abi/errno.ts";
import type { Task } from "../task.ts";
import { File } from "./file.ts";

/** An open description that only stands for its place. */
export class PathFile extends File {
  override get readable(): boolean {
    return false;
  }
  override get writable(): boolean {
    return false;
  }
  override poll(): number {
    return 0;
  }
}

/** The description behind `fd` for calls that use the file itself; EBADF for O_PATH descriptors. */
export function fdget(task: Task, fd: number): File {
  const file = task.fds.get(fd);
  if (file instanceof PathFile) throw EBADF;
  return file;
}
