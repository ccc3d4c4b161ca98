// Load averages (/proc/loadavg): exponentially damped counts of runnable tasks over 1, 5 and 15 minutes.
import type { Kernel } from "./kernel.ts";

interface Load {
  atMs: number;
  averages: [number, number, number];
}

const MINUTES = [1, 5, 15] as const;

/**
 * Brings the averages up to date for the time that has passed since they were last asked for, taking
 * the present number of runnable tasks for the whole of it: nothing ticks while nobody looks.
 */
export function loadAverages(kernel: Kernel): [number, number, number] {
  const now = kernel.monotonic();
  const load = kernel.slot<Load>("loadavg", () => ({ atMs: now, averages: [0, 0, 0] }));
  const active = kernel.scheduler.runnable;
  const seconds = (now - load.atMs) / 1000;
  load.atMs = now;
  for (const i of [0, 1, 2] as const) {
    const decay = Math.exp(-seconds / (60 * MINUTES[i]));
    load.averages[i] = load.averages[i] * decay + active * (1 - decay);
  }
  return [...load.averages];
}
