// top: which processes use the machine (BusyBox's, with its memory view)
import { EINTR } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { decodeUtf8, encodeUtf8 } from "../../lib/utf8.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import { isatty } from "../../libc/stdio.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { Keys, NoInput } from "../libbb/key-input.ts";
import { RawTerminal, windowSize } from "../libbb/raw-terminal.ts";
import {
  type CpuTimes,
  scanCpus,
  scanMaps,
  scanMeminfo,
  scanProcs,
  type TopMem,
  type TopProc,
} from "./top-scan.ts";

const REVERSE = "\x1b[7m";
const NORMAL = "\x1b[m";
/** Between the first two scans, for there is nothing to compare the first with. */
const FIRST_GAP_MS = 100;

/** KiB in at most five characters. */
function size5(kib: number): string {
  if (kib < 100_000) return String(Math.floor(kib)).padStart(5);
  const mib = kib / 1024;
  if (mib < 10_000) return `${Math.floor(mib)}m`.padStart(5);
  const gib = mib / 1024;
  return (gib < 1000 ? `${gib.toFixed(1)}g` : `${Math.floor(gib)}g`).padStart(5);
}

interface Row {
  pid: number;
  text: string;
}

class Top {
  /** N pid, M memory, P processor, T time. */
  order = "P";
  reverse = false;
  memory: boolean;
  threads: boolean;
  smp = false;
  readonly #p: Process;
  readonly #users: UserDb;
  readonly #batch: boolean;
  #ticks = new Map<number, number>();
  #cpus: CpuTimes[] = [];
  #total = 0;

  constructor(p: Process, batch: boolean, memory: boolean, threads: boolean) {
    this.#p = p;
    this.#users = new UserDb(p.sys);
    this.#batch = batch;
    this.memory = memory;
    this.threads = threads;
  }

  /** Reads everything, and works out what was used since the last time. */
  *#scan(): Steps<{ procs: TopProc[]; before: CpuTimes[] }> {
    const cpus = yield* scanCpus(this.#p);
    const procs = yield* scanProcs(this.#p, this.threads);
    const before = this.#cpus;
    const sum = (t: CpuTimes | undefined): number => (t ?? []).reduce((a, b) => a + b, 0);
    const total = Math.max(1, sum(cpus[0]) - sum(before[0]));
    const ticks = new Map<number, number>();
    for (const proc of procs) {
      const used = proc.ticks - (this.#ticks.get(proc.pid) ?? proc.ticks);
      proc.pcpu = (100 * Math.max(0, used)) / total;
      ticks.set(proc.pid, proc.ticks);
    }
    this.#ticks = ticks;
    this.#cpus = cpus;
    return { procs, before };
  }

  *first(): Steps<void> {
    yield* this.#scan();
    const nap = this.#p.sys.nanosleep(FIRST_GAP_MS);
    try {
      if (isSteps(nap)) yield* nap;
    } catch (e) {
      if (e !== EINTR) throw e;
    }
  }

  /** Draws all once. */
  *show(): Steps<void> {
    const { rows, cols } = this.#batch ? { rows: Infinity, cols: 512 } : windowSize(this.#p, 1, 0);
    const width = cols - (this.#batch ? 0 : 1);
    const head = this.memory ? yield* this.#memoryHead() : [];
    let title: string;
    let body: Row[];
    if (this.memory) {
      title = this.#memoryTitle();
      body = this.#memoryRows(yield* scanMaps(this.#p));
    } else {
      const { procs, before } = yield* this.#scan();
      head.push(...(yield* this.#head(before)));
      title = "  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND";
      body = yield* this.#rows(procs);
    }
    const cut = (s: string): string =>
      encodeUtf8(Array.from(decodeUtf8(s)).slice(0, width).join(""));
    const room = rows - head.length - 1;
    const lines = [
      ...head.map(cut),
      this.#batch ? cut(title) : REVERSE + cut(title) + NORMAL,
      ...body.slice(0, Math.max(0, room)).map((row) => cut(row.text)),
    ];
    const text = this.#batch
      ? `${lines.join("\n")}\n`
      : `\x1b[H\x1b[J${lines.join("\n")}${lines.length < rows ? "\n" : "\r"}`;
    let w = this.#p.stdout.puts(text);
    if (w) yield* w;
    w = this.#p.stdout.flush();
    if (w) yield* w;
  }

  *#head(before: CpuTimes[]): Steps<string[]> {
    const m = yield* scanMeminfo(this.#p);
    const get = (name: string): number => m.get(name) ?? 0;
    const total = get("MemTotal");
    this.#total = total;
    const free = get("MemFree");
    const shared = m.get("Shmem") ?? get("MemShared");
    const load = ((yield* readText(this.#p.sys, "/proc/loadavg", 256)) ?? "").trimEnd();
    const cpus = this.#cpus.slice(this.smp ? 1 : 0, this.smp ? undefined : 1);
    return [
      `Mem: ${total - free}K used, ${free}K free, ${shared}K shrd, ${get("Buffers")}K buff, ${get("Cached")}K cached`,
      ...cpus.map((now, i) => {
        const at = this.smp ? i + 1 : 0;
        return cpuLine(this.smp ? `CPU${i}:` : "CPU:", before[at] ?? [], now);
      }),
      `Load average: ${load}`,
    ];
  }

  *#rows(procs: TopProc[]): Steps<Row[]> {
    const by: Record<string, (a: TopProc, b: TopProc) => number> = {
      N: (a, b) => b.pid - a.pid,
      M: (a, b) => b.vsz - a.vsz,
      P: (a, b) => Math.round(b.pcpu) - Math.round(a.pcpu) || b.vsz - a.vsz || b.ticks - a.ticks,
      T: (a, b) => b.ticks - a.ticks,
    };
    procs.sort(by[this.order] as (a: TopProc, b: TopProc) => number);
    if (this.reverse) procs.reverse();
    const names = yield* this.#users.userNames();
    return procs.map((proc) => {
      const user = (names.get(proc.uid) ?? String(proc.uid)).slice(0, 8).padEnd(8);
      const share = this.#total > 0 ? Math.floor((100 * proc.vsz) / this.#total) : 0;
      return {
        pid: proc.pid,
        text:
          `${String(proc.pid).padStart(5)} ${String(proc.ppid).padStart(5)} ${user} ` +
          `${proc.state.slice(0, 4).padEnd(4)} ${size5(proc.vsz)}${String(share).padStart(4)}%` +
          `${String(proc.cpu).padStart(4)}${String(Math.round(proc.pcpu)).padStart(4)}% ${proc.command}`,
      };
    });
  }

  // ---- the memory view -------------------------------------------------------------------------------

  *#memoryHead(): Steps<string[]> {
    const m = yield* scanMeminfo(this.#p);
    const get = (name: string): number => m.get(name) ?? 0;
    return [
      `Mem total:${get("MemTotal")} anon:${get("AnonPages")} map:${get("Mapped")} free:${get("MemFree")}`,
      ` slab:${get("Slab")} buf:${get("Buffers")} cache:${get("Cached")} dirty:${get("Dirty")} write:${get("Writeback")}`,
      `Swap total:${get("SwapTotal")} free:${get("SwapFree")}`,
    ];
  }

  /** Columns and which letter sorts by them; the one sorted by is marked with ^. */
  #memoryTitle(): string {
    return "  PID   VSZ^VSZRW   RSS (SHR) DIRTY (SHR) STACK COMMAND".replace(
      /\^/,
      this.order === "N" ? " " : "^",
    );
  }

  #memoryRows(maps: TopMem[]): Row[] {
    const key = (m: TopMem): number => (this.order === "N" ? m.pid : m.vsz);
    maps.sort((a, b) => key(b) - key(a));
    if (this.reverse) maps.reverse();
    return maps.map((m) => {
      const sizes = [m.vsz, m.vszrw, m.rss, m.rssShared, m.dirty, m.dirtyShared, m.stack];
      const text = `${String(m.pid).padStart(5)} ${sizes.map(size5).join(" ")} ${m.command}`;
      return { pid: m.pid, text };
    });
  }

  /** Takes a key; false for leaving. */
  key(key: string): boolean {
    switch (key.toLowerCase()) {
      case "q":
      case "\x03":
        return false;
      case "n":
      case "m":
      case "p":
      case "t":
        this.order = key.toUpperCase();
        this.memory = false;
        break;
      case "r":
        this.reverse = !this.reverse;
        break;
      case "s":
        this.memory = true;
        break;
      case "h":
        this.threads = !this.threads;
        break;
      case "1":
        this.smp = !this.smp;
        break;
      default:
    }
    return true;
  }
}

function cpuLine(label: string, before: CpuTimes, now: CpuTimes): string {
  const diff = now.map((v, i) => Math.max(0, v - (before[i] ?? 0)));
  const total = diff.reduce((a, b) => a + b, 0) || 1;
  const [user = 0, nice = 0, system = 0, idle = 0, io = 0, irq = 0, soft = 0] = diff;
  const part = (v: number): string => `${String(Math.floor((100 * v) / total)).padStart(4)}%`;
  return (
    `${label}${part(user)} usr${part(system)} sys${part(nice)} nic${part(idle)} idle` +
    `${part(io)} io${part(irq)} irq${part(soft)} sirq`
  );
}

function seconds(text: string): number {
  return /^[0-9]*\.?[0-9]+$/.test(text) ? Number(text) : die(`invalid number '${text}'`);
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "d:n:bHm");
  const delay = seconds(opt.get("d") ?? "5") * 1000;
  const count = opt.get("n");
  if (count !== undefined && !/^[0-9]{1,9}$/.test(count)) die(`invalid number '${count}'`);
  const rounds = count === undefined ? Infinity : Number(count) || Infinity;
  const batch = opt.has("b") || !isatty(p.sys, 1);
  const top = new Top(p, batch, opt.has("m"), opt.has("H"));
  const interactive = !batch && isatty(p.sys, 0);
  const keys = new Keys(p.sys, 0);
  const terminal = interactive ? new RawTerminal(p, 0) : undefined;
  if (terminal !== undefined) yield* terminal.raw();
  try {
    yield* top.first();
    for (let i = 0; i < rounds; i++) {
      yield* top.show();
      if (i + 1 >= rounds) break;
      if (terminal === undefined) {
        const nap = p.sys.nanosleep(delay);
        if (isSteps(nap)) yield* nap;
      } else if (yield* keys.ready(delay)) {
        if (!top.key(yield* keys.next())) break;
      }
    }
  } catch (e) {
    if (!(e instanceof NoInput) && e !== EINTR) throw e;
  } finally {
    terminal?.restore();
  }
  if (!batch) {
    const w = p.stdout.puts("\n");
    if (w) yield* w;
  }
  return 0;
}

export const top: Applet = {
  name: "top",
  path: "/usr/bin/top",
  usage: `[-bmH] [-n COUNT] [-d SECONDS]

Show which processes use the machine, again every 5 seconds
Keys:
	P/M/T/N: sort by processor, memory, time, pid
	S: memory view
	R: sort the other way round
	H: threads, 1: each processor
	Q,^C: leave
Options:
	-b	Plain output, for files
	-n N	Leave after N times
	-d SEC	Time between
	-m	Begin with the memory view
	-H	Show threads
`,
  main,
};
