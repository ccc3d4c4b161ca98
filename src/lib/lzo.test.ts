import { expect, test } from "vitest";
import { bytesOf, equal } from "./bytes.ts";
import { FormatError } from "./format-error.ts";
import { Lzo1x, lzo1xDecompress } from "./lzo.ts";

/** Text of given length with repeats near and far; the same every time. */
function sample(length: number, letters: number): Uint8Array {
  let seed = 12345;
  const next = (): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed >> 8;
  };
  const out = new Uint8Array(length);
  for (let i = 0; i < length; ) {
    const n = 1 + (next() % 300);
    const from = next() % (i + 1);
    const again = next() % 2 === 0 && i - from > 0;
    for (let k = 0; k < n && i < length; k++, i++)
      out[i] = again ? (out[from + k] as number) : 97 + (next() % letters);
  }
  return out;
}

test.each([
  ["nothing", new Uint8Array(0)],
  ["a byte", bytesOf("x")],
  ["one letter", new Uint8Array(100_000).fill(65)],
  ["few letters", sample(200_000, 3)],
  ["many", sample(200_000, 150)],
  ["short", sample(30, 2)],
])("what is packed unpacks to itself: %s", (_, bytes) => {
  expect(equal(lzo1xDecompress(new Lzo1x().encode(bytes), bytes.length), bytes)).toBe(true);
});

test("repeats get short", () => {
  expect(new Lzo1x().encode(new Uint8Array(100_000).fill(65)).length).toBeLessThan(500);
});

test("broken blocks are told", () => {
  const packed = new Lzo1x().encode(sample(2000, 4)).slice();
  for (let i = 0; i < packed.length; i++) {
    const bad = packed.with(i, (packed[i] as number) ^ 0x55).subarray(0, packed.length - (i % 3));
    try {
      expect(lzo1xDecompress(bad, 2000).length).toBe(2000);
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
    }
  }
  expect(() => lzo1xDecompress(packed.subarray(0, 100), 2000)).toThrow(FormatError);
});
