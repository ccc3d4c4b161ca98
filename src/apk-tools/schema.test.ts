import { expect, test } from "vitest";
import { FormatError } from "../lib/format-error.ts";
import { AdbReader, AdbWriter } from "./adb.ts";
import { indexFromAdb } from "./adb-package.ts";
import { parseAdbText, textOfAdb } from "./adb-text.ts";
import { type AdbObject, decodeAdb, makeAdb, type Schema, schemaOf } from "./schema.ts";
import { formatYaml } from "./serialize.ts";

const PACKAGE = schemaOf("pckg") as Schema;

function example(): AdbObject {
  const acl: AdbObject = new Map<string, number | string | string[]>([
    ["mode", 0o4755],
    ["user", "root"],
    ["group", "root"],
    ["xattrs", ["user.a\0\x01\xff"]],
  ]);
  return new Map<string, never>([
    [
      "info",
      new Map<string, unknown>([
        ["name", "hello"],
        ["version", "1.0-r0"],
        ["hashes", "\x00\xfe"],
        ["installed-size", 5_000_000_000],
        ["file-size", 0xffff_fff0],
        ["depends", ["a>=1", "!b", "c=2", "!d=3", "e~4", "so:x.so.1"]],
      ]),
    ],
    [
      "paths",
      [
        new Map<string, unknown>([["acl", acl]]),
        new Map<string, unknown>([
          ["name", "usr"],
          ["acl", acl],
          [
            "files",
            [
              new Map<string, unknown>([
                ["name", "x"],
                ["size", 0],
                ["target", "\x00\xa0y"],
              ]),
            ],
          ],
        ]),
      ],
    ],
    ["scripts", new Map([["post-install", `#!/bin/sh\n${"x".repeat(70_000)}\n\n  end\n`]])],
    ["replaces-priority", 3],
  ] as never);
}

const read = (bytes: Uint8Array): unknown => decodeAdb(new AdbReader(bytes), PACKAGE);

test("what was written is read", () => {
  expect(read(makeAdb(PACKAGE, example()))).toEqual(example());
});

test("equal values stand there once", () => {
  const writer = new AdbWriter();
  const word = writer.text("twice");
  expect(writer.text("twice")).toBe(word);
  expect(writer.array([word, word])).toBe(writer.array([word, word]));
});

test("the text is read back", () => {
  const yaml = formatYaml(textOfAdb(PACKAGE, example()));
  expect(parseAdbText(PACKAGE, `#%SCHEMA: 676B6370\n# comment\n${yaml}`)).toEqual(example());
  expect(yaml.split("\n").slice(0, 6)).toEqual([
    "info:",
    "  name: hello",
    "  version: 1.0-r0",
    "  hashes: 00fe",
    "  installed-size: 5000000000",
    "  file-size: 4294967280",
  ]);
});

test("text that is none", () => {
  const error = (text: string): string => {
    try {
      parseAdbText(PACKAGE, text);
      return "";
    } catch (e) {
      return e instanceof FormatError ? e.message : String(e);
    }
  };
  expect(error("info:\n  nope: 1\n")).toBe("line 2: unknown field: nope: 1");
  expect(error("info:\n  file-size: x\n")).toBe("line 2: not a number: x");
  expect(error("paths:\n  - acl:\n      mode: 9\n")).toBe("line 3: not an octal number: 9");
});

test("damaged values are refused, and never read for ever", () => {
  const good = makeAdb(PACKAGE, example()).slice(0, 400);
  let seed = 1;
  const random = (n: number): number => {
    seed = (seed * 48271) % 0x7fffffff;
    return seed % n;
  };
  for (let i = 0; i < 2000; i++) {
    const bytes = good.slice(0, 8 + random(392));
    for (let k = 0; k < 3; k++) bytes[random(bytes.length)] = random(256);
    try {
      read(bytes);
    } catch (e) {
      expect(e).toBeInstanceOf(FormatError);
    }
  }
});

test("a small file does not become a large one", () => {
  const writer = new AdbWriter();
  const words = (word: number): number[] => Array.from({ length: 1000 }, () => word);
  const text = writer.bytes(new Uint8Array(60_000).fill(0x61));
  const tags = writer.array(words(text));
  const info = writer.object([...Array.from({ length: 20 }, () => 0), tags]);
  const index = writer.finish(writer.object([0, writer.array(words(info))]));
  expect(() => decodeAdb(new AdbReader(index), schemaOf("indx") as Schema)).toThrow(FormatError);
  expect(() => indexFromAdb(index)).toThrow(FormatError);
});
