// What top reads in /proc: processes, the processors' times, memory.
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { readDir, readText, tryStat } from "../../libc/unistd.ts";

/** A process (or thread) as top shows it. Sizes in KiB. */
export interface TopProc {
  pid: number;
  ppid: number;
  uid: number;
  /** State letter and flags: "S", "RN", "IW<". */
  state: string;
  vsz: number;
  cpu: number;
  /** utime + stime, in ticks. */
  ticks: number;
  /** Share of the processors' time since the scan before, in percent. */
  pcpu: number;
  command: string;
}

/** Sums of /proc/PID/smaps, in KiB. */
export interface TopMem {
  pid: number;
  command: string;
  vsz: number;
  vszrw: number;
  rss: number;
  rssShared: number;
  dirty: number;
  dirtyShared: number;
  stack: number;
}

/** Columns of a "cpu" line of /proc/stat: user nice system idle iowait irq softirq steal. */
export type CpuTimes = number[];

const KIB = 1024;
/** Arguments longer than this are cut. */
const MAX_COMMAND = 1024;

function* pids(p: Process): Steps<string[]> {
  const names: string[] = [];
  const entries = yield* readDir(p.sys, "/proc");
  for (const entry of entries) {
    if (/^[0-9]+$/.test(entry.name)) names.push(entry.name);
  }
  return names;
}

/** Arguments with spaces between, as ps shows them; "[comm]" where there are none. */
function* commandOf(p: Process, dir: string, comm: string): Steps<string> {
  const raw = ((yield* readText(p.sys, `${dir}/cmdline`, 65536)) ?? "").replace(/\0+$/, "");
  if (raw === "") return `[${comm}]`;
  const shown = raw
    .slice(0, MAX_COMMAND)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is replaced
    .replace(/[\0-\x1f\x7f]/g, " ");
  const first = raw.split("\0")[0] as string;
  const base = first.slice(first.lastIndexOf("/") + 1).replace(/^-/, "");
  return base.startsWith(comm) || comm === "" ? shown : `{${comm}} ${shown}`;
}

function* scanOne(p: Process, dir: string): Steps<TopProc | undefined> {
  const text = yield* readText(p.sys, `${dir}/stat`, 4096);
  const close = text?.lastIndexOf(")") ?? -1;
  if (text === undefined || close < 0) return undefined;
  const comm = text.slice(text.indexOf("(") + 1, close);
  // Numbered as in proc(5), where the state is field 3.
  const f = text.slice(close + 2).split(" ");
  const field = (n: number): number => Number(f[n - 3] ?? 0);
  const nice = field(19);
  const vsz = Math.floor(field(23) / KIB);
  let state = f[0] ?? "?";
  if (vsz === 0 && state !== "Z") state += "W";
  if (nice !== 0) state += nice < 0 ? "<" : "N";
  return {
    pid: Number.parseInt(text, 10),
    ppid: field(4),
    uid: tryStat(p.sys, dir)?.uid ?? 0,
    state,
    vsz,
    cpu: field(39),
    ticks: field(14) + field(15),
    pcpu: 0,
    command: yield* commandOf(p, dir, comm),
  };
}

/** All processes, or all their threads. */
export function* scanProcs(p: Process, threads: boolean): Steps<TopProc[]> {
  const all: TopProc[] = [];
  const found = yield* pids(p);
  for (const pid of found) {
    const dirs = [`/proc/${pid}`];
    if (threads) {
      try {
        const tasks = yield* readDir(p.sys, `/proc/${pid}/task`);
        dirs.splice(0, 1, ...tasks.map((t) => `/proc/${pid}/task/${t.name}`));
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        continue;
      }
    }
    for (const dir of dirs) {
      const proc = yield* scanOne(p, dir);
      if (proc !== undefined) all.push(proc);
    }
  }
  return all;
}

/** Times of all processors together, then of each. */
export function* scanCpus(p: Process): Steps<CpuTimes[]> {
  const text = (yield* readText(p.sys, "/proc/stat", 1 << 20)) ?? "";
  return text
    .split("\n")
    .filter((line) => line.startsWith("cpu"))
    .map((line) => {
      const times = line.split(/ +/).slice(1, 9).map(Number);
      return Array.from({ length: 8 }, (_, i) => times[i] ?? 0);
    });
}

/** Fields of /proc/meminfo, in KiB. */
export function* scanMeminfo(p: Process): Steps<Map<string, number>> {
  const text = (yield* readText(p.sys, "/proc/meminfo", 65536)) ?? "";
  const fields = new Map<string, number>();
  for (const [, name = "", value = ""] of text.matchAll(/^([^:\n]+):\s*([0-9]+)/gm)) {
    fields.set(name, Number(value));
  }
  return fields;
}

/** Memory maps of all processes whose maps may be read. */
export function* scanMaps(p: Process): Steps<TopMem[]> {
  const all: TopMem[] = [];
  const listed = yield* pids(p);
  for (const pid of listed) {
    const text = yield* readText(p.sys, `/proc/${pid}/smaps`, 1 << 24);
    if (text === undefined) continue;
    const comm = ((yield* readText(p.sys, `/proc/${pid}/comm`, 64)) ?? "").trimEnd();
    const m: TopMem = {
      pid: Number(pid),
      command: yield* commandOf(p, `/proc/${pid}`, comm),
      vsz: 0,
      vszrw: 0,
      rss: 0,
      rssShared: 0,
      dirty: 0,
      dirtyShared: 0,
      stack: 0,
    };
    addMaps(m, text);
    // A process without maps is a kernel thread.
    if (m.vsz > 0) all.push(m);
    if (--p.sys.budget < 0) yield* p.sys.sched_yield();
  }
  return all;
}

function addMaps(m: TopMem, text: string): void {
  for (const line of text.split("\n")) {
    const map = /^([0-9a-f]+)-([0-9a-f]+) (....) .*?(\[stack\])?$/.exec(line);
    if (map !== null) {
      const size =
        (Number.parseInt(map[2] as string, 16) - Number.parseInt(map[1] as string, 16)) / KIB;
      m.vsz += size;
      if ((map[3] as string)[1] === "w") m.vszrw += size;
      if (map[4] !== undefined) m.stack += size;
      continue;
    }
    const field = /^(\w+):\s+([0-9]+) kB/.exec(line);
    const value = Number(field?.[2] ?? 0);
    switch (field?.[1] ?? "") {
      case "Shared_Clean":
        m.rss += value;
        m.rssShared += value;
        break;
      case "Shared_Dirty":
        m.rss += value;
        m.rssShared += value;
        m.dirty += value;
        m.dirtyShared += value;
        break;
      case "Private_Clean":
        m.rss += value;
        break;
      case "Private_Dirty":
        m.rss += value;
        m.dirty += value;
        break;
      default:
    }
  }
}
