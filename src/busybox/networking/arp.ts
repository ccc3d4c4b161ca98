// arp: the neighbours of IPv4 (arp(8) of net-tools, as BusyBox has it)
import { ENETUNREACH, ENXIO, Errno } from "../../abi/errno.ts";
import { ATF_COM, ATF_PERM, ATF_PUBL, SIOCDARP, SIOCGIFHWADDR, SIOCSARP } from "../../abi/if.ts";
import type { Steps } from "../../abi/program.ts";
import { AF_INET, SOCK_DGRAM } from "../../abi/socket.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { formatAddress } from "../../libc/inet.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { hostNames, resolveHost } from "../../libc/resolv.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { parseMac } from "./ip/link.ts";
import { ioctlOrDie } from "./ip/rtnl.ts";

function* address(p: Process, text: string | undefined): Steps<Uint8Array> {
  if (text === undefined) die("need host name");
  return (yield* resolveHost(p.sys, text as string, AF_INET))[0] ?? die(`bad address '${text}'`);
}

function* remove(p: Process, opt: Options, fd: number): Steps<number> {
  const addr = yield* address(p, opt.operands[0]);
  const dev = opt.get("i");
  try {
    p.sys.ioctl(fd, SIOCDARP, { addr, flags: ATF_PERM, ...(dev === undefined ? {} : { dev }) });
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    dieErrno("SIOCDARP(priv)", e === ENXIO ? ENETUNREACH : e);
  }
  return 0;
}

function* set(p: Process, opt: Options, fd: number): Steps<number> {
  const [host, mac, ...words] = opt.operands;
  const addr = yield* address(p, host);
  if (mac === undefined) die("need hardware address");
  let hwaddr: Uint8Array | undefined;
  if (opt.has("D")) hwaddr = p.sys.ioctl(fd, SIOCGIFHWADDR, { name: mac }) as Uint8Array;
  else hwaddr = parseMac(mac as string) ?? die(`invalid hardware address '${mac}'`);
  let flags = ATF_PERM | ATF_COM;
  for (const word of words) {
    if (word === "temp") flags &= ~ATF_PERM;
    else if (word === "pub") flags |= ATF_PUBL;
    else if (word !== "priv" && word !== "trail") p.usageError();
  }
  const dev = opt.get("i");
  const request = { addr, hwaddr, flags, ...(dev === undefined ? {} : { dev }) };
  yield* ioctlOrDie(p.sys, fd, SIOCSARP, request, 1);
  return 0;
}

function* show(p: Process, opt: Options): Steps<number> {
  const host = opt.operands[0];
  const only = host === undefined ? undefined : formatAddress(yield* address(p, host));
  const text = yield* readText(p.sys, "/proc/net/arp", 1 << 22);
  if (text === undefined) return die("can't open '/proc/net/arp': No such file or directory");
  let entries = 0;
  let shown = 0;
  for (const line of text.split("\n").slice(1)) {
    const [ip = "", , flagText = "", mac = "", mask = "", dev = ""] = line.trim().split(/\s+/);
    if (dev === "") continue;
    entries++;
    if (only !== undefined && ip !== only) continue;
    if (opt.has("i") && dev !== opt.get("i")) continue;
    shown++;
    const flags = Number.parseInt(flagText, 16);
    const bytes = Uint8Array.from(ip.split(".").map(Number));
    const name = opt.has("n") ? undefined : (yield* hostNames(p.sys, bytes))[0];
    let out = `${name ?? "?"} (${ip}) at `;
    if ((flags & ATF_COM) === 0) out += (flags & ATF_PUBL) !== 0 ? "* " : "<incomplete> ";
    else out += `${mac} [ether] `;
    if ((flags & ATF_PERM) !== 0) out += "PERM ";
    if ((flags & ATF_PUBL) !== 0) out += "PUP ";
    if (mask !== "*") out += `netmask ${mask} `;
    const w = p.stdout.puts(`${out} on ${dev}\n`);
    if (w) yield* w;
  }
  if (opt.has("v")) {
    const w = p.stdout.puts(`Entries: ${entries}\tSkipped: ${entries - shown}\tFound: ${shown}\n`);
    if (w) yield* w;
  }
  if ((only !== undefined || opt.has("i")) && shown === 0) {
    const w = p.stdout.puts(`No match found in ${entries} entries\n`);
    if (w) yield* w;
  }
  return 0;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "A:p:H:t:i:adnDsv");
  const family = opt.get("A") ?? opt.get("p");
  if (family !== undefined && family !== "inet") die(`${family}: unknown address family`);
  const type = opt.get("H") ?? opt.get("t");
  if (type !== undefined && type !== "ether") die(`${type}: unknown hardware type`);
  const fd = p.sys.socket(AF_INET, SOCK_DGRAM, 0);
  if (opt.has("d")) return yield* remove(p, opt, fd);
  if (opt.has("s")) return yield* set(p, opt, fd);
  return yield* show(p, opt);
}

export const arp: Applet = {
  name: "arp",
  path: "/sbin/arp",
  usage: `
[-vn]	[-H HWTYPE] [-i IF] -a [HOSTNAME]
[-v]		    [-i IF] -d HOSTNAME [pub]
[-v]	[-H HWTYPE] [-i IF] -s HOSTNAME HWADDR [temp]
[-v]	[-H HWTYPE] [-i IF] -s HOSTNAME HWADDR [netmask MASK] pub

Show or change the table of neighbours

	-a	Show (all) hosts
	-d	Remove an entry
	-s	Set an entry
	-v	Say more
	-n	Numbers, not names
	-i IF	Interface
	-D	HWADDR is an interface whose address is taken
	-A,-p AF	Protocol
	-H,-t HWTYPE	Kind of hardware
`,
  main,
};
