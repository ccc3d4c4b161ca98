import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { Bunzip2 } from "./bunzip2.ts";
import { bytesOf, concat, strOf } from "./bytes.ts";
import { decodeAll } from "./decoder.ts";
import { FormatError } from "./format-error.ts";

const bzip2 = (data: Uint8Array, option = "-9"): Uint8Array =>
  execFileSync("bzip2", ["-c", option], { input: data });

const text = bytesOf(
  Array.from({ length: 20000 }, (_, i) => `${(i * i) % 977} line ${i % 100}\n`).join(""),
);
const inputs: [string, Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["a byte", bytesOf("x")],
  ["runs", bytesOf(`${"aaaabbbbbcccccc".repeat(3) + "d".repeat(1000)}eeee`)],
  ["all bytes", Uint8Array.from({ length: 5000 }, (_, i) => Math.imul(i, i) >> 4)],
  ["text in several blocks", text],
];

test.each(inputs)("what bzip2(1) packs: %s", (_, data) => {
  for (const option of ["-1", "-9"])
    expect(Buffer.compare(decodeAll(new Bunzip2(), bzip2(data, option), 1 << 20), data)).toBe(0);
});

test("small pieces", () => {
  const packed = bzip2(text.subarray(0, 20000));
  const z = new Bunzip2();
  const out: Uint8Array[] = [];
  for (const byte of packed) {
    z.push(Uint8Array.of(byte));
    for (let block = z.read(); block !== undefined; block = z.read()) out.push(block);
  }
  z.end();
  for (let block = z.read(); block !== undefined; block = z.read()) out.push(block);
  expect(z.done).toBe(true);
  expect(Buffer.compare(concat(out), text.subarray(0, 20000))).toBe(0);
});

test("several streams, and what is none", () => {
  const hi = bzip2(bytesOf("hi\n"));
  const all = (...parts: Uint8Array[]): string =>
    strOf(decodeAll(new Bunzip2(), concat(parts), 1000));
  expect(all(hi, hi)).toBe("hi\nhi\n");
  expect(all(hi, bytesOf("garbage"))).toBe("hi\n");
  const change = (at: number): Uint8Array => {
    const b = Uint8Array.from(hi);
    b[at] = (b[at] as number) ^ 0x58;
    return b;
  };
  const rows: [Uint8Array, string][] = [
    [new Uint8Array(0), "invalid magic"],
    [bytesOf("zzz"), "invalid magic"],
    [bytesOf("BZ0h"), "invalid magic"],
    [hi.subarray(0, 3), "unexpected end of file"],
    [hi.subarray(0, 30), "unexpected end of file"],
    [hi.subarray(0, hi.length - 1), "unexpected end of file"],
    [change(11), "CRC error"],
    [change(hi.length - 3), "CRC error"],
  ];
  for (const [bytes, message] of rows) expect(() => all(bytes)).toThrow(message);
});

test("mutated files give bytes or FormatError", () => {
  const packed = bzip2(text.subarray(0, 1500));
  let failed = 0;
  for (let i = 0; i < 400; i++) {
    const b = Uint8Array.from(packed);
    b[4 + ((i * 7919) % (b.length - 4))] = (i * 31) & 255;
    try {
      decodeAll(new Bunzip2(), b, 1 << 20);
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
      failed++;
    }
  }
  expect(failed).toBeGreaterThan(300);
});
