// What /proc says of processes (proc_pid_stat(5), proc_pid_cmdline(5)), for ps, pgrep, killall and the like.
import { Errno } from "../../abi/errno.ts";
import type { Steps, Sys } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { readDir, readlink, readText, tryStat } from "../../libc/unistd.ts";

/** Ticks in a second (sysconf(_SC_CLK_TCK)). */
export const HZ = 100;
/** Longest name that a task keeps. */
const COMM_MAX = 15;
/** Longest line of arguments that is looked at. */
const CMDLINE_MAX = 65536;

/** A process or thread. */
export interface Proc {
  /** Thread id, for threads. */
  pid: number;
  comm: string;
  /** The letter of the state. */
  state: string;
  ppid: number;
  pgid: number;
  sid: number;
  /** Number of the terminal's device, 0 without. */
  tty: number;
  /** Time used, in ticks. */
  utime: number;
  stime: number;
  nice: number;
  /** Ticks after the start of the system. */
  start: number;
  /** KiB. */
  vsz: number;
  rss: number;
  /** Effective ids: the owner of the directory. */
  uid: number;
  gid: number;
  /** Its directory in /proc. */
  dir: string;
}

function* numbers(sys: Sys, dir: string): Steps<string[]> {
  return (yield* readDir(sys, dir)).map((e) => e.name).filter((name) => /^[0-9]+$/.test(name));
}

/** One process by its directory; undefined when it is gone. */
export function* readProc(sys: Sys, dir: string): Steps<Proc | undefined> {
  const owner = tryStat(sys, dir);
  const text = yield* readText(sys, `${dir}/stat`, 4096);
  if (owner === undefined || text === undefined) return undefined;
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  const f = text.slice(close + 2).split(" ");
  const at = (i: number): number => Number(f[i]) || 0;
  return {
    pid: Number.parseInt(text, 10),
    comm: text.slice(open + 1, close),
    state: f[0] ?? "?",
    ppid: at(1),
    pgid: at(2),
    sid: at(3),
    tty: at(4),
    utime: at(11),
    stime: at(12),
    nice: at(16),
    start: at(19),
    vsz: Math.floor(at(20) / 1024),
    rss: at(21) * 4,
    uid: owner.uid,
    gid: owner.gid,
    dir,
  };
}

/** All processes, or all threads of all processes. */
export function* scanProcs(sys: Sys, threads = false): Steps<Proc[]> {
  const procs: Proc[] = [];
  const entries = yield* numbers(sys, "/proc");
  for (const pid of entries) {
    const dirs = [`/proc/${pid}`];
    if (threads) {
      const tasks = yield* readProcDir(sys, `/proc/${pid}/task`);
      if (tasks.length > 0) dirs.length = 0;
      for (const tid of tasks) dirs.push(`/proc/${pid}/task/${tid}`);
    }
    for (const dir of dirs) {
      const proc = yield* readProc(sys, dir);
      if (proc !== undefined) procs.push(proc);
    }
  }
  return procs;
}

/** Entries of a directory of a process; none when it is gone or may not be read. */
export function* readProcDir(sys: Sys, dir: string): Steps<string[]> {
  try {
    return (yield* readDir(sys, dir)).map((e) => e.name);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return [];
  }
}

/** Arguments as the kernel gives them, each ended by a zero byte; "" for kernel threads and the dead. */
export function* cmdline(sys: Sys, dir: string): Steps<string> {
  return (yield* readText(sys, `${dir}/cmdline`, CMDLINE_MAX)) ?? "";
}

/** The first argument, "" without. */
export function argv0(raw: string): string {
  const end = raw.indexOf("\0");
  return end < 0 ? raw : raw.slice(0, end);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The arguments as ps shows them: blanks for what cannot be shown, "[comm]" without, "{comm} …" when the program goes by another name. */
export function shownArgs(raw: string, comm: string): string {
  const text = raw.replace(/\0+$/, "");
  if (text === "") return `[${comm}]`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is replaced
  const shown = text.replace(/[\0-\x1f]/g, " ");
  // Up to the first blank: programs that rewrite their arguments leave one string.
  const name = baseName(argv0(text).split(" ")[0] as string).replace(/^-/, "");
  return name.startsWith(comm) ? shown : `{${comm}} ${shown}`;
}

/** Where a link of /proc leads; undefined when it cannot be told. */
export function linkOf(sys: Sys, path: string): string | undefined {
  try {
    return readlink(sys, path);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return undefined;
  }
}

/**
 * Processes that go by a name: as the kernel has it, as the last part of their first argument, or, where
 * `name` has a slash, as the path of the program.
 */
export function* procsByName(p: Process, name: string): Steps<Proc[]> {
  const found: Proc[] = [];
  const listed = yield* scanProcs(p.sys);
  for (const proc of listed) {
    let is = proc.comm === name.slice(0, COMM_MAX);
    // A name that fills its place may have been cut.
    if (is && name.length > COMM_MAX) {
      is = baseName(argv0(yield* cmdline(p.sys, proc.dir))) === name;
    }
    if (!is) {
      if (name.includes("/")) is = linkOf(p.sys, `${proc.dir}/exe`) === name;
      else {
        const first = argv0(yield* cmdline(p.sys, proc.dir));
        is = first !== "" && baseName(first) === name;
      }
    }
    if (is) found.push(proc);
  }
  return found;
}
