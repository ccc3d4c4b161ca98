import * as zlib from "node:zlib";
import { expect, test } from "vitest";
import { bytesOf, concat, strOf } from "./bytes.ts";
import { decodeAll } from "./decoder.ts";
import { FormatError } from "./format-error.ts";
import { Inflate } from "./inflate.ts";

/** Bytes with repeats near and far, runs, and noise. */
function sample(n: number): Uint8Array {
  const b = new Uint8Array(n);
  let seed = 1;
  for (let i = 0; i < n; ) {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    const length = Math.min((seed >> 16) % 300, n - i);
    const back = 1 + ((seed >> 8) % 40000);
    if (seed % 5 === 0) b.fill(seed >> 7, i, i + length);
    else if (seed % 5 < 4 && back < i)
      for (let k = 0; k < length; k++) b[i + k] = b[i + k - back] as number;
    else for (let k = 0; k < length; k++) b[i + k] = (seed >> (k % 20)) & 63;
    i += length;
  }
  return b;
}

function inPieces(input: Uint8Array, step: number): Uint8Array {
  const z = new Inflate();
  const out: Uint8Array[] = [];
  let i = 0;
  for (;;) {
    const block = z.read();
    if (block !== undefined) out.push(block);
    else if (z.done) break;
    else if (i < input.length) {
      z.push(input.subarray(i, i + step));
      i += step;
    } else z.end();
  }
  return concat(out);
}

test("what zlib packs, in all manners and pieces", () => {
  const data = sample(300_000);
  for (const options of [
    { level: 0 },
    { level: 1 },
    { level: 9 },
    { strategy: zlib.constants.Z_FIXED },
    { strategy: zlib.constants.Z_HUFFMAN_ONLY },
    { strategy: zlib.constants.Z_RLE },
  ]) {
    const packed = zlib.deflateRawSync(data, options);
    for (const step of [100, 5000, 1 << 20])
      expect(Buffer.compare(inPieces(packed, step), data)).toBe(0);
  }
  const small = zlib.deflateRawSync(data.subarray(0, 3000));
  expect(Buffer.compare(inPieces(small, 1), data.subarray(0, 3000))).toBe(0);
  expect(inPieces(zlib.deflateRawSync(""), 1).length).toBe(0);
});

test("what follows the stream is left over", () => {
  const z = new Inflate();
  z.push(concat([zlib.deflateRawSync("hello"), bytesOf("more")]));
  z.push(bytesOf(" and more"));
  expect(strOf(z.read() ?? new Uint8Array())).toBe("hello");
  expect([z.read(), z.done]).toEqual([undefined, true]);
  expect(strOf(z.rest())).toBe("more and more");
});

test("a bomb comes in blocks", () => {
  const z = new Inflate();
  z.push(zlib.deflateRawSync(new Uint8Array(20 << 20)));
  expect(z.read()?.length).toBeLessThan(100_000);
  expect(() => decodeAll(new Inflate(), zlib.deflateRawSync(new Uint8Array(99999)), 99998)).toThrow(
    "too big",
  );
});

test("malformed data", () => {
  const rows: [string, string][] = [
    ["", "unexpected end of file"],
    ["\x07", "corrupted data"], // block type 3
    ["\x01\x01\x00\x00\x00a", "corrupted data"], // length against its complement
    ["\x01\x02\x00\xfd\xffa", "unexpected end of file"],
    ["\x03\x02\x00", "corrupted data"], // a distance before the beginning
  ];
  for (const [bytes, message] of rows)
    expect(() => decodeAll(new Inflate(), bytesOf(bytes), 1000)).toThrow(message);
});

test("mutated data gives bytes or FormatError", () => {
  const packed = zlib.deflateRawSync(sample(2000));
  let failed = 0;
  for (let i = 0; i < 600; i++) {
    const b = Uint8Array.from(packed);
    b[(i * 7919) % b.length] = (i * 31) & 255;
    if (i % 3 === 0) b.fill(i & 255, (i * 131) % b.length, ((i * 131) % b.length) + 3);
    try {
      decodeAll(new Inflate(), i % 2 ? b : b.subarray(0, (i * 17) % b.length), 1 << 20);
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
      failed++;
    }
  }
  expect(failed).toBeGreaterThan(100);
});
