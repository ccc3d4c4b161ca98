// route: the routing table by ioctls and /proc/net (route(8) of net-tools, as BusyBox has it)
import {
  RTF_GATEWAY,
  RTF_HOST,
  RTF_REJECT,
  RTF_UP,
  type RtEntry,
  SIOCADDRT,
  SIOCDELRT,
} from "../../abi/if.ts";
import type { Steps } from "../../abi/program.ts";
import { AF_INET, AF_INET6, SOCK_DGRAM } from "../../abi/socket.ts";
import { getopt } from "../../libc/getopt.ts";
import { formatAddress, parseIPv4, parseIPv6 } from "../../libc/inet.ts";
import { die, type Process } from "../../libc/process.ts";
import { resolveHost } from "../../libc/resolv.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { ioctlOrDie } from "./ip/rtnl.ts";

const FLAG_LETTERS = "GHRDM";

function hexBytes(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Flags of a line of /proc/net/route as letters. */
export function flagLetters(flags: number): string {
  if ((flags & RTF_REJECT) !== 0) return "!";
  return `U${[...FLAG_LETTERS].filter((_, i) => (flags & (2 << i)) !== 0).join("")}`;
}

/** The table of IPv4; `metric` columns or those of netstat. */
export function* showRoutes(p: Process, numeric: boolean, metric: boolean): Steps<void> {
  let out = `Kernel IP routing table\nDestination     Gateway         Genmask         Flags ${metric ? "Metric Ref    Use" : "  MSS Window  irtt"} Iface\n`;
  const text = yield* readText(p.sys, "/proc/net/route", 1 << 22);
  if (text === undefined) die("can't open '/proc/net/route': No such file or directory");
  for (const line of (text ?? "").split("\n").slice(1)) {
    const f = line.trim().split(/\s+/);
    if (f.length < 11) continue;
    const flags = Number.parseInt(f[3] as string, 16);
    if ((flags & RTF_UP) === 0) continue;
    const at = (i: number): Uint8Array => hexBytes(f[i] as string).reverse();
    const show = (addr: Uint8Array, zero: string): string =>
      (addr.every((b) => b === 0) && !numeric ? zero : formatAddress(addr)).padEnd(15);
    out += `${show(at(1), "default")} ${show(at(2), "*")} ${formatAddress(at(7)).padEnd(16)}${flagLetters(flags).padEnd(6)}`;
    out += metric
      ? `${(f[6] as string).padEnd(6)} ${(f[4] as string).padEnd(2)} ${(f[5] as string).padStart(7)} ${f[0]}\n`
      : `${(f[8] as string).padStart(5)} ${(f[9] as string).padEnd(5)} ${(f[10] as string).padStart(6)} ${f[0]}\n`;
  }
  const w = p.stdout.puts(out);
  if (w) yield* w;
}

function* showRoutes6(p: Process): Steps<void> {
  let out = `Kernel IPv6 routing table\n${"Destination".padEnd(44)}${"Next Hop".padEnd(40)}Flags Metric Ref    Use Iface\n`;
  const text = (yield* readText(p.sys, "/proc/net/ipv6_route", 1 << 22)) ?? "";
  for (const line of text.split("\n")) {
    const f = line.trim().split(/\s+/);
    if (f.length < 10) continue;
    const number = (i: number): number => Number.parseInt(f[i] as string, 16);
    const flags = number(8);
    const dst = `${formatAddress(hexBytes(f[0] as string))}/${number(1)}`;
    const via = formatAddress(hexBytes(f[4] as string));
    const local = (flags & 0x80000000) !== 0 ? "n" : "";
    out += `${dst.padEnd(43)} ${via.padEnd(39)} ${(flagLetters(flags) + local).padEnd(5)} ${String(number(5) | 0).padEnd(6)} ${String(number(6)).padEnd(2)} ${String(number(7)).padStart(7)} ${f[9]}\n`;
  }
  const w = p.stdout.puts(out);
  if (w) yield* w;
}

function* resolve(p: Process, text: string, family: number): Steps<Uint8Array> {
  return (yield* resolveHost(p.sys, text, family))[0] ?? die(`resolving ${text}`);
}

function bitsOf(mask: Uint8Array): number {
  let n = 0;
  for (const b of mask) for (let bit = 128; bit > 0 && (b & bit) !== 0; bit >>= 1) n++;
  return n;
}

/** Is everything behind the prefix 0? */
function isNetwork(addr: Uint8Array, prefix: number): boolean {
  return addr.every((b, i) => (b & (255 >> Math.max(0, Math.min(8, prefix - i * 8)))) === 0);
}

function* change(p: Process, words: string[], family: number, add: boolean): Steps<number> {
  const six = family === AF_INET6;
  let kind = words[0] === "-net" || words[0] === "-host" ? words.shift() : undefined;
  const target = words.shift() ?? p.usageError();
  let addr = new Uint8Array(six ? 16 : 4);
  let prefix: number | undefined;
  if (target === "default") prefix = 0;
  else {
    const [host = "", size] = target.split("/", 2);
    addr =
      (six ? parseIPv6(host) : parseIPv4(host))?.slice() ??
      (yield* resolve(p, host, family)).slice();
    if (size !== undefined) {
      prefix = Number(size);
      if (!/^[0-9]+$/.test(size) || prefix > addr.length * 8) die(`invalid number '${size}'`);
    }
  }
  let gateway: Uint8Array | undefined;
  let metric = 0;
  let dev: string | undefined;
  let flags = RTF_UP;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const value = (): string => words.shift() ?? p.usageError();
    if (word === "netmask") {
      const mask = parseIPv4(value()) ?? die("bogus netmask");
      prefix = bitsOf(mask);
    } else if (word === "gw" || word === "gateway") {
      gateway = yield* resolve(p, value(), family);
      flags |= RTF_GATEWAY;
    } else if (word === "metric") metric = Number(value()) || 0;
    else if (word === "reject") flags |= RTF_REJECT;
    else if (["mss", "window", "irtt"].includes(word)) value();
    else if (!["mod", "dyn", "reinstate"].includes(word))
      dev = word === "dev" || word === "device" ? value() : word;
  }
  if (kind === undefined && prefix === undefined && !six)
    kind = isNetwork(addr, 24) || isNetwork(addr, 16) ? "-net" : "-host";
  if (kind === "-host" || (six && prefix === undefined)) prefix ??= addr.length * 8;
  if (prefix === addr.length * 8) flags |= RTF_HOST;
  // A network without a mask: which one is meant nobody knows any more.
  prefix ??= 0;
  if (!six && prefix > 0 && !isNetwork(addr, prefix)) die("netmask and route address conflict");
  const entry: RtEntry = {
    dst: addr,
    prefix,
    flags,
    metric,
    ...(gateway === undefined ? {} : { gateway }),
    ...(dev === undefined ? {} : { dev }),
  };
  const fd = p.sys.socket(AF_INET, SOCK_DGRAM, 0);
  yield* ioctlOrDie(p.sys, fd, add ? SIOCADDRT : SIOCDELRT, entry, 1);
  return 0;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+A:ne");
  const family = opt.get("A") ?? "inet";
  if (family !== "inet" && family !== "inet6") p.usageError();
  const [command, ...words] = opt.operands;
  if (command !== undefined) {
    if (command !== "add" && command !== "del" && command !== "delete") p.usageError();
    return yield* change(p, words, family === "inet6" ? AF_INET6 : AF_INET, command === "add");
  }
  if (family === "inet6") yield* showRoutes6(p);
  else yield* showRoutes(p, opt.has("n"), !opt.has("e"));
  return 0;
}

export const route: Applet = {
  name: "route",
  path: "/sbin/route",
  usage: `[-ne] [-A inet[6]] [{add|del} [-net|-host] TARGET [netmask MASK]
	[gw GATEWAY] [metric N] [mss BYTES] [window BYTES] [reject] [IFACE]]

Show or change the routes

	-n	Numbers, not names
	-e	Other columns
	-A inet[6]	Which protocol's
`,
  main,
};
