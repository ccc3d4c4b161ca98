// Applies a plan to the disk: hooks, scripts, files and triggers, and the database last.
import { Errno } from "../abi/errno.ts";
import { type Steps, settle } from "../abi/program.ts";
import { strOf } from "../lib/bytes.ts";
import { S_ISDIR } from "../libc/stat.ts";
import { readAll } from "../libc/unistd.ts";
import { cacheDir, hasCache, isTmpfs } from "./cache.ts";
import {
  type Change,
  changeSize,
  confirmPlan,
  isUnavailable,
  type Plan,
  planSize,
  printChange,
  printSummary,
  touchesFiles,
} from "./changes.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { ApkError, errorText } from "./errors.ts";
import { formatIndexRecord } from "./index-text.ts";
import { Installation, type InstallState } from "./install.ts";
import type { InstalledPackage } from "./installed.ts";
import { forget, Journal } from "./journal.ts";
import { logCommand } from "./log.ts";
import { Owners } from "./owners.ts";
import type { Package } from "./package.ts";
import { type Candidate, candidates, fetchIntoCache, isCacheable } from "./package-source.ts";
import { openPackage } from "./package-stream.ts";
import { loadProtectedPaths } from "./protected-paths.ts";
import { removeFiles } from "./remove.ts";
import { runHooks, runScript } from "./scripts.ts";
import { descriptorSource, type Source } from "./source.ts";
import { wantsSync, writeState } from "./state.ts";
import { runTriggers } from "./triggers.ts";
import { Trust } from "./trust.ts";
import { UserNames } from "./user-names.ts";

const OVERLAY_MAX = 1 << 26;

/**
 * Applies a plan, or with --simulate tells it. Answers the exit status: the number of changes that failed and of
 * packages that are broken; all has been told.
 */
export function* commitPlan(ctx: Context, db: Database, plan: Plan): Steps<number> {
  if (!(yield* confirmPlan(ctx, db, plan))) return 0;
  if (plan.changes.some((change) => isLostAtBoot(ctx, change))) {
    yield* ctx.print.error(
      "You tried to add a non-repository package to system, but it would be lost on next reboot. " +
        "Enable package caching (apk cache --help) or use --force-non-repository if you know what you are doing.",
    );
    return 99;
  }
  if (ctx.settings.simulate) {
    const total = planSize(plan);
    let done = 0;
    for (const [i, change] of plan.changes.entries()) {
      yield* printChange(ctx, db, plan, i);
      yield* ctx.print.progress(done, total);
      done += changeSize(change);
    }
    if (done > 0) yield* ctx.print.progress(total, total);
    yield* ctx.print.clearProgress();
    return plan.partial ? 0 : yield* printSummary(ctx, db, 0, plan);
  }
  try {
    return yield* new Commit(ctx, db, plan).run();
  } catch (e) {
    // What was done stands in the journal, if that could be written.
    if (!(e instanceof Errno)) throw e;
    yield* ctx.print.error(
      `System state may be inconsistent: failed to write database: ${errorText(e)}`,
    );
    return 99;
  }
}

/** A package from a file, on a root that only the cache and repositories can restore, and no cache. */
function isLostAtBoot(ctx: Context, { to }: Change): boolean {
  if (to === undefined || to.filename === "" || to.installed !== undefined) return false;
  return !ctx.settings.forceNonRepository && !hasCache(ctx) && isTmpfs(ctx);
}

class Commit {
  readonly #ctx: Context;
  readonly #db: Database;
  readonly #plan: Plan;
  readonly #owners: Owners;
  readonly #journal: Journal;
  readonly #users = new UserNames();
  readonly #changed = new Set<string>();
  /** Packages whose triggers are new. */
  readonly #fresh = new Set<InstalledPackage>();
  #errors = 0;
  /** Of what the plan counts for. */
  #done = 0;

  constructor(ctx: Context, db: Database, plan: Plan) {
    this.#ctx = ctx;
    this.#db = db;
    this.#plan = plan;
    this.#owners = new Owners(db);
    this.#journal = new Journal(ctx);
  }

  *run(): Steps<number> {
    const ctx = this.#ctx;
    const { changes, world, partial } = this.#plan;
    const state: InstallState = {
      owners: this.#owners,
      rules: yield* loadProtectedPaths(ctx),
      journal: this.#journal,
      changed: this.#changed,
      overlay: yield* readOverlay(ctx),
      users: this.#users,
    };
    if (ctx.settings.cachePredownload && !(yield* this.#predownload())) return this.#errors;
    if (!(yield* runHooks(ctx, "pre-commit"))) return 99;
    yield* logCommand(ctx);
    this.#db.world = [...world];
    yield* this.#journal.begin(this.#db);
    const total = planSize(this.#plan);
    for (const [i, change] of changes.entries()) {
      yield* printChange(ctx, this.#db, this.#plan, i);
      yield* ctx.print.progress(this.#done, total);
      const done = this.#done;
      const most = change.to?.info.installedSize ?? 0;
      const advance = (bytes: number): Steps<void> =>
        ctx.print.progress(done + Math.min(bytes, most), total);
      if (!isUnavailable(this.#db, change)) yield* this.#apply(state, change, advance);
      this.#done = done + changeSize(change);
    }
    if (changes.length > 0) yield* ctx.print.progress(total, total);
    yield* ctx.print.clearProgress();
    yield* runTriggers(ctx, this.#db, this.#owners, this.#changed, this.#fresh);
    if (this.#db.resetDirectories) yield* this.#resetDirectories();
    if (wantsSync(ctx)) yield* settle(ctx.sys.sync());
    yield* writeState(ctx, this.#db);
    if (hasCache(ctx) && isTmpfs(ctx)) yield* this.#rememberInCache();
    this.#journal.end();
    yield* runHooks(ctx, "post-commit");
    for (const one of this.#db.installed) if (one.brokenFiles || one.brokenScript) this.#errors++;
    return partial ? this.#errors : yield* printSummary(ctx, this.#db, this.#errors);
  }

  *#apply(
    state: InstallState,
    change: Change,
    advance: (bytes: number) => Steps<void>,
  ): Steps<void> {
    const { from, to } = change;
    try {
      if (!touchesFiles(change)) {
        if (to?.installed !== undefined) to.installed.repositoryTag = change.tag;
      } else if (to !== undefined)
        yield* this.#install(state, to, from?.installed, change.tag, advance);
      else if (from?.installed !== undefined) yield* this.#purge(state, from.installed);
    } catch (e) {
      this.#errors++;
      yield* this.#ctx.print.error(`${(to ?? from)?.id ?? ""}: ${errorText(e)}`);
    }
  }

  *#install(
    state: InstallState,
    pkg: Package,
    old: InstalledPackage | undefined,
    tag: string,
    advance: (bytes: number) => Steps<void>,
  ): Steps<void> {
    const ctx = this.#ctx;
    // Layers beside the root are volumes of OpenWrt's uvol.
    if (pkg.info.layer !== 0) throw new ApkError("volumes (uvol) are not supported");
    yield* this.#users.load(ctx);
    const args = old === undefined ? [pkg.version] : [pkg.version, old.pkg.version];
    const kind = old === undefined ? "install" : "upgrade";
    let installation = new Installation(ctx, state, pkg, old);
    if (pkg.info.installedSize !== 0) {
      const places = candidates(ctx, this.#db, pkg);
      if (places.length === 0)
        throw new ApkError("package mentioned in index not found (try 'apk update')");
      let scripted = false;
      for (const [i, place] of places.entries()) {
        let source: Source | undefined;
        try {
          source = yield* this.#open(pkg, place);
          const trust = new Trust(new Map(), false);
          const reader = yield* openPackage(source, trust, pkg.info.identity);
          const control = yield* reader.control();
          const { one } = installation;
          for (const [type, script] of control.scripts) one.scripts.set(type, script);
          for (const [type, mtime] of control.scriptTimes) one.scriptTimes.set(type, mtime);
          one.triggers = control.info.triggers.split(/\s+/).filter(Boolean);
          Object.assign(pkg.info, {
            replaces: control.info.replaces,
            replacesPriority: control.info.replacesPriority,
            triggers: control.info.triggers,
          });
          if (!scripted) yield* runScript(ctx, one, `pre-${kind}`, args);
          scripted = true;
          yield* installation.extract(reader, advance);
          break;
        } catch (e) {
          installation.abandon();
          if (i === places.length - 1) throw e;
          yield* ctx.print.warning(
            `${pkg.id}: ${place.name}: ${errorText(e)}; trying ${(places[i + 1] as Candidate).name}`,
          );
          const { brokenScript } = installation.one;
          installation = new Installation(ctx, state, pkg, old);
          installation.one.brokenScript = brokenScript;
        } finally {
          source?.close();
        }
      }
    }
    const { one } = installation;
    one.repositoryTag = tag;
    yield* this.#journal.change(one, old);
    const places = yield* installation.migrate();
    if (old !== undefined) {
      this.#owners.remove(old);
      forget(this.#db, old);
    }
    this.#owners.add(one);
    if (old !== undefined) yield* removeFiles(ctx, state, old, places);
    this.#db.installed.push(one);
    pkg.installed = one;
    if (one.triggers.length > 0) {
      this.#db.triggers.push(one);
      this.#fresh.add(one);
    }
    yield* this.#journal.done();
    yield* runScript(ctx, one, `post-${kind}`, args);
  }

  /** Opens a package's file at a place, by way of the cache if that is wanted. */
  *#open(pkg: Package, place: Candidate): Steps<Source> {
    const ctx = this.#ctx;
    if (!isCacheable(ctx, place)) return yield* place.open();
    let path: string;
    try {
      path = yield* fetchIntoCache(ctx, pkg, place);
    } catch (e) {
      // A cache that cannot be written is none.
      if (!(e instanceof Errno)) throw e;
      return yield* place.open();
    }
    return descriptorSource(ctx.sys, yield* ctx.root.open(path, 0));
  }

  *#purge(state: InstallState, one: InstalledPackage): Steps<void> {
    const ctx = this.#ctx;
    yield* runScript(ctx, one, "pre-deinstall", [one.pkg.version]);
    yield* this.#journal.remove(one);
    this.#owners.remove(one);
    yield* removeFiles(ctx, state, one, new Set());
    forget(this.#db, one);
    yield* this.#journal.done();
    yield* runScript(ctx, one, "post-deinstall", [one.pkg.version]);
  }

  /** Roots that are lost at boot are told by the cache what was installed. */
  *#rememberInCache(): Steps<void> {
    const text = this.#db.installed.map(({ pkg }) => formatIndexRecord(pkg)).join("");
    try {
      yield* this.#ctx.root.replaceFile(`${cacheDir(this.#ctx)}/installed`, text, 0o644, false);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* this.#ctx.print.warning(`Unable to write to the cache: ${errorText(e)}`);
    }
  }

  /** Gives every directory the owner and mode that its packages want. */
  *#resetDirectories(): Steps<void> {
    const { root, print } = this.#ctx;
    let failed = 0;
    for (const path of this.#owners.directories) {
      const wanted = [...this.#owners.directory(path).values()].at(-1);
      const { uid, gid, mode } = wanted?.acl ?? { uid: 0, gid: 0, mode: 0o755 };
      try {
        const st = path === "" || wanted === undefined ? undefined : root.stat(path);
        if (st === undefined || !S_ISDIR(st.mode)) continue;
        if (st.uid !== uid || st.gid !== gid) root.chown(path, uid, gid);
        if ((st.mode & 0o7777) !== mode || st.uid !== uid || st.gid !== gid) root.chmod(path, mode);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        failed++;
      }
    }
    if (failed > 0) yield* print.error(`${failed} errors updating directory permissions`);
  }

  /** --cache-predownload: everything is there before anything is changed. */
  *#predownload(): Steps<boolean> {
    const ctx = this.#ctx;
    for (const change of this.#plan.changes) {
      const { to } = change;
      if (to === undefined || !touchesFiles(change) || to.info.installedSize === 0) continue;
      const places = candidates(ctx, this.#db, to);
      const place = places[0];
      if (place === undefined || !isCacheable(ctx, place)) continue;
      yield* ctx.print.message(`Downloading ${to.id}`);
      try {
        yield* fetchIntoCache(ctx, to, place);
      } catch (e) {
        this.#errors++;
        yield* ctx.print.error(`${to.id}: ${errorText(e)}`);
      }
    }
    return this.#errors === 0;
  }
}

/** The files that --overlay-from-stdin names, one a line. */
function* readOverlay(ctx: Context): Steps<ReadonlySet<string>> {
  if (!ctx.settings.overlayFromStdin) return new Set();
  const text = strOf(yield* readAll(ctx.sys, 0, OVERLAY_MAX));
  return new Set(text.split("\n").map((line) => line.replace(/^\/+/, "")));
}
