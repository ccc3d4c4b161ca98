// Reads apk-tools' own solver tests (both formats) and runs them with our apk.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { formatArchive } from "../../src/apk-tools/archive.ts";
import { apk } from "../../src/apk-tools/main.ts";
import { runProgram } from "../support/run-program.ts";

/** One case: what is in the root and its repositories, the arguments and the expected output. */
export interface SolverCase {
  args: string[];
  world: string[];
  installed: string;
  repositories: { tag: string; file: string; cached: boolean }[];
  cache: string;
  expect: string;
}

/** Words of a line as xargs takes them apart. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3] ?? "");
}

/** Blocks `@NAME value…` with the lines below them. */
function blocks(text: string): [name: string, value: string][] {
  const found: [string, string][] = [];
  for (const line of text.split("\n")) {
    const head = /^@([A-Z]+)(?: (.*))?$/.exec(line);
    const last = found.at(-1);
    if (head !== null) found.push([head[1] as string, head[2] === undefined ? "" : `${head[2]}\n`]);
    else if (last !== undefined) last[1] += `${line}\n`;
  }
  return found;
}

export function readCase(path: string): SolverCase {
  const one: SolverCase = {
    args: [],
    world: [],
    installed: "",
    repositories: [],
    cache: "",
    expect: "",
  };
  // The split leaves an empty line behind the last.
  const text = readFileSync(path, "latin1").replace(/\n$/, "");
  for (const [name, value] of blocks(text)) {
    if (name === "ARGS") one.args.push(...words(value));
    else if (name === "WORLD") one.world = words(value);
    else if (name === "INSTALLED") one.installed = value.trim();
    else if (name === "CACHE") one.cache = value.trim();
    else if (name === "EXPECT") one.expect = value;
    else if (name === "REPO") {
      const [a = "", b] = words(value);
      const tag = b === undefined ? "" : a.slice(1);
      one.repositories.push({ tag, file: b ?? a, cached: false });
    } else throw new Error(`${path}: @${name}`);
  }
  // Version 2's test program has options for all of that.
  const rest: string[] = [];
  for (let i = 0; i < one.args.length; i++) {
    const arg = one.args[i] as string;
    const value = one.args[i + 1] ?? "";
    if (arg === "--test-world") one.world = value.split(" ");
    else if (arg === "--test-instdb") one.installed = value;
    else if (arg === "--test-repo") {
      const [file = "", tag = ""] = value.split(":").reverse();
      one.repositories.push({ tag, file: file.replace("!", ""), cached: file.startsWith("!") });
    } else {
      rest.push(arg);
      continue;
    }
    i++;
  }
  one.args = rest;
  return one;
}

function indexFile(text: Uint8Array): Uint8Array {
  return gzipSync(formatArchive([{ name: "APKINDEX", mode: 0o644, mtime: 0, data: text }]), {
    level: 1,
  });
}

/** What apk prints for it. */
export async function runCase(dir: string, one: SolverCase, extra: string[]): Promise<string> {
  const read = (file: string): Uint8Array => readFileSync(`${dir}/${file}`);
  const files: Record<string, string | Uint8Array> = {
    "r/etc/apk/world": one.world.map((dep) => `${dep}\n`).join(""),
    "r/etc/apk/arch": "x86_64\n",
    "r/etc/apk/cache/": "",
    "r/tmp/": "",
    "r/lib/apk/db/installed": one.installed === "" ? "" : read(one.installed),
  };
  const args = ["--root", "/t/r", "--allow-untrusted", "--simulate", ...extra];
  let lines = "";
  for (const [n, { tag, file, cached }] of one.repositories.entries()) {
    if (cached) one.cache = file;
    else {
      files[`repo${n}.tar.gz`] = indexFile(read(file));
      lines += `${tag === "" ? "" : `@${tag} `}test:/t/repo${n}.tar.gz\n`;
    }
  }
  files["r/etc/apk/repositories"] = lines;
  if (one.cache !== "") {
    files["r/etc/apk/cache/installed"] = read(one.cache);
    args.push("--root-tmpfs=yes");
  } else args.push("--root-tmpfs=no", "--no-cache");
  const result = await runProgram({
    program: apk,
    argv: ["apk", ...args, ...one.args],
    env: {},
    files,
    stdin: new Uint8Array(),
    wanted: [],
  });
  return Buffer.concat([result.stderr, result.stdout]).toString("latin1");
}
