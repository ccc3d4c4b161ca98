// /proc/net/{tcp,tcp6,udp,udp6,unix}: the machine's sockets (proc_pid_net(5)).
import { Errno } from "../../abi/errno.ts";
import { AF_INET, AF_INET6, AF_UNIX, SOCK_STREAM, type SockAddr } from "../../abi/socket.ts";
import { netTables } from "../fs/proc/net.ts";
import type { Kernel } from "../kernel.ts";
import { ports, TcpSocket, UdpSocket } from "./af_inet.ts";
import { unixSockets } from "./af_unix.ts";
import type { Socket } from "./sock.ts";
import { StreamSocket } from "./stream.ts";

const ESTABLISHED = 1;
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
  const bytes = addr.family === AF_UNIX ? new Uint8Array() : addr.addr;
  const port = addr.family === AF_UNIX ? 0 : addr.port;
  const size = family === AF_INET ? 4 : 16;
  let out = "";
  for (let i = 0; i < size; i += 4) for (let k = 3; k >= 0; k--) out += hex(bytes[i + k] ?? 0, 2);
  return `${out}:${hex(port, 4)}`;
}

function peerOf(socket: Socket): SockAddr {
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
  if (socket.state !== "connected") return undefined;
  if (socket.ended) return CLOSE_WAIT;
  return socket.peer === undefined ? FIN_WAIT2 : ESTABLISHED;
}

function inetTable(kernel: Kernel, family: number, tcp: boolean): string {
  const wide = family === AF_INET6;
  const local = wide ? "local_address                        " : "local_address";
  const remote = wide ? "remote_address                       " : "rem_address  ";
  const rest = " st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
  const width = wide ? 0 : tcp ? 149 : 127;
  const head = `  ${tcp ? "" : " "}sl  ${local} ${remote}${rest}${tcp ? "" : " ref pointer drops"}`;
  let out = `${head.padEnd(width)}\n`;
  let row = 0;
  for (const socket of ports(kernel).all) {
    if (socket.family !== family || socket instanceof TcpSocket !== tcp) continue;
    const from = socket.localAddress();
    let state: number | undefined = CLOSE;
    if (socket instanceof TcpSocket) state = tcpState(socket);
    else if (from.family === AF_UNIX || from.port === 0) state = undefined;
    else if (socket instanceof UdpSocket && socket.connected) state = ESTABLISHED;
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
    const path = addr.family === AF_UNIX ? addr.path.replaceAll("\0", "@") : "";
    const count = stream?.state === "connected" ? 3 : 2;
    out += `0000000000000000: ${hex(count, 8)} 00000000 ${hex(flags, 8)} ${hex(socket.type, 4)} ${hex(state, 2)} ${String(socket.ino).padStart(5)}${path === "" ? "" : ` ${path}`}\n`;
  }
  return out;
}

function sockstat(kernel: Kernel): string {
  const all = [...ports(kernel).all];
  const tcp = all.filter((s) => s.type === SOCK_STREAM).length;
  const used = all.length + unixSockets(kernel).size;
  return `sockets: used ${used}\nTCP: inuse ${tcp} orphan 0 tw 0 alloc ${tcp} mem 0\nUDP: inuse ${all.length - tcp} mem 0\n`;
}

/** Makes the tables of /proc/net tell of the sockets; once for a machine. */
export function fillNetTables(kernel: Kernel): void {
  kernel.slot("net-tables", () => {
    const tables = netTables(kernel);
    tables.set("tcp", () => inetTable(kernel, AF_INET, true));
    tables.set("tcp6", () => inetTable(kernel, AF_INET6, true));
    tables.set("udp", () => inetTable(kernel, AF_INET, false));
    tables.set("udp6", () => inetTable(kernel, AF_INET6, false));
    tables.set("unix", () => unixTable(kernel));
    tables.set("sockstat", () => sockstat(kernel));
    return true;
  });
}
