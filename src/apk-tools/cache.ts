// The package cache: etc/apk/cache if that is a link to a directory, else var/cache/apk for indexes (apk-cache(5)).
import type { Steps } from "../abi/program.ts";
import type { Context } from "./context.ts";
import type { Package } from "./package.ts";
import type { Repository } from "./repository.ts";
import type { Trust } from "./trust.ts";

/** Name of a repository's index in the cache: "APKINDEX.<8 hex of the SHA-1 of its URL>.tar.gz". */
export function indexCacheName(url: string): string {
  return `APKINDEX.${url}.tar.gz`;
}

/** Name of a package in the cache: "name-version.<8 hex of its identity>.apk". */
export function packageCacheName(pkg: Package): string {
  return `${pkg.id}.apk`;
}

/** URL of a repository's index: "<url>/<arch>/APKINDEX.tar.gz". */
export function indexUrl(url: string, arch: string): string {
  return `${url}/${arch}/APKINDEX.tar.gz`;
}

/** What an index file holds. */
export interface IndexFile {
  readonly description: string;
  /** The records. */
  readonly text: Uint8Array;
}

/**
 * The index of a repository for the first of `arches`: local ones as they stand, others from the cache, fetched before
 * when they are missing or stale (--cache-max-age, --force-refresh, -U) and the network may be used. What went wrong
 * is told (WARNING) and stands in `repo.error`; undefined when there is no index to be had.
 */
export function* readIndex(
  ctx: Context,
  trust: Trust,
  repo: Repository,
  arch: string,
): Steps<IndexFile | undefined> {
  throw new Error(`not yet ${ctx.settings.root} ${trust.allowUntrusted} ${repo.url} ${arch}`);
}
