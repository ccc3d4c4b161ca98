// What the benches share: medians, and one line a figure.
import { performance } from "node:perf_hooks";

/** Median of `rounds` runs of `work`, in milliseconds each; one run before is not counted. */
export async function median(rounds, work) {
  const times = [];
  for (let i = 0; i <= rounds; i++) {
    const start = performance.now();
    await work();
    if (i > 0) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[rounds >> 1];
}

/** name, figure, and the bound it is held against. */
export function line(name, figure, bound = "") {
  console.log(`${name.padEnd(52)} ${figure.padStart(14)}  ${bound}`);
}
