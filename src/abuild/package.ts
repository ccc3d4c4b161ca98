// abuild-package: makes package files of the folders that abuild's package and split functions filled.
//
//     abuild-package PKGBASEDIR OUTDIR STARTDIR MAIN NAME...
//
// PKGBASEDIR/.control.NAME/.vars holds each package's variables. Called by abuild alone.
import { Errno } from "../abi/errno.ts";
import { O_CLOEXEC, O_CREAT, O_TRUNC, O_WRONLY } from "../abi/fcntl.ts";
import { isSteps, type Program, type Steps, type Sys } from "../abi/program.ts";
import { bytesOf } from "../lib/bytes.ts";
import type { PrivateKey } from "../lib/signature.ts";
import { UserDb } from "../libc/passwd.ts";
import { die, dieErrno, Process, runMain } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { open, readFile, readText, rename, unlink, writeAll, writeFile } from "../libc/unistd.ts";
import { cutArchive, dataStream, type Member, signatureStream } from "./archive.ts";
import { readPrivateKey } from "./key-file.ts";
import { formatPkginfo } from "./pkginfo.ts";
import { type Traced, TraceError, traceAll } from "./trace.ts";
import { installedSize, readTree, type TreeFile } from "./tree.ts";
import { Variables } from "./variables.ts";

const SCRIPTS = [
  "pre-install",
  "post-install",
  "pre-upgrade",
  "post-upgrade",
  "pre-deinstall",
  "post-deinstall",
];

/** A package on its way. */
interface Built {
  readonly vars: Variables;
  readonly control: string;
  readonly files: TreeFile[];
  readonly scripts: Member[];
  readonly triggers: readonly string[];
  readonly traced: Traced;
}

function* say(p: Process, name: string, text: string): Steps<void> {
  const w = p.stderr.puts(`>>> ${name}: ${text}\n`);
  if (w) yield* w;
}

/** Scripts that `install` and `triggers` give this package. */
function* readScripts(sys: Sys, startdir: string, vars: Variables): Steps<Member[]> {
  const name = vars.get("pkgname");
  const members: Member[] = [];
  const wanted = vars.words("install").map((file) => [file, SCRIPTS] as const);
  const triggers = vars
    .words("triggers")
    .map((word) => [word.split("=")[0] ?? "", ["trigger"]] as const);
  for (const [file, types] of [...wanted, ...triggers]) {
    const type = types.find((each) => file === `${name}.${each}`);
    if (type === undefined) continue;
    try {
      const bytes = yield* readFile(sys, `${startdir}/${file}`, 1 << 20);
      members.push({ name: `.${type}`, bytes, mode: 0o755 });
    } catch (e) {
      dieErrno(file, e);
    }
  }
  return members;
}

function triggerPaths(vars: Variables): string[] {
  const own = `${vars.get("pkgname")}.trigger=`;
  const word = vars.words("triggers").find((each) => each.startsWith(own));
  return word === undefined ? [] : word.slice(own.length).split(":");
}

function* prepare(p: Process, base: string, startdir: string, name: string): Steps<Built> {
  const control = `${base}/.control.${name}`;
  const text = yield* readText(p.sys, `${control}/.vars`, 1 << 20);
  if (text === undefined) die(`${name}: nothing is known about it`);
  const vars = new Variables(text);
  const root = vars.get("pkgdir");
  const files = yield* readTree(p.sys, root);
  const scripts = yield* readScripts(p.sys, startdir, vars);
  const depends = new Set(vars.words("depends"));
  // Scripts are run by what their first line names.
  if (scripts.some(({ bytes }) => isShellScript(bytes))) depends.add("/bin/sh");
  const traced: Traced = {
    name,
    version: vars.version,
    origin: vars.get("origin"),
    root,
    files: vars.option("!tracedeps") ? [] : files,
    pcPrefix: vars.get("pcprefix"),
    provides: new Set(vars.words("provides")),
    depends,
  };
  return { vars, control, files, scripts, triggers: triggerPaths(vars), traced };
}

function isShellScript(bytes: Uint8Array): boolean {
  const start = bytesOf("#!/bin/sh");
  return start.every((byte, i) => bytes[i] === byte);
}

/** The moment that all times in the package go by. */
function epoch(p: Process): number {
  const given = p.env.get("SOURCE_DATE_EPOCH") ?? "";
  return /^\d{1,12}$/.test(given) ? Number(given) : p.sys.clock_gettime(0).sec;
}

function* createPackage(
  p: Process,
  built: Built,
  outdir: string,
  key: { readonly key: PrivateKey; readonly name: string },
  owners: UserDb,
): Steps<void> {
  const { vars, control } = built;
  const time = epoch(p);
  const path = `${outdir}/${vars.get("pkgname")}-${vars.version}.apk`;
  const data = `${control}/.data.tar.gz`;
  let fd = open(p.sys, data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644);
  if (isSteps(fd)) fd = yield* fd;
  const dataFd = fd;
  let hash: string;
  try {
    hash = yield* dataStream(p.sys, built.traced.root, built.files, time, owners, (bytes) =>
      writeAll(p.sys, dataFd, bytes),
    );
  } finally {
    p.sys.close(dataFd);
  }
  const info = formatPkginfo({
    vars,
    size: installedSize(built.files, built.scripts.length > 0),
    time,
    packager: p.env.get("PACKAGER") ?? "",
    triggers: built.triggers,
    depends: [...built.traced.depends],
    provides: [...built.traced.provides],
    datahash: hash,
  });
  yield* writeFile(p.sys, `${control}/.PKGINFO`, info);
  const members = [{ name: ".PKGINFO", bytes: bytesOf(info), mode: 0o644 }, ...built.scripts];
  const controlStream = cutArchive(members, time);
  const signature = signatureStream(controlStream, key.key, `${key.name}.pub`, "RSA", time);
  yield* join(p.sys, [signature, controlStream], data, path);
}

/** Writes the package beside its place, then moves it there. */
function* join(sys: Sys, streams: Uint8Array[], data: string, path: string): Steps<void> {
  let out = open(sys, `${path}.new`, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644);
  if (isSteps(out)) out = yield* out;
  try {
    for (const stream of streams) yield* writeAll(sys, out, stream);
    let from = open(sys, data);
    if (isSteps(from)) from = yield* from;
    try {
      for (;;) {
        const moved = sys.splice(from, out, 1 << 20);
        if ((isSteps(moved) ? yield* moved : moved) === 0) break;
      }
    } finally {
      sys.close(from);
    }
    const synced = sys.fsync(out);
    if (isSteps(synced)) yield* synced;
  } finally {
    sys.close(out);
  }
  rename(sys, `${path}.new`, path);
  unlink(sys, data);
}

function* main(p: Process): Steps<number> {
  const [base, outdir, startdir, mainName = "", ...names] = p.argv.slice(1);
  p.progname = "abuild";
  if (base === undefined || outdir === undefined || startdir === undefined || names.length === 0)
    die("abuild-package: to be called by abuild");
  const key = yield* readPrivateKey(p);
  const owners = new UserDb(p.sys);
  const all: Built[] = [];
  for (const name of names) all.push(yield* prepare(p, base, startdir, name));
  yield* say(p, mainName, "Tracing dependencies...");
  try {
    const traced = all.map(({ traced: each }) => each);
    yield* traceAll(p.sys, traced);
    for (const built of all) {
      const { name, version } = built.traced;
      yield* say(p, name, `Create ${name}-${version}.apk`);
      yield* createPackage(p, built, outdir, key, owners);
    }
  } catch (e) {
    if (e instanceof TraceError || e instanceof RangeError) {
      const w = p.stderr.puts(`>>> ERROR: ${mainName}: ${e.message}\n`);
      if (w) yield* w;
      return 1;
    }
    if (e instanceof Errno) die(`${mainName}: ${strerror(e)}`);
    throw e;
  }
  return 0;
}

/** The program. */
export const abuildPackage: Program = (sys, argv, envp) =>
  runMain(new Process(sys, argv, envp), main);
