// Stopping a service: first those that need it, then itself.
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { closeOnExec, isRefusal, svcLock } from "../librc/lock.ts";
import { BOOT, SHUTDOWN, SINGLE, SYSINIT } from "../librc/paths.ts";
import { inRunlevel } from "../librc/runlevel.ts";
import {
  FAILED,
  INACTIVE,
  markService,
  STARTED,
  STOPPED,
  STOPPING,
  serviceState,
  WASINACTIVE,
} from "../librc/service.ts";
import { leave, type ServiceRun } from "./service-run.ts";

/** Stops it after all that need it; false when it was stopped already. */
export function* stop(run: ServiceRun): Steps<boolean> {
  const { rc } = run;
  let state = 0;
  if (run.dryRun) yield* rc.einfo.einfon("stop:");
  else {
    const found = yield* check(run);
    if (found === undefined) return false;
    state = found;
  }
  if (run.deps && (state & WASINACTIVE) === 0) yield* stopOthers(run);
  if (run.dryRun) yield* rc.print(` ${run.name}\n`);
  else yield* stopItself(run);
  return true;
}

/** The state it is in; undefined when it does not run. */
function* check(run: ServiceRun): Steps<number | undefined> {
  const { rc, sys, name } = run;
  const { einfo } = rc;
  const state = yield* serviceState(sys, name);
  if (run.stopping && (state & FAILED) !== 0) leave(1);
  if (run.inBackground && (state & (STARTED | INACTIVE)) === 0) leave(1);
  if (run.lock === undefined) {
    const lock = yield* svcLock(rc, name, !run.deps);
    if (lock instanceof Errno) {
      if (isRefusal(lock)) yield* einfo.eerrorx(`${name}: superuser access required`);
      if ((state & STOPPING) !== 0) yield* einfo.ewarnx(`WARNING: ${name} is already stopping`);
      yield* einfo.eerrorx(`ERROR: ${name} stopped by something else`);
    } else run.lock = lock;
  }
  if (run.lock !== undefined) closeOnExec(sys, run.lock);
  if ((state & STOPPED) !== 0) {
    yield* einfo.ewarn(`WARNING: ${name} is already stopped`);
    return undefined;
  }
  yield* markService(sys, name, "stopping");
  if (!run.stopping) {
    const kind = [SYSINIT, BOOT].find((level) => inRunlevel(sys, name, level));
    if (kind !== undefined) yield* einfo.ewarn(`WARNING: you are stopping a ${kind} service`);
  }
  return state;
}

function* stopOthers(run: ServiceRun): Steps<void> {
  const { rc, sys, name } = run;
  const options = run.tracing;
  const stopped: string[] = [];
  const needing = (yield* run.depends(["needsme"], options)).reverse();
  for (const other of needing) {
    const state = yield* serviceState(sys, other);
    if ((state & FAILED) !== 0 && run.stopping) continue;
    if ((state & (STARTED | INACTIVE)) === 0) continue;
    if (run.dryRun) {
      yield* rc.print(` ${other}`);
      continue;
    }
    yield* run.waitFor(other);
    if (((yield* serviceState(sys, other)) & (STARTED | INACTIVE)) === 0) continue;
    yield* run.other(other, "stop");
    stopped.push(other);
  }
  if (run.dryRun) return;
  for (const other of stopped) {
    if (((yield* serviceState(sys, other)) & STOPPED) !== 0) continue;
    yield* run.waitFor(other);
    if (((yield* serviceState(sys, other)) & STOPPED) !== 0) continue;
    if (run.stopping) {
      // On the way down it is stopped whatever the others do.
      if (run.level === SHUTDOWN || run.level === SINGLE) continue;
      yield* markService(sys, name, "failed");
    }
    yield* rc.einfo.eerrorx(`ERROR: cannot stop ${name} as ${other} is still up`);
  }
  // When a runlevel ends, others that use this one may be on their way.
  const using = yield* run.depends(["needsme", "wantsme", "usesme", "beforeme"], options);
  for (const other of using)
    if (((yield* serviceState(sys, other)) & STOPPED) === 0) yield* run.waitFor(other);
}

function* stopItself(run: ServiceRun): Steps<void> {
  const { rc, sys, name } = run;
  // Nothing of a locale may keep /usr busy.
  if (name === "localmount") rc.setenv("LC_ALL", "C");
  if (run.backgroundValue !== undefined) rc.setenv("IN_BACKGROUND", run.backgroundValue);
  const stopped = (yield* run.shell("stop")) === 0;
  rc.p.env.delete("IN_BACKGROUND");
  if (!stopped) yield* rc.einfo.eerrorx(`ERROR: ${name} failed to stop`);
  yield* markService(sys, name, run.inBackground ? "inactive" : "stopped");
}
