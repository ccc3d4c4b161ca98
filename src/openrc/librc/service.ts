// Services: where their scripts are, and the states that links in /run/openrc stand for.
import type { Steps, Sys } from "../../abi/program.ts";
import { S_ISLNK } from "../../libc/stat.ts";
import { mkdir, readlink, rmdir, symlink, tryLstat, tryStat, unlink } from "../../libc/unistd.ts";
import { daemonsCrashed } from "./daemon.ts";
import { done, exists, listDir, listServices, removeTree } from "./dirs.ts";
import { basename, INIT_DIRS, SVCDIR } from "./paths.ts";

export const STOPPED = 0x1;
export const STARTED = 0x2;
export const STOPPING = 0x4;
export const STARTING = 0x8;
export const INACTIVE = 0x10;
export const HOTPLUGGED = 0x100;
export const FAILED = 0x200;
export const SCHEDULED = 0x400;
export const WASINACTIVE = 0x800;
export const CRASHED = 0x1000;

/** The names, in the order in which they are looked at; of the first five only one counts. */
const STATES: readonly (readonly [name: string, bit: number])[] = [
  ["started", STARTED],
  ["starting", STARTING],
  ["stopping", STOPPING],
  ["inactive", INACTIVE],
  ["wasinactive", WASINACTIVE],
  ["hotplugged", HOTPLUGGED],
  ["failed", FAILED],
  ["scheduled", SCHEDULED],
];
/** States that are recorded as links: /run/openrc/started/NAME … */
export type Marked =
  | "started"
  | "starting"
  | "stopping"
  | "inactive"
  | "wasinactive"
  | "hotplugged"
  | "failed"
  | "scheduled";
/** All states a service can be marked with. */
export type State = Marked | "stopped" | "crashed";

/** The bit of a state's name; 0 for no state. */
export function stateBit(name: string): number {
  if (name === "stopped") return STOPPED;
  if (name === "crashed") return CRASHED;
  return STATES.find(([n]) => n === name)?.[1] ?? 0;
}

/** The init script of a service: its path, whether or not it can be run. undefined for none. */
export function resolveService(sys: Sys, service: string): string | undefined {
  if (service.startsWith("/")) return service;
  for (const state of ["started", "inactive"]) {
    const link = `${SVCDIR}/${state}/${service}`;
    const st = tryLstat(sys, link);
    if (st !== undefined && S_ISLNK(st.mode)) return readlink(sys, link);
  }
  return INIT_DIRS.map((dir) => `${dir}/${service}`).find((file) => exists(sys, file));
}

/** Is there such a service? "noexec" when its script is not executable. */
export function serviceExists(sys: Sys, service: string): boolean | "noexec" {
  if (/..*\.sh$/s.test(service)) return false;
  const file = resolveService(sys, service);
  const st = file === undefined ? undefined : tryStat(sys, file);
  if (st === undefined) return false;
  return (st.mode & 0o111) !== 0 ? true : "noexec";
}

/** All services that have an init script. */
export function* allServices(sys: Sys): Steps<string[]> {
  const all: string[] = [];
  for (const dir of ["/etc/init.d", "/usr/etc/init.d", "/usr/local/etc/init.d"])
    all.push(...(yield* listServices(sys, dir)));
  return all;
}

/** The state as far as links tell it: not whether daemons live, not who waits for whom. */
export function markedState(sys: Sys, service: string): number {
  const base = basename(service);
  let state: number = STOPPED;
  for (const [name, bit] of STATES)
    if (exists(sys, `${SVCDIR}/${name}/${base}`)) state = bit <= INACTIVE ? bit : state | bit;
  return state;
}

/** The whole state of a service, as bits. */
export function* serviceState(sys: Sys, service: string): Steps<number> {
  const state = markedState(sys, service);
  if ((state & STARTED) !== 0 && (yield* daemonsCrashed(sys, service))) return state | CRASHED;
  if ((state & STOPPED) !== 0) {
    const waitedFor = yield* listDir(sys, `${SVCDIR}/scheduled`);
    if (waitedFor.some((s) => exists(sys, `${SVCDIR}/scheduled/${s}/${service}`)))
      return state | SCHEDULED;
  }
  return state;
}

/** Records a state; false when that cannot be done. */
export function* markService(sys: Sys, service: string, state: State): Steps<boolean> {
  const init = resolveService(sys, service);
  if (init === undefined) return false;
  const base = basename(service);
  if (state !== "stopped") {
    if (!exists(sys, init)) return false;
    const link = `${SVCDIR}/${state}/${base}`;
    done(() => unlink(sys, link));
    if (!done(() => symlink(sys, init, link))) return false;
  }
  // These two stand beside another state.
  if (state === "hotplugged" || state === "failed") return true;
  if (!leaveOthers(sys, base, init, state)) return false;
  if (state === "started" || state === "stopped" || state === "inactive")
    done(() => unlink(sys, `${SVCDIR}/exclusive/${base}`));
  if (state === "stopped") {
    yield* removeTree(sys, `${SVCDIR}/options/${base}`);
    yield* removeTree(sys, `${SVCDIR}/daemons/${base}`);
    yield* removeTree(sys, `${SVCDIR}/scheduled/${base}`);
  }
  if (state === "started" || state === "stopped") yield* unschedule(sys, base);
  return true;
}

/** Takes a service out of the states it was in. An inactive one that starts or stops is remembered as such. */
function leaveOthers(sys: Sys, base: string, init: string, state: State): boolean {
  let wasInactive = false;
  for (const other of ["started", "starting", "stopping", "inactive", "wasinactive", "failed"]) {
    const link = `${SVCDIR}/${other}/${base}`;
    if (other === state || (other === "wasinactive" && wasInactive) || !exists(sys, link)) continue;
    if (other === "inactive" && (state === "starting" || state === "stopping")) {
      if (!done(() => symlink(sys, init, `${SVCDIR}/wasinactive/${base}`))) return false;
      wasInactive = true;
    }
    if (!done(() => unlink(sys, link))) return false;
  }
  return true;
}

/** Nobody's start has to start this service any more. */
function* unschedule(sys: Sys, base: string): Steps<void> {
  const waitedFor = yield* listDir(sys, `${SVCDIR}/scheduled`);
  for (const other of waitedFor) {
    done(() => unlink(sys, `${SVCDIR}/scheduled/${other}/${base}`));
    done(() => rmdir(sys, `${SVCDIR}/scheduled/${other}`));
  }
}

/** Services in a state. */
export function* servicesInState(sys: Sys, state: Marked): Steps<string[]> {
  const dir = `${SVCDIR}/${state}`;
  if (state !== "scheduled") return yield* listServices(sys, dir);
  const all: string[] = [];
  const waitedFor = yield* listDir(sys, dir);
  for (const other of waitedFor) all.push(...(yield* listServices(sys, `${dir}/${other}`)));
  return all;
}

/** Has `other` started when `service` has. `service` may be a virtual one. */
export function scheduleStart(sys: Sys, service: string, other: string): boolean {
  const init = resolveService(sys, other);
  if (serviceExists(sys, other) !== true || init === undefined) return false;
  const dir = `${SVCDIR}/scheduled/${basename(service)}`;
  done(() => mkdir(sys, dir, 0o755));
  const link = `${dir}/${basename(other)}`;
  return exists(sys, link) || done(() => symlink(sys, init, link));
}

/** Services that wait for this one to have started. */
export function scheduledServices(sys: Sys, service: string): Steps<string[]> {
  return listServices(sys, `${SVCDIR}/scheduled/${basename(service)}`);
}
