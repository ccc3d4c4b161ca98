// Fills a Database with what a command's OpenRequest asks: world, installed packages, repositories and indexes.
import { ENOENT, ENOTDIR, Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { strOf } from "../lib/bytes.ts";
import { strerror } from "../libc/strerror.ts";
import { mkdir, readText, tryStat } from "../libc/unistd.ts";
import type { OpenRequest } from "./applet.ts";
import { machineArch } from "./arch.ts";
import { cacheDir, hasCache, isTmpfs, packageCacheName, readIndex } from "./cache.ts";
import type { Context } from "./context.ts";
import { Database } from "./database.ts";
import { parseDependency } from "./dependency.ts";
import { errorText } from "./errors.ts";
import { noProblems, parseIndex } from "./index-text.ts";
import { parseInstalled } from "./installed-text.ts";
import { recover } from "./journal.ts";
import { type RepositoryLine, RepositoryParser } from "./repoparser.ts";
import { FIRST_REPOSITORY, IN_CACHE, REPOSITORIES_MAX, type Repository } from "./repository.ts";
import { isRemote, shownUrl } from "./source.ts";
import {
  INSTALLED,
  initDatabase,
  lockDatabase,
  readScripts,
  readTriggers,
  WORLD,
} from "./state.ts";
import { loadTrust, type Trust } from "./trust.ts";
import { formatWorldDependency, sortWorld } from "./world.ts";

const TEXT_MAX = 1 << 28;

/** Could not be opened: main.ts prints "ERROR: message" (message "": has been told) and ends with the status. */
export class OpenError {
  readonly message: string;
  readonly status: number;

  constructor(message: string, status = 99) {
    this.message = message;
    this.status = status;
  }
}

/** Runs a part of opening; what goes wrong with files is told as "Unable to …" and ends it. */
function* attempt<T>(ctx: Context, what: string, steps: () => Steps<T>): Steps<T> {
  try {
    return yield* steps();
  } catch (e) {
    const reason = e instanceof SyntaxError ? e.message : errorText(e);
    yield* ctx.print.error(`Unable to ${what}: ${reason}`);
    throw new OpenError(`Failed to open apk database: ${reason}`);
  }
}

/** --initdb makes the root, too. */
function makeRoot(ctx: Context): void {
  const { root } = ctx.settings;
  for (let at = root.indexOf("/", 1); ; at = root.indexOf("/", at + 1)) {
    const path = at < 0 ? root : root.slice(0, at);
    if (tryStat(ctx.sys, path) === undefined) mkdir(ctx.sys, path, 0o755);
    if (at < 0) return;
  }
}

/** Throws OpenError. */
export function* openDatabase(ctx: Context, request: OpenRequest): Steps<Database> {
  const { settings } = ctx;
  const db = new Database();
  yield* attempt(ctx, "open root", function* () {
    if (request.create === true && !settings.simulate) makeRoot(ctx);
    void ctx.root;
  });
  // A database that a user made stays a user's.
  const owner = ctx.root.stat("lib/apk/db")?.uid ?? 0;
  if (owner !== 0 && ctx.sys.geteuid() !== 0) settings.usermode = true;
  db.arches = settings.arch.length > 0 ? [...settings.arch] : yield* readArches(ctx);
  const writes = request.access === "write" && !settings.simulate;
  if (writes) {
    if (request.create)
      yield* attempt(ctx, "create database", () => initDatabase(ctx, db.arches[0] as string));
    yield* attempt(ctx, "lock database", () => lockDatabase(ctx));
  }
  const { from } = settings;
  if (from === "system" || from === "installed")
    yield* attempt(ctx, "read database state", () => readState(ctx, db, request));
  if (request.repositories) yield* openRepositories(ctx, db, request);
  return db;
}

function* readArches(ctx: Context): Steps<string[]> {
  const text = (yield* ctx.root.readText("etc/apk/arch", 1 << 16)) ?? "";
  const arches = text.split(/\s+/).filter((word) => word !== "");
  return arches.length > 0 ? arches : [machineArch(ctx.sys)];
}

function* readState(ctx: Context, db: Database, request: OpenRequest): Steps<void> {
  if (request.world) yield* readWorld(ctx, db);
  if (!request.installed) return;
  let text: string;
  try {
    text = strOf(yield* ctx.root.readFile(INSTALLED, TEXT_MAX));
  } catch (e) {
    if (e !== ENOENT || !request.create) throw e;
    text = "";
  }
  for (const one of parseInstalled(text)) {
    const pkg = db.add(one.pkg);
    if (pkg !== one.pkg) continue;
    db.installed.push(one);
  }
  if (request.access === "write" || request.scripts) yield* readScripts(ctx.root, db.installed);
  db.triggers = yield* readTriggers(ctx.root, db.installed);
  yield* recover(ctx, db, request.access === "write" && !ctx.settings.simulate);
}

function* readWorld(ctx: Context, db: Database): Steps<void> {
  const text = ctx.settings.testWorld ?? (yield* ctx.root.readText(WORLD, TEXT_MAX)) ?? "";
  for (const word of text.split(/\s+/)) {
    if (word === "") continue;
    const dep = parseDependency(word);
    if (dep === undefined) throw new SyntaxError(`'${word}' in world is no dependency`);
    db.world.push(dep);
  }
  db.world = sortWorld(db.world);
}

// ---- repositories ----------------------------------------------------------------------------------

/** What -X, --repository-config, the repositories file and the lists name, in that order. */
export function* readRepositoryLines(ctx: Context, arch: string): Steps<RepositoryLine[]> {
  const { settings, sys } = ctx;
  const warnings: string[] = [];
  const parser = new RepositoryParser(arch, (text) => warnings.push(text));
  // 2.14 takes the last -X first.
  const given = settings.legacyOutput ? settings.repositories.toReversed() : settings.repositories;
  const lines = given.flatMap((line) => parser.parseLine(line, false));
  for (const text of settings.repositoryConfig)
    lines.push(...parser.parseFile("command line", text));
  // Without the system's repositories there still are those of the command line.
  const own = settings.from === "none" || settings.from === "installed";
  const file = settings.repositoriesFile;
  if (own) {
    for (const text of warnings) yield* ctx.print.warning(text);
    return lines;
  }
  if (file !== undefined) {
    const outside = file.startsWith("/") || file.startsWith(".");
    const text = yield* outside ? readText(sys, file, TEXT_MAX) : ctx.root.readText(file, TEXT_MAX);
    if (text !== undefined) lines.push(...parser.parseFile(file, text));
  } else {
    const text = yield* ctx.root.readText("etc/apk/repositories", TEXT_MAX);
    if (text !== undefined) lines.push(...parser.parseFile("etc/apk/repositories", text));
    yield* readLists(ctx, parser, lines);
  }
  for (const text of warnings) yield* ctx.print.warning(text);
  return lines;
}

/** repositories.d: of lists with one name the first is taken. */
function* readLists(ctx: Context, parser: RepositoryParser, lines: RepositoryLine[]): Steps<void> {
  const seen = new Set<string>();
  for (const dir of ["etc/apk/repositories.d", "lib/apk/repositories.d"]) {
    let names: string[];
    try {
      names = (yield* ctx.root.list(dir)).map(({ name }) => name);
    } catch (e) {
      if (e !== ENOENT && e !== ENOTDIR) throw e;
      continue;
    }
    for (const name of names.sort()) {
      if (!name.endsWith(".list") || name.startsWith(".") || seen.has(name)) continue;
      seen.add(name);
      const text = yield* ctx.root.readText(`${dir}/${name}`, TEXT_MAX);
      if (text !== undefined) lines.push(...parser.parseFile(`${dir}/${name}`, text));
    }
  }
}

function* openRepositories(ctx: Context, db: Database, request: OpenRequest): Steps<void> {
  const arch = db.arches[0] as string;
  let trust: Trust | undefined;
  const lines = yield* readRepositoryLines(ctx, arch);
  for (const { url, tag, type } of lines) {
    if (db.repositories.some((known) => known.url === url && known.tag === tag)) continue;
    if (db.repositories.length >= REPOSITORIES_MAX)
      throw new OpenError(`Too many repositories: more than ${REPOSITORIES_MAX}`);
    const repo: Repository = {
      url,
      tag,
      type,
      bit: FIRST_REPOSITORY << db.repositories.length,
      remote: isRemote(url),
      reachable: ctx.settings.network || !isRemote(url),
      description: "",
      packageSpec: "",
      error: "",
    };
    db.repositories.push(repo);
    trust ??= yield* loadTrust(ctx);
    // 2.14 fetches indexes only when it is about to change something.
    const updates =
      !request.noUpdate &&
      !ctx.settings.simulate &&
      (request.access === "write" || !ctx.settings.legacyOutput);
    const index = yield* readIndex(ctx, trust, repo, arch, updates);
    if (index === undefined) continue;
    repo.description = index.description;
    repo.packageSpec = index.packageSpec ?? "";
    for (const pkg of index.packages ?? []) {
      pkg.repositories = repo.bit;
      db.add(pkg);
    }
    if (index.packages === undefined) yield* addIndex(ctx, db, repo, strOf(index.text));
  }
  yield* addCached(ctx, db);
  if (db.newerPackages && !ctx.settings.forceOldApk)
    yield* ctx.print.warning("This apk-tools is OLD! Some packages might not function properly.");
  if (db.brokenPackages)
    yield* ctx.print.warning("The indexes contain broken packages which are not installable.");
  for (const dep of db.world)
    if (!db.knowsTag(dep.tag))
      yield* ctx.print.warning(
        `The repository tag for world dependency '${formatWorldDependency(dep)}' does not exist`,
      );
}

function* addIndex(ctx: Context, db: Database, repo: Repository, text: string): Steps<void> {
  const problems = noProblems();
  for (const pkg of parseIndex(text, problems)) {
    pkg.repositories = repo.bit;
    db.add(pkg);
  }
  db.newerPackages ||= problems.newer;
  db.brokenPackages ||= problems.broken;
  if (!problems.malformed) return;
  repo.error = "database file format error";
  yield* ctx.print.warning(`opening ${shownUrl(repo.url)}: ${repo.error}`);
}

// ---- the cache -------------------------------------------------------------------------------------

/** Marks what lies in the package cache; what its index of a run from RAM knows is added. */
function* addCached(ctx: Context, db: Database): Steps<void> {
  if (!hasCache(ctx)) return;
  const dir = cacheDir(ctx);
  if (isTmpfs(ctx)) {
    const text = yield* ctx.root.readText(`${dir}/installed`, TEXT_MAX);
    if (text !== undefined)
      for (const pkg of parseIndex(text, noProblems())) {
        pkg.repositories = IN_CACHE;
        db.add(pkg);
      }
  }
  let names: string[];
  try {
    names = (yield* ctx.root.list(dir)).map(({ name }) => name);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    if (e !== ENOENT) yield* ctx.print.warning(`opening cache: ${strerror(e)}`);
    return;
  }
  for (const file of names) {
    // "name-version.<8 hex>.apk"
    const id = file.slice(0, -13);
    const dash = /^(.+)-\d[^-]*(-r\d+)?$/.exec(id)?.[1];
    if (!file.endsWith(".apk") || dash === undefined) continue;
    for (const { pkg } of db.names.get(dash)?.providers ?? [])
      if (pkg.id === id && packageCacheName(pkg) === file) pkg.repositories |= IN_CACHE;
  }
}
