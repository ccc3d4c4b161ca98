// nslookup: questions to DNS (as ISC's program, in the form of BusyBox)
import { EINTR, Errno } from "../../abi/errno.ts";
import { POLLIN } from "../../abi/poll.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { SOCK_CLOEXEC, SOCK_DGRAM } from "../../abi/socket.ts";
import * as dns from "../../lib/dns.ts";
import { FormatError } from "../../lib/format-error.ts";
import { formatAddress, formatSockAddr, parseIPv4, parseIPv6, sockAddr } from "../../libc/inet.ts";
import { die, type Process } from "../../libc/process.ts";
import { resolvConf, resolveHost } from "../../libc/resolv.ts";
import { strerror } from "../../libc/strerror.ts";
import type { Applet } from "../libbb/applet.ts";

const TYPES: Readonly<Record<string, number>> = {
  soa: dns.TYPE_SOA,
  ns: dns.TYPE_NS,
  a: dns.TYPE_A,
  aaaa: dns.TYPE_AAAA,
  cname: dns.TYPE_CNAME,
  mx: dns.TYPE_MX,
  txt: dns.TYPE_TXT,
  ptr: dns.TYPE_PTR,
  srv: dns.TYPE_SRV,
  any: dns.TYPE_ANY,
};
const RCODES = [
  "NOERROR",
  "FORMERR",
  "SERVFAIL",
  "NXDOMAIN",
  "NOTIMP",
  "REFUSED",
  "YXDOMAIN",
  "YXRRSET",
  "NXRRSET",
  "NOTAUTH",
  "NOTZONE",
];
const DNS_PORT = 53;
const ATTEMPTS = 2;

interface Ask {
  name: string;
  type: number;
}

class Lookup {
  readonly #p: Process;
  readonly #timeoutMs: number;

  constructor(p: Process, timeoutMs: number) {
    this.#p = p;
    this.#timeoutMs = timeoutMs;
  }

  *put(text: string): Steps<void> {
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
  }

  /** Sends all questions to a server; its answers, or undefined when it says nothing. */
  *ask(
    server: Uint8Array,
    port: number,
    asks: readonly Ask[],
  ): Steps<(dns.DnsMessage | undefined)[]> {
    const { sys } = this.#p;
    const to = sockAddr(server, port);
    const fd = sys.socket(to.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const shown = formatAddress(server);
    const answers: (dns.DnsMessage | undefined)[] = asks.map(() => undefined);
    try {
      yield* settle(sys.connect(fd, to));
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        try {
          for (const [i, ask] of asks.entries())
            if (answers[i] === undefined) yield* settle(sys.write(fd, dns.encodeQuery(i + 1, ask)));
        } catch (e) {
          if (!(e instanceof Errno)) throw e;
          yield* this.#p.warnx(`write to '${shown}': ${strerror(e)}`);
          return answers;
        }
        yield* this.#collect(fd, answers);
        if (answers.every((each) => each !== undefined)) break;
      }
      return answers;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* this.#p.warnx(`can't connect to remote host (${shown}): ${strerror(e)}`);
      return answers;
    } finally {
      sys.close(fd);
    }
  }

  *#collect(fd: number, answers: (dns.DnsMessage | undefined)[]): Steps<void> {
    const { sys } = this.#p;
    while (answers.some((each) => each === undefined)) {
      const fds = [{ fd, events: POLLIN, revents: 0 }];
      try {
        if ((yield* settle(sys.poll(fds, this.#timeoutMs / ATTEMPTS))) === 0) return;
        const { bytes } = yield* settle(sys.recvmsg(fd, 65536, 0));
        const message = dns.parseMessage(bytes);
        const i = message.id - 1;
        if (message.response && i >= 0 && i < answers.length) answers[i] = message;
      } catch (e) {
        if (e === EINTR || e instanceof FormatError) continue;
        if (!(e instanceof Errno)) throw e;
        yield* this.#p.warnx(`read: ${strerror(e)}`);
        return;
      }
    }
  }

  /** A record as a line. */
  line({ name, type, data }: dns.DnsRecord): string {
    switch (data.kind) {
      case "address":
        return `Name:\t${name}\nAddress: ${formatAddress(data.addr)}\n`;
      case "mx":
        return `${name}\tmail exchanger = ${data.preference} ${data.name}\n`;
      case "srv":
        return `${name}\tservice = ${data.priority} ${data.weight} ${data.port} ${data.name}\n`;
      case "txt":
        return data.texts.map((text) => `${name}\ttext = "${text}"\n`).join("");
      case "soa":
        return (
          `${name}\n\torigin = ${data.mname}\n\tmail addr = ${data.rname}\n\tserial = ${data.serial}\n` +
          `\trefresh = ${data.refresh}\n\tretry = ${data.retry}\n\texpire = ${data.expire}\n\tminimum = ${data.minimum}\n`
        );
      case "name": {
        const words: Readonly<Record<number, string>> = {
          [dns.TYPE_NS]: "nameserver",
          [dns.TYPE_CNAME]: "canonical name",
          [dns.TYPE_PTR]: "name",
        };
        return `${name}\t${words[type] ?? "name"} = ${data.name}\n`;
      }
      case "raw":
        return "";
      default:
        return data satisfies never;
    }
  }
}

function* main(p: Process): Steps<number> {
  const words = p.argv.slice(1);
  const types: number[] = [];
  let port = DNS_PORT;
  let timeoutMs: number | undefined;
  while (words[0]?.startsWith("-") && words[0].length > 1) {
    const word = words.shift() as string;
    const [, name = "", value = ""] = /^--?([a-z]+)(?:=(.*))?$/i.exec(word) ?? [];
    if ("type".startsWith(name) || "querytype".startsWith(name)) {
      const type = Object.hasOwn(TYPES, value.toLowerCase())
        ? TYPES[value.toLowerCase()]
        : undefined;
      types.push(type ?? die(`invalid query type "${value}"`));
    } else if ("port".startsWith(name)) port = Number(value) || DNS_PORT;
    else if ("timeout".startsWith(name)) timeoutMs = (Number(value) || 5) * 1000;
    else if (!"debug".startsWith(name)) p.usageError();
  }
  const [host, serverName] = words;
  if (host === undefined || words.length > 2) return p.usageError();
  const conf = yield* resolvConf(p.sys);
  const lookup = new Lookup(p, timeoutMs ?? conf.timeoutMs);
  let servers = conf.nameservers;
  if (serverName !== undefined) {
    const found = (yield* resolveHost(p.sys, serverName))[0];
    servers = [found ?? die(`bad address '${serverName}'`)];
  }
  const number = parseIPv4(host) ?? parseIPv6(host);
  const asks: Ask[] = [];
  if (types.length === 0) {
    if (number !== undefined) asks.push({ name: dns.reverseName(number), type: dns.TYPE_PTR });
    else
      for (const type of [dns.TYPE_A, dns.TYPE_AAAA])
        asks.push({ name: host.replace(/\.$/, ""), type });
  } else
    for (const type of types)
      asks.push({
        name: type === dns.TYPE_PTR && number ? dns.reverseName(number) : host.replace(/\.$/, ""),
        type,
      });
  if (!asks.every(({ name }) => dns.isDomainName(name))) die(`invalid host name '${host}'`);
  for (const server of servers) {
    const answers = yield* lookup.ask(server, port, asks);
    if (answers.every((each) => each === undefined)) continue;
    yield* lookup.put(
      `Server:\t\t${formatAddress(server)}\nAddress:\t${formatSockAddr(sockAddr(server, port))}\n\n`,
    );
    return yield* show(lookup, host, answers);
  }
  yield* lookup.put(";; connection timed out; no servers could be reached\n\n");
  return 1;
}

function* show(
  lookup: Lookup,
  host: string,
  answers: readonly (dns.DnsMessage | undefined)[],
): Steps<number> {
  let failed = false;
  for (const message of answers) {
    if (message === undefined) continue;
    if (message.rcode !== dns.NOERROR) {
      yield* lookup.put(
        `** server can't find ${host}: ${RCODES[message.rcode] ?? message.rcode}\n\n`,
      );
      failed = true;
      continue;
    }
    if (!message.authoritative && message.answers.length > 0)
      yield* lookup.put("Non-authoritative answer:\n");
    for (const record of message.answers) yield* lookup.put(lookup.line(record));
    if (message.answers.length === 0 && answers.length === 1)
      yield* lookup.put(`*** Can't find ${host}: No answer\n`);
    yield* lookup.put("\n");
  }
  return failed ? 1 : 0;
}

export const nslookup: Applet = {
  name: "nslookup",
  path: "/usr/bin/nslookup",
  usage: `[-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]

Ask DNS about HOST

QUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any
`,
  main,
};
