// ip route: the main routing table (ip-route(8))
import type { Steps } from "../../../abi/program.ts";
import * as rt from "../../../abi/rtnetlink.ts";
import { AF_INET, AF_INET6 } from "../../../abi/socket.ts";
import { NlBody, nlAttributes, u32, u32Of } from "../../../lib/netlink.ts";
import { formatAddress } from "../../../libc/inet.ts";
import { die } from "../../../libc/process.ts";
import {
  expand,
  type Ip,
  invalid,
  linkIndex,
  type Prefix,
  parseAddr,
  parsePrefix,
  put,
  record,
  showPrefix,
  Words,
  within,
} from "./words.ts";

const TYPES: Readonly<Record<string, number>> = {
  unicast: rt.RTN_UNICAST,
  local: rt.RTN_LOCAL,
  broadcast: rt.RTN_BROADCAST,
  anycast: 4,
  multicast: 5,
  blackhole: rt.RTN_BLACKHOLE,
  unreachable: rt.RTN_UNREACHABLE,
  prohibit: rt.RTN_PROHIBIT,
  throw: 9,
  nat: 10,
};
const TABLES: Readonly<Record<string, number>> = { default: 253, main: 254, local: 255 };
const SCOPES: Readonly<Record<string, number>> = {
  global: 0,
  universe: 0,
  site: 200,
  link: 253,
  host: 254,
  nowhere: 255,
};
const PROTOCOLS: Readonly<Record<string, number>> = {
  none: 0,
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  ra: 9,
  dhcp: 16,
};

const nameOf = (table: Readonly<Record<string, number>>, n: number): string =>
  Object.entries(table).find(([, value]) => value === n)?.[0] ?? String(n);

function numberOf(table: Readonly<Record<string, number>>, text: string, of: string): number {
  if (Object.hasOwn(table, text)) return table[text] as number;
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : invalid(text, of, 2);
}

interface Filter {
  /** 0: every table. */
  table: number;
  index: number | undefined;
  via: Prefix | undefined;
  src: Prefix | undefined;
  /** Networks in this one. */
  root: Prefix | undefined;
  /** This network. */
  exact: Prefix | undefined;
  protocol: number | undefined;
  scope: number | undefined;
  type: number | undefined;
}

function filterOf(ip: Ip, words: Words): Filter {
  const filter: Filter = {
    table: rt.RT_TABLE_MAIN,
    index: undefined,
    via: undefined,
    src: undefined,
    root: undefined,
    exact: undefined,
    protocol: undefined,
    scope: undefined,
    type: undefined,
  };
  for (let word = words.take(); word !== undefined; word = words.take()) {
    if (word === "table") {
      const text = words.value(word);
      filter.table = text === "all" ? 0 : numberOf(TABLES, text, word);
    } else if (word === "dev" || word === "oif" || word === "iif")
      filter.index = linkIndex(ip, words.value(word));
    else if (word === "via") filter.via = parsePrefix(words.value(word), ip.family);
    else if (word === "src") filter.src = parsePrefix(words.value(word), ip.family);
    else if (word === "proto" || word === "protocol")
      filter.protocol = numberOf(PROTOCOLS, words.value(word), word);
    else if (word === "scope") filter.scope = numberOf(SCOPES, words.value(word), word);
    else if (word === "type") filter.type = numberOf(TYPES, words.value(word), word);
    else {
      if (word === "to") word = words.value(word);
      if (word === "root") filter.root = parsePrefix(words.value(word), ip.family);
      else if (word === "exact" || word === "match")
        filter.exact = parsePrefix(words.value(word), ip.family);
      else {
        const net = parsePrefix(word, ip.family);
        // "default" as a filter is the root of all.
        if (net.prefix === 0) filter.root = net;
        else filter.exact = net;
      }
    }
  }
  return filter;
}

function fits(filter: Filter, body: Uint8Array): boolean {
  const a = nlAttributes(body, 12);
  const table = a.has(rt.RTA_TABLE) ? u32Of(a.get(rt.RTA_TABLE)) : (body[4] as number);
  const dst = a.get(rt.RTA_DST) ?? new Uint8Array(body[0] === AF_INET6 ? 16 : 4);
  const gateway = a.get(rt.RTA_GATEWAY);
  const source = a.get(rt.RTA_PREFSRC);
  const { exact, root, via, src } = filter;
  return (
    (filter.table === 0 || table === filter.table) &&
    (filter.index === undefined || u32Of(a.get(rt.RTA_OIF)) === filter.index) &&
    (via === undefined || (gateway !== undefined && within(gateway, via))) &&
    (src === undefined || (source !== undefined && within(source, src))) &&
    (root === undefined || within(dst, root)) &&
    (exact === undefined || (within(dst, exact) && body[1] === exact.prefix)) &&
    (filter.protocol === undefined || body[5] === filter.protocol) &&
    (filter.scope === undefined || body[6] === filter.scope) &&
    (filter.type === undefined || body[7] === filter.type)
  );
}

function lineOf(ip: Ip, body: Uint8Array, filter: Filter | undefined): string {
  const a = nlAttributes(body, 12);
  const six = body[0] === AF_INET6;
  const type = body[7] as number;
  const table = a.has(rt.RTA_TABLE) ? u32Of(a.get(rt.RTA_TABLE)) : (body[4] as number);
  const dst = a.get(rt.RTA_DST);
  const gateway = a.get(rt.RTA_GATEWAY);
  const oif = u32Of(a.get(rt.RTA_OIF));
  const source = a.get(rt.RTA_PREFSRC);
  let line = type === rt.RTN_UNICAST ? "" : `${nameOf(TYPES, type)} `;
  line += `${dst === undefined ? "default" : showPrefix(dst, body[1] as number)} `;
  if (gateway !== undefined) line += `via ${formatAddress(gateway)} `;
  if (oif !== 0) line += `dev ${ip.links.get(oif) ?? `if${oif}`} `;
  if (filter?.table === 0 && table !== rt.RT_TABLE_MAIN) line += `table ${nameOf(TABLES, table)} `;
  const scope = body[6] as number;
  if (scope !== 0 && !six && filter?.scope === undefined) line += `scope ${nameOf(SCOPES, scope)} `;
  if (source !== undefined) line += ` src ${formatAddress(source)} `;
  if (a.has(rt.RTA_PRIORITY)) line += ` metric ${u32Of(a.get(rt.RTA_PRIORITY))} `;
  return line;
}

const ask = (family: number): Uint8Array => Uint8Array.of(family, ...new Uint8Array(11));

function* matching(ip: Ip, filter: Filter): Steps<Uint8Array[]> {
  const family = ip.family || (filter.table === 0 ? 0 : AF_INET);
  const all = yield* ip.rtnl.dump(rt.RTM_GETROUTE, ask(family));
  return all.map(({ body }) => body).filter((body) => fits(filter, body));
}

function* list(ip: Ip, words: Words): Steps<number> {
  const filter = filterOf(ip, words);
  const all = yield* matching(ip, filter);
  for (const body of all) yield* put(ip, record(ip, [lineOf(ip, body, filter)]));
  return 0;
}

function* flush(ip: Ip, words: Words): Steps<number> {
  if (words.next === undefined) die("flush requires an argument");
  const all = yield* matching(ip, filterOf(ip, words));
  for (const body of all) yield* ip.rtnl.talk(rt.RTM_DELROUTE, 0, body);
  return 0;
}

function* change(ip: Ip, words: Words, message: number, flags: number): Steps<number> {
  let type = message === rt.RTM_NEWROUTE ? rt.RTN_UNICAST : 0;
  let protocol = message === rt.RTM_NEWROUTE ? rt.RTPROT_BOOT : 0;
  let scope: number | undefined;
  let table: number = rt.RT_TABLE_MAIN;
  let dst: Prefix | undefined;
  let { family } = ip;
  const attributes: [number, Iterable<number>][] = [];
  let via = false;
  for (let word = words.take(); word !== undefined; word = words.take()) {
    if (word === "src") attributes.push([rt.RTA_PREFSRC, parseAddr(words.value(word), family)]);
    else if (word === "via") {
      const gateway = parseAddr(words.value(word), family);
      family ||= gateway.length === 16 ? AF_INET6 : AF_INET;
      attributes.push([rt.RTA_GATEWAY, gateway]);
      via = true;
    } else if (word === "mtu" || word === "advmss") {
      // The kernel's routes have no such metrics; what they would say is checked.
      if (words.next === "lock") words.take();
      const value = words.value(word);
      if (!/^[0-9]+$/.test(value)) invalid(value, word, 2);
    } else if (word === "scope") scope = numberOf(SCOPES, words.value(word), word);
    else if (word === "protocol" || word === "proto")
      protocol = numberOf(PROTOCOLS, words.value(word), word);
    else if (word === "table") table = numberOf(TABLES, words.value(word), word);
    else if (word === "dev" || word === "oif")
      attributes.push([rt.RTA_OIF, u32(linkIndex(ip, words.value(word)))]);
    else if (word === "metric" || word === "priority" || word === "preference") {
      const value = words.value(word);
      if (!/^[0-9]{1,10}$/.test(value)) invalid(value, "metric", 2);
      attributes.push([rt.RTA_PRIORITY, u32(Number(value))]);
    } else if (word === "onlink") continue;
    else if (Object.hasOwn(TYPES, word) && dst === undefined) type = TYPES[word] as number;
    else {
      if (word === "to") word = words.value(word);
      if (dst !== undefined) die(`either "to" is duplicate, or "${word}" is garbage`, 2);
      dst = parsePrefix(word, family);
      family = dst.family;
    }
  }
  if (dst !== undefined && word0(dst) && family === AF_INET6 && dst.addr.length === 4)
    dst = { ...dst, family, addr: new Uint8Array(16) };
  if (scope === undefined) {
    scope = 0;
    if (type === rt.RTN_LOCAL) scope = SCOPES["host"] as number;
    else if (type === rt.RTN_BROADCAST) scope = SCOPES["link"] as number;
    else if ((type === rt.RTN_UNICAST || type === 0) && !via)
      scope =
        message === rt.RTM_DELROUTE
          ? (SCOPES["nowhere"] as number)
          : family === AF_INET6
            ? 0
            : (SCOPES["link"] as number);
  }
  if (message === rt.RTM_DELROUTE) scope = SCOPES["nowhere"] as number;
  const head = [family || AF_INET, dst?.prefix ?? 0, 0, 0, table, protocol, scope, type, ...u32(0)];
  const body = new NlBody(head);
  if (dst !== undefined && dst.prefix > 0) body.put(rt.RTA_DST, dst.addr);
  for (const [key, value] of attributes) body.put(key, value);
  yield* ip.rtnl.talk(message, flags, body.end());
  return 0;
}

const word0 = (prefix: Prefix): boolean => prefix.prefix === 0;

function* get(ip: Ip, words: Words): Steps<number> {
  let dst: Prefix | undefined;
  for (let word = words.take(); word !== undefined; word = words.take()) {
    if (word === "from" || word === "iif" || word === "oif" || word === "dev" || word === "notify")
      words.value(word);
    else if (word !== "connected")
      dst = parsePrefix(word === "to" ? words.value(word) : word, ip.family);
  }
  if (dst === undefined) return die("need at least destination address");
  const body = new NlBody([dst.family, dst.prefix, 0, 0, 0, 0, 0, 0, ...u32(0)]);
  const answers = yield* ip.rtnl.talk(rt.RTM_GETROUTE, 0, body.put(rt.RTA_DST, dst.addr).end());
  for (const each of answers) yield* put(ip, record(ip, [lineOf(ip, each.body, undefined)]));
  return 0;
}

const { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_APPEND, RTM_NEWROUTE, RTM_DELROUTE } = rt;

/** ip route. */
export function* ipRoute(ip: Ip, args: readonly string[]): Steps<number> {
  const words = new Words(args);
  const command = words.take();
  if (command === undefined) return yield* list(ip, words);
  const commands = [
    "add",
    "append",
    "change",
    "chg",
    "delete",
    "del",
    "get",
    "list",
    "show",
    "prepend",
    "replace",
    "test",
    "flush",
  ] as const;
  switch (expand(command, commands)) {
    case "add":
      return yield* change(ip, words, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
    case "append":
      return yield* change(ip, words, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND);
    case "change":
    case "chg":
      return yield* change(ip, words, RTM_NEWROUTE, NLM_F_REPLACE);
    case "prepend":
      return yield* change(ip, words, RTM_NEWROUTE, NLM_F_CREATE);
    case "replace":
      return yield* change(ip, words, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
    case "test":
      return yield* change(ip, words, RTM_NEWROUTE, NLM_F_EXCL);
    case "delete":
    case "del":
      return yield* change(ip, words, RTM_DELROUTE, 0);
    case "get":
      return yield* get(ip, words);
    case "list":
    case "show":
      return yield* list(ip, words);
    case "flush":
      return yield* flush(ip, words);
    default:
      return invalid(command, ip.p.progname);
  }
}
