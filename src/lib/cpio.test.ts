import { expect, test } from "vitest";
import { bytesOf, concat, strOf } from "./bytes.ts";
import { type CpioEntry, CpioReader, cpioHeader, cpioPadding, cpioTrailer } from "./cpio.ts";
import { FormatError } from "./format-error.ts";

function entry(name: string, size: number): CpioEntry {
  return {
    name,
    ino: 3,
    mode: 0o100644,
    uid: 0,
    gid: 0,
    nlink: 2,
    mtime: 0x6b042e15,
    size,
    devmajor: 0,
    devminor: 0x2f,
    rdevmajor: 0,
    rdevminor: 0,
  };
}

function list(archive: Uint8Array, step: number, skip = false): [string, string][] {
  const reader = new CpioReader();
  const out: [string, string][] = [];
  let at = 0;
  const more = (): void => {
    if (at >= archive.length) reader.end();
    reader.push(archive.subarray(at, at + step));
    at += step;
  };
  for (;;) {
    const file = reader.next();
    if (file === undefined) {
      if (!reader.needsInput) return out;
      more();
      continue;
    }
    let data = "";
    while (!skip && reader.dataLeft > 0) {
      const piece = reader.read();
      if (piece === undefined) more();
      else data += strOf(piece);
    }
    out.push([file.name, data]);
  }
}

const archive = concat([
  cpioHeader(entry("d/f", 3)),
  bytesOf("hi\n"),
  cpioPadding(3),
  cpioHeader(entry("long name", 1000)),
  bytesOf("x".repeat(1000)),
  cpioHeader(entry("empty", 0)),
  cpioTrailer(),
]);

test("a header as BusyBox 1.36 writes it", () => {
  expect(strOf(cpioHeader(entry("d/f", 3)))).toBe(
    "07070100000003000081A40000000000000000000000026B042E1500000003000000000000002F" +
      "00000000000000000000000400000000d/f\0\0\0",
  );
  expect(cpioTrailer().length).toBe(124);
});

test("reads what it writes, in pieces", () => {
  for (const step of [1, 50, 5000]) {
    expect(list(archive, step)).toEqual([
      ["d/f", "hi\n"],
      ["long name", "x".repeat(1000)],
      ["empty", ""],
    ]);
    expect(list(archive, step, true).length).toBe(3);
  }
  const reader = new CpioReader();
  reader.push(archive);
  expect(reader.next()).toEqual(entry("d/f", 3));
});

test("odc and checksums", () => {
  // magic dev ino mode uid gid nlink rdev, mtime, namesize, filesize
  const odc = (name: string, data: string): string =>
    [0o70707, 1, 2, 0o100644, 0, 0, 1, 0].map((n) => n.toString(8).padStart(6, "0")).join("") +
    "00000001234" +
    (name.length + 1).toString(8).padStart(6, "0") +
    data.length.toString(8).padStart(11, "0") +
    `${name}\0${data}`;
  expect(list(bytesOf(odc("a", "hello") + odc("bc", "") + odc("TRAILER!!!", "")), 7)).toEqual([
    ["a", "hello"],
    ["bc", ""],
  ]);
  const crc = strOf(cpioHeader(entry("c", 2))).replace("070701", "070702");
  const file = (sum: string): Uint8Array =>
    concat([bytesOf(crc.slice(0, 102) + sum + crc.slice(110)), bytesOf("ab\0\0"), cpioTrailer()]);
  expect(list(file("000000C3"), 9)).toEqual([["c", "ab"]]);
  expect(() => list(file("000000C4"), 9)).toThrow("checksum error");
});

test("malformed archives", () => {
  const rows: [Uint8Array, string][] = [
    [bytesOf("zzzz"), "short read"],
    [bytesOf("z".repeat(200)), "unsupported cpio format, use newc or crc"],
    [archive.subarray(0, 50), "short read"],
    [archive.subarray(0, 118), "short read"],
    [bytesOf(strOf(archive).replace("00000004", "0000000x")), "malformed cpio header"],
    [bytesOf(strOf(archive).replace("00000004", "FFFFFFFF")), "malformed cpio header"],
  ];
  for (const [bytes, message] of rows) expect(() => list(bytes, 30)).toThrow(message);
  expect(list(new Uint8Array(0), 9)).toEqual([]);
});

test("mutated archives give files or FormatError", () => {
  let failed = 0;
  for (let i = 0; i < 300; i++) {
    const b = archive.slice();
    b[(i * 7919) % b.length] = (i * 31) & 255;
    try {
      list(b, 1000);
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
      failed++;
    }
  }
  expect(failed).toBeGreaterThan(30);
});
