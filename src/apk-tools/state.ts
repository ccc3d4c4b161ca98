// What apk keeps in a root: lib/apk/db/{installed,scripts.tar,triggers,lock} and etc/apk/world, read and written.
import { EAGAIN, EEXIST, EINTR, ENOENT, Errno } from "../abi/errno.ts";
import { LOCK_EX, LOCK_NB, O_CREAT, O_RDWR } from "../abi/fcntl.ts";
import { type Steps, settle } from "../abi/program.ts";
import { makedev, S_IFCHR } from "../abi/stat.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";
import { decodeAll } from "../lib/decoder.ts";
import { FormatError } from "../lib/format-error.ts";
import { Gunzip } from "../lib/gzip.ts";
import { TarReader } from "../lib/tar.ts";
import { formatArchive } from "./archive.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { formatDependency } from "./dependency.ts";
import { badArchive } from "./errors.ts";
import { type InstalledPackage, SCRIPT_TYPES, type ScriptType } from "./installed.ts";
import { formatInstalled } from "./installed-text.ts";
import type { RootDir } from "./root-dir.ts";

export const DB_DIR = "lib/apk/db";
export const WORLD = "etc/apk/world";
export const INSTALLED: string = `${DB_DIR}/installed`;
const SCRIPTS = `${DB_DIR}/scripts.tar`;
const TRIGGERS = `${DB_DIR}/triggers`;
const LOCK = `${DB_DIR}/lock`;
const STATE_MAX = 1 << 28;

/** --initdb: what an empty database and an empty root have. What is there stays. */
export function* initDatabase(ctx: Context, arch: string): Steps<void> {
  const { root } = ctx;
  const make = (path: string, mode: number): void => {
    try {
      root.mkdir(path, mode);
      root.chmod(path, mode);
    } catch (e) {
      if (e !== EEXIST) throw e;
    }
  };
  make("tmp", 0o1777);
  make("dev", 0o755);
  const devices = [
    ["null", 0o666, 1, 3],
    ["zero", 0o666, 1, 5],
    ["random", 0o666, 1, 8],
    ["urandom", 0o666, 1, 9],
    ["console", 0o600, 5, 1],
  ] as const;
  for (const [name, mode, major, minor] of devices) {
    try {
      root.mknod(`dev/${name}`, S_IFCHR | mode, makedev(major, minor));
      root.chmod(`dev/${name}`, mode);
    } catch (e) {
      // Without root rights there are none.
      if (!(e instanceof Errno)) throw e;
    }
  }
  const dirs = ["etc/apk", "lib/apk/db", "var/cache/apk", "var/cache/misc"];
  for (const dir of dirs) root.mkdirs(dir);
  make("proc", 0o555);
  const files = [
    ["etc/apk/arch", `${arch}\n`],
    [WORLD, "\n"],
    [INSTALLED, ""],
    [SCRIPTS, formatArchive([])],
    [TRIGGERS, ""],
  ] as const;
  for (const [path, text] of files)
    if (root.lstat(path) === undefined) yield* root.writeFile(path, text, 0o644);
}

/** Takes the lock of the database, waiting as --wait says; the descriptor that holds it. Throws Errno. */
export function* lockDatabase(ctx: Context): Steps<number> {
  const { root, settings, sys } = ctx;
  const fd = yield* root.open(LOCK, O_CREAT | O_RDWR, 0o600);
  try {
    let left = settings.wait;
    for (let told = false; ; left--) {
      try {
        yield* settle(sys.flock(fd, LOCK_EX | LOCK_NB));
        return fd;
      } catch (e) {
        if (e !== EAGAIN && e !== EINTR) throw e;
        if (left <= 0) throw e;
      }
      if (!told) yield* ctx.print.message("Waiting for repository lock");
      told = true;
      yield* settle(sys.nanosleep(1000));
    }
  } catch (e) {
    sys.close(fd);
    throw e;
  }
}

/** Gives every installed package its scripts, from scripts.tar or scripts.tar.gz. */
export function* readScripts(root: RootDir, installed: readonly InstalledPackage[]): Steps<void> {
  let bytes: Uint8Array;
  try {
    bytes = yield* root.readFile(SCRIPTS, STATE_MAX);
  } catch (e) {
    if (e !== ENOENT) throw e;
    try {
      const packed = yield* root.readFile(`${SCRIPTS}.gz`, STATE_MAX);
      bytes = decodeAll(new Gunzip(), packed, STATE_MAX);
    } catch (e2) {
      if (e2 === ENOENT) return;
      throw e2 instanceof FormatError ? badArchive() : e2;
    }
  }
  const known = new Map(installed.map((one) => [`${one.pkg.id}.${one.pkg.info.identity}`, one]));
  const tar = new TarReader();
  tar.push(bytes);
  tar.end();
  try {
    for (let file = tar.next(); file !== undefined; file = tar.next()) {
      const dot = file.name.lastIndexOf(".");
      const type = file.name.slice(dot + 1) as ScriptType;
      const owner = known.get(file.name.slice(0, dot));
      if (owner === undefined || !SCRIPT_TYPES.includes(type)) continue;
      const pieces: string[] = [];
      for (let piece = tar.read(); piece !== undefined; piece = tar.read())
        pieces.push(strOf(piece));
      owner.scripts.set(type, bytesOf(pieces.join("")));
      owner.scriptTimes.set(type, file.mtime);
    }
  } catch (e) {
    throw e instanceof FormatError && bytes.length > 0 ? badArchive() : e;
  }
}

/** Reads the triggers; answers the packages that have some, in the file's order. */
export function* readTriggers(
  root: RootDir,
  installed: readonly InstalledPackage[],
): Steps<InstalledPackage[]> {
  const known = new Map(installed.map((one) => [one.pkg.info.identity, one]));
  const order: InstalledPackage[] = [];
  const text = (yield* root.readText(TRIGGERS, STATE_MAX)) ?? "";
  for (const line of text.split("\n")) {
    const [identity = "", ...globs] = line.split(" ");
    const owner = known.get(identity);
    if (owner === undefined || globs.length === 0 || order.includes(owner)) continue;
    owner.triggers = globs;
    order.push(owner);
  }
  return order;
}

/** scripts.tar of these packages. */
export function formatScripts(installed: readonly InstalledPackage[]): Uint8Array {
  const files = installed.flatMap((one) =>
    SCRIPT_TYPES.flatMap((type) => {
      const data = one.scripts.get(type);
      if (data === undefined) return [];
      const name = `${one.pkg.id}.${one.pkg.info.identity}.${type}`;
      return [{ name, mode: 0o755, mtime: one.scriptTimes.get(type) ?? 0, data }];
    }),
  );
  return formatArchive(files);
}

function formatTriggers(order: readonly InstalledPackage[]): string {
  let text = "";
  for (const one of order) text += `${one.pkg.info.identity} ${one.triggers.join(" ")}\n`;
  return text;
}

function formatWorld(db: Database): string {
  return `${db.world.map(formatDependency).join("\n")}\n`;
}

/** Should file systems be told to write what has been changed? */
export function wantsSync(ctx: Context): boolean {
  const { sync, root, usermode } = ctx.settings;
  return sync === "auto" ? root === "/" && !usermode : sync;
}

/** Writes all of it, each file atomically. */
export function* writeState(ctx: Context, db: Database): Steps<void> {
  const { root } = ctx;
  const sync = wantsSync(ctx);
  const name = (one: InstalledPackage): string => one.pkg.name;
  // Scripts stay in the order of installation.
  const sorted = [...db.installed].sort((a, b) =>
    name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0,
  );
  yield* root.replaceFile(WORLD, formatWorld(db), 0o644, sync);
  yield* root.replaceFile(INSTALLED, formatInstalled(sorted), 0o644, sync);
  yield* root.replaceFile(SCRIPTS, formatScripts(db.installed), 0o644, sync);
  yield* root.replaceFile(TRIGGERS, formatTriggers(db.triggers), 0o644, sync);
}
