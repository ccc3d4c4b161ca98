import { expect, test } from "vitest";
import { bytesOf } from "./bytes.ts";
import { stripesInWords, XxHash64 } from "./xxhash.ts";

const data = Uint8Array.from({ length: 1200 }, (_, i) => (i * i) >> 3);

// By the reference implementation.
test.each([
  ["", "ef46db3751d8e999"],
  ["a", "d24ec4f1a98c6e5b"],
  ["abc", "44bc2cf5ad770999"],
  ["Nobody inspects the spammish repetition", "fbcea83c8a378bf1"],
])("xxh64 of %j", (text, sum) => {
  expect(new XxHash64().update(bytesOf(text)).digest().toString(16)).toBe(sum);
});

test("in pieces", () => {
  for (const n of [31, 32, 33, 100, 1199, 1200]) {
    const whole = new XxHash64().update(data.subarray(0, n)).digest();
    for (const step of [1, 7, 32, 50]) {
      const hash = new XxHash64();
      for (let i = 0; i < n; i += step) hash.update(data.subarray(i, Math.min(n, i + step)));
      expect(hash.digest()).toBe(whole);
    }
  }
});

test("words of 32 bits give what those of 64 do", () => {
  const mask = 2n ** 64n - 1n;
  const lanes = new Int32Array(8);
  stripesInWords(lanes, data, 37);
  const words = new BigUint64Array(lanes.buffer);
  const view = new DataView(data.buffer);
  for (let i = 0; i < 4; i++) {
    let lane = 0n;
    for (let at = 8 * i; at < 37 * 32; at += 32) {
      lane = (lane + view.getBigUint64(at, true) * 0xc2b2ae3d27d4eb4fn) & mask;
      lane = (((lane << 31n) | (lane >> 33n)) * 0x9e3779b185ebca87n) & mask;
    }
    expect(words[i]).toBe(lane);
  }
});
