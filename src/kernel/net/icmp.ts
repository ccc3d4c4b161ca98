// ICMP echo (icmp(7)): ping sockets and raw ones. What is near answers; farther nobody can be asked.

import { CAP_NET_RAW } from "../../abi/capability.ts";
import { EACCES, EHOSTUNREACH, EINVAL, EPERM } from "../../abi/errno.ts";
import type { Blocking } from "../../abi/program.ts";
import {
  AF_INET,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  SO_BINDTODEVICE,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_SOCKET,
  type SockAddr,
} from "../../abi/socket.ts";
import { capable } from "../cred.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { checkFamily, type InetAddr, inFamily, plain } from "./address.ts";
import { Binding, PortTable } from "./binding.ts";
import { DatagramSocket } from "./dgram.ts";
import { netStack } from "./stack.ts";
import { destination } from "./tcp.ts";

const ECHO = 8;
const ECHO_REPLY = 0;
const ECHO6 = 128;
const ECHO_REPLY6 = 129;
const IP_HEADER = 20;
const TTL = 64;

/** RFC 1071. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2)
    sum += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The ICMP sockets of a machine; their ports are the identifiers. */
export function icmpPorts(kernel: Kernel): PortTable<IcmpSocket> {
  return kernel.slot("icmp", () => new PortTable<IcmpSocket>());
}

/** A socket for echo requests. A raw one sees the header of IPv4 and keeps its identifier. */
export class IcmpSocket extends DatagramSocket {
  readonly #kernel: Kernel;
  readonly #binding: Binding<IcmpSocket>;
  protected override readonly reliable = false;
  protected override readonly maxBytes = 65507;

  constructor(kernel: Kernel, family: number, raw: boolean) {
    super(family, raw ? SOCK_RAW : SOCK_DGRAM, family === AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
    this.#kernel = kernel;
    this.#binding = new Binding(kernel, family, icmpPorts(kernel));
    icmpPorts(kernel).all.add(this);
  }

  /** Throws EACCES for who may not make a ping socket, EPERM for who may not make a raw one. */
  static check(task: Task, raw: boolean, range: readonly [number, number]): void {
    if (raw) {
      if (!capable(task.cred, CAP_NET_RAW)) throw EPERM;
      return;
    }
    const groups = [task.cred.egid, ...task.cred.groups];
    if (!groups.some((gid) => gid >= range[0] && gid <= range[1])) throw EACCES;
  }

  override localAddress(): SockAddr {
    return this.#binding.local;
  }
  override bind(task: Task, addr: SockAddr): void {
    this.#binding.bind(task, this, addr);
  }
  protected override bindToDevice(_task: Task, name: string): void {
    this.#binding.bindToDevice(name);
  }
  override connect(task: Task, addr: SockAddr): Blocking<void> {
    netStack(this.#kernel).route(checkFamily(addr, this.family).addr, this.#binding.device);
    super.connect(task, addr);
  }
  protected override find(): DatagramSocket | undefined {
    return undefined;
  }

  protected override sendOut(_task: Task, bytes: Uint8Array, wanted: SockAddr): boolean {
    const addr = destination(checkFamily(wanted, this.family));
    const way = netStack(this.#kernel).route(addr.addr, this.#binding.device);
    const request = this.family === AF_INET ? ECHO : ECHO6;
    if (bytes.length < 8) throw EINVAL;
    // Nobody answers to anything else.
    if (bytes[0] !== request) return true;
    way.device.count("tx", bytes.length);
    if (!way.local && way.gateway?.echoes(addr.addr) !== true) {
      if (way.broadcast) return true;
      throw EHOSTUNREACH;
    }
    way.device.count("rx", bytes.length);
    this.arrived(this.#echo(bytes, addr, way.source), inFamily(addr.addr, 0, this.family));
    return true;
  }

  #echo(bytes: Uint8Array, from: InetAddr, to: Uint8Array | undefined): Uint8Array {
    const reply = bytes.slice();
    reply[0] = this.family === AF_INET ? ECHO_REPLY : ECHO_REPLY6;
    if (this.type === SOCK_DGRAM) {
      const id = this.#binding.local.port;
      reply[4] = id >> 8;
      reply[5] = id & 255;
    }
    reply.fill(0, 2, 4);
    const sum = checksum(reply);
    reply[2] = sum >> 8;
    reply[3] = sum & 255;
    if (this.type === SOCK_DGRAM || this.family !== AF_INET) return reply;
    const packet = new Uint8Array(IP_HEADER + reply.length);
    packet.set([0x45, 0, packet.length >> 8, packet.length & 255, 0, 0, 0, 0, TTL, IPPROTO_ICMP]);
    packet.set(plain(from.addr), 12);
    if (to !== undefined && to.length === 4) packet.set(to, 16);
    const head = checksum(packet.subarray(0, IP_HEADER));
    packet.set([head >> 8, head & 255], 10);
    packet.set(reply, IP_HEADER);
    return packet;
  }

  protected override autobind(): void {
    this.#binding.autobind(this);
  }
  protected override unbind(): void {
    this.#binding.release(this);
  }
  override getOption(level: number, name: number): unknown {
    if (level === SOL_SOCKET && name === SO_BINDTODEVICE) return this.#binding.device?.name ?? "";
    return super.getOption(level, name);
  }
  protected override knowsOption(): boolean {
    return true;
  }
  protected override unknownOption(): unknown {
    return 0;
  }
}
