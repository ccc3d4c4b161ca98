// wget: files over HTTP (RFC 9112), and over HTTPS through ssl_client (options as in GNU wget)
import { EINTR, Errno } from "../../abi/errno.ts";
import { O_APPEND, O_CREAT, O_EXCL, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { POLLIN } from "../../abi/poll.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { AF_INET, AF_UNIX, SO_SNDTIMEO, SOCK_STREAM, SOL_SOCKET } from "../../abi/socket.ts";
import { Base64Encoder } from "../../lib/base64.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { formatAddress, sockAddr } from "../../libc/inet.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { resolveHost } from "../../libc/resolv.ts";
import { execvp } from "../../libc/spawn.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, readFile, tryStat, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";

const REDIRECTS_MAX = 10;
/** Longest head of an answer. */
const HEAD_MAX = 65536;
const CHUNK = 65536;

interface Target {
  scheme: "http" | "https" | "ftp";
  user: string | undefined;
  host: string;
  port: number;
  path: string;
}

function parseUrl(url: string): Target {
  const m = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?([^/?#]*)([^#]*)/.exec(url) as RegExpExecArray;
  const scheme = (m[1] ?? "http").toLowerCase();
  if (scheme !== "http" && scheme !== "https" && scheme !== "ftp")
    return die(`not an http or ftp url: ${url}`);
  let host = m[2] as string;
  let user: string | undefined;
  const at = host.lastIndexOf("@");
  if (at >= 0) {
    user = host
      .slice(0, at)
      .replace(/%([0-9a-fA-F]{2})/g, (_, h: string) => String.fromCharCode(Number.parseInt(h, 16)));
    host = host.slice(at + 1);
  }
  let port = scheme === "http" ? 80 : scheme === "https" ? 443 : 21;
  const colon = /^(\[[^\]]*\]|[^:]*):([0-9]+)$/.exec(host);
  if (colon !== null) {
    host = colon[1] as string;
    port = Number(colon[2]);
    if (port > 65535) die(`bad port '${colon[2]}'`);
  }
  let path = m[3] as string;
  if (!path.startsWith("/")) path = `/${path}`;
  return { scheme, user, host, port, path };
}

/** Bytes of a connection, with what was read too far kept. */
class Connection {
  readonly fd: number;
  readonly #p: Process;
  readonly #timeoutMs: number;
  #rest: Uint8Array = new Uint8Array();

  constructor(p: Process, fd: number, timeoutMs: number) {
    this.#p = p;
    this.fd = fd;
    this.#timeoutMs = timeoutMs;
  }

  /** Some bytes, at most `max`; none at the end. */
  *read(max: number = CHUNK): Steps<Uint8Array> {
    if (this.#rest.length > 0) {
      const part = this.#rest.subarray(0, max);
      this.#rest = this.#rest.subarray(part.length);
      return part;
    }
    const { sys } = this.#p;
    if (this.#timeoutMs > 0) {
      const fds = [{ fd: this.fd, events: POLLIN, revents: 0 }];
      for (;;) {
        try {
          if ((yield* settle(sys.poll(fds, this.#timeoutMs))) === 0) die("download timed out");
          break;
        } catch (e) {
          if (e !== EINTR) throw e;
        }
      }
    }
    let bytes = sys.read(this.fd, max);
    if (isSteps(bytes)) bytes = yield* bytes;
    return bytes;
  }

  /** A line without its end; undefined when the connection ends before. */
  *line(): Steps<string | undefined> {
    let text = "";
    for (;;) {
      const bytes = yield* this.read();
      if (bytes.length === 0) return text === "" ? undefined : text;
      const end = bytes.indexOf(10);
      text += strOf(end < 0 ? bytes : bytes.subarray(0, end));
      if (text.length > HEAD_MAX) die("error getting response");
      if (end < 0) continue;
      const after = bytes.subarray(end + 1);
      if (this.#rest.length === 0) this.#rest = after;
      else {
        const joined = new Uint8Array(after.length + this.#rest.length);
        joined.set(after);
        joined.set(this.#rest, after.length);
        this.#rest = joined;
      }
      return text.replace(/\r$/, "");
    }
  }
}

class Wget {
  readonly #p: Process;
  readonly #opt: Options;
  readonly #quiet: boolean;
  readonly #timeoutMs: number;
  /** Messages of -o go there. */
  #log = 2;
  /** The file for -O, opened once for all URLs. */
  #out = -1;

  constructor(p: Process, opt: Options) {
    this.#p = p;
    this.#opt = opt;
    this.#quiet = opt.has("q");
    this.#timeoutMs = opt.has("T") ? xatou(opt.get("T") as string) * 1000 : 900000;
  }

  *prepare(): Steps<void> {
    const log = this.#opt.get("o");
    if (log !== undefined && log !== "-") this.#log = yield* this.#create(log, O_TRUNC);
  }

  *#create(path: string, flags: number): Steps<number> {
    try {
      return yield* settle(open(this.#p.sys, path, O_WRONLY | O_CREAT | flags, 0o666));
    } catch (e) {
      return dieErrno(`can't open '${path}'`, e);
    }
  }

  *#say(text: string): Steps<void> {
    if (this.#quiet) return;
    const f = this.#p.stdout.flush();
    if (f) yield* f;
    yield* writeAll(this.#p.sys, this.#log, bytesOf(text));
  }

  /** A connection to a host; through ssl_client for https. */
  *#connect(target: Target, secure: boolean): Steps<Connection> {
    const { sys } = this.#p;
    const found = yield* resolveHost(sys, target.host);
    const addr = found[0] ?? die(`bad address '${target.host}'`);
    const to = sockAddr(addr, target.port);
    const shown = to.family === AF_INET ? formatAddress(addr) : `[${formatAddress(addr)}]`;
    yield* this.#say(`Connecting to ${target.host}:${target.port} (${shown}:${target.port})\n`);
    const fd = sys.socket(to.family, SOCK_STREAM, 0);
    try {
      if (this.#timeoutMs > 0) sys.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, this.#timeoutMs);
      yield* settle(sys.connect(fd, to));
    } catch (e) {
      const where = to.family === AF_INET ? ` (${shown})` : "";
      dieErrno(`can't connect to remote host${where}`, e);
    }
    return new Connection(
      this.#p,
      secure ? yield* this.#tls(fd, target.host) : fd,
      this.#timeoutMs,
    );
  }

  /** ssl_client speaks TLS on the socket and plain text on the other end of a pair. */
  *#tls(socket: number, host: string): Steps<number> {
    const { sys } = this.#p;
    const [ours, theirs] = sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
    const args = ["ssl_client", "-s3", "-n", host];
    if (this.#opt.has("no-check-certificate")) args.push("-I");
    const p = this.#p;
    const environ = p.environ();
    const f = p.stdout.flush();
    if (f) yield* f;
    sys.fork(function* (child) {
      child.close(ours);
      child.dup2(theirs, 0);
      child.dup2(theirs, 1);
      child.dup2(socket, 3);
      for (const fd of [theirs, socket]) if (fd > 3) child.close(fd);
      try {
        return yield* execvp(child, args, environ, p.env.get("PATH"));
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        yield* writeAll(child, 2, bytesOf(`wget: can't execute 'ssl_client': ${strerror(e)}\n`));
        return 127;
      }
    });
    sys.close(theirs);
    sys.close(socket);
    return ours;
  }

  #proxy(target: Target): Target | undefined {
    if (this.#opt.get("Y")?.startsWith("off") === true || this.#opt.get("Y") === "0")
      return undefined;
    const url = this.#p.env.get(`${target.scheme}_proxy`);
    return url === undefined || url === "" ? undefined : parseUrl(url);
  }

  *#request(c: Connection, target: Target, proxied: boolean, from: number): Steps<void> {
    const opt = this.#opt;
    const headers = opt.all("header");
    const has = (name: string): boolean =>
      headers.some((h) => h.toLowerCase().startsWith(`${name.toLowerCase()}:`));
    const standard = target.port === (target.scheme === "https" ? 443 : 80);
    const hostPort = standard ? target.host : `${target.host}:${target.port}`;
    let body: Uint8Array | undefined;
    const file = opt.get("post-file");
    if (opt.has("post-data")) body = bytesOf(opt.get("post-data") as string);
    else if (file !== undefined) {
      try {
        body = yield* readFile(this.#p.sys, file === "-" ? "/dev/stdin" : file);
      } catch (e) {
        dieErrno(`can't open '${file}'`, e);
      }
    }
    const what = proxied ? `${target.scheme}://${hostPort}${target.path}` : target.path;
    let text = `${body === undefined ? "GET" : "POST"} ${what} HTTP/1.1\r\n`;
    if (!has("Host")) text += `Host: ${hostPort}\r\n`;
    if (!has("User-Agent")) text += `User-Agent: ${opt.get("U") ?? "Wget"}\r\n`;
    if (!has("Accept")) text += "Accept: */*\r\n";
    text += "Connection: close\r\n";
    if (target.user !== undefined && !has("Authorization")) {
      const encoder = new Base64Encoder();
      const code = strOf(encoder.encode(bytesOf(target.user))) + strOf(encoder.end());
      text += `Authorization: Basic ${code}\r\n`;
    }
    if (from > 0 && !has("Range")) text += `Range: bytes=${from}-\r\n`;
    for (const h of headers) text += `${h}\r\n`;
    if (body !== undefined) {
      if (!has("Content-Type")) text += "Content-Type: application/x-www-form-urlencoded\r\n";
      text += `Content-Length: ${body.length}\r\n`;
    }
    yield* writeAll(this.#p.sys, c.fd, bytesOf(`${text}\r\n`));
    if (body !== undefined) yield* writeAll(this.#p.sys, c.fd, body);
  }

  /** Status and headers, names in lower case. */
  *#response(c: Connection): Steps<{ status: number; line: string; headers: Map<string, string> }> {
    for (;;) {
      const line = yield* c.line();
      if (line === undefined || !/^HTTP\//.test(line)) return die("error getting response");
      const status = Number(/^\S+\s+([0-9]+)/.exec(line)?.[1] ?? 0);
      const show = this.#opt.has("S");
      if (show) yield* this.#say(`  ${line}\n`);
      const headers = new Map<string, string>();
      // Of a failure nothing more is looked at.
      if (status >= 400) return { status, line, headers };
      for (let size = 0; ; ) {
        const h = yield* c.line();
        if (show && h !== undefined) yield* this.#say(`  ${h}\n`);
        if (h === undefined || h === "") break;
        size += h.length;
        if (size > HEAD_MAX) die("error getting response");
        const colon = h.indexOf(":");
        if (colon > 0) headers.set(h.slice(0, colon).toLowerCase(), h.slice(colon + 1).trim());
      }
      if (status !== 100) return { status, line, headers };
    }
  }

  /** Copies the body to a descriptor: its size. */
  *#body(c: Connection, out: number, headers: ReadonlyMap<string, string>): Steps<number> {
    const { sys } = this.#p;
    let total = 0;
    const copy = function* (count: number): Steps<void> {
      for (let left = count; left > 0; ) {
        const bytes = yield* c.read(Math.min(left, CHUNK));
        if (bytes.length === 0) {
          if (count !== Infinity) die("connection closed prematurely");
          return;
        }
        yield* writeAll(sys, out, bytes);
        total += bytes.length;
        left -= bytes.length;
      }
    };
    if (/chunked/i.test(headers.get("transfer-encoding") ?? "")) {
      for (;;) {
        const size = yield* c.line();
        if (size === undefined || !/^[0-9a-fA-F]+/.test(size)) die("got bad chunk length");
        const n = Number.parseInt(size ?? "0", 16);
        if (n === 0) return total;
        yield* copy(n);
        yield* c.line();
      }
    }
    const length = headers.get("content-length");
    if (length !== undefined && !/^[0-9]+$/.test(length))
      die(`content-length ${length} is garbage`);
    yield* copy(length === undefined ? Infinity : Number(length));
    return total;
  }

  /** The name a URL is saved by, and whether -O gave it. */
  #fileName(target: Target): string {
    const path = target.path.split("?")[0] as string;
    let name = target.path.slice(path.lastIndexOf("/") + 1);
    if (name === "" || name.startsWith("?")) name = `index.html${name}`;
    const dir = this.#opt.get("P");
    return dir === undefined ? name : `${dir.replace(/\/$/, "")}/${name}`;
  }

  *fetch(url: string): Steps<void> {
    const { sys } = this.#p;
    const opt = this.#opt;
    let target = parseUrl(url);
    const given = opt.get("O");
    const name = given ?? this.#fileName(target);
    const stdout = name === "-";
    let from = 0;
    if (opt.has("c") && !stdout) from = tryStat(sys, name)?.size ?? 0;
    for (let redirects = 0; ; redirects++) {
      if (target.scheme === "ftp") {
        // There is nobody within reach who speaks it, but that must be seen.
        yield* this.#connect(target, false);
        die("ftp is not supported");
      }
      const proxy = this.#proxy(target);
      const c = yield* this.#connect(proxy ?? target, (proxy ?? target).scheme === "https");
      yield* this.#request(c, target, proxy !== undefined, from);
      const { status, line, headers } = yield* this.#response(c);
      if (status >= 300 && status < 400 && headers.has("location")) {
        if (redirects >= REDIRECTS_MAX) die("too many redirections");
        const location = headers.get("location") as string;
        sys.close(c.fd);
        const base = target;
        if (location.startsWith("/")) target = { ...base, path: location };
        else if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(location)) target = parseUrl(location);
        else
          target = {
            ...base,
            path: `${base.path.slice(0, base.path.lastIndexOf("/") + 1)}${location}`,
          };
        target.user ??= target.host === base.host ? base.user : undefined;
        continue;
      }
      if (status !== 0 && (status < 200 || status >= 300)) {
        die(`server returned error: ${line}`);
      }
      // A server that does not know about parts sends everything.
      if (status !== 206) from = 0;
      if (opt.has("spider")) {
        yield* this.#say("remote file exists\n");
        sys.close(c.fd);
        return;
      }
      yield* this.#save(c, name, given !== undefined, from, headers);
      sys.close(c.fd);
      return;
    }
  }

  *#save(
    c: Connection,
    name: string,
    fixed: boolean,
    from: number,
    headers: ReadonlyMap<string, string>,
  ): Steps<void> {
    const stdout = name === "-";
    let out = stdout ? 1 : this.#out;
    if (out < 0) {
      const flags = from > 0 ? O_APPEND : fixed || this.#opt.has("c") ? O_TRUNC : O_EXCL;
      out = yield* this.#create(name, flags);
      if (fixed) this.#out = out;
    }
    yield* this.#say(stdout ? "writing to stdout\n" : `saving to '${name}'\n`);
    const size = (yield* this.#body(c, out, headers)) + from;
    const shown = name.slice(name.lastIndexOf("/") + 1);
    if (this.#log === 2)
      yield* this.#say(
        `${shown.slice(0, 20).padEnd(20)} 100% |${"*".repeat(32)}| ${sizeText(size)}  0:00:00 ETA\n`,
      );
    if (!stdout && !fixed) this.#p.sys.close(out);
    yield* this.#say(stdout ? "written to stdout\n" : `'${name}' saved\n`);
  }
}

/** Bytes, in K or M where they are many, in five characters. */
function sizeText(n: number): string {
  let v = n;
  for (const unit of ["", "k", "M", "G"]) {
    if (v < 100000) return (String(Math.floor(v)) + unit).padStart(5);
    v /= 1024;
  }
  return String(Math.floor(v));
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "cqSO:o:P:Y:U:T:t:n:", {
    long: {
      continue: "c",
      quiet: "q",
      "server-response": "S",
      "output-document": "O",
      "output-file": "o",
      "directory-prefix": "P",
      proxy: "Y",
      "user-agent": "U",
      timeout: "T",
      tries: "t",
      header: "header:",
      "post-data": "post-data:",
      "post-file": "post-file:",
      spider: "spider",
      "no-check-certificate": "no-check-certificate",
      // Known and without a meaning.
      "passive-ftp": "ignored",
      "no-cache": "ignored",
      "no-verbose": "ignored",
      "no-clobber": "ignored",
      "no-host-directories": "ignored",
      "no-parent": "ignored",
    },
    min: 1,
  });
  const wget = new Wget(p, opt);
  yield* wget.prepare();
  try {
    for (const url of opt.operands) yield* wget.fetch(url);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    die(strerror(e));
  }
  return 0;
}

export const wget: Applet = {
  name: "wget",
  path: "/usr/bin/wget",
  usage: `[-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]
	[--post-data STR | --post-file FILE] [-Y on/off]
	[-P DIR] [-U AGENT] [-T SEC] URL...

Get files by HTTP

	--spider	Only see whether they are there
	--header STR	Send this header
	--post-data STR	Send this, by POST
	--post-file FILE	Send this file, by POST
	--no-check-certificate	Trust every server
	-c	Go on where an earlier try ended
	-q	Quiet
	-P DIR	Save in DIR
	-S	Show what the server says
	-T SEC	Give up after SEC of silence
	-O FILE	Save as FILE (-: stdout)
	-o FILE	Messages to FILE
	-U STR	The name of the program
	-Y on/off	Use a proxy
`,
  main,
};
