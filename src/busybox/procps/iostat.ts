// iostat: how busy processors and disks were (as in sysstat)

import { type Steps, settle } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatouRange } from "../libbb/numbers.ts";

interface Disk {
  name: string;
  operations: number;
  /** 512-byte blocks. */
  read: number;
  written: number;
}

interface Sample {
  /** user nice system idle iowait irq softirq steal, in ticks. */
  cpu: number[];
  uptime: number;
  disks: Disk[];
}

const rate = (n: number, per: number, width: number): string =>
  (per > 0 ? n / per : 0).toFixed(2).padStart(width);

function* sample(p: Process): Steps<Sample> {
  const stat = (yield* readText(p.sys, "/proc/stat")) ?? "";
  const cpu = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? "").split(" ").map(Number).slice(0, 8);
  const uptime = Number.parseFloat((yield* readText(p.sys, "/proc/uptime")) ?? "0");
  const disks: Disk[] = [];
  const text = (yield* readText(p.sys, "/proc/diskstats")) ?? "";
  for (const line of text.split("\n")) {
    const f = line.trim().split(/\s+/);
    const at = (i: number): number => Number(f[i]) || 0;
    if (f.length >= 10)
      disks.push({ name: f[2] as string, operations: at(3) + at(7), read: at(5), written: at(9) });
  }
  return { cpu, uptime, disks };
}

function cpuTable(now: Sample, before: Sample | undefined): string {
  const used = now.cpu.map((n, i) => n - (before?.cpu[i] ?? 0));
  const total = used.reduce((a, b) => a + b, 0);
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0] = used;
  const shares = [user, nice, system + irq + soft, wait, steal, idle];
  const row = shares.map((n) => rate(n * 100, total, 7)).join(" ");
  return `avg-cpu:  %user   %nice %system %iowait  %steal   %idle\n        ${row}\n\n`;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "cdtzkm", { exclusive: ["km"] });
  const names: string[] = [];
  const words = [...opt.operands];
  while (words.length > 0 && !/^[0-9]/.test(words[0] as string))
    names.push(words.shift() as string);
  const all = names.includes("ALL");
  const interval = words[0] === undefined ? 0 : xatouRange(words[0], 0, 0x7fffffff);
  let left =
    interval === 0 ? 1 : words[1] === undefined ? Infinity : xatouRange(words[1], 0, 0x7fffffff);
  const [unit, divisor] = opt.has("m") ? ["MB", 2048] : opt.has("k") ? ["kB", 2] : ["Blk", 1];
  const both = !opt.has("c") && !opt.has("d");
  const zone = yield* timezone(p);
  const time = (format: string): string => {
    const tm = localtime(p.sys.clock_gettime(CLOCK_REALTIME).sec, zone);
    return tm === undefined ? "" : strftime(format, tm);
  };
  const uts = p.sys.uname();
  const cpus = p.sys.sched_getaffinity(0).length;
  let w = p.stdout.puts(
    `${uts.sysname} ${uts.release} (${uts.nodename}) \t${time("%x")} \t_${uts.machine}_\t(${cpus} CPU)\n\n`,
  );
  if (w) yield* w;
  let before: Sample | undefined;
  for (;;) {
    const now = yield* sample(p);
    const seconds = now.uptime - (before?.uptime ?? 0);
    let out = opt.has("t") ? `${time("%x %X")}\n` : "";
    if (both || opt.has("c")) out += cpuTable(now, before);
    if (both || opt.has("d")) {
      out +=
        `Device:            tps   ${unit}_read/s   ${unit}_wrtn/s   ${unit}_read   ${unit}_wrtn\n`.replace(
          /(kB|MB)_/g,
          " $1_",
        );
      for (const disk of now.disks) {
        if (names.length > 0 ? !all && !names.includes(disk.name) : disk.operations === 0) continue;
        const old = before?.disks.find((d) => d.name === disk.name);
        const operations = disk.operations - (old?.operations ?? 0);
        if (opt.has("z") && operations === 0) continue;
        const read = (disk.read - (old?.read ?? 0)) / divisor;
        const written = (disk.written - (old?.written ?? 0)) / divisor;
        const whole = (n: number): string => String(Math.floor(n)).padStart(10);
        out += `${disk.name.padEnd(13)}${rate(operations, seconds, 10)}${rate(read, seconds, 13)}${rate(written, seconds, 13)} ${whole(read)} ${whole(written)}\n`;
      }
      out += "\n";
    }
    w = p.stdout.puts(out);
    if (w) yield* w;
    if (--left <= 0) return 0;
    const f = p.stdout.flush();
    if (f) yield* f;
    before = now;
    yield* settle(p.sys.nanosleep(interval * 1000));
  }
}

export const iostat: Applet = {
  name: "iostat",
  path: "/bin/iostat",
  usage: `[-c] [-d] [-t] [-z] [-k|-m] [ALL|BLOCKDEV...] [INTERVAL [COUNT]]

Show how busy processors and disks were

	-c	Processors
	-d	Disks
	-t	The time
	-z	Not those that did nothing
	-k	In kB
	-m	In MB
`,
  main,
};
