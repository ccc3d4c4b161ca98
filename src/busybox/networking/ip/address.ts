// ip address: addresses of interfaces; ip link show lists the interfaces (ip-address(8))
import type { Steps } from "../../../abi/program.ts";
import {
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_CACHEINFO,
  IFA_FLAGS,
  IFA_LABEL,
  IFA_LOCAL,
  IFLA_ADDRESS,
  IFLA_BROADCAST,
  IFLA_IFNAME,
  IFLA_MTU,
  IFLA_OPERSTATE,
  IFLA_QDISC,
  IFLA_TXQLEN,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RT_SCOPE_HOST,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_NEWADDR,
} from "../../../abi/rtnetlink.ts";
import { AF_INET6, AF_UNSPEC } from "../../../abi/socket.ts";
import { NlBody, nlAttributes, nlText, u32, u32Of } from "../../../lib/netlink.ts";
import { formatAddress } from "../../../libc/inet.ts";
import { die } from "../../../libc/process.ts";
import {
  expand,
  type Ip,
  invalid,
  linkIndex,
  type Prefix,
  parsePrefix,
  put,
  record,
  Words,
  within,
} from "./words.ts";

const IFF_UP = 1;
const LINK_FLAGS: readonly (readonly [number, string])[] = [
  [0x8, "LOOPBACK"],
  [0x2, "BROADCAST"],
  [0x10, "POINTOPOINT"],
  [0x1000, "MULTICAST"],
  [0x80, "NOARP"],
  [0x1, "UP"],
  [0x10000, "LOWER_UP"],
];
const STATES = ["UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"];
const SCOPES: Readonly<Record<number, string>> = {
  0: "global",
  253: "link",
  254: "host",
  255: "nowhere",
};
const ADDR_FLAGS: readonly (readonly [number, string])[] = [
  [0x01, "secondary "],
  [0x40, "tentative "],
  [0x20, "deprecated "],
];
const PERMANENT = 0x80;
const FOREVER = 0xffffffff;

const mac = (bytes: Uint8Array): string =>
  [...bytes].map((b) => b.toString(16).padStart(2, "0")).join(":");

/** What is to be listed. */
interface Filter {
  index: number | undefined;
  up: boolean;
  to: Prefix | undefined;
  label: string | undefined;
  scope: number | undefined;
}

function linkLines(ip: Ip, body: Uint8Array, withAddress: boolean): string[] {
  const a = nlAttributes(body, 16);
  const flags = u32Of(body, 8);
  const shown = LINK_FLAGS.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
  const qdisc = a.get(IFLA_QDISC);
  let line = `${u32Of(body, 4)}: ${nlText(a.get(IFLA_IFNAME))}: <${shown.join(",")}> mtu ${u32Of(a.get(IFLA_MTU))} `;
  if (qdisc !== undefined && ip.family !== AF_INET6) line += `qdisc ${nlText(qdisc)} `;
  line += `state ${STATES[a.get(IFLA_OPERSTATE)?.[0] ?? 0] ?? "UNKNOWN"} qlen ${u32Of(a.get(IFLA_TXQLEN))}`;
  if (!withAddress) return [line];
  const type = (body[2] as number) | ((body[3] as number) << 8);
  const kind = type === 772 ? "loopback" : type === 1 ? "ether" : `[${type}]`;
  const own = mac(a.get(IFLA_ADDRESS) ?? new Uint8Array());
  const all = mac(a.get(IFLA_BROADCAST) ?? new Uint8Array());
  return [line, `    link/${kind} ${own} brd ${all}`];
}

const lifetime = (seconds: number): string => (seconds === FOREVER ? "forever" : `${seconds}sec`);

function addressLines(ip: Ip, body: Uint8Array): string[] {
  const a = nlAttributes(body, 8);
  const six = body[0] === AF_INET6;
  const local = a.get(IFA_LOCAL) ?? a.get(IFA_ADDRESS) ?? new Uint8Array();
  const peer = a.get(IFA_ADDRESS) ?? local;
  const brd = a.get(IFA_BROADCAST);
  const flags = a.has(IFA_FLAGS) ? u32Of(a.get(IFA_FLAGS)) : (body[2] as number);
  const scope = body[3] as number;
  let line = `${six ? "inet6" : "inet"} ${formatAddress(local)}`;
  if (formatAddress(peer) !== formatAddress(local)) line += ` peer ${formatAddress(peer)}`;
  line += `/${body[1]} `;
  if (brd !== undefined) line += `brd ${formatAddress(brd)} `;
  line += `scope ${SCOPES[scope] ?? scope} `;
  for (const [flag, name] of ADDR_FLAGS) if ((flags & flag) !== 0) line += name;
  if ((flags & PERMANENT) === 0) line += "dynamic ";
  if (a.has(IFA_LABEL)) line += nlText(a.get(IFA_LABEL));
  const cache = a.get(IFA_CACHEINFO);
  const lines = [
    ip.oneLine ? `${u32Of(body, 4)}: ${ip.links.get(u32Of(body, 4))}    ${line}` : `    ${line}`,
  ];
  if (cache !== undefined)
    lines.push(
      `       valid_lft ${lifetime(u32Of(cache, 4))} preferred_lft ${lifetime(u32Of(cache))}`,
    );
  return lines;
}

function filterOf(ip: Ip, words: Words, flush: boolean): Filter {
  const filter: Filter = {
    index: undefined,
    up: false,
    to: undefined,
    label: undefined,
    scope: undefined,
  };
  if (flush && words.next === undefined) die("flush requires an argument");
  for (let word = words.take(); word !== undefined; word = words.take()) {
    if (word === "to") filter.to = parsePrefix(words.value("to"), ip.family);
    else if (word === "scope") {
      const text = words.value("scope");
      const known = Object.entries(SCOPES).find(([, name]) => name === text)?.[0];
      filter.scope = text === "all" ? undefined : Number(known ?? invalid(text, "scope"));
    } else if (word === "up") filter.up = true;
    else if (word === "label") filter.label = words.value("label");
    else filter.index = linkIndex(ip, word === "dev" ? words.value("dev") : word);
  }
  return filter;
}

function fits(filter: Filter, body: Uint8Array): boolean {
  const a = nlAttributes(body, 8);
  const local = a.get(IFA_LOCAL) ?? a.get(IFA_ADDRESS) ?? new Uint8Array();
  return (
    (filter.index === undefined || u32Of(body, 4) === filter.index) &&
    (filter.to === undefined || within(local, filter.to)) &&
    (filter.label === undefined || nlText(a.get(IFA_LABEL)) === filter.label) &&
    (filter.scope === undefined || body[3] === filter.scope)
  );
}

const ask = (family: number): Uint8Array => Uint8Array.of(family, 0, 0, 0, 0, 0, 0, 0);

/** Lists interfaces with their addresses; `linksOnly`: ip link. */
export function* list(ip: Ip, words: Words, linksOnly: boolean): Steps<number> {
  const filter = filterOf(ip, words, false);
  const links = yield* ip.rtnl.dump(RTM_GETLINK, new Uint8Array(16));
  const addresses = linksOnly ? [] : yield* ip.rtnl.dump(RTM_GETADDR, ask(ip.family));
  for (const { body } of links) {
    const index = u32Of(body, 4);
    if (filter.index !== undefined && index !== filter.index) continue;
    if (filter.up && (u32Of(body, 8) & IFF_UP) === 0) continue;
    const own = addresses.filter(
      (each) => u32Of(each.body, 4) === index && fits(filter, each.body),
    );
    const narrow = ip.family !== AF_UNSPEC || filter.to !== undefined || filter.label !== undefined;
    if (!linksOnly && own.length === 0 && narrow) continue;
    if (!ip.oneLine || linksOnly)
      yield* put(
        ip,
        record(ip, linkLines(ip, body, ip.family === AF_UNSPEC && filter.to === undefined)),
      );
    for (const each of own) yield* put(ip, record(ip, addressLines(ip, each.body)));
  }
  return 0;
}

function* flush(ip: Ip, words: Words): Steps<number> {
  const filter = filterOf(ip, words, true);
  const addresses = yield* ip.rtnl.dump(RTM_GETADDR, ask(ip.family));
  for (const { body } of addresses)
    if (fits(filter, body)) yield* ip.rtnl.talk(RTM_DELADDR, 0, body);
  return 0;
}

function broadcastFor(local: Prefix, text: string): Uint8Array | undefined {
  if (text !== "+" && text !== "-") return parsePrefix(text, local.family).addr;
  if (text === "-" || local.prefix > 30) return undefined;
  return local.addr.map((b, i) => {
    const bits = Math.max(0, Math.min(8, local.prefix - i * 8));
    return b | (255 >> bits);
  });
}

function* change(ip: Ip, words: Words, type: number, flags: number): Steps<number> {
  let local: Prefix | undefined;
  let peer: Prefix | undefined;
  let dev: string | undefined;
  let label: string | undefined;
  let brd: string | undefined;
  let scope: number | undefined;
  for (let word = words.take(); word !== undefined; word = words.take()) {
    if (word === "peer" || word === "remote") peer = parsePrefix(words.value(word), ip.family);
    else if (word === "broadcast" || word === "brd") brd = words.value(word);
    else if (word === "anycast") parsePrefix(words.value(word), ip.family);
    else if (word === "scope") {
      const text = words.value(word);
      const known = Object.entries(SCOPES).find(([, name]) => name === text)?.[0] ?? text;
      scope = /^[0-9]{1,3}$/.test(known) ? Number(known) : invalid(text, "scope");
    } else if (word === "dev") dev = words.value(word);
    else if (word === "label") label = words.value(word);
    else {
      if (word === "local") word = words.value("local");
      if (local !== undefined) die(`either "local" is duplicate, or "${word}" is garbage`, 2);
      local = parsePrefix(word, ip.family);
    }
  }
  if (dev === undefined) return die('"dev" is required');
  if (label !== undefined && !label.startsWith(dev))
    die(`"dev" (${dev}) must match "label" (${label})`);
  const index = linkIndex(ip, dev);
  const { family = AF_UNSPEC, addr = new Uint8Array(0), prefix = 0 } = local ?? {};
  const loopback = addr.length === 4 && addr[0] === 127;
  const level = scope ?? (loopback ? RT_SCOPE_HOST : 0);
  const body = new NlBody([family, peer?.prefix ?? prefix, 0, level, ...u32(index)]);
  if (local !== undefined) {
    body.put(IFA_LOCAL, addr).put(IFA_ADDRESS, (peer ?? local).addr);
    const all = brd === undefined ? undefined : broadcastFor(local, brd);
    if (all !== undefined) body.put(IFA_BROADCAST, all);
  }
  if (label !== undefined) body.text(IFA_LABEL, label);
  yield* ip.rtnl.talk(type, flags, body.end());
  return 0;
}

/** ip address. */
export function* ipAddress(ip: Ip, args: readonly string[]): Steps<number> {
  const words = new Words(args);
  const command = words.take();
  if (command === undefined) return yield* list(ip, words, false);
  switch (expand(command, ["add", "change", "replace", "delete", "list", "show", "lst", "flush"])) {
    case "add":
      return yield* change(ip, words, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    case "change":
    case "replace":
      return yield* change(ip, words, RTM_NEWADDR, NLM_F_CREATE | 0x100);
    case "delete":
      return yield* change(ip, words, RTM_DELADDR, 0);
    case "list":
    case "show":
    case "lst":
      return yield* list(ip, words, false);
    case "flush":
      return yield* flush(ip, words);
    default:
      return invalid(command, ip.p.progname);
  }
}
