import * as crypto from "node:crypto";
import { expect, test } from "vitest";
import { der, derInteger, SEQUENCE } from "./asn1.ts";
import { modInverse } from "./bigint.ts";
import { bytesOf, strOf } from "./bytes.ts";
import { curveOf, EcPrivateKey } from "./ecdsa.ts";
import { FormatError } from "./format-error.ts";
import { Hmac } from "./hmac.ts";
import { formatPrivateKeyPem, formatPublicKeyPem, parsePrivateKey, parsePublicKey } from "./key.ts";
import { generateRsaKey } from "./rsa.ts";
import { Sha256 } from "./sha256.ts";
import type { SignatureHash } from "./signature.ts";

const message = bytesOf("what is signed");
const hashes: SignatureHash[] = ["sha1", "sha256", "sha512"];
const digestOf = (hash: string): Uint8Array => crypto.createHash(hash).update(message).digest();
const hex = (b: Uint8Array): string => Buffer.from(b).toString("hex");
const same = (a: Uint8Array, b: Uint8Array): void => expect(hex(a)).toBe(hex(b));

const pairs: [string, crypto.KeyPairKeyObjectResult][] = [
  ["rsa 1024", crypto.generateKeyPairSync("rsa", { modulusLength: 1024 })],
  ["rsa 1031, e 3", crypto.generateKeyPairSync("rsa", { modulusLength: 1031, publicExponent: 3 })],
  ["P-256", crypto.generateKeyPairSync("ec", { namedCurve: "P-256" })],
  ["P-384", crypto.generateKeyPairSync("ec", { namedCurve: "P-384" })],
  ["P-521", crypto.generateKeyPairSync("ec", { namedCurve: "P-521" })],
];

test.each(pairs)("%s: OpenSSL and we read one another", (_, { publicKey, privateKey }) => {
  const ec = publicKey.asymmetricKeyType === "ec";
  const spki = publicKey.export({ type: "spki", format: "der" });
  const pem = publicKey.export({ type: "spki", format: "pem" });
  const theirs = parsePublicKey(bytesOf(`some text\n${pem}more`));
  same(theirs.der, spki);
  same(parsePublicKey(spki).der, spki);
  expect(strOf(formatPublicKeyPem(theirs))).toBe(pem);
  expect(theirs.bits).toBe(
    publicKey.asymmetricKeyDetails?.modulusLength ??
      Number(publicKey.asymmetricKeyDetails?.namedCurve?.replace(/\D+(\d+)\D*\d*/, "$1") ?? 0),
  );

  const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" });
  const old = ec ? "sec1" : "pkcs1";
  const forms: (Buffer | string)[] = [
    pkcs8,
    privateKey.export({ type: "pkcs8", format: "pem" }),
    privateKey.export({ type: old, format: "der" } as crypto.KeyExportOptions<"der">),
    privateKey.export({ type: old, format: "pem" } as crypto.KeyExportOptions<"pem">),
  ];
  for (const form of forms) {
    const ours = parsePrivateKey(typeof form === "string" ? bytesOf(form) : form);
    same(ours.der, pkcs8);
    same(ours.publicKey.der, spki);
    expect(strOf(formatPrivateKeyPem(ours))).toBe(forms[1]);
  }
  const ours = parsePrivateKey(pkcs8);
  for (const hash of hashes) {
    const digest = digestOf(hash);
    const signature = crypto.sign(hash, message, privateKey);
    expect(theirs.verify(hash, digest, signature)).toBe(true);
    expect(crypto.verify(hash, message, publicKey, ours.sign(hash, digest))).toBe(true);
    if (!ec) same(ours.sign(hash, digest), signature);
    for (const other of hashes)
      if (other !== hash) expect(theirs.verify(other, digestOf(other), signature)).toBe(false);
    for (let i = 0; i < signature.length; i += 41) {
      const broken = Uint8Array.from(signature);
      broken[i] = (broken[i] as number) ^ 4;
      expect(theirs.verify(hash, digest, broken)).toBe(false);
    }
    expect(theirs.verify(hash, digest, signature.subarray(1))).toBe(false);
    expect(theirs.verify(hash, digest, Buffer.concat([signature, Buffer.alloc(1)]))).toBe(false);
  }
  expect(() => theirs.verify("sha1", digestOf("sha256"), pkcs8)).toThrow(RangeError);
});

test("compressed points", () => {
  for (const [, { publicKey }] of pairs.slice(2)) {
    const { x, y } = publicKey.export({ format: "jwk" });
    const compressed = Buffer.concat([
      Buffer.of((Buffer.from(y as string, "base64url").at(-1) as number) & 1 ? 3 : 2),
      Buffer.from(x as string, "base64url"),
    ]);
    const full = publicKey.export({ type: "spki", format: "der" });
    const head = full.subarray(full[1] === 0x81 ? 3 : 2, full.length - 2 * (compressed.length - 1));
    const algorithm = head.subarray(0, (head[1] as number) + 2);
    const bits = der(3, new Uint8Array(1), compressed);
    same(parsePublicKey(der(SEQUENCE, algorithm, bits)).der, full);
  }
});

// RFC 6979 appendix A.2.5 and A.2.6, message "sample"
test.each([
  [
    "1.2.840.10045.3.1.7",
    "sha256",
    0xc9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721n,
    0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716n,
    0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n,
  ],
  [
    "1.3.132.0.34",
    "sha512",
    0x6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5n,
    0xed0959d5880ab2d869ae7f6c2915c6d60f96507f9cb3e047c0046861da4a799cfe30f35cc900056d7c99cd7882433709n,
    0x512c8cceee3890a84058ce1e22dbc2198f42323ce8aca9135329f03c068e5112dc7cc3ef3446defceb01a45c2667fdd5n,
  ],
] as const)("nonces of RFC 6979 on %s", (oid, hash, d, r, s) => {
  const digest = crypto.createHash(hash).update("sample").digest();
  const key = new EcPrivateKey(curveOf(oid), d);
  same(key.sign(hash, digest), der(SEQUENCE, derInteger(r), derInteger(s)));
});

test("HMAC", () => {
  for (const length of [0, 20, 64, 65, 200]) {
    const key = new Uint8Array(length).fill(7);
    const ours = new Hmac(() => new Sha256(), 64, key).update(message).digest();
    same(ours, crypto.createHmac("sha256", key).update(message).digest());
  }
});

test("a key of our own", () => {
  // Numbers that are always the same, so that the test takes always as long.
  let seed = 1;
  const random = (n: number): Uint8Array =>
    Uint8Array.from({ length: n }, () => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed >> 16;
    });
  const steps = generateRsaKey(768, random);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const key = step.value;
  expect(key.publicKey.bits).toBe(768);
  const theirs = crypto.createPrivateKey(strOf(formatPrivateKeyPem(key)));
  same(theirs.export({ type: "pkcs8", format: "der" }), key.der);
  same(crypto.sign("sha256", message, theirs), key.sign("sha256", digestOf("sha256")));
  const { p, q, qi, dp, e } = theirs.export({ format: "jwk" });
  const [a, b, c, x, y] = [p, q, qi, dp, e].map((each) =>
    BigInt(`0x${Buffer.from(each as string, "base64url").toString("hex")}`),
  ) as [bigint, bigint, bigint, bigint, bigint];
  expect(crypto.checkPrimeSync(a) && crypto.checkPrimeSync(b)).toBe(true);
  expect(modInverse(b, a)).toBe(c);
  expect((x * y) % (a - 1n)).toBe(1n);
  expect(() => generateRsaKey(511, random).next()).toThrow(RangeError);
});

test("what is no key", () => {
  const [, { publicKey, privateKey }] = pairs[0] as (typeof pairs)[0];
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const locked = (type: "pkcs8" | "pkcs1"): Uint8Array =>
    bytesOf(
      privateKey.export({ type, format: "pem", cipher: "aes128", passphrase: "x" }).toString(),
    );
  const huge = der(SEQUENCE, derInteger(2n ** 16390n + 1n), derInteger(3n));
  const spki = publicKey.export({ type: "spki", format: "der" });
  const wrong = Uint8Array.from(spki);
  wrong[15] = 99;
  const rows: [() => unknown, string][] = [
    [() => parsePrivateKey(locked("pkcs8")), "encrypted private key"],
    [() => parsePrivateKey(locked("pkcs1")), "encrypted private key"],
    [() => parsePrivateKey(bytesOf(pem)), "invalid magic"],
    [() => parsePublicKey(new Uint8Array(0)), "malformed ASN.1"],
    [() => parsePublicKey(spki.subarray(0, 50)), "malformed ASN.1"],
    [() => parsePublicKey(Buffer.concat([spki, Buffer.alloc(1)])), "malformed ASN.1"],
    [() => parsePublicKey(wrong), "unsupported kind of key"],
    [() => parsePublicKey(bytesOf(pem.slice(0, 100))), "unexpected end of file"],
    [() => parsePublicKey(bytesOf(pem.replace("M", "!"))), "malformed base64"],
    [
      () =>
        parsePublicKey(
          bytesOf(
            `-----BEGIN RSA PUBLIC KEY-----\n${Buffer.from(huge).toString("base64")}\n-----END RSA PUBLIC KEY-----`,
          ),
        ),
      "modulus too large",
    ],
    [
      () =>
        parsePublicKey(
          crypto.generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" }),
        ),
      "unsupported kind of key",
    ],
    [
      () =>
        parsePublicKey(
          crypto
            .generateKeyPairSync("ec", { namedCurve: "secp256k1" })
            .publicKey.export({ type: "spki", format: "der" }),
        ),
      "unsupported curve",
    ],
  ];
  for (const [parse, message] of rows) expect(parse).toThrow(message);
});

test("mutated keys give keys or FormatError", () => {
  let failed = 0;
  for (const [, { privateKey }] of pairs) {
    const good = privateKey.export({ type: "pkcs8", format: "der" });
    for (let i = 0; i < 30; i++) {
      const bytes = Uint8Array.from(good);
      bytes[(i * 7919) % (i % 2 ? 40 : bytes.length)] = (i * 31) & 255;
      try {
        parsePrivateKey(bytes).sign("sha256", digestOf("sha256"));
      } catch (e) {
        if (!(e instanceof FormatError)) throw e;
        failed++;
      }
    }
  }
  expect(failed).toBeGreaterThan(70);
});
