// Repositories: where packages come from (apk-repositories(5)).

/** In Package.repositories: the package file lies in the cache. */
export const IN_CACHE = 1;
/** Bit of the first repository; the next has the next bit. */
export const FIRST_REPOSITORY = 2;
/** Bits there are: more repositories are an error. */
export const REPOSITORIES_MAX = 29;

/** Kinds: an index file by its URL, or a folder with the index of an architecture in format 2 or 3. */
export type RepositoryType = "ndx" | "v2" | "v3";

/** One source of packages. */
export interface Repository {
  /** As the user wrote it, without tag: a URL or an absolute path. */
  readonly url: string;
  /** Without "@"; "" for none: packages of tagged repositories are used only by those who name the tag. */
  readonly tag: string;
  /** In Package.repositories. */
  readonly bit: number;
  readonly type: RepositoryType;
  /** Packages can be had from it now: it is local, or the network may be used. */
  reachable: boolean;
  /** It is reached over the network. */
  readonly remote: boolean;
  /** What the index says of itself. */
  description: string;
  /** Template of package paths that a v3 index gives, "" for the usual one. */
  packageSpec: string;
  /** What is known of it is that of its last successful update: this one failed. */
  stale?: boolean;
  /** The index could not be had: an error number's or our own text; "" when all is well. */
  error: string;
}
