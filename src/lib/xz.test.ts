import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bytesOf, concat } from "./bytes.ts";
import { type Decoder, decodeAll } from "./decoder.ts";
import { FormatError } from "./format-error.ts";
import { Unlzma } from "./lzma.ts";
import { Unxz } from "./xz.ts";

const xz = (data: Uint8Array, ...options: string[]): Uint8Array =>
  execFileSync("xz", ["-c", ...options], { input: data, maxBuffer: 1 << 26 });

const text = bytesOf(
  Array.from({ length: 5000 }, (_, i) => `${(i * i) % 977} line ${i % 100}\n`).join(""),
);
const noise = new Uint8Array(40_000);
for (let i = 0, seed = 1; i < noise.length; i++) {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  noise[i] = seed >> 16;
}
const mixed = concat([text, noise, text, new Uint8Array(40_000)]);

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

test.each([
  ["-0"],
  ["-6", "--check=crc32"],
  ["-1", "--check=sha256"],
  ["-1", "--check=none"],
  ["-1", "--block-size=20000"],
  ["--delta=dist=4", "--lzma2=preset=1"],
  ["--lzma2=preset=1,lc=0,lp=2,pb=0,dict=4096"],
])("what xz packs: %s %s", (...options) => {
  const packed = xz(mixed, "--format=xz", ...options);
  same(decodeAll(new Unxz(), packed, 1 << 20), mixed);
  same(inPieces(new Unxz(), packed, 999), mixed);
});

test("x86 filter", () => {
  const program = readFileSync(process.execPath).subarray(1 << 20, (1 << 20) + 200_000);
  same(inPieces(new Unxz(), xz(program, "--x86", "--lzma2=preset=0"), 1234), program);
});

test.each([["-6"], ["--lzma1=preset=1,lc=0,lp=2,pb=0,dict=4096"]])(
  "what lzma packs: %s",
  (option) => {
    const packed = xz(mixed, "--format=lzma", option);
    same(decodeAll(new Unlzma(), packed, 1 << 20), mixed);
    same(inPieces(new Unlzma(), packed, 77), mixed);
    const z = new Unlzma();
    z.push(concat([packed, bytesOf("more")]));
    z.end();
    while (z.read() !== undefined);
    // xz does not know the size of a stream beforehand, so there is an end marker.
    expect(z.done).toBe(true);
    same(z.rest(), bytesOf("more"));
  },
);

test("streams, padding and nothing", () => {
  const hi = xz(bytesOf("hi\n"));
  const all = (...parts: Uint8Array[]): Uint8Array => decodeAll(new Unxz(), concat(parts), 999);
  same(all(hi, new Uint8Array(8), hi, new Uint8Array(4)), bytesOf("hi\nhi\n"));
  same(all(xz(new Uint8Array(0))), new Uint8Array(0));
  const change = (at: number): Uint8Array => {
    const b = Uint8Array.from(hi);
    b[at] = (b[at] as number) ^ 0x58;
    return b;
  };
  const rows: [Uint8Array[], string][] = [
    [[new Uint8Array(0)], "unexpected end of file"],
    [[bytesOf("zzz")], "invalid magic"],
    [[hi.subarray(0, 30)], "unexpected end of file"],
    [[hi, bytesOf("garbage")], "invalid magic"],
    [[change(8)], "crc error"],
    [[change(16)], "crc error"],
    [[change(27)], "crc error"],
    [[change(hi.length - 1)], "corrupted data"],
  ];
  for (const [parts, message] of rows) expect(() => all(...parts)).toThrow(message);
  expect(() => decodeAll(new Unlzma(), bytesOf("zzz"), 9)).toThrow("bad lzma header");
  expect(() => decodeAll(new Unlzma(), bytesOf("\xff".repeat(20)), 9)).toThrow("too big");
});

test("mutated files give bytes or FormatError", () => {
  for (const [make, format] of [
    [(): Decoder => new Unxz(), "xz"],
    [(): Decoder => new Unlzma(), "lzma"],
  ] as const) {
    const packed = xz(text.subarray(0, 2000), `--format=${format}`, "--check=none");
    let failed = 0;
    for (let i = 0; i < 300; i++) {
      const b = Uint8Array.from(packed);
      b[(i * 7919) % b.length] = (i * 31) & 255;
      try {
        decodeAll(make(), b, 1 << 16);
      } catch (e) {
        if (!(e instanceof FormatError)) throw e;
        failed++;
      }
    }
    expect(failed).toBeGreaterThan(100);
  }
});
