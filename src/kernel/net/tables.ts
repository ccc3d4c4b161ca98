// /proc/net: the machine's sockets, interfaces, routes and neighbours (proc_pid_net(5)); interfaces for /sys/class/net.
import { Errno } from "../../abi/errno.ts";
import { RTF_GATEWAY, RTF_HOST, RTF_REJECT, RTF_UP } from "../../abi/if.ts";
import { AF_INET, AF_INET6, SOCK_RAW, type SockAddr } from "../../abi/socket.ts";
import { netTables } from "../fs/proc/net.ts";
import { netInterfaces } from "../fs/proc/sysctl.ts";
import type { Kernel } from "../kernel.ts";
import { anyAddress, compareBytes, prefixMask } from "./address.ts";
import { unixSockets } from "./af_unix.ts";
import type { NetDevice } from "./device.ts";
import { type IcmpSocket, icmpPorts } from "./icmp.ts";
import type { Socket } from "./sock.ts";
import { netStack, type Route } from "./stack.ts";
import { StreamSocket } from "./stream.ts";
import { TcpSocket, tcpPorts } from "./tcp.ts";
import { type UdpSocket, udpPorts } from "./udp.ts";

const ESTABLISHED = 1;
const SYN_SENT = 2;
const FIN_WAIT2 = 5;
const CLOSE = 7;
const CLOSE_WAIT = 8;
const LISTEN = 10;
/** __SO_ACCEPTCON */
const ACCEPTS = 0x10000;
const SS_UNCONNECTED = 1;
const SS_CONNECTED = 3;

const hex = (n: number, width: number): string => n.toString(16).toUpperCase().padStart(width, "0");

/** Address and port; the address in words of the machine's byte order. */
function address(addr: SockAddr, family: number): string {
  const bytes = "addr" in addr ? addr.addr : new Uint8Array();
  const port = "port" in addr ? addr.port : 0;
  const size = family === AF_INET ? 4 : 16;
  let out = "";
  for (let i = 0; i < size; i += 4) for (let k = 3; k >= 0; k--) out += hex(bytes[i + k] ?? 0, 2);
  return `${out}:${hex(port, 4)}`;
}

function peerOf(socket: Socket): SockAddr {
  if (socket instanceof TcpSocket) return socket.remote ?? anyAddress(socket.family, 0);
  try {
    return socket.peerAddress();
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return { family: AF_INET, addr: new Uint8Array(4), port: 0 };
  }
}

/** undefined for what is neither connected nor listening: Linux does not list it. */
function tcpState(socket: TcpSocket): number | undefined {
  if (socket.state === "listening") return LISTEN;
  if (socket.state === "connecting") return SYN_SENT;
  if (socket.state !== "connected") return undefined;
  if (socket.atEnd) return CLOSE_WAIT;
  return socket.peer === undefined ? FIN_WAIT2 : ESTABLISHED;
}

type Kind = "tcp" | "udp" | "icmp" | "raw";

function socketsOf(kernel: Kernel, kind: Kind): Iterable<TcpSocket | UdpSocket | IcmpSocket> {
  if (kind === "tcp") return tcpPorts(kernel).all;
  if (kind === "udp") return udpPorts(kernel).all;
  return [...icmpPorts(kernel).all].filter((s) => (s.type === SOCK_RAW) === (kind === "raw"));
}

function inetTable(kernel: Kernel, family: number, kind: Kind): string {
  const tcp = kind === "tcp";
  const wide = family === AF_INET6;
  const local = wide ? "local_address                        " : "local_address";
  const remote = wide ? "remote_address                       " : "rem_address  ";
  const rest = " st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
  const width = wide ? 0 : tcp ? 149 : 127;
  const head = `  ${tcp ? "" : " "}sl  ${local} ${remote}${rest}${tcp ? "" : " ref pointer drops"}`;
  let out = `${head.padEnd(width)}\n`;
  let row = 0;
  const all = socketsOf(kernel, kind);
  for (const socket of all) {
    if (socket.family !== family) continue;
    const from = socket.localAddress();
    let state: number | undefined = CLOSE;
    if (socket instanceof TcpSocket) state = tcpState(socket);
    else if (kind === "udp" && "port" in from && from.port === 0) state = undefined;
    else if (socket.connected) state = ESTABLISHED;
    if (state === undefined) continue;
    const queue =
      socket instanceof TcpSocket && state === LISTEN ? socket.waiting : socket.inbox.length;
    const line =
      `${String(row).padStart(tcp ? 4 : 5)}: ${address(from, family)} ${address(peerOf(socket), family)} ` +
      `${hex(state, 2)} 00000000:${hex(queue, 8)} 00:00000000 00000000 ` +
      `${String(socket.uid).padStart(5)}        0 ${socket.ino} ` +
      (tcp ? "1 0000000000000000 100 0 0 10 0" : "2 0000000000000000 0");
    out += `${line.padEnd(width)}\n`;
    row++;
  }
  return out;
}

function unixTable(kernel: Kernel): string {
  let out = "Num       RefCount Protocol Flags    Type St Inode Path\n";
  for (const socket of unixSockets(kernel)) {
    const stream = socket instanceof StreamSocket ? socket : undefined;
    const state = stream?.state === "connected" ? SS_CONNECTED : SS_UNCONNECTED;
    const flags = stream?.state === "listening" ? ACCEPTS : 0;
    const addr = socket.localAddress();
    const path = "path" in addr ? addr.path.replaceAll("\0", "@") : "";
    const count = stream?.state === "connected" ? 3 : 2;
    out += `0000000000000000: ${hex(count, 8)} 00000000 ${hex(flags, 8)} ${hex(socket.type, 4)} ${hex(state, 2)} ${String(socket.ino).padStart(5)}${path === "" ? "" : ` ${path}`}\n`;
  }
  return out;
}

function sockstat(kernel: Kernel): string {
  const tcp = tcpPorts(kernel).all.size;
  const udp = udpPorts(kernel).all.size;
  const used = tcp + udp + icmpPorts(kernel).all.size + unixSockets(kernel).size;
  return `sockets: used ${used}\nTCP: inuse ${tcp} orphan 0 tw 0 alloc ${tcp} mem 0\nUDP: inuse ${udp} mem 0\n`;
}

const DEV_HEAD =
  "Inter-|   Receive                                                |  Transmit\n" +
  " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";

function dev(kernel: Kernel): string {
  const pad = (n: number, width: number): string => String(n).padStart(width);
  return (
    DEV_HEAD +
    netStack(kernel)
      .devices.map(({ name, rx, tx }) => {
        const received = `${pad(rx.bytes, 8)} ${pad(rx.packets, 7)} ${pad(rx.errors, 4)} ${pad(rx.dropped, 4)}    0     0          0         0`;
        const sent = `${pad(tx.bytes, 8)} ${pad(tx.packets, 7)} ${pad(tx.errors, 4)} ${pad(tx.dropped, 4)}    0     0       0          0`;
        return `${name.padStart(6)}: ${received} ${sent}\n`;
      })
      .join("")
  );
}

/** An address of IPv4 as a word of the machine. */
const word = (addr: Uint8Array): string =>
  [...addr]
    .reverse()
    .map((b) => hex(b, 2))
    .join("");
const bytesHex = (addr: Uint8Array): string =>
  [...addr]
    .map((b) => hex(b, 2))
    .join("")
    .toLowerCase();

function routeFlags({ gateway, prefix, dst, device }: Route): number {
  return (
    RTF_UP |
    (gateway === undefined ? 0 : RTF_GATEWAY) |
    (prefix === dst.length * 8 ? RTF_HOST : 0) |
    (device === undefined ? RTF_REJECT : 0)
  );
}

function route(kernel: Kernel): string {
  const line = (text: string): string => `${text.padEnd(127)}\n`;
  let out = line(
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
  );
  const four = netStack(kernel).routes.filter(({ dst }) => dst.length === 4);
  for (const each of four.sort((a, b) => compareBytes(a.dst, b.dst) || a.prefix - b.prefix)) {
    const { dst, gateway, metric, prefix, device } = each;
    out += line(
      `${device?.name ?? "*"}\t${word(dst)}\t${word(gateway ?? new Uint8Array(4))}\t${hex(routeFlags(each), 4)}\t0\t0\t${metric}\t${word(prefixMask(prefix, 4))}\t0\t0\t0`,
    );
  }
  return out;
}

/** "name" as the tables of IPv6 end with it. */
const last = (device: NetDevice): string => `${device.name.padStart(8)}\n`;

function route6(kernel: Kernel): string {
  const none = "0".repeat(32);
  const line = (
    [dst, prefix]: [string, number],
    gateway: string,
    metric: number,
    flags: number,
    device: NetDevice,
  ): string =>
    `${dst} ${hex(prefix, 2).toLowerCase()} ${none} 00 ${gateway} ${hex(metric, 8).toLowerCase()} 00000001 00000000 ${hex(flags, 8).toLowerCase()} ${last(device)}`;
  let out = "";
  const { routes, devices } = netStack(kernel);
  for (const each of routes) {
    const { dst, prefix, gateway, metric, device } = each;
    if (dst.length !== 16 || device === undefined) continue;
    const via = gateway === undefined ? none : bytesHex(gateway);
    out += line([bytesHex(dst), prefix], via, metric, routeFlags(each), device);
  }
  const LOCAL = 0x80200001;
  for (const device of devices)
    for (const { addr } of device.up ? device.addrs : [])
      if (addr.length === 16) out += line([bytesHex(addr), 128], none, 0, LOCAL, device);
  return out;
}

function ifInet6(kernel: Kernel): string {
  const scopes: Readonly<Record<number, number>> = { 0: 0, 253: 0x20, 254: 0x10 };
  let out = "";
  for (const device of netStack(kernel).devices)
    for (const { addr, prefix, scope } of device.addrs)
      if (addr.length === 16)
        out += `${bytesHex(addr)} ${[device.index, prefix, scopes[scope] ?? 0, 0x80].map((n) => hex(n, 2).toLowerCase()).join(" ")} ${last(device)}`;
  return out;
}

function arp(kernel: Kernel): string {
  let out = "IP address       HW type     Flags       HW address            Mask     Device\n";
  for (const { addr, device, hwaddr, permanent } of netStack(kernel).neighbours.values()) {
    if (addr.length !== 4) continue;
    const mac = [...hwaddr].map((b) => hex(b, 2).toLowerCase()).join(":");
    out += `${addr.join(".").padEnd(16)} 0x1         ${permanent ? "0x6" : "0x2"}         ${mac}     *        ${device.name}\n`;
  }
  return out;
}

function igmp(kernel: Kernel): string {
  let out = "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n";
  for (const { index, name, up } of netStack(kernel).devices)
    if (up)
      out += `${index}\t${name.padEnd(10)}:     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n`;
  return out;
}

/** The interfaces as /sys/class/net and /proc/sys/net show them. */
function showInterfaces(kernel: Kernel): void {
  const shown = netInterfaces(kernel);
  shown.clear();
  for (const device of netStack(kernel).devices) {
    const mac = (addr: Uint8Array): string =>
      [...addr].map((b) => hex(b, 2).toLowerCase()).join(":");
    shown.set(device.name, {
      name: device.name,
      index: device.index,
      type: device.type,
      get address() {
        return mac(device.address);
      },
      broadcast: mac(device.broadcast),
      flags: () => device.flags,
      mtu: () => device.mtu,
      up: () => device.up,
      statistics: () => ({
        rx_bytes: device.rx.bytes,
        rx_packets: device.rx.packets,
        rx_errors: device.rx.errors,
        rx_dropped: device.rx.dropped,
        tx_bytes: device.tx.bytes,
        tx_packets: device.tx.packets,
        tx_errors: device.tx.errors,
        tx_dropped: device.tx.dropped,
      }),
    });
  }
}

/** Makes /proc/net and /sys/class/net tell of the network; once for a machine. */
export function fillNetTables(kernel: Kernel): void {
  kernel.slot("net-tables", () => {
    netStack(kernel).changed = () => showInterfaces(kernel);
    showInterfaces(kernel);
    const tables = netTables(kernel);
    for (const kind of ["tcp", "udp", "icmp", "raw"] as const) {
      tables.set(kind, () => inetTable(kernel, AF_INET, kind));
      tables.set(`${kind}6`, () => inetTable(kernel, AF_INET6, kind));
    }
    tables.set("unix", () => unixTable(kernel));
    tables.set("sockstat", () => sockstat(kernel));
    tables.set("dev", () => dev(kernel));
    tables.set("route", () => route(kernel));
    tables.set("ipv6_route", () => route6(kernel));
    tables.set("if_inet6", () => ifInet6(kernel));
    tables.set("arp", () => arp(kernel));
    tables.set("igmp", () => igmp(kernel));
    return true;
  });
}
