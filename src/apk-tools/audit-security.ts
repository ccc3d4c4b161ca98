// apk audit --security: installed packages for which a database of fixes (Alpine's secdb) knows a fixed version.
//
// A database is JSON: {"packages": [{"pkg": {"name": ORIGIN, "secfixes": {"FIXED VERSION": ["CVE-… GHSA-…", …]}}}]}.
// The names are those of source packages. The version "0" says that these never affected the package.
import type { Steps } from "../abi/program.ts";
import { strOf } from "../lib/bytes.ts";
import { decodeUtf8, encodeUtf8 } from "../lib/utf8.ts";
import { readWhole } from "./cache.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { errorText } from "./errors.ts";
import type { Package } from "./package.ts";
import { compareText } from "./select.ts";
import { openUrl } from "./source.ts";
import { compareVersions, isVersion } from "./version.ts";

const SECDB = "https://secdb.alpinelinux.org";
const SECDB_MAX = 1 << 26;

interface Finding {
  readonly pkg: Package;
  readonly fixed: string;
  readonly ids: readonly string[];
}

/** Origin to fixed versions and what they fix. */
type SecurityDatabase = Map<string, Map<string, Set<string>>>;

class SecdbError extends Error {}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** Adds what a database's text says. */
export function parseSecdb(text: string, into: SecurityDatabase): void {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new SecdbError("not JSON");
  }
  const packages = field(json, "packages");
  if (!Array.isArray(packages)) throw new SecdbError("no list of packages");
  for (const entry of packages) {
    const pkg = field(entry, "pkg");
    const name = field(pkg, "name");
    const secfixes = field(pkg, "secfixes");
    if (typeof name !== "string" || typeof secfixes !== "object" || secfixes === null) continue;
    const fixes = into.get(name) ?? new Map<string, Set<string>>();
    into.set(name, fixes);
    for (const [version, list] of Object.entries(secfixes)) {
      if (!Array.isArray(list)) continue;
      const ids = fixes.get(version) ?? new Set<string>();
      fixes.set(version, ids);
      // One entry may hold several identifiers.
      for (const text of list)
        if (typeof text === "string") for (const id of text.split(/\s+/)) if (id) ids.add(id);
    }
  }
}

/** Fixes that installed packages lack, by package and version. */
export function findAffected(installed: readonly Package[], secdb: SecurityDatabase): Finding[] {
  const found: Finding[] = [];
  for (const pkg of installed) {
    const fixes = secdb.get(pkg.info.origin === "" ? pkg.name : pkg.info.origin);
    for (const [fixed, ids] of fixes ?? []) {
      if (fixed === "0" || !isVersion(fixed)) continue;
      if (compareVersions(pkg.version, fixed) < 0) found.push({ pkg, fixed, ids: [...ids].sort() });
    }
  }
  return found.sort(
    (a, b) => compareText(a.pkg.name, b.pkg.name) || compareVersions(a.fixed, b.fixed),
  );
}

/** The databases for this release: those of --secdb, else main's and community's of the version in etc/alpine-release. */
function* urls(ctx: Context): Steps<string[]> {
  const given = ctx.values("secdb");
  if (given.length > 0) return [...given];
  const release = (yield* ctx.root.readText("etc/alpine-release", 4096)) ?? "";
  const version = /^(\d+\.\d+)\.\d+\s*$/.exec(release)?.[1];
  const branch = version === undefined ? "edge" : `v${version}`;
  return ["main", "community"].map((name) => `${SECDB}/${branch}/${name}.json`);
}

/** Exit status: 0 nothing found, 1 affected packages, 2 a database could not be read. */
export function* auditSecurity(ctx: Context, db: Database): Steps<number> {
  const secdb: SecurityDatabase = new Map();
  const sources = yield* urls(ctx);
  for (const url of sources) {
    try {
      const source = yield* openUrl(ctx, url);
      if (source === undefined) continue;
      try {
        parseSecdb(decodeUtf8(strOf(yield* readWhole(source, SECDB_MAX))), secdb);
      } finally {
        source.close();
      }
    } catch (e) {
      const text = e instanceof SecdbError ? e.message : errorText(e);
      yield* ctx.print.error(`${url}: ${text}`);
      return 2;
    }
  }
  const found = findAffected(
    db.installed.map(({ pkg }) => pkg),
    secdb,
  );
  if (ctx.flag("json")) yield* ctx.print.out(encodeUtf8(formatJson(found)));
  else {
    for (const { pkg, fixed, ids } of found)
      yield* ctx.print.out(encodeUtf8(`${pkg.id} fixed in ${fixed}: ${ids.join(" ")}\n`));
    const packages = new Set(found.map(({ pkg }) => pkg)).size;
    yield* ctx.print.message(
      packages === 0
        ? `OK: no known vulnerabilities in ${db.installed.length} packages`
        : `${packages} of ${db.installed.length} packages affected`,
    );
  }
  return found.length === 0 ? 0 : 1;
}

function formatJson(found: readonly Finding[]): string {
  const list = found.map(({ pkg, fixed, ids }) => ({
    package: pkg.name,
    version: pkg.version,
    origin: pkg.info.origin === "" ? pkg.name : pkg.info.origin,
    fixed,
    ids,
  }));
  return `${JSON.stringify(list, null, 2)}\n`;
}
