// Fields of packages as queries show and compare them (apk-query(8)).
import { packageUrl } from "./cache.ts";
import type { Database } from "./database.ts";
import { formatDependency } from "./dependency.ts";
import type { Package } from "./package.ts";
import { FIRST_REPOSITORY } from "./repository.ts";
import { compareText, ReverseIndex } from "./select.ts";
import { Uncounted, type Value } from "./serialize.ts";
import { shownUrl } from "./source.ts";

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

/** How packages of reverse fields are named. */
export type Reverse = "name" | "package" | "origin";

/** Wrong words in a query: told as "ERROR: …". */
export class QueryError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** The field of that name, "_" for "-" allowed. */
export function fieldOf(word: string): Field {
  const name = word.replaceAll("_", "-");
  const field = FIELDS.find((known) => known === name);
  if (field === undefined) throw new QueryError(`invalid field: ${word}`);
  return field;
}

/** "a,b:origin": fields, and how reverse ones are named. "all" stands for every field. */
export function parseFields(spec: string): { fields: Field[]; reverse: Reverse } {
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
export class FieldReader {
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
        places.push(repo.tag === "" ? shownUrl(repo.url) : `@${repo.tag} ${shownUrl(repo.url)}`);
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
export function itemsOf(value: Value | undefined): readonly string[] {
  if (value === undefined) return [];
  if (value instanceof Uncounted) return value.items;
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

function words(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

/** Paths of an installed package's files. */
export function contents(pkg: Package): string[] {
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
