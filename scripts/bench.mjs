// Prints our measures: `npm run bench [-- NAME…]`, names being files of bench/ without their ending.
//
// bench/*.bench.mjs measure this process's own machines. `shell` runs the workloads beside the real
// Alpine; it needs PERF_DIR (the folder of run.py) and PERF_ALPINE_ROOT (an unpacked root).
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../bench/", import.meta.url));
const wanted = process.argv.slice(2);
let failed = false;
for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith(".bench.mjs")) continue;
  const name = file.slice(0, -".bench.mjs".length);
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, ["--expose-gc", folder + file], {
    stdio: "inherit",
  });
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
