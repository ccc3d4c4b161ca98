// Brings dist/ up to date for tests that run the command line.
import { execFileSync } from "node:child_process";

/** For a suite's beforeAll. */
export function buildIfStale(): void {
  execFileSync(process.execPath, ["scripts/build.mjs", "--if-stale"], { stdio: "inherit" });
}
