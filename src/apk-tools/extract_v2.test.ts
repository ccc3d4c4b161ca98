import { generateKeyPairSync } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { makePackage, type PackageSpec, type SigningKey } from "../../test/support/apk-package.ts";
import type { Steps } from "../abi/program.ts";
import { concat } from "../lib/bytes.ts";
import { parsePublicKey } from "../lib/key.ts";
import { ApkError } from "./errors.ts";
import { PackageReader, safeName } from "./extract_v2.ts";
import type { Source } from "./source.ts";
import { Trust } from "./trust.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
const pem = new Uint8Array(Buffer.from(publicKey.export({ type: "spki", format: "pem" })));
const key: SigningKey = { name: "k.rsa.pub", key: privateKey };
const trust = new Trust(new Map([["k.rsa.pub", parsePublicKey(pem)]]), false);
const all = new Trust(new Map([["k.rsa.pub", parsePublicKey(pem)]]), true);
const none = new Trust(new Map(), false);

const SPEC: PackageSpec = {
  name: "p",
  version: "1-r0",
  key,
  files: [
    { path: "usr/a", content: "contents of a\n".repeat(500) },
    { path: "usr/l", type: "2", target: "a" },
  ],
  scripts: { "post-install": "#!/bin/sh\n" },
};

/** A source that gives so many bytes at a time. */
function slowly(bytes: Uint8Array, step: number): Source {
  let at = 0;
  return {
    size: bytes.length,
    mtime: 0,
    etag: "",
    *read() {
      const chunk = bytes.subarray(at, at + step);
      at += chunk.length;
      return chunk;
    },
    close: () => {},
  };
}

function finish<T>(steps: Steps<T>): T {
  const step = steps.next();
  if (step.done !== true) throw new Error("waits");
  return step.value;
}

/** What comes of reading it: names and sizes of the files, or the complaint. */
function outcome(bytes: Uint8Array, by: Trust, identity = "", step = 65536): string {
  try {
    return finish(
      (function* () {
        const reader = new PackageReader(slowly(bytes, step), by, identity);
        const control = yield* reader.control();
        let text = `${control.info.name}-${control.info.version} ${[...control.scripts.keys()]}`;
        for (let file = yield* reader.next(); file !== undefined; file = yield* reader.next()) {
          let size = 0;
          for (let piece = yield* reader.data(); piece; piece = yield* reader.data())
            size += piece.length;
          text += ` ${file.name}:${size}`;
        }
        return text;
      })(),
    );
  } catch (e) {
    if (!(e instanceof ApkError)) throw e;
    return e.message;
  }
}

const GOOD = "p-1-r0 post-install usr/:0 usr/a:7000 usr/l:0";

test("who speaks for a package", () => {
  const signed = makePackage(SPEC);
  const { key: _, ...plain } = SPEC;
  const unsigned = makePackage(plain);
  const kinds = ["RSA256", "RSA512", "DSA"].map((kind) =>
    makePackage({ ...SPEC, key: { ...key, kind } }),
  );
  const other = makePackage({ ...SPEC, key: { ...key, name: "other.rsa.pub" } });
  const bad = { ...key, key: generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey };
  expect([
    outcome(signed, trust),
    outcome(signed, none),
    outcome(unsigned, trust),
    outcome(unsigned, all),
    ...kinds.map((bytes) => outcome(bytes, trust)),
    outcome(other, trust),
    outcome(makePackage({ ...SPEC, key: bad }), trust),
    outcome(makePackage({ ...SPEC, key: bad }), all),
    outcome(unsigned, none, "Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
  ]).toEqual([
    GOOD,
    "UNTRUSTED signature",
    "UNTRUSTED signature",
    GOOD,
    GOOD,
    GOOD,
    "UNTRUSTED signature",
    "UNTRUSTED signature",
    "BAD signature",
    "BAD signature",
    "BAD signature",
  ]);
});

test("what is not whole", () => {
  const bytes = makePackage(SPEC);
  const evil = bytes.slice();
  evil[bytes.length - 40] = (evil[bytes.length - 40] as number) ^ 1;
  expect([
    outcome(bytes.subarray(0, bytes.length - 30), trust),
    outcome(evil, trust).replace("BAD archive", "IO ERROR"),
    outcome(makePackage({ ...SPEC, datahash: "0".repeat(64) }), trust),
    outcome(makePackage({ ...SPEC, datahash: "" }), trust),
    outcome(concat([bytes, new Uint8Array(9)]), trust),
    outcome(concat([bytes, bytes]), trust),
    outcome(new Uint8Array(0), trust),
    outcome(new Uint8Array(gzipSync("no tar")), all),
  ]).toEqual([
    "BAD archive",
    "IO ERROR",
    "BAD signature",
    "BAD signature",
    "BAD archive",
    "BAD archive",
    "BAD archive",
    "BAD archive",
  ]);
});

test("in pieces of any size", () => {
  const bytes = makePackage(SPEC);
  for (const step of [1, 7, 512, 1000]) expect(outcome(bytes, trust, "", step)).toBe(GOOD);
});

test("bytes turned over anywhere are never taken for the package", () => {
  const bytes = makePackage(SPEC);
  let seed = 7;
  for (let i = 0; i < 400; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const at = seed % bytes.length;
    const evil = bytes.slice();
    evil[at] = (evil[at] as number) ^ (1 << (seed >>> 29));
    const found = outcome(evil, trust);
    // Bits that nobody looks at (times and names in gzip's headers, the archive of the signature) change nothing.
    if (found === GOOD) expect(at).toBeLessThan(400);
    else expect(found).toMatch(/^(BAD archive|BAD signature|IO ERROR|UNTRUSTED signature)$/);
  }
});

test("names below the root", () => {
  const names = [
    "a",
    "a/b/",
    "../a",
    "a/../b",
    "/a",
    "a//b",
    "./a",
    "a/.",
    "a\nb",
    "",
    `${"x".repeat(256)}`,
  ];
  expect(names.filter((name) => safeName(name) !== undefined)).toEqual(["a", "a/b/"]);
});
