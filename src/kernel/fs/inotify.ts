// inotify(7): not there yet.
import { ENOSYS } from "../../abi/errno.ts";
import type { Task } from "../task.ts";
export function inotify_init1(_task: Task, _flags: number): number {
  throw ENOSYS;
}
export function inotify_add_watch(_task: Task, _fd: number, _path: string, _mask: number): number {
  throw ENOSYS;
}
export function inotify_rm_watch(_task: Task, _fd: number, _wd: number): void {
  throw ENOSYS;
}
