// apk cache: keeps the package cache in order (apk-cache(8)).
import type { Steps } from "../abi/program.ts";
import type { Applet } from "./applet.ts";
import { explainErrors } from "./apply.ts";
import {
  cacheDir,
  hasCache,
  indexCacheName,
  indexUrl,
  isTmpfs,
  packageCacheName,
} from "./cache.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { type Dependency, parseDependency } from "./dependency.ts";
import { errorText } from "./errors.ts";
import { type Candidate, candidates, fetchIntoCache, isCacheable } from "./package-source.ts";
import { allPackages, isAvailable } from "./select.ts";
import { solve } from "./solver.ts";
import { SOLVE_AVAILABLE, SOLVE_LATEST, SOLVE_UPGRADE } from "./solver-flags.ts";
import { addToWorld } from "./world.ts";

/** Fetches what a solution has and the cache has not; the number of failures. */
function* download(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  const { print, root } = ctx;
  const deps: Dependency[] = [];
  for (const arg of args) {
    const dep = parseDependency(arg);
    if (dep === undefined) {
      yield* print.error(`'${arg}' is not a valid dependency, format is name([<>~=]version)`);
      return 1;
    }
    deps.push(dep);
  }
  const flags =
    (ctx.flag("upgrade") ? SOLVE_UPGRADE : 0) |
    (ctx.flag("available") ? SOLVE_AVAILABLE : 0) |
    (ctx.flag("latest") ? SOLVE_LATEST : 0);
  const world =
    args.length === 0 || ctx.flag("add-dependencies") ? addToWorld(db.world, deps) : deps;
  const solution = solve(db, world, { flags, width: print.screenWidth });
  if (solution.plan === undefined) {
    yield* explainErrors(ctx, solution.errors);
    return Math.min(solution.status, 127);
  }
  // What stays as it is belongs to it, too.
  const wanted = new Set(db.installed.map(({ pkg }) => pkg));
  for (const { from, to } of solution.plan.changes) {
    if (from !== undefined) wanted.delete(from);
    if (to !== undefined) wanted.add(to);
  }
  let failed = 0;
  for (const pkg of wanted) {
    if (root.stat(`${cacheDir(ctx)}/${packageCacheName(pkg)}`) !== undefined) continue;
    const places = candidates(ctx, db, pkg).filter((place) => isCacheable(ctx, place));
    if (places.length === 0) continue;
    const { name } = places[0] as Candidate;
    yield* print.message(ctx.settings.legacyOutput ? `fetch ${name}` : `Downloading ${pkg.id}`);
    if (ctx.settings.simulate) continue;
    for (const [i, place] of places.entries()) {
      try {
        yield* fetchIntoCache(ctx, pkg, place);
        break;
      } catch (e) {
        if (i < places.length - 1) continue;
        failed++;
        yield* print.error(`${pkg.id}: ${errorText(e)}`);
      }
    }
  }
  return Math.min(failed, 127);
}

/** Removes files that are no index and no package of a repository, and with --purge packages that are not needed. */
function* clean(ctx: Context, db: Database): Steps<number> {
  const { print, root, settings } = ctx;
  const dir = cacheDir(ctx);
  const kept = new Set(["installed"]);
  const tmpfs = isTmpfs(ctx);
  for (const repo of db.repositories) kept.add(indexCacheName(indexUrl(repo, db.arches[0] ?? "")));
  for (const pkg of allPackages(db)) {
    const installed = pkg.installed !== undefined;
    const wanted = settings.purge ? tmpfs && installed : installed || isAvailable(db, pkg);
    // One of another size has been damaged.
    const name = packageCacheName(pkg);
    if (wanted && root.lstat(`${dir}/${name}`)?.size === pkg.info.size) kept.add(name);
  }
  const entries = yield* root.list(dir);
  for (const { name } of entries) {
    if (kept.has(name)) continue;
    yield* print.verbose(`deleting ${name}`);
    if (!settings.simulate) root.tryUnlink(`${dir}/${name}`);
  }
  return 0;
}

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  const [action = "", ...rest] = args;
  if (!["clean", "download", "purge", "sync"].includes(action)) {
    yield* ctx.print.error(
      "Which? apk cache clean, apk cache download, apk cache purge or apk cache sync",
    );
    return 99;
  }
  if (action === "purge") ctx.settings.purge = true;
  if (!hasCache(ctx)) {
    if (action === "clean" || action === "purge") return 0;
    yield* ctx.print.error("Package cache is not enabled.");
    return 2;
  }
  if (action === "download" || action === "sync") {
    const status = yield* download(ctx, db, rest);
    if (status !== 0 || action === "download") return status;
  }
  return yield* clean(ctx, db);
}

export const cache: Applet = {
  name: "cache",
  summary: "Keep the package cache in order",
  group: "system",
  arguments: "clean | download [DEPENDENCIES...] | purge | sync [DEPENDENCIES...]",
  description:
    "download fetches what the world (or the given dependencies) needs into the cache; clean removes " +
    "what no repository has any more, and with --purge what is not installed; purge is that; sync " +
    "does both.",
  optionGroups: [],
  options: [
    { name: "add-dependencies", help: "Take the given dependencies in addition to the world" },
    {
      name: "available",
      letter: "a",
      help: "Choose what repositories have, even if that is an older version",
    },
    { name: "latest", letter: "l", help: "Always choose the latest version" },
    { name: "simulate", letter: "s", bool: true, help: "Only tell what would be done" },
    { name: "upgrade", letter: "u", help: "Of installed packages take upgrades" },
  ],
  open: (ctx) => {
    if (ctx.flag("simulate")) ctx.settings.simulate = true;
    return { access: "write", installed: true, world: true, repositories: true, cacheWrite: true };
  },
  run,
};
