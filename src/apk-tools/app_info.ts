// apk info: what is known of packages, who owns a file, what is installed (apk-info(8)).
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { S_IFLNK, S_IFMT } from "../abi/stat.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { type Dependency, formatDependency, parseDependency, satisfies } from "./dependency.ts";
import type { Package } from "./package.ts";
import { formatSize } from "./print.ts";
import { DEFAULT_INFO_FIELDS, hasQueryOutput, INFO_FIELDS, showSelection } from "./query.ts";
import {
  compareText,
  isMentioned,
  matchingNames,
  providersOf,
  ReverseIndex,
  unique,
} from "./select.ts";

/** What can be shown of a package, in the order in which it is. */
const PARTS = [
  "description",
  "webpage",
  "size",
  "depends",
  "provides",
  "rdepends",
  "contents",
  "triggers",
  "install-if",
  "rinstall-if",
  "replaces",
  "license",
] as const;
type Part = (typeof PARTS)[number];

const HEADINGS: Readonly<Record<Part, string>> = {
  description: "description",
  webpage: "webpage",
  size: "installed size",
  depends: "depends on",
  provides: "provides",
  rdepends: "is required by",
  contents: "contains",
  triggers: "triggers",
  "install-if": "has auto-install rule",
  "rinstall-if": "affects auto-installation of",
  replaces: "replaces",
  license: "license",
};

/** Shows parts of packages; the indexes of who needs whom are built when asked for. */
class Shower {
  readonly #ctx: Context;
  readonly #db: Database;
  #users: ReverseIndex | undefined;
  #rules: ReverseIndex | undefined;

  constructor(ctx: Context, db: Database) {
    this.#ctx = ctx;
    this.#db = db;
  }

  *show(pkg: Package, parts: readonly Part[]): Steps<void> {
    for (const part of parts) yield* this.#ctx.print.out(this.#format(pkg, part));
  }

  #format(pkg: Package, part: Part): string {
    const { info } = pkg;
    switch (part) {
      case "description":
        return this.#text(pkg, part, info.description);
      case "webpage":
        return this.#text(pkg, part, info.url);
      case "size":
        return this.#text(pkg, part, formatSize(info.installedSize));
      case "license":
        return this.#text(pkg, part, info.license);
      case "depends":
        return this.#list(pkg, part, pkg.depends.map(formatDependency));
      case "provides":
        return this.#list(pkg, part, pkg.provides.map(formatDependency));
      case "install-if":
        return this.#list(pkg, part, pkg.installIf.map(formatDependency));
      default:
        // The rest is about what is installed.
        break;
    }
    const ipkg = pkg.installed;
    if (ipkg === undefined) return "";
    const isInstalled = (user: Package): boolean => user.installed !== undefined;
    switch (part) {
      case "rdepends":
        this.#users ??= new ReverseIndex(this.#db, "depends");
        return this.#list(
          pkg,
          part,
          this.#users.of(pkg, isInstalled).map(({ id }) => id),
        );
      case "rinstall-if":
        this.#rules ??= new ReverseIndex(this.#db, "installIf");
        return this.#list(
          pkg,
          part,
          this.#rules.of(pkg, isInstalled).map(({ id }) => id),
        );
      case "replaces":
        return this.#list(pkg, part, pkg.replaces.map(formatDependency));
      case "triggers":
        return this.#lines(pkg, part, ipkg.triggers, "trigger ");
      case "contents": {
        const paths: string[] = [];
        for (const { path, files } of ipkg.directories)
          for (const { name } of files) paths.push(path === "" ? name : `${path}/${name}`);
        return this.#lines(pkg, part, paths, "");
      }
    }
    return part satisfies never;
  }

  #text(pkg: Package, part: Part, text: string): string {
    if (this.#ctx.print.verbosity > 1) return `${pkg.name}: ${text}\n`;
    return `${pkg.id} ${HEADINGS[part]}:\n${text}\n\n`;
  }

  /** A heading, and an item a line; with -v all in one. */
  #list(pkg: Package, part: Part, items: readonly string[]): string {
    const { verbosity } = this.#ctx.print;
    if (verbosity > 1) return `${pkg.name}: ${items.map((item) => `${item} `).join("")}\n`;
    const heading = verbosity === 1 ? `${pkg.id} ${HEADINGS[part]}:\n` : "";
    return `${heading}${items.map((item) => `${item}\n`).join("")}\n`;
  }

  /** As {@link #list}, but an item a line with -v as well. */
  #lines(pkg: Package, part: Part, items: readonly string[], prefix: string): string {
    const { verbosity } = this.#ctx.print;
    if (verbosity <= 1) return this.#list(pkg, part, items);
    return `${items.map((item) => `${pkg.name}: ${prefix}${item}\n`).join("")}\n`;
  }
}

/** Without arguments: names of what is installed. */
function* listInstalled(ctx: Context, db: Database): Steps<number> {
  const { print } = ctx;
  const all = db.installed.map(({ pkg }) => pkg).sort((a, b) => compareText(a.name, b.name));
  for (const pkg of all) {
    if (print.verbosity <= 1) yield* print.out(`${pkg.name}\n`);
    else
      yield* print.out(
        print.verbosity > 2 ? `${pkg.id} - ${pkg.info.description}\n` : `${pkg.id}\n`,
      );
  }
  return 0;
}

/** The installed package that meets a requirement. */
function installedFor(db: Database, dep: Dependency): Package | undefined {
  return db.names
    .get(dep.name)
    ?.providers.find(({ pkg, version }) => pkg.installed !== undefined && satisfies(version, dep))
    ?.pkg;
}

/** -e: names of those arguments that are installed; the status counts the others. */
function* showExisting(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  const { print } = ctx;
  let missing = 0;
  for (const arg of args) {
    const dep = parseDependency(arg);
    const found = dep === undefined ? undefined : installedFor(db, dep);
    if (dep?.conflict === true ? found !== undefined : found === undefined) missing++;
    else if (found !== undefined && print.verbosity >= 1)
      yield* print.out(`${print.verbosity > 1 ? found.id : found.name}\n`);
  }
  return missing;
}

/** Who owns which path (no slash in front): files, and directories by their first owner. */
class Owners {
  readonly #files: Map<string, Package> = new Map();
  readonly #directories: Map<string, Package> = new Map();

  constructor(db: Database) {
    for (const { pkg, directories } of db.installed)
      for (const { path, files } of directories) {
        if (!this.#directories.has(path)) this.#directories.set(path, pkg);
        for (const { name } of files) this.#files.set(path === "" ? name : `${path}/${name}`, pkg);
      }
  }

  file(path: string): Package | undefined {
    return this.#files.get(path);
  }

  directory(path: string): Package | undefined {
    return this.#directories.get(path);
  }
}

/** A path without ".", ".." and needless slashes, relative to the root. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

/** Where a symlink below the root points to, relative to the root; undefined when it is none. */
function linkTarget(ctx: Context, path: string): string | undefined {
  try {
    const stat = ctx.root.lstat(path);
    if (stat === undefined || (stat.mode & S_IFMT) !== S_IFLNK) return undefined;
    const target = ctx.root.readlink(path);
    return cleanPath(target.startsWith("/") ? target : `${path}/../${target}`);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return undefined;
  }
}

/** -W: whose the files are; the status counts those nobody owns. */
function* showOwners(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  const { print, settings } = ctx;
  const owners = new Owners(db);
  const quiet: Package[] = [];
  let errors = 0;
  for (const arg of args) {
    const path = cleanPath(arg);
    const exists = !arg.startsWith("/") && ctx.root.lstat(path) !== undefined;
    const shown = settings.legacyOutput && exists ? `/${path}` : arg;
    let owner = owners.file(path);
    let via = "";
    if (owner === undefined) {
      const target = linkTarget(ctx, path);
      owner = target === undefined ? undefined : owners.file(target);
      if (owner !== undefined) via = "symlink target ";
    }
    if (owner === undefined && !settings.legacyOutput) owner = owners.directory(path);
    if (owner === undefined) {
      yield* print.error(`${shown}: Could not find owner package`);
      errors++;
    } else if (print.verbosity >= 1) yield* print.out(`${shown} ${via}is owned by ${owner.id}\n`);
    else if (settings.legacyOutput) yield* print.out(`${owner.name}\n`);
    else quiet.push(owner);
  }
  for (const { name } of unique(quiet)) yield* print.out(`${name}\n`);
  return errors;
}

/** The packages that arguments name, by name or pattern; the number of arguments that name none. */
function choose(db: Database, args: readonly string[]): { packages: Package[]; missing: number } {
  const found: Package[] = [];
  let missing = 0;
  for (const arg of args)
    if (matchingNames(db, [arg]).length === 0 && !isMentioned(db, arg)) missing++;
  for (const name of matchingNames(db, args)) found.push(...providersOf(name));
  return { packages: found, missing };
}

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  const partsGiven = PARTS.filter((part) => ctx.flag(part));
  const wanted = [...ctx.options.keys()].filter(
    (name) =>
      name === "exists" ||
      name === "who-owns" ||
      PARTS.some((part) => part === name) ||
      name === "all",
  );
  // The last one says what is done.
  const last = wanted.at(-1);
  if (last === "who-owns") return yield* showOwners(ctx, db, args);
  if (last === "exists") return yield* showExisting(ctx, db, args);
  if (args.length === 0) return yield* listInstalled(ctx, db);
  const { packages, missing } = choose(db, args);
  const parts: readonly Part[] = ctx.flag("all")
    ? PARTS
    : partsGiven.length > 0
      ? partsGiven
      : ["description", "webpage", "size"];
  if (hasQueryOutput(ctx) || !ctx.settings.legacyInfo) {
    const fields = ctx.flag("all")
      ? ["all"]
      : partsGiven.length > 0
        ? ["package", ...partsGiven.map((part) => INFO_FIELDS[part] ?? part)]
        : DEFAULT_INFO_FIELDS;
    return (yield* showSelection(ctx, db, packages, fields)) + missing;
  }
  const shower = new Shower(ctx, db);
  for (const pkg of packages) yield* shower.show(pkg, parts);
  return missing;
}

export const info: Applet = {
  name: "info",
  summary: "Tell what is known of packages, or who owns a file",
  group: "query",
  arguments: "PACKAGES...\n-W FILE",
  description:
    "Tells about the packages named: description, web page and size, if nothing else is asked for. " +
    "Without names, lists what is installed. With -W, tells which package a file belongs to.",
  optionGroups: ["query"],
  options: [
    { name: "all", letter: "a", help: "Everything there is" },
    { name: "description", letter: "d", help: "What it is" },
    {
      name: "exists",
      letter: "e",
      aliases: ["installed"],
      help: "Which are installed; the status counts those that are not",
    },
    { name: "contents", letter: "L", help: "Its files" },
    { name: "provides", letter: "P", help: "Names it provides" },
    { name: "rdepends", letter: "r", help: "Installed packages that depend on it" },
    { name: "depends", letter: "R", help: "What it depends on" },
    { name: "size", letter: "s", help: "How much it takes on disk" },
    { name: "webpage", letter: "w", help: "Where its project lives" },
    { name: "who-owns", letter: "W", help: "Which package owns a file" },
    { name: "install-if", help: "When it is installed by itself" },
    { name: "license", help: "Its licence as an SPDX expression" },
    { name: "replaces", help: "Packages whose files it may overwrite" },
    { name: "rinstall-if", help: "Packages that it helps to be installed by themselves" },
    { name: "triggers", letter: "t", help: "Directories its trigger watches" },
  ],
  open: () => ({ access: "read", installed: true, world: true, repositories: true }),
  run,
};
