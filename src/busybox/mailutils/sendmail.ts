// sendmail: gives a message to a mail server (RFC 5321, RFC 4954)
import { EAGAIN, Errno } from "../../abi/errno.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_STREAM } from "../../abi/socket.ts";
import { Base64Encoder } from "../../lib/base64.ts";
import { bytesOf, concat, strOf } from "../../lib/bytes.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { formatAddress, sockAddr } from "../../libc/inet.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { resolveHost } from "../../libc/resolv.ts";
import { spawn } from "../../libc/spawn.ts";
import { Input, LineReader } from "../../libc/stdio.ts";
import { readAll, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatouRange } from "../libbb/numbers.ts";

const PORT = 25;
const MESSAGE_MAX = 64 << 20;

function base64(text: string): string {
  const encoder = new Base64Encoder();
  return strOf(concat([encoder.encode(bytesOf(text)), encoder.end()])).trim();
}

/** The conversation with a server. */
class Smtp {
  readonly #p: Process;
  readonly #fd: number;
  readonly #lines: LineReader;
  readonly #verbose: boolean;
  /** The last answer's text. */
  answer = "";

  constructor(p: Process, fd: number, verbose: boolean) {
    this.#p = p;
    this.#fd = fd;
    this.#lines = new LineReader(new Input(p.sys, fd, "server"));
    this.#verbose = verbose;
  }

  *send(line: string): Steps<void> {
    if (this.#verbose) yield* this.#p.warnx(`send:'${line}'`);
    yield* writeAll(this.#p.sys, this.#fd, bytesOf(`${line}\r\n`));
  }

  /** Sends a line, if any, and reads the answer: its number, -1 at the end of input. */
  *talk(line?: string): Steps<number> {
    if (line !== undefined) yield* this.send(line);
    for (;;) {
      const text = (yield* settle(this.#lines.next()))?.replace(/[\r\n]+$/, "");
      if (text === undefined) return -1;
      if (this.#verbose) yield* this.#p.warnx(`recv:'${text}'`);
      this.answer = text;
      if (text.charAt(3) !== "-") return /^[0-9]{3}/.test(text) ? Number(text.slice(0, 3)) : -1;
    }
  }

  /** As `talk`; any other number ends the program. */
  *expect(code: number, line: string | undefined, failure?: string): Steps<void> {
    if ((yield* this.talk(line)) === code) return;
    die(failure ?? `${line ?? ""} failed`);
  }
}

function* connect(p: Process, opt: Options): Steps<number> {
  const { sys } = p;
  const helper = opt.get("H");
  if (helper !== undefined) {
    const [own, its] = sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
    yield* spawn(p, ["/bin/sh", "-c", helper], (child) => {
      child.dup2(its, 0);
      child.dup2(its, 1);
      child.close(its);
      child.close(own);
    });
    sys.close(its);
    return own;
  }
  const server = opt.get("S") ?? p.env.get("SMTPHOST") ?? "127.0.0.1";
  const [, host = server, port] = /^(.*):([^:]*)$/.exec(server) ?? [];
  const addr = (yield* resolveHost(sys, host))[0] ?? die(`bad address '${host}'`);
  const to = sockAddr(addr, port === undefined ? PORT : xatouRange(port, 0, 65535));
  const fd = sys.socket(to.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  try {
    yield* settle(sys.connect(fd, to));
  } catch (e) {
    dieErrno(`can't connect to remote host (${formatAddress(addr)})`, e);
  }
  return fd;
}

/** The addresses of a header's value: what stands in <>, or the word itself. */
function addresses(value: string): string[] {
  return value
    .split(",")
    .map((part) => /<([^>]*)>/.exec(part)?.[1] ?? part.trim())
    .filter((address) => address !== "");
}

interface Message {
  /** Lines as they go out. */
  lines: string[];
  recipients: string[];
}

function compose(text: string, given: readonly string[], fromHeaders: boolean): Message {
  const all = text.split("\n");
  if (all.at(-1) === "") all.pop();
  const recipients: string[] = [];
  const lines: string[] = [];
  let at = 0;
  let addressed = false;
  for (let name = ""; at < all.length; at++) {
    const line = (all[at] as string).replace(/\r$/, "");
    const [, header, value] = /^([!-9;-~]+):(.*)$/.exec(line) ?? [];
    if (header !== undefined) name = header.toLowerCase();
    else if (!/^[ \t]/.test(line) || name === "") break;
    if (name === "to") addressed = true;
    if (fromHeaders && (name === "to" || name === "cc" || name === "bcc"))
      recipients.push(...addresses(value ?? line));
    if (!fromHeaders || name !== "bcc") lines.push(line);
  }
  const blank = all[at] === "" || all[at] === "\r";
  if (!fromHeaders && !addressed && given.length > 0) {
    lines.push(`To: ${given.join(", ")}`);
    if (!blank) lines.push("");
  }
  for (const line of all.slice(at)) lines.push(line.replace(/\r$/, "").replace(/^\./, ".."));
  return { lines, recipients: [...recipients, ...given] };
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "tf:o:iw:H:S:a:v");
  const { sys } = p;
  let method: string | undefined;
  let [login, password] = ["", ""];
  for (const word of opt.all("a")) {
    const value = word.slice(1);
    if (word.startsWith("m")) {
      method = value.toUpperCase();
      if (method !== "LOGIN" && method !== "PLAIN") die(`unsupported AUTH method ${value}`);
    } else if (word.startsWith("u")) login = value;
    else if (word.startsWith("p")) password = value;
  }
  if (method !== undefined && login === "" && password === "")
    [login = "", password = ""] = strOf(yield* readAll(sys, 4, 4096)).split("\n");
  const message = compose(strOf(yield* readAll(sys, 0, MESSAGE_MAX)), opt.operands, opt.has("t"));
  const smtp = new Smtp(p, yield* connect(p, opt), opt.has("v"));
  if (opt.has("w"))
    sys.setitimer(0, {
      intervalMs: 0,
      valueMs: xatouRange(opt.get("w") as string, 0, 0x7fffffff) * 1000,
    });
  // Not waiting for the greeting: some servers are slow with it on purpose.
  yield* smtp.send("NOOP");
  const first = yield* smtp.talk();
  if (first !== 220) die(first < 0 ? "NOOP failed" : "SMTP init failed");
  yield* smtp.expect(250, undefined, "NOOP failed");
  const host = sys.uname().nodename;
  if ((yield* smtp.talk(`EHLO ${host}`)) !== 250) yield* smtp.expect(250, `HELO ${host}`);
  if (method === "LOGIN") {
    yield* smtp.expect(334, "AUTH LOGIN");
    yield* smtp.expect(334, base64(login), " failed");
    yield* smtp.expect(235, base64(password), " failed");
  } else if (method === "PLAIN") {
    yield* smtp.expect(334, "AUTH PLAIN");
    yield* smtp.expect(235, base64(`\0${login}\0${password}`), " failed");
  }
  const user = login || (yield* new UserDb(sys).getpwuid(sys.getuid()))?.name;
  const sender = opt.get("f") ?? `${user ?? sys.getuid()}@${host}`;
  yield* smtp.expect(250, `MAIL FROM:<${sender}>`);
  for (const one of message.recipients)
    if ((yield* smtp.talk(`RCPT TO:<${one}>`)) !== 250) yield* p.warnx(`Bad recipient: <${one}>`);
  yield* smtp.expect(354, "DATA");
  for (const line of message.lines) yield* smtp.send(line);
  yield* smtp.expect(250, ".");
  try {
    yield* smtp.talk("QUIT");
  } catch (e) {
    if (!(e instanceof Errno) || e === EAGAIN) throw e;
  }
  return 0;
}

export const sendmail: Applet = {
  name: "sendmail",
  path: "/usr/sbin/sendmail",
  usage: `[-tv] [-f SENDER] [-w SECS] [-H 'PROG ARGS' | -S HOST[:PORT]] [-amMETHOD -auUSER -apPASS] [RECIPIENT]...

Send the message that stdin has

	-t	To those whom its headers name as well
	-f SENDER	Who it is from
	-o OPTIONS,-i	Ignored
	-v	Show the conversation
	-w SECS	Give up after so long
	-H PROG	Speak to the server through PROG
	-S HOST	The server ($SMTPHOST, 127.0.0.1)
	-amLOGIN,-amPLAIN	How to log in; without -au and -ap with the two lines of descriptor 4
`,
  main,
};
