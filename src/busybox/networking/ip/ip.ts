// ip: interfaces, addresses, routes, neighbours, by rtnetlink (ip(8) of iproute2, as BusyBox has it)
import { EINVAL, EOPNOTSUPP } from "../../../abi/errno.ts";
import type { Steps } from "../../../abi/program.ts";
import { AF_INET, AF_INET6, AF_PACKET, AF_UNSPEC } from "../../../abi/socket.ts";
import { dieErrno, type Process } from "../../../libc/process.ts";
import type { Applet } from "../../libbb/applet.ts";
import { ipAddress } from "./address.ts";
import { ipLink } from "./link.ts";
import { ipNeigh, ipRule } from "./neigh.ts";
import { ipRoute } from "./route.ts";
import { expand, type Ip, invalid, openIp } from "./words.ts";

type Run = (ip: Ip, args: readonly string[]) => Steps<number>;

/** There are no tunnels, and none can be made. */
function* ipTunnel(_ip: Ip, args: readonly string[]): Steps<number> {
  const command = expand(args[0] ?? "show", ["add", "change", "delete", "show", "list", "lst"]);
  if (command === undefined) throw EINVAL;
  if (command !== "show" && command !== "list" && command !== "lst")
    dieErrno("ioctl 0x89f1 failed", EOPNOTSUPP);
  return 0;
}

const OBJECTS: Readonly<Record<string, Run>> = {
  address: ipAddress,
  route: ipRoute,
  r: ipRoute,
  link: ipLink,
  tunnel: ipTunnel,
  tunl: ipTunnel,
  neigh: ipNeigh,
  rule: ipRule,
};

const FAMILIES: Readonly<Record<string, number>> = {
  inet: AF_INET,
  inet6: AF_INET6,
  link: AF_PACKET,
};

/** The options before the object: family and -o; what is left. */
function options(
  p: Process,
  words: readonly string[],
): { family: number; oneLine: boolean; rest: readonly string[] } {
  let family = AF_UNSPEC;
  let oneLine = false;
  let at = 0;
  for (; at < words.length; at++) {
    const word = (words[at] as string).replace(/^--/, "-");
    if (!word.startsWith("-") || word === "-") break;
    const name = word.slice(1);
    if (name === "4") family = AF_INET;
    else if (name === "6") family = AF_INET6;
    else if (name === "0") family = AF_PACKET;
    else if ("oneline".startsWith(name)) oneLine = true;
    else if ("family".startsWith(name)) {
      const text = words[++at] ?? "";
      family = Object.hasOwn(FAMILIES, text) ? (FAMILIES[text] as number) : invalid(text, "family");
    } else p.usageError();
  }
  return { family, oneLine, rest: words.slice(at) };
}

function* main(p: Process): Steps<number> {
  const { family, oneLine, rest } = options(p, p.argv.slice(1));
  const fixed = p.progname === "ip" ? undefined : p.progname.slice(2).replace("addr", "address");
  const object = fixed === undefined ? expand(rest[0] ?? "", Object.keys(OBJECTS)) : fixed;
  const run = object === undefined ? undefined : OBJECTS[object];
  if (run === undefined) return p.usageError();
  const ip = yield* openIp(p, family === AF_PACKET ? AF_UNSPEC : family, oneLine);
  return yield* run(ip, fixed === undefined ? rest.slice(1) : rest);
}

const ADDRESS = `addr add|del IFADDR dev IFACE | show|flush [dev IFACE] [to PREFIX]`;
const ROUTE = `route list|flush|add|del|change|append|replace|test ROUTE`;
const LINK = `link set IFACE [up|down] [arp on|off] [multicast on|off]
	[promisc on|off] [mtu NUM] [name NAME] [qlen NUM] [address MAC]`;
const NEIGH = `neigh show|flush [to PREFIX] [dev DEV] [nud STATE]`;
const RULE = `rule [list]`;

export const ip: Applet = {
  name: "ip",
  path: "/sbin/ip",
  usage: `[OPTIONS] address|route|link|tunnel|neigh|rule [ARGS]

OPTIONS := -f[amily] inet|inet6|link | -o[neline]

ip ${ADDRESS}
ip ${ROUTE}
ip ${LINK}
ip ${NEIGH}
ip ${RULE}
`,
  main,
};

const part = (name: string, path: string, usage: string): Applet => ({
  name,
  path,
  usage: `${usage.slice(usage.indexOf(" ") + 1)}\n`,
  main,
});

export const ipaddr: Applet = part("ipaddr", "/sbin/ipaddr", ADDRESS);
export const iproute: Applet = part("iproute", "/sbin/iproute", ROUTE);
export const iplink: Applet = part("iplink", "/sbin/iplink", LINK);
export const ipneigh: Applet = part("ipneigh", "/sbin/ipneigh", NEIGH);
export const iprule: Applet = part("iprule", "/sbin/iprule", RULE);
export const iptunnel: Applet = part("iptunnel", "/sbin/iptunnel", "tunnel show [NAME]");
