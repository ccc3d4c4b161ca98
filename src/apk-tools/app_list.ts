// apk list: packages that match patterns, a line each (apk-list(8)).
import type { Steps } from "../abi/program.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import type { Package } from "./package.ts";
import { hasQueryOutput, showSelection } from "./query.ts";
import {
  allPackages,
  isAvailable,
  isOrphaned,
  matchingNames,
  patternTest,
  providersOf,
  ReverseIndex,
  unique,
  upgradableFrom,
} from "./select.ts";

/** Which of the selected packages are shown. */
function filter(ctx: Context, db: Database): (pkg: Package) => boolean {
  const upgradable = ctx.flag("upgradable");
  const orphaned = ctx.flag("orphaned");
  const installed = !upgradable && (orphaned || ctx.flag("installed") || ctx.flag("manifest"));
  // 2.14 takes -a for "also what is installed only".
  const available = ctx.flag("available") && !ctx.settings.legacyOutput;
  return (pkg) => {
    if (installed && pkg.installed === undefined) return false;
    if (available && !isAvailable(db, pkg)) return false;
    if (orphaned && !isOrphaned(db, pkg)) return false;
    return !upgradable || upgradableFrom(db, pkg) !== undefined;
  };
}

function* showPackage(ctx: Context, db: Database, pkg: Package, name = ""): Steps<void> {
  const { verbosity } = ctx.print;
  if (ctx.flag("manifest")) return yield* ctx.print.out(`${pkg.name} ${pkg.version}\n`);
  if (verbosity <= 0) return yield* ctx.print.out(`${pkg.name}\n`);
  const { arch, origin, license, description, url } = pkg.info;
  const older = upgradableFrom(db, pkg);
  let text = name === "" ? "" : `<${name}> `;
  text += `${pkg.id} ${arch} {${origin === "" ? pkg.name : origin}} (${license})`;
  if (pkg.installed !== undefined) text += " [installed]";
  else if (older !== undefined) text += ` [upgradable from: ${older.id}]`;
  text += "\n";
  if (verbosity > 1) {
    text += `  ${description}\n`;
    if (verbosity > 2) text += `  <${url}>\n`;
    text += "\n";
  }
  yield* ctx.print.out(text);
}

/** What the patterns choose, by the kind of thing they are compared with. */
function choose(ctx: Context, db: Database, patterns: readonly string[]): Package[] {
  if (ctx.flag("depends")) {
    const users = new ReverseIndex(db, "depends");
    return unique(matchingNames(db, patterns).flatMap(({ name }) => users.naming(name)));
  }
  if (ctx.flag("origin")) {
    const tests = patterns.map((pattern) => patternTest(pattern));
    return allPackages(db).filter(({ info }) => tests.some((matches) => matches(info.origin)));
  }
  return matchingNames(db, patterns).flatMap((name) =>
    providersOf(name).filter((pkg) => pkg.name === name.name),
  );
}

function* run(ctx: Context, db: Database, patterns: readonly string[]): Steps<number> {
  const keep = filter(ctx, db);
  if (hasQueryOutput(ctx))
    return yield* showSelection(ctx, db, choose(ctx, db, patterns).filter(keep));
  if (ctx.flag("providers")) {
    for (const name of matchingNames(db, patterns))
      for (const pkg of providersOf(name))
        if (keep(pkg)) yield* showPackage(ctx, db, pkg, name.name);
    return 0;
  }
  for (const pkg of choose(ctx, db, patterns)) if (keep(pkg)) yield* showPackage(ctx, db, pkg);
  return 0;
}

export const list: Applet = {
  name: "list",
  summary: "List packages by pattern and state",
  group: "query",
  arguments: "PATTERN...",
  description:
    "Lists packages whose names match the patterns of the shell kind, with architecture, origin, " +
    "licence and state. Without patterns, all.",
  optionGroups: ["query"],
  options: [
    { name: "installed", letter: "I", help: "Only what is installed" },
    { name: "orphaned", letter: "O", help: "Only what no repository has any more" },
    { name: "available", letter: "a", help: "Only what repositories have" },
    {
      name: "upgradable",
      letter: "u",
      aliases: ["upgradeable"],
      help: "Only versions newer than what is installed",
    },
    { name: "origin", letter: "o", help: "Compare patterns with the source package's name" },
    { name: "depends", letter: "d", help: "Compare patterns with what packages depend on" },
    { name: "providers", letter: "P", help: "Compare patterns with what packages provide" },
    { name: "manifest", help: "Installed packages as name and version" },
  ],
  open: () => ({ access: "read", installed: true, world: true, repositories: true }),
  run,
};
