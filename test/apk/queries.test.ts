// Commands that only ask: their whole output as apk-tools 2.14.4 gave it for the same root and repositories
// (queries/golden.txt: "$ arguments", stdout, "! " and each line of stderr, "= status").
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { formatArchive } from "../../src/apk-tools/archive.ts";
import { apk } from "../../src/apk-tools/main.ts";
import { bytesOf } from "../../src/lib/bytes.ts";
import { runProgram } from "../support/run-program.ts";

const read = (name: string): Buffer => readFileSync(new URL(`queries/${name}`, import.meta.url));

function indexFile(description: string, text: Uint8Array): Uint8Array {
  const file = { mode: 0o644, mtime: 0 };
  return gzipSync(
    formatArchive([
      { ...file, name: "DESCRIPTION", data: bytesOf(description) },
      { ...file, name: "APKINDEX", data: text },
    ]),
  );
}

const FILES = {
  "r/etc/apk/world": "base\ntools\n",
  "r/etc/apk/arch": "x86_64\n",
  "r/etc/apk/repositories": "/t/repo\n@edge /t/edge\n",
  "r/lib/apk/db/installed": read("installed"),
  "r/lib/apk/db/triggers": read("triggers"),
  "r/usr/bin/": "",
  "repo/x86_64/APKINDEX.tar.gz": indexFile("the repository 1", read("APKINDEX")),
  "edge/x86_64/APKINDEX.tar.gz": indexFile("edge 2", read("APKINDEX.edge")),
};

async function run(line: string): Promise<string> {
  const result = await runProgram({
    program: apk,
    argv: ["apk", "--root", "/t/r", "--allow-untrusted", "--no-network", ...line.split(" ")],
    env: {},
    files: FILES,
    stdin: new Uint8Array(),
    wanted: [],
  });
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
  const errors = text(result.stderr).replace(/^(?=.)/gm, "! ");
  return `${text(result.stdout)}${errors}= ${result.status}\n`;
}

const cases = read("golden.txt")
  .toString("latin1")
  .split(/^\$ /m)
  .slice(1)
  .map((block): [line: string, expected: string] => {
    const end = block.indexOf("\n");
    // The repositories had other places.
    return [
      block.slice(0, end),
      block.slice(end + 1).replace(/(?<= |\[)(?=\/(?:repo|edge)\b)/g, "/t"),
    ];
  });

test.for(cases)("apk %s", async ([line, expected]) => {
  expect(await run(line)).toBe(expected);
});
