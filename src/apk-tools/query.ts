// Queries: choosing packages by their fields, and showing them (apk-query(8)).
import type { Steps } from "../abi/program.ts";
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
import {
  contents,
  type Field,
  FieldReader,
  fieldOf,
  itemsOf,
  parseFields,
  QueryError,
} from "./query-fields.ts";
import {
  allPackages,
  compareText,
  isAvailable,
  isOrphaned,
  isPattern,
  patternTest,
  repositoryMask,
  unique,
  upgradableFrom,
} from "./select.ts";
import { formatJson, formatText, formatYaml, Uncounted, type Value } from "./serialize.ts";
import { compareVersions } from "./version.ts";

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
