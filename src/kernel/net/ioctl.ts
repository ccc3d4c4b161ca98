// Requests about interfaces, routes and neighbours on any socket (netdevice(7), arp(7)).

import { CAP_NET_ADMIN } from "../../abi/capability.ts";
import {
  EADDRNOTAVAIL,
  EINVAL,
  ENODEV,
  ENOTTY,
  ENXIO,
  EOPNOTSUPP,
  EPERM,
} from "../../abi/errno.ts";
import {
  type ArpReq,
  ATF_COM,
  ATF_PERM,
  type IfReq,
  RTF_GATEWAY,
  RTF_HOST,
  RTF_REJECT,
  RTF_UP,
  type RtEntry,
  SIOCADDRT,
  SIOCBRADDBR,
  SIOCBRDELBR,
  SIOCDARP,
  SIOCDELRT,
  SIOCDIFADDR,
  SIOCGARP,
  SIOCGIFADDR,
  SIOCGIFBRDADDR,
  SIOCGIFCONF,
  SIOCGIFDSTADDR,
  SIOCGIFFLAGS,
  SIOCGIFHWADDR,
  SIOCGIFINDEX,
  SIOCGIFMETRIC,
  SIOCGIFMTU,
  SIOCGIFNAME,
  SIOCGIFNETMASK,
  SIOCGIFTXQLEN,
  SIOCSARP,
  SIOCSIFADDR,
  SIOCSIFBRDADDR,
  SIOCSIFDSTADDR,
  SIOCSIFFLAGS,
  SIOCSIFHWADDR,
  SIOCSIFMETRIC,
  SIOCSIFMTU,
  SIOCSIFNAME,
  SIOCSIFNETMASK,
  SIOCSIFTXQLEN,
} from "../../abi/if.ts";
import { RTN_UNICAST, RTN_UNREACHABLE } from "../../abi/rtnetlink.ts";
import { capable } from "../cred.ts";
import type { Task } from "../task.ts";
import { addressText, isAny, maskPrefix, networkOf, prefixMask } from "./address.ts";
import type { IfAddr, NetDevice } from "./device.ts";
import { type NetStack, netStack, type RouteWish } from "./stack.ts";

const MIN_MTU = 68;
const MAX_MTU = 65535;

/** The address that requests of IPv4 mean: that of the alias, else the first. */
function aliasOf(device: NetDevice, name: string): IfAddr | undefined {
  return device.addrs.find(
    ({ addr, label }) => addr.length === 4 && (label === name || name === device.name),
  );
}

/** What an address of the old classes has for a mask. */
function classPrefix(addr: Uint8Array): number {
  const first = addr[0] as number;
  if (isAny(addr)) return 0;
  return first < 128 ? 8 : first < 192 ? 16 : first < 224 ? 24 : 32;
}

function setAddress(stack: NetStack, device: NetDevice, req: IfReq): void {
  const { addr, name } = req;
  if (addr === undefined) throw EINVAL;
  if (addr.length === 16) {
    stack.addAddress(device, addr, req.prefix ?? 128);
    return;
  }
  const old = aliasOf(device, name);
  if (old !== undefined) stack.removeAddress(device, old.addr, old.prefix);
  if (!isAny(addr)) {
    stack.addAddress(device, addr, classPrefix(addr), name);
    // As Linux: an address brings the interface up.
    stack.setFlags(device, device.flags | 1);
  }
}

function setMask(stack: NetStack, device: NetDevice, req: IfReq): void {
  const old = aliasOf(device, req.name);
  if (old === undefined) throw EADDRNOTAVAIL;
  const prefix = req.addr?.length === 4 ? maskPrefix(req.addr) : undefined;
  if (prefix === undefined) throw EINVAL;
  if (prefix === old.prefix) return;
  stack.removeAddress(device, old.addr, old.prefix);
  stack.addAddress(device, old.addr, prefix, old.label);
}

function rename(stack: NetStack, device: NetDevice, req: IfReq): void {
  stack.rename(device, req.newName ?? "");
}

function setOf(stack: NetStack, device: NetDevice, request: number, req: IfReq): void {
  const { value = 0, addr } = req;
  switch (request) {
    case SIOCSIFFLAGS:
      if (req.name.includes(":") && (value & 1) === 0) {
        // Taking an alias down removes its address.
        const alias = aliasOf(device, req.name);
        if (alias !== undefined) stack.removeAddress(device, alias.addr, alias.prefix);
        return;
      }
      stack.setFlags(device, value);
      return;
    case SIOCSIFADDR:
      setAddress(stack, device, req);
      return;
    case SIOCDIFADDR:
      if (addr === undefined) throw EINVAL;
      stack.removeAddress(device, addr, req.prefix);
      return;
    case SIOCSIFNETMASK:
      setMask(stack, device, req);
      return;
    case SIOCSIFBRDADDR: {
      const own = aliasOf(device, req.name);
      if (own === undefined) throw EADDRNOTAVAIL;
      own.broadcast = addr;
      return;
    }
    case SIOCSIFMTU:
      if (value < MIN_MTU || value > MAX_MTU) throw EINVAL;
      device.mtu = value;
      return;
    case SIOCSIFTXQLEN:
      if (value < 0) throw EINVAL;
      device.txQueueLen = value;
      return;
    case SIOCSIFHWADDR:
      if (addr?.length !== 6) throw EINVAL;
      if (((addr[0] as number) & 1) !== 0) throw EADDRNOTAVAIL;
      device.address = addr;
      return;
    case SIOCSIFNAME:
      rename(stack, device, req);
      return;
    case SIOCSIFMETRIC:
      if (value !== 0) throw EOPNOTSUPP;
      return;
    case SIOCSIFDSTADDR:
      throw EOPNOTSUPP;
    default:
      throw ENOTTY;
  }
}

function getOf(device: NetDevice, request: number, req: IfReq): unknown {
  const own = aliasOf(device, req.name);
  switch (request) {
    case SIOCGIFFLAGS:
      return device.shownFlags & 0xffff;
    case SIOCGIFMTU:
      return device.mtu;
    case SIOCGIFMETRIC:
      return 0;
    case SIOCGIFINDEX:
      return device.index;
    case SIOCGIFTXQLEN:
      return device.txQueueLen;
    case SIOCGIFHWADDR:
      return device.address;
    case SIOCGIFADDR:
    case SIOCGIFNETMASK:
    case SIOCGIFBRDADDR:
    case SIOCGIFDSTADDR:
      if (own === undefined) throw EADDRNOTAVAIL;
      if (request === SIOCGIFNETMASK) return prefixMask(own.prefix, 4);
      if (request === SIOCGIFBRDADDR) return own.broadcast ?? new Uint8Array(4);
      return own.addr;
    default:
      throw ENOTTY;
  }
}

function routeWish(stack: NetStack, entry: RtEntry): RouteWish {
  const { dst, prefix, gateway, flags, metric, dev } = entry;
  if (prefix < 0 || prefix > dst.length * 8) throw EINVAL;
  if (addressText(networkOf(dst, prefix)) !== addressText(dst)) throw EINVAL;
  return {
    dst,
    prefix: (flags & RTF_HOST) !== 0 ? dst.length * 8 : prefix,
    metric,
    type: (flags & RTF_REJECT) !== 0 ? RTN_UNREACHABLE : RTN_UNICAST,
    ...((flags & RTF_GATEWAY) !== 0 && gateway !== undefined ? { gateway } : {}),
    ...(dev === undefined ? {} : { device: stack.device(dev) }),
  };
}

function arp(stack: NetStack, task: Task, request: number, req: ArpReq): unknown {
  const key = addressText(req.addr);
  const all = [...stack.neighbours.values()].filter(
    (each) =>
      addressText(each.addr) === key && (req.dev === undefined || each.device.name === req.dev),
  );
  const [found] = all;
  if (request === SIOCGARP) {
    if (found === undefined) throw ENXIO;
    return { ...req, hwaddr: found.hwaddr, dev: found.device.name, flags: ATF_COM };
  }
  if (!capable(task.cred, CAP_NET_ADMIN)) throw EPERM;
  if (request === SIOCDARP) {
    if (found === undefined) throw ENXIO;
    stack.removeNeighbour(found.addr, found.device);
    return undefined;
  }
  const device = req.dev === undefined ? stack.route(req.addr).device : stack.device(req.dev);
  if (device.loopback || req.hwaddr?.length !== 6) throw EINVAL;
  stack.setNeighbour({
    addr: req.addr,
    device,
    hwaddr: req.hwaddr,
    permanent: (req.flags & ATF_PERM) !== 0,
  });
  return undefined;
}

/** Serves a request of abi/if.ts; throws ENOTTY for others. */
export function netIoctl(task: Task, request: number, arg: unknown): unknown {
  if (request < 0x8900 || request > 0x89ff) throw ENOTTY;
  const stack = netStack(task.kernel);
  if (request === SIOCGIFCONF)
    return stack.devices.filter((d) => d.source(4) !== undefined).map((d) => d.name);
  if (typeof arg !== "object" || arg === null) throw EINVAL;
  if (request === SIOCGARP || request === SIOCSARP || request === SIOCDARP)
    return arp(stack, task, request, arg as ArpReq);
  const privileged = capable(task.cred, CAP_NET_ADMIN);
  if (request === SIOCADDRT || request === SIOCDELRT) {
    if (!privileged) throw EPERM;
    const entry = arg as RtEntry;
    if (entry.dst.length === 4 && (entry.flags & RTF_UP) === 0 && request === SIOCADDRT)
      throw EINVAL;
    if (request === SIOCADDRT) stack.addRoute(routeWish(stack, entry));
    else stack.removeRoute(routeWish(stack, entry));
    return undefined;
  }
  if (request === SIOCBRADDBR || request === SIOCBRDELBR) throw ENOTTY;
  const req = arg as IfReq;
  if (request === SIOCGIFNAME) {
    const device = stack.byIndex(req.value ?? 0);
    if (device === undefined) throw ENODEV;
    return device.name;
  }
  if (typeof req.name !== "string") throw EINVAL;
  const device = stack.device(req.name);
  const gets = [
    SIOCGIFFLAGS,
    SIOCGIFMTU,
    SIOCGIFMETRIC,
    SIOCGIFINDEX,
    SIOCGIFTXQLEN,
    SIOCGIFHWADDR,
    SIOCGIFADDR,
    SIOCGIFNETMASK,
    SIOCGIFBRDADDR,
    SIOCGIFDSTADDR,
  ];
  if (gets.includes(request)) return getOf(device, request, req);
  if (!privileged) throw EPERM;
  setOf(stack, device, request, req);
  return undefined;
}
