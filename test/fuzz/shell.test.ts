// The parser over damaged scripts: it ends, with a tree or with a syntax error, and nothing else.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Machine } from "../../src/index.ts";

const golden = fileURLToPath(new URL("../golden/", import.meta.url));

/** A repeatable source of numbers below `n`. */
function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state % n;
  };
}

const PIECES = [
  "$(",
  "${",
  "`",
  "'",
  '"',
  "((",
  "<<E\n",
  "case x in",
  ")",
  ";;",
  "\\",
  "&",
  "|",
  "fi",
];

function damage(text: string, next: (n: number) => number): string {
  let out = text;
  for (let i = next(4) + 1; i > 0; i--) {
    const at = next(out.length + 1);
    switch (next(3)) {
      case 0:
        out = out.slice(0, at) + out.slice(at + next(20));
        break;
      case 1:
        out = out.slice(0, at) + PIECES[next(PIECES.length)] + out.slice(at);
        break;
      default:
        out = out.slice(0, at) + String.fromCharCode(next(256)) + out.slice(at);
    }
  }
  return out;
}

test("damaged scripts are parsed to an end", { timeout: 60_000 }, () => {
  const texts = readdirSync(golden)
    .filter((name) => name.endsWith(".sh"))
    .map((name) => readFileSync(golden + name, "latin1"));
  const reports: string[] = [];
  const machine = Machine.boot();
  machine.kernel.host.report = (message) => reports.push(message);
  const next = random(7);
  const statuses = new Set<number>();
  for (let round = 0; round < 300; round++) {
    const text = damage(texts[next(texts.length)] as string, next);
    machine.fs.writeFileSync(
      "/script",
      Uint8Array.from(text, (c) => c.charCodeAt(0)),
    );
    // -n: parsed, not run.
    statuses.add(machine.runSync("sh -n /script", { timeoutMs: 5000 }).status);
  }
  expect(reports).toEqual([]);
  expect([...statuses].sort()).toEqual([0, 2]);
  machine.close();
});

test("nesting is bounded", () => {
  const machine = Machine.boot();
  for (const open of ["(", "$(", "{ ", "if ", "${x:-", "$(("]) {
    machine.fs.writeFileSync("/script", open.repeat(100_000));
    const { status } = machine.runSync("sh /script", { timeoutMs: 10_000 });
    expect(status).not.toBe(0);
  }
  expect(machine.runSync("echo alive").stdout).toBe("alive\n");
  machine.close();
});
