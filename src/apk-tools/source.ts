// Where bytes come from: local files and URLs (apk-repositories(5)).
import { ECONNREFUSED, EISDIR, ENOENT } from "../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_RDONLY } from "../abi/fcntl.ts";
import { isSteps, type Steps, type Sys, settle } from "../abi/program.ts";
import { Base64Encoder } from "../lib/base64.ts";
import { bytesOf, concat, strOf } from "../lib/bytes.ts";
import { type HttpOptions, type HttpResponse, httpOpen } from "../libc/http.ts";
import { HttpConnections } from "../libc/http-connection.ts";
import { HttpError } from "../libc/http-error.ts";
import { S_ISDIR } from "../libc/stat.ts";
import { BUFSIZ } from "../libc/stdio.ts";
import { readFile } from "../libc/unistd.ts";
import type { Context } from "./context.ts";
import { ApkError } from "./errors.ts";

/** Times that a request or the rest of an answer is asked for again. */
const RETRIES = 3;
/** Pause before the first of them; twice as long before each further one. */
const RETRY_MS = 500;
const PEM_MAX = 1 << 24;

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
}

/** Is it a URL of the network, which --no-network forbids? (test: is a local file taken for one.) */
export function isRemote(url: string): boolean {
  return /^(https?|ftp|test):/i.test(url);
}

/** A URL as messages show it: without its password. */
export function shownUrl(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^/@:]*):[^/@]*@/i, "$1:*@");
}

/** The path that a local URL names. */
export function localPath(url: string): string {
  if (/^test:/i.test(url)) return url.slice(5);
  return /^file:/i.test(url) ? url.slice(5).replace(/^\/\/(localhost(?=\/))?/, "") : url;
}

class FileSource implements Source {
  readonly size: number;
  readonly mtime: number;
  readonly etag = "";
  readonly #sys: Sys;
  readonly #fd: number;

  constructor(sys: Sys, fd: number) {
    this.#sys = sys;
    this.#fd = fd;
    const st = sys.fstat(fd);
    this.size = st.size;
    this.mtime = st.mtime.sec;
    if (S_ISDIR(st.mode)) {
      sys.close(fd);
      throw EISDIR;
    }
  }

  *read(): Steps<Uint8Array> {
    const chunk = this.#sys.read(this.#fd, BUFSIZ);
    return isSteps(chunk) ? yield* chunk : chunk;
  }

  close(): void {
    this.#sys.close(this.#fd);
  }
}

/** A local file. */
export function* fileSource(sys: Sys, path: string, flags: number = O_RDONLY): Steps<Source> {
  return new FileSource(sys, yield* settle(sys.openat(AT_FDCWD, path, flags | O_CLOEXEC)));
}

/** What an open descriptor gives; closing the source closes it. */
export function descriptorSource(sys: Sys, fd: number): Source {
  return new FileSource(sys, fd);
}

/** Bytes that are there already. */
export function bytesSource(bytes: Uint8Array): Source {
  let rest = bytes;
  return {
    size: bytes.length,
    mtime: 0,
    etag: "",
    *read(): Steps<Uint8Array> {
      const chunk = rest;
      rest = new Uint8Array(0);
      return chunk;
    },
    close: () => {},
  };
}

/** Opens a local path, file:, http: or https: URL; undefined when a condition says that nothing is new. */
export function* openUrl(
  ctx: Context,
  url: string,
  request: UrlRequest = {},
): Steps<Source | undefined> {
  const far = /^(https?|ftp):/i.test(url);
  if (far && !ctx.settings.network) throw ENOENT;
  if (!far) return yield* fileSource(ctx.sys, localPath(url));
  const options = yield* httpOptions(ctx);
  if (request.ifModifiedSince !== undefined) options.ifModifiedSince = request.ifModifiedSince;
  if (request.etag !== undefined && request.etag !== "") options.etag = request.etag;
  const answer = yield* ask(ctx, url, options);
  if (answer.status === 304) {
    answer.close();
    return undefined;
  }
  if (answer.status !== 200) {
    answer.close();
    throw statusError(answer);
  }
  return new HttpSource(ctx, url, answer);
}

/** The answer's body; where the connection breaks off, the rest is asked for. */
class HttpSource implements Source {
  readonly size: number | undefined;
  readonly mtime: number;
  readonly etag: string;
  readonly #ctx: Context;
  readonly #url: string;
  #answer: HttpResponse;
  #at = 0;
  #retries = 0;

  constructor(ctx: Context, url: string, answer: HttpResponse) {
    this.#ctx = ctx;
    this.#url = url;
    this.#answer = answer;
    this.size = answer.length;
    this.mtime = timeOf(answer);
    this.etag = answer.headers.get("etag") ?? "";
  }

  *read(): Steps<Uint8Array> {
    for (;;) {
      try {
        const chunk = yield* settle(this.#answer.read(BUFSIZ));
        this.#at += chunk.length;
        return chunk;
      } catch (e) {
        if (!(e instanceof HttpError)) throw e;
        if (!this.#mayResume(e)) throw httpError(e);
        yield* this.#resume(e);
      }
    }
  }

  #mayResume(e: HttpError): boolean {
    return (e.kind === "closed" || e.kind === "timeout") && this.#retries < RETRIES;
  }

  /** Asks for the rest, and makes sure that it is the rest of the same. */
  *#resume(why: HttpError): Steps<void> {
    this.#answer.close();
    yield* pause(this.#ctx, this.#retries++);
    const options = yield* httpOptions(this.#ctx);
    if (this.#at > 0) options.from = this.#at;
    const answer = yield* ask(this.#ctx, this.#url, options);
    this.#answer = answer;
    if (this.#at === 0 && answer.status === 200) return;
    const range = /^bytes (\d+)-/.exec(answer.headers.get("content-range") ?? "");
    const same =
      this.etag === "" && this.mtime === 0
        ? false
        : (answer.headers.get("etag") ?? "") === this.etag && timeOf(answer) === this.mtime;
    if (answer.status !== 206 || !same || Number(range?.[1] ?? -1) !== this.#at)
      throw httpError(why);
  }

  close(): void {
    this.#answer.close();
  }
}

/** Asks, again when what went wrong may pass. */
function* ask(ctx: Context, url: string, options: HttpOptions): Steps<HttpResponse> {
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = yield* httpOpen(ctx.sys, url, options);
      if (![502, 503, 504].includes(answer.status) || attempt >= RETRIES) return answer;
      answer.close();
    } catch (e) {
      if (!(e instanceof HttpError)) throw e;
      if (e.kind !== "closed" || attempt >= RETRIES) throw httpError(e);
    }
    yield* pause(ctx, attempt);
  }
}

function* pause(ctx: Context, attempt: number): Steps<void> {
  yield* settle(ctx.sys.nanosleep(RETRY_MS * 2 ** attempt));
}

function* httpOptions(ctx: Context): Steps<HttpOptions> {
  const { settings } = ctx;
  const env = new Map<string, string>();
  for (const name of ["http_proxy", "https_proxy", "no_proxy"]) {
    const value = ctx.p.env.get(name) ?? ctx.p.env.get(name.toUpperCase());
    if (value !== undefined) env.set(name, value);
  }
  const headers: [string, string][] = [];
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined) headers.push([name, value]);
  };
  set("Referer", ctx.p.env.get("HTTP_REFERER"));
  set("Authorization", authorization(ctx.p.env.get("HTTP_AUTH")));
  set("Proxy-Authorization", authorization(ctx.p.env.get("HTTP_PROXY_AUTH")));
  if (settings.forceRefresh) set("Cache-Control", "no-cache");
  ctx.connections ??= new HttpConnections(ctx.sys);
  ctx.tls ??= { verify: settings.checkCertificate, ...(yield* certificates(ctx)) };
  return {
    userAgent: ctx.p.env.get("HTTP_USER_AGENT") ?? "apk-tools",
    timeoutMs: settings.timeout * 1000,
    env,
    headers,
    connections: ctx.connections,
    tls: ctx.tls,
  };
}

/** "scheme:realm:user:password" of libfetch's variables. */
function authorization(value: string | undefined): string | undefined {
  const parts = value?.split(":");
  if (parts === undefined || parts.length < 4 || parts[0]?.toLowerCase() !== "basic")
    return undefined;
  const encoder = new Base64Encoder();
  const user = bytesOf(`${parts[2]}:${parts.slice(3).join(":")}`);
  return `Basic ${strOf(concat([encoder.encode(user), encoder.end()]))}`;
}

function* certificates(ctx: Context): Steps<Record<string, Uint8Array>> {
  const all: Record<string, Uint8Array> = {};
  const files = [
    ["ca", "etc/apk/ca.pem"],
    ["cert", "etc/apk/cert.pem"],
    ["key", "etc/apk/cert.key"],
  ] as const;
  for (const [name, path] of files) {
    if (ctx.root.stat(path) !== undefined) all[name] = yield* ctx.root.readFile(path, PEM_MAX);
  }
  const variables = [
    ["cert", "SSL_CLIENT_CERT_FILE"],
    ["key", "SSL_CLIENT_KEY_FILE"],
    ["ca", "SSL_CA_CERT_FILE"],
  ] as const;
  for (const [name, variable] of variables) {
    const path = ctx.p.env.get(variable);
    if (path !== undefined) all[name] = yield* readFile(ctx.sys, path, PEM_MAX);
  }
  return all;
}

/** Seconds since 1970 of Last-Modified; 0 without it. */
function timeOf(answer: HttpResponse): number {
  const ms = Date.parse(answer.headers.get("last-modified") ?? "");
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
}

/** The words of apk-tools for what scripts look for, then which host and what happened. */
function httpError(e: HttpError): ApkError {
  return new ApkError(`${adviceFor(e)}: ${e.message}`);
}

function adviceFor(e: HttpError): string {
  switch (e.kind) {
    case "resolve":
      return "DNS lookup error (check the name, /etc/resolv.conf and the network)";
    case "connect":
      return e.errno === undefined || e.errno === ECONNREFUSED
        ? "could not connect to server (check repositories file)"
        : "network error (check Internet connection and firewall)";
    case "tls":
      return "TLS error (check the clock, the CA certificates and who answers)";
    case "timeout":
      return "operation timed out (try again later, or another mirror)";
    case "closed":
      return "Connection aborted (try again later, or another mirror)";
    case "proxy":
      return "proxy error (check http_proxy and https_proxy)";
    case "url":
      return "invalid URL (check your repositories file)";
    case "protocol":
    case "redirects":
      return "remote server returned error (try 'apk update')";
  }
}

/** ENOENT for what is not there. */
function statusError(answer: HttpResponse): Error {
  const { status } = answer;
  if (status === 404 || status === 410) return ENOENT;
  const host = /^[a-z]+:\/\/([^/]*)/i.exec(answer.url)?.[1] ?? answer.url;
  const text = `${host}: ${answer.statusLine.replace(/[^\x20-\x7e]/g, "?").slice(0, 200)}`;
  if (status === 401 || status === 403) return new ApkError(`Permission denied: ${text}`);
  if (status >= 500) return new ApkError(`temporary error (try again later): ${text}`);
  return new ApkError(`remote server returned error (try 'apk update'): ${text}`);
}
