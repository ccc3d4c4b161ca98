// httpd: a small web server: files, their parts, programs in cgi-bin (RFC 9110, RFC 3875)
import { EINTR, Errno } from "../../abi/errno.ts";
import { O_RDONLY, O_RDWR, X_OK } from "../../abi/fcntl.ts";
import { type Blocking, isSteps, type Steps, type Sys, settle } from "../../abi/program.ts";
import { SIG_IGN, SIGCHLD, SIGPIPE } from "../../abi/signal.ts";
import {
  AF_INET6,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
  type SockAddr,
} from "../../abi/socket.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { formatAddress, sockAddr } from "../../libc/inet.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { resolveHost } from "../../libc/resolv.ts";
import { S_ISDIR, S_ISREG } from "../../libc/stat.ts";
import { Output } from "../../libc/stdio.ts";
import { access, open, tryStat, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const HEAD_MAX = 16384;
const CHUNK = 65536;
const TIMEOUT_MS = 60_000;
const BACKLOG = 9;

const TYPES: Readonly<Record<string, string>> = {
  htm: "text/html",
  html: "text/html",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  png: "image/png",
  svg: "image/svg+xml",
  css: "text/css",
  js: "application/javascript",
  json: "application/json",
  txt: "text/plain",
  wav: "audio/wav",
  avi: "video/x-msvideo",
  mp3: "audio/mpeg",
  mpeg: "video/mpeg",
  xml: "text/xml",
  pdf: "application/pdf",
  wasm: "application/wasm",
};
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  206: "Partial Content",
  302: "Found",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  408: "Request Timeout",
  501: "Not Implemented",
};

interface Request {
  method: string;
  path: string;
  query: string;
  headers: ReadonlyMap<string, string>;
  /** What came behind the head. */
  rest: Uint8Array;
}

function decodePath(text: string): string | undefined {
  if (!text.startsWith("/") || /%(?![0-9a-fA-F]{2})|%00|%2[fF]/.test(text)) return undefined;
  const plain = text.replace(/%([0-9a-fA-F]{2})/g, (_, h: string) =>
    String.fromCharCode(Number.parseInt(h, 16)),
  );
  const parts: string[] = [];
  for (const part of plain.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else parts.push(part);
  }
  return `/${parts.join("/")}${plain.endsWith("/") && parts.length > 0 ? "/" : ""}`;
}

/** One connection, in a process of its own. */
class Exchange {
  readonly #sys: Sys;
  readonly #fd: number;
  readonly #from: SockAddr;
  readonly #env: readonly string[];
  readonly #realm: string;
  readonly #verbose: boolean;

  constructor(
    sys: Sys,
    fd: number,
    from: SockAddr,
    rules: { env: readonly string[]; realm: string; verbose: boolean },
  ) {
    this.#sys = sys;
    this.#fd = fd;
    this.#from = from;
    this.#env = rules.env;
    this.#realm = rules.realm;
    this.#verbose = rules.verbose;
  }

  *#head(): Steps<Request | undefined> {
    let text = "";
    for (;;) {
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        const [first = "", ...lines] = text.slice(0, end).split("\r\n");
        const m =
          /^([A-Z]+) (?:http:\/\/[^/ ]*)?(\/[^ ?]*)(?:\?([^ ]*))?(?: HTTP\/1\.[0-9])?$/.exec(first);
        const path = decodePath(m?.[2] ?? "");
        if (m === null || path === undefined) return undefined;
        const headers = new Map<string, string>();
        for (const line of lines) {
          const colon = line.indexOf(":");
          if (colon > 0)
            headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
        }
        const rest = bytesOf(text.slice(end + 4));
        return { method: m[1] as string, path, query: m[3] ?? "", headers, rest };
      }
      if (text.length > HEAD_MAX) return undefined;
      const bytes = yield* settle(this.#sys.read(this.#fd, HEAD_MAX));
      if (bytes.length === 0) return undefined;
      text += strOf(bytes);
    }
  }

  *#answer(status: number, headers: readonly string[], body = ""): Steps<void> {
    const lines = [`HTTP/1.1 ${status} ${REASONS[status] ?? ""}`, ...headers, "Connection: close"];
    yield* writeAll(this.#sys, this.#fd, bytesOf(`${lines.join("\r\n")}\r\n\r\n${body}`));
  }

  *#fail(status: number, head: boolean): Steps<void> {
    const title = `${status} ${REASONS[status]}`;
    const body = `<HTML><HEAD><TITLE>${title}</TITLE></HEAD>\n<BODY><H1>${title}</H1>\n</BODY></HTML>\n`;
    yield* this.#answer(status, ["Content-type: text/html"], head ? "" : body);
  }

  *serve(): Steps<number> {
    const request = yield* this.#head();
    if (request === undefined) {
      yield* this.#fail(400, false);
      return 1;
    }
    const { method, path } = request;
    if (this.#verbose) {
      const peer = "addr" in this.#from ? formatAddress(this.#from.addr) : "";
      const w = new Output(this.#sys, 2, true).puts(`${peer}: url:${path}\n`);
      if (w) yield* w;
    }
    if (/^\/cgi-bin\/./.test(path)) return yield* this.#cgi(request);
    if (method !== "GET" && method !== "HEAD") {
      yield* this.#fail(501, false);
      return 1;
    }
    yield* this.#file(request, method === "HEAD");
    return 0;
  }

  *#file(request: Request, head: boolean): Steps<void> {
    let path = `.${request.path}`;
    let stat = tryStat(this.#sys, path);
    if (stat !== undefined && S_ISDIR(stat.mode)) {
      if (!path.endsWith("/")) {
        yield* this.#answer(302, [`Location: ${request.path}/`]);
        return;
      }
      path += "index.html";
      stat = tryStat(this.#sys, path);
    }
    if (stat === undefined || !S_ISREG(stat.mode)) return yield* this.#fail(404, head);
    let fd: number;
    try {
      fd = yield* settle(open(this.#sys, path, O_RDONLY));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return yield* this.#fail(403, head);
    }
    const { size } = stat;
    const range = /^bytes=([0-9]+)-([0-9]*)$/.exec(request.headers.get("range") ?? "");
    const from = range === null ? 0 : Number(range[1]);
    const to = Math.min(size, range?.[2] ? Number(range[2]) + 1 : size);
    const part = range !== null && from < to;
    const suffix = /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
    yield* this.#answer(part ? 206 : 200, [
      `Date: ${new Date(this.#sys.clock_gettime(0).sec * 1000).toUTCString()}`,
      `Content-type: ${TYPES[suffix] ?? "application/octet-stream"}`,
      `Content-Length: ${part ? to - from : size}`,
      ...(part ? [`Content-Range: bytes ${from}-${to - 1}/${size}`] : []),
      "Accept-Ranges: bytes",
      `Last-Modified: ${new Date(stat.mtime.sec * 1000).toUTCString()}`,
    ]);
    if (head) return;
    const end = part ? to : size;
    for (let at = part ? from : 0; at < end; ) {
      let bytes: Blocking<Uint8Array> = this.#sys.pread(fd, Math.min(CHUNK, end - at), at);
      if (isSteps(bytes)) bytes = yield* bytes;
      if (bytes.length === 0) return;
      yield* writeAll(this.#sys, this.#fd, bytes);
      at += bytes.length;
    }
  }

  /** The program writes to the connection itself; it is given the body through a pipe. */
  *#cgi(request: Request): Steps<number> {
    const sys = this.#sys;
    const [, name = "", info = ""] = /^\/cgi-bin\/([^/]+)(.*)$/.exec(request.path) ?? [];
    const script = `./cgi-bin/${name}`;
    if (tryStat(sys, script) === undefined) {
      yield* this.#fail(404, false);
      return 1;
    }
    if (!access(sys, script, X_OK)) {
      yield* this.#fail(403, false);
      return 1;
    }
    const length = Number(request.headers.get("content-length") ?? 0) || 0;
    const env = [
      ...this.#env,
      "GATEWAY_INTERFACE=CGI/1.1",
      "SERVER_PROTOCOL=HTTP/1.1",
      "SERVER_SOFTWARE=busybox httpd/1.36.1",
      `REQUEST_METHOD=${request.method}`,
      `REQUEST_URI=${request.path}${request.query === "" ? "" : `?${request.query}`}`,
      `SCRIPT_NAME=/cgi-bin/${name}`,
      `SCRIPT_FILENAME=${sys.getcwd()}/cgi-bin/${name}`,
      `PATH_INFO=${info}`,
      `QUERY_STRING=${request.query}`,
      `REMOTE_ADDR=${"addr" in this.#from ? formatAddress(this.#from.addr) : ""}`,
      `REMOTE_PORT=${"port" in this.#from ? this.#from.port : ""}`,
      `AUTH_TYPE=${this.#realm}`,
      ...(length > 0 ? [`CONTENT_LENGTH=${length}`] : []),
      ...[...request.headers]
        .filter(([key]) => /^[a-z][a-z0-9-]*$/.test(key) && key !== "proxy")
        .map(([key, value]) => {
          const upper = key.toUpperCase().replaceAll("-", "_");
          return `${upper === "CONTENT_TYPE" ? upper : `HTTP_${upper}`}=${value}`;
        }),
    ];
    const [bodyEnd, bodyStart] = sys.pipe2(0);
    const fd = this.#fd;
    sys.fork(function* (child) {
      child.dup2(bodyEnd, 0);
      child.dup2(fd, 1);
      for (const each of [bodyEnd, bodyStart, fd]) if (each > 2) child.close(each);
      child.chdir("cgi-bin");
      yield* writeAll(child, 1, bytesOf("HTTP/1.1 200 OK\r\nConnection: close\r\n"));
      try {
        return yield* settle(child.execve(`./${name}`, [name], env));
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        return 127;
      }
    });
    sys.close(bodyEnd);
    let left = length;
    let bytes = request.rest.subarray(0, left);
    try {
      while (left > 0 && bytes.length > 0) {
        yield* writeAll(sys, bodyStart, bytes);
        left -= bytes.length;
        if (left > 0) bytes = yield* settle(sys.read(fd, Math.min(left, CHUNK)));
      }
    } catch (e) {
      // A program that does not want to know.
      if (!(e instanceof Errno)) throw e;
    }
    sys.close(bodyStart);
    return 0;
  }
}

function* listenAt(p: Process, where: string): Steps<number> {
  const { sys } = p;
  const m = /^(?:(?:\[(.*)\]|([^:]*)):)?([0-9]+)$/.exec(where) ?? die(`bad address '${where}'`);
  const host = m[1] ?? m[2] ?? "";
  const port = Number(m[3]);
  const addr =
    host === ""
      ? new Uint8Array(16)
      : ((yield* resolveHost(sys, host))[0] ?? die(`bad address '${host}'`));
  const to = sockAddr(addr, port);
  const fd = sys.socket(host === "" ? AF_INET6 : to.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  try {
    sys.bind(fd, to);
  } catch (e) {
    dieErrno("bind", e);
  }
  sys.listen(fd, BACKLOG);
  return fd;
}

function* becomeUser(p: Process, text: string): Steps<void> {
  const [name = "", group] = text.split(":");
  const db = new UserDb(p.sys);
  const user = (yield* db.getpwnam(name)) ?? die(`unknown user ${name}`);
  const gid =
    group === undefined
      ? user.gid
      : ((yield* db.getgrnam(group))?.gid ?? die(`unknown group ${group}`));
  p.sys.setgroups([gid]);
  p.sys.setgid(gid);
  p.sys.setuid(user.uid);
}

function* accepting(
  p: Process,
  sys: Sys,
  listener: number,
  rules: ConstructorParameters<typeof Exchange>[3],
): Steps<never> {
  for (;;) {
    let fd: number;
    let from: SockAddr;
    try {
      [fd, from] = yield* settle(sys.accept4(listener, 0));
    } catch (e) {
      if (e === EINTR) continue;
      throw e;
    }
    sys.fork(function* (child) {
      child.close(listener);
      child.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, TIMEOUT_MS);
      try {
        return yield* new Exchange(child, fd, from, rules).serve();
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        return 1;
      }
    });
    sys.close(fd);
    if (p.sys.budget < 0) yield* p.sys.sched_yield();
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "c:d:e:h:p:u:r:m:ifv", { max: 0 });
  const { sys } = p;
  const decode = opt.get("d");
  const encode = opt.get("e");
  if (decode !== undefined || encode !== undefined) {
    const text =
      decode !== undefined
        ? decode
            .replaceAll("+", " ")
            .replace(/%([0-9a-fA-F]{2})/g, (_, h: string) =>
              String.fromCharCode(Number.parseInt(h, 16)),
            )
        : (encode as string).replace(/[^A-Za-z0-9]/g, (c) => `&#${c.charCodeAt(0)};`);
    const w = p.stdout.puts(decode === undefined ? `${text}\n` : text);
    if (w) yield* w;
    return 0;
  }
  for (const option of ["c", "m"])
    if (opt.has(option)) die(`-${option}: access rules and passwords are not supported`);
  const home = opt.get("h");
  if (home !== undefined) {
    try {
      sys.chdir(home);
    } catch (e) {
      dieErrno(`can't change directory to '${home}'`, e);
    }
  }
  const rules = { env: p.environ(), realm: opt.get("r") ?? "", verbose: opt.has("v") };
  const mask = { lo: 0, hi: 0 };
  sys.rt_sigaction(SIGPIPE, { handler: SIG_IGN, flags: 0, mask });
  if (opt.has("i")) return yield* new Exchange(sys, 0, sys.getpeername(0), rules).serve();
  const listener = yield* listenAt(p, opt.get("p") ?? "80");
  const user = opt.get("u");
  if (user !== undefined) yield* becomeUser(p, user);
  sys.rt_sigaction(SIGCHLD, { handler: SIG_IGN, flags: 0, mask });
  if (opt.has("f")) return yield* accepting(p, sys, listener, rules);
  sys.fork(function* (child) {
    child.setsid();
    const none = yield* settle(open(child, "/dev/null", O_RDWR));
    for (const fd of [0, 1, 2]) child.dup2(none, fd);
    return yield* accepting(p, child, listener, rules);
  });
  return 0;
}

export const httpd: Applet = {
  name: "httpd",
  path: "/usr/sbin/httpd",
  usage: `[-ifv] [-p [IP:]PORT] [-u USER[:GRP]] [-r REALM] [-h HOME]
or httpd -d/-e STRING

Serve the files below a directory, and the programs in its cgi-bin

	-i	One request on stdin and stdout (inetd)
	-f	Stay in the foreground
	-v	Tell what is asked for
	-p [IP:]PORT	Listen there (80)
	-u USER[:GRP]	Become this user after that
	-r REALM	Name of what is served
	-h HOME	The directory (.)
	-e STRING	Encode for HTML
	-d STRING	Decode from a URL
`,
  main,
};
