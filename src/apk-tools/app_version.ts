// apk version: installed versions beside those of repositories; checks and compares versions (apk-version(8)).
import type { Steps } from "../abi/program.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { IN_CACHE } from "./repository.ts";
import { matchingNames, repositoryMask } from "./select.ts";
import { shownUrl } from "./source.ts";
import { compareVersions, isVersion } from "./version.ts";

/** "<", "=" or ">". */
function relation(a: string, b: string): string {
  const order = compareVersions(a, b);
  return order < 0 ? "<" : order > 0 ? ">" : "=";
}

/** -c: lists what is no version; their number. */
function* checkVersions(ctx: Context, args: readonly string[]): Steps<number> {
  let errors = 0;
  for (const arg of args) {
    if (isVersion(arg)) continue;
    errors++;
    if (ctx.print.verbosity >= 1) yield* ctx.print.out(`${arg}\n`);
  }
  return errors;
}

/** -I: what repositories say of themselves. */
function* showIndexes(ctx: Context, db: Database): Steps<number> {
  for (const repo of db.repositories)
    if (repo.error === "" && repo.bit !== IN_CACHE)
      yield* ctx.print.out(`${repo.description} [${shownUrl(repo.url)}]\n`);
  return 0;
}

/** What is installed beside the newest that its repositories have. */
function* showVersions(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  const { print } = ctx;
  const limit = ctx.value("limit");
  const everyTag = repositoryMask(db);
  if (print.verbosity >= 1) yield* print.out(`${"Installed:".padEnd(42)}Available:\n`);
  for (const { name, providers } of matchingNames(db, args)) {
    const ipkg = db.installedByName(name);
    if (ipkg === undefined) continue;
    const mask = ctx.flag("all") ? everyTag : repositoryMask(db, ipkg.repositoryTag);
    let latest = ipkg.pkg;
    for (const { pkg } of providers)
      if (
        pkg.name === name &&
        (pkg.repositories & mask) !== 0 &&
        compareVersions(pkg.version, latest.version) > 0
      )
        latest = pkg;
    const sign = relation(ipkg.pkg.version, latest.version);
    if (limit !== undefined ? !limit.includes(sign) : print.verbosity === 1 && sign === "=")
      continue;
    if (print.verbosity < 1) {
      yield* print.out(`${name}\n`);
      continue;
    }
    const tagged = db.repositories.find(
      ({ bit, tag }) => tag !== "" && (latest.repositories & bit) !== 0,
    );
    const untagged = (latest.repositories & repositoryMask(db, "")) !== 0;
    const tag = latest === ipkg.pkg || untagged || tagged === undefined ? "" : `@${tagged.tag}`;
    yield* print.out(`${ipkg.pkg.id.padEnd(40)}${sign} ${latest.version} ${tag}\n`);
  }
  return 0;
}

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  if (ctx.flag("check")) return yield* checkVersions(ctx, args);
  if (ctx.flag("test")) {
    const [a, b] = args;
    if (a === undefined || b === undefined || args.length !== 2) return 1;
    yield* ctx.print.out(`${relation(a, b)}\n`);
    return 0;
  }
  if (ctx.flag("indexes")) return yield* showIndexes(ctx, db);
  return yield* showVersions(ctx, db, args);
}

export const version: Applet = {
  name: "version",
  summary: "Compare versions of packages, or check what is a version",
  group: "misc",
  arguments: "[PACKAGES...]\n-c VERSIONS...\n-t VERSION1 VERSION2\n-I",
  description:
    "Shows the version of each installed package beside the newest one that repositories have. " +
    "Can also tell how two versions are ordered, and whether words are versions at all.",
  optionGroups: [],
  options: [
    { name: "all", letter: "a", help: "Look at tagged repositories too" },
    { name: "check", letter: "c", help: "List those of the words that are no versions" },
    { name: "indexes", letter: "I", help: "Show what each repository's index says of itself" },
    {
      name: "limit",
      letter: "l",
      value: "OPERAND",
      help: "Show only packages that stand like this to the repository: any of <, = and >",
    },
    { name: "test", letter: "t", help: "Compare two versions" },
  ],
  open: (ctx) =>
    ctx.flag("check") || ctx.flag("test")
      ? { access: "none" }
      : { access: "read", installed: true, world: true, repositories: true },
  run,
};
