import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { bytesOf } from "./bytes.ts";
import type { Hash } from "./hash.ts";
import { Md5 } from "./md5.ts";
import { Sha1 } from "./sha1.ts";
import { Sha3 } from "./sha3.ts";
import { Sha224, Sha256 } from "./sha256.ts";
import { Sha384, Sha512 } from "./sha512.ts";

const hex = (b: Uint8Array): string => Buffer.from(b).toString("hex");

// name in node:crypto, ours, digest of "abc" by the standard
const hashes: [string, () => Hash, string][] = [
  ["md5", () => new Md5(), "900150983cd24fb0d6963f7d28e17f72"],
  ["sha1", () => new Sha1(), "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["sha224", () => new Sha224(), "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"],
  [
    "sha256",
    () => new Sha256(),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  ],
  [
    "sha384",
    () => new Sha384(),
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
  ],
  [
    "sha512",
    () => new Sha512(),
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
  ["sha3-224", () => new Sha3(224), "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"],
  [
    "sha3-256",
    () => new Sha3(256),
    "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
  ],
  [
    "sha3-384",
    () => new Sha3(384),
    "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
  ],
  [
    "sha3-512",
    () => new Sha3(512),
    "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
  ],
];

test.each(hashes)("%s", (name, make, abc) => {
  expect(hex(make().update(bytesOf("abc")).digest())).toBe(abc);
  const data = Uint8Array.from({ length: 1200 }, (_, i) => (i * i) >> 3);
  // Every length around the block sizes, and an unaligned view.
  for (let n = 0; n < 300; n++)
    expect(
      hex(
        make()
          .update(data.subarray(1, n + 1))
          .digest(),
      ),
    ).toBe(
      createHash(name)
        .update(data.subarray(1, n + 1))
        .digest("hex"),
    );
  for (const step of [1, 7, 64, 100, 128, 500]) {
    const h = make();
    for (let i = 0; i < data.length; i += step) h.update(data.subarray(i, i + step));
    expect(hex(h.digest())).toBe(createHash(name).update(data).digest("hex"));
  }
});

test.each(hashes)("%s of a long message", (name, make) => {
  // Blocks enough for the kernels in WebAssembly, more than fit their memory, and an odd start.
  const data = Uint8Array.from({ length: 300_001 }, (_, i) => (i * i) >> 5);
  const h = make().update(data.subarray(0, 200_003)).update(data.subarray(200_003));
  expect(hex(h.digest())).toBe(createHash(name).update(data).digest("hex"));
});
