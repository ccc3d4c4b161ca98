import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesOf, concat, strOf } from "./bytes.ts";
import { FormatError } from "./format-error.ts";
import { formatPax, parsePax, TarReader, tarEnd, tarHeader, tarPadding } from "./tar.ts";
import { parseTarHeader, type TarEntry } from "./tar-header.ts";

interface Seen extends Partial<TarEntry> {
  data: string;
}

/** Everything in an archive that is pushed in pieces. */
function list(archive: Uint8Array, step: number, skipData = false): Seen[] {
  const reader = new TarReader();
  const out: Seen[] = [];
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
    const seen: Seen = { ...file, data: "" };
    out.push(seen);
    while (!skipData && reader.dataLeft > 0) {
      const piece = reader.read();
      if (piece === undefined) more();
      else seen.data += strOf(piece);
    }
  }
}

function entry(fields: Partial<TarEntry>): TarEntry {
  return {
    name: "f",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 0,
    type: "0",
    linkname: "",
    uname: "root",
    gname: "root",
    devmajor: 0,
    devminor: 0,
    ...fields,
  };
}

const long = `d/${"x".repeat(150)}`;
const target = "y".repeat(130);

test("what tar(1) writes, in each format", () => {
  const dir = mkdtempSync(join(tmpdir(), "tar-"));
  try {
    writeFileSync(join(dir, "a"), "hello");
    writeFileSync(join(dir, "z".repeat(120)), "long");
    writeFileSync(join(dir, "hole"), "");
    truncateSync(join(dir, "hole"), 3000);
    symlinkSync(target, join(dir, "link"));
    utimesSync(join(dir, "a"), 1, 1577934245.25);
    for (const format of ["gnu", "pax", "ustar", "v7"]) {
      const names = ["a", "hole"];
      if (format === "gnu" || format === "pax") names.push("z".repeat(120), "link");
      const archive = execFileSync("tar", ["cf", "-", `--format=${format}`, ...names], {
        cwd: dir,
      });
      for (const step of [100, 512, 100_000]) {
        const files = list(archive, step);
        expect(files.map((f) => [f.name, f.type, f.data, f.linkname])).toEqual(
          [
            ["a", "0", "hello", ""],
            ["hole", "0", "\0".repeat(3000), ""],
            ["z".repeat(120), "0", "long", ""],
            ["link", "2", "", target],
          ].slice(0, names.length),
        );
        expect(files[0]?.mtime).toBe(format === "pax" ? 1577934245.25 : 1577934245);
        expect(list(archive, step, true).length).toBe(names.length);
      }
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("what we write, tar(1) reads", () => {
  const big = "data".repeat(200);
  const archive = concat([
    tarHeader(entry({ name: "d/", type: "5", mode: 0o755 })),
    tarHeader(entry({ name: long, size: big.length, mtime: 1577934245, uid: 70000000 })),
    bytesOf(big),
    tarPadding(big.length),
    tarHeader(entry({ name: "d/link", type: "2", linkname: target, mode: 0o777 })),
    tarHeader(entry({ name: "n", type: "3", devmajor: 5, devminor: 1 })),
    tarHeader(entry({ name: "p" }), new Map([["mtime", "1.5"]])),
    tarEnd(),
  ]);
  expect(
    execFileSync("tar", ["tvf", "-", "--utc", "--numeric-owner"], { input: archive }).toString(),
  ).toBe(
    [
      "drwxr-xr-x 0/0               0 1970-01-01 00:00 d/",
      `-rw-r--r-- 70000000/0      800 2020-01-02 03:04 ${long}`,
      `lrwxrwxrwx 0/0               0 1970-01-01 00:00 d/link -> ${target}`,
      "crw-r--r-- 0/0             5,1 1970-01-01 00:00 n",
      "-rw-r--r-- 0/0               0 1970-01-01 00:00 p\n",
    ].join("\n"),
  );
  const files = list(archive, 999);
  expect(files.map((f) => [f.name, f.uid, f.mtime, f.data.length, f.devmajor])).toEqual([
    ["d/", 0, 0, 0, 0],
    [long, 70000000, 1577934245, 800, 0],
    ["d/link", 0, 0, 0, 0],
    ["n", 0, 0, 0, 5],
    ["p", 0, 1.5, 0, 0],
  ]);
});

test("a header as BusyBox 1.36 writes it", () => {
  const header = tarHeader(
    entry({ name: "d/sl", type: "2", mode: 0o777, mtime: 0o15301026530, linkname: target }),
  );
  expect(strOf(header).replace(/\0+/g, "|")).toBe(
    `././@LongLink|0000000|0000000|0000000|00000000203|00000000000|007747| K|ustar  |${target}|` +
      "d/sl|0000777|0000000|0000000|00000000000|15301026530|040036| 2" +
      `${"y".repeat(100)}ustar  |root|root|`,
  );
});

test("sizes beyond 32 bits and binary numbers", () => {
  for (const size of [8 ** 11 - 1, 8 ** 11, 2 ** 40 + 7])
    expect(parseTarHeader(tarHeader(entry({ size }))).size).toBe(size);
  expect(parseTarHeader(tarHeader(entry({ mtime: -5 }))).mtime).toBe(-5);
});

test("pax records", () => {
  const records = new Map([
    ["path", "x".repeat(95)],
    ["SCHILY.xattr.user.a", "1\n2=3"],
    ["k", ""],
  ]);
  expect(parsePax(formatPax(records))).toEqual(records);
  expect(strOf(formatPax(new Map([["a", "b"]])))).toBe("6 a=b\n");
  for (const bad of ["5 a=b\n", "99 a=b\n", "x a=b\n", "4 ab\n", "6 a=bc"])
    expect(() => parsePax(bytesOf(bad))).toThrow("malformed pax header");
  const archive = concat([tarHeader(entry({}), records), tarEnd()]);
  const reader = new TarReader();
  reader.push(archive);
  const file = reader.next();
  expect(file?.name).toBe("x".repeat(95));
  expect(file?.xattrs).toEqual(new Map([["user.a", "1\n2=3"]]));
});

test("malformed archives", () => {
  const good = concat([tarHeader(entry({ size: 600 })), new Uint8Array(1024), tarEnd()]);
  const change = (at: number, text: string): Uint8Array => {
    const b = good.slice();
    b.set(bytesOf(text), at);
    return b;
  };
  const rows: [Uint8Array, string][] = [
    [bytesOf("garbage".repeat(100)), "invalid tar magic"],
    [change(0, "g"), "invalid tar header checksum"],
    [good.subarray(0, 100), "invalid tar magic"],
    [good.subarray(0, 1000), "short read"],
    [tarHeader(entry({ type: "L", size: 2 ** 32 })), "extended header too big"],
    [tarHeader(entry({ size: -1 })), "negative size"],
  ];
  for (const [archive, message] of rows) expect(() => list(archive, 300, true)).toThrow(message);
  expect(list(good.subarray(0, 512 + 600), 99).length).toBe(1);
  expect(() => list(new Uint8Array(0), 9)).toThrow("short read");
  // One block of zeros is passed over, two are the end.
  expect(list(concat([new Uint8Array(512), good]), 99).length).toBe(1);
  expect(list(concat([tarEnd(), good]), 99)).toEqual([]);
});

test("mutated archives give files or FormatError", () => {
  const good = concat([
    tarHeader(entry({ name: long, size: 5 }), new Map([["mtime", "5"]])),
    bytesOf("12345"),
    tarPadding(5),
    tarHeader(entry({ name: "b" })),
    tarEnd(),
  ]);
  let failed = 0;
  for (let i = 0; i < 400; i++) {
    const b = good.slice();
    b[(i * 7919) % 2600] = (i * 31) & 255;
    try {
      list(b, 1000);
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
      failed++;
    }
  }
  expect(failed).toBeGreaterThan(100);
});
