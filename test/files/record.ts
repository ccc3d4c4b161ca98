// Records tmpfs.json, overlay.json and mounts.json on a real Linux, as root: `npx tsx test/files/record.ts`.
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mountSequence } from "./mounts.ts";
import { LOWER_STEPS, sequence } from "./operations.ts";

const SEEDS = 40;

const script = fileURLToPath(new URL("record.py", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "bivy-record-"));
for (const kind of ["tmpfs", "overlay", "mounts"]) {
  const seeds = Array.from({ length: SEEDS }, (_, i) => i * 101 + 1);
  const of = kind === "mounts" ? mountSequence : sequence;
  const job = { kind, lowerSteps: LOWER_STEPS, root, sequences: seeds.map(of) };
  const results = JSON.parse(
    execFileSync("python3", [script], { input: JSON.stringify(job), encoding: "utf8" }),
  ) as unknown[][];
  const rows = results.map((row) => JSON.stringify(row)).join(",\n");
  writeFileSync(
    new URL(`${kind}.json`, import.meta.url),
    `{"seeds":${JSON.stringify(seeds)},\n"results":[\n${rows}\n]}\n`,
  );
}
