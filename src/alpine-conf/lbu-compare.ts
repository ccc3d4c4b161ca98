// lbu status and diff: what has changed since the last commit.
import type { Steps } from "../abi/program.ts";
import type { Stat } from "../abi/stat.ts";
import { equal } from "../lib/bytes.ts";
import { S_ISDIR, S_ISREG } from "../libc/stat.ts";
import { readDir, readFile, tryLstat, tryStat } from "../libc/unistd.ts";
import { makePackage } from "./lbu-package.ts";
import type { Lbu } from "./lbu-state.ts";

/** How often a password may be wrong. */
const TRIES = 3;

/** Unpacks the overlay of the last commit; false when there is none. */
function* unpackLast(lbu: Lbu, to: string, media: string | undefined): Steps<boolean> {
  const { s } = lbu;
  const dir = (yield* lbu.place(media, false)) ?? "";
  const overlay = yield* lbu.overlay(dir);
  if (!s.isFile(overlay)) return false;
  if (lbu.encryption === "") {
    yield* s.run(["tar", "-C", to, "-zxf", overlay]);
    return true;
  }
  yield* lbu.checkOpenssl();
  const key = lbu.password === "" ? [] : ["-k", lbu.password];
  const plain = `${yield* lbu.tmp()}/last.tar.gz`;
  for (let i = 0; i < TRIES; i++) {
    const argv = ["openssl", "enc", "-d", `-${lbu.encryption}`, "-in", overlay, "-out", plain];
    if ((yield* s.run([...argv, ...key])) !== 0) continue;
    if ((yield* s.run(["tar", "-C", to, "-zxf", plain], { stderr: "null" })) === 0) return true;
  }
  return s.die(`Failed to unpack ${overlay}`);
}

/** The last overlay in a/ and one made now in b/, below a folder of our own. */
function* bothTrees(lbu: Lbu, media: string | undefined): Steps<string> {
  const { s } = lbu;
  const tmp = yield* lbu.tmp();
  for (const name of ["a", "b"]) s.mkdirs(`${tmp}/${name}`);
  yield* unpackLast(lbu, `${tmp}/a`, media);
  const encryption = lbu.encryption;
  const verbose = s.verbose;
  lbu.encryption = "";
  s.verbose = false;
  try {
    if ((yield* makePackage(lbu, `${tmp}/now.tar.gz`)) === 0)
      yield* s.run(["tar", "-C", `${tmp}/b`, "-zxf", `${tmp}/now.tar.gz`]);
  } finally {
    lbu.encryption = encryption;
    s.verbose = verbose;
  }
  return tmp;
}

/** Everything below a folder, as find(1) names it. */
function* walk(lbu: Lbu, dir: string, prefix = ""): Steps<string[]> {
  const found: string[] = [];
  const entries = yield* readDir(lbu.s.sys, dir + prefix);
  for (const { name } of entries) {
    const path = `${prefix}/${name}`;
    found.push(path.slice(1));
    const st = tryLstat(lbu.s.sys, dir + path);
    if (st !== undefined && S_ISDIR(st.mode)) found.push(...(yield* walk(lbu, dir, path)));
  }
  return found;
}

function newer(a: Stat, b: Stat): boolean {
  return a.mtime.sec === b.mtime.sec ? a.mtime.nsec > b.mtime.nsec : a.mtime.sec > b.mtime.sec;
}

export function* status(lbu: Lbu, args: readonly string[]): Steps<number> {
  const { s } = lbu;
  if (lbu.all) {
    yield* s.run(["apk", "audit", "--backup"]);
    return 0;
  }
  if ((args[0] || lbu.media || lbu.backupDir) === "") yield* s.showUsage(0);
  const tmp = yield* bothTrees(lbu, args[0]);
  const old = yield* walk(lbu, `${tmp}/a`);
  for (const name of old)
    if (tryLstat(s.sys, `${tmp}/b/${name}`) === undefined) yield* s.echo(`D ${name}`);
  const now = yield* walk(lbu, `${tmp}/b`);
  for (const name of now) {
    const before = `${tmp}/a/${name}`;
    const after = `${tmp}/b/${name}`;
    if (tryLstat(s.sys, before) === undefined) {
      yield* s.echo(`A ${name}`);
      continue;
    }
    const a = tryStat(s.sys, before);
    const b = tryStat(s.sys, after);
    if (a === undefined || b === undefined || !S_ISREG(a.mode) || !S_ISREG(b.mode)) continue;
    if (newer(b, a) && !equal(yield* readFile(s.sys, before), yield* readFile(s.sys, after)))
      yield* s.echo(`U ${name}`);
  }
  return 0;
}

export function* diff(lbu: Lbu, args: readonly string[]): Steps<number> {
  const { s } = lbu;
  if ((args[0] || lbu.media || lbu.backupDir) === "") yield* s.showUsage(1);
  const cwd = yield* bothTrees(lbu, args[0]);
  const help = yield* s.output(["diff", "--help"], { stderr: "stdout" });
  const options = help.includes("--no-dereference") ? ["--no-dereference"] : [];
  return yield* s.run(["diff", "-ruN", ...options, "a", "b"], { cwd });
}
