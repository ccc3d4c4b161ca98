import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { bytesOf, concat } from "./bytes.ts";
import { type Decoder, decodeAll } from "./decoder.ts";
import { FormatError } from "./format-error.ts";
import { Unzstd } from "./zstd.ts";
import { Zstd } from "./zstd-encoder.ts";

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
  for (const options of [["-1"], ["-19", "--no-check", "--zstd=wlog=10"]]) {
    const packed = zstd(data, ...options);
    same(decodeAll(new Unzstd(), packed, 1 << 20), data);
    same(inPieces(new Unzstd(), packed, 4999), data);
  }
});

function pack(data: Uint8Array, level: number, step: number): Uint8Array {
  const encoder = new Zstd({ level });
  const out: Uint8Array[] = [];
  for (let i = 0; i < data.length; i += step) out.push(encoder.encode(data.subarray(i, i + step)));
  return concat([...out, encoder.end()]);
}

test.each(inputs)("what we pack: %s", (_, data) => {
  for (const level of [1, 3, 7]) {
    const packed = pack(data, level, 1 << 16);
    same(decodeAll(new Unzstd(), packed, 1 << 20), data);
    same(pack(data, level, 12345), packed);
    if (!here) continue;
    same(execFileSync("zstd", ["-qdc"], { input: packed }), data);
    expect(packed.length).toBeLessThanOrEqual(zstd(data, `-${level}`).length * 1.2 + 40);
  }
});

test("text of all lengths and kinds", () => {
  // Few symbols and many, so that there are codes of all kinds; and lengths around those where formats change.
  for (const mask of [1, 3, 15, 63, 127, 255])
    for (const n of [1, 7, 8, 31, 32, 33, 63, 64, 255, 256, 257, 1023, 1024, 1500, 20_000]) {
      const data = Uint8Array.from(
        { length: n },
        (_, i) => (noise[(i * 5) % 777] as number) & mask,
      );
      const skewed = data.map((byte, i) =>
        (noise[i] as number) < 200 ? 7 : byte ^ ((noise[i + 9] as number) & mask),
      );
      for (const each of [data, skewed])
        for (const level of [1, 6, 22])
          same(decodeAll(new Unzstd(), pack(each, level, n), n), each);
    }
});

test("text that leaves the window", () => {
  const z = new Zstd({ level: 1, checksum: false });
  const unpacked = new Unzstd();
  const parts: Uint8Array[] = [];
  const give = (bytes: Uint8Array): void => {
    unpacked.push(bytes);
    for (let block = unpacked.read(); block; block = unpacked.read()) parts.push(block);
  };
  const all = concat([
    noise,
    text,
    new Uint8Array(300_000),
    noise,
    text,
    new Uint8Array(600_000),
    text,
    noise,
  ]);
  for (let i = 0; i < all.length; i += 99_999) give(z.encode(all.subarray(i, i + 99_999)));
  give(z.end());
  unpacked.end();
  while (!unpacked.done) give(new Uint8Array(0));
  same(concat(parts), all);
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
    for (let i = 0; i < 200; i++) {
      const bytes = Uint8Array.from(packed);
      bytes[(i * 7919) % (i & 1 ? bytes.length : 80)] = (i * 31) & 255;
      attempt(bytes);
    }
    for (let i = 0; i < packed.length; i += 397) attempt(packed.subarray(0, i));
    expect(failed).toBeGreaterThan(80);
  }
});
