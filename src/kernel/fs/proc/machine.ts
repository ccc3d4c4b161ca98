// The files of /proc that tell about the whole machine: meminfo, stat, cpuinfo, version, devices … (proc(5)).
import { BLOCK_EXT_MAJOR } from "../../../abi/block.ts";
import { major, minor } from "../../../abi/stat.ts";
import { type BlockStats, bdevs, disks } from "../../block/genhd.ts";
import { totalSwap } from "../../block/swap.ts";
import type { Kernel } from "../../kernel.ts";
import { loadAverages } from "../../loadavg.ts";
import { consoles } from "../../tty/console.ts";
import { DEFAULT_CMDLINE, VERSION_BANNER } from "../../version.ts";
import { ticks, totalCpuMs, uptimeMs } from "./format.ts";

/** /proc/meminfo: the machine's limit is its memory, and what its files take is shared memory. */
export function meminfoText(kernel: Kernel): string {
  const total = Math.floor(kernel.memory.limit / 1024);
  const used = Math.min(total, Math.ceil(kernel.memory.used / 1024));
  const free = total - used;
  const rows: readonly (readonly [string, number])[] = [
    ["MemTotal", total],
    ["MemFree", free],
    ["MemAvailable", free],
    ["Buffers", 0],
    ["Cached", used],
    ["SwapCached", 0],
    ["Active", used],
    ["Inactive", 0],
    ["Active(anon)", used],
    ["Inactive(anon)", 0],
    ["Active(file)", 0],
    ["Inactive(file)", 0],
    ["Unevictable", 0],
    ["Mlocked", 0],
    ["SwapTotal", Math.floor(totalSwap(kernel) / 1024)],
    ["SwapFree", Math.floor(totalSwap(kernel) / 1024)],
    ["Dirty", 0],
    ["Writeback", 0],
    ["AnonPages", 0],
    ["Mapped", 0],
    ["Shmem", used],
    ["KReclaimable", 0],
    ["Slab", 0],
    ["SReclaimable", 0],
    ["SUnreclaim", 0],
    ["KernelStack", 0],
    ["PageTables", 0],
    ["SecPageTables", 0],
    ["NFS_Unstable", 0],
    ["Bounce", 0],
    ["WritebackTmp", 0],
    ["CommitLimit", Math.floor(total / 2)],
    ["Committed_AS", used],
    ["VmallocTotal", 67108863],
    ["VmallocUsed", 0],
    ["VmallocChunk", 0],
    ["Percpu", 0],
  ];
  let out = "";
  for (const [name, kib] of rows) out += `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`;
  const pages = ["HugePages_Total", "HugePages_Free", "HugePages_Rsvd", "HugePages_Surp"];
  for (const name of pages) out += `${`${name}:`.padEnd(16)}${"0".padStart(8)}\n`;
  return `${out}Hugepagesize:       2048 kB\nHugetlb:               0 kB\n`;
}

/** /proc/cpuinfo of one riscv64 processor. */
export const CPUINFO: string =
  "processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\n" +
  "mvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\n\n";

/** /proc/uptime. */
export function uptimeText(kernel: Kernel): string {
  const up = uptimeMs(kernel);
  const idle = Math.max(0, up - totalCpuMs(kernel));
  return `${(up / 1000).toFixed(2)} ${(idle / 1000).toFixed(2)}\n`;
}

/** /proc/loadavg. */
export function loadavgText(kernel: Kernel): string {
  const [one, five, fifteen] = loadAverages(kernel).map((each) => each.toFixed(2));
  const running = 1 + kernel.scheduler.runnable;
  return `${one} ${five} ${fifteen} ${running}/${kernel.tasks.size} ${kernel.lastPid}\n`;
}

/** /proc/stat. */
export function statText(kernel: Kernel): string {
  const up = uptimeMs(kernel);
  const busy = totalCpuMs(kernel);
  const cpu = `${ticks(busy)} 0 0 ${ticks(Math.max(0, up - busy))} 0 0 0 0 0 0`;
  const bootSeconds = Math.floor((kernel.now() - up) / 1000);
  let blocked = 0;
  for (const task of kernel.tasks.values()) {
    if (task.state === "sleeping" && task.sleep?.interruptible === false) blocked++;
  }
  return (
    `cpu  ${cpu}\ncpu0 ${cpu}\nintr 0\nctxt ${kernel.scheduler.contextSwitches}\n` +
    `btime ${bootSeconds}\nprocesses ${kernel.forks}\n` +
    `procs_running ${1 + kernel.scheduler.runnable}\nprocs_blocked ${blocked}\n` +
    "softirq 0 0 0 0 0 0 0 0 0 0 0\n"
  );
}

/** /proc/version. */
export function versionText(): string {
  return `${VERSION_BANNER}\n`;
}

/** /proc/cmdline: `cmdline` of the slot "cmdline" where the machine was given one. */
export function cmdlineText(kernel: Kernel): string {
  return `${kernel.slot("cmdline", () => DEFAULT_CMDLINE)}\n`;
}

/** /proc/filesystems. */
export function filesystemsText(kernel: Kernel): string {
  let out = "";
  for (const type of kernel.fileSystems.values()) {
    out += `${type.requiresDevice ? "" : "nodev"}\t${type.name}\n`;
  }
  return out;
}

/** /proc/devices. */
export function devicesText(kernel: Kernel): string {
  let out =
    "Character devices:\n  1 mem\n  4 ttyS\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n" +
    " 10 misc\n128 ptm\n136 pts\n\nBlock devices:\n";
  const majors = new Map<number, string>();
  for (const disk of disks(kernel).values()) {
    const driver = disk.name.replace(/\d+$/, "");
    majors.set(disk.major, driver.startsWith("vd") ? "virtblk" : driver);
  }
  if (majors.size > 0) majors.set(BLOCK_EXT_MAJOR, "blkext");
  for (const [number, name] of [...majors].sort(([a], [b]) => a - b))
    out += `${String(number).padStart(3)} ${name}\n`;
  return out;
}

/** /proc/partitions. */
export function partitionsText(kernel: Kernel): string {
  let rows = "";
  for (const { rdev, size, name } of bdevs(kernel)) {
    if (size === 0) continue;
    rows += `${String(major(rdev)).padStart(4)}  ${String(minor(rdev)).padStart(7)} ${String(Math.floor(size / 1024)).padStart(10)} ${name}\n`;
  }
  return rows === "" ? "" : `major minor  #blocks  name\n\n${rows}`;
}

/** The numbers of /proc/diskstats and of "stat" in sysfs: no times, since no request waits. */
export function blockStatistics(stats: BlockStats): number[] {
  const { reads, readSectors, writes, writeSectors, discards, discardSectors, flushes } = stats;
  const rw = [reads, 0, readSectors, 0, writes, 0, writeSectors, 0, 0, 0, 0];
  return [...rw, discards, 0, discardSectors, 0, flushes, 0];
}

/** /proc/diskstats. */
export function diskstatsText(kernel: Kernel): string {
  let out = "";
  for (const { rdev, name, stats } of bdevs(kernel)) {
    out += `${String(major(rdev)).padStart(4)} ${String(minor(rdev)).padStart(7)} ${name} ${blockStatistics(stats).join(" ")}\n`;
  }
  return out;
}

/** /proc/consoles. */
export function consolesText(kernel: Kernel): string {
  let out = "";
  for (const tty of consoles(kernel).lines.values()) {
    out += `${tty.name.padEnd(21)}-W- (EC  p  )${String(tty.rdev >>> 8).padStart(5)}:${tty.rdev & 255}\n`;
  }
  return out;
}

/** /proc/vmstat, the counters that programs look for. */
export function vmstatText(kernel: Kernel): string {
  const free = Math.floor((kernel.memory.limit - kernel.memory.used) / 4096);
  const shared = Math.ceil(kernel.memory.used / 4096);
  const rows: readonly (readonly [string, number])[] = [
    ["nr_free_pages", free],
    ["nr_zone_inactive_anon", 0],
    ["nr_zone_active_anon", shared],
    ["nr_zone_inactive_file", 0],
    ["nr_zone_active_file", 0],
    ["nr_zone_unevictable", 0],
    ["nr_mlock", 0],
    ["nr_anon_pages", 0],
    ["nr_mapped", 0],
    ["nr_file_pages", shared],
    ["nr_dirty", 0],
    ["nr_writeback", 0],
    ["nr_shmem", shared],
    ["pgpgin", 0],
    ["pgpgout", 0],
    ["pswpin", 0],
    ["pswpout", 0],
    ["pgalloc_normal", 0],
    ["pgfree", 0],
    ["pgfault", 0],
    ["pgmajfault", 0],
    ["oom_kill", 0],
  ];
  return rows.map(([name, value]) => `${name} ${value}\n`).join("");
}

/** /proc/buddyinfo: everything free stands as blocks of the largest order. */
export function buddyinfoText(kernel: Kernel): string {
  const blocks = Math.floor((kernel.memory.limit - kernel.memory.used) / (4096 << 10));
  const columns = [...new Array<number>(10).fill(0), blocks];
  return `Node 0, zone   Normal ${columns.map((each) => `${String(each).padStart(6)} `).join("")}\n`;
}
