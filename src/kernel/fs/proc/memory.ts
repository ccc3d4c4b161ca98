// What /proc tells of a process's memory: maps, sizes (proc(5)).
import type { Kernel } from "../../kernel.ts";
import type { Task, ThreadGroup } from "../../task.ts";
import { pathName } from "../namei.ts";

/** One line of maps. */
export interface Mapping {
  start: number;
  end: number;
  /** "r-xp". */
  perms: string;
  offset: number;
  /** Major, minor and inode of the file, zeros for anonymous memory. */
  major: number;
  minor: number;
  ino: number;
  /** File name, "[heap]", "[stack]" or "". */
  name: string;
}

/** A process's address space as far as /proc shows it: what loaders of machine code register. */
export interface TaskMemory {
  vsizeBytes(): number;
  rssBytes(): number;
  mappings(task: Task): Mapping[];
}

/** Address spaces by process. Processes without one run TypeScript programs. */
export function taskMemories(kernel: Kernel): WeakMap<ThreadGroup, TaskMemory> {
  return kernel.slot("proc.memory", () => new WeakMap<ThreadGroup, TaskMemory>());
}

const KIB = 1024;
const PAGE = 4096;
const STACK = 132 * KIB;
/** A program of the bundle has no address space of its own; this is what the real BusyBox shows. */
const TEXT_BYTES = 820 * KIB;
const DATA_BYTES = 20 * KIB;
const BUNDLED: TaskMemory = Object.freeze({
  vsizeBytes: () => TEXT_BYTES + DATA_BYTES + STACK,
  rssBytes: () => 640 * KIB,
  mappings: bundledMappings,
});

function bundledMappings(task: Task): Mapping[] {
  const { exe } = task.group;
  const base = 0x2aaaaaa000;
  const stackEnd = 0x3ffffff000;
  const none = { offset: 0, major: 0, minor: 0, ino: 0, name: "" };
  const file = { ...none };
  if (exe !== undefined) {
    const { dev, ino } = exe.dentry.inode.stat();
    file.major = (dev >>> 8) & 0xfff;
    file.minor = dev & 0xff;
    file.ino = ino;
    file.name = pathName(exe, task.fs.root);
  }
  const dataStart = base + TEXT_BYTES;
  return [
    { ...file, start: base, end: dataStart, perms: "r-xp" },
    { ...none, start: dataStart, end: dataStart + DATA_BYTES, perms: "rw-p", name: "[heap]" },
    { ...none, start: stackEnd - STACK, end: stackEnd, perms: "rw-p", name: "[stack]" },
  ];
}

/** The memory of a process; undefined for zombies. */
export function memoryOf(group: ThreadGroup): TaskMemory | undefined {
  if (group.exitStatus !== undefined) return undefined;
  return taskMemories(group.kernel).get(group) ?? BUNDLED;
}

/** Sizes in the units that stat and statm use. */
export function memorySizes(group: ThreadGroup): { vsizeBytes: number; rssPages: number } {
  const memory = memoryOf(group);
  if (memory === undefined) return { vsizeBytes: 0, rssPages: 0 };
  return { vsizeBytes: memory.vsizeBytes(), rssPages: Math.ceil(memory.rssBytes() / PAGE) };
}

function mapsLine(mapping: Mapping): string {
  const hex = (value: number, width: number): string => value.toString(16).padStart(width, "0");
  const line =
    `${hex(mapping.start, 8)}-${hex(mapping.end, 8)} ${mapping.perms} ` +
    `${hex(mapping.offset, 8)} ${hex(mapping.major, 2)}:${hex(mapping.minor, 2)} ${mapping.ino} `;
  if (mapping.name === "") return `${line}\n`;
  return `${line.padEnd(73)}${mapping.name.replaceAll("\n", "\\012")}\n`;
}

/** /proc/PID/maps. */
export function mapsText(task: Task): string {
  const mappings = memoryOf(task.group)?.mappings(task) ?? [];
  return mappings.map(mapsLine).join("");
}

/** /proc/PID/smaps: what is resident is not known by mapping, so all of it counts as such. */
export function smapsText(task: Task): string {
  const row = (name: string, kib: number): string =>
    `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`;
  let out = "";
  for (const mapping of memoryOf(task.group)?.mappings(task) ?? []) {
    const kib = (mapping.end - mapping.start) / KIB;
    const shared = mapping.ino !== 0;
    out +=
      mapsLine(mapping) +
      row("Size", kib) +
      row("KernelPageSize", 4) +
      row("MMUPageSize", 4) +
      row("Rss", kib) +
      row("Pss", kib) +
      row("Shared_Clean", 0) +
      row("Shared_Dirty", 0) +
      row("Private_Clean", shared ? kib : 0) +
      row("Private_Dirty", shared ? 0 : kib) +
      row("Referenced", kib) +
      row("Anonymous", shared ? 0 : kib) +
      row("LazyFree", 0) +
      row("AnonHugePages", 0) +
      row("ShmemPmdMapped", 0) +
      row("FilePmdMapped", 0) +
      row("Shared_Hugetlb", 0) +
      row("Private_Hugetlb", 0) +
      row("Swap", 0) +
      row("SwapPss", 0) +
      row("Locked", 0);
  }
  return out;
}
