// Where a package's file comes from: a file that was named, the cache, or the repositories that have it, one after
// another until one can be read.
import { ENOENT } from "../abi/errno.ts";
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } from "../abi/fcntl.ts";
import type { Steps } from "../abi/program.ts";
import { writeAll } from "../libc/unistd.ts";
import { cacheDir, hasCache, packageCacheName, packageUrl } from "./cache.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { ApkError } from "./errors.ts";
import type { Package } from "./package.ts";
import { openPackage } from "./package-stream.ts";
import { IN_CACHE, type Repository } from "./repository.ts";
import { descriptorSource, fileSource, isRemote, openUrl, type Source } from "./source.ts";
import { Trust } from "./trust.ts";

/** One place to read a package from. */
export interface Candidate {
  /** For messages: a path or URL. */
  readonly name: string;
  /** undefined: not from a repository. */
  readonly repository: Repository | undefined;
  /** A file that was named on the command line. */
  readonly given?: true;
  open(): Steps<Source>;
}

/** The places to try, best first. */
export function candidates(ctx: Context, db: Database, pkg: Package): Candidate[] {
  const all: Candidate[] = [];
  const { filename } = pkg;
  if (filename !== "")
    all.push({
      name: filename,
      repository: undefined,
      given: true,
      open: () => fileSource(ctx.sys, filename),
    });
  if ((pkg.repositories & IN_CACHE) !== 0 || hasCache(ctx)) {
    const path = `${cacheDir(ctx)}/${packageCacheName(pkg)}`;
    if (ctx.root.stat(path) !== undefined)
      all.push({
        name: path,
        repository: undefined,
        open: () => cachedSource(ctx, path),
      });
  }
  for (const repository of db.repositories) {
    if ((pkg.repositories & repository.bit) === 0) continue;
    if (isRemote(repository.url) && !ctx.settings.network) continue;
    const name = packageUrl(repository, pkg, db.arches[0] ?? "");
    all.push({ name, repository, open: () => repositorySource(ctx, name) });
  }
  return all;
}

function* cachedSource(ctx: Context, path: string): Steps<Source> {
  return descriptorSource(ctx.sys, yield* ctx.root.open(path, O_RDONLY));
}

function* repositorySource(ctx: Context, url: string): Steps<Source> {
  try {
    const source = yield* openUrl(ctx, url);
    if (source !== undefined) return source;
  } catch (e) {
    if (e !== ENOENT) throw e;
  }
  throw new ApkError("package mentioned in index not found (try 'apk update')");
}

/** Is a package of this place to be kept in the cache? */
export function isCacheable(ctx: Context, from: Candidate): boolean {
  const { given, repository } = from;
  return (
    (given === true || (repository !== undefined && isRemote(repository.url))) && hasCache(ctx)
  );
}

/** Fetches a package into the cache, where it appears when all of it has been verified; its path below the root. */
export function* fetchIntoCache(ctx: Context, pkg: Package, from: Candidate): Steps<string> {
  const { root, sys } = ctx;
  const path = `${cacheDir(ctx)}/${packageCacheName(pkg)}`;
  const temporary = `${path}.new`;
  const source = yield* from.open();
  try {
    root.mkdirs(cacheDir(ctx));
    root.tryUnlink(temporary);
    const fd = yield* root.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
    try {
      const copy = teeSource(source, (chunk) => writeAll(sys, fd, chunk));
      yield* verifyPackage(copy, pkg.info.identity);
      // What follows the archive is not read by who verifies; the file is to be whole.
      while ((yield* copy.read()).length > 0);
    } catch (e) {
      root.tryUnlink(temporary);
      throw e;
    } finally {
      sys.close(fd);
    }
    if (source.mtime > 0) {
      const time = { sec: source.mtime, nsec: 0 };
      root.utimens(temporary, time, time);
    }
    root.rename(temporary, path);
    return path;
  } finally {
    source.close();
  }
}

/** Reads a package to its end and makes sure that it is the one with this identity. */
export function* verifyPackage(source: Source, identity: string): Steps<void> {
  const reader = yield* openPackage(source, new Trust(new Map(), false), identity);
  yield* reader.control();
  while ((yield* reader.next()) !== undefined);
}

/** A source that shows each chunk to `look` as well. */
export function teeSource(source: Source, look: (chunk: Uint8Array) => Steps<void>): Source {
  return {
    size: source.size,
    mtime: source.mtime,
    etag: source.etag,
    *read(): Steps<Uint8Array> {
      const chunk = yield* source.read();
      if (chunk.length > 0) yield* look(chunk);
      return chunk;
    },
    close: () => source.close(),
  };
}
