// wget: files over HTTP and HTTPS (RFC 9110) and FTP (RFC 959); options as in GNU wget
import { Errno } from "../../abi/errno.ts";
import { O_APPEND, O_CREAT, O_EXCL, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { CLOCK_MONOTONIC } from "../../abi/resource.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { type HttpResponse, httpOpen } from "../../libc/http.ts";
import { HttpError } from "../../libc/http-error.ts";
import { formatAddress } from "../../libc/inet.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, readFile, tryStat, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";
import { ftpRetrieve } from "./ftp-client.ts";

const CHUNK = 65536;
const DEFAULT_TIMEOUT_S = 900;
const BAR_WIDTH = 32;

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
    user = host.slice(0, at);
    host = host.slice(at + 1);
  }
  let port = scheme === "http" ? 80 : scheme === "https" ? 443 : 21;
  const colon = /^(\[[^\]]*\]|[^:]*):([0-9]+)$/.exec(host);
  if (colon !== null) {
    host = colon[1] as string;
    port = Number(colon[2]);
    if (port > 65535) die(`bad port '${colon[2]}'`);
  }
  if (host === "") die("bad address ''");
  let path = m[3] as string;
  if (!path.startsWith("/")) path = `/${path}`;
  return { scheme, user, host, port, path };
}

/** The message for a request that failed, as the original words it. */
function complaint(e: HttpError, inBody: boolean): string {
  const why = e.errno === undefined ? "" : `: ${strerror(e.errno)}`;
  switch (e.kind) {
    case "resolve":
      return `bad address '${e.host}'`;
    case "connect":
      return `can't connect to remote host (${e.address})${why}`;
    case "timeout":
      return "download timed out";
    case "redirects":
      return "too many redirections";
    case "url":
      return `not an http or ftp url: ${e.message.slice(e.message.lastIndexOf(": ") + 2)}`;
    case "tls":
      return `${e.host}: ${e.reason}`;
    case "proxy":
      return e.message;
    case "closed":
      if (!inBody) return `error getting response${why}`;
      return e.errno === undefined ? "connection closed prematurely" : `read error${why}`;
    case "protocol":
      return /chunk|content-length/.test(e.reason) ? e.reason : "error getting response";
    default:
      return e.kind satisfies never;
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
  /** The last server that a connection was announced to. */
  #announced = "";

  constructor(p: Process, opt: Options) {
    this.#p = p;
    this.#opt = opt;
    this.#quiet = opt.has("q");
    const seconds = opt.has("T") ? xatou(opt.get("T") as string) : DEFAULT_TIMEOUT_S;
    this.#timeoutMs = seconds * 1000;
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

  *#announce(host: string, port: number, addr: Uint8Array): Steps<void> {
    const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
    if (this.#announced === `${name}:${port}`) return;
    this.#announced = `${name}:${port}`;
    const shown = addr.length === 4 ? formatAddress(addr) : `[${formatAddress(addr)}]`;
    yield* this.#say(`Connecting to ${name}:${port} (${shown}:${port})\n`);
  }

  *#postBody(): Steps<Uint8Array | undefined> {
    const data = this.#opt.get("post-data");
    if (data !== undefined) return bytesOf(data);
    const file = this.#opt.get("post-file");
    if (file === undefined) return undefined;
    try {
      return yield* readFile(this.#p.sys, file === "-" ? "/dev/stdin" : file);
    } catch (e) {
      return dieErrno(`can't open '${file}'`, e);
    }
  }

  *#open(target: Target, from: number): Steps<HttpResponse> {
    const opt = this.#opt;
    const proxy = opt.get("Y");
    const useProxy = !(proxy?.startsWith("off") === true || proxy === "0");
    const body = yield* this.#postBody();
    const agent = opt.get("U");
    const user = target.user === undefined ? "" : `${target.user}@`;
    return yield* httpOpen(
      this.#p.sys,
      `${target.scheme}://${user}${target.host}:${target.port}${target.path}`,
      {
        from,
        timeoutMs: this.#timeoutMs,
        headers: opt.all("header").map((line): [string, string] => {
          const colon = line.indexOf(":");
          return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).trim()];
        }),
        tls: { verify: !opt.has("no-check-certificate") },
        ...(useProxy ? { env: this.#p.env } : {}),
        ...(body === undefined ? {} : { body }),
        ...(agent === undefined ? {} : { userAgent: agent }),
        connecting: (host, port, addr) => this.#announce(host, port, addr),
        ...(opt.has("S") ? { line: (text: string) => this.#say(`  ${text}\n`) } : {}),
      },
    );
  }

  /** The name a URL is saved by. */
  #fileName(target: Target): string {
    const path = target.path.split("?")[0] as string;
    let name = target.path.slice(path.lastIndexOf("/") + 1);
    if (name === "" || name.startsWith("?")) name = `index.html${name}`;
    const dir = this.#opt.get("P");
    return dir === undefined ? name : `${dir.replace(/\/$/, "")}/${name}`;
  }

  *fetch(url: string): Steps<void> {
    const opt = this.#opt;
    const target = parseUrl(url);
    const given = opt.get("O");
    const name = given ?? this.#fileName(target);
    let from = 0;
    if (opt.has("c") && name !== "-") from = tryStat(this.#p.sys, name)?.size ?? 0;
    let inBody = false;
    try {
      if (target.scheme === "ftp") {
        const announce = (addr: Uint8Array): Steps<void> =>
          this.#announce(target.host, target.port, addr);
        const file = yield* ftpRetrieve(this.#p.sys, target, from, this.#timeoutMs, announce);
        inBody = true;
        yield* this.#save(file, name, given !== undefined, file.resumed ? from : 0);
        yield* file.finish();
        return;
      }
      const response = yield* this.#open(target, from);
      try {
        const { status, statusLine } = response;
        if (status !== 200 && !(status === 206 && from > 0) && !(status > 200 && status < 206))
          die(`server returned error: ${statusLine}`);
        if (opt.has("spider")) {
          yield* this.#say("remote file exists\n");
          return;
        }
        inBody = true;
        // A server that does not know about parts sends everything.
        yield* this.#save(response, name, given !== undefined, status === 206 ? from : 0);
      } finally {
        response.close();
      }
    } catch (e) {
      if (!(e instanceof HttpError)) throw e;
      die(complaint(e, inBody));
    }
  }

  *#save(
    source: Pick<HttpResponse, "read" | "length">,
    name: string,
    fixed: boolean,
    from: number,
  ): Steps<void> {
    const { sys } = this.#p;
    const stdout = name === "-";
    let out = stdout ? 1 : this.#out;
    if (out < 0) {
      const flags = from > 0 ? O_APPEND : fixed || this.#opt.has("c") ? O_TRUNC : O_EXCL;
      out = yield* this.#create(name, flags);
      if (fixed) this.#out = out;
    }
    yield* this.#say(stdout ? "writing to stdout\n" : `saving to '${name}'\n`);
    const meter = new Meter(sys.clock_gettime(CLOCK_MONOTONIC).sec, from, source.length);
    const shown = name
      .slice(name.lastIndexOf("/") + 1)
      .slice(0, 20)
      .padEnd(20);
    for (;;) {
      let bytes = source.read(CHUNK);
      if (isSteps(bytes)) bytes = yield* bytes;
      if (bytes.length === 0) break;
      yield* writeAll(sys, out, bytes);
      const now = sys.clock_gettime(CLOCK_MONOTONIC).sec;
      if (meter.add(bytes.length, now) && this.#log === 2)
        yield* this.#say(`\r${shown} ${meter.text(now)}`);
    }
    if (this.#log === 2)
      yield* this.#say(
        `${meter.shown ? "\r" : ""}${shown} 100% |${"*".repeat(BAR_WIDTH)}| ${sizeText(meter.done)}  0:00:00 ETA\n`,
      );
    if (!stdout && !fixed) sys.close(out);
    yield* this.#say(stdout ? "written to stdout\n" : `'${name}' saved\n`);
  }
}

/** How far a transfer is, told once a second. */
class Meter {
  done: number;
  /** It was told at least once. */
  shown = false;
  readonly #from: number;
  readonly #total: number | undefined;
  readonly #start: number;
  #last: number;

  constructor(now: number, from: number, length: number | undefined) {
    this.done = from;
    this.#from = from;
    this.#total = length === undefined ? undefined : from + length;
    this.#start = now;
    this.#last = now;
  }

  /** Is it time to tell? */
  add(bytes: number, now: number): boolean {
    this.done += bytes;
    if (now === this.#last || this.done === this.#total) return false;
    this.#last = now;
    this.shown = true;
    return true;
  }

  text(now: number): string {
    if (this.#total === undefined)
      return `     |${" ".repeat(BAR_WIDTH)}| ${sizeText(this.done)} --:--:-- ETA`;
    const share = this.done / this.#total;
    const bar = "*".repeat(Math.floor(share * BAR_WIDTH)).padEnd(BAR_WIDTH);
    const speed = (this.done - this.#from) / Math.max(1, now - this.#start);
    const left = Math.ceil((this.#total - this.done) / Math.max(1, speed));
    const two = (n: number): string => String(n).padStart(2, "0");
    const eta = `${Math.floor(left / 3600)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
    return `${String(Math.floor(share * 100)).padStart(4)}% |${bar}| ${sizeText(this.done)} ${eta.padStart(8)} ETA`;
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

Get files by HTTP, HTTPS or FTP

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
