// Daemons of services: finding processes in /proc, and the records in /run/openrc/daemons.
import { Errno, ESRCH } from "../../abi/errno.ts";
import type { Steps, Sys } from "../../abi/program.ts";
import {
  mkdir,
  readlink,
  readText,
  rename,
  tryStat,
  unlink,
  writeFile,
} from "../../libc/unistd.ts";
import { done, listDir } from "./dirs.ts";
import { scanInt } from "./numbers.ts";
import { basename, SVCDIR } from "./paths.ts";
import { valueGet } from "./values.ts";

/** What processes to find: all that is given must match. */
export interface Wanted {
  /** Name in /proc/PID/stat: the last part of this path. */
  exec?: string | undefined;
  /** First arguments. */
  argv?: readonly string[] | undefined;
  /** Owner; 0 for any. */
  uid?: number;
  /** This process only; 0 for any. */
  pid?: number;
}

function linkOf(sys: Sys, path: string): string {
  try {
    return readlink(sys, path);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return "";
  }
}

/** Processes that match, newest first. The openrc-run that asks ($RC_OPENRC_PID) is never among them. */
export function* findPids(sys: Sys, wanted: Wanted, self: string | undefined): Steps<number[]> {
  const found: number[] = [];
  const names = yield* listDir(sys, "/proc");
  const namespace = linkOf(sys, "/proc/self/ns/pid");
  const asker = scanInt(self) ?? 0;
  for (const name of names) {
    const pid = /^[0-9]+$/.test(name) ? Number(name) : 0;
    if (pid === 0 || pid === asker) continue;
    if (wanted.pid !== undefined && wanted.pid !== 0 && wanted.pid !== pid) continue;
    if ((wanted.pid ?? 0) === 0 && namespace !== "") {
      const other = linkOf(sys, `/proc/${pid}/ns/pid`);
      if (other !== "" && other !== namespace) continue;
    }
    if ((wanted.uid ?? 0) !== 0 && tryStat(sys, `/proc/${pid}`)?.uid !== wanted.uid) continue;
    if (wanted.exec !== undefined && !(yield* isExec(sys, pid, basename(wanted.exec)))) continue;
    if (wanted.argv !== undefined && !(yield* isArgv(sys, pid, wanted.argv))) continue;
    found.unshift(pid);
  }
  return found;
}

function* isExec(sys: Sys, pid: number, name: string): Steps<boolean> {
  const stat = (yield* readText(sys, `/proc/${pid}/stat`)) ?? "";
  return stat.slice(stat.indexOf("(") + 1).startsWith(`${name})`);
}

function* isArgv(sys: Sys, pid: number, argv: readonly string[]): Steps<boolean> {
  const line = yield* readText(sys, `/proc/${pid}/cmdline`);
  if (line === undefined) return false;
  const given = line.split("\0");
  return argv.every((arg, i) => given[i] === arg);
}

/** A daemon as /run/openrc/daemons/SERVICE/NNN records it. */
interface Daemon {
  exec: string | undefined;
  argv: readonly string[];
  pidfile: string | undefined;
}

/** Lines of a record that must be there for it to be this daemon's. */
function matchLines(exec: string | undefined, argv: readonly string[], pidfile?: string): string[] {
  const lines: string[] = exec === undefined ? [] : [`exec=${exec}`];
  for (const arg of argv) lines.push(`argv_0=${arg}`);
  if (pidfile !== undefined) lines.push(`pidfile=${pidfile}`);
  return lines;
}

function* matches(sys: Sys, file: string, wanted: readonly string[]): Steps<boolean> {
  const text = yield* readText(sys, file);
  if (text === undefined) return false;
  const lines = text.split("\n");
  return wanted.every((line) => lines.includes(line));
}

/**
 * Records that a service has started a daemon, or (`started` false) that it is gone. Records are
 * numbered from 001 without gaps.
 */
export function* daemonSet(
  sys: Sys,
  service: string,
  daemon: Daemon,
  started: boolean,
): Steps<boolean> {
  const { exec, argv, pidfile } = daemon;
  if (exec === undefined && pidfile === undefined) return false;
  const dir = `${SVCDIR}/daemons/${basename(service)}`;
  const wanted = matchLines(exec, argv, pidfile);
  const names = (yield* listDir(sys, dir)).sort();
  let hole: string | undefined;
  let left = 0;
  for (const name of names) {
    const file = `${dir}/${name}`;
    if (hole !== undefined) {
      const to = hole;
      done(() => rename(sys, file, to));
      hole = file;
      left++;
    } else if (yield* matches(sys, file, wanted)) {
      done(() => unlink(sys, file));
      hole = file;
    } else left++;
  }
  if (!started) return true;
  done(() => mkdir(sys, dir, 0o755));
  const args = argv.map((arg, i) => `\nargv_${i}=${arg}`).join("");
  const text = `exec=${exec ?? ""}${args}\npidfile=${pidfile ?? ""}\n`;
  try {
    yield* writeFile(sys, `${dir}/${String(left + 1).padStart(3, "0")}`, text);
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return false;
  }
}

/** Has the service recorded this daemon: as its `index`th when that is not 0? */
export function* startedDaemon(
  sys: Sys,
  service: string,
  exec: string,
  index: number,
): Steps<boolean> {
  const dir = `${SVCDIR}/daemons/${basename(service)}`;
  const wanted = matchLines(exec, []);
  if (index > 0) return yield* matches(sys, `${dir}/${String(index).padStart(3, "0")}`, wanted);
  const names = yield* listDir(sys, dir);
  for (const name of names) if (yield* matches(sys, `${dir}/${name}`, wanted)) return true;
  return false;
}

function parse(text: string): Daemon {
  const daemon: Daemon = { exec: undefined, argv: [], pidfile: undefined };
  const argv: string[] = [];
  for (const line of text.split("\n")) {
    const [, name = "", value = ""] = /^([^=]*)=(.+)$/s.exec(line) ?? [];
    if (name === "exec") daemon.exec = value;
    else if (name.startsWith("argv_")) argv.push(value);
    else if (name === "pidfile") daemon.pidfile = value;
  }
  daemon.argv = argv;
  return daemon;
}

/** Is a daemon gone that a service has started? */
export function* daemonsCrashed(sys: Sys, service: string): Steps<boolean> {
  const base = basename(service);
  const dir = `${SVCDIR}/daemons/${base}`;
  const names = yield* listDir(sys, dir);
  for (const name of names) {
    const text = yield* readText(sys, `${dir}/${name}`);
    if (text === undefined) return false;
    if (!(yield* isAlive(sys, base, parse(text)))) return true;
  }
  return false;
}

function* isAlive(sys: Sys, service: string, daemon: Daemon): Steps<boolean> {
  if (daemon.pidfile !== undefined) {
    const root = (yield* valueGet(sys, service, "chroot")) ?? "";
    const pid = scanInt(yield* readText(sys, root + daemon.pidfile));
    return pid !== undefined && processLives(sys, pid);
  }
  const argv =
    daemon.argv.length > 0 ? daemon.argv : daemon.exec === undefined ? undefined : [daemon.exec];
  return (yield* findPids(sys, { argv }, undefined)).length > 0;
}

/** Is there such a process, mine or not? */
export function processLives(sys: Sys, pid: number): boolean {
  try {
    sys.kill(pid, 0);
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return e !== ESRCH;
  }
}
