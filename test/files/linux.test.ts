// File operations against what Linux 6.18 answers to the same (recorded by record.py with fs.protected_hardlinks=1, protected_symlinks=0).
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mountSequence, runMounts } from "./mounts.ts";
import { Runner, sequence } from "./operations.ts";

interface Recording {
  seeds: number[];
  results: unknown[][];
}

function recording(name: string): Recording {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8")) as Recording;
}

test.each(["tmpfs", "overlay"])("%s does what Linux's does", (kind) => {
  const { seeds, results } = recording(`${kind}.json`);
  for (const [i, seed] of seeds.entries()) {
    const steps = sequence(seed);
    const runner = new Runner();
    const got = kind === "tmpfs" ? runner.run(steps) : runner.runOverlay(steps);
    const rows = (outcomes: unknown[]): unknown[] => steps.map((step, at) => [step, outcomes[at]]);
    expect(rows(got)).toEqual(rows(results[i] as unknown[]));
  }
});

test("mounts do what Linux's do", () => {
  const { seeds, results } = recording("mounts.json");
  for (const [i, seed] of seeds.entries()) {
    const steps = mountSequence(seed);
    const rows = (outcomes: unknown[]): unknown[] => steps.map((step, at) => [step, outcomes[at]]);
    expect(rows(runMounts(steps))).toEqual(rows(results[i] as unknown[]));
  }
});

test("whatever happened, nothing is charged once everything is removed, and errors are errnos", () => {
  for (let seed = 1; seed <= 150; seed++) {
    const runner = new Runner();
    runner.run(sequence(seed * 7919));
    expect([seed, runner.leftOver()]).toEqual([seed, 0]);
  }
});
