// resolv.h, netdb.h: names to addresses and back as musl does it: /etc/hosts (hosts(5)), then DNS by
// /etc/resolv.conf (resolv.conf(5)); services(5).
import { EINTR, Errno } from "../abi/errno.ts";
import { O_NONBLOCK } from "../abi/fcntl.ts";
import { POLLIN, type PollFd } from "../abi/poll.ts";
import { type Steps, type Sys, settle } from "../abi/program.ts";
import { CLOCK_MONOTONIC } from "../abi/resource.ts";
import {
  AF_INET,
  AF_INET6,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../abi/socket.ts";
import {
  type DnsMessage,
  encodeQuery,
  isDomainName,
  NOERROR,
  NXDOMAIN,
  parseMessage,
  reverseName,
  SERVFAIL,
  TYPE_A,
  TYPE_AAAA,
  TYPE_PTR,
} from "../lib/dns.ts";
import { FormatError } from "../lib/format-error.ts";
import { formatAddress, parseIPv4, parseIPv6, sockAddr } from "./inet.ts";
import { readText, writeAll } from "./unistd.ts";

const DNS_PORT = 53;
/** Bounds of musl's resolver. */
const SERVERS_MAX = 3;
const NDOTS_MAX = 15;
const ATTEMPTS_MAX = 10;
const TIMEOUT_MAX = 60;
const SEARCH_BYTES = 256;

/** Codes of getaddrinfo(3) and what gai_strerror(3) says of them. */
const MESSAGES = {
  EAI_NONAME: "Name does not resolve",
  EAI_AGAIN: "Try again",
  EAI_FAIL: "Non-recoverable error",
  EAI_NODATA: "Name has no usable address",
} as const;

/** Why a name has no address. EAI_AGAIN: nobody could be asked; the others: it has none. */
export class AddrInfoError {
  readonly code: keyof typeof MESSAGES;
  readonly message: string;

  constructor(code: keyof typeof MESSAGES) {
    this.code = code;
    this.message = MESSAGES[code];
  }
}

/** What /etc/resolv.conf says. */
export interface ResolvConf {
  nameservers: Uint8Array[];
  search: string[];
  ndots: number;
  attempts: number;
  timeoutMs: number;
}

/** Reads /etc/resolv.conf; without servers the local one is asked. */
export function* resolvConf(sys: Sys): Steps<ResolvConf> {
  const conf: ResolvConf = { nameservers: [], search: [], ndots: 1, attempts: 2, timeoutMs: 5000 };
  const text = (yield* readText(sys, "/etc/resolv.conf", 1 << 20)) ?? "";
  for (const line of text.split("\n")) {
    const [word = "", ...values] = line.trim().split(/\s+/);
    if (word === "nameserver") {
      const addr = parseIPv4(values[0] ?? "") ?? parseIPv6(values[0] ?? "");
      if (addr !== undefined && conf.nameservers.length < SERVERS_MAX) conf.nameservers.push(addr);
    } else if (word === "search" || word === "domain") {
      if (values.join(" ").length < SEARCH_BYTES) conf.search = values;
    } else if (word === "options") {
      for (const value of values) {
        const m = /^(ndots|attempts|timeout):([0-9]+)$/.exec(value);
        if (m === null) continue;
        const n = Number(m[2]);
        if (m[1] === "ndots") conf.ndots = Math.min(n, NDOTS_MAX);
        else if (m[1] === "attempts") conf.attempts = Math.max(1, Math.min(n, ATTEMPTS_MAX));
        else conf.timeoutMs = Math.max(1, Math.min(n, TIMEOUT_MAX)) * 1000;
      }
    }
  }
  if (conf.nameservers.length === 0) conf.nameservers.push(Uint8Array.of(127, 0, 0, 1));
  return conf;
}

function monotonic(sys: Sys): number {
  const { sec, nsec } = sys.clock_gettime(CLOCK_MONOTONIC);
  return sec * 1000 + nsec / 1e6;
}

/** A whole message over TCP, for answers that were cut; undefined when that fails. */
function* askByTcp(
  sys: Sys,
  server: Uint8Array,
  query: Uint8Array,
  timeoutMs: number,
): Steps<Uint8Array | undefined> {
  const to = sockAddr(server, DNS_PORT);
  const fd = sys.socket(to.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  try {
    sys.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, timeoutMs);
    sys.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeoutMs);
    yield* settle(sys.connect(fd, to));
    yield* writeAll(sys, fd, Uint8Array.of(query.length >> 8, query.length & 255, ...query));
    let got = new Uint8Array(0);
    for (;;) {
      const chunk = yield* settle(sys.read(fd, 65537));
      if (chunk.length === 0) return undefined;
      const joined = new Uint8Array(got.length + chunk.length);
      joined.set(got);
      joined.set(chunk, got.length);
      got = joined;
      const size = ((got[0] ?? 0) << 8) | (got[1] ?? 0);
      if (got.length >= size + 2) return got.subarray(2, size + 2);
      if (got.length > 65537) return undefined;
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return undefined;
  } finally {
    sys.close(fd);
  }
}

/** One exchange with several servers at a time: who answers first counts (res_msend of musl). */
class Exchange {
  readonly #sys: Sys;
  readonly #conf: ResolvConf;
  readonly #queries: readonly Uint8Array[];
  readonly #answers: (DnsMessage | undefined)[];
  /** Sockets that still may get an answer, and to which queries each has said no. */
  readonly #servers: { fd: number; addr: Uint8Array; refused: Set<number> }[] = [];

  constructor(sys: Sys, conf: ResolvConf, queries: readonly Uint8Array[]) {
    this.#sys = sys;
    this.#conf = conf;
    this.#queries = queries;
    this.#answers = queries.map(() => undefined);
  }

  #open(): void {
    for (const addr of this.#conf.nameservers) {
      const to = sockAddr(addr, DNS_PORT);
      let fd = -1;
      try {
        fd = this.#sys.socket(to.family, SOCK_DGRAM | SOCK_CLOEXEC | O_NONBLOCK, 0);
        // Connected: a server that is not there is heard of at once.
        this.#sys.connect(fd, to);
        this.#servers.push({ fd, addr, refused: new Set() });
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        if (fd >= 0) this.#sys.close(fd);
      }
    }
  }

  #drop(server: { fd: number }): void {
    const at = this.#servers.findIndex((each) => each.fd === server.fd);
    this.#servers.splice(at, 1);
    this.#sys.close(server.fd);
  }

  *#send(): Steps<void> {
    for (const server of [...this.#servers]) {
      try {
        for (const [i, query] of this.#queries.entries())
          if (!this.#settled(i)) yield* settle(this.#sys.sendmsg(server.fd, query));
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        this.#drop(server);
      }
    }
  }

  /** An answer that ends the question: the name is there, or is not. */
  #settled(i: number): boolean {
    const rcode = this.#answers[i]?.rcode;
    return rcode === NOERROR || rcode === NXDOMAIN;
  }

  *#receive(server: { fd: number; addr: Uint8Array; refused: Set<number> }): Steps<void> {
    let bytes: Uint8Array;
    try {
      bytes = (yield* settle(this.#sys.recvmsg(server.fd, 65536, 0))).bytes;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      this.#drop(server);
      return;
    }
    const message = parsed(bytes);
    const i = this.#queries.findIndex(
      (query) =>
        message !== undefined && ((query[0] as number) << 8) + (query[1] as number) === message.id,
    );
    if (message === undefined || i < 0 || !message.response || this.#settled(i)) return;
    if (message.truncated) {
      const query = this.#queries[i] as Uint8Array;
      const whole = yield* askByTcp(this.#sys, server.addr, query, this.#conf.timeoutMs);
      this.#answers[i] = (whole && parsed(whole)) ?? message;
      return;
    }
    this.#answers[i] = message;
    if (!this.#settled(i)) server.refused.add(i);
  }

  /** Everybody has said something that leads nowhere. */
  #hopeless(): boolean {
    return this.#servers.every(({ refused }) =>
      this.#queries.every((_, i) => this.#settled(i) || refused.has(i)),
    );
  }

  *run(): Steps<(DnsMessage | undefined)[]> {
    this.#open();
    const sys = this.#sys;
    try {
      const start = monotonic(sys);
      const interval = this.#conf.timeoutMs / this.#conf.attempts;
      let next = start;
      for (let now = start; now < start + this.#conf.timeoutMs; now = monotonic(sys)) {
        if (now >= next) {
          yield* this.#send();
          next = now + interval;
        }
        if (this.#hopeless()) break;
        const fds: PollFd[] = this.#servers.map(({ fd }) => ({ fd, events: POLLIN, revents: 0 }));
        try {
          yield* settle(sys.poll(fds, Math.max(1, next - now)));
        } catch (e) {
          if (e !== EINTR) throw e;
        }
        for (const each of fds) {
          const server = this.#servers.find(({ fd }) => fd === each.fd);
          if (each.revents !== 0 && server !== undefined) yield* this.#receive(server);
        }
        if (this.#hopeless()) break;
      }
      return this.#answers;
    } finally {
      for (const { fd } of this.#servers) sys.close(fd);
    }
  }
}

function parsed(bytes: Uint8Array): DnsMessage | undefined {
  try {
    return parseMessage(bytes);
  } catch (e) {
    if (!(e instanceof FormatError)) throw e;
    return undefined;
  }
}

/** Asks DNS for several types of a name at once; undefined where nobody answered. */
export function* dnsQuery(
  sys: Sys,
  conf: ResolvConf,
  name: string,
  types: readonly number[],
): Steps<(DnsMessage | undefined)[]> {
  const random = sys.getrandom(2);
  const first = ((random[0] as number) << 8) | (random[1] as number);
  const queries = types.map((type, i) => encodeQuery((first + i) & 0xffff, { name, type }));
  return yield* new Exchange(sys, conf, queries).run();
}

/** Addresses by DNS of one exact name; none when it does not exist. */
function* byDns(sys: Sys, conf: ResolvConf, name: string, family: number): Steps<Uint8Array[]> {
  const types = [
    ...(family === AF_INET6 ? [] : [TYPE_A]),
    ...(family === AF_INET ? [] : [TYPE_AAAA]),
  ];
  const messages = yield* dnsQuery(sys, conf, name, types);
  const found: Uint8Array[] = [];
  let failure: AddrInfoError | undefined;
  for (const message of messages) {
    const rcode = message?.rcode ?? SERVFAIL;
    if (rcode === NXDOMAIN) return [];
    if (rcode === SERVFAIL) failure ??= new AddrInfoError("EAI_AGAIN");
    else if (rcode !== NOERROR) failure ??= new AddrInfoError("EAI_FAIL");
    for (const { data } of message?.answers ?? [])
      if (data.kind === "address") found.push(data.addr);
  }
  if (found.length > 0) return found;
  throw failure ?? new AddrInfoError("EAI_NODATA");
}

interface HostEntry {
  addr: Uint8Array;
  names: string[];
}

function* hostEntries(sys: Sys): Steps<HostEntry[]> {
  const entries: HostEntry[] = [];
  const found = ((yield* readText(sys, "/etc/hosts", 1 << 24)) ?? "").split("\n");
  for (const line of found) {
    const [number = "", ...names] = (line.split("#")[0] as string).trim().split(/\s+/);
    const addr = parseIPv4(number) ?? parseIPv6(number);
    if (addr !== undefined && names.length > 0) entries.push({ addr, names });
  }
  return entries;
}

/** Would we reach it, and from where? Rule 1 and 5 of RFC 6724 as far as they matter with one interface. */
function* rank(sys: Sys, addr: Uint8Array): Steps<number> {
  const to = sockAddr(addr, 65535);
  const fd = sys.socket(to.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  try {
    yield* settle(sys.connect(fd, to));
    const from = sys.getsockname(fd);
    const unique = from.family === AF_INET6 && ((from.addr[0] as number) & 0xfe) === 0xfc;
    return addr.length === 16 ? (unique ? 2 : 0) : 1;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return 3;
  } finally {
    sys.close(fd);
  }
}

function* sorted(sys: Sys, addrs: Uint8Array[]): Steps<Uint8Array[]> {
  if (addrs.every((addr) => addr.length === 4)) return addrs;
  const ranked: [number, Uint8Array][] = [];
  for (const addr of addrs) ranked.push([yield* rank(sys, addr), addr]);
  return ranked.sort(([a], [b]) => a - b).map(([, addr]) => addr);
}

/**
 * getaddrinfo(3): the addresses of a host, best first: a number (in brackets too), a name of /etc/hosts,
 * a name of DNS. `family` leaves only those of one. Throws {@link AddrInfoError}.
 */
export function* getaddrinfo(sys: Sys, host: string, family = 0): Steps<Uint8Array[]> {
  const bare = /^\[(.*)\]$/.exec(host)?.[1] ?? host;
  const number = parseIPv4(bare) ?? parseIPv6(bare);
  const wanted = (a: Uint8Array): boolean =>
    family === 0 || (a.length === 4) === (family === AF_INET);
  if (number !== undefined) {
    if (wanted(number)) return [number];
    throw new AddrInfoError("EAI_NONAME");
  }
  const name = bare.toLowerCase();
  const listed = (yield* hostEntries(sys))
    .filter((e) => wanted(e.addr) && e.names.some((n) => n.toLowerCase() === name))
    .map((e) => e.addr)
    .sort((a, b) => a.length - b.length);
  if (listed.length > 0) return listed;
  const plain = name.replace(/\.$/, "");
  if (!isDomainName(plain)) throw new AddrInfoError("EAI_NONAME");
  const conf = yield* resolvConf(sys);
  const searches = !name.endsWith(".") && plain.split(".").length - 1 < conf.ndots;
  const tries = [...(searches ? conf.search.map((domain) => `${plain}.${domain}`) : []), plain];
  for (const each of tries) {
    if (!isDomainName(each)) continue;
    const found = yield* byDns(sys, conf, each, family);
    if (found.length > 0) return yield* sorted(sys, found);
  }
  throw new AddrInfoError("EAI_NONAME");
}

/** As {@link getaddrinfo}, with none for a host that is not known. */
export function* resolveHost(sys: Sys, host: string, family = 0): Steps<Uint8Array[]> {
  try {
    return yield* getaddrinfo(sys, host, family);
  } catch (e) {
    if (!(e instanceof AddrInfoError)) throw e;
    return [];
  }
}

/** All names of a host by /etc/hosts or DNS, the first one first (getnameinfo(3)); none when it has none. */
export function* hostNames(sys: Sys, addr: Uint8Array): Steps<string[]> {
  const text = formatAddress(addr);
  const listed = (yield* hostEntries(sys)).find((e) => formatAddress(e.addr) === text);
  if (listed !== undefined) return listed.names;
  const conf = yield* resolvConf(sys);
  const messages = yield* dnsQuery(sys, conf, reverseName(addr), [TYPE_PTR]);
  const names: string[] = [];
  for (const { type, data } of messages[0]?.answers ?? [])
    if (type === TYPE_PTR && data.kind === "name") names.push(data.name);
  return names;
}

/** Names of services by "port/protocol" and ports by "name/protocol" (services(5)). */
export function* services(
  sys: Sys,
): Steps<{ names: Map<string, string>; ports: Map<string, number> }> {
  const names = new Map<string, string>();
  const ports = new Map<string, number>();
  const listed = ((yield* readText(sys, "/etc/services", 1 << 24)) ?? "").split("\n");
  for (const line of listed) {
    const [name = "", number = "", ...aliases] = (line.split("#")[0] as string).trim().split(/\s+/);
    const m = /^([0-9]+)\/([a-z]+)$/.exec(number);
    if (m === null) continue;
    if (!names.has(number)) names.set(number, name);
    for (const each of [name, ...aliases])
      if (!ports.has(`${each}/${m[2]}`)) ports.set(`${each}/${m[2]}`, Number(m[1]));
  }
  return { names, ports };
}
