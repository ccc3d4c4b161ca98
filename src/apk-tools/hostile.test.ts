// Garbage for the readers of text and archives: an answer or a complaint of their own, in little time.

import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { makeIndex, makePackage } from "../../test/support/apk-package.ts";
import type { Steps } from "../abi/program.ts";
import { FormatError } from "../lib/format-error.ts";
import { ApkError } from "./errors.ts";
import { PackageReader, safeName } from "./extract_v2.ts";
import { noProblems, parseIndex } from "./index-text.ts";
import { formatInstalled, parseInstalled } from "./installed-text.ts";
import { parsePkgInfo } from "./pkginfo.ts";
import { readSignedTar } from "./signed-tar.ts";
import { bytesSource } from "./source.ts";
import { Trust } from "./trust.ts";

const RECORD = `C:Q1ncWA171zvVf3MhjMJFU5FQ59z38=
P:a
V:1.0-r0
A:x86_64
S:1514
I:25
T:text
D:/bin/sh so:x=1 !y
p:cmd:a=1 z
F:usr
M:0:0:700
R:f
a:1:2:4755:Q1ncWA171zvVf3MhjMJFU5FQ59z38=
Z:Q1ncWA171zvVf3MhjMJFU5FQ59z38=

`;
const PKGINFO = "# c\npkgname = a\npkgver = 1\nsize = 5\ndepend = b>=1\ndatahash = 00\n";
const trust = new Trust(new Map(), true);

function finish<T>(steps: Steps<T>): T {
  const step = steps.next();
  if (step.done !== true) throw new Error("waits");
  return step.value;
}

/** Bytes of the text changed, taken out, doubled, at random places. */
function* mutations(text: string, count: number): Generator<string> {
  let seed = 99;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % n;
  };
  for (let i = 0; i < count; i++) {
    let out = text;
    for (let k = random(4); k >= 0; k--) {
      const at = random(out.length + 1);
      const length = random(20);
      const piece = [
        String.fromCharCode(random(256)),
        "",
        out.slice(at, at + length).repeat(2),
        "\n",
        ":".repeat(length),
        "9".repeat(length),
      ][random(6)] as string;
      out = out.slice(0, at) + piece + out.slice(at + length);
    }
    yield out;
  }
}

test("records of indexes and of the database, and PKGINFO", () => {
  let read = 0;
  for (const text of mutations(RECORD.repeat(2), 1500)) {
    parseIndex(text, noProblems());
    parsePkgInfo(text);
    try {
      const installed = parseInstalled(text);
      // What was understood is written so that it is understood again.
      expect(parseInstalled(formatInstalled(installed))).toHaveLength(installed.length);
      read++;
    } catch (e) {
      if (!(e instanceof SyntaxError)) throw e;
    }
  }
  expect(read).toBeGreaterThan(50);
  for (const text of mutations(PKGINFO, 500)) parsePkgInfo(text);
});

test("archives in archives", () => {
  const latin = (b: Uint8Array): string => Buffer.from(b).toString("latin1");
  const bytes = (s: string): Uint8Array => new Uint8Array(Buffer.from(s, "latin1"));
  const pkg = makePackage({ name: "a", version: "1", files: [{ path: "usr/f", content: "x" }] });
  const index = makeIndex(RECORD);
  const tar = `${RECORD}${"\0".repeat(512 - (RECORD.length % 512))}`.repeat(2);
  const inputs = [pkg, index, new Uint8Array(gzipSync(tar))];
  for (const [i, input] of inputs.entries())
    for (const text of mutations(latin(input), 150)) {
      try {
        if (i === 1) finish(readSignedTar(bytesSource(bytes(text)), trust, 1 << 20));
        else
          finish(
            (function* () {
              const reader = new PackageReader(bytesSource(bytes(text)), trust);
              yield* reader.control();
              for (let f = yield* reader.next(); f; f = yield* reader.next()) safeName(f.name);
            })(),
          );
      } catch (e) {
        if (!(e instanceof ApkError)) throw e;
        expect(e).not.toBeInstanceOf(FormatError);
      }
    }
});

test("a bomb is refused before it is unpacked", () => {
  const zeros = new Uint8Array(gzipSync(new Uint8Array(1 << 24)));
  const header = makeIndex("x".repeat(3 << 20));
  expect(() => finish(readSignedTar(bytesSource(header), trust, 1 << 20))).toThrow("BAD archive");
  expect(finish(readSignedTar(bytesSource(zeros), trust, 1 << 20)).size).toBe(0);
});
