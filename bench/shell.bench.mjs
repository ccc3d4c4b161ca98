// Workloads beside the real Alpine in a chroot, in one run: ratios of wall and CPU time.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const {
  PERF_DIR,
  PERF_ALPINE_ROOT,
  PERF_GROUPS = "startup,fork,cpu,applet,apk",
  PERF_SCALE = "10",
} = process.env;
if (PERF_DIR === undefined || PERF_ALPINE_ROOT === undefined) {
  console.log("skipped: PERF_DIR and PERF_ALPINE_ROOT are not set (docs/performance.md)");
} else {
  const bivy = fileURLToPath(new URL("../bin/bivy.cjs", import.meta.url));
  const work = mkdtempSync(`${tmpdir()}/bivy-perf-`);
  const args = ["run", "--work", work, "--targets", "alpine,ours", "--groups", PERF_GROUPS];
  args.push("--scale", PERF_SCALE, "--out", `${work}/result.json`);
  const env = {
    ...process.env,
    PERF_OURS: `${process.execPath} ${bivy} run --volume {host}:/w -- {cmd}`,
  };
  spawnSync("python3", [`${PERF_DIR}/run.py`, ...args], { stdio: "inherit", env });
  spawnSync("python3", [`${PERF_DIR}/run.py`, "report", `${work}/result.json`, "--net"], {
    stdio: "inherit",
    env,
  });
  rmSync(work, { recursive: true });
}
