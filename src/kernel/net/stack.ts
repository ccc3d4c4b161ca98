// The network of a machine: interfaces, routes, neighbours (ip-route(8), rtnetlink(7)).
import {
  EACCES,
  EADDRNOTAVAIL,
  EEXIST,
  EHOSTUNREACH,
  EINVAL,
  ENETDOWN,
  ENETUNREACH,
  ENOBUFS,
  ENODEV,
  ESRCH,
} from "../../abi/errno.ts";
import {
  IFF_ALLMULTI,
  IFF_AUTOMEDIA,
  IFF_DYNAMIC,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_NOTRAILERS,
  IFF_PORTSEL,
  IFF_PROMISC,
  IFF_UP,
} from "../../abi/if.ts";
import {
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RTN_BLACKHOLE,
  RTN_PROHIBIT,
  RTN_UNICAST,
  RTN_UNREACHABLE,
  RTPROT_KERNEL,
} from "../../abi/rtnetlink.ts";
import type { Kernel } from "../kernel.ts";
import {
  addressText,
  inNetwork,
  isAny,
  isMulticast,
  networkOf,
  plain,
  sameAddress,
} from "./address.ts";
import { ADDRESSES_MAX, type IfAddr, NetDevice } from "./device.ts";
import type { Gateway } from "./gateway.ts";

/** What SIOCSIFFLAGS changes: the rest is the device's nature or state. */
const CHANGEABLE =
  IFF_UP |
  IFF_NOTRAILERS |
  IFF_NOARP |
  IFF_PROMISC |
  IFF_ALLMULTI |
  IFF_MULTICAST |
  IFF_DYNAMIC |
  IFF_PORTSEL |
  IFF_AUTOMEDIA;
/** Routes of a machine at most. */
const ROUTES_MAX = 4096;
const NEIGHBOURS_MAX = 1024;
const IPV6_METRIC = 256;
const IPV6_DEFAULT_METRIC = 1024;

/** A line of the main table. */
export interface Route {
  readonly dst: Uint8Array;
  readonly prefix: number;
  readonly gateway: Uint8Array | undefined;
  /** undefined for those that only forbid. */
  readonly device: NetDevice | undefined;
  readonly metric: number;
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
  readonly source: Uint8Array | undefined;
}

/** Who is heard of on a link. */
export interface Neighbour {
  readonly addr: Uint8Array;
  readonly device: NetDevice;
  readonly hwaddr: Uint8Array;
  readonly permanent: boolean;
}

/** Where something goes. */
export interface Way {
  /** An address of ours: it does not leave the machine. */
  readonly local: boolean;
  readonly device: NetDevice;
  /** What is behind the device; only for what leaves. */
  readonly gateway: Gateway | undefined;
  /** The address it is sent from, if the device has one. */
  readonly source: Uint8Array | undefined;
  /** To everybody on the link: for UDP that has asked for it. */
  readonly broadcast: boolean;
}

/** What a new route needs. */
export interface RouteWish {
  dst: Uint8Array;
  prefix: number;
  gateway?: Uint8Array;
  device?: NetDevice;
  metric?: number;
  protocol?: number;
  scope?: number;
  type?: number;
  source?: Uint8Array;
}

const ALL_ONES = Uint8Array.of(255, 255, 255, 255);

/** Interfaces and routes of one machine. */
export class NetStack {
  readonly devices: NetDevice[] = [];
  readonly routes: Route[] = [];
  readonly neighbours: Map<string, Neighbour> = new Map<string, Neighbour>();
  /** What is behind the devices that lead out. */
  readonly #gateways = new Map<NetDevice, Gateway>();
  #lastIndex = 0;
  /** Called after every change (names and number of interfaces), for /sys and /proc/sys. */
  changed: () => void = () => {};

  constructor() {
    this.add("lo", undefined, undefined);
    this.setFlags(this.device("lo"), IFF_UP);
  }

  /** Adds an interface; `address` is its MAC address, none for a loopback. */
  add(name: string, address: Uint8Array | undefined, gateway: Gateway | undefined): NetDevice {
    const device = new NetDevice(name, ++this.#lastIndex, address);
    this.devices.push(device);
    if (gateway !== undefined) this.#gateways.set(device, gateway);
    this.changed();
    return device;
  }

  gatewayOf(device: NetDevice): Gateway | undefined {
    return this.#gateways.get(device);
  }

  find(name: string): NetDevice | undefined {
    // An alias eth0:1 is eth0.
    const bare = name.split(":", 1)[0];
    return this.devices.find((device) => device.name === bare);
  }

  /** Throws ENODEV. */
  device(name: string): NetDevice {
    const found = this.find(name);
    if (found === undefined) throw ENODEV;
    return found;
  }

  byIndex(index: number): NetDevice | undefined {
    return this.devices.find((device) => device.index === index);
  }

  rename(device: NetDevice, name: string): void {
    if (!/^[!-.0-~]{1,15}$/.test(name) || name === "." || name === ".." || name.includes(":"))
      throw EINVAL;
    if (this.find(name) !== undefined) throw EEXIST;
    for (const each of device.addrs) if (each.label === device.name) each.label = name;
    device.name = name;
    this.changed();
  }

  /** Up: addresses of the link come and networks are reached; down: routes go. */
  setFlags(device: NetDevice, flags: number): void {
    const was = device.up;
    device.flags = (device.flags & ~CHANGEABLE) | (flags & CHANGEABLE);
    if (device.up === was) return;
    if (device.up) {
      if (device.loopback) {
        this.#autoAddress(device, Uint8Array.of(127, 0, 0, 1), 8);
        this.#autoAddress(device, Uint8Array.of(...new Uint8Array(15), 1), 128);
      } else this.#autoAddress(device, linkLocal(device.address), 64);
      for (const each of device.addrs) this.#connect(device, each);
    } else {
      this.#dropRoutes((route) => route.device === device);
      // As Linux: addresses of IPv6 do not outlive the link.
      const kept = device.addrs.filter(({ addr }) => addr.length === 4);
      device.addrs.splice(0, device.addrs.length, ...kept);
      for (const [key, each] of this.neighbours)
        if (each.device === device) this.neighbours.delete(key);
    }
  }

  #autoAddress(device: NetDevice, addr: Uint8Array, prefix: number): void {
    if (!device.addrs.some((each) => sameAddress(each.addr, addr)))
      device.addrs.push(NetDevice.ifAddr(device, addr, prefix));
  }

  /** The route that an address brings with it. */
  #connect(device: NetDevice, { addr, prefix }: IfAddr): void {
    const six = addr.length === 16;
    if (!device.up || (device.loopback && !six) || prefix === addr.length * 8) return;
    const dst = networkOf(addr, prefix);
    const metric = six ? IPV6_METRIC : 0;
    const source = six ? undefined : addr;
    if (this.routes.some((r) => same(r, dst, prefix, metric) && r.device === device)) return;
    this.routes.push({
      dst,
      prefix,
      gateway: undefined,
      device,
      metric,
      protocol: RTPROT_KERNEL,
      scope: six ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
      type: RTN_UNICAST,
      source,
    });
  }

  #dropRoutes(which: (route: Route) => boolean): void {
    const kept = this.routes.filter((route) => !which(route));
    this.routes.splice(0, this.routes.length, ...kept);
  }

  /** Throws EEXIST for one that is there. */
  addAddress(device: NetDevice, addr: Uint8Array, prefix: number, label?: string): IfAddr {
    if (prefix < 0 || prefix > addr.length * 8 || isMulticast(addr)) throw EINVAL;
    if (device.addrs.some((each) => sameAddress(each.addr, addr) && each.prefix === prefix))
      throw EEXIST;
    if (device.addrs.length >= ADDRESSES_MAX) throw ENOBUFS;
    const made = NetDevice.ifAddr(device, addr, prefix, label);
    device.addrs.push(made);
    this.#connect(device, made);
    return made;
  }

  /** Throws EADDRNOTAVAIL for one that is not there. */
  removeAddress(device: NetDevice, addr: Uint8Array, prefix?: number): void {
    const at = device.addrs.findIndex(
      (each) => sameAddress(each.addr, addr) && (prefix === undefined || each.prefix === prefix),
    );
    const [gone] = at < 0 ? [] : device.addrs.splice(at, 1);
    if (gone === undefined) throw EADDRNOTAVAIL;
    const net = networkOf(gone.addr, gone.prefix);
    const shared = device.addrs.some(
      (each) => each.prefix === gone.prefix && sameAddress(networkOf(each.addr, each.prefix), net),
    );
    this.#dropRoutes(
      (route) =>
        route.device === device &&
        ((route.protocol === RTPROT_KERNEL &&
          !shared &&
          same(route, net, gone.prefix, route.metric)) ||
          (route.source !== undefined && sameAddress(route.source, gone.addr)) ||
          // Without any address nothing of IPv4 is left.
          (route.dst.length === 4 && device.source(4) === undefined)),
    );
  }

  /** Throws EEXIST, ENETUNREACH for a gateway that is on no link, ENODEV. */
  addRoute(wish: RouteWish): void {
    const { dst, prefix, gateway, type = RTN_UNICAST } = wish;
    let { device } = wish;
    if (prefix < 0 || prefix > dst.length * 8) throw EINVAL;
    if (!sameAddress(networkOf(dst, prefix), dst)) throw EINVAL;
    if (gateway !== undefined) {
      if (gateway.length !== dst.length) throw EINVAL;
      if (this.isLocal(gateway)) throw EINVAL;
      const near = this.#match(gateway, device);
      if (near === undefined || near.gateway !== undefined) throw ENETUNREACH;
      device ??= near.device;
    }
    if (type === RTN_UNICAST) {
      if (device === undefined) throw ENODEV;
      if (!device.up) throw ENETDOWN;
    }
    const metric = wish.metric || (dst.length === 16 ? IPV6_DEFAULT_METRIC : 0);
    if (
      this.routes.some(
        (r) => same(r, dst, prefix, metric) && (dst.length === 4 || r.device === device),
      )
    )
      throw EEXIST;
    if (this.routes.length >= ROUTES_MAX) throw ENOBUFS;
    this.routes.push({
      dst,
      prefix,
      gateway,
      device: type === RTN_UNICAST ? device : undefined,
      metric,
      protocol: wish.protocol ?? 3,
      scope:
        wish.scope ??
        (gateway === undefined && dst.length === 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE),
      type,
      source: wish.source,
    });
  }

  /** Removes the first that fits; throws ESRCH. */
  removeRoute(wish: RouteWish): void {
    const at = this.routes.findIndex(
      (r) =>
        r.dst.length === wish.dst.length &&
        r.prefix === wish.prefix &&
        sameAddress(r.dst, wish.dst) &&
        (wish.gateway === undefined ||
          (r.gateway !== undefined && sameAddress(r.gateway, wish.gateway))) &&
        (wish.device === undefined || r.device === wish.device) &&
        (wish.metric === undefined || wish.metric === 0 || r.metric === wish.metric) &&
        (wish.type === undefined || r.type === wish.type) &&
        (wish.protocol === undefined || wish.protocol === 0 || r.protocol === wish.protocol),
    );
    if (at < 0) throw ESRCH;
    this.routes.splice(at, 1);
  }

  /** The best line of the main table. */
  #match(addr: Uint8Array, device: NetDevice | undefined): Route | undefined {
    let best: Route | undefined;
    for (const route of this.routes) {
      if (!inNetwork(addr, route.dst, route.prefix)) continue;
      if (device !== undefined && route.device !== device) continue;
      if (
        best === undefined ||
        route.prefix > best.prefix ||
        (route.prefix === best.prefix && route.metric < best.metric)
      )
        best = route;
    }
    return best;
  }

  /** Is it an address of this machine? */
  isLocal(wanted: Uint8Array): boolean {
    return this.#owner(plain(wanted)) !== undefined;
  }

  #owner(addr: Uint8Array): NetDevice | undefined {
    for (const device of this.devices) {
      if (!device.up) continue;
      for (const each of device.addrs) {
        if (each.addr.length !== addr.length) continue;
        // All of 127.0.0.0/8 is ours.
        const ours = device.loopback
          ? inNetwork(addr, each.addr, each.prefix)
          : sameAddress(each.addr, addr);
        if (ours) return device;
      }
    }
    return undefined;
  }

  /** May a socket be bound to it? The broadcast address of a network counts. */
  mayBind(wanted: Uint8Array): boolean {
    const addr = plain(wanted);
    return isAny(wanted) || this.isLocal(addr) || this.#isBroadcast(addr);
  }

  #isBroadcast(addr: Uint8Array): boolean {
    if (addr.length !== 4) return false;
    if (sameAddress(addr, ALL_ONES)) return true;
    return this.devices.some(
      (device) =>
        device.up &&
        device.addrs.some(({ broadcast }) => broadcast && sameAddress(broadcast, addr)),
    );
  }

  /**
   * Where something for an address goes; `bound` is the device of SO_BINDTODEVICE. Throws ENETUNREACH
   * without a route, EHOSTUNREACH when nobody has that address, EACCES and EINVAL for routes that forbid.
   */
  route(wanted: Uint8Array, bound?: NetDevice): Way {
    const addr = plain(wanted);
    const owner = this.#owner(addr);
    if (owner !== undefined && (bound === undefined || bound === owner || owner.loopback))
      return { local: true, device: owner, gateway: undefined, source: addr, broadcast: false };
    const broadcast = this.#isBroadcast(addr);
    const route = this.#match(addr, bound);
    if (route?.type === RTN_PROHIBIT) throw EACCES;
    if (route?.type === RTN_BLACKHOLE) throw EINVAL;
    if (route?.type === RTN_UNREACHABLE) throw EHOSTUNREACH;
    // Bound to a device one may shout without a route: that is how an address is asked for.
    const device = route?.device ?? (broadcast || isMulticast(addr) ? bound : undefined);
    if (device === undefined || !device.up) throw ENETUNREACH;
    const gateway = this.#gateways.get(device);
    const source = route?.source ?? device.source(addr.length);
    const everybody = broadcast || isMulticast(addr);
    if (!everybody) {
      if (source === undefined) throw addr.length === 16 ? EADDRNOTAVAIL : ENETUNREACH;
      this.#resolve(route?.gateway ?? addr, device, gateway);
    }
    return { local: false, device, gateway, source, broadcast: everybody };
  }

  /** The gateway that the table names for an address. */
  gatewayFor(addr: Uint8Array): Uint8Array | undefined {
    return this.#match(plain(addr), undefined)?.gateway;
  }

  /** The neighbour that something is handed to (ARP, neighbour discovery). */
  #resolve(addr: Uint8Array, device: NetDevice, gateway: Gateway | undefined): void {
    const hwaddr = gateway?.hwaddr(addr);
    if (hwaddr === undefined) throw EHOSTUNREACH;
    this.setNeighbour({ addr, device, hwaddr, permanent: false });
  }

  setNeighbour(neighbour: Neighbour): void {
    const key = `${neighbour.device.index} ${addressText(neighbour.addr)}`;
    if (this.neighbours.get(key)?.permanent === true && !neighbour.permanent) return;
    if (!this.neighbours.has(key) && this.neighbours.size >= NEIGHBOURS_MAX) throw ENOBUFS;
    this.neighbours.set(key, neighbour);
  }

  removeNeighbour(addr: Uint8Array, device: NetDevice): boolean {
    return this.neighbours.delete(`${device.index} ${addressText(addr)}`);
  }
}

function same(route: Route, dst: Uint8Array, prefix: number, metric: number): boolean {
  return (
    route.dst.length === dst.length &&
    route.prefix === prefix &&
    route.metric === metric &&
    sameAddress(route.dst, dst)
  );
}

/** fe80:: with the MAC address in it (RFC 4291 appendix A). */
function linkLocal(mac: Uint8Array): Uint8Array {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac;
  return Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f);
}

/** The network of a machine. */
export function netStack(kernel: Kernel): NetStack {
  return kernel.slot("net", () => new NetStack());
}
