// exit_group(2): a process is told to end as a whole.
import { SIGKILL } from "../abi/signal.ts";
import type { Task, ThreadGroup } from "./task.ts";

/**
 * Marks the whole process as ending with a wait4 status. The other threads are woken to die; the
 * caller goes on to exitTask (by unwinding).
 */
export function exitGroup(task: Task, status: number): void {
  const group = task.group;
  if (group.exiting !== undefined) return;
  group.exiting = status;
  group.stopped = undefined;
  for (let i = 0; i < group.tasks.size; i++) {
    const other = group.tasks.at(i);
    if (other === task) continue;
    if (other.state === "sleeping") other.sleep?.wake(0);
    else other.kernel.scheduler.unpark(other);
  }
}

/** Ends a process from outside the loop of its own task (host side, machine.close). */
export function killGroup(group: ThreadGroup): void {
  if (group.exitStatus !== undefined) return;
  group.exiting ??= SIGKILL;
  group.stopped = undefined;
  for (const task of group.tasks) {
    if (task.state === "sleeping") task.sleep?.wake(0);
    else group.kernel.scheduler.unpark(task);
  }
}
