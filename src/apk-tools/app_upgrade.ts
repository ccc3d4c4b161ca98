// apk upgrade: newer versions of what is installed, apk itself first (apk-upgrade(8)).
import type { Steps } from "../abi/program.ts";
import { execvp } from "../libc/spawn.ts";
import type { Applet } from "./applet.ts";
import { applyWorld, checkTags, REFUSED, solveWorld } from "./apply.ts";
import type { Plan } from "./changes.ts";
import { commitPlan } from "./commit.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { type Dependency, OP_ANY, OP_IDENTITY, parseDependency, satisfies } from "./dependency.ts";
import type { Name } from "./name.ts";
import type { Package } from "./package.ts";
import { wrapWords } from "./print.ts";
import { SOLVE_AVAILABLE, SOLVE_INSTALLED, SOLVE_LATEST, SOLVE_UPGRADE } from "./solver-flags.ts";
import type { SolveOptions } from "./solver-graph.ts";

// ---- apk itself first --------------------------------------------------------------------------------

/** Installed packages that are upgraded before all others: who holds the name apk-tools, and --preupgrade-depends. */
function* preupgraded(ctx: Context, db: Database): Steps<Set<Package> | undefined> {
  const deps: Dependency[] = [];
  for (const text of ["apk-tools", ...(ctx.settings.preupgradeDepends ?? [])]) {
    const dep = parseDependency(text);
    if (dep === undefined) {
      yield* ctx.print.error(
        `'${text}' is not a valid preupgrade dependency, format is name([<>~=]version)`,
      );
      return undefined;
    }
    deps.push(dep);
  }
  const found = new Set<Package>();
  for (const { pkg } of db.installed) {
    const meets = (dep: Dependency): boolean =>
      (pkg.name === dep.name && satisfies(pkg.version, dep)) ||
      pkg.provides.some((p) => p.name === dep.name && satisfies(p.version, dep));
    const named = deps.filter(meets);
    if (named.length > 0 && !named.some(({ conflict }) => conflict)) found.add(pkg);
  }
  return found;
}

/** What brings those up to date, if anything does. */
function findPreupgrade(ctx: Context, db: Database, first: ReadonlySet<Package>): Plan | undefined {
  const nameFlags = new Map<Name, number>();
  for (const pkg of first) nameFlags.set(db.name(pkg.name), SOLVE_UPGRADE);
  const { plan } = solveWorld(ctx, db, db.world, { flags: 0, nameFlags });
  const helps = plan?.changes.some(
    ({ from, to }) => from !== undefined && first.has(from) && to !== from,
  );
  return helps ? plan : undefined;
}

/** undefined: go on; otherwise the exit status. */
function* preupgrade(ctx: Context, db: Database): Steps<number | undefined> {
  const only = ctx.flag("preupgrade-only");
  const first = yield* preupgraded(ctx, db);
  if (first === undefined) return 1;
  const plan = first.size === 0 ? undefined : findPreupgrade(ctx, db, first);
  if (plan === undefined) return only ? 0 : undefined;
  const legacy = ctx.settings.legacyOutput;
  if (ctx.settings.simulate && !only) {
    const what = legacy ? "apk-tools upgrade" : "preupgrade";
    yield* ctx.print.warning(`This simulation is not reliable as ${what} is available.`);
    return undefined;
  }
  yield* ctx.print.message(
    legacy ? "Upgrading critical system libraries and apk-tools:" : "Preupgrading:",
  );
  const status = yield* commitPlan(ctx, db, legacy ? { ...plan, partial: true } : plan);
  if (only || status !== 0) return status;
  yield* ctx.print.message(
    legacy
      ? "Continuing the upgrade transaction with new apk-tools:"
      : "Continuing with the main upgrade transaction:",
  );
  const f = ctx.p.stdout.flush();
  if (f) yield* f;
  const argv = [...ctx.p.argv, "--no-preupgrade"];
  return yield* execvp(ctx.sys, argv, ctx.p.environ(), ctx.p.env.get("PATH"));
}

// ---- the rest ----------------------------------------------------------------------------------------

function inRepositories(db: Database): number {
  let bits = 0;
  for (const { bit } of db.repositories) bits |= bit;
  return bits;
}

/** --prune: without what no repository has any more. */
function prune(db: Database, world: readonly Dependency[]): Dependency[] {
  const bits = inRepositories(db);
  return world.filter(
    ({ name, conflict }) =>
      conflict || db.names.get(name)?.providers.some(({ pkg }) => pkg.repositories & bits),
  );
}

/** Version 3 with -v tells of packages that stay because no repository has them. */
function* tellLost(ctx: Context, db: Database, plan: Plan): Steps<void> {
  if (ctx.settings.legacyOutput || ctx.print.verbosity < 2) return;
  const bits = inRepositories(db);
  const gone = new Set(plan.changes.map(({ from }) => from));
  const lost = db.installed
    .map(({ pkg }) => pkg)
    .filter((pkg) => !(pkg.repositories & bits) && !gone.has(pkg) && !pkg.name.startsWith("."))
    .map(({ name }) => name);
  if (lost.length === 0) return;
  yield* ctx.print.message(
    "NOTE: Consider running apk upgrade with --prune and/or --available.\n" +
      "The following packages are no longer available from a repository:",
  );
  for (const line of wrapWords(lost.sort(), ctx.print.screenWidth - 2))
    yield* ctx.print.message(`  ${line}`);
}

/** Flags of the names on the command line; undefined: one is not known, which has been told. */
function* readNames(
  ctx: Context,
  db: Database,
  args: readonly string[],
): Steps<Map<Name, number> | undefined> {
  const flags = ctx.flag("ignore") ? SOLVE_INSTALLED : SOLVE_UPGRADE;
  const nameFlags = new Map<Name, number>();
  let missing = false;
  for (const arg of args) {
    const name = db.names.get(arg);
    if (name !== undefined && name.providers.length > 0) nameFlags.set(name, flags);
    else {
      yield* ctx.print.error(`Package '${arg}' not found`);
      missing = true;
    }
  }
  return missing ? undefined : nameFlags;
}

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  if (!(yield* checkTags(ctx, db, db.world, "continuing with upgrade"))) return REFUSED;
  const unsure = db.repositories.some((repo) => repo.stale || (repo.error !== "" && repo.remote));
  if (unsure && ctx.settings.network && !ctx.settings.forceMissingRepositories) {
    yield* ctx.print.error(
      "Not continuing due to stale/unavailable repositories." +
        "Use --force-missing-repositories to continue.",
    );
    return REFUSED;
  }
  const nameFlags = yield* readNames(ctx, db, args);
  if (nameFlags === undefined) return 1;
  const named = args.length > 0 && !ctx.flag("ignore");
  if (ctx.flag("preupgrade-only") || (!named && ctx.value("preupgrade") !== "no")) {
    const status = yield* preupgrade(ctx, db);
    if (status !== undefined) return status;
  }
  let world = db.world;
  if (ctx.flag("prune")) world = prune(db, world);
  if (ctx.flag("available"))
    world = world.map((dep) =>
      dep.op === OP_IDENTITY ? { ...dep, op: OP_ANY, version: "" } : dep,
    );
  const options: SolveOptions = {
    flags:
      (named ? 0 : SOLVE_UPGRADE) |
      (ctx.flag("available") ? SOLVE_AVAILABLE : 0) |
      (ctx.flag("latest") ? SOLVE_LATEST : 0),
    nameFlags,
  };
  return yield* applyWorld(ctx, db, world, options, function* ({ plan }) {
    if (plan !== undefined) yield* tellLost(ctx, db, plan);
  });
}

export const upgrade: Applet = {
  name: "upgrade",
  summary: "Install the newest versions that repositories have of what is installed",
  group: "system",
  arguments: "[PACKAGES...]",
  description:
    "Upgrades what is installed, or only the packages that are named, as far as the world and the " +
    "packages' dependencies allow. A newer apk is installed first, and does the rest.",
  optionGroups: ["commit"],
  options: [
    {
      name: "available",
      letter: "a",
      help: "Take what repositories have now, were it older, and forget about package files",
    },
    { name: "ignore", help: "Upgrade all but the packages that are named" },
    { name: "latest", letter: "l", help: "Take the newest version and nothing else" },
    {
      name: "preupgrade",
      bool: true,
      aliases: ["self-upgrade"],
      help: "Upgrade apk itself before all others",
    },
    {
      name: "preupgrade-only",
      bool: true,
      aliases: ["self-upgrade-only"],
      help: "Upgrade apk itself and nothing else",
    },
    { name: "prune", help: "Take out of the world what no repository has any more" },
  ],
  open: () => ({ access: "write", installed: true, world: true, repositories: true }),
  run,
};
