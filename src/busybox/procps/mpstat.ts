// mpstat: how busy each processor was (as in sysstat)
import { type Steps, settle } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatouRange } from "../libbb/numbers.ts";

/** Interrupts of one kind on each processor. */
type Counts = ReadonlyMap<string, readonly number[]>;

interface Sample {
  time: string;
  /** Hundredths of a second. */
  uptime: number;
  /** user nice system idle iowait irq softirq steal guest: first of all processors, then of each. */
  cpus: number[][];
  interrupts: number;
  irqs: Counts;
  softirqs: Counts;
}

interface Wanted {
  /** -1 stands for all together. */
  cpus: number[];
  use: boolean;
  sum: boolean;
  each: boolean;
  soft: boolean;
}

function counts(text: string): Counts {
  const all = new Map<string, readonly number[]>();
  for (const line of text.split("\n").slice(1)) {
    const [, name, rest = ""] = /^\s*([^\s:]+):(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const numbers: number[] = [];
    for (const word of rest.trim().split(/\s+/)) {
      if (!/^[0-9]+$/.test(word)) break;
      numbers.push(Number(word));
    }
    all.set(name, numbers);
  }
  return all;
}

function* sample(p: Process, time: string): Steps<Sample> {
  const read = function* (path: string): Steps<string> {
    return (yield* readText(p.sys, path, 1 << 20)) ?? "";
  };
  const stat = yield* read("/proc/stat");
  const cpus = Array.from(stat.matchAll(/^cpu[0-9]* +(.*)$/gm), ([, rest = ""]) =>
    rest.split(" ").map(Number),
  );
  return {
    time,
    uptime: Math.round(Number.parseFloat(yield* read("/proc/uptime")) * 100),
    cpus,
    interrupts: Number(/^intr (\d+)/m.exec(stat)?.[1] ?? 0),
    irqs: counts(yield* read("/proc/interrupts")),
    softirqs: counts(yield* read("/proc/softirqs")),
  };
}

/** What differs between two samples, as tables. */
function report(wanted: Wanted, now: Sample, before: Sample | undefined, average: boolean): string {
  const stamps = average
    ? ["Average:", "Average:"]
    : [(before ?? now).time, now.time].map((time) => time.padEnd(8));
  const [head = "", row = ""] = stamps;
  const ticks = now.uptime - (before?.uptime ?? 0) || 1;
  const label = (cpu: number): string => (cpu < 0 ? "all" : String(cpu)).padStart(8);
  const perSecond = (n: number): string => ((n * 100) / ticks).toFixed(2);
  let out = "";
  if (wanted.use) {
    out += `\n${head}     CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest   %idle\n`;
    for (const cpu of wanted.cpus) {
      const old = before?.cpus[cpu + 1] ?? [];
      const used = (now.cpus[cpu + 1] ?? []).map((n, i) => n - (old[i] ?? 0));
      const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0] =
        used;
      const guest = used[8] ?? 0;
      const total = used.slice(0, 8).reduce((a, b) => a + b, 0) || 1;
      const shares = [user - guest, nice, system, wait, irq, soft, steal, guest, idle];
      const text = shares.map((n) => ((n * 100) / total).toFixed(2).padStart(7)).join(" ");
      out += `${row}${label(cpu)} ${text}\n`;
    }
  }
  if (wanted.sum) {
    out += `\n${head}     CPU    intr/s\n`;
    for (const cpu of wanted.cpus) {
      const sum = (s: Sample | undefined): number => {
        if (s === undefined) return 0;
        if (cpu < 0) return s.interrupts;
        // Only those with a number are a device's.
        let n = 0;
        for (const [name, each] of s.irqs) if (/^[0-9]+$/.test(name)) n += each[cpu] ?? 0;
        return n;
      };
      out += `${row}${label(cpu)} ${perSecond(sum(now) - sum(before)).padStart(9)}\n`;
    }
  }
  const table = (all: Counts, old: Counts | undefined): string => {
    const title = [...all.keys()].map((name) => ` ${name.padStart(7)}/s`).join("");
    let text = `\n${head}     CPU${title}\n`;
    for (const cpu of wanted.cpus) {
      if (cpu < 0) continue;
      text += `${row}${label(cpu)}`;
      for (const [name, each] of all)
        text += ` ${perSecond((each[cpu] ?? 0) - (old?.get(name)?.[cpu] ?? 0)).padStart(9)}`;
      text += "\n";
    }
    return text;
  };
  if (wanted.each) out += table(now.irqs, before?.irqs);
  if (wanted.soft) out += table(now.softirqs, before?.softirqs);
  return out;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "AI:P:u", { max: 2 });
  const kind = opt.has("A") ? "ALL" : opt.get("I");
  if (kind !== undefined && !["SUM", "CPU", "ALL", "SCPU"].includes(kind)) p.usageError();
  const all = kind === "ALL";
  const processors = p.sys.sched_getaffinity(0).length;
  const which = opt.has("A") ? "ALL" : opt.get("P");
  const every = Array.from({ length: processors }, (_, i) => i);
  let cpus = [-1];
  if (which === "ALL") cpus = [-1, ...every];
  else if (which !== undefined) {
    const n = xatouRange(which, 0, 0x7fffffff);
    if (n >= processors) die("not that many processors");
    cpus = [n];
  }
  const tables = all || kind === "CPU" || kind === "SCPU";
  if (tables && which === undefined) cpus = [-1, ...every];
  const wanted: Wanted = {
    cpus,
    use: opt.has("u") || opt.has("A") || kind === undefined,
    sum: all || kind === "SUM",
    each: all || kind === "CPU",
    soft: all || kind === "SCPU",
  };
  const [first, second] = opt.operands;
  const interval = first === undefined ? -1 : xatouRange(first, 0, 0x7fffffff);
  const count = second === undefined ? Infinity : xatouRange(second, 0, 0x7fffffff);
  const zone = yield* timezone(p);
  const time = (format: string): string => {
    const tm = localtime(p.sys.clock_gettime(CLOCK_REALTIME).sec, zone);
    return tm === undefined ? "" : strftime(format, tm);
  };
  const put = function* (text: string): Steps<void> {
    const w = p.stdout.puts(text);
    if (w) yield* w;
    const f = p.stdout.flush();
    if (f) yield* f;
  };
  const uts = p.sys.uname();
  yield* put(
    `${uts.sysname} ${uts.release} (${uts.nodename})\t${time("%x")}\t_${uts.machine}_\t(${processors} CPU)\n`,
  );
  const begin = yield* sample(p, time("%X"));
  if (interval <= 0) {
    yield* put(report(wanted, begin, undefined, false));
    return 0;
  }
  let before = begin;
  for (let left = count; left > 0; left--) {
    yield* settle(p.sys.nanosleep(interval * 1000));
    const now = yield* sample(p, time("%X"));
    yield* put(report(wanted, now, before, false));
    before = now;
  }
  yield* put(report(wanted, before, begin, true));
  return 0;
}

export const mpstat: Applet = {
  name: "mpstat",
  path: "/bin/mpstat",
  usage: `[-A] [-I SUM|CPU|ALL|SCPU] [-u] [-P NUM|ALL] [INTERVAL [COUNT]]

Show how busy each processor was

	-u	What it did (the default)
	-I KIND	Interrupts: their sum, each, those of software, all of it
	-P NUM	Of this processor, or of all
	-A	Everything
`,
  main,
};
