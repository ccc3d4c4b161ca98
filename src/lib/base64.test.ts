import { expect, test } from "vitest";
import { Base64Decoder, Base64Encoder } from "./base64.ts";
import { bytesOf, concat, strOf } from "./bytes.ts";

function encode(b: Uint8Array, wrap: number, step: number): string {
  const e = new Base64Encoder(wrap);
  const out: Uint8Array[] = [];
  for (let i = 0; i < b.length; i += step) out.push(e.encode(b.subarray(i, i + step)));
  out.push(e.end());
  return strOf(concat(out));
}

function decode(s: string, step: number): string {
  const d = new Base64Decoder();
  let out = "";
  for (let i = 0; i < s.length; i += step) out += strOf(d.decode(bytesOf(s.slice(i, i + step))));
  try {
    d.end();
  } catch (e) {
    out += ` ${(e as Error).message}`;
  }
  return out;
}

const data = Uint8Array.from({ length: 1000 }, (_, i) => (i * i) >> 2);

test("round trip in pieces, as the host encodes", () => {
  for (let n = 0; n < 200; n++)
    for (const step of [1, 3, 5, 1000]) {
      const b = data.subarray(0, n);
      const text = Buffer.from(b).toString("base64");
      expect(encode(b, 0, step)).toBe(text);
      expect(decode(text, step)).toBe(strOf(b));
    }
});

test("lines", () => {
  expect(encode(bytesOf("hello"), 3, 100)).toBe("aGV\nsbG\n8=\n");
  expect(encode(bytesOf("hel"), 4, 100)).toBe("aGVs\n");
  expect(encode(bytesOf(""), 4, 100)).toBe("");
  const lines = `${(
    Buffer.from(data)
      .toString("base64")
      .match(/.{1,76}/g) ?? []
  ).join("\n")}\n`;
  for (const step of [1, 100, 1000]) expect(encode(data, 76, step)).toBe(lines);
  expect(decode(lines, 50)).toBe(strOf(data));
});

test("what is not quite base64, as BusyBox 1.36 takes it", () => {
  const rows: [string, string][] = [
    ["aGVs!bG8=", "hello"],
    ["aGVsbG8", "hel truncated input"],
    ["aGVsbG8=\naGVsbG8=", "hellohello"],
    ["aGVsbG8=x", "hello truncated input"],
    ["aGV sbG\t8=\n\n", "hello"],
    ["aGVsbG==", "hell"],
    ["aG=V", " truncated input"],
    ["a", " truncated input"],
    ["a===", " truncated input"],
    ["==", ""],
    ["-_==", ""],
  ];
  for (const step of [1, 3, 100])
    expect(rows.map(([text]) => [text, decode(text, step)])).toEqual(rows);
});
