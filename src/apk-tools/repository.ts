// Repositories: where packages come from (apk-repositories(5)).

/** One source of packages. */
export interface Repository {
  /** As the user wrote it, without tag: a URL or an absolute path. */
  readonly url: string;
  /** "" for none: packages of tagged repositories are used only by those who name the tag. */
  readonly tag: string;
  /** 1 << number in Package.repositories; the first bits are the cache and the installed database. */
  readonly bit: number;
  /** What the index says of itself. */
  description: string;
  /** The index could not be had: an error number's or our own text; "" when all is well. */
  error: string;
}
