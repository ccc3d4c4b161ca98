import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesOf, concat, strOf } from "./bytes.ts";
import { decodeAll } from "./decoder.ts";
import { FormatError } from "./format-error.ts";
import {
  findZipDirectory,
  parseZipDirectory,
  ZIP_LOCAL_HEADER,
  ZIP_TAIL,
  type ZipEntry,
  zipDataOffset,
  zipDecoder,
} from "./zip.ts";

function make(options: string[], files: Record<string, string>): Uint8Array {
  const dir = mkdtempSync(join(tmpdir(), "zip-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(dir, name), text, "latin1");
      utimesSync(join(dir, name), 1577934246, 1577934246);
    }
    execFileSync("zip", ["-q", ...options, "x.zip", ...Object.keys(files)], {
      cwd: dir,
      env: { ...process.env, TZ: "UTC" },
    });
    return Uint8Array.from(readFileSync(join(dir, "x.zip")));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function entriesOf(zip: Uint8Array): { entries: ZipEntry[]; before: number } {
  const d = findZipDirectory(zip.subarray(-ZIP_TAIL), zip.length);
  const bytes = zip.subarray(d.offset, d.offset + d.size);
  return { entries: parseZipDirectory(bytes, d.entries), before: d.before };
}

function unzip(zip: Uint8Array): [string, string][] {
  const { entries, before } = entriesOf(zip);
  return entries.map((e) => {
    const at = before + e.offset;
    const data = at + zipDataOffset(zip.subarray(at, at + ZIP_LOCAL_HEADER));
    const packed = zip.subarray(data, data + e.packedSize);
    return [e.name, strOf(decodeAll(zipDecoder(e), packed, 1 << 20))];
  });
}

const files = { a: "hello hello hello hello\n", "b b": "", c: "text and so on\n".repeat(9999) };

test("what zip(1) packs", () => {
  for (const options of [[], ["-0"], ["-9"], ["-fz"]]) {
    const zip = make(options, files);
    expect(unzip(zip)).toEqual(Object.entries(files));
    expect(unzip(concat([bytesOf("#!/bin/sh\nexit\n"), zip]))).toEqual(Object.entries(files));
  }
  const { entries } = entriesOf(make([], files));
  expect(entries[0]).toMatchObject({
    name: "a",
    size: 24,
    method: 8,
    time: [2020, 1, 2, 3, 4, 6],
    mtime: 1577934246,
    mode: 0o100644,
    offset: 0,
  });
});

test("malformed archives", () => {
  const zip = make(["-0"], { a: "hello" });
  const change = (at: number, byte: number): Uint8Array => {
    const b = zip.slice();
    b[at] = byte;
    return b;
  };
  const data = strOf(zip).indexOf("hello");
  const central = strOf(zip).indexOf("PK\x01\x02");
  const rows: [Uint8Array, string][] = [
    [bytesOf("garbage"), "invalid zip magic"],
    [change(0, 0), "invalid zip magic"],
    [change(data, 0), "crc error"],
    [change(central, 0), "corrupted data"],
    [change(central + 8, 1), "encryption is not supported"],
    [change(central + 10, 12), "unsupported method 12"],
    [change(central + 24, 4), "crc error"],
    [change(central + 24, 9), "unexpected end of file"],
    [change(central + 20, 4), "unexpected end of file"],
    [change(central + 28, 255), "unexpected end of file"],
  ];
  for (const [bytes, message] of rows) expect(() => unzip(bytes)).toThrow(message);
  // The files may be anything else, but the directory stays within the archive.
  let failed = 0;
  for (let i = 0; i < 400; i++) {
    try {
      unzip(change((i * 7919) % zip.length, (i * 31) & 255));
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
      failed++;
    }
  }
  expect(failed).toBeGreaterThan(50);
});
