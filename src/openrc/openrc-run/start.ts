// Starting a service: checks, the services it needs, the script, and those that waited for it.
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { yesno } from "../librc/conf.ts";
import { closeOnExec, isRefusal, svcLock } from "../librc/lock.ts";
import { SYSINIT } from "../librc/paths.ts";
import {
  INACTIVE,
  markService,
  STARTED,
  STARTING,
  STOPPED,
  STOPPING,
  scheduledServices,
  scheduleStart,
  serviceState,
  WASINACTIVE,
} from "../librc/service.ts";
import { leave, type ServiceRun } from "./service-run.ts";

/** Starts it with all it needs. */
export function* start(run: ServiceRun): Steps<void> {
  const { rc } = run;
  if (run.dryRun) yield* rc.einfo.einfon("start:");
  else yield* check(run);
  if (run.deps) yield* startNeeded(run);
  if (run.dryRun) yield* rc.print(` ${run.name}\n`);
  else yield* startItself(run);
}

function* check(run: ServiceRun): Steps<void> {
  const { rc, sys, name } = run;
  const { einfo } = rc;
  const state = yield* serviceState(sys, name);
  if (run.inBackground) {
    if ((state & (INACTIVE | STOPPED)) === 0) leave(1);
    if (yesno(rc.env("IN_HOTPLUG")) === true) yield* markService(sys, name, "hotplugged");
    if (run.level === SYSINIT)
      yield* einfo.ewarnx(`WARNING: ${name} will be started in the next runlevel`);
  }
  if (run.lock === undefined) {
    const lock = yield* svcLock(rc, name, !run.deps);
    if (lock instanceof Errno) {
      if (isRefusal(lock)) yield* einfo.eerrorx(`${name}: superuser access required`);
      const what = (state & STOPPING) !== 0 ? "stopping" : "already starting";
      yield* einfo.ewarnx(`WARNING: ${name} is ${what}`);
    } else run.lock = lock;
  }
  if (run.lock !== undefined) closeOnExec(sys, run.lock);
  if ((state & STARTED) !== 0) {
    yield* einfo.ewarn(`WARNING: ${name} has already been started`);
    leave(0);
  }
  if ((state & INACTIVE) !== 0 && !run.inBackground)
    yield* einfo.ewarnx(`WARNING: ${name} has already started, but is inactive`);
  yield* markService(sys, name, "starting");
}

function* startNeeded(run: ServiceRun): Steps<void> {
  const { rc, sys, name } = run;
  const options = { ...run.tracing, seen: new Map<string, number>() };
  const broken = yield* run.depends(["broken"], {});
  if (broken.length > 0) {
    yield* rc.einfo.eerrorn(`ERROR: ${name} needs service(s) ${broken.join(", ")}`);
    yield* rc.complain("");
    leave(1);
  }
  const need = yield* run.depends(["ineed"], options);
  const want = yield* run.depends(["ineed", "iwant"], options);
  const use = yield* run.depends(["ineed", "iwant", "iuse"], options);
  // While a runlevel starts, openrc starts all of them itself.
  if (!run.starting)
    for (const other of use) {
      if (((yield* serviceState(sys, other)) & STOPPED) === 0) continue;
      if (run.dryRun) yield* rc.print(` ${other}`);
      else yield* run.other(other, "start");
    }
  if (run.dryRun) return;
  const waitedFor: string[] = [];
  const after = yield* run.depends(
    ["ineed", "iwant", "iuse", "iafter"],
    run.starting ? options : run.tracing,
  );
  for (const other of after) {
    const before = yield* serviceState(sys, other);
    if ((before & STARTED) !== 0) continue;
    const wanted = need.includes(other) || want.includes(other) || use.includes(other);
    // One that went inactive and now starts again is only waited for by who depends on it.
    if ((before & STARTING) !== 0 && (before & WASINACTIVE) !== 0 && !wanted) continue;
    if (!(yield* run.waitFor(other)))
      yield* rc.einfo.eerror(`${name}: timed out waiting for ${other}`);
    const state = yield* serviceState(sys, other);
    if ((state & STARTED) !== 0 || !need.includes(other)) continue;
    if ((state & (INACTIVE | WASINACTIVE)) !== 0) waitedFor.push(other);
    else if (waitedFor.length === 0)
      yield* rc.einfo.eerrorx(`ERROR: cannot start ${name} as ${other} would not start`);
  }
  if (waitedFor.length > 0) yield* postpone(run, waitedFor);
}

/** What it needs is there but inactive: it will be started when that has started. */
function* postpone(run: ServiceRun, waitedFor: readonly string[]): Steps<never> {
  const { sys, name } = run;
  yield* markService(sys, name, "stopped");
  for (const other of waitedFor) scheduleStart(sys, other, name);
  return yield* run.rc.einfo.ewarnx(
    `WARNING: ${name} will start when ${waitedFor.join(", ")} has started`,
  );
}

function* startItself(run: ServiceRun): Steps<void> {
  const { rc, sys, name } = run;
  if (run.backgroundValue !== undefined) rc.setenv("IN_BACKGROUND", run.backgroundValue);
  const started = (yield* run.shell("start")) === 0;
  rc.p.env.delete("IN_BACKGROUND");
  if (((yield* serviceState(sys, name)) & INACTIVE) !== 0)
    yield* rc.einfo.ewarnx(`WARNING: ${name} has started, but is inactive`);
  else if (!started) yield* rc.einfo.eerrorx(`ERROR: ${name} failed to start`);
  yield* markService(sys, name, "started");
  run.unlock();
  // Those that waited for it.
  const waiting = yield* scheduledServices(sys, name);
  for (const other of waiting)
    if (((yield* serviceState(sys, other)) & STOPPED) !== 0) yield* run.other(other, "start");
}

/** Starts services again that went down with this one. */
export function* startAgain(run: ServiceRun, services: readonly string[]): Steps<void> {
  const { rc, sys, name } = run;
  const state = yield* serviceState(sys, name);
  if ((state & (INACTIVE | WASINACTIVE | STARTING | STARTED)) === 0) return;
  for (const other of services) {
    if (((yield* serviceState(sys, other)) & STOPPED) === 0) continue;
    if ((state & (INACTIVE | WASINACTIVE)) !== 0) {
      scheduleStart(sys, name, other);
      yield* rc.einfo.ewarn(`WARNING: ${other} will start when ${name} has started`);
    } else yield* run.other(other, "start");
  }
}
