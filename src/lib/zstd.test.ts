import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { bytesOf, concat } from "./bytes.ts";
import { type Decoder, decodeAll } from "./decoder.ts";
import { FormatError } from "./format-error.ts";
import { Unzstd } from "./zstd.ts";

const here = existsSync("/usr/bin/zstd");
const zstd = (input: Uint8Array, ...options: string[]): Uint8Array =>
  execFileSync("zstd", ["-qc", ...options], { input, maxBuffer: 1 << 26 });

const text = bytesOf(
  Array.from({ length: 12000 }, (_, i) => `${(i * i) % 977} line ${i % 100}\n`).join(""),
);
const noise = new Uint8Array(150_000);
for (let i = 0, seed = 1; i < noise.length; i++) {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  noise[i] = seed >> 16;
}
const inputs: [string, Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["a byte", bytesOf("x")],
  ["a word", bytesOf("banana bandana")],
  ["text", text],
  ["few bytes of many kinds", noise.map((byte) => (byte & (byte >> 3)) % 97)],
  ["noise", noise],
  ["zeros", new Uint8Array(700_000)],
  ["text and noise", concat([text, noise, text, new Uint8Array(5000), noise, text])],
];

function inPieces(z: Decoder, input: Uint8Array, step: number): Uint8Array {
  const out: Uint8Array[] = [];
  for (let i = 0; !z.done; ) {
    const block = z.read();
    if (block !== undefined) out.push(block);
    else if (i >= input.length) z.end();
    else {
      z.push(input.subarray(i, i + step));
      i += step;
    }
  }
  return concat(out);
}

function same(a: Uint8Array, b: Uint8Array): void {
  expect(Buffer.compare(a, b)).toBe(0);
}

test.skipIf(!here).each(inputs)("what zstd(1) packs: %s", (_, data) => {
  for (const options of [["-1"], ["-3", "--no-check"], ["-19"], ["--zstd=wlog=10"]]) {
    const packed = zstd(data, ...options);
    same(decodeAll(new Unzstd(), packed, 1 << 20), data);
    same(inPieces(new Unzstd(), packed, 4999), data);
  }
});

// By zstd(1) 1.5.4 with --no-check.
const hi = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x03, 0x19, 0, 0, 0x68, 0x69, 0x0a]);

test("frames, those to skip, and what is no frame", () => {
  const skip = bytesOf("\x5a\x2a\x4d\x18\x05\0\0\0skips");
  const all = (...parts: Uint8Array[]): Uint8Array => decodeAll(new Unzstd(), concat(parts), 999);
  same(all(skip, hi, skip, hi), bytesOf("hi\nhi\n"));
  same(all(skip), new Uint8Array(0));
  const change = (at: number, byte: number): Uint8Array => hi.map((b, i) => (i === at ? byte : b));
  const rows: [Uint8Array[], string][] = [
    [[], "unexpected end of file"],
    [[bytesOf("zzzz")], "invalid magic"],
    [[hi, bytesOf("more")], "invalid magic"],
    [[hi, bytesOf("mo")], "unexpected end of file"],
    [[hi.subarray(0, 5)], "unexpected end of file"],
    [[hi.subarray(0, 11)], "unexpected end of file"],
    [[change(4, 0x28)], "unsupported frame header"],
    [[change(4, 0x21)], "dictionary needed"],
    [[change(5, 4)], "corrupted data"],
    [[change(5, 2)], "corrupted data"],
    [[change(6, 0x1f)], "corrupted data"],
    // A checksum is promised, and windows of 129 MiB and more.
    [[change(4, 0x24), new Uint8Array(4)], "checksum error"],
    [[bytesOf("\x28\xb5\x2f\xfd\0\x89"), hi], "window too large"],
    [[bytesOf("\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\x10\0\0"), hi], "window too large"],
  ];
  for (const [parts, message] of rows) expect(() => all(...parts)).toThrow(message);
});

test.skipIf(!here)("mutated and cut files give bytes or FormatError", () => {
  for (const options of [["-1", "--no-check"], ["-19", "--no-check"], ["-3"]]) {
    const packed = zstd(concat([text.subarray(0, 40_000), noise.subarray(0, 300)]), ...options);
    let failed = 0;
    const attempt = (bytes: Uint8Array): void => {
      try {
        decodeAll(new Unzstd(), bytes, 1 << 20);
      } catch (e) {
        if (!(e instanceof FormatError)) throw e;
        failed++;
      }
    };
    for (let i = 0; i < 300; i++) {
      const bytes = Uint8Array.from(packed);
      bytes[(i * 7919) % (i & 1 ? bytes.length : 80)] = (i * 31) & 255;
      attempt(bytes);
    }
    for (let i = 0; i < packed.length; i += 97) attempt(packed.subarray(0, i));
    expect(failed).toBeGreaterThan(150);
  }
});
