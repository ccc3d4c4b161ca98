// Tables of process ids, and rows of processes.
import { expect, test } from "vitest";
import { IdTable, Members } from "./idtable.ts";

test("ids come in order, over pages, and go", () => {
  const table = new IdTable<string>();
  for (const id of [70000, 3, 256, 255, 3]) table.set(id, `v${id}`);
  expect([...table.keys()]).toEqual([3, 255, 256, 70000]);
  expect([...table.values()]).toEqual(["v3", "v255", "v256", "v70000"]);
  expect([table.size, table.has(4), table.get(256), table.get(1e6)]).toEqual([
    4,
    false,
    "v256",
    undefined,
  ]);
  expect([table.delete(256), table.delete(256), table.delete(999)]).toEqual([true, false, false]);
  table.set(512, "again");
  expect([table.get(512), table.get(256), table.size]).toEqual(["again", undefined, 4]);
});

test("members keep the order they came in", () => {
  const row = new Members<string>();
  for (const item of ["a", "b", "c"]) row.add(item);
  expect([row.delete("b"), row.delete("b"), row.first, row.size]).toEqual([true, false, "a", 2]);
  row.add("b");
  expect([...row]).toEqual(["a", "c", "b"]);
  for (const item of [...row]) row.delete(item);
  expect([row.size, row.first, row.delete("a")]).toEqual([0, undefined, false]);
});
