// UDP (udp(7)): inside the machine from socket to socket, outside by way of the gateway.
import { EACCES, EINVAL, ENETUNREACH } from "../../abi/errno.ts";
import type { Blocking } from "../../abi/program.ts";
import {
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_UDP,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SOCK_DGRAM,
  SOL_SOCKET,
  type SockAddr,
} from "../../abi/socket.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import {
  checkFamily,
  type InetAddr,
  inFamily,
  isAny,
  isMulticast,
  plain,
  sameAddress,
} from "./address.ts";
import { Binding, PortTable } from "./binding.ts";
import { DatagramSocket } from "./dgram.ts";
import type { Datagrams } from "./gateway.ts";
import { netStack, type Way } from "./stack.ts";
import { destination } from "./tcp.ts";

/** The UDP ports of a machine. */
export function udpPorts(kernel: Kernel): PortTable<UdpSocket> {
  return kernel.slot("udp", () => new PortTable<UdpSocket>());
}

/** UDP. */
export class UdpSocket extends DatagramSocket {
  readonly #kernel: Kernel;
  readonly #binding: Binding<UdpSocket>;
  #outside: Datagrams | undefined;
  protected override readonly reliable = false;
  protected override readonly maxBytes = 65507;

  constructor(kernel: Kernel, family: number) {
    super(family, SOCK_DGRAM, IPPROTO_UDP);
    this.#kernel = kernel;
    this.#binding = new Binding(kernel, family, udpPorts(kernel));
    udpPorts(kernel).all.add(this);
  }

  override localAddress(): SockAddr {
    return this.#binding.local;
  }
  /** To an IPv6 socket an IPv4 sender is ::ffff:a.b.c.d; who is not bound to an address sends from the loopback. */
  protected override asPeer(from: SockAddr): SockAddr {
    const addr = destination(from as InetAddr);
    return inFamily(addr.addr, addr.port, this.family);
  }
  override bind(task: Task, addr: SockAddr): void {
    this.#binding.bind(task, this, addr);
  }
  protected override bindToDevice(_task: Task, name: string): void {
    this.#binding.bindToDevice(name);
  }

  #way(wanted: SockAddr): [addr: InetAddr, way: Way] {
    const addr = destination(checkFamily(wanted, this.family));
    return [addr, netStack(this.#kernel).route(addr.addr, this.#binding.device)];
  }

  override connect(task: Task, wanted: SockAddr): Blocking<void> {
    const [addr, way] = this.#way(wanted);
    super.connect(task, addr);
    const { local } = this.#binding;
    if (isAny(local.addr) && way.source !== undefined)
      this.#binding.local = inFamily(way.source, local.port, this.family);
  }

  protected override find(_task: Task, wanted: SockAddr): DatagramSocket | undefined {
    const [addr, way] = this.#way(wanted);
    return way.local ? udpPorts(this.#kernel).find(addr, () => true) : undefined;
  }

  protected override sendOut(_task: Task, bytes: Uint8Array, wanted: SockAddr): boolean {
    const [addr, way] = this.#way(wanted);
    if (way.local) return false;
    if (addr.port === 0) throw EINVAL;
    const everybody = way.broadcast && !isMulticast(plain(addr.addr));
    if (everybody && this.getOption(SOL_SOCKET, SO_BROADCAST) !== 1) throw EACCES;
    if (way.gateway === undefined) throw ENETUNREACH;
    this.#outside ??= way.gateway.datagrams((reply, from, port) => this.#reply(reply, from, port));
    this.#outside.send(bytes, addr.addr, addr.port);
    way.device.count("tx", bytes.length);
    return true;
  }

  #reply(bytes: Uint8Array, from: Uint8Array, port: number): void {
    this.outside(bytes, inFamily(from, port, this.family));
  }

  /** A datagram from the outside. */
  outside(bytes: Uint8Array, from: InetAddr): void {
    const peer = this.remote?.addr as InetAddr | undefined;
    if (peer !== undefined && (peer.port !== from.port || !sameAddress(peer.addr, from.addr)))
      return;
    netStack(this.#kernel).find("eth0")?.count("rx", bytes.length);
    this.arrived(bytes, inFamily(from.addr, from.port, this.family));
  }

  protected override autobind(): void {
    this.#binding.autobind(this);
  }
  protected override unbind(): void {
    this.#binding.release(this);
    this.#outside?.destroy();
  }
  override getOption(level: number, name: number): unknown {
    if (level === SOL_SOCKET && name === SO_BINDTODEVICE) return this.#binding.device?.name ?? "";
    return super.getOption(level, name);
  }
  protected override knowsOption(level: number): boolean {
    return level === IPPROTO_IP || level === IPPROTO_IPV6;
  }
  protected override unknownOption(): unknown {
    return 0;
  }
}
