// Golden scripts: what each file of golden/ says it prints.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Machine } from "../src/index.ts";

const folder = fileURLToPath(new URL("golden/", import.meta.url));

for (const name of readdirSync(folder).filter((file) => file.endsWith(".sh"))) {
  test(name, async () => {
    const text = readFileSync(folder + name, "utf8");
    const expected = text
      .split("\n")
      .filter((line) => line.startsWith("#>"))
      .map((line) => `${line.slice(3)}\n`)
      .join("");
    const status = Number(/^#= (\d+)$/m.exec(text)?.[1] ?? 0);
    const machine = Machine.boot();
    machine.fs.writeFileSync("/script", text);
    const result = await machine.execFile("/bin/sh", ["/script"], { timeoutMs: 15_000 });
    machine.close();
    expect({ stdout: result.stdout, status: result.status }).toEqual({ stdout: expected, status });
  });
}
