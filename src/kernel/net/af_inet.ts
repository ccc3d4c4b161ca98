// AF_INET and AF_INET6 inside the machine (ip(7), tcp(7), udp(7)): every address of the loopback is ours; others are out of reach.
import {
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EINVAL,
  ENETUNREACH,
  ENOTCONN,
} from "../../abi/errno.ts";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  type SockAddr,
  type SockAddrIn,
  type SockAddrIn6,
} from "../../abi/socket.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { DatagramSocket } from "./dgram.ts";
import { StreamSocket } from "./stream.ts";

type InetAddr = SockAddrIn | SockAddrIn6;
type InetSocket = TcpSocket | UdpSocket;

/** Ports that the kernel gives away by itself (ip_local_port_range). */
const FIRST_EPHEMERAL = 32768;
const LAST_EPHEMERAL = 60999;
/** Ports below need root. */
const FIRST_FREE_PORT = 1024;

/** The machine's ports by protocol. */
export class Ports {
  readonly tcp: Map<number, Set<TcpSocket>> = new Map<number, Set<TcpSocket>>();
  readonly udp: Map<number, Set<UdpSocket>> = new Map<number, Set<UdpSocket>>();
  /** Every socket, for /proc/net. */
  readonly all: Set<InetSocket> = new Set<InetSocket>();
  next: number = FIRST_EPHEMERAL;
}

/** The ports of a machine. */
export function ports(kernel: Kernel): Ports {
  return kernel.slot("inet-ports", () => new Ports());
}

const isAny = (addr: Uint8Array): boolean => addr.every((byte) => byte === 0);

/** ::ffff:a.b.c.d */
function mapped(addr: Uint8Array): Uint8Array | undefined {
  for (let i = 0; i < 10; i++) if (addr[i] !== 0) return undefined;
  return addr[10] === 0xff && addr[11] === 0xff ? addr.subarray(12) : undefined;
}

function isLoopback(addr: Uint8Array): boolean {
  if (addr.length === 4) return addr[0] === 127;
  const v4 = mapped(addr);
  if (v4 !== undefined) return v4[0] === 127;
  return addr.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

function isLocal(addr: Uint8Array): boolean {
  return isAny(addr) || isLoopback(addr);
}

/** Same host address, an IPv4 one in an IPv6 socket included. */
function sameAddress(a: Uint8Array, b: Uint8Array): boolean {
  const x = a.length === 16 ? (mapped(a) ?? a) : a;
  const y = b.length === 16 ? (mapped(b) ?? b) : b;
  return x.length === y.length && x.every((byte, i) => byte === y[i]);
}

/** Does a socket bound to `bound` hear what is sent to `addr`? */
function hears(bound: InetAddr, addr: InetAddr): boolean {
  if (isAny(bound.addr))
    return bound.family === AF_INET6 || addr.addr.length === 4 || mapped(addr.addr) !== undefined;
  return sameAddress(bound.addr, addr.addr);
}

function checkFamily(addr: SockAddr, family: number): InetAddr {
  if (addr.family !== AF_INET && addr.family !== AF_INET6) throw EAFNOSUPPORT;
  if (addr.family !== family) throw family === AF_INET ? EAFNOSUPPORT : EINVAL;
  if (addr.addr.length !== (family === AF_INET ? 4 : 16)) throw EINVAL;
  return addr;
}

function anyAddress(family: number, port: number): InetAddr {
  return family === AF_INET
    ? { family: AF_INET, addr: new Uint8Array(4), port }
    : { family: AF_INET6, addr: new Uint8Array(16), port, scopeId: 0 };
}

/** An unspecified destination means this host. */
function destination(addr: InetAddr): InetAddr {
  if (!isAny(addr.addr)) return addr;
  const host = addr.family === AF_INET ? [127, 0, 0, 1] : [...new Uint8Array(15), 1];
  return { ...addr, addr: Uint8Array.from(host) } as InetAddr;
}

/** The address part of an inet socket: what is bound where. */
class Binding<T extends InetSocket> {
  local: InetAddr;
  bound = false;
  readonly #table: Map<number, Set<T>>;
  readonly #ports: Ports;

  constructor(kernel: Kernel, family: number, kind: "tcp" | "udp") {
    this.#ports = ports(kernel);
    this.#table = this.#ports[kind] as unknown as Map<number, Set<T>>;
    this.local = anyAddress(family, 0);
  }

  bind(task: Task, socket: T, wanted: SockAddr): void {
    if (this.bound) throw EINVAL;
    const addr = checkFamily(wanted, socket.family);
    if (!isLocal(addr.addr)) throw EADDRNOTAVAIL;
    if (addr.port > 0 && addr.port < FIRST_FREE_PORT && task.cred.euid !== 0) throw EACCES;
    const port = addr.port === 0 ? this.#ephemeral() : addr.port;
    for (const other of this.#table.get(port) ?? []) {
      const reuse =
        (socket.getOption(SOL_SOCKET, SO_REUSEPORT) === 1 &&
          other.getOption(SOL_SOCKET, SO_REUSEPORT) === 1) ||
        (socket.getOption(SOL_SOCKET, SO_REUSEADDR) === 1 &&
          other.getOption(SOL_SOCKET, SO_REUSEADDR) === 1 &&
          !other.accepting);
      const theirs = other.localAddress() as InetAddr;
      const clash = isAny(theirs.addr) || isAny(addr.addr) || sameAddress(theirs.addr, addr.addr);
      if (clash && !reuse) throw EADDRINUSE;
    }
    this.#take(socket, { ...addr, port } as InetAddr);
  }

  #ephemeral(): number {
    for (let i = FIRST_EPHEMERAL; i <= LAST_EPHEMERAL; i++) {
      const port = this.#ports.next;
      this.#ports.next = port === LAST_EPHEMERAL ? FIRST_EPHEMERAL : port + 1;
      if (!this.#table.has(port)) return port;
    }
    throw EADDRINUSE;
  }

  #take(socket: T, addr: InetAddr): void {
    this.local = addr;
    this.bound = true;
    let set = this.#table.get(addr.port);
    if (set === undefined) {
      set = new Set();
      this.#table.set(addr.port, set);
    }
    set.add(socket);
  }

  autobind(socket: T): void {
    if (!this.bound) this.#take(socket, anyAddress(socket.family, this.#ephemeral()));
  }

  release(socket: T): void {
    this.#ports.all.delete(socket);
    const set = this.#table.get(this.local.port);
    set?.delete(socket);
    if (set?.size === 0) this.#table.delete(this.local.port);
  }

  /** Who hears a destination: a bound address before the wildcard. */
  find(addr: InetAddr, fits: (socket: T) => boolean): T | undefined {
    let best: T | undefined;
    for (const socket of this.#table.get(addr.port) ?? []) {
      const local = socket.localAddress() as InetAddr;
      if (!fits(socket) || !hears(local, addr)) continue;
      if (best === undefined || !isAny(local.addr)) best = socket;
    }
    return best;
  }
}

function reachable(wanted: SockAddr, family: number): InetAddr {
  const addr = destination(checkFamily(wanted, family));
  if (!isLoopback(addr.addr)) throw ENETUNREACH;
  return addr;
}

/** TCP. */
export class TcpSocket extends StreamSocket {
  readonly #kernel: Kernel;
  readonly #binding: Binding<TcpSocket>;
  #remote: InetAddr | undefined;

  constructor(kernel: Kernel, family: number, local?: InetAddr) {
    super(family, SOCK_STREAM, IPPROTO_TCP);
    this.#kernel = kernel;
    this.#binding = new Binding(kernel, family, "tcp");
    if (local !== undefined) this.#binding.local = local;
    ports(kernel).all.add(this);
  }

  override localAddress(): SockAddr {
    return this.#binding.local;
  }
  override peerAddress(): SockAddr {
    if (this.#remote === undefined) throw ENOTCONN;
    return this.#remote;
  }
  override bind(task: Task, addr: SockAddr): void {
    this.#binding.bind(task, this, addr);
  }
  protected override find(_task: Task, wanted: SockAddr): StreamSocket | undefined {
    const addr = reachable(wanted, this.family);
    const listener = this.#binding.find(addr, (socket) => socket.accepting);
    this.#remote = listener === undefined ? undefined : addr;
    return listener;
  }
  protected override child(client: StreamSocket): StreamSocket {
    const from = client as TcpSocket;
    const to = from.#remote as InetAddr;
    const port = to.port;
    const made = new TcpSocket(this.#kernel, this.family, this.#as(to, port));
    // The client's side of the connection has the address it reached us by.
    const local = from.#binding.local;
    if (isAny(local.addr)) from.#binding.local = { ...to, port: local.port } as InetAddr;
    made.#remote = this.#as(from.#binding.local, from.#binding.local.port);
    return made;
  }
  /** An address in this socket's family. */
  #as(addr: InetAddr, port: number): InetAddr {
    if (addr.family === this.family) return { ...addr, port } as InetAddr;
    const bytes = new Uint8Array(16);
    bytes.set([0xff, 0xff, ...addr.addr.subarray(-4)], 10);
    return { family: AF_INET6, addr: bytes, port, scopeId: 0 };
  }
  protected override autobind(): void {
    this.#binding.autobind(this);
  }
  protected override unbind(): void {
    this.#binding.release(this);
  }
  protected override knowsOption(level: number): boolean {
    return level === IPPROTO_TCP || level === IPPROTO_IP || level === IPPROTO_IPV6;
  }
  protected override unknownOption(): unknown {
    // Options of the protocol that were never set read as 0.
    return 0;
  }
}

/** UDP. */
export class UdpSocket extends DatagramSocket {
  readonly #binding: Binding<UdpSocket>;
  protected override readonly reliable = false;
  protected override readonly maxBytes = 65507;

  constructor(kernel: Kernel, family: number) {
    super(family, SOCK_DGRAM, IPPROTO_UDP);
    this.#binding = new Binding(kernel, family, "udp");
    ports(kernel).all.add(this);
  }

  override localAddress(): SockAddr {
    return this.#binding.local;
  }
  /** To an IPv6 socket an IPv4 sender is ::ffff:a.b.c.d; who is not bound to an address sends from the loopback. */
  protected override asPeer(from: SockAddr): SockAddr {
    const addr = destination(from as InetAddr);
    if (addr.family === this.family || addr.addr.length !== 4) return addr;
    const bytes = new Uint8Array(16);
    bytes.set([0xff, 0xff, ...addr.addr], 10);
    return { family: AF_INET6, addr: bytes, port: addr.port, scopeId: 0 };
  }
  override bind(task: Task, addr: SockAddr): void {
    this.#binding.bind(task, this, addr);
  }
  protected override find(_task: Task, wanted: SockAddr): DatagramSocket | undefined {
    return this.#binding.find(reachable(wanted, this.family), () => true);
  }
  protected override autobind(): void {
    this.#binding.autobind(this);
  }
  protected override unbind(): void {
    this.#binding.release(this);
  }
  protected override knowsOption(level: number): boolean {
    return level === IPPROTO_IP || level === IPPROTO_IPV6;
  }
}
