// TCP (tcp(7)): inside the machine from socket to socket, outside by way of the gateway's connections of the host.
import {
  ECONNREFUSED,
  EEXIST,
  EINPROGRESS,
  EINVAL,
  ENETUNREACH,
  ENOENT,
  ENOPROTOOPT,
  ENOTCONN,
} from "../../abi/errno.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import {
  AF_INET,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  SO_BINDTODEVICE,
  SOCK_STREAM,
  SOL_SOCKET,
  SOL_TLS,
  type SockAddr,
  TCP_ULP,
  TLS_ERROR,
  TLS_HANDSHAKE,
  TLS_INFO,
  type TlsHandshake,
} from "../../abi/socket.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { checkFamily, type InetAddr, inFamily, isAny } from "./address.ts";
import { Binding, PortTable } from "./binding.ts";
import { deadline, waitSocket } from "./sock.ts";
import { netStack } from "./stack.ts";
import { StreamSocket } from "./stream.ts";
import { RemoteEnd } from "./tcp-end.ts";

/** Bytes of certificates and keys that the host is given. */
const CERTIFICATES_MAX = 16 * 1024 * 1024;

/** The TCP ports of a machine. */
export function tcpPorts(kernel: Kernel): PortTable<TcpSocket> {
  return kernel.slot("tcp", () => new PortTable<TcpSocket>());
}

/** An unspecified destination means this host. */
export function destination(addr: InetAddr): InetAddr {
  if (!isAny(addr.addr)) return addr;
  const host = addr.family === AF_INET ? [127, 0, 0, 1] : [...new Uint8Array(15), 1];
  return { ...addr, addr: Uint8Array.from(host) } as InetAddr;
}

/** TCP. */
export class TcpSocket extends StreamSocket {
  readonly #kernel: Kernel;
  readonly #binding: Binding<TcpSocket>;
  #remote: InetAddr | undefined;
  /** The connection leads, or will lead, to the outside. */
  #end: RemoteEnd | undefined;
  #ulp = "";

  constructor(kernel: Kernel, family: number, local?: InetAddr) {
    super(family, SOCK_STREAM, IPPROTO_TCP);
    this.#kernel = kernel;
    this.#binding = new Binding(kernel, family, tcpPorts(kernel));
    if (local !== undefined) this.#binding.local = local;
    tcpPorts(kernel).all.add(this);
  }

  override localAddress(): SockAddr {
    return this.#binding.local;
  }
  override peerAddress(): SockAddr {
    if (this.#remote === undefined || this.state === "connecting") throw ENOTCONN;
    return this.#remote;
  }
  /** Where it is connecting to, for /proc/net/tcp. */
  get remote(): InetAddr | undefined {
    return this.#remote;
  }
  override bind(task: Task, addr: SockAddr): void {
    this.#binding.bind(task, this, addr);
  }
  protected override bindToDevice(_task: Task, name: string): void {
    this.#binding.bindToDevice(name);
  }

  protected override connectTo(task: Task, wanted: SockAddr, nonblock: boolean): Blocking<void> {
    const addr = destination(checkFamily(wanted, this.family));
    const way = netStack(this.#kernel).route(addr.addr, this.#binding.device);
    if (way.local) return super.connectTo(task, addr, nonblock);
    const { gateway, source, device } = way;
    if (addr.port === 0) throw ECONNREFUSED;
    if (way.broadcast || gateway === undefined || source === undefined) throw ENETUNREACH;
    this.autobind();
    if (isAny(this.#binding.local.addr))
      this.#binding.local = inFamily(source, this.#binding.local.port, this.family);
    const end = new RemoteEnd(this.#kernel, gateway, device, this);
    end.reach(addr.addr, addr.port);
    this.#end = end;
    this.#remote = addr;
    this.state = "connecting";
    if (nonblock) throw EINPROGRESS;
    return this.#waitConnected(task);
  }

  *#waitConnected(task: Task): Steps<void> {
    const until = deadline(task, this.sendTimeoutMs);
    while (this.state === "connecting") {
      try {
        yield* waitSocket(task, [this.acceptQueue], until);
      } catch (e) {
        throw this.state === "connecting" && until <= this.#kernel.monotonic() ? EINPROGRESS : e;
      }
    }
    const error = this.takeError();
    if (error !== undefined) throw error;
  }

  /** The connection to the outside stands. */
  established(end: StreamSocket): void {
    this.pair(end);
    this.acceptQueue.wake();
  }
  /** It could not be made. */
  refused(error: TcpSocket["error"]): void {
    this.state = "unconnected";
    this.#remote = undefined;
    this.#end = undefined;
    this.error = error ?? ECONNREFUSED;
    this.acceptQueue.wake();
  }
  /** It broke. */
  broken(error: TcpSocket["error"]): void {
    if (error !== undefined && this.state === "connected") this.error = error;
    this.heardEnd();
  }

  protected override find(_task: Task, wanted: SockAddr): StreamSocket | undefined {
    const addr = wanted as InetAddr;
    const listener = tcpPorts(this.#kernel).find(addr, (socket) => socket.accepting);
    this.#remote = listener === undefined ? undefined : addr;
    return listener;
  }
  protected override child(client: StreamSocket): StreamSocket {
    const from = client as TcpSocket;
    const to = from.#remote as InetAddr;
    const made = new TcpSocket(this.#kernel, this.family, inFamily(to.addr, to.port, this.family));
    // The client's side of the connection has the address it reached us by.
    const local = from.#binding.local;
    if (isAny(local.addr)) from.#binding.local = { ...to, port: local.port } as InetAddr;
    made.#remote = inFamily(from.#binding.local.addr, from.#binding.local.port, this.family);
    return made;
  }

  /** A connection that comes from the outside to a published port; undefined when it is not wanted. */
  incoming(
    to: InetAddr,
    from: InetAddr,
    make: (socket: TcpSocket) => RemoteEnd,
  ): RemoteEnd | undefined {
    if (!this.welcomes) return undefined;
    const made = new TcpSocket(this.#kernel, this.family, inFamily(to.addr, to.port, this.family));
    made.#remote = inFamily(from.addr, from.port, this.family);
    const end = make(made);
    made.#end = end;
    made.pair(end);
    this.offer(made);
    return end;
  }

  protected override autobind(): void {
    this.#binding.autobind(this);
  }
  protected override unbind(): void {
    this.#binding.release(this);
  }

  override release(): void {
    const waiting = this.state === "connecting";
    super.release();
    if (waiting) this.#end?.destroy();
  }

  override getOption(level: number, name: number): unknown {
    if (level === SOL_SOCKET && name === SO_BINDTODEVICE) return this.#binding.device?.name ?? "";
    if (level === IPPROTO_TCP && name === TCP_ULP) return this.#ulp;
    if (level === SOL_TLS) {
      if (name === TLS_ERROR) return this.#end?.tlsError ?? "";
      if (name === TLS_INFO && this.#end?.tlsInfo !== undefined) return this.#end.tlsInfo;
      throw ENOPROTOOPT;
    }
    return super.getOption(level, name);
  }

  override setOption(task: Task, level: number, name: number, value: unknown): Blocking<void> {
    if (level === IPPROTO_TCP && name === TCP_ULP) {
      if (value !== "tls") throw ENOENT;
      if (this.state !== "connected") throw ENOTCONN;
      // Both ends in the machine: nobody here speaks it.
      if (this.#end === undefined) throw ENOPROTOOPT;
      if (this.#ulp !== "") throw EEXIST;
      this.#ulp = "tls";
      return undefined;
    }
    if (level === SOL_TLS) {
      if (name !== TLS_HANDSHAKE || this.#ulp === "" || this.#end === undefined) throw ENOPROTOOPT;
      if (this.state !== "connected") throw ENOTCONN;
      if (!isHandshake(value)) throw EINVAL;
      return this.#end.handshake(task, value, this.sendTimeoutMs);
    }
    return super.setOption(task, level, name, value);
  }

  protected override knowsOption(level: number): boolean {
    return level === IPPROTO_TCP || level === IPPROTO_IP || level === IPPROTO_IPV6;
  }
  protected override unknownOption(): unknown {
    // Options of the protocol that were never set read as 0.
    return 0;
  }
}

function isHandshake(value: unknown): value is TlsHandshake {
  if (typeof value !== "object" || value === null) return false;
  const { servername, verify, ca, cert, key } = value as Partial<TlsHandshake>;
  const bytes = (b: unknown): boolean =>
    b === undefined || (b instanceof Uint8Array && b.length <= CERTIFICATES_MAX);
  return (
    typeof servername === "string" &&
    servername.length < 256 &&
    typeof verify === "boolean" &&
    bytes(ca) &&
    bytes(cert) &&
    bytes(key)
  );
}
