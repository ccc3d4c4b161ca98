import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { SYSCALLS, syscallsPage } from "./table.ts";

test("numbers are ascending and unique", () => {
  const numbers = SYSCALLS.map(({ number }) => number);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
});

test("docs/syscalls.md is what the table prints", () => {
  const page = fileURLToPath(new URL("../../../docs/syscalls.md", import.meta.url));
  expect(readFileSync(page, "utf8")).toBe(syscallsPage());
});
