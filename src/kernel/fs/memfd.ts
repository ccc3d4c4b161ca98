// memfd_create(2): not there yet.
import { ENOSYS } from "../../abi/errno.ts";
import type { Task } from "../task.ts";
export function memfd_create(_task: Task, _name: string, _flags: number): number {
  throw ENOSYS;
}
