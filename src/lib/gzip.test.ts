import { execFileSync } from "node:child_process";
import * as zlib from "node:zlib";
import { expect, test } from "vitest";
import { bytesOf, concat, strOf } from "./bytes.ts";
import { decodeAll } from "./decoder.ts";
import { Deflate } from "./deflate.ts";
import { FormatError } from "./format-error.ts";
import { Gunzip, Gzip } from "./gzip.ts";

const text = bytesOf(
  Array.from({ length: 12000 }, (_, i) => `${(i * i) % 977} line ${i % 100}\n`).join(""),
);
const noise = new Uint8Array(100_000);
for (let i = 0, seed = 1; i < noise.length; i++) {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  noise[i] = seed >> 16;
}
const inputs: [string, Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["a byte", bytesOf("x")],
  ["a word", bytesOf("banana bandana")],
  ["text", text],
  ["noise", noise],
  ["zeros", new Uint8Array(700_000)],
  ["text and noise", concat([text, noise, text, new Uint8Array(5000), noise])],
];

function pack(encoder: Deflate | Gzip, data: Uint8Array, step: number): Uint8Array {
  const out: Uint8Array[] = [];
  for (let i = 0; i < data.length; i += step) out.push(encoder.encode(data.subarray(i, i + step)));
  return concat([...out, encoder.end()]);
}

test.each(inputs)("deflate, zlib inflates: %s", (_, data) => {
  for (const level of [1, 3, 4, 6, 9]) {
    const packed = pack(new Deflate(level), data, 1 << 16);
    expect(Buffer.compare(zlib.inflateRawSync(packed), data)).toBe(0);
    const zlibs = zlib.deflateRawSync(data, { level }).length;
    expect(packed.length).toBeLessThanOrEqual(zlibs * 1.05 + 20);
    if (level === 6) expect(Buffer.compare(packed, pack(new Deflate(level), data, 12345))).toBe(0);
  }
});

test("a gzip file of ours, byte for byte", () => {
  expect(Buffer.from(pack(new Gzip(), bytesOf("hi\n"), 9)).toString("hex")).toBe(
    "1f8b0800000000000003cbc8e402007a7a6fed03000000",
  );
});

test("gzip(1) and we read one another", () => {
  const packed = pack(new Gzip({ level: 9, name: "n", mtime: 1700000000 }), text, 5000);
  expect(execFileSync("gzip", ["-dc"], { input: packed }).equals(text)).toBe(true);
  const theirs = execFileSync("gzip", ["-9c"], { input: text });
  expect(Buffer.compare(decodeAll(new Gunzip(), theirs, 1 << 20), text)).toBe(0);
});

test("header, members and what is left", () => {
  const z = new Gunzip();
  const first = pack(new Gzip({ name: "caf\xe9", mtime: 77 }), bytesOf("one "), 9);
  // extra field, name, comment and header CRC
  const second = concat([
    bytesOf("\x1f\x8b\x08\x1e\0\0\0\0\0\x03\x02\0ab"),
    bytesOf("name\0comment\0\0\0"),
    pack(new Gzip(), bytesOf("two"), 9).subarray(10),
  ]);
  z.push(first);
  expect(strOf(z.read() ?? new Uint8Array())).toBe("one ");
  expect(z.header).toEqual({ name: "caf\xe9", mtime: 77, flags: 8 });
  expect([z.read(), z.done]).toEqual([undefined, false]);
  for (const byte of second) z.push(Uint8Array.of(byte));
  expect(strOf(z.read() ?? new Uint8Array())).toBe("two");
  expect(z.header?.name).toBe("name");
  expect(z.memberStart).toBe(first.length);
  z.push(bytesOf("\0\0tail"));
  z.end();
  expect([z.read(), z.done, z.trailingGarbage]).toEqual([undefined, true, true]);
  expect(z.trailer?.size).toBe(3);
  expect(strOf(z.rest())).toBe("\0\0tail");
});

test("malformed files", () => {
  const good = pack(new Gzip(), bytesOf("hi\n"), 9);
  const change = (at: number, byte: number): Uint8Array => {
    const b = good.slice();
    b[at] = byte;
    return b;
  };
  const rows: [Uint8Array, string][] = [
    [new Uint8Array(0), "unexpected end of file"],
    [bytesOf("zzz"), "invalid magic"],
    [good.subarray(0, 5), "unexpected end of file"],
    [good.subarray(0, 20), "unexpected end of file"],
    [change(2, 9), "unknown compression method"],
    [change(16, 0), "crc error"],
    [change(19, 9), "incorrect length"],
    [change(10, 0xff), "corrupted data"],
  ];
  for (const [bytes, message] of rows)
    expect(() => decodeAll(new Gunzip(), bytes, 1000)).toThrow(message);
});

test("mutated files give bytes or FormatError", () => {
  const packed = pack(new Gzip({ name: "x" }), text.subarray(0, 3000), 9999);
  let failed = 0;
  for (let i = 0; i < 400; i++) {
    const b = packed.slice();
    b[(i * 7919) % b.length] = (i * 31) & 255;
    try {
      decodeAll(new Gunzip(), b, 1 << 20);
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
      failed++;
    }
  }
  expect(failed).toBeGreaterThan(300);
});
