// wait4(2): children that ended, stopped or went on.
import { ECHILD, EINTR, EINVAL } from "../../abi/errno.ts";
import type { Blocking, Steps, Waited } from "../../abi/program.ts";
import { WCONTINUED, WNOHANG, WUNTRACED } from "../../abi/signal.ts";
import { release } from "../exit.ts";
import type { Task, ThreadGroup } from "../task.ts";
import { rusageOfGroup } from "../time.ts";
import { sleepOn } from "../wait.ts";

/** The child that wait4 can tell about now, or undefined; throws ECHILD when there is none to wait for. */
function poll(task: Task, pid: number, options: number): Waited | undefined {
  const { group } = task;
  let any = false;
  for (let i = 0; i < group.children.size; i++) {
    const child = group.children.at(i);
    if (!matches(group, child, pid)) continue;
    any = true;
    if (child.exitStatus !== undefined) {
      const waited = { pid: child.pid, status: child.exitStatus, rusage: rusageOfGroup(child) };
      release(child);
      return waited;
    }
    if (child.stopReport === "stopped" && (options & WUNTRACED) !== 0) {
      child.stopReport = undefined;
      const status = ((child.stopped ?? 0) << 8) | 0x7f;
      return { pid: child.pid, status, rusage: rusageOfGroup(child) };
    }
    if (child.stopReport === "continued" && (options & WCONTINUED) !== 0) {
      child.stopReport = undefined;
      return { pid: child.pid, status: 0xffff, rusage: rusageOfGroup(child) };
    }
  }
  if (!any) throw ECHILD;
  return undefined;
}

function matches(parent: ThreadGroup, child: ThreadGroup, pid: number): boolean {
  if (pid > 0) return child.pid === pid;
  if (pid === -1) return true;
  return child.pgrp.id === (pid === 0 ? parent.pgrp.id : -pid);
}

/** wait4(2). */
export function wait4(task: Task, pid: number, options: number): Blocking<Waited | undefined> {
  if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED)) !== 0) throw EINVAL;
  const now = poll(task, pid, options);
  if (now !== undefined || (options & WNOHANG) !== 0) return now;
  return waitFor(task, pid, options);
}

function* waitFor(task: Task, pid: number, options: number): Steps<Waited | undefined> {
  for (;;) {
    let interrupted = false;
    try {
      yield* sleepOn(task, [task.group.childQueue]);
    } catch (error) {
      if (error !== EINTR) throw error;
      interrupted = true;
    }
    // A child that ended counts even if its SIGCHLD handler has just run.
    const waited = poll(task, pid, options);
    if (waited !== undefined) return waited;
    if (interrupted) throw EINTR;
  }
}
