// The cache of indexes and packages: etc/apk/cache if that is there (packages are kept, too), else var/cache/apk
// (apk-cache(5)).
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { bytesOf, concat, strOf } from "../lib/bytes.ts";
import { Sha1 } from "../lib/sha1.ts";
import { S_ISDIR } from "../libc/stat.ts";
import { AdbFileReader, isAdb, readAdbHead } from "./adb-block.ts";
import { identityBytes, indexFromAdb } from "./adb-package.ts";
import { verifyAdb } from "./adb-sign.ts";
import type { Context } from "./context.ts";
import { ApkError, badArchive, errorText, withAdbErrors } from "./errors.ts";
import { hex } from "./extract_v2.ts";
import type { Package } from "./package.ts";
import { expandSpec } from "./pkgname-spec.ts";
import type { Repository } from "./repository.ts";
import { readSignedTar } from "./signed-tar.ts";
import { bytesSource, isRemote, openUrl, type Source, shownUrl } from "./source.ts";
import { peekSource } from "./source-peek.ts";
import type { Trust } from "./trust.ts";

/** Of an index as it is fetched, and of its text. */
const INDEX_MAX = 1 << 26;
const INDEX_TEXT_MAX = 1 << 28;
const TMPFS_MAGIC = 0x01021994;
/** Extended attributes of cached indexes: what the server said of the version we have. */
const ETAG = "user.apk.etag";
const MODIFIED = "user.apk.modified";

/** Where a repository's index is: beside the packages of an architecture, or where the URL says. */
export function indexUrl(repo: Pick<Repository, "url" | "type">, arch: string): string {
  if (repo.type === "ndx") return repo.url;
  const file = repo.type === "v3" ? "Packages.adb" : "APKINDEX.tar.gz";
  return `${repo.url.replace(/\/+$/, "")}/${arch}/${file}`;
}

/** Name of a repository's index in the cache: "APKINDEX.<8 hex of the SHA-1 of its URL>.tar.gz". */
export function indexCacheName(url: string): string {
  return `APKINDEX.${hex(new Sha1().update(bytesOf(url)).digest()).slice(0, 8)}.tar.gz`;
}

/** The cache's directory below the root. */
export function cacheDir(ctx: Context): string {
  const st = ctx.root.stat("etc/apk/cache");
  const usual = st !== undefined && S_ISDIR(st.mode) ? "etc/apk/cache" : "var/cache/apk";
  return ctx.settings.cacheDir ?? usual;
}

/** Are packages kept (--cache-dir, --cache-packages, or etc/apk/cache leads to a directory)? */
export function hasCache(ctx: Context): boolean {
  const { settings, root } = ctx;
  if (!settings.cache) return false;
  if (settings.cacheDir !== undefined || settings.cachePackages) return true;
  const st = root.stat("etc/apk/cache");
  return st !== undefined && S_ISDIR(st.mode);
}

/** Is all of the root lost at the next boot (--root-tmpfs)? */
export function isTmpfs(ctx: Context): boolean {
  const { rootTmpfs } = ctx.settings;
  if (rootTmpfs !== "auto") return rootTmpfs;
  return fileSystemType(ctx) === TMPFS_MAGIC;
}

function fileSystemType(ctx: Context): number {
  try {
    return ctx.sys.fstatfs(ctx.root.fd).type;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return 0;
  }
}

/** What an index file holds. */
export interface IndexFile {
  readonly description: string;
  /** The records; empty when the index is of version 3. */
  readonly text: Uint8Array;
  /** Of an index of version 3: its packages, and the template of their places ("" the usual one). */
  readonly packages?: readonly Package[];
  readonly packageSpec?: string;
}

/** Reads and verifies an index, of version 3 when it begins like one. */
export function* parseIndexFile(source: Source, trust: Trust): Steps<IndexFile> {
  const { start, whole } = yield* peekSource(source);
  return yield* isAdb(start) ? readAdbIndex(whole, trust) : readTarIndex(whole, trust);
}

function* readAdbIndex(source: Source, trust: Trust): Steps<IndexFile> {
  return yield* withAdbErrors(
    (function* (): Steps<IndexFile> {
      const file = new AdbFileReader(source);
      yield* file.open();
      if (file.schema !== "indx") throw badArchive();
      const { adb, signatures } = yield* readAdbHead(file);
      verifyAdb(trust, signatures, file.schema, adb);
      return { text: new Uint8Array(0), ...indexFromAdb(adb) };
    })(),
  );
}

function* readTarIndex(source: Source, trust: Trust): Steps<IndexFile> {
  const files = yield* readSignedTar(source, trust, INDEX_TEXT_MAX);
  const text = files.get("APKINDEX");
  if (text === undefined) throw new ApkError("BAD archive");
  return { description: strOf(files.get("DESCRIPTION") ?? new Uint8Array(0)), text };
}

/**
 * The index of a repository for `arch`. Local ones are read as they stand, others from the cache; with `autoupdate`
 * they are fetched before when they are missing or stale (--cache-max-age, --force-refresh) and the network may be
 * used. What went wrong is told (WARNING) and stands in `repo.error` (nothing to be had) or `repo.stale` (an older
 * one is used); undefined when there is no index.
 */
export function* readIndex(
  ctx: Context,
  trust: Trust,
  repo: Repository,
  arch: string,
  autoupdate: boolean,
): Steps<IndexFile | undefined> {
  const url = indexUrl(repo, arch);
  if (!isRemote(url)) return yield* tryReading(ctx, repo, "opening", readNow(ctx, trust, url));
  if (!ctx.settings.cache)
    return yield* tryReading(ctx, repo, "fetching", readNow(ctx, trust, url));
  const cached = `${cacheDir(ctx)}/${indexCacheName(url)}`;
  let failure = "";
  if (autoupdate && ctx.settings.network) {
    try {
      const fresh = yield* refresh(ctx, trust, url, cached);
      if (fresh !== undefined) return fresh;
    } catch (e) {
      failure = errorText(e);
    }
  }
  try {
    const bytes = yield* ctx.root.readFile(cached, INDEX_MAX);
    const index = yield* parseIndexFile(bytesSource(bytes), trust);
    if (failure !== "") {
      repo.stale = true;
      yield* ctx.print.warning(`updating ${shownUrl(repo.url)}: ${failure}`);
    }
    return index;
  } catch (e) {
    const what = failure === "" ? "opening from cache" : "updating and opening";
    repo.error = failure === "" ? errorText(e) : failure;
    yield* ctx.print.warning(`${what} ${shownUrl(repo.url)}: ${repo.error}`);
    return undefined;
  }
}

function* tryReading(
  ctx: Context,
  repo: Repository,
  what: string,
  steps: Steps<IndexFile>,
): Steps<IndexFile | undefined> {
  try {
    return yield* steps;
  } catch (e) {
    repo.error = errorText(e);
    yield* ctx.print.warning(`${what} ${shownUrl(repo.url)}: ${repo.error}`);
    return undefined;
  }
}

function* readNow(ctx: Context, trust: Trust, url: string): Steps<IndexFile> {
  if (/^https?:/i.test(url)) yield* ctx.print.message(`fetch ${shownUrl(url)}`);
  const source = yield* openUrl(ctx, url);
  if (source === undefined) throw new Error("bug: no conditions, yet nothing is new");
  try {
    return yield* parseIndexFile(source, trust);
  } finally {
    source.close();
  }
}

/** Fetches an index that is missing or old into the cache; undefined when the cached one is good. */
function* refresh(
  ctx: Context,
  trust: Trust,
  url: string,
  cached: string,
): Steps<IndexFile | undefined> {
  const { root, settings, sys } = ctx;
  const st = root.lstat(cached);
  const now = sys.clock_gettime(0);
  const age = st === undefined ? Number.POSITIVE_INFINITY : now.sec - st.mtime.sec;
  if (!settings.forceRefresh && age >= 0 && age < settings.cacheMaxAge) return undefined;
  if (/^https?:/i.test(url)) yield* ctx.print.message(`fetch ${shownUrl(url)}`);
  const request = st === undefined || settings.forceRefresh ? {} : versionOf(ctx, cached);
  const source = yield* openUrl(ctx, url, request);
  if (source === undefined) {
    root.utimens(cached, now, now);
    return undefined;
  }
  try {
    const bytes = yield* readWhole(source, INDEX_MAX);
    const index = yield* parseIndexFile(bytesSource(bytes), trust);
    try {
      root.mkdirs(cacheDir(ctx));
      yield* root.replaceFile(cached, bytes, 0o644, false);
      remember(ctx, cached, source);
    } catch (e) {
      // It is of use without being kept; who may not write keeps nothing.
      if (!(e instanceof Errno)) throw e;
    }
    return index;
  } finally {
    source.close();
  }
}

/** All of a source; more than `limit` bytes are refused. */
export function* readWhole(source: Source, limit: number): Steps<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let chunk = yield* source.read(); chunk.length > 0; chunk = yield* source.read()) {
    size += chunk.length;
    if (size > limit) throw new ApkError("File too large");
    chunks.push(chunk);
  }
  return concat(chunks);
}

/** What the server said of a cached index. Where attributes cannot be kept it is fetched anew each time. */
function versionOf(ctx: Context, cached: string): { etag?: string; ifModifiedSince?: number } {
  try {
    const all = ctx.root.xattrs(cached);
    const etag = all.get(ETAG);
    const modified = all.get(MODIFIED);
    return {
      ...(etag && { etag: strOf(etag) }),
      ...(modified && { ifModifiedSince: Number(strOf(modified)) }),
    };
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return {};
  }
}

function remember(ctx: Context, cached: string, source: Source): void {
  try {
    if (source.etag !== "") ctx.root.setxattr(cached, ETAG, bytesOf(source.etag));
    if (source.mtime > 0) ctx.root.setxattr(cached, MODIFIED, bytesOf(String(source.mtime)));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

/** The first four bytes of an identity ("Q1…", "Q2…") in hexadecimal. */
function identityHex(identity: string): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let bits = 0n;
  for (const c of identity.slice(2, 8)) bits = bits * 64n + BigInt(Math.max(0, digits.indexOf(c)));
  return (bits >> 4n).toString(16).padStart(8, "0");
}

/** Name of a package in the cache: "name-version.<8 hex of its identity>.apk". */
export function packageCacheName(pkg: Package): string {
  return `${pkg.id}.${identityHex(pkg.info.identity)}.apk`;
}

function directoryOf(url: string): string {
  return url.includes("/") ? url.replace(/\/[^/]*$/, "") : ".";
}

/** Where a repository has a package. */
export function packageUrl(
  repo: Pick<Repository, "url" | "type" | "packageSpec">,
  pkg: Package,
  arch: string,
): string {
  const { info } = pkg;
  const base = repo.type === "ndx" ? directoryOf(repo.url) : repo.url.replace(/\/+$/, "");
  const usual = repo.type === "ndx" ? "${name}-${version}.apk" : "${arch}/${name}-${version}.apk";
  const spec = repo.packageSpec === "" ? usual : repo.packageSpec;
  const named = info.arch === "" ? { ...info, arch } : info;
  // A template that cannot be filled in names no file: that it is not there is told.
  const path = expandSpec(spec, named, hex(identityBytes(info.identity))) ?? spec;
  return path.includes("://") ? path : `${base}/${path}`;
}
