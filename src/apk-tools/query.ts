// Queries: fields of packages, choosing packages by them, and showing them (apk-query(8)).
import type { Steps } from "../abi/program.ts";
import { packageUrl } from "./cache.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import {
  type Dependency,
  formatDependency,
  OP_ANY,
  parseDependency,
  satisfies,
} from "./dependency.ts";
import type { Package } from "./package.ts";
import { FIRST_REPOSITORY } from "./repository.ts";
import {
  allPackages,
  compareText,
  isAvailable,
  isOrphaned,
  isPattern,
  patternTest,
  ReverseIndex,
  repositoryMask,
  unique,
  upgradableFrom,
} from "./select.ts";
import { formatJson, formatText, formatYaml, Uncounted, type Value } from "./serialize.ts";
import { compareVersions } from "./version.ts";

/** Fields in the order in which they are shown. "owner" can only be compared. */
export const FIELDS = [
  "package",
  "name",
  "version",
  "description",
  "arch",
  "license",
  "origin",
  "maintainer",
  "url",
  "commit",
  "build-time",
  "installed-size",
  "file-size",
  "provider-priority",
  "depends",
  "provides",
  "replaces",
  "install-if",
  "recommends",
  "layer",
  "tags",
  "repositories",
  "download-url",
  "reverse-depends",
  "reverse-install-if",
  "contents",
  "triggers",
  "scripts",
  "replaces-priority",
  "status",
  "owner",
] as const;
export type Field = (typeof FIELDS)[number];

/** What is shown when no fields are asked for. */
const DEFAULT_FIELDS: readonly Field[] = [
  "name",
  "version",
  "description",
  "arch",
  "license",
  "origin",
  "url",
  "file-size",
];

/** What `apk info` shows as a query. */
export const DEFAULT_INFO_FIELDS: readonly string[] = [
  "package",
  "description",
  "url",
  "installed-size",
];

/** Fields for those options of `apk info` that are named otherwise. */
export const INFO_FIELDS: Readonly<Record<string, Field>> = {
  webpage: "url",
  size: "installed-size",
  rdepends: "reverse-depends",
  "rinstall-if": "reverse-install-if",
};

/** Fields that `--summarize` takes. */
const SUMMARIES: readonly Field[] = [
  "package",
  "name",
  "origin",
  "depends",
  "provides",
  "replaces",
  "install-if",
  "recommends",
  "reverse-depends",
  "reverse-install-if",
];

/** How packages of reverse fields are named. */
type Reverse = "name" | "package" | "origin";

/** Wrong words in a query: told as "ERROR: …". */
export class QueryError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

function fieldOf(word: string): Field {
  const name = word.replaceAll("_", "-");
  const field = FIELDS.find((known) => known === name);
  if (field === undefined) throw new QueryError(`invalid field: ${word}`);
  return field;
}

/** "a,b:origin": fields, and how reverse ones are named. "all" stands for every field. */
function parseFields(spec: string): { fields: Field[]; reverse: Reverse } {
  const fields = new Set<Field>();
  let reverse: Reverse = "name";
  for (const word of spec.split(",")) {
    const [name = "", by] = word.split(":");
    if (by === "name" || by === "package" || by === "origin") reverse = by;
    else if (by !== undefined) throw new QueryError(`invalid field: ${word}`);
    if (name === "all") for (const field of FIELDS) fields.add(field);
    else fields.add(fieldOf(name));
  }
  fields.delete("owner");
  return { fields: FIELDS.filter((field) => fields.has(field)), reverse };
}

/** Reads fields of packages; what needs the whole database is built when first asked for. */
class FieldReader {
  readonly #db: Database;
  readonly #reverse: Reverse;
  #depends: ReverseIndex | undefined;
  #installIf: ReverseIndex | undefined;

  constructor(db: Database, reverse: Reverse) {
    this.#db = db;
    this.#reverse = reverse;
  }

  /** undefined: it has none. */
  read(pkg: Package, field: Field): Value | undefined {
    const value = this.#value(pkg, field);
    if (value === "" || value === 0) return undefined;
    if (value instanceof Uncounted && value.items.length === 0) return undefined;
    return Array.isArray(value) && value.length === 0 ? undefined : value;
  }

  #value(pkg: Package, field: Field): Value | undefined {
    const { info } = pkg;
    switch (field) {
      case "package":
        return pkg.id;
      case "build-time":
        return info.buildTime;
      case "installed-size":
        return info.installedSize;
      case "file-size":
        return info.size;
      case "provider-priority":
        return info.providerPriority;
      case "replaces-priority":
        return info.replacesPriority;
      case "depends":
        return pkg.depends.map(formatDependency);
      case "provides":
        return pkg.provides.map(formatDependency);
      case "replaces":
        return pkg.replaces.map(formatDependency);
      case "install-if":
        return pkg.installIf.map(formatDependency);
      case "recommends":
        return words(info.recommends);
      case "tags":
        return words(info.tags);
      case "layer":
        return info.layer;
      case "repositories":
        return new Uncounted(this.#repositories(pkg));
      case "download-url":
        return this.#downloadUrl(pkg);
      case "reverse-depends":
        this.#depends ??= new ReverseIndex(this.#db, "depends");
        return new Uncounted(this.#named(this.#depends.of(pkg)));
      case "reverse-install-if":
        this.#installIf ??= new ReverseIndex(this.#db, "installIf");
        return new Uncounted(this.#named(this.#installIf.of(pkg)));
      case "contents":
        return new Uncounted(contents(pkg));
      case "triggers":
        return pkg.installed?.triggers;
      case "scripts":
        return new Uncounted([...(pkg.installed?.scripts.keys() ?? [])]);
      case "status":
        return new Uncounted(status(pkg));
      case "owner":
        return undefined;
      case "name":
      case "version":
      case "description":
      case "arch":
      case "license":
      case "origin":
      case "maintainer":
      case "url":
      case "commit":
        return info[field];
    }
    return field satisfies never;
  }

  #named(users: readonly Package[]): string[] {
    const by = this.#reverse;
    const names = users.map((user) =>
      by === "package"
        ? user.id
        : by === "origin" && user.info.origin !== ""
          ? user.info.origin
          : user.name,
    );
    return [...new Set(names)].sort(compareText);
  }

  #repositories(pkg: Package): string[] {
    const places = pkg.installed === undefined ? [] : ["lib/apk/db/installed"];
    for (const repo of this.#db.repositories)
      if (repo.bit >= FIRST_REPOSITORY && (pkg.repositories & repo.bit) !== 0)
        places.push(repo.tag === "" ? repo.url : `@${repo.tag} ${repo.url}`);
    return places;
  }

  #downloadUrl(pkg: Package): string {
    const repo = this.#db.repositories.find(
      ({ bit }) => bit >= FIRST_REPOSITORY && (pkg.repositories & bit) !== 0,
    );
    return repo === undefined ? "" : packageUrl(repo, pkg, this.#db.arches[0] ?? "");
  }
}

/** A field's values as a list. */
function itemsOf(value: Value | undefined): readonly string[] {
  if (value === undefined) return [];
  if (value instanceof Uncounted) return value.items;
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

function words(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

function contents(pkg: Package): string[] {
  const paths: string[] = [];
  for (const { path, files } of pkg.installed?.directories ?? [])
    for (const { name } of files) paths.push(path === "" ? name : `${path}/${name}`);
  return paths;
}

function status(pkg: Package): string[] {
  const { installed } = pkg;
  if (installed === undefined) return [];
  const all = ["installed"];
  if (installed.brokenFiles) all.push("broken-files");
  if (installed.brokenScript) all.push("broken-scripts");
  if (installed.brokenXattr) all.push("broken-xattr");
  return all;
}

/** Fields that hold requirements: they are compared with their versions. */
function requirements(pkg: Package, field: Field): readonly Dependency[] | undefined {
  if (field === "depends") return pkg.depends;
  if (field === "provides") return pkg.provides;
  if (field === "replaces") return pkg.replaces;
  if (field === "install-if") return pkg.installIf;
  return undefined;
}

/** One word of a query: tells whether a package is meant. */
function matcher(
  text: string,
  fields: readonly Field[],
  reader: FieldReader,
): (pkg: Package) => boolean {
  const dep = isPattern(text) ? undefined : parseDependency(text);
  const path = text.replace(/^\/+/, "");
  const same = isPattern(text) ? patternTest(text) : (value: string): boolean => value === text;
  const matches = (pkg: Package, field: Field): boolean => {
    if (field === "name") {
      if (dep !== undefined && dep.op !== OP_ANY)
        return dep.name === pkg.name && satisfies(pkg.version, dep);
      return same(pkg.name);
    }
    if (field === "owner") return contents(pkg).includes(path);
    if (field === "contents") return contents(pkg).some((name) => same(name) || name === path);
    const deps = requirements(pkg, field);
    if (deps !== undefined)
      return deps.some((known) => same(formatDependency(known)) || same(known.name));
    const value = reader.read(pkg, field);
    if (value === undefined) return false;
    if (value instanceof Uncounted) return value.items.some(same);
    if (Array.isArray(value)) return value.some((item) => same(String(item)));
    return same(String(value));
  };
  return (pkg) => fields.some((field) => matches(pkg, field));
}

/** Of versions of one name the one a query means: the newest from untagged repositories or installed. */
function better(db: Database, a: Package, b: Package): Package {
  const plain = repositoryMask(db, "");
  const rank = (pkg: Package): number =>
    pkg.installed !== undefined || (pkg.repositories & plain) !== 0 ? 1 : 0;
  const order = rank(a) - rank(b) || compareVersions(a.version, b.version);
  if (order !== 0) return order > 0 ? a : b;
  return a.installed !== undefined ? a : b;
}

/** Do the options say which of the found packages are wanted? */
function stateFilter(ctx: Context, db: Database): (pkg: Package) => boolean {
  const available = ctx.flag("available");
  const installed = ctx.flag("installed");
  const upgradable = ctx.flag("upgradable");
  const orphaned = ctx.flag("orphaned");
  return (pkg) => {
    if (installed && pkg.installed === undefined) return false;
    if (available && !isAvailable(db, pkg)) return false;
    if (upgradable && upgradableFrom(db, pkg) === undefined) return false;
    return !orphaned || isOrphaned(db, pkg);
  };
}

/** Packages that the words of a query mean, by name and version. Throws QueryError. */
export function queryPackages(
  ctx: Context,
  db: Database,
  queries: readonly string[],
  defaultMatch: readonly Field[] = ["name"],
): Package[] {
  const match = ctx.value("match");
  const fields = match === undefined ? defaultMatch : match.split(",").map(fieldOf);
  const keep = stateFilter(ctx, db);
  const reader = new FieldReader(db, "name");
  const all = allPackages(db).filter(keep);
  if (queries.length === 0) return all;
  const everything = ctx.flag("all-matches");
  const found: Package[] = [];
  for (const text of queries) {
    const matches = matcher(text, fields, reader);
    const best = new Map<string, Package>();
    for (const pkg of all) {
      if (!matches(pkg)) continue;
      if (everything) found.push(pkg);
      const known = best.get(pkg.name);
      best.set(pkg.name, known === undefined ? pkg : better(db, known, pkg));
    }
    found.push(...best.values());
  }
  return unique(found);
}

/** Is output as of `apk query` asked for? */
export function hasQueryOutput(ctx: Context): boolean {
  return ctx.options.has("fields") || ctx.options.has("format") || ctx.options.has("summarize");
}

function format(ctx: Context, value: Value): string {
  const name = ctx.value("format") ?? "default";
  if (name === "yaml") return formatYaml(value);
  if (name === "json") return formatJson(value);
  if (name === "default") return formatText(value);
  throw new QueryError(`invalid format: ${name}`);
}

/** Shows packages as `--fields`, `--format` and `--summarize` say. */
export function* showSelection(
  ctx: Context,
  db: Database,
  packages: readonly Package[],
  defaultFields: readonly string[] = DEFAULT_FIELDS,
): Steps<number> {
  try {
    yield* ctx.print.out(describe(ctx, db, packages, defaultFields));
    return 0;
  } catch (e) {
    if (!(e instanceof QueryError)) throw e;
    yield* ctx.print.error(e.message);
    return 1;
  }
}

function describe(
  ctx: Context,
  db: Database,
  packages: readonly Package[],
  defaultFields: readonly string[],
): string {
  const summarize = ctx.value("summarize");
  const spec = summarize ?? ctx.value("fields") ?? defaultFields.join(",");
  const { fields, reverse } = parseFields(spec);
  const reader = new FieldReader(db, reverse);
  if (summarize !== undefined) {
    const [field] = fields;
    if (field === undefined || fields.length !== 1 || !SUMMARIES.includes(field))
      throw new QueryError(`invalid field for a summary: ${summarize}`);
    const values = new Set<string>();
    for (const pkg of packages)
      for (const item of itemsOf(reader.read(pkg, field))) values.add(item);
    return format(ctx, [...values].sort(compareText));
  }
  const objects = packages.map((pkg) => {
    const object = new Map<string, Value>();
    for (const field of fields) {
      const value = reader.read(pkg, field);
      if (value !== undefined) object.set(field, value);
    }
    return object;
  });
  return format(ctx, objects);
}
