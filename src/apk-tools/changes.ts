// What is to be done to a root: the plan a solver makes and commit.ts carries out, and how it is told.
import { type Steps, settle } from "../abi/program.ts";
import { LineReader } from "../libc/stdio.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import type { Dependency } from "./dependency.ts";
import type { Package } from "./package.ts";
import { formatSize, wrapWords } from "./print.ts";
import { IN_CACHE } from "./repository.ts";
import { compareVersions } from "./version.ts";

/** One package's change. The same package in both and not `reinstall`: only its tag changes. */
export interface Change {
  readonly from: Package | undefined;
  readonly to: Package | undefined;
  /** The same package once more. */
  readonly reinstall: boolean;
  /** Repository tag the new one is pinned to ("" none): goes to InstalledPackage.repositoryTag. */
  readonly tag: string;
}

/** Changes in the order in which they are to be made, and the world that asked for them. */
export interface Plan {
  readonly changes: readonly Change[];
  readonly world: readonly Dependency[];
  /** More will follow: the last line ("OK: …") is not told. */
  readonly partial?: boolean;
}

/** What a change counts for in the progress: one, and for what is installed its size (once more to do it again). */
export function changeSize({ to, from, reinstall }: Change): number {
  if (to === undefined || (to === from && !reinstall)) return 1;
  return 1 + to.info.installedSize + (reinstall ? 1 : 0);
}

export function planSize({ changes }: Plan): number {
  return changes.reduce((sum, change) => sum + changeSize(change), 0);
}

/** Does it change anything on the disk besides the database? False: a change of tag only. */
export function touchesFiles(change: Change): boolean {
  return change.from !== change.to || change.reinstall;
}

/** "Installing b (2)", "Upgrading b (1 -> 2)" …, as the line of its commit says after "(1/3) ". */
export function describeChange({ from, to, reinstall, tag }: Change): string {
  if (to === undefined) return from === undefined ? "" : `Purging ${from.name} (${from.version})`;
  const name = tag === "" ? to.name : `${to.name}@${tag}`;
  if (from === undefined) return `Installing ${name} (${to.version})`;
  if (from === to)
    return `${reinstall ? "Reinstalling" : "Updating pinning"} ${name} (${to.version})`;
  const order = compareVersions(from.version, to.version);
  const what = order < 0 ? "Upgrading" : order > 0 ? "Downgrading" : "Replacing";
  return `${what} ${name} (${from.version} -> ${to.version})`;
}

/** The package that is to come cannot be had from anywhere: the change is skipped. */
export function isUnavailable(db: Database, change: Change): boolean {
  const { to } = change;
  if (to === undefined || !touchesFiles(change)) return false;
  if (to.filename !== "" || to.info.installedSize === 0) return false;
  let available = IN_CACHE;
  for (const repo of db.repositories) if (repo.reachable) available |= repo.bit;
  return (to.repositories & available) === 0;
}

/** "(1/3) Installing b (2)": the line before change `index` is made (also by --simulate). */
export function* printChange(ctx: Context, db: Database, plan: Plan, index: number): Steps<void> {
  const change = plan.changes[index] as Change;
  const total = String(plan.changes.length);
  const number = String(index + 1).padStart(ctx.settings.legacyOutput ? 0 : total.length);
  const skipped = isUnavailable(db, change) ? "[APK unavailable, skipped] " : "";
  yield* ctx.print.message(`(${number}/${total}) ${skipped}${describeChange(change)}`);
}

interface Kind {
  readonly heading: string;
  readonly has: (change: Change) => boolean;
}

/** In the order in which they are listed. */
function kinds(): Kind[] {
  const order = ({ from, to }: Change): number | undefined =>
    from === undefined || to === undefined || from === to
      ? undefined
      : compareVersions(from.version, to.version);
  return [
    { heading: "The following packages will be REMOVED", has: (c) => c.to === undefined },
    {
      heading: "The following packages will be DOWNGRADED",
      has: (c) => (order(c) ?? 0) > 0,
    },
    { heading: "The following NEW packages will be installed", has: (c) => c.from === undefined },
    { heading: "The following packages will be upgraded", has: (c) => (order(c) ?? 0) < 0 },
    {
      heading: "The following packages will be reinstalled",
      has: (c) => c.from === c.to || order(c) === 0,
    },
  ];
}

/** Bytes that the plan adds to what is on the disk. */
function growth(plan: Plan): number {
  let bytes = 0;
  for (const { from, to } of plan.changes)
    bytes += (to?.info.installedSize ?? 0) - (from?.info.installedSize ?? 0);
  return bytes;
}

/** Bytes that must be fetched. */
function download(db: Database, plan: Plan): number {
  let bytes = 0;
  for (const { from, to, reinstall } of plan.changes) {
    if (to === undefined || (from === to && !reinstall) || to.filename !== "") continue;
    const repo = db.repositories.find(({ bit }) => (bit & to.repositories) !== 0);
    if (repo !== undefined && (to.repositories & 1) === 0 && repo.url.includes("://"))
      bytes += to.info.size;
  }
  return bytes;
}

function* answerIsYes(ctx: Context): Steps<boolean> {
  const f = ctx.p.stdout.flush();
  if (f) yield* f;
  const line = yield* settle(new LineReader(ctx.p.stdin).next());
  const answer = line === undefined ? "" : line.trim().toLowerCase();
  return answer === "" || answer === "y" || answer === "yes";
}

/**
 * With -i (and -v -v, or -v where something is removed) lists what will happen, and with -i asks. True to go on. Called by commitPlan before anything
 * else.
 */
export function* confirmPlan(ctx: Context, db: Database, plan: Plan): Steps<boolean> {
  const { print, settings } = ctx;
  const ask = settings.interactive === true;
  if (settings.simulate || plan.changes.length === 0) return true;
  const removes = plan.changes.some(({ to }) => to === undefined);
  if (!ask && print.verbosity < (removes ? 2 : 3)) return true;
  for (const { heading, has } of kinds()) {
    const names = plan.changes.filter(has).map((c) => ((c.to ?? c.from) as Package).name);
    if (names.length === 0) continue;
    yield* print.message(`${heading}:`);
    for (const line of wrapWords(names, print.screenWidth - 2)) yield* print.message(`  ${line}`);
  }
  const more = growth(plan);
  const fetched = download(db, plan);
  if (fetched > 0) yield* print.message(`Need to download ${formatSize(fetched)} of packages.`);
  const space = more < 0 ? "disk space will be freed" : "additional disk space will be used";
  yield* print.message(`After this operation, ${formatSize(Math.abs(more))} of ${space}.`);
  if (!ask) return true;
  yield* print.out("Do you want to continue [Y/n]? ");
  return yield* answerIsYes(ctx);
}

/** Packages, directories, files and bytes that are installed, as they are or as they will be after a plan. */
function totals(
  db: Database,
  plan: Plan | undefined,
): [packages: number, directories: number, files: number, bytes: number] {
  const directories = new Set<string>();
  let packages = 0;
  let files = 0;
  let bytes = 0;
  for (const { pkg, directories: dirs } of db.installed) {
    packages++;
    bytes += pkg.info.installedSize;
    for (const dir of dirs) {
      directories.add(dir.path);
      files += dir.files.length;
    }
  }
  // The root counts, too, if anything is in it.
  if (directories.size > 0) directories.add("");
  for (const { from, to } of plan?.changes ?? []) {
    packages += (to === undefined ? 0 : 1) - (from === undefined ? 0 : 1);
    bytes += (to?.info.installedSize ?? 0) - (from?.info.installedSize ?? 0);
  }
  return [packages, directories.size, files, bytes];
}

/**
 * The last line: "OK: 8 MiB in 15 packages", or with errors "3 errors; 8 MiB in 15 packages". `simulated`: a plan that
 * has not been carried out; version 3 counts as if it were, 2.14.4 what is there (its test program does not). Answers the status: the number of errors, at most 127.
 */
export function* printSummary(
  ctx: Context,
  db: Database,
  errors: number,
  simulated?: Plan,
): Steps<number> {
  const { legacyOutput, testWorld } = ctx.settings;
  const counted = legacyOutput && testWorld === undefined ? undefined : simulated;
  const [packages, directories, files, bytes] = totals(db, counted);
  const head = errors === 0 ? "OK:" : `${errors} error${errors === 1 ? "" : "s"};`;
  const size = legacyOutput ? `${Math.floor(bytes / (1024 * 1024))} MiB` : formatSize(bytes);
  if (ctx.print.verbosity >= 2)
    yield* ctx.print.message(
      `${head} ${packages} packages, ${directories} dirs, ${files} files, ${size}`,
    );
  else yield* ctx.print.message(`${head} ${size} in ${packages} packages`);
  return Math.min(errors, 127);
}
