// The golden scripts in a real BusyBox: what they say is what it prints.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const record = fileURLToPath(new URL("../scripts/record.mjs", import.meta.url));
const here = spawnSync("busybox", ["true"]).status === 0;

test.skipIf(!here)("golden scripts agree with a real BusyBox", { timeout: 60_000 }, () => {
  const { stdout, status } = spawnSync(process.execPath, [record], { encoding: "utf8" });
  expect({ stdout, status }).toEqual({ stdout: "0 different\n", status: 0 });
});
