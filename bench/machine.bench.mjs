// Machines of one process: boot, exec, fork, and what an idle one weighs.
import { Machine } from "../dist/index.js";
import { line, median } from "./measure.mjs";

const N = 1000;
await (await Machine.boot().exec("echo hi")).stdout;

const boot = await median(5, () => {
  for (let i = 0; i < N; i++) Machine.boot().close();
});
line("Machine.boot()", `${((boot / N) * 1000).toFixed(0)} µs`);

const both = await median(5, async () => {
  for (let i = 0; i < 100; i++) {
    const machine = Machine.boot();
    const { stdout } = await machine.exec("echo hi");
    if (stdout !== "hi\n") throw new Error(stdout);
    machine.close();
  }
});
line("boot and exec('echo hi')", `${(both / 100).toFixed(3)} ms`, "at most 1 ms");

const machine = Machine.boot();
const execs = await median(5, async () => {
  for (let i = 0; i < N; i++) await machine.exec("echo hi");
});
line(`${N} exec('echo hi')`, `${execs.toFixed(1)} ms`, "at most 80 ms");
const syncs = await median(5, () => {
  for (let i = 0; i < N; i++) machine.runSync("echo hi");
});
line(`${N} runSync('echo hi')`, `${syncs.toFixed(1)} ms`);

machine.runSync(
  "mkdir /many; cd /many; i=0; while [ $i -lt 1000 ]; do echo $i >$i; i=$((i+1)); done",
);
const fork = await median(5, () => {
  for (let i = 0; i < 100; i++) machine.fork().close();
});
line("fork() of a machine with 1,000 changed files", `${(fork * 10).toFixed(0)} µs`);

const size = () => {
  for (let i = 0; i < 3; i++) globalThis.gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
};
const kept = [];
const before = size();
for (let i = 0; i < N; i++) {
  const idle = Machine.boot();
  await idle.exec("echo hi");
  kept.push(idle);
}
const each = (size() - before) / N / 1024;
line(`an idle machine, ${kept.length} kept`, `${each.toFixed(1)} KB`, "at most 100 KB");
