// ip link: interfaces and their settings (ip-link(8)); set works by ioctls, as in the original
import {
  IFF_ALLMULTI,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_PROMISC,
  IFF_UP,
  SIOCGIFFLAGS,
  SIOCSIFFLAGS,
  SIOCSIFHWADDR,
  SIOCSIFMTU,
  SIOCSIFNAME,
  SIOCSIFTXQLEN,
} from "../../../abi/if.ts";
import type { Steps } from "../../../abi/program.ts";
import {
  IFLA_IFNAME,
  IFLA_LINKINFO,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RTM_DELLINK,
  RTM_NEWLINK,
} from "../../../abi/rtnetlink.ts";
import { AF_INET, SOCK_DGRAM } from "../../../abi/socket.ts";
import { bytesOf } from "../../../lib/bytes.ts";
import { NlBody, u32 } from "../../../lib/netlink.ts";
import { die } from "../../../libc/process.ts";
import { list } from "./address.ts";
import { ioctlOrDie } from "./rtnl.ts";
import { expand, type Ip, invalid, linkIndex, Words } from "./words.ts";

/** Settings that are switched with words: [flag, inverted]. */
const SWITCHES: Readonly<Record<string, readonly [number, boolean]>> = {
  multicast: [IFF_MULTICAST, false],
  allmulticast: [IFF_ALLMULTI, false],
  promisc: [IFF_PROMISC, false],
  arp: [IFF_NOARP, true],
};

/** "52:54:00:12:34:56". */
export function parseMac(text: string): Uint8Array | undefined {
  const parts = text.split(":");
  if (parts.length !== 6 || !parts.every((part) => /^[0-9a-fA-F]{1,2}$/.test(part)))
    return undefined;
  return Uint8Array.from(parts.map((part) => Number.parseInt(part, 16)));
}

function* set(ip: Ip, words: Words): Steps<number> {
  const { sys } = ip.p;
  let dev: string | undefined;
  let flags = 0;
  let mask = 0;
  const changes: [number, Record<string, unknown>][] = [];
  let rename: string | undefined;
  const count = (word: string): number => {
    const text = words.value(word);
    return /^[0-9]{1,9}$/.test(text) ? Number(text) : invalid(text, word, 2);
  };
  for (let word = words.take(); word !== undefined; word = words.take()) {
    const change = SWITCHES[word];
    if (word === "up" || word === "down") {
      mask |= IFF_UP;
      flags = word === "up" ? flags | IFF_UP : flags & ~IFF_UP;
    } else if (word === "mtu") changes.push([SIOCSIFMTU, { value: count("mtu") }]);
    else if (word === "qlen" || word === "txqueuelen")
      changes.push([SIOCSIFTXQLEN, { value: count("qlen") }]);
    else if (word === "name") rename = words.value(word);
    else if (word === "address") {
      const text = words.value(word);
      changes.push([
        SIOCSIFHWADDR,
        { addr: parseMac(text) ?? die(`invalid address '${text}'`, 2) },
      ]);
    } else if (word === "master" || word === "nomaster" || word === "netns" || word === "vrf")
      return die("RTNETLINK answers: Not supported", 2);
    else if (change !== undefined && Object.hasOwn(SWITCHES, word)) {
      const [flag, inverted] = change;
      const text = words.value(word);
      if (text !== "on" && text !== "off") invalid(text, word, 2);
      mask |= flag;
      flags = (text === "on") !== inverted ? flags | flag : flags & ~flag;
    } else {
      if (word === "dev") word = words.value(word);
      if (dev !== undefined) die(`either "dev" is duplicate, or "${word}" is garbage`, 2);
      dev = word;
    }
  }
  if (dev === undefined) return die('"dev" is required', 2);
  const fd = sys.socket(AF_INET, SOCK_DGRAM, 0);
  let name = dev;
  for (const [request, value] of changes)
    yield* ioctlOrDie(sys, fd, request, { name, ...value }, 2);
  if (rename !== undefined) {
    yield* ioctlOrDie(sys, fd, SIOCSIFNAME, { name, newName: rename }, 2);
    name = rename;
  }
  if (mask !== 0) {
    const old = Number(yield* ioctlOrDie(sys, fd, SIOCGIFFLAGS, { name }, 2));
    const value = (old & ~mask) | (flags & mask);
    if (value !== old) yield* ioctlOrDie(sys, fd, SIOCSIFFLAGS, { name, value }, 2);
  }
  return 0;
}

function* make(ip: Ip, words: Words, type: number): Steps<number> {
  let name: string | undefined;
  let kind: string | undefined;
  for (let word = words.take(); word !== undefined; word = words.take()) {
    if (word === "type") {
      kind = words.value(word);
      break;
    }
    if (word === "link" || word === "address") words.value(word);
    else name = word === "name" || word === "dev" ? words.value(word) : word;
  }
  const index = type === RTM_DELLINK ? linkIndex(ip, name ?? "", 2) : 0;
  const body = new NlBody([0, 0, 0, 0, ...u32(index), ...u32(0), ...u32(0)]);
  if (name !== undefined) body.text(IFLA_IFNAME, name);
  if (kind !== undefined) body.put(IFLA_LINKINFO, bytesOf(kind));
  yield* ip.rtnl.talk(type, type === RTM_NEWLINK ? NLM_F_CREATE | NLM_F_EXCL : 0, body.end());
  return 0;
}

/** ip link. */
export function* ipLink(ip: Ip, args: readonly string[]): Steps<number> {
  const words = new Words(args);
  const command = words.take();
  if (command === undefined) return yield* list(ip, words, true);
  switch (expand(command, ["add", "delete", "set", "show", "lst", "list"])) {
    case "add":
      return yield* make(ip, words, RTM_NEWLINK);
    case "delete":
      return yield* make(ip, words, RTM_DELLINK);
    case "set":
      return yield* set(ip, words);
    case "show":
    case "lst":
    case "list":
      return yield* list(ip, words, true);
    default:
      return invalid(command, ip.p.progname, 2);
  }
}
