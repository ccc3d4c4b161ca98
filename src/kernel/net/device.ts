// Network devices (netdevice(7)): what stands behind a name like eth0.
import {
  ARPHRD_ETHER,
  ARPHRD_LOOPBACK,
  IFF_BROADCAST,
  IFF_LOOPBACK,
  IFF_LOWER_UP,
  IFF_MULTICAST,
  IFF_RUNNING,
  IFF_UP,
} from "../../abi/if.ts";
import { broadcastOf, inNetwork, isLoopback } from "./address.ts";

/** An address of an interface. */
export interface IfAddr {
  readonly addr: Uint8Array;
  readonly prefix: number;
  /** Of IPv4 networks that have one. */
  broadcast: Uint8Array | undefined;
  /** Alias name "eth0:1", else the device's. */
  label: string;
  /** RT_SCOPE_*: 0 everywhere, 253 this link, 254 this host. */
  scope: number;
}

/** Addresses of one interface at most. */
export const ADDRESSES_MAX = 64;

/** Headers that a message on the wire would have had, for the counters. */
const HEADER_BYTES = 54;
/** Payload of one packet. */
const SEGMENT_BYTES = 1460;

/** An interface. */
export class NetDevice {
  name: string;
  readonly index: number;
  /** ARPHRD_* */
  readonly type: number;
  address: Uint8Array;
  readonly broadcast: Uint8Array;
  mtu: number;
  flags: number;
  txQueueLen = 1000;
  readonly addrs: IfAddr[] = [];
  readonly rx = { bytes: 0, packets: 0, errors: 0, dropped: 0 };
  readonly tx = { bytes: 0, packets: 0, errors: 0, dropped: 0 };

  constructor(name: string, index: number, address: Uint8Array | undefined) {
    const loopback = address === undefined;
    this.name = name;
    this.index = index;
    this.type = loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
    this.address = address ?? new Uint8Array(6);
    this.broadcast = new Uint8Array(6).fill(loopback ? 0 : 255);
    this.mtu = loopback ? 65536 : 1500;
    this.flags = loopback ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST;
  }

  get up(): boolean {
    return (this.flags & IFF_UP) !== 0;
  }

  get loopback(): boolean {
    return (this.flags & IFF_LOOPBACK) !== 0;
  }

  /** Flags as they are told: with those that follow from the state. */
  get shownFlags(): number {
    return this.up ? this.flags | IFF_RUNNING | IFF_LOWER_UP : this.flags;
  }

  /** The first address of IPv4 (4) or IPv6 (16), which is the source of what is sent. */
  source(length: number): Uint8Array | undefined {
    const own = this.addrs.filter(({ addr }) => addr.length === length);
    return (own.find(({ scope }) => scope === 0) ?? own[0])?.addr;
  }

  /** Counts what passes, as if it had been packets. */
  count(way: "rx" | "tx", bytes: number): void {
    const counters = this[way];
    const packets = Math.max(1, Math.ceil(bytes / SEGMENT_BYTES));
    counters.packets += packets;
    counters.bytes += bytes + packets * HEADER_BYTES;
  }

  /** An address as it is kept. */
  static ifAddr(device: NetDevice, addr: Uint8Array, prefix: number, label?: string): IfAddr {
    const link = addr.length === 16 && addr[0] === 0xfe && ((addr[1] as number) & 0xc0) === 0x80;
    return {
      addr,
      prefix,
      broadcast:
        addr.length === 4 && prefix < 31 && !device.loopback
          ? broadcastOf(addr, prefix)
          : undefined,
      label: label ?? device.name,
      scope: isLoopback(addr) ? 254 : link ? 253 : 0,
    };
  }

  /** Another address of the same network came first (IFA_F_SECONDARY). */
  isSecondary(each: IfAddr): boolean {
    const { addr, prefix } = each;
    if (addr.length !== 4) return false;
    const first = this.addrs.find((a) => a.prefix === prefix && inNetwork(a.addr, addr, prefix));
    return first !== each;
  }

  /** As they are listed: IPv4 as they came, IPv6 by scope. */
  get listed(): IfAddr[] {
    const six = this.addrs.filter(({ addr }) => addr.length === 16);
    const four = this.addrs.filter(({ addr }) => addr.length === 4);
    return [...four, ...six.sort((a, b) => a.scope - b.scope)];
  }
}
