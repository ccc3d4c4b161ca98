// Connections for HTTP: to the server or through a proxy, with TLS where the URL says so; kept for the next request.
import { EAGAIN, EINPROGRESS, EINTR, Errno, ETIMEDOUT } from "../abi/errno.ts";
import { type Blocking, isSteps, type Steps, type Sys, settle } from "../abi/program.ts";
import {
  MSG_NOSIGNAL,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../abi/socket.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";
import { HttpError, type HttpErrorKind } from "./http-error.ts";
import { authorityOf, basicAuth, type HttpUrl } from "./http-url.ts";
import { formatAddress, sockAddr } from "./inet.ts";
import { AddrInfoError, getaddrinfo } from "./resolv.ts";
import { strerror } from "./strerror.ts";
import { TlsError, type TlsOptions, tlsConnect } from "./tls.ts";

/** Bytes taken from the socket at a time while lines are read. */
const LINE_CHUNK = 16384;
/** Longest head of an answer, in bytes and lines. */
const HEAD_MAX = 65536;
/** Idle connections that are kept. */
const IDLE_MAX = 8;

/** What a connection needs of the request's options. */
export interface ConnectOptions {
  timeoutMs?: number;
  tls?: TlsOptions;
  userAgent?: string;
  connecting?: (host: string, port: number, addr: Uint8Array) => Steps<void>;
}

const timedOut = (e: unknown): boolean => e === EAGAIN || e === EINPROGRESS || e === ETIMEDOUT;

/** One connection, with what was read too far kept. */
export class HttpConnection {
  readonly fd: number;
  /** Which server it leads to, and how. */
  readonly key: string;
  /** It has served a request before. */
  reused = false;
  readonly #sys: Sys;
  readonly #host: string;
  #rest: Uint8Array = new Uint8Array(0);
  #closed = false;

  constructor(sys: Sys, fd: number, host: string, key: string) {
    this.#sys = sys;
    this.fd = fd;
    this.#host = host;
    this.key = key;
  }

  /** An error of this connection. */
  error(kind: HttpErrorKind, reason: string, errno?: Errno): HttpError {
    const more = errno === undefined ? { reason } : { reason, errno };
    return new HttpError(kind, this.#host, `${this.#host}: ${reason}`, more);
  }

  #failed(e: unknown): HttpError {
    if (!(e instanceof Errno)) throw e;
    if (timedOut(e)) return this.error("timeout", "no answer in time", e);
    return this.error("closed", strerror(e), e);
  }

  /** Sends all of it. */
  *send(bytes: Uint8Array): Steps<void> {
    for (let at = 0; at < bytes.length; ) {
      try {
        const options = { flags: MSG_NOSIGNAL };
        const n = this.#sys.sendmsg(this.fd, bytes.subarray(at), options);
        at += isSteps(n) ? yield* n : n;
      } catch (e) {
        if (e !== EINTR) throw this.#failed(e);
      }
    }
  }

  /** Some bytes, at most `max`; none at the end. */
  read(max: number): Blocking<Uint8Array> {
    if (this.#rest.length > 0) {
      const part = this.#rest.subarray(0, max);
      this.#rest = this.#rest.subarray(part.length);
      return part;
    }
    try {
      const bytes = this.#sys.read(this.fd, max);
      return isSteps(bytes) ? this.#readLater(bytes, max) : bytes;
    } catch (e) {
      throw this.#failed(e);
    }
  }

  *#readLater(first: Steps<Uint8Array>, max: number): Steps<Uint8Array> {
    let steps: Blocking<Uint8Array> = first;
    for (;;) {
      try {
        if (!isSteps(steps)) return steps;
        return yield* steps;
      } catch (e) {
        if (e !== EINTR) throw this.#failed(e);
        steps = this.#sys.read(this.fd, max);
      }
    }
  }

  /** A line without its end; undefined when the connection ends before. */
  *line(limit: number): Steps<string | undefined> {
    let text = "";
    for (;;) {
      let bytes = this.read(LINE_CHUNK);
      if (isSteps(bytes)) bytes = yield* bytes;
      if (bytes.length === 0) return undefined;
      const end = bytes.indexOf(10);
      text += strOf(end < 0 ? bytes : bytes.subarray(0, end));
      if (text.length > limit) throw this.error("protocol", "a line without end");
      if (end < 0) continue;
      const after = bytes.subarray(end + 1);
      if (this.#rest.length === 0) this.#rest = after;
      else {
        const joined = new Uint8Array(after.length + this.#rest.length);
        joined.set(after);
        joined.set(this.#rest, after.length);
        this.#rest = joined;
      }
      return text.endsWith("\r") ? text.slice(0, -1) : text;
    }
  }

  /** Status and headers of an answer, names in lower case. */
  *head(told?: (line: string) => Steps<void>): Steps<{
    status: number;
    statusLine: string;
    headers: Map<string, string>;
  }> {
    const statusLine = yield* this.line(HEAD_MAX);
    if (statusLine === undefined) throw this.error("closed", "closed without an answer");
    const m = /^HTTP\/1\.[0-9]+ +([1-9][0-9]{2})(?: |$)/.exec(statusLine);
    if (m === null) throw this.error("protocol", "the answer is no HTTP");
    if (told) yield* told(statusLine);
    const headers = new Map<string, string>();
    let last = "";
    for (let size = statusLine.length; ; ) {
      const line = yield* this.line(HEAD_MAX);
      if (line === undefined) throw this.error("closed", "closed amid the answer's head");
      if (line === "" && told) yield* told("");
      if (line === "") return { status: Number(m[1]), statusLine, headers };
      size += line.length;
      if (size > HEAD_MAX) throw this.error("protocol", "the answer's head is too long");
      if (told) yield* told(line);
      const colon = line.indexOf(":");
      if (/^[ \t]/.test(line)) headers.set(last, `${headers.get(last) ?? ""} ${line.trim()}`);
      else if (colon > 0) {
        last = line.slice(0, colon).trim().toLowerCase();
        const value = line.slice(colon + 1).trim();
        const before = headers.get(last);
        headers.set(last, before === undefined ? value : `${before}, ${value}`);
      }
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sys.close(this.fd);
  }
}

/** Makes connections, and keeps idle ones: for programs that ask the same server again and again. */
export class HttpConnections {
  readonly #sys: Sys;
  readonly #most: number;
  #idle: HttpConnection[] = [];

  constructor(sys: Sys, most: number = IDLE_MAX) {
    this.#sys = sys;
    this.#most = most;
  }

  /** A connection to a URL's server, or to the proxy that asks it for us. */
  *open(url: HttpUrl, proxy: HttpUrl | undefined, options: ConnectOptions): Steps<HttpConnection> {
    const through = proxy === undefined ? "" : `${proxy.scheme}://${authorityOf(proxy, true)} `;
    const target = proxy !== undefined && url.scheme === "http" ? "" : authorityOf(url, true);
    const { tls } = options;
    const trust =
      tls === undefined ? "" : `${tls.verify !== false} ${tls.ca?.length} ${tls.cert?.length}`;
    const key = `${through}${url.scheme} ${target} ${trust}`;
    const kept = this.#idle.findIndex((each) => each.key === key);
    if (kept >= 0) {
      const [connection] = this.#idle.splice(kept, 1) as [HttpConnection];
      connection.reused = true;
      return connection;
    }
    const first = proxy ?? url;
    const fd = yield* this.#connect(first, options);
    const connection = new HttpConnection(this.#sys, fd, first.host, key);
    try {
      if (first.scheme === "https") yield* this.#tls(fd, first, options);
      if (proxy !== undefined && url.scheme === "https") {
        if (proxy.scheme === "https")
          throw new HttpError(
            "proxy",
            proxy.host,
            `${proxy.host}: no TLS through a proxy with TLS`,
          );
        yield* this.#tunnel(connection, url, proxy, options);
        yield* this.#tls(fd, url, options);
      }
    } catch (e) {
      connection.close();
      throw e;
    }
    return proxy === undefined || url.scheme === "http"
      ? connection
      : // From here on it is the server that talks.
        new HttpConnection(this.#sys, fd, url.host, key);
  }

  *#connect(to: HttpUrl, options: ConnectOptions): Steps<number> {
    const sys = this.#sys;
    let addrs: Uint8Array[];
    try {
      addrs = yield* getaddrinfo(sys, to.host);
    } catch (e) {
      if (!(e instanceof AddrInfoError)) throw e;
      const reason = `cannot resolve the name: ${e.message}`;
      throw new HttpError("resolve", to.host, `${to.host}: ${reason}`, { reason });
    }
    let failure: HttpError | undefined;
    for (const addr of addrs) {
      const { timeoutMs = 0 } = options;
      const address = formatAddress(addr);
      if (options.connecting) yield* options.connecting(to.host, to.port, addr);
      const there = sockAddr(addr, to.port);
      const fd = sys.socket(there.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      try {
        sys.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, timeoutMs);
        sys.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeoutMs);
        yield* settle(sys.connect(fd, there));
        return fd;
      } catch (e) {
        sys.close(fd);
        if (!(e instanceof Errno)) throw e;
        const late = timedOut(e);
        const errno = late ? ETIMEDOUT : e;
        const reason = `cannot connect to port ${to.port}: ${strerror(errno)}`;
        failure ??= new HttpError(late ? "timeout" : "connect", to.host, `${to.host}: ${reason}`, {
          errno,
          address,
          reason,
        });
      }
    }
    throw failure ?? new HttpError("resolve", to.host, `${to.host}: no address`);
  }

  *#tls(fd: number, to: HttpUrl, options: ConnectOptions): Steps<void> {
    try {
      yield* tlsConnect(this.#sys, fd, to.host, options.tls);
    } catch (e) {
      if (!(e instanceof TlsError)) throw e;
      const late = timedOut(e.errno);
      const reason = late ? "no answer in time" : `TLS: ${e.message}`;
      throw new HttpError(late ? "timeout" : "tls", to.host, `${to.host}: ${reason}`, {
        errno: e.errno,
        reason,
      });
    }
  }

  /** CONNECT (RFC 9110 9.3.6). */
  *#tunnel(
    connection: HttpConnection,
    url: HttpUrl,
    proxy: HttpUrl,
    options: ConnectOptions,
  ): Steps<void> {
    const where = authorityOf(url, true);
    let text = `CONNECT ${where} HTTP/1.1\r\nHost: ${where}\r\n`;
    text += `User-Agent: ${options.userAgent ?? "Wget"}\r\n`;
    if (proxy.user !== undefined) text += `Proxy-Authorization: ${basicAuth(proxy.user)}\r\n`;
    yield* connection.send(bytesOf(`${text}\r\n`));
    const { status, statusLine } = yield* connection.head();
    if (status >= 200 && status < 300) return;
    const reason = `the proxy ${proxy.host} refused: ${statusLine}`;
    throw new HttpError("proxy", proxy.host, `${url.host}: ${reason}`, { reason });
  }

  /** Takes back a connection that a request has left clean. */
  keep(connection: HttpConnection): void {
    if (this.#most === 0) {
      connection.close();
      return;
    }
    this.#idle.push(connection);
    if (this.#idle.length > this.#most) this.#idle.shift()?.close();
  }

  /** Closes those that are idle. */
  close(): void {
    for (const each of this.#idle.splice(0)) each.close();
  }
}
