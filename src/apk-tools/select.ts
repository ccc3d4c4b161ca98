// Choosing packages out of the database: by names and patterns, by repository, by what depends on them.
import { compilePattern } from "../libc/fnmatch.ts";
import type { Database } from "./database.ts";
import { type Dependency, satisfies } from "./dependency.ts";
import type { Name } from "./name.ts";
import type { Package } from "./package.ts";
import { FIRST_REPOSITORY } from "./repository.ts";
import { compareVersions } from "./version.ts";

/** Order of byte strings. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By name, then version. */
export function comparePackages(a: Package, b: Package): number {
  return compareText(a.name, b.name) || compareVersions(a.version, b.version);
}

/** Every package once, by name and version. */
export function allPackages(db: Database): Package[] {
  const all: Package[] = [];
  for (const { name, providers } of db.names.values())
    for (const { pkg } of providers) if (pkg.name === name) all.push(pkg);
  return unique(all);
}

/** Without repeats, by name and version. */
export function unique(packages: Iterable<Package>): Package[] {
  return [...new Set(packages)].sort(comparePackages);
}

/** Has the pattern anything special for fnmatch(3)? */
export function isPattern(text: string): boolean {
  return /[*?[\\]/.test(text);
}

/** Tells for many texts whether they match a pattern (fnmatch(3); `flags` as there). */
export function patternTest(pattern: string, flags = 0): (text: string) => boolean {
  const compiled = compilePattern(pattern, { utf8: false, flags });
  return (text) => compiled.matches(text);
}

/** Names that match one of the patterns, each once, in order; with no patterns all. */
export function matchingNames(db: Database, patterns: readonly string[], flags = 0): Name[] {
  const found = new Set<Name>();
  for (const pattern of patterns) {
    if (flags === 0 && !isPattern(pattern)) {
      const name = db.names.get(pattern);
      if (name !== undefined) found.add(name);
    } else {
      const matches = patternTest(pattern, flags);
      for (const name of db.names.values()) if (matches(name.name)) found.add(name);
    }
  }
  if (patterns.length === 0) for (const name of db.names.values()) found.add(name);
  return [...found].sort((a, b) => compareText(a.name, b.name));
}

/** Packages that have or provide the name, by name and version. */
export function providersOf(name: Name): Package[] {
  return unique(name.providers.map(({ pkg }) => pkg));
}

/** Bits of the repositories that can be asked: all but the cache, of this tag or without one. */
export function repositoryMask(db: Database, tag?: string): number {
  let mask = 0;
  for (const repo of db.repositories)
    if (repo.bit >= FIRST_REPOSITORY && (tag === undefined || repo.tag === "" || repo.tag === tag))
      mask |= repo.bit;
  return mask;
}

/** Is it in a repository? */
export function isAvailable(db: Database, pkg: Package): boolean {
  return (pkg.repositories & repositoryMask(db)) !== 0;
}

/** Is it installed, and its name in no repository? */
export function isOrphaned(db: Database, pkg: Package): boolean {
  if (pkg.installed === undefined) return false;
  const mask = repositoryMask(db);
  const name = db.names.get(pkg.name);
  return !name?.providers.some(
    (provider) => provider.pkg.name === pkg.name && (provider.pkg.repositories & mask) !== 0,
  );
}

/** Does any package or world speak of the name, though no package has it? */
export function isMentioned(db: Database, name: string): boolean {
  const speaks = (deps: readonly Dependency[]): boolean => deps.some((dep) => dep.name === name);
  return (
    speaks(db.world) ||
    allPackages(db).some(
      (pkg) => speaks(pkg.depends) || speaks(pkg.installIf) || speaks(pkg.replaces),
    )
  );
}

/** The installed package of which this one, from a repository it may come from, is a newer version. */
export function upgradableFrom(db: Database, pkg: Package): Package | undefined {
  const installed = db.installedByName(pkg.name);
  if (installed === undefined || installed.pkg === pkg) return undefined;
  if ((pkg.repositories & repositoryMask(db, installed.repositoryTag)) === 0) return undefined;
  return compareVersions(installed.pkg.version, pkg.version) < 0 ? installed.pkg : undefined;
}

/** Who names what in depends or install_if: built once for a database. */
export class ReverseIndex {
  readonly #users: Map<string, Package[]> = new Map();
  readonly #field: "depends" | "installIf";

  constructor(db: Database, field: "depends" | "installIf") {
    this.#field = field;
    for (const pkg of allPackages(db)) {
      if (pkg.info[field] === "") continue;
      for (const dep of pkg[field]) {
        if (dep.conflict) continue;
        const users = this.#users.get(dep.name);
        if (users === undefined) this.#users.set(dep.name, [pkg]);
        else if (users.at(-1) !== pkg) users.push(pkg);
      }
    }
  }

  /** Packages that name `name`, whatever version they want. */
  naming(name: string): readonly Package[] {
    return this.#users.get(name) ?? [];
  }

  /** Packages with a requirement that `pkg` meets, with its name or one it provides; by name and version. */
  of(pkg: Package, accept: (user: Package) => boolean = () => true): Package[] {
    const found = new Set<Package>();
    const offers = [{ name: pkg.name, version: pkg.version }, ...pkg.provides];
    for (const { name, version } of offers)
      for (const user of this.naming(name))
        if (
          !found.has(user) &&
          accept(user) &&
          user[this.#field].some(
            (dep) => dep.name === name && !dep.conflict && satisfies(version, dep),
          )
        )
          found.add(user);
    return [...found].sort(comparePackages);
  }
}
