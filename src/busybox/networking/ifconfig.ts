// ifconfig: interfaces by ioctls and /proc/net (ifconfig(8) of net-tools, as BusyBox has it)
import { Errno } from "../../abi/errno.ts";
import {
  ARPHRD_ETHER,
  ARPHRD_LOOPBACK,
  IFF_ALLMULTI,
  IFF_BROADCAST,
  IFF_DYNAMIC,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_POINTOPOINT,
  IFF_PROMISC,
  IFF_RUNNING,
  IFF_UP,
  SIOCDIFADDR,
  SIOCGIFADDR,
  SIOCGIFBRDADDR,
  SIOCGIFFLAGS,
  SIOCGIFHWADDR,
  SIOCGIFMTU,
  SIOCGIFNETMASK,
  SIOCGIFTXQLEN,
  SIOCSIFADDR,
  SIOCSIFBRDADDR,
  SIOCSIFDSTADDR,
  SIOCSIFFLAGS,
  SIOCSIFHWADDR,
  SIOCSIFMETRIC,
  SIOCSIFMTU,
  SIOCSIFNETMASK,
  SIOCSIFTXQLEN,
} from "../../abi/if.ts";
import type { Steps } from "../../abi/program.ts";
import { IFA_LABEL, RTM_GETADDR } from "../../abi/rtnetlink.ts";
import { AF_INET, SOCK_DGRAM } from "../../abi/socket.ts";
import { nlAttributes, nlText } from "../../lib/netlink.ts";
import { formatAddress, parseIPv4, parseIPv6 } from "../../libc/inet.ts";
import { die, dieErrno, Exit, type Process } from "../../libc/process.ts";
import { resolveHost } from "../../libc/resolv.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { parseMac } from "./ip/link.ts";
import { ioctlOrDie, Rtnl } from "./ip/rtnl.ts";

const SHOWN_FLAGS: readonly (readonly [number, string])[] = [
  [IFF_UP, "UP"],
  [IFF_BROADCAST, "BROADCAST"],
  [0x4, "DEBUG"],
  [0x8, "LOOPBACK"],
  [IFF_POINTOPOINT, "POINTOPOINT"],
  [0x20, "NOTRAILERS"],
  [IFF_RUNNING, "RUNNING"],
  [IFF_NOARP, "NOARP"],
  [IFF_PROMISC, "PROMISC"],
  [IFF_ALLMULTI, "ALLMULTI"],
  [0x400, "SLAVE"],
  [0x800, "MASTER"],
  [IFF_MULTICAST, "MULTICAST"],
  [IFF_DYNAMIC, "DYNAMIC"],
];
const SCOPES: Readonly<Record<number, string>> = {
  0: "Global",
  0x10: "Host",
  0x20: "Link",
  0x40: "Site",
};
const INDENT = "          ";

/** Words that switch a flag; "-word" switches it the other way. */
const SWITCHES: Readonly<Record<string, readonly [flag: number, on: boolean]>> = {
  up: [IFF_UP, true],
  down: [IFF_UP, false],
  arp: [IFF_NOARP, false],
  allmulti: [IFF_ALLMULTI, true],
  multicast: [IFF_MULTICAST, true],
  promisc: [IFF_PROMISC, true],
  dynamic: [IFF_DYNAMIC, true],
  trailers: [0x20, false],
};

/** Bytes in units that fit a column: "1.7 MiB". */
function human(n: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = n;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${(Math.floor(value * 10) / 10).toFixed(1)} ${units[unit]}`;
}

class Ifconfig {
  readonly #p: Process;
  readonly #fd: number;
  #inet6: string[] = [];

  constructor(p: Process) {
    this.#p = p;
    this.#fd = p.sys.socket(AF_INET, SOCK_DGRAM, 0);
  }

  #ask(request: number, name: string): unknown {
    try {
      return this.#p.sys.ioctl(this.#fd, request, { name });
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return undefined;
    }
  }

  *#show(name: string): Steps<void> {
    const flags = this.#ask(SIOCGIFFLAGS, name);
    if (typeof flags !== "number")
      die(`${name}: error fetching interface information: Device not found`);
    const [dev = name, alias] = name.split(":", 2);
    const mac = this.#ask(SIOCGIFHWADDR, name) as Uint8Array;
    const type = Number(
      (yield* readText(this.#p.sys, `/sys/class/net/${dev}/type`)) ?? ARPHRD_ETHER,
    );
    let out = name.padEnd(10);
    if (type === ARPHRD_LOOPBACK || (Number(flags) & 0x8) !== 0)
      out += "Link encap:Local Loopback  \n";
    else {
      const text = [...mac].map((b) => b.toString(16).toUpperCase().padStart(2, "0")).join(":");
      out += `Link encap:Ethernet  HWaddr ${text}  \n`;
    }
    const addr = this.#ask(SIOCGIFADDR, name);
    if (addr instanceof Uint8Array) {
      out += `${INDENT}inet addr:${formatAddress(addr)} `;
      const brd = this.#ask(SIOCGIFBRDADDR, name);
      if ((Number(flags) & IFF_BROADCAST) !== 0 && brd instanceof Uint8Array)
        out += ` Bcast:${formatAddress(brd)} `;
      out += ` Mask:${formatAddress(this.#ask(SIOCGIFNETMASK, name) as Uint8Array)}\n`;
    }
    if (alias === undefined) out += this.#addresses6(dev);
    const words = SHOWN_FLAGS.filter(([flag]) => (Number(flags) & flag) !== 0).map(([, w]) => w);
    out += `${INDENT}${words.length === 0 ? "[NO FLAGS]" : words.join(" ")}  MTU:${this.#ask(SIOCGIFMTU, name)}  Metric:1\n`;
    if (alias === undefined) out += yield* this.#counters(dev);
    const w = this.#p.stdout.puts(`${out}\n`);
    if (w) yield* w;
  }

  #addresses6(dev: string): string {
    let out = "";
    for (const line of this.#inet6) {
      const [hex = "", , prefix = "", scope = "", , name] = line.trim().split(/\s+/);
      if (name !== dev || hex.length !== 32) continue;
      const addr = Uint8Array.from({ length: 16 }, (_, i) =>
        Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
      );
      const where = SCOPES[Number.parseInt(scope, 16)] ?? "Unknown";
      out += `${INDENT}inet6 addr: ${formatAddress(addr)}/${Number.parseInt(prefix, 16)} Scope:${where}\n`;
    }
    return out;
  }

  *#counters(dev: string): Steps<string> {
    const table = (yield* readText(this.#p.sys, "/proc/net/dev")) ?? "";
    const line = table.split("\n").find((each) => each.trim().startsWith(`${dev}:`));
    if (line === undefined) return "";
    const n = line
      .slice(line.indexOf(":") + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    const [
      rb = 0,
      rp = 0,
      re = 0,
      rd = 0,
      ro = 0,
      rf = 0,
      ,
      ,
      tb = 0,
      tp = 0,
      te = 0,
      td = 0,
      to = 0,
      tc = 0,
      tk = 0,
    ] = n;
    return (
      `${INDENT}RX packets:${rp} errors:${re} dropped:${rd} overruns:${ro} frame:${rf}\n` +
      `${INDENT}TX packets:${tp} errors:${te} dropped:${td} overruns:${to} carrier:${tk}\n` +
      `${INDENT}collisions:${tc} txqueuelen:${this.#ask(SIOCGIFTXQLEN, dev)} \n` +
      `${INDENT}RX bytes:${rb} (${human(rb)})  TX bytes:${tb} (${human(tb)})\n`
    );
  }

  /** Lists those that are up, or all. */
  *list(all: boolean): Steps<void> {
    const { sys } = this.#p;
    this.#inet6 = ((yield* readText(sys, "/proc/net/if_inet6")) ?? "").split("\n");
    const text = yield* readText(sys, "/proc/net/dev");
    if (text === undefined) yield* this.#p.warnx("/proc/net/dev: No such file or directory");
    const names = (text ?? "")
      .split("\n")
      .slice(2)
      .map((line) => line.split(":", 1)[0]?.trim() ?? "")
      .filter((name) => name !== "")
      .sort();
    for (const name of names) {
      const up = (Number(this.#ask(SIOCGIFFLAGS, name) ?? 0) & IFF_UP) !== 0;
      if (all || up) yield* this.#show(name);
      const aliases = yield* this.#aliases(name);
      for (const alias of aliases) yield* this.#show(alias);
    }
  }

  /** Names like eth0:1 that have an address. */
  *#aliases(name: string): Steps<string[]> {
    const labels = this.#ask(SIOCGIFADDR, name) === undefined ? [] : yield* labelsOf(this.#p, name);
    return labels.filter((label) => label !== name);
  }

  *one(name: string): Steps<void> {
    this.#inet6 = ((yield* readText(this.#p.sys, "/proc/net/if_inet6")) ?? "").split("\n");
    yield* this.#show(name);
  }

  #set(request: number, what: string, arg: Record<string, unknown>): void {
    try {
      this.#p.sys.ioctl(this.#fd, request, arg);
    } catch (e) {
      dieErrno(what, e);
    }
  }

  *#address(text: string): Steps<Uint8Array> {
    if (text === "default") return new Uint8Array(4);
    const found = yield* resolveHost(this.#p.sys, text, AF_INET);
    return found[0] ?? die(`bad address '${text}'`);
  }

  #mask(text: string): Uint8Array {
    return parseIPv4(text) ?? die(`bad address '${text}'`);
  }

  *#flags(name: string, flag: number, on: boolean): Steps<void> {
    const old = Number(yield* ioctlOrDie(this.#p.sys, this.#fd, SIOCGIFFLAGS, { name }, 1));
    const value = on ? old | flag : old & ~flag;
    this.#set(SIOCSIFFLAGS, "SIOCSIFFLAGS", { name, value });
  }

  #address6(name: string, text: string, add: boolean): void {
    const [host = "", size = "0"] = text.split("/", 2);
    const addr = parseIPv6(host) ?? die(`bad address '${host}'`);
    const request = add ? SIOCSIFADDR : SIOCDIFADDR;
    const prefix = Number(size);
    if (!(prefix >= 0 && prefix <= 128)) die(`invalid number '${size}'`);
    this.#set(request, add ? "SIOCSIFADDR" : "SIOCDIFADDR", { name, addr, prefix });
  }

  *change(name: string, words: readonly string[]): Steps<void> {
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as string;
      const inverted = word.startsWith("-");
      const bare = inverted ? word.slice(1) : word;
      const change = Object.hasOwn(SWITCHES, bare) ? SWITCHES[bare] : undefined;
      const value = (): string => words[++i] ?? this.#p.usageError();
      const number = (): number => Number.parseInt(words[++i] ?? this.#p.usageError(), 0) || 0;
      if (change !== undefined) yield* this.#flags(name, change[0], change[1] !== inverted);
      else if (word === "netmask") {
        const addr = this.#mask(value());
        this.#set(SIOCSIFNETMASK, "SIOCSIFNETMASK", { name, addr });
      } else if (bare === "broadcast") {
        if (!inverted && i + 1 < words.length) {
          const addr = yield* this.#address(value());
          this.#set(SIOCSIFBRDADDR, "SIOCSIFBRDADDR", { name, addr });
        }
        yield* this.#flags(name, IFF_BROADCAST, !inverted);
      } else if (bare === "pointopoint" || word === "dstaddr") {
        const addr = yield* this.#address(value());
        this.#set(SIOCSIFDSTADDR, "SIOCSIFDSTADDR", { name, addr });
      } else if (word === "mtu") this.#set(SIOCSIFMTU, "SIOCSIFMTU", { name, value: number() });
      else if (word === "metric")
        this.#set(SIOCSIFMETRIC, "SIOCSIFMETRIC", { name, value: number() });
      else if (word === "txqueuelen")
        this.#set(SIOCSIFTXQLEN, "SIOCSIFTXQLEN", { name, value: number() });
      else if (word === "hw") {
        const kind = value();
        if (kind !== "ether") die(`invalid hw class '${kind}'`);
        const text = value();
        const addr = parseMac(text) ?? die(`invalid hw-addr '${text}'`);
        this.#set(SIOCSIFHWADDR, "SIOCSIFHWADDR", { name, addr });
      } else if (word === "add" || word === "del") this.#address6(name, value(), word === "add");
      else if (["mem_start", "io_addr", "irq", "outfill", "keepalive"].includes(word)) {
        value();
        throw new Exit(1, "SIOCSIFMAP: Not supported");
      } else {
        const addr = yield* this.#address(word);
        this.#set(SIOCSIFADDR, "SIOCSIFADDR", { name, addr });
      }
    }
  }
}

/** Labels of an interface's addresses, as the kernel lists them. */
function* labelsOf(p: Process, name: string): Steps<string[]> {
  const rtnl = new Rtnl(p.sys);
  const all = yield* rtnl.dump(RTM_GETADDR, Uint8Array.of(AF_INET, 0, 0, 0, 0, 0, 0, 0));
  const labels = all.map(({ body }) => nlText(nlAttributes(body, 8).get(IFA_LABEL)));
  return [...new Set(labels.filter((label) => label === name || label.startsWith(`${name}:`)))];
}

function* main(p: Process): Steps<number> {
  const words = p.argv.slice(1);
  const all = words[0] === "-a";
  if (all) words.shift();
  const tool = new Ifconfig(p);
  const [name, ...rest] = words;
  if (name?.startsWith("-")) p.usageError();
  if (name === undefined) yield* tool.list(all);
  else if (rest.length === 0) yield* tool.one(name);
  else yield* tool.change(name, rest);
  return 0;
}

export const ifconfig: Applet = {
  name: "ifconfig",
  path: "/sbin/ifconfig",
  usage: `[-a] [IFACE] [ADDRESS]

Show or set up network interfaces

	[add ADDRESS[/PREFIXLEN]]
	[del ADDRESS[/PREFIXLEN]]
	[[-]broadcast [ADDRESS]] [[-]pointopoint [ADDRESS]]
	[netmask ADDRESS] [dstaddr ADDRESS]
	[hw ether ADDRESS] [metric NN] [mtu NN]
	[[-]trailers] [[-]arp] [[-]allmulti]
	[multicast] [[-]promisc] [txqueuelen NN] [[-]dynamic]
	[up|down] ...
`,
  main,
};
