// apk index: makes the index of a repository from package files (apk-index(8)).
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { bytesOf, concat, strOf } from "../lib/bytes.ts";
import { Gzip } from "../lib/gzip.ts";
import { isatty } from "../libc/stdio.ts";
import { stat, tryStat, writeFile } from "../libc/unistd.ts";
import type { Applet } from "./applet.ts";
import { type ArchiveFile, formatArchive } from "./archive.ts";
import { parseIndexFile } from "./cache.ts";
import type { Context } from "./context.ts";
import { Database } from "./database.ts";
import { satisfies } from "./dependency.ts";
import { errorText } from "./errors.ts";
import { formatIndexRecord, noProblems, parseIndex } from "./index-text.ts";
import type { Package } from "./package.ts";
import { readPackageFile } from "./package-stream.ts";
import { comparePackages, compareText } from "./select.ts";
import { fileSource } from "./source.ts";
import { loadTrust, Trust } from "./trust.ts";

/** The packages of an index file, and when it was made. */
function* readOld(
  ctx: Context,
  path: string,
): Steps<{ packages: readonly Package[]; mtime: number }> {
  const source = yield* fileSource(ctx.sys, path);
  try {
    // Who makes an index answers for what goes into it.
    const { text } = yield* parseIndexFile(source, new Trust(new Map(), true));
    return { packages: parseIndex(strOf(text), noProblems()), mtime: source.mtime };
  } finally {
    source.close();
  }
}

/** Names that packages of the index need and nobody there provides, each once, sorted. */
function unprovided(packages: readonly Package[]): string[] {
  const db = new Database();
  for (const pkg of packages) db.add(pkg);
  const missing = new Set<string>();
  for (const pkg of packages)
    for (const dep of pkg.depends) {
      if (dep.conflict || missing.has(dep.name)) continue;
      const providers = db.names.get(dep.name)?.providers ?? [];
      if (!providers.some(({ version }) => satisfies(version, { ...dep, op: 7 })))
        missing.add(dep.name);
    }
  return [...missing].sort(compareText);
}

function pack(files: readonly ArchiveFile[]): Uint8Array {
  const gzip = new Gzip({ level: 9 });
  return concat([gzip.encode(formatArchive(files)), gzip.end()]);
}

function* run(ctx: Context, _db: Database, args: readonly string[]): Steps<number> {
  const { print, sys, p } = ctx;
  const output = ctx.value("output");
  if (output === undefined && isatty(sys, 1) && !ctx.settings.forceBinaryStdout) {
    yield* print.error(
      "Will not write binary index to console. Use --force-binary-stdout to override.",
    );
    return 1;
  }
  const trust = yield* loadTrust(ctx);
  const old: Package[] = [];
  const known = new Map<string, { pkg: Package; mtime: number }>();
  for (const path of ctx.values("index")) {
    try {
      const { packages, mtime } = yield* readOld(ctx, path);
      for (const pkg of packages) known.set(`${pkg.id}.apk`, { pkg, mtime });
      old.push(...packages);
    } catch (e) {
      yield* print.error(`${path}: ${errorText(e)}`);
      return 99;
    }
  }
  const arch = ctx.value("rewrite-arch");
  const found: Package[] = [];
  let fresh = 0;
  let failed = 0;
  for (const path of args) {
    const st = tryStat(sys, path);
    if (st === undefined) {
      yield* print.warning(`File '${path}' is unaccessible`);
      continue;
    }
    const before = known.get(path.slice(path.lastIndexOf("/") + 1));
    if (before !== undefined && before.mtime >= st.mtime.sec && before.pkg.info.size === st.size) {
      found.push(before.pkg);
      continue;
    }
    try {
      const pkg = yield* readPackageFile(ctx, trust, path);
      if (arch !== undefined) pkg.info.arch = arch;
      found.push(pkg);
      fresh++;
    } catch (e) {
      failed++;
      yield* print.error(`${path}: ${errorText(e)}`);
    }
    if (--sys.budget < 0) yield* sys.sched_yield();
  }
  if (failed > 0) return 99;
  const packages = ctx.flag("merge") ? merge(ctx, old, found) : found;
  const epoch = p.env.get("SOURCE_DATE_EPOCH");
  const now = epoch !== undefined && /^\d{1,11}$/.test(epoch) ? +epoch : sys.clock_gettime(0).sec;
  const sorted = [...new Map(packages.map((pkg) => [pkg.info.identity, pkg])).values()];
  sorted.sort(comparePackages);
  const text = sorted.map(formatIndexRecord).join("");
  const files = [{ name: "APKINDEX", mode: 0o644, mtime: now, data: bytesOf(text) }];
  const description = ctx.value("description");
  if (description !== undefined)
    files.unshift({
      name: "DESCRIPTION",
      mode: 0o644,
      mtime: now,
      data: bytesOf(description),
    });
  const bytes = pack(files);
  if (output === undefined) {
    const w = p.stdout.write(bytes);
    if (w) yield* w;
  } else {
    try {
      yield* writeFile(sys, output, bytes, 0o644);
      stat(sys, output);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* print.error(`Index generation failed: ${errorText(e)}`);
      return 1;
    }
  }
  if (!ctx.flag("no-warnings")) {
    const missing = unprovided(sorted);
    if (missing.length > 0) {
      const list = missing.map((name) => `\n  ${name}`).join("");
      yield* print.warning(`No provider for the dependencies:${list}`);
      yield* print.warning(
        `Total of ${missing.length} unsatisfiable package names. Your repository may be broken.`,
      );
    }
  }
  if (output !== undefined)
    yield* print.message(`Index has ${sorted.length} packages (of which ${fresh} are new)`);
  return 0;
}

/** Old and new packages; a new one replaces the old one of the same file name. */
function merge(ctx: Context, old: readonly Package[], found: readonly Package[]): Package[] {
  const names = new Set(found.map((pkg) => pkg.id));
  const origins = new Set(found.map((pkg) => pkg.info.origin).filter(Boolean));
  const kept = old.filter(
    (pkg) => !names.has(pkg.id) && !(ctx.flag("prune-origin") && origins.has(pkg.info.origin)),
  );
  return [...kept, ...found];
}

export const index: Applet = {
  name: "index",
  summary: "Make the index (format 2) of a repository from package files",
  group: "repository",
  arguments: "PACKAGES...",
  description:
    "Makes an index of package files. It has to be signed before others take it (see abuild-sign(1)).",
  optionGroups: [],
  options: [
    { name: "description", letter: "d", value: "TEXT", help: "Say what the repository is" },
    { name: "index", letter: "x", value: "INDEX", help: "Take over what this index knows already" },
    { name: "merge", help: "Keep the packages of the index given with -x" },
    { name: "no-warnings", help: "Do not tell of dependencies that nobody provides" },
    { name: "output", letter: "o", value: "FILE", help: "Write the index there" },
    {
      name: "prune-origin",
      help: "With --merge, drop packages made from the same sources as the new ones",
    },
    { name: "rewrite-arch", value: "ARCH", help: "Give all packages this architecture" },
  ],
  open: () => ({ access: "none" }),
  run,
};
