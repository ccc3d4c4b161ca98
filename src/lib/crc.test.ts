import { execFileSync } from "node:child_process";
import * as zlib from "node:zlib";
import { expect, test } from "vitest";
import { bytesOf } from "./bytes.ts";
import { adler32, bsdSum, Crc64, crc32, crc32Big, PosixCrc, sysvFold, sysvSum } from "./crc.ts";

const check = bytesOf("123456789");
const data = Uint8Array.from({ length: 70001 }, (_, i) => (i * i * 31) >> 3);

/** The CRC that ends a gzip file. */
function gzipCrc(b: Uint8Array): number {
  return zlib.gzipSync(b).readUInt32LE(zlib.gzipSync(b).length - 8);
}

test("the check values of the CRC catalogue", () => {
  expect(crc32(check)).toBe(0xcbf43926);
  expect(~crc32Big(check, -1) >>> 0).toBe(0xfc891918);
  expect(new PosixCrc().update(bytesOf("")).digest()).toBe(4294967295);
  expect(new PosixCrc().update(bytesOf("abc")).digest()).toBe(1219131554);
  expect(Buffer.from(new Crc64().update(check).digest()).readBigUInt64LE()).toBe(
    0x995dc9bbdf1939fan,
  );
  expect(adler32(bytesOf("Wikipedia"))).toBe(0x11e60398);
});

test("as zlib and cksum, in one piece or several", () => {
  for (const n of [0, 1, 15, 16, 17, 31, 33, 70001])
    expect(crc32(data.subarray(0, n))).toBe(gzipCrc(data.subarray(0, n)));
  let crc = 0;
  const posix = new PosixCrc();
  const wide = new Crc64();
  let sum = 1;
  for (let i = 0; i < data.length; i += 777) {
    const part = data.subarray(i, i + 777);
    crc = crc32(part, crc);
    posix.update(part);
    wide.update(part);
    sum = adler32(part, sum);
  }
  expect(crc).toBe(gzipCrc(data));
  expect(crc32(data, 0, 10, 100)).toBe(gzipCrc(data.subarray(10, 100)));
  expect(`${posix.digest()} ${posix.length}\n`).toBe(
    execFileSync("cksum", { input: data, encoding: "latin1" }),
  );
  expect(wide.digest()).toEqual(new Crc64().update(data).digest());
  expect(sum).toBe(zlib.deflateSync(data).readUInt32BE(zlib.deflateSync(data).length - 4));
});

test("sum, both manners", () => {
  const sum = (option: string): number =>
    Number.parseInt(execFileSync("sum", [option], { input: data, encoding: "latin1" }), 10);
  expect(bsdSum(data.subarray(500), bsdSum(data.subarray(0, 500)))).toBe(sum("-r"));
  expect(sysvFold(sysvSum(data.subarray(500), sysvSum(data.subarray(0, 500))))).toBe(sum("-s"));
});
