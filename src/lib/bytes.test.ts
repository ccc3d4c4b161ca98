import { expect, test } from "vitest";
import {
  bytesOf,
  compare,
  concat,
  equal,
  indexOfByte,
  indexOfBytes,
  putBytes,
  strOf,
  strOfPure,
} from "./bytes.ts";

const all = Uint8Array.from({ length: 20000 }, (_, i) => (i * 7) & 255);

test("bytes and byte strings turn into one another at every size", () => {
  for (const n of [0, 1, 2, 23, 24, 25, 40, 41, 8191, 8192, 8193, 20000]) {
    const part = all.subarray(3, 3 + n);
    const s = strOf(part);
    expect(s.length).toBe(part.length);
    expect(s).toBe(strOfPure(part, 0, part.length));
    expect(equal(bytesOf(s), part)).toBe(true);
  }
  expect(strOf(bytesOf("abcdef"), 2, 4)).toBe("cd");
  expect(strOf(bytesOf("abcdef"), 4, 99)).toBe("ef");
  expect(strOf(bytesOf("abcdef"), 5, 2)).toBe("");
  expect([...bytesOf("a\xff\u0141")]).toEqual([97, 255, 0x41]);
});

test("putBytes writes in place and says where it stopped", () => {
  for (const n of [3, 100]) {
    const out = new Uint8Array(n + 4);
    expect(putBytes(out, "\xe9".repeat(n), 2)).toBe(n + 2);
    expect(strOf(out)).toBe(`\0\0${"\xe9".repeat(n)}\0\0`);
  }
});

test("concat keeps a single chunk and joins several", () => {
  const a = bytesOf("ab");
  expect(concat([a])).toBe(a);
  expect(strOf(concat([a, bytesOf(""), bytesOf("cd")]))).toBe("abcd");
  expect(concat([]).length).toBe(0);
});

test("searches", () => {
  const hay = bytesOf("aaabaaab".repeat(50));
  expect(indexOfByte(hay, 98)).toBe(3);
  expect(indexOfByte(hay, 98, 4)).toBe(7);
  expect(indexOfByte(hay, 99)).toBe(-1);
  expect(indexOfBytes(hay, bytesOf("aabaa"), 0)).toBe(1);
  expect(indexOfBytes(hay, bytesOf("aabaa"), 2)).toBe(5);
  expect(indexOfBytes(hay, bytesOf("abc"), 0)).toBe(-1);
  expect(indexOfBytes(hay, bytesOf(""), 7)).toBe(7);
  expect(indexOfBytes(bytesOf("ab"), bytesOf("abc"))).toBe(-1);
  expect(indexOfBytes(bytesOf("xyab").subarray(1), bytesOf("ab"))).toBe(1);
});

test("compare orders as memcmp does", () => {
  const long = "x".repeat(100);
  expect(Math.sign(compare(bytesOf("a"), bytesOf("b")))).toBe(-1);
  expect(Math.sign(compare(bytesOf("\xff"), bytesOf("a")))).toBe(1);
  expect(Math.sign(compare(bytesOf("a"), bytesOf("ab")))).toBe(-1);
  expect(Math.sign(compare(bytesOf(`${long}b`), bytesOf(`${long}a`)))).toBe(1);
  expect(Math.sign(compare(bytesOf(long), bytesOf(`${long}a`)))).toBe(-1);
  expect(compare(bytesOf(long), bytesOf(long))).toBe(0);
  expect(equal(bytesOf("a"), bytesOf("a "))).toBe(false);
});
