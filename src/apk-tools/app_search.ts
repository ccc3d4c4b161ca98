// apk search: packages of the repositories by parts of names or descriptions (apk-search(8)).
import type { Steps } from "../abi/program.ts";
import { FNM_CASEFOLD } from "../libc/fnmatch.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import type { Package } from "./package.ts";
import { hasQueryOutput, showSelection } from "./query.ts";
import {
  allPackages,
  isAvailable,
  matchingNames,
  patternTest,
  providersOf,
  ReverseIndex,
  unique,
} from "./select.ts";

/** Of each name the newest. */
function newest(packages: readonly Package[]): Package[] {
  const best = new Map<string, Package>();
  // Sorted by version: the last one counts.
  for (const pkg of packages) best.set(pkg.name, pkg);
  return [...best.values()];
}

function choose(ctx: Context, db: Database, args: readonly string[]): Package[] {
  const keep = (pkg: Package): boolean =>
    ctx.flag("installed") ? pkg.installed !== undefined : isAvailable(db, pkg);
  const exact = ctx.flag("exact");
  const patterns = exact ? args : args.map((arg) => `*${arg}*`);
  if (ctx.flag("has-origin"))
    return allPackages(db).filter((pkg) => keep(pkg) && args.includes(pkg.info.origin));
  if (ctx.flag("description")) {
    const tests = patterns.map((pattern) => patternTest(pattern, FNM_CASEFOLD));
    return allPackages(db).filter(
      (pkg) =>
        keep(pkg) && tests.some((matches) => matches(pkg.name) || matches(pkg.info.description)),
    );
  }
  const found: Package[] = [];
  for (const name of matchingNames(db, patterns, FNM_CASEFOLD)) {
    const providers = providersOf(name).filter(keep);
    found.push(...(ctx.flag("all") ? providers : newest(providers)));
  }
  return unique(found);
}

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  const { print } = ctx;
  const chosen = choose(ctx, db, args);
  if (hasQueryOutput(ctx)) return yield* showSelection(ctx, db, chosen);
  const users = ctx.flag("rdepends") ? new ReverseIndex(db, "depends") : undefined;
  const originOnly = ctx.flag("origin");
  const name = (pkg: Package): string => (print.verbosity >= 1 ? pkg.id : pkg.name);
  for (const pkg of chosen) {
    if (users !== undefined) {
      if (print.verbosity >= 1) yield* print.out(`${pkg.id} is required by:\n`);
      for (const user of users.of(pkg, (user) => isAvailable(db, user)))
        yield* print.out(`${name(user)}\n`);
      continue;
    }
    if (originOnly) {
      const origin = pkg.info.origin === "" ? pkg.name : pkg.info.origin;
      yield* print.out(print.verbosity >= 1 ? `${origin}-${pkg.version}\n` : `${origin}\n`);
      continue;
    }
    const description = print.verbosity >= 2 ? ` - ${pkg.info.description}` : "";
    yield* print.out(`${name(pkg)}${description}\n`);
  }
  return 0;
}

export const search: Applet = {
  name: "search",
  summary: "Find packages by name or description",
  group: "query",
  arguments: "PATTERN...",
  description:
    "Looks in all repositories for packages whose names, or names they provide, have one of the " +
    "patterns in them; upper and lower case are the same. Without patterns all are listed.",
  optionGroups: ["query"],
  options: [
    { name: "all", letter: "a", help: "Every version, not the newest only" },
    { name: "description", letter: "d", help: "Look into descriptions too" },
    { name: "exact", letter: "e", help: "The pattern is the whole name" },
    { name: "exact", letter: "x", help: "" },
    { name: "has-origin", help: "Packages built from a source package of exactly that name" },
    { name: "origin", letter: "o", help: "Print the source package's name" },
    { name: "rdepends", letter: "r", help: "Print who depends on what is found" },
  ],
  open: () => ({ access: "read", installed: true, world: true, repositories: true }),
  run,
};
