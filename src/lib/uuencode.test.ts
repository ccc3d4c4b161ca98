import { expect, test } from "vitest";
import { bytesOf, concat, strOf } from "./bytes.ts";
import { uuDecodeLine, uuEncode } from "./uuencode.ts";

test("known lines", () => {
  expect(strOf(uuEncode(bytesOf("hello")))).toBe("%:&5L;&\\`\n");
  expect(strOf(uuEncode(bytesOf("Cat")))).toBe("#0V%T\n");
  expect(uuEncode(bytesOf("")).length).toBe(0);
  expect(strOf(uuDecodeLine("%:&5L;&\\`"))).toBe("hello");
  expect(uuDecodeLine("`").length).toBe(0);
  expect(() => uuDecodeLine("%:&5L")).toThrow("short file");
});

test("round trip", () => {
  const data = Uint8Array.from({ length: 500 }, (_, i) => (i * i) >> 2);
  for (let n = 0; n < 500; n += 7) {
    const lines = strOf(uuEncode(data.subarray(0, n)))
      .split("\n")
      .slice(0, -1);
    expect(concat([new Uint8Array(0), ...lines.map(uuDecodeLine)])).toEqual(data.slice(0, n));
  }
});
