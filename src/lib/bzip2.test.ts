import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { Bunzip2 } from "./bunzip2.ts";
import { bwt } from "./bwt.ts";
import { bytesOf, compare, concat, strOf } from "./bytes.ts";
import { Bzip2 } from "./bzip2.ts";
import { decodeAll } from "./decoder.ts";

function pack(data: Uint8Array, level: number, step: number): Uint8Array {
  const encoder = new Bzip2(level);
  const out: Uint8Array[] = [];
  for (let i = 0; i < data.length; i += step) out.push(encoder.encode(data.subarray(i, i + step)));
  return concat([...out, encoder.end()]);
}

const text = bytesOf(
  Array.from({ length: 12000 }, (_, i) => `${(i * i) % 977} line ${i % 100}\n`).join(""),
);
const noise = Uint8Array.from({ length: 30000 }, (_, i) => Math.imul(i * i, 0x9e3779b1) >>> 20);
const inputs: [string, Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["a byte", bytesOf("x")],
  [
    "runs of all lengths",
    concat([3, 4, 5, 254, 255, 256, 259, 260, 9999].map((n, i) => new Uint8Array(n).fill(i))),
  ],
  ["periods", bytesOf("ab".repeat(9000))],
  ["all bytes", noise],
  ["text in several blocks", text],
];

test.each(inputs)("bzip2(1) unpacks: %s", (_, data) => {
  for (const level of [1, 9]) {
    const packed = pack(data, level, 5000);
    expect(Buffer.compare(execFileSync("bzip2", ["-dc"], { input: packed }), data)).toBe(0);
    expect(Buffer.compare(decodeAll(new Bunzip2(), packed, 1 << 20), data)).toBe(0);
    expect(Buffer.compare(pack(data, level, 777), packed)).toBe(0);
    const theirs = execFileSync("bzip2", [`-${level}c`], { input: data }).length;
    expect(packed.length).toBeLessThanOrEqual(theirs * 1.01 + 2);
  }
});

test("the transform, as sorting the rotations makes it", () => {
  const words = ["a", "aa", "ba", "banana", "mississippi", "abab", "aabaab", "zyx", "\xff\0\xff\0"];
  for (let i = 0; i < 200; i++)
    words.push(
      Array.from({ length: i }, (_, k) => "abc"[((i * k * k) >> 2) % (1 + (i % 3))]).join(""),
    );
  for (const word of words.filter((w) => w !== "")) {
    const text = bytesOf(word);
    const rotations = Array.from(word, (_, i) => bytesOf(word.slice(i) + word.slice(0, i)));
    rotations.sort(compare);
    const { last, origin } = bwt(text);
    expect(strOf(last)).toBe(rotations.map((r) => strOf(r.subarray(-1))).join(""));
    expect(rotations[origin]).toEqual(text);
  }
});
