import { expect, test } from "vitest";
import type { Steps } from "../abi/program.ts";
import { bytesOf, concat, strOf } from "../lib/bytes.ts";
import { curveOf, EcPrivateKey } from "../lib/ecdsa.ts";
import { Sha256 } from "../lib/sha256.ts";
import { AdbFileWriter, BLOCK_ADB, BLOCK_DATA, BLOCK_SIG, type Compression } from "./adb-block.ts";
import { adbHash, identityOfHash } from "./adb-package.ts";
import { signAdb } from "./adb-sign.ts";
import { ApkError } from "./errors.ts";
import { openPackage } from "./package-stream.ts";
import { type AdbObject, type AdbValue, makeAdb, type Schema, schemaOf } from "./schema.ts";
import { bytesSource, type Source } from "./source.ts";
import { Trust } from "./trust.ts";

const P256 = "1.2.840.10045.3.1.7";

function object(fields: Record<string, AdbValue>): AdbObject {
  return new Map(Object.entries(fields));
}

function file(name: string, contents: string, more: Record<string, AdbValue> = {}): AdbObject {
  const hashes = strOf(new Sha256().update(bytesOf(contents)).digest());
  return object({ name, size: contents.length, mtime: 7, hashes, ...more });
}

const BIG = "0123456789abcdef".repeat(2000);

function build(
  key: EcPrivateKey | undefined,
  compression: Compression,
): { bytes: Uint8Array; identity: string } {
  const value = object({
    info: object({ name: "hello", version: "1.0-r0", "installed-size": 3 }),
    paths: [
      object({ acl: object({ mode: 0o755 }) }),
      object({
        name: "usr",
        files: [
          file("a", "hello\n"),
          file("b", ""),
          file("c", BIG),
          object({ name: "l", target: "\x00\xa0a" }),
          object({ name: "m", target: "\x00\x80usr/a" }),
        ],
      }),
    ],
    scripts: object({ "post-install": "#!/bin/sh\n" }),
    triggers: ["/usr/*"],
  });
  const adb = makeAdb(schemaOf("pckg") as Schema, value);
  const writer = new AdbFileWriter("pckg", compression);
  const place = (directory: number, n: number): Uint8Array =>
    Uint8Array.of(directory, 0, 0, 0, n, 0, 0, 0);
  const bytes = concat([
    writer.block(BLOCK_ADB, adb),
    key === undefined ? new Uint8Array(0) : writer.block(BLOCK_SIG, signAdb(key, "pckg", adb)),
    writer.block(BLOCK_DATA, concat([place(2, 1), bytesOf("hello\n")])),
    writer.block(BLOCK_DATA, concat([place(2, 3), bytesOf(BIG)])),
    writer.end(),
  ]);
  return { bytes, identity: identityOfHash(adbHash(adb)) };
}

const NONE: Compression = { algorithm: "none", level: 0 };

/** Drives what never waits. */
function drive<T>(steps: Steps<T>): T {
  const done = steps.next();
  if (!done.done) throw new Error("it waits");
  return done.value;
}

/** Name, version and files of a package; what was read before an error does not count. */
function read(source: Source, trust: Trust, identity = ""): string[] {
  return drive(
    (function* (): Steps<string[]> {
      const reader = yield* openPackage(source, trust, identity);
      const { info, scripts } = yield* reader.control();
      const found = [`${info.name}-${info.version} ${[...scripts.keys()].join()} ${info.triggers}`];
      for (let each = yield* reader.next(); each !== undefined; each = yield* reader.next()) {
        const pieces: Uint8Array[] = [];
        for (let piece = yield* reader.data(); piece !== undefined; piece = yield* reader.data())
          pieces.push(piece);
        const text = strOf(concat(pieces));
        found.push(`${each.type} ${each.name} ${each.linkname}${text === BIG ? "BIG" : text}`);
      }
      return found;
    })(),
  );
}

const EXPECTED = [
  "hello-1.0-r0 post-install /usr/*",
  "5 usr ",
  "0 usr/a hello\n",
  "0 usr/b ",
  "0 usr/c BIG",
  "2 usr/l a",
  "1 usr/m usr/a",
];

const anyone = new Trust(new Map(), true);
const nobody = new Trust(new Map(), false);

test("every compression is read, in pieces of any size", () => {
  for (const algorithm of ["none", "deflate", "zstd"] as const) {
    const { bytes, identity } = build(undefined, { algorithm, level: 0 });
    expect(read(bytesSource(bytes), anyone)).toEqual(EXPECTED);
    expect(read(bytesSource(bytes), nobody, identity)).toEqual(EXPECTED);
    let at = 0;
    const slow: Source = {
      ...bytesSource(bytes),
      *read() {
        at += 7;
        return bytes.subarray(at - 7, at);
      },
    };
    expect(read(slow, anyone)).toEqual(EXPECTED);
  }
});

test("who may be trusted", () => {
  const key = new EcPrivateKey(curveOf(P256), 123456789n);
  const other = new EcPrivateKey(curveOf(P256), 987654321n);
  const { bytes } = build(key, NONE);
  const outcome = (trust: Trust, identity = ""): string => {
    try {
      return read(bytesSource(bytes), trust, identity).length === EXPECTED.length ? "ok" : "less";
    } catch (e) {
      return e instanceof ApkError ? e.message : String(e);
    }
  };
  expect(outcome(new Trust(new Map([["k", key.publicKey]]), false))).toBe("ok");
  expect(outcome(new Trust(new Map([["k", other.publicKey]]), false))).toBe("UNTRUSTED signature");
  expect(outcome(nobody)).toBe("UNTRUSTED signature");
  expect(outcome(nobody, identityOfHash(new Uint8Array(32)))).toBe("BAD signature");
});

test("whatever is changed in a signed package is noticed, or of no account", () => {
  const key = new EcPrivateKey(curveOf(P256), 123456789n);
  const trust = new Trust(new Map([["k", key.publicKey]]), false);
  for (const algorithm of ["none", "deflate"] as const) {
    const { bytes } = build(key, { algorithm, level: 0 });
    let noticed = 0;
    // All of what stands in front of the data, and here and there in it.
    for (let i = 0; i < bytes.length; i += i < 1100 ? 17 : 1999) {
      const changed = bytes.slice();
      changed[i] = (changed[i] as number) ^ (1 << (i % 8));
      try {
        expect(read(bytesSource(changed), trust)).toEqual(EXPECTED);
      } catch (e) {
        if (!(e instanceof ApkError)) throw e;
        noticed++;
      }
    }
    expect(noticed).toBeGreaterThan(30);
    for (const size of [3, 8, 11, 100, 600, bytes.length - 9])
      expect(() => read(bytesSource(bytes.slice(0, size)), trust)).toThrow(ApkError);
  }
});
