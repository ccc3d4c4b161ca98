// HTTP/1.1 for programs (RFC 9110, RFC 9112): one call opens a URL, the answer's body is read as it comes.
import { EINTR } from "../abi/errno.ts";
import { type Blocking, isSteps, type Steps, type Sys } from "../abi/program.ts";
import { bytesOf } from "../lib/bytes.ts";
import { type HttpConnection, HttpConnections } from "./http-connection.ts";
import { HttpError } from "./http-error.ts";
import {
  authorityOf,
  basicAuth,
  formatHttpUrl,
  type HttpUrl,
  parseHttpUrl,
  proxyFor,
  resolveHttpUrl,
} from "./http-url.ts";
import type { TlsOptions } from "./tls.ts";

const REDIRECTS_MAX = 10;
/** Longest line that tells a chunk's size, and all lines after the last chunk. */
const CHUNK_LINE_MAX = 16384;

/** How to ask. */
export interface HttpOptions {
  /** Default GET, or POST with a body. */
  method?: string;
  /** More header lines; those named here replace our own. */
  headers?: readonly (readonly [name: string, value: string])[];
  body?: Uint8Array;
  /** Default "Wget". */
  userAgent?: string;
  /** The environment that names proxies (http_proxy, https_proxy, all_proxy, no_proxy); default: none. */
  env?: ReadonlyMap<string, string>;
  /** Milliseconds of silence after which "timeout" is thrown, for each step by itself; 0: never. */
  timeoutMs?: number;
  /** Go on at this byte: look whether the status is 206. */
  from?: number;
  /** Only what is newer than this time (seconds since 1970), or has another tag: else the status is 304. */
  ifModifiedSince?: number;
  etag?: string;
  /** How many redirections to follow; default 10. Status 3xx is returned as it is when 0. */
  redirects?: number;
  tls?: TlsOptions;
  /** Keeps connections for the next request to the same server. */
  connections?: HttpConnections;
  /** Called before each connection to a server or proxy is tried. */
  connecting?: (host: string, port: number, addr: Uint8Array) => Steps<void>;
  /** Called with each line of the answer's head. */
  line?: (text: string) => Steps<void>;
}

/** An answer. `close()` it in any case. */
export interface HttpResponse {
  readonly status: number;
  /** "HTTP/1.1 404 Not Found" */
  readonly statusLine: string;
  /** Names in lower case; of several equal ones joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  /** After redirections, without user and password. */
  readonly url: string;
  /** Bytes of this body, if the server told. */
  readonly length: number | undefined;
  /**
   * Some bytes of the body, at most `max`; an empty chunk at its end. Throws {@link HttpError}: "closed"
   * where the body is shorter than was told, "timeout" after silence.
   */
  read(max: number): Blocking<Uint8Array>;
  /** Gives the connection back if the body was read to its end, else closes it. */
  close(): void;
}

/**
 * Asks for a URL and reads the head of the answer, whatever its status; redirections are followed.
 * Throws {@link HttpError}, whose message says which host and what happened. Nothing is retried but a
 * kept connection that turns out to be closed.
 */
export function* httpOpen(sys: Sys, url: string, options: HttpOptions = {}): Steps<HttpResponse> {
  let at = parseHttpUrl(url);
  if (at === undefined) throw new HttpError("url", url, `bad URL: ${url}`);
  const first = at;
  const most = options.redirects ?? REDIRECTS_MAX;
  for (let count = 0; ; count++) {
    const answer = yield* request(sys, at, options, at.host === first.host);
    const location = answer.headers.get("location");
    const moved = [301, 302, 303, 307, 308].includes(answer.status);
    if (!moved || location === undefined || most === 0) return answer;
    answer.close();
    if (count >= most)
      throw new HttpError("redirects", at.host, `${at.host}: too many redirections`);
    const next = resolveHttpUrl(at, location);
    if (next === undefined)
      throw new HttpError("url", at.host, `${at.host}: redirected to a bad URL: ${location}`);
    at = { ...next, user: next.user ?? (next.host === at.host ? at.user : undefined) };
  }
}

/** One request without redirections. */
function* request(
  sys: Sys,
  url: HttpUrl,
  options: HttpOptions,
  trusted: boolean,
): Steps<HttpResponse> {
  const proxy = options.env === undefined ? undefined : proxyFor(url, options.env);
  if (proxy === "invalid")
    throw new HttpError("url", url.host, `${url.host}: the proxy's address is no URL`);
  const pool = options.connections ?? new HttpConnections(sys, 0);
  const text = head(url, proxy, options, trusted);
  for (;;) {
    const connection = yield* pool.open(url, proxy, options);
    try {
      yield* connection.send(bytesOf(text));
      if (options.body !== undefined) yield* connection.send(options.body);
      return yield* answer(connection, url, options, pool);
    } catch (e) {
      connection.close();
      // A server may close an idle connection at any time.
      if (!(e instanceof HttpError && e.kind === "closed" && connection.reused)) throw e;
    }
  }
}

function head(
  url: HttpUrl,
  proxy: HttpUrl | undefined,
  options: HttpOptions,
  trusted: boolean,
): string {
  const { body, from = 0, ifModifiedSince, etag } = options;
  const relayed = proxy !== undefined && url.scheme === "http";
  const fields = new Map<string, string>([
    ["Host", authorityOf(url)],
    ["User-Agent", options.userAgent ?? "Wget"],
    ["Accept", "*/*"],
    ["Connection", options.connections === undefined ? "close" : "keep-alive"],
  ]);
  if (url.user !== undefined) fields.set("Authorization", basicAuth(url.user));
  if (relayed && proxy?.user !== undefined)
    fields.set("Proxy-Authorization", basicAuth(proxy.user));
  if (from > 0) fields.set("Range", `bytes=${from}-`);
  if (ifModifiedSince !== undefined)
    fields.set("If-Modified-Since", new Date(ifModifiedSince * 1000).toUTCString());
  if (etag !== undefined) fields.set("If-None-Match", etag);
  if (body !== undefined) {
    fields.set("Content-Type", "application/x-www-form-urlencoded");
    fields.set("Content-Length", String(body.length));
  }
  for (const [name, value] of options.headers ?? []) {
    const key = [...fields.keys()].find((each) => each.toLowerCase() === name.toLowerCase());
    // Secrets are not for those whom a redirection names.
    if (!trusted && /^(authorization|cookie)$/i.test(name)) continue;
    fields.set(key ?? name, value);
  }
  const method = options.method ?? (body === undefined ? "GET" : "POST");
  let text = `${method} ${relayed ? formatHttpUrl(url) : url.path} HTTP/1.1\r\n`;
  for (const [name, value] of fields) text += `${name}: ${value.replace(/[\r\n\0]/g, " ")}\r\n`;
  return `${text}\r\n`;
}

function* answer(
  connection: HttpConnection,
  url: HttpUrl,
  options: HttpOptions,
  pool: HttpConnections,
): Steps<HttpResponse> {
  for (;;) {
    const { status, statusLine, headers } = yield* connection.head(options.line);
    if (status >= 100 && status < 200 && status !== 101) continue;
    const empty = options.method === "HEAD" || status === 204 || status === 304;
    return new Answer(connection, pool, url, { status, statusLine, headers }, empty);
  }
}

class Answer implements HttpResponse {
  readonly status: number;
  readonly statusLine: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly url: string;
  readonly length: number | undefined;
  readonly #connection: HttpConnection;
  readonly #pool: HttpConnections;
  readonly #chunked: boolean;
  /** Bytes left of the body or of this chunk; Infinity: until the connection ends. */
  #left: number;
  #done: boolean;
  #closed = false;

  constructor(
    connection: HttpConnection,
    pool: HttpConnections,
    url: HttpUrl,
    head: { status: number; statusLine: string; headers: ReadonlyMap<string, string> },
    empty: boolean,
  ) {
    this.status = head.status;
    this.statusLine = head.statusLine;
    this.headers = head.headers;
    this.url = formatHttpUrl(url);
    this.#connection = connection;
    this.#pool = pool;
    this.#chunked =
      !empty && /(^|[\s,])chunked$/i.test(head.headers.get("transfer-encoding") ?? "");
    const told = head.headers.get("content-length");
    this.length = empty ? 0 : this.#chunked || told === undefined ? undefined : lengthOf(told);
    if (Number.isNaN(this.length))
      throw connection.error("protocol", `content-length ${told} is garbage`);
    this.#left = this.#chunked ? 0 : (this.length ?? Number.POSITIVE_INFINITY);
    this.#done = !this.#chunked && this.#left === 0;
  }

  read(max: number): Blocking<Uint8Array> {
    if (this.#done || max <= 0) return new Uint8Array(0);
    if (this.#left === 0) return this.#nextChunk(max);
    let got: Blocking<Uint8Array>;
    try {
      got = this.#connection.read(Math.min(max, this.#left));
    } catch (e) {
      if (e !== EINTR) throw e;
      return this.read(max);
    }
    return isSteps(got) ? this.#later(got) : this.#took(got);
  }

  *#later(steps: Steps<Uint8Array>): Steps<Uint8Array> {
    const got = this.#took(yield* steps);
    return isSteps(got) ? yield* got : got;
  }

  #took(bytes: Uint8Array): Blocking<Uint8Array> {
    if (bytes.length === 0) {
      if (this.#left !== Number.POSITIVE_INFINITY)
        throw this.#connection.error(
          "closed",
          this.#chunked || this.length === undefined
            ? "the connection was closed before the end"
            : `the connection was closed after ${this.length - this.#left} of ${this.length} bytes`,
        );
      this.#done = true;
      return bytes;
    }
    this.#left -= bytes.length;
    if (this.#left === 0) {
      if (this.#chunked) return this.#endChunk(bytes);
      this.#done = true;
    }
    return bytes;
  }

  /** The line end behind a chunk's data. */
  *#endChunk(bytes: Uint8Array): Steps<Uint8Array> {
    const line = yield* this.#connection.line(CHUNK_LINE_MAX);
    if (line !== "")
      throw this.#connection.error("protocol", "a chunk has another length than told");
    return bytes;
  }

  *#nextChunk(max: number): Steps<Uint8Array> {
    const line = yield* this.#connection.line(CHUNK_LINE_MAX);
    const m = /^([0-9a-fA-F]{1,13})\s*(;.*)?$/.exec(line ?? "");
    if (line === undefined)
      throw this.#connection.error("closed", "the connection was closed before the end");
    if (m === null) throw this.#connection.error("protocol", `bad chunk length '${line}'`);
    this.#left = Number.parseInt(m[1] as string, 16);
    if (this.#left > 0) {
      const got = this.read(max);
      return isSteps(got) ? yield* got : got;
    }
    for (let size = 0; ; ) {
      const trailer = yield* this.#connection.line(CHUNK_LINE_MAX);
      if (trailer === undefined || trailer === "") break;
      size += trailer.length;
      if (size > CHUNK_LINE_MAX) throw this.#connection.error("protocol", "too many trailers");
    }
    this.#done = true;
    return new Uint8Array(0);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const keeps = !/\bclose\b/i.test(this.headers.get("connection") ?? "");
    const known = this.#chunked || this.length !== undefined;
    if (this.#done && keeps && known && this.statusLine.startsWith("HTTP/1.1"))
      this.#pool.keep(this.#connection);
    else this.#connection.close();
  }
}

function lengthOf(text: string): number {
  // Several equal ones are allowed.
  const [first = "", ...more] = text.split(/\s*,\s*/);
  if (!/^[0-9]{1,15}$/.test(first) || more.some((each) => each !== first)) return Number.NaN;
  return Number(first);
}
