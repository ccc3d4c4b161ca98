// apk fetch: copies package files from repositories into a directory (apk-fetch(8)).
import { EEXIST, EXDEV } from "../abi/errno.ts";
import { O_CREAT, O_EXCL, O_WRONLY } from "../abi/fcntl.ts";
import type { Steps } from "../abi/program.ts";
import { settle } from "../abi/program.ts";
import { isatty } from "../libc/stdio.ts";
import { link, open, rename, tryStat, unlink, writeAll } from "../libc/unistd.ts";
import type { Applet } from "./applet.ts";
import { explainErrors } from "./apply.ts";
import { packageUrl } from "./cache.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { parseDependency } from "./dependency.ts";
import { errorText } from "./errors.ts";
import type { Package } from "./package.ts";
import { type Candidate, candidates, teeSource, verifyPackage } from "./package-source.ts";
import { comparePackages, isAvailable, isPattern, matchingNames, providersOf } from "./select.ts";
import { solve } from "./solver.ts";
import { isRemote, localPath } from "./source.ts";

/** "YYYY-MM-DD HH:MM:SS", its beginning, or seconds since 1970; undefined for anything else. */
function parseTime(text: string): number | undefined {
  if (/^\d{1,12}$/.test(text)) return +text;
  const parts = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text);
  if (parts === null) return undefined;
  const [y = 0, mo = 1, d = 1, h = 0, mi = 0, s = 0] = parts.slice(1).map((n) => Number(n ?? 0));
  return Date.UTC(y, mo - 1, d, h, mi, s) / 1000;
}

/** The packages that are asked for, sorted; what there is none of has been told and counted. */
function* select(
  ctx: Context,
  db: Database,
  args: readonly string[],
): Steps<{ packages: Package[]; failed: number }> {
  const found = new Set<Package>();
  let failed = 0;
  const world = ctx.flag("world");
  if (world) {
    const solution = solve(db, db.world, { flags: 0, width: ctx.print.screenWidth });
    if (solution.plan === undefined) {
      yield* explainErrors(ctx, solution.errors);
      return { packages: [], failed: 1 };
    }
    for (const { to } of solution.plan.changes) if (to !== undefined) found.add(to);
  }
  for (const arg of args) {
    const names = isPattern(arg) ? matchingNames(db, [arg]).map(({ name }) => name) : [arg];
    for (const name of names) {
      const chosen = world || ctx.flag("recursive") ? withDependencies(db, name) : best(db, name);
      for (const pkg of chosen) found.add(pkg);
      if (chosen.length > 0) continue;
      failed++;
      yield* ctx.print.out(`${name}: unable to select package (or its dependencies)\n`);
    }
  }
  return { packages: [...found].sort(comparePackages), failed };
}

/** The latest package that has the name, else one that provides it; none or one. */
function best(db: Database, name: string): Package[] {
  const known = db.names.get(name);
  const all = known === undefined ? [] : providersOf(known).filter((pkg) => isAvailable(db, pkg));
  const own = all.filter((pkg) => pkg.name === name);
  return (own.length > 0 ? own : all).sort(comparePackages).slice(-1);
}

/** What must be installed for a name on an empty system; nothing when that cannot be. */
function withDependencies(db: Database, name: string): Package[] {
  const dep = parseDependency(name);
  const solution = dep && solve(db, [dep], { flags: 0 });
  return (solution?.plan?.changes ?? []).flatMap(({ to }) => (to === undefined ? [] : [to]));
}

/** The name of the file that a package is written to. */
function fileName(ctx: Context, db: Database, pkg: Package): string {
  const spec = ctx.value("pkgname-spec");
  if (spec === undefined) return `${pkg.id}.apk`;
  const repo = { url: "", type: "v3", packageSpec: spec } as const;
  return packageUrl(repo, pkg, db.arches[0] ?? "").replace(/^\/+/, "");
}

/** Writes one to a file of its own; true when it was there already. */
function* fetchToFile(ctx: Context, pkg: Package, place: Candidate, path: string): Steps<void> {
  const { sys } = ctx;
  const { repository } = place;
  if (ctx.flag("link") && repository !== undefined && !isRemote(repository.url)) {
    try {
      link(sys, localPath(place.name), path);
      return;
    } catch (e) {
      if (e === EEXIST) {
        unlink(sys, path);
        link(sys, localPath(place.name), path);
        return;
      }
      if (e !== EXDEV) throw e;
    }
  }
  const temporary = `${path}.new`;
  if (tryStat(sys, temporary) !== undefined) unlink(sys, temporary);
  const fd = yield* settle(open(sys, temporary, O_WRONLY | O_CREAT | O_EXCL, 0o644));
  try {
    const source = yield* place.open();
    try {
      const copy = teeSource(source, (chunk) => writeAll(sys, fd, chunk));
      yield* verifyPackage(copy, pkg.info.identity);
      while ((yield* copy.read()).length > 0);
    } finally {
      source.close();
    }
    rename(sys, temporary, path);
  } catch (e) {
    unlink(sys, temporary);
    throw e;
  } finally {
    sys.close(fd);
  }
}

function* fetchToStdout(ctx: Context, pkg: Package, place: Candidate): Steps<void> {
  const { stdout } = ctx.p;
  const source = yield* place.open();
  try {
    const copy = teeSource(source, function* (chunk) {
      const w = stdout.write(chunk);
      if (w) yield* w;
    });
    yield* verifyPackage(copy, pkg.info.identity);
    while ((yield* copy.read()).length > 0);
  } finally {
    source.close();
  }
}

/** From the first place that gives it whole. */
function* fetchOne(
  ctx: Context,
  db: Database,
  pkg: Package,
  path: string | undefined,
): Steps<void> {
  const places = candidates(ctx, db, pkg);
  for (const [i, place] of places.entries()) {
    try {
      if (path === undefined) yield* fetchToStdout(ctx, pkg, place);
      else yield* fetchToFile(ctx, pkg, place, path);
      return;
    } catch (e) {
      // What has gone to standard output cannot be taken back.
      if (path === undefined || i === places.length - 1) throw e;
      yield* ctx.print.warning(`${pkg.id}: ${place.name}: ${errorText(e)}`);
    }
  }
}

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  const { print, sys } = ctx;
  const toStdout = ctx.flag("stdout");
  if (toStdout && isatty(sys, 1) && !ctx.settings.forceBinaryStdout) {
    yield* print.error("Will not write package data to the terminal (--force-binary-stdout does)");
    return 1;
  }
  const since = ctx.value("built-after");
  const builtAfter = since === undefined ? 0 : parseTime(since);
  if (builtAfter === undefined) {
    yield* print.error(`'${since}' is no date`);
    return 1;
  }
  const selected = yield* select(ctx, db, args);
  let { failed } = selected;
  if (failed > 0) return Math.min(failed, 127);
  const directory = ctx.value("output") ?? ".";
  for (const pkg of selected.packages) {
    if (pkg.info.buildTime !== 0 && pkg.info.buildTime <= builtAfter) continue;
    const [place] = candidates(ctx, db, pkg);
    if (place === undefined) continue;
    const path = toStdout ? undefined : `${directory}/${fileName(ctx, db, pkg)}`;
    const there = path === undefined ? undefined : tryStat(sys, path);
    if (there !== undefined && there.size === pkg.info.size) continue;
    if (ctx.flag("url")) yield* print.out(`${place.name}\n`);
    else if (!toStdout) yield* print.message(`Downloading ${pkg.id}`);
    if (ctx.settings.simulate) continue;
    try {
      yield* fetchOne(ctx, db, pkg, path);
    } catch (e) {
      failed++;
      yield* print.error(`${pkg.id}: ${errorText(e)}`);
    }
  }
  return Math.min(failed, 127);
}

export const fetch: Applet = {
  name: "fetch",
  summary: "Download packages into a directory",
  group: "repository",
  arguments: "PACKAGES...",
  description: "Copies package files from the repositories into the current directory.",
  optionGroups: ["source"],
  options: [
    {
      name: "built-after",
      value: "TIMESPEC",
      help: "Only packages built later: YYYY-MM-DD HH:MM:SS, or seconds since 1970",
    },
    { name: "link", letter: "l", help: "Make hard links where that can be done" },
    { name: "output", letter: "o", value: "DIR", help: "Put the files there" },
    { name: "pkgname-spec", value: "SPEC", help: "Name the files like ${name}-${version}.apk" },
    { name: "recursive", letter: "R", help: "With everything the packages depend on" },
    { name: "simulate", bool: true, help: "Only tell what would be done" },
    { name: "stdout", letter: "s", help: "Write the files to standard output" },
    { name: "url", help: "Print the URL of each package" },
    { name: "world", letter: "w", help: "All that the world needs; with -R's dependencies" },
  ],
  open: (ctx) => {
    if (ctx.flag("simulate")) ctx.settings.simulate = true;
    return { access: "read", world: true, repositories: true };
  },
  run,
};
