// apk mkndx: makes an index of format 3 of package files (apk-mkndx(8)).
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { strOf } from "../lib/bytes.ts";
import { FormatError } from "../lib/format-error.ts";
import { strerror } from "../libc/strerror.ts";
import { stat } from "../libc/unistd.ts";
import { AdbOutput, loadSignKeys } from "./adb-output.ts";
import { identityBytes, infoToAdb } from "./adb-package.ts";
import type { Applet } from "./applet.ts";
import { type IndexFile, parseIndexFile } from "./cache.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { ApkError, errorText } from "./errors.ts";
import { hex } from "./extract_v2.ts";
import { noProblems, parseIndex } from "./index-text.ts";
import { Package } from "./package.ts";
import { openPackage } from "./package-stream.ts";
import { expandSpec, isSpec } from "./pkgname-spec.ts";
import { type AdbObject, makeAdb, schemaOf } from "./schema.ts";
import { comparePackages } from "./select.ts";
import { fileSource } from "./source.ts";
import { loadTrust, type Trust } from "./trust.ts";

const USUAL_SPEC = "${name}-${version}.apk";

/** An index that is there already. */
interface OldIndex {
  readonly mtime: number;
  /** By what the template makes of them. */
  readonly packages: ReadonlyMap<string, Package>;
}

function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function* readOldIndex(ctx: Context, trust: Trust, path: string, spec: string): Steps<OldIndex> {
  let index: IndexFile;
  try {
    const source = yield* fileSource(ctx.sys, path);
    try {
      index = yield* parseIndexFile(source, trust);
    } finally {
      source.close();
    }
  } catch (e) {
    throw new ApkError(`${path}: ${errorText(e)}`);
  }
  const all = index.packages ?? parseIndex(strOf(index.text), noProblems());
  const packages = new Map<string, Package>();
  for (const pkg of all) {
    const name = expandSpec(spec, pkg.info, hex(identityBytes(pkg.info.identity)));
    if (name === undefined) throw new ApkError(`invalid pkgname-spec: ${spec}`);
    packages.set(name, pkg);
  }
  const { mtime } = stat(ctx.sys, path);
  return { mtime: mtime.sec + mtime.nsec / 1e9, packages };
}

/** Makes the index; answers how many of its packages it read itself. */
class IndexMaker {
  readonly packages: Package[] = [];
  fresh = 0;
  errors = 0;
  readonly #ctx: Context;
  readonly #trust: Trust;
  readonly #old: OldIndex | undefined;

  constructor(ctx: Context, trust: Trust, old: OldIndex | undefined) {
    this.#ctx = ctx;
    this.#trust = trust;
    this.#old = old;
  }

  /** A package file; out of the old index if that is newer than the file and knows it. */
  *add(path: string): Steps<void> {
    const { print, sys } = this.#ctx;
    try {
      const { size, mtime } = stat(sys, path);
      const known = this.#old?.packages.get(fileNameOf(path));
      const time = mtime.sec + mtime.nsec / 1e9;
      if (known !== undefined && known.info.size === size && time <= (this.#old?.mtime ?? 0)) {
        this.packages.push(known);
        yield* print.verbose(`${path}: indexed from old index`);
        return;
      }
      const source = yield* fileSource(sys, path);
      try {
        const reader = yield* openPackage(source, this.#trust);
        const { info } = yield* reader.control();
        info.size = size;
        this.packages.push(new Package(info));
      } finally {
        source.close();
      }
      this.fresh++;
      yield* print.verbose(`${path}: indexed new package`);
    } catch (e) {
      if (!(e instanceof Errno) && !(e instanceof ApkError)) throw e;
      this.errors++;
      yield* print.error(`${path}: ${e instanceof Errno ? strerror(e) : e.message}`);
    }
  }

  /** --filter-spec: a name out of the old index. */
  *take(name: string): Steps<void> {
    const known = this.#old?.packages.get(name);
    if (known !== undefined) this.packages.push(known);
    else {
      this.errors++;
      yield* this.#ctx.print.error(`${name}: not found in the old index`);
    }
  }

  /** The index's values. */
  values(): AdbObject {
    const ctx = this.#ctx;
    const cut = ctx.value("hash") === "sha256-160";
    const arch = ctx.value("rewrite-arch");
    const index: AdbObject = new Map();
    const description = ctx.value("description");
    if (description !== undefined) index.set("description", description);
    const packages = [...this.packages].sort(comparePackages).map(({ info }) => {
      const hash = identityBytes(info.identity);
      const object = infoToAdb(info, cut ? hash.slice(0, 20) : hash);
      if (arch !== undefined) object.set("arch", arch);
      return object;
    });
    if (packages.length > 0) index.set("packages", packages);
    const spec = ctx.value("pkgname-spec");
    if (spec !== undefined) index.set("pkgname-spec", spec);
    return index;
  }
}

function* make(ctx: Context, args: readonly string[]): Steps<number> {
  const keys = yield* loadSignKeys(ctx);
  const trust = yield* loadTrust(ctx);
  const spec = ctx.value("pkgname-spec");
  const filter = ctx.value("filter-spec");
  const indexPath = ctx.value("index");
  const hash = ctx.value("hash");
  if (hash !== undefined && hash !== "sha256" && hash !== "sha256-160")
    throw new ApkError(`invalid hash: ${hash}`);
  if (filter !== undefined && indexPath === undefined)
    throw new ApkError("--filter-spec needs --index");
  if (spec !== undefined && !isSpec(spec)) throw new ApkError(`invalid pkgname-spec: ${spec}`);
  const oldSpec = filter ?? fileNameOf(spec ?? USUAL_SPEC);
  const old =
    indexPath === undefined ? undefined : yield* readOldIndex(ctx, trust, indexPath, oldSpec);
  const maker = new IndexMaker(ctx, trust, old);
  for (const arg of args) yield* filter === undefined ? maker.add(arg) : maker.take(arg);
  if (maker.errors > 0) return maker.errors;

  const schema = schemaOf("indx");
  if (schema === undefined) throw new Error("bug: no schema of indexes");
  const adb = makeAdb(schema, maker.values());
  const path = ctx.value("output");
  const output = yield* AdbOutput.open(ctx, path, "indx");
  try {
    yield* output.adb(adb, keys);
    yield* output.finish();
  } catch (e) {
    output.abandon();
    throw e;
  }
  if (path !== undefined)
    yield* ctx.print.message(
      `Index has ${maker.packages.length} packages (of which ${maker.fresh} are new)`,
    );
  return 0;
}

function* run(ctx: Context, _db: Database, args: readonly string[]): Steps<number> {
  try {
    return yield* make(ctx, args);
  } catch (e) {
    if (!(e instanceof ApkError) && !(e instanceof Errno) && !(e instanceof FormatError)) throw e;
    const text = e instanceof FormatError ? e.message : errorText(e);
    yield* ctx.print.error(`failed to create index: ${text}`);
    return 99;
  }
}

export const mkndx: Applet = {
  name: "mkndx",
  summary: "Make an index (version 3) of package files",
  group: "repository",
  arguments: "PACKAGES...",
  description: "Reads package files of both versions and writes an index of them.",
  optionGroups: ["generation"],
  options: [
    { name: "description", letter: "d", value: "TEXT", help: "What the index says of itself" },
    {
      name: "filter-spec",
      value: "PKGNAME_SPEC",
      help: "Take packages out of the old index only; arguments are their names by this template",
    },
    { name: "hash", value: "HASH", help: "sha256, or sha256-160 for early versions of apk 3" },
    { name: "index", letter: "x", value: "INDEX", help: "Old index to take what it knows from" },
    { name: "output", letter: "o", value: "FILE", help: "Write the index to FILE" },
    { name: "pkgname-spec", value: "PKGNAME_SPEC", help: "Template of the packages' places" },
    { name: "rewrite-arch", value: "ARCH", help: "Give all packages this architecture" },
  ],
  open: () => ({ access: "none" }),
  run,
};
