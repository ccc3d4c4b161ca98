// whois: asks registries about a name (RFC 3912)
import { Errno } from "../../abi/errno.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { SOCK_CLOEXEC, SOCK_STREAM } from "../../abi/socket.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { formatAddress, formatSockAddr, sockAddr } from "../../libc/inet.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { resolveHost } from "../../libc/resolv.ts";
import { readAll, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";

const PORT = 43;
const ANSWER_MAX = 256 * 1024;
const REDIRECTS_MAX = 5;

class Whois {
  readonly #p: Process;
  readonly #port: number;
  readonly #all: boolean;

  constructor(p: Process, port: number, all: boolean) {
    this.#p = p;
    this.#port = port;
    this.#all = all;
  }

  *#put(text: string): Steps<void> {
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
  }

  *#query(host: string, question: string): Steps<string> {
    const { sys } = this.#p;
    const addr = (yield* resolveHost(sys, host))[0] ?? die(`bad address '${host}'`);
    const to = sockAddr(addr, this.#port);
    yield* this.#put(`[Querying ${host}:${this.#port} '${question}']\n`);
    const f = this.#p.stdout.flush();
    if (f) yield* f;
    const fd = sys.socket(to.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    try {
      yield* settle(sys.connect(fd, to));
      yield* writeAll(sys, fd, bytesOf(`${question}\r\n`));
      return strOf(yield* readAll(sys, fd, ANSWER_MAX)).replaceAll("\r", "");
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      const shown = addr.length === 4 ? formatAddress(addr) : formatSockAddr(to);
      return dieErrno(`can't connect to remote host (${shown})`, e);
    } finally {
      sys.close(fd);
    }
  }

  *ask(server: string | undefined, name: string): Steps<void> {
    let host = server ?? "whois.iana.org";
    let question = name;
    const seen = new Set<string>();
    for (let count = 0; count < REDIRECTS_MAX; count++) {
      seen.add(host);
      let answer = yield* this.#query(host, question);
      // Registries of the old kind want to hear what kind of thing it is.
      const domain = `domain ${name}`;
      if (
        question === name &&
        answer.includes(name) &&
        !/\n[ \t]*(Domain|domain|refer|whois)\b/.test(`\n${answer}`)
      ) {
        question = domain;
        answer = yield* this.#query(host, question);
      }
      const next =
        /^[ \t]*(?:refer|whois|Whois Server|Registrar WHOIS Server):[ \t]*(?:whois:\/\/)?([\w.-]+)/im.exec(
          answer,
        )?.[1];
      const last = next === undefined || seen.has(next);
      if (last || this.#all)
        yield* this.#put(`[${host}]\n${answer}${answer.endsWith("\n") ? "" : "\n"}`);
      if (last) return;
      host = next;
      question = name;
    }
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "ih:p:", { min: 1 });
  const port = opt.has("p") ? xatou(opt.get("p") as string) : PORT;
  const whois = new Whois(p, port, opt.has("i"));
  for (const name of opt.operands) yield* whois.ask(opt.get("h"), name);
  return 0;
}

export const whois: Applet = {
  name: "whois",
  path: "/usr/bin/whois",
  usage: `[-i] [-h SERVER] [-p PORT] NAME...

Ask registries about NAME

	-i	Show the answers that only lead further as well
	-h,-p	Whom to ask first
`,
  main,
};
