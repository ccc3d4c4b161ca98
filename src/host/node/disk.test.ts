import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { DiskError, HostDisk } from "./disk.ts";

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(`${tmpdir()}/disk-`);
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

test("a new disk is sparse, keeps what is written, and grows but never shrinks", () => {
  const path = `${dir}/d.img`;
  const disk = new HostDisk(path, { size: 1 << 30 });
  disk.write(700, bytesOf("hello"));
  disk.flush();
  expect(strOf(disk.read(699, 7))).toBe("\0hello\0");
  expect(fs.statSync(path)).toMatchObject({ size: 1 << 30 });
  expect(fs.statSync(path).blocks).toBeLessThan(100);
  disk.discard(0, 1 << 30);
  expect(strOf(disk.read(700, 5))).toBe("\0\0\0\0\0");
  disk.close();
  const larger = new HostDisk(path, { size: 2 ** 31 });
  expect(larger.size).toBe(2 ** 31);
  larger.close();
  expect(() => new HostDisk(path, { size: 512 })).toThrow("it would lose what is beyond");
  expect(fs.readdirSync(dir)).toEqual(["d.img"]);
});

test("a discard never makes the file shorter, even for a moment", () => {
  const path = `${dir}/d.img`;
  const disk = new HostDisk(path, { size: 4 << 20 });
  const { ftruncateSync } = fs;
  const cuts: unknown[] = [];
  fs.ftruncateSync = (_fd, length) => void cuts.push(length);
  syncBuiltinESMExports();
  try {
    for (const [from, length] of [
      [0, 4 << 20],
      [2 << 20, 2 << 20],
      [4096, 4096],
    ] as const)
      disk.discard(from, length);
  } finally {
    fs.ftruncateSync = ftruncateSync;
    syncBuiltinESMExports();
  }
  expect(cuts).toEqual([]);
  expect(fs.statSync(path).size).toBe(4 << 20);
  disk.close();
});

test("a disk is in one machine, unless nobody writes it; locks of the dead are taken over", () => {
  const path = `${dir}/d.img`;
  const disk = new HostDisk(path, { size: 4096 });
  expect(() => new HostDisk(path)).toThrow(`in use by another machine (process ${process.pid};`);
  const reader = new HostDisk(path, { readonly: true });
  expect(() => reader.write(0, bytesOf("x"))).toThrow();
  reader.close();
  disk.close();
  const dead = { pid: 2 ** 22 - 1, host: "", started: "1" };
  dead.host = JSON.parse(lockText(path)).host;
  fs.writeFileSync(`${path}.lock`, JSON.stringify(dead));
  new HostDisk(path).close();
  // The same number, another process.
  fs.writeFileSync(`${path}.lock`, JSON.stringify({ ...dead, pid: process.pid }));
  new HostDisk(path).close();
  fs.writeFileSync(`${path}.lock`, "");
  new HostDisk(path).close();
  fs.writeFileSync(`${path}.lock`, JSON.stringify({ ...dead, host: "elsewhere" }));
  expect(() => new HostDisk(path)).toThrow("on elsewhere");
});

function lockText(path: string): string {
  const disk = new HostDisk(path);
  const text = fs.readFileSync(`${path}.lock`, "utf8");
  disk.close();
  return text;
}

test("what is no disk is refused in words", () => {
  expect(() => new HostDisk(`${dir}/none`)).toThrow(DiskError);
  expect(() => new HostDisk(`${dir}/none`)).toThrow("there is no such disk");
  expect(() => new HostDisk(dir)).toThrow("not a regular file");
  fs.writeFileSync(`${dir}/empty`, "");
  expect(() => new HostDisk(`${dir}/empty`)).toThrow("the file is empty");
  expect(fs.readdirSync(dir)).toEqual(["empty"]);
});
