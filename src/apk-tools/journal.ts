// A commit's journal, lib/apk/db/journal: what a commit that was killed has changed, so that the next one can tell.
//
// Lines of JSON (byte strings, as everywhere), appended while the commit runs and gone when it has written its state:
// {world} first; {dir} before temporary files are made in a directory; {new, old…} before the files of a package get
// their names, {remove} before those of another go; {done} when that has happened. With it the installed database of
// such a root is the one that the commit would have written, with the package it was at marked as broken.
import { ENOENT } from "../abi/errno.ts";
import { O_APPEND, O_CREAT, O_TRUNC, O_WRONLY } from "../abi/fcntl.ts";
import type { Steps } from "../abi/program.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";
import { writeAll } from "../libc/unistd.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { formatDependency, OP_IDENTITY, parseDependencies } from "./dependency.ts";
import { InstalledPackage, SCRIPT_TYPES, type ScriptType } from "./installed.ts";
import { formatInstalled, parseInstalled } from "./installed-text.ts";
import { DB_DIR, writeState } from "./state.ts";

const JOURNAL = `${DB_DIR}/journal`;
const JOURNAL_MAX = 1 << 28;
/** How temporary names of files begin. */
export const TEMPORARY = ".apk.";

interface Entry {
  readonly world?: string;
  readonly dir?: string;
  /** The record of the package as it will be. */
  readonly new?: string;
  /** Identity of the one that it replaces. */
  readonly old?: string;
  readonly scripts?: readonly (readonly [type: ScriptType, mtime: number, text: string])[];
  readonly triggers?: string;
  /** Identity. */
  readonly remove?: string;
  readonly done?: boolean;
}

/** The journal of a running commit. */
export class Journal {
  readonly #ctx: Context;
  #fd = -1;
  readonly #directories = new Set<string>();

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  *begin(db: Database): Steps<void> {
    this.#fd = yield* this.#ctx.root.open(JOURNAL, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600);
    yield* this.#write({ world: db.world.map(formatDependency).join("\n") });
  }

  *#write(entry: Entry): Steps<void> {
    if (this.#fd >= 0)
      yield* writeAll(this.#ctx.sys, this.#fd, bytesOf(`${JSON.stringify(entry)}\n`));
  }

  /** Temporary files will be made here. */
  *directory(path: string): Steps<void> {
    if (this.#directories.has(path)) return;
    this.#directories.add(path);
    yield* this.#write({ dir: path });
  }

  /** The files of `one` are about to get their names. */
  *change(one: InstalledPackage, old: InstalledPackage | undefined): Steps<void> {
    const scripts = SCRIPT_TYPES.flatMap((type) => {
      const text = one.scripts.get(type);
      return text === undefined
        ? []
        : [[type, one.scriptTimes.get(type) ?? 0, strOf(text)] as const];
    });
    yield* this.#write({
      new: formatInstalled([one]),
      ...(old && { old: old.pkg.info.identity }),
      scripts,
      triggers: one.triggers.join(" "),
    });
  }

  /** The files of this package are about to go. */
  *remove(one: InstalledPackage): Steps<void> {
    yield* this.#write({ remove: one.pkg.info.identity });
  }

  *done(): Steps<void> {
    yield* this.#write({ done: true });
  }

  /** The state has been written. */
  end(): void {
    if (this.#fd < 0) return;
    this.#ctx.root.tryUnlink(JOURNAL);
    this.#ctx.sys.close(this.#fd);
    this.#fd = -1;
  }
}

/**
 * Brings the database up to date with what a killed commit has done. With `write` (and the lock held) its temporary
 * files are removed and the state is written, too.
 */
export function* recover(ctx: Context, db: Database, write: boolean): Steps<void> {
  let text: string;
  try {
    text = strOf(yield* ctx.root.readFile(JOURNAL, JOURNAL_MAX));
  } catch (e) {
    if (e === ENOENT) return;
    throw e;
  }
  const directories: string[] = [];
  let world: string | undefined;
  let touched = false;
  let unfinished: Redone | undefined;
  let removing: InstalledPackage | undefined;
  for (const line of text.split("\n")) {
    const entry = parseEntry(line);
    if (entry === undefined) break;
    if (entry.world !== undefined) world = entry.world;
    if (entry.dir !== undefined) directories.push(entry.dir);
    if (entry.new !== undefined) {
      unfinished = redo(db, entry);
      touched = true;
    }
    if (entry.remove !== undefined) {
      removing = db.installed.find((one) => one.pkg.info.identity === entry.remove);
      if (removing !== undefined) removing.brokenFiles = true;
      touched = true;
    }
    if (entry.done === true) {
      if (removing !== undefined) forget(db, removing);
      unfinished = removing = undefined;
    }
  }
  if (unfinished !== undefined) breakOff(unfinished);
  // What was to come from a file that was named cannot be had any more.
  if (touched && world !== undefined)
    db.world = parseDependencies(world).filter(
      (dep) =>
        dep.op !== OP_IDENTITY || db.installed.some((one) => one.pkg.info.identity === dep.version),
    );
  if (!write) return;
  for (const directory of directories) yield* removeTemporaries(ctx, directory);
  yield* writeState(ctx, db);
  ctx.root.tryUnlink(JOURNAL);
}

/** A line; undefined for one that was not written to its end. */
function parseEntry(line: string): Entry | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null ? (entry as Entry) : undefined;
  } catch {
    return undefined;
  }
}

interface Redone {
  readonly one: InstalledPackage;
  readonly old: InstalledPackage | undefined;
}

/** The database as if the package had been installed. */
function redo(db: Database, entry: Entry): Redone | undefined {
  const [parsed] = parseInstalled(entry.new ?? "");
  if (parsed === undefined) return undefined;
  const { identity } = parsed.pkg.info;
  const old = db.installed.find((one) => one.pkg.info.identity === (entry.old ?? identity));
  const pkg = db.add(parsed.pkg);
  const one = new InstalledPackage(pkg);
  one.directories = parsed.directories;
  one.repositoryTag = parsed.repositoryTag;
  one.brokenFiles = parsed.brokenFiles;
  one.brokenScript = parsed.brokenScript;
  one.sha256 = parsed.sha256;
  for (const [type, mtime, script] of entry.scripts ?? []) {
    one.scripts.set(type, bytesOf(script));
    one.scriptTimes.set(type, mtime);
  }
  one.triggers = (entry.triggers ?? "").split(" ").filter(Boolean);
  if (old !== undefined) forget(db, old);
  adopt(db, one);
  return { one, old };
}

/** Makes a package installed. Files that it has taken over are no longer the others'. */
function adopt(db: Database, one: InstalledPackage): void {
  const mine = new Map(one.directories.map((dir) => [dir.path, dir.files]));
  for (const other of db.installed)
    for (const { path, files } of other.directories) {
      const taken = new Set(mine.get(path)?.map((file) => file.name));
      if (taken.size > 0)
        for (let i = files.length - 1; i >= 0; i--)
          if (taken.has((files[i] as { name: string }).name)) files.splice(i, 1);
    }
  one.pkg.installed = one;
  db.installed.push(one);
  if (one.triggers.length > 0) db.triggers.push(one);
}

/** Its files may not all be there, and those of the old one may. */
function breakOff({ one, old }: Redone): void {
  one.brokenFiles = true;
  for (const { path, acl, files } of old?.directories ?? []) {
    let mine = one.directories.find((each) => each.path === path);
    if (mine === undefined) {
      mine = { path, acl, files: [] };
      one.directories.push(mine);
    }
    const names = new Set(mine.files.map((file) => file.name));
    for (const file of files) if (!names.has(file.name)) mine.files.push(file);
  }
}

/** Takes a package out of what is installed. */
export function forget(db: Database, one: InstalledPackage): void {
  if (one.pkg.installed === one) one.pkg.installed = undefined;
  db.installed = db.installed.filter((each) => each !== one);
  db.triggers = db.triggers.filter((each) => each !== one);
}

function* removeTemporaries(ctx: Context, directory: string): Steps<void> {
  const { root } = ctx;
  if (root.stat(directory) === undefined) return;
  const entries = yield* root.list(directory);
  const prefix = directory === "" ? "" : `${directory}/`;
  for (const { name } of entries)
    if (name.startsWith(TEMPORARY)) root.tryUnlink(`${prefix}${name}`);
}
