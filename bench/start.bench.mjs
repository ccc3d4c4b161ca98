// How long a whole process takes: `bivy run alpine true` beside `node -e 0`, interleaved.
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { line } from "./measure.mjs";

const bivy = fileURLToPath(new URL("../bin/bivy.cjs", import.meta.url));
const commands = {
  node: ["-e", "0"],
  true: [bivy, "run", "alpine", "true"],
  echo: [bivy, "run", "alpine", "sh", "-c", "echo hi"],
};
const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
for (let i = 0; i < 21; i++) {
  for (const [name, args] of Object.entries(commands)) {
    const start = performance.now();
    const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
    if (status !== 0) throw new Error(`${name}: status ${status}`);
    times[name].push(performance.now() - start);
  }
}
const [node, yes, echo] = Object.values(times).map((each) => each.sort((a, b) => a - b)[10]);
line("node -e 0", `${node.toFixed(1)} ms`);
line(
  "bivy run alpine true",
  `${yes.toFixed(1)} ms`,
  `${(yes / node).toFixed(2)} x node (at most 2.0)`,
);
line(
  "bivy run alpine sh -c 'echo hi'",
  `${echo.toFixed(1)} ms`,
  `${(echo / node).toFixed(2)} x node`,
);
