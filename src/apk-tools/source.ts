// Where bytes come from: local files and URLs (apk-repositories(5)).
import type { Steps } from "../abi/program.ts";
import type { Context } from "./context.ts";

/** A stream that is being read. */
export interface Source {
  /** Bytes in all, when known. */
  readonly size: number | undefined;
  /** Seconds since 1970 when it was changed; 0 unknown. */
  readonly mtime: number;
  /** HTTP's entity tag, "" for none. */
  readonly etag: string;
  /** The next chunk, empty at the end. Throws Errno and ApkError. */
  read(): Steps<Uint8Array>;
  close(): void;
}

/** Conditions of a request. */
export interface UrlRequest {
  /** Answer `undefined` when it is not newer than this (seconds since 1970). */
  readonly ifModifiedSince?: number;
  /** Answer `undefined` when it still has this entity tag. */
  readonly etag?: string;
  /** Begin here, when it still is what `etag` or `ifModifiedSince` says. */
  readonly offset?: number;
}

/** Is it a URL of the network, which --no-network forbids? */
export function isRemote(url: string): boolean {
  return /^(https?|ftp):/i.test(url);
}

/** Opens a local path, file:, http: or https: URL; undefined when a condition says that nothing is new. */
export function* openUrl(
  ctx: Context,
  url: string,
  request: UrlRequest = {},
): Steps<Source | undefined> {
  throw new Error(`not yet: ${ctx.settings.root} ${url} ${request.offset}`);
}
