// Pieces of text that many files of /proc share.
import type { Kernel } from "../../kernel.ts";
import type { Task, ThreadGroup } from "../../task.ts";

/** Clock ticks a second in /proc (USER_HZ). */
const USER_HZ = 100;

/** Milliseconds as clock ticks. */
export function ticks(ms: number): number {
  return Math.floor((ms * USER_HZ) / 1000);
}

/** A 64-bit mask as 16 hexadecimal digits. */
export function mask64(lo: number, hi: number): string {
  return (hi >>> 0).toString(16).padStart(8, "0") + (lo >>> 0).toString(16).padStart(8, "0");
}

/** CPU time in milliseconds of a process with all its threads, dead ones too. */
export function cpuTimeMs(group: ThreadGroup): number {
  let total = group.utimeMs;
  for (const task of group.tasks) total += task.utimeMs;
  return total;
}

/** CPU time of everything that ever ran. */
export function totalCpuMs(kernel: Kernel): number {
  let total = 0;
  for (const group of kernel.groups.values()) total += cpuTimeMs(group) + group.cutimeMs;
  return total;
}

/** Milliseconds since boot. */
export function uptimeMs(kernel: Kernel): number {
  return kernel.monotonic() - kernel.bootMs;
}

/** Tells what a task does: the letter of ps. */
export function stateLetter(task: Task): "R" | "S" | "D" | "T" | "Z" {
  const { group } = task;
  if (group.exitStatus !== undefined || task.state === "dead") return "Z";
  if (group.stopped !== undefined) return "T";
  if (task.state !== "sleeping") return "R";
  return task.sleep?.interruptible === false ? "D" : "S";
}

const STATES = {
  R: "R (running)",
  S: "S (sleeping)",
  D: "D (disk sleep)",
  T: "T (stopped)",
  Z: "Z (zombie)",
} as const;

/** The letter with its word, as status has it. */
export function stateName(task: Task): string {
  return STATES[stateLetter(task)];
}

/** Names in /proc tables: white space and backslashes as octal escapes. */
export function escapeName(name: string, also = ""): string {
  return name.replace(/[ \t\n\\#]/g, (c) =>
    c === "#" && also !== "#" ? c : `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
}
