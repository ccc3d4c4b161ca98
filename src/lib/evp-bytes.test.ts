import { execFileSync } from "node:child_process";
import * as crypto from "node:crypto";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { Aes } from "./aes.ts";
import { bytesOf, concat } from "./bytes.ts";
import { type BlockCipher, CbcDecoder, CbcEncoder } from "./cbc.ts";
import { TripleDes } from "./des.ts";
import { type EncOptions, encDecrypt, encEncrypt } from "./evp-bytes.ts";
import { FormatError } from "./format-error.ts";
import { pbkdf2 } from "./pbkdf2.ts";
import { Sha256 } from "./sha256.ts";

const data = Uint8Array.from({ length: 1200 }, (_, i) => (i * i) >> 3);
const hex = (b: Uint8Array): string => Buffer.from(b).toString("hex");

function finish<T>(steps: Generator<undefined, T>): T {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

// name in node:crypto, bytes of key, ours
const ciphers: [string, number, (key: Uint8Array) => BlockCipher][] = [
  ["aes-128-cbc", 16, (key) => new Aes(key)],
  ["aes-192-cbc", 24, (key) => new Aes(key)],
  ["aes-256-cbc", 32, (key) => new Aes(key)],
  ["des-ede3-cbc", 24, (key) => new TripleDes(key)],
];

test.each(ciphers)("%s", (name, size, make) => {
  const key = data.subarray(50, 50 + size).map((byte) => byte ^ 0x3c);
  const cipher = make(key);
  const iv = data.subarray(200, 200 + cipher.blockSize);
  for (const n of [0, 1, 7, 8, 15, 16, 17, 1200]) {
    const theirs = crypto.createCipheriv(name, key, iv);
    const expected = concat([theirs.update(data.subarray(0, n)), theirs.final()]);
    for (const step of [5, 16, 1200]) {
      const encoder = new CbcEncoder(cipher, iv);
      const decoder = new CbcDecoder(cipher, iv);
      const packed: Uint8Array[] = [];
      const plain: Uint8Array[] = [];
      for (let i = 0; i < n; i += step)
        packed.push(encoder.encode(data.subarray(i, Math.min(n, i + step))));
      packed.push(encoder.end());
      const all = concat(packed);
      expect(hex(all)).toBe(hex(expected));
      for (let i = 0; i < all.length; i += step)
        plain.push(decoder.decode(all.subarray(i, i + step)));
      plain.push(decoder.end());
      expect(hex(concat(plain))).toBe(hex(data.subarray(0, n)));
    }
  }
  expect(() => new CbcDecoder(cipher, iv).end()).toThrow("wrong final block length");
  expect(() => make(key.subarray(1))).toThrow(RangeError);
});

// FIPS 197 appendix C.3
test("a block of AES-256", () => {
  const aes = new Aes(Uint8Array.from({ length: 32 }, (_, i) => i));
  const block = Int32Array.of(0x00112233, 0x44556677, 0x8899aabb, 0xccddeeff);
  const plain = block.slice();
  aes.encrypt(block);
  expect(block).toEqual(Int32Array.of(0x8ea2b7ca, 0x516745bf, 0xeafc4990, 0x4b496089));
  aes.decrypt(block);
  expect(block).toEqual(plain);
});

test("PBKDF2", () => {
  const make = (): Sha256 => new Sha256();
  for (const [rounds, length] of [
    [1, 20],
    [600, 40],
  ] as const)
    expect(hex(finish(pbkdf2(make, 64, bytesOf("pass"), bytesOf("salt"), rounds, length)))).toBe(
      crypto.pbkdf2Sync("pass", "salt", rounds, length, "sha256").toString("hex"),
    );
});

const rows: [string[], EncOptions][] = [
  [["-aes-256-cbc"], { cipher: "aes-256-cbc", password: bytesOf("x y") }],
  [["-aes-128-cbc", "-md", "md5"], { cipher: "aes-128-cbc", password: bytesOf("x y"), md: "md5" }],
  [
    ["-des-ede3-cbc", "-md", "sha512"],
    { cipher: "des-ede3-cbc", password: bytesOf("x y"), md: "sha512" },
  ],
  [
    ["-aes-192-cbc", "-pbkdf2", "-iter", "300"],
    { cipher: "aes-192-cbc", password: bytesOf("x y"), iterations: 300 },
  ],
];

test.skipIf(!existsSync("/usr/bin/openssl")).each(rows)(
  "openssl enc and we read one another: %j",
  (args, options) => {
    const run = (input: Uint8Array, ...more: string[]): Uint8Array =>
      execFileSync("openssl", ["enc", ...args, "-salt", "-pass", "pass:x y", ...more], {
        input,
        stdio: ["pipe", "pipe", "ignore"],
      });
    const text = data.subarray(0, 1000);
    expect(hex(finish(encDecrypt(run(text), options)))).toBe(hex(text));
    const ours = finish(encEncrypt(text, options, bytesOf("8 octets")));
    expect(hex(run(ours, "-d"))).toBe(hex(text));
  },
);

test("what cannot be decrypted", () => {
  const [, options] = rows[0] as (typeof rows)[0];
  const good = finish(encEncrypt(data, options, bytesOf("12345678")));
  const attempts: [Uint8Array, EncOptions, string][] = [
    [bytesOf("Salted_?"), options, "bad magic number"],
    [good.subarray(0, 10), options, "error reading input file"],
    [good.subarray(0, 16), options, "wrong final block length"],
    [good.subarray(0, 90), options, "wrong final block length"],
    [good.subarray(0, 96), options, "bad decrypt"],
    [good, { ...options, password: bytesOf("z") }, "bad decrypt"],
  ];
  for (const [file, how, message] of attempts) {
    expect(() => finish(encDecrypt(file, how))).toThrow(FormatError);
    expect(() => finish(encDecrypt(file, how))).toThrow(message);
  }
});
