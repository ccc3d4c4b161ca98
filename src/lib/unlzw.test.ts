import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { bytesOf, concat } from "./bytes.ts";
import { decodeAll } from "./decoder.ts";
import { FormatError } from "./format-error.ts";
import { Unlzw } from "./unlzw.ts";

/** compress(1), clearing its table after every `clearAfter` codes. */
function compress(data: Uint8Array, maxBits: number, clearAfter = Infinity): Uint8Array {
  const out: number[] = [0x1f, 0x9d, 0x80 | maxBits];
  let table = new Map<string, number>();
  let free = 257;
  let bits = 9;
  let group: number[] = [];
  const flush = (pad: boolean): void => {
    if (group.length === 0) return;
    let hold = 0n;
    for (const [i, c] of group.entries()) hold |= BigInt(c) << BigInt(i * bits);
    const n = pad ? bits : Math.ceil((group.length * bits) / 8);
    for (let i = 0; i < n; i++) out.push(Number((hold >> BigInt(8 * i)) & 255n));
    group = [];
  };
  const put = (code: number): void => {
    group.push(code);
    if (group.length === 8) flush(true);
  };
  let word = "";
  let codes = 0;
  const codeOf = (w: string): number =>
    w.length === 1 ? w.charCodeAt(0) : (table.get(w) as number);
  for (const byte of data) {
    const c = String.fromCharCode(byte);
    if (word === "" || table.has(word + c)) {
      word += c;
      continue;
    }
    put(codeOf(word));
    codes++;
    // The reader is one entry behind.
    if (free > (1 << bits) - 1 && bits < maxBits) {
      if (free === 1 << bits) {
        flush(true);
        bits++;
      }
    }
    if (free < 1 << maxBits) table.set(word + c, free++);
    word = c;
    if (codes >= clearAfter) {
      put(256);
      flush(true);
      table = new Map();
      free = 257;
      bits = 9;
      codes = 0;
    }
  }
  if (word !== "") put(codeOf(word));
  flush(false);
  return Uint8Array.from(out);
}

const text = bytesOf(
  Array.from({ length: 8000 }, (_, i) => `${(i * i) % 977} line ${i % 100}\n`).join(""),
);

test("what compress packs, as gzip(1) unpacks it", () => {
  for (const data of [bytesOf(""), bytesOf("a"), bytesOf("a".repeat(5000)), text])
    for (const [maxBits, clearAfter] of [
      [16, Infinity],
      [12, Infinity],
      [10, Infinity],
      [16, 1000],
      [16, 300],
    ] as const) {
      const packed = compress(data, maxBits, clearAfter);
      expect(execFileSync("gzip", ["-dc"], { input: packed }).equals(data)).toBe(true);
      expect(Buffer.compare(decodeAll(new Unlzw(), packed, 1 << 20), data)).toBe(0);
    }
});

test("small pieces", () => {
  const z = new Unlzw();
  const out: Uint8Array[] = [];
  const take = (): void => {
    for (let block = z.read(); block !== undefined; block = z.read()) out.push(block);
  };
  for (const byte of compress(text, 13)) {
    z.push(Uint8Array.of(byte));
    take();
  }
  z.end();
  take();
  expect(z.done).toBe(true);
  expect(Buffer.compare(concat(out), text)).toBe(0);
});

test("malformed files", () => {
  const rows: [string, string][] = [
    ["", "unexpected end of file"],
    ["\x1f\x9d", "unexpected end of file"],
    ["zzz", "invalid magic"],
    ["\x1f\x9d\x91", "compressed with 17 bits, can only handle 16 bits"],
    ["\x1f\x9d\x90\xff\xff", "corrupted data"],
  ];
  for (const [bytes, message] of rows)
    expect(() => decodeAll(new Unlzw(), bytesOf(bytes), 99)).toThrow(message);
});

test("mutated files give bytes or FormatError", () => {
  const packed = compress(text.subarray(0, 3000), 16);
  let failed = 0;
  for (let i = 0; i < 300; i++) {
    const b = packed.slice();
    b[(i * 7919) % b.length] = (i * 31) & 255;
    try {
      decodeAll(new Unlzw(), b, 1 << 26);
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
      failed++;
    }
  }
  expect(failed).toBeGreaterThan(20);
});
