import { expect, test } from "vitest";
import { bytesOf } from "./bytes.ts";
import {
  charWidth,
  decodeUtf8,
  decodeUtf8Bytes,
  encodeUtf8,
  encodeUtf8Bytes,
  isAscii,
  utf8Length,
} from "./utf8.ts";

// byte string, UTF-16, characters
const rows: [string, string, number][] = [
  ["", "", 0],
  ["plain", "plain", 5],
  ["\xc3\xa9", "é", 1],
  ["\xe6\xbc\xa2", "漢", 1],
  ["\xf0\x9f\x98\x80", "😀", 1],
  ["\xf4\x8f\xbf\xbf", "\u{10ffff}", 1],
  ["\xff", "\udcff", 1],
  ["a\x80b", "a\udc80b", 3],
  ["\xc0\xaf", "\udcc0\udcaf", 2], // overlong
  ["\xe0\x9f\x80", "\udce0\udc9f\udc80", 3],
  ["\xed\xa0\x80", "\udced\udca0\udc80", 3], // a surrogate
  ["\xf4\x90\x80\x80", "\udcf4\udc90\udc80\udc80", 4],
  ["\xe6\xbc", "\udce6\udcbc", 2], // cut short
  ["\xef\xbf\xbd", "\ufffd", 1],
  ["\xf0\x9f\x98\x80\xb2", "😀\udcb2", 2],
];

test("decoding, encoding and counting, short and long", () => {
  for (const [bytes, text, n] of rows)
    for (const times of [1, 60, 700]) {
      const b = bytes.repeat(times);
      const u = text.repeat(times);
      expect(decodeUtf8(b)).toBe(u);
      expect(encodeUtf8(u)).toBe(b);
      expect(decodeUtf8Bytes(bytesOf(b))).toBe(u);
      expect(encodeUtf8Bytes(u)).toEqual(bytesOf(b));
      expect(utf8Length(b)).toBe(n * times);
    }
});

test("every byte pair survives", () => {
  let s = "";
  for (let a = 0; a < 256; a++) for (let b = 0; b < 256; b += 3) s += String.fromCharCode(a, b);
  expect(encodeUtf8(decodeUtf8(s))).toBe(s);
  for (let i = 0; i < s.length; i += 2)
    if (encodeUtf8(decodeUtf8(s.slice(i, i + 2))) !== s.slice(i, i + 2)) expect.unreachable();
});

test("well-formed text decodes as the host's decoder does", () => {
  const text = "naïve — 漢字 😀 ﷽ \u{e0100}\ufffd".repeat(500);
  expect(encodeUtf8Bytes(text)).toEqual(new Uint8Array(Buffer.from(text)));
  expect(decodeUtf8Bytes(Buffer.from(text))).toBe(text);
});

test("a lone high surrogate cannot be written", () => {
  expect(encodeUtf8("a\ud800b")).toBe("a\xef\xbf\xbdb");
});

test("isAscii", () => {
  expect(["", "abc", "a".repeat(100), "\x7f"].map(isAscii)).toEqual([true, true, true, true]);
  expect(["\x80", `${"a".repeat(100)}\xff`, "漢"].map(isAscii)).toEqual([false, false, false]);
});

test("columns", () => {
  // Each answer is what musl 1.2.5 says.
  const answers: [number, number][] = [
    [0, 0],
    [9, -1],
    [0x20, 1],
    [0x7f, -1],
    [0x9f, -1],
    [0xa0, 1],
    [0xad, 1],
    [0x301, 0],
    [0x36f, 0],
    [0x370, 1],
    [0x483, 0],
    [0x1100, 2],
    [0x1160, 0],
    [0x200b, 0],
    [0x3042, 2],
    [0x4e00, 2],
    [0xac00, 2],
    [0xff76, 1],
    [0xff21, 2],
    [0xfffe, -1],
    [0x1f600, 2],
    [0x20000, 2],
    [0xe0001, 0],
    [0xe01ee, 0],
    [0xe01ef, 1],
    [0x10ffff, -1],
    [0x110000, -1],
  ];
  expect(answers.map(([cp]) => [cp, charWidth(cp)])).toEqual(answers);
});
