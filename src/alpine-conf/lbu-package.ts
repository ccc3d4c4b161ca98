// lbu package: the overlay, a tar of what apk finds changed and of what the user listed.
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { S_ISBLK, S_ISCHR, S_ISDIR } from "../libc/stat.ts";
import { readFile, rename, tryLstat, tryStat, writeFile } from "../libc/unistd.ts";
import { capture, output, pipeline } from "./commands.ts";
import type { Lbu } from "./lbu-state.ts";
import { basename, linesOf } from "./libalpine.ts";

/** Names of the files that go into an overlay, from the root, each once; undefined when apk fails. */
export function* fileList(lbu: Lbu, cwd?: string): Steps<string[] | undefined> {
  const { s } = lbu;
  const { text, status } = yield* output(
    s.p,
    ["apk", "audit", "--root", s.root, "--backup", "--quiet", "--recursive", "--check-permissions"],
    cwd === undefined ? {} : { cwd },
  );
  if (status !== 0) return undefined;
  const names = linesOf(text);
  const lines = yield* s.lines(lbu.listFile);
  for (const line of lines) {
    if (!line.startsWith("+")) continue;
    const st = tryLstat(s.sys, s.root + line.slice(1));
    if (st !== undefined && !S_ISDIR(st.mode)) names.push(line.slice(1));
  }
  return [...new Set(names)];
}

function* hooks(lbu: Lbu, name: string): Steps<boolean> {
  const dir = `${lbu.confDir}/${name}.d`;
  if (!lbu.s.isDir(dir)) return true;
  return (yield* lbu.s.run(["run-parts", dir], { stdout: "stderr" })) === 0;
}

/** Makes the archive as a file; false when a command failed. */
function* archive(lbu: Lbu, to: string, encrypt: boolean): Steps<boolean> {
  const { s } = lbu;
  const cwd = s.root;
  const names = yield* fileList(lbu, cwd);
  if (names === undefined) return false;
  const input = names.map((name) => `${name}\n`).join("");
  const tar = ["tar", "-c", "--no-recursion", "-T", "-"];
  if (s.verbose) {
    yield* s.eecho("Archiving the following files:");
    for (const name of names) yield* s.eecho(name);
  }
  const made = yield* capture(s.p, [...tar, "-z"], { cwd, input });
  if (made.status !== 0) return false;
  yield* writeFile(s.sys, to, made.bytes);
  if (!encrypt) return true;
  const pass = lbu.password === "" ? [] : ["-pass", `pass:${lbu.password}`];
  const [status] = yield* pipeline(s.p, [
    ["openssl", "enc", `-${lbu.encryption}`, "-salt", ...pass, "-in", to, "-out", `${to}.enc`],
  ]);
  if (status !== 0) return false;
  rename(s.sys, `${to}.enc`, to);
  return true;
}

/** Puts a finished archive in place: beside it first, on the disk, then under its name. */
function* install(lbu: Lbu, from: string, to: string, before?: () => Steps<void>): Steps<boolean> {
  const { s } = lbu;
  const { sys } = s;
  try {
    const st = tryStat(sys, to);
    const bytes = yield* readFile(sys, from);
    if (st !== undefined && (S_ISBLK(st.mode) || S_ISCHR(st.mode))) {
      yield* writeFile(sys, to, bytes);
      return true;
    }
    yield* writeFile(sys, `${to}.new`, bytes);
    yield* lbu.fsync(`${to}.new`);
    if (before !== undefined) yield* before();
    rename(sys, `${to}.new`, to);
    yield* lbu.fsync(to.includes("/") ? to.slice(0, to.lastIndexOf("/")) || "/" : ".", true);
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* s.p.warn(to, e);
    s.remove(`${to}.new`);
    return false;
  }
}

/** What an old root had instead of apk's world. */
function* dropPackageList(lbu: Lbu): Steps<void> {
  const { s } = lbu;
  const old = `${s.root}etc/lbu/packages.list`;
  if (!s.isFile(old) || !s.isFile(`${s.root}var/lib/apk/world`)) return;
  yield* s.eecho("Note: Removing /etc/lbu/packages.list.");
  yield* s.eecho("      /var/lib/apk/world will be used.");
  s.remove(old);
}

/**
 * Makes an overlay: into a folder under its usual name, as a file, or "-" on standard output. `before` runs
 * when it is whole, just before it takes its name. Its status.
 */
export function* makePackage(lbu: Lbu, target: string, before?: () => Steps<void>): Steps<number> {
  const { s } = lbu;
  yield* lbu.checkOpenssl();
  const tmp = yield* lbu.tmp();
  if (!(yield* hooks(lbu, "pre-package"))) return 1;
  const toStdout = target === "-";
  const encrypt = lbu.encryption !== "" && !toStdout;
  let to = target;
  if (target === "") to = yield* lbu.overlay(s.sys.getcwd());
  else if (s.isDir(target)) to = yield* lbu.overlay(target);
  const from = `${tmp}/${basename(to)}`;
  yield* dropPackageList(lbu);
  let ok = yield* archive(lbu, from, encrypt);
  if (ok && !lbu.dryRun) {
    if (toStdout) {
      const w = s.p.stdout.write(yield* readFile(s.sys, from));
      if (w) yield* w;
    } else ok = yield* install(lbu, from, to, before);
  }
  if (ok) yield* s.vecho(`Created ${to}`);
  yield* hooks(lbu, "post-package");
  return ok ? 0 : 1;
}
