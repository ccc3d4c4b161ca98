// What the messages of NETLINK_ROUTE ask, and their answers (rtnetlink(7), linux/rtnetlink.h).
import {
  EADDRNOTAVAIL,
  EEXIST,
  EINVAL,
  ENODEV,
  ENOENT,
  EOPNOTSUPP,
  Errno,
  ESRCH,
} from "../../abi/errno.ts";
import { ARPHRD_ETHER } from "../../abi/if.ts";
import * as rt from "../../abi/rtnetlink.ts";
import { AF_INET, AF_INET6, AF_UNSPEC } from "../../abi/socket.ts";
import { NlBody, type NlMessage, nlAttributes, nlText, u32, u32Of } from "../../lib/netlink.ts";
import { addressText, broadcastOf, compareBytes, networkOf } from "./address.ts";
import type { IfAddr, NetDevice } from "./device.ts";
import type { NetStack, Route, RouteWish } from "./stack.ts";

interface Answer {
  type: number;
  body: Uint8Array;
}

const LINK_BYTES = 16;
const ADDR_BYTES = 8;
const ROUTE_BYTES = 12;
const NEIGH_BYTES = 12;
const FOREVER = [255, 255, 255, 255];
const OPER_UNKNOWN = 0;
const OPER_DOWN = 2;
const OPER_UP = 6;
const RULE_LOCAL = 0;
const RULE_MAIN = 32766;
const RULE_DEFAULT = 32767;

/** Requests that change nothing: everybody may make them. */
export function isQuestion(type: number): boolean {
  return (type - rt.RTM_NEWLINK) % 4 === 2;
}

const family = (addr: Uint8Array): number => (addr.length === 4 ? AF_INET : AF_INET6);

function link(device: NetDevice): Answer {
  const body = new NlBody([
    0,
    0,
    device.type & 255,
    device.type >> 8,
    ...u32(device.index),
    ...u32(device.shownFlags),
    0,
    0,
    0,
    0,
  ]);
  const oper = !device.up ? OPER_DOWN : device.loopback ? OPER_UNKNOWN : OPER_UP;
  body.text(rt.IFLA_IFNAME, device.name);
  body.u32(rt.IFLA_TXQLEN, device.txQueueLen);
  body.u8(rt.IFLA_OPERSTATE, oper);
  body.u32(rt.IFLA_MTU, device.mtu);
  body.text(rt.IFLA_QDISC, !device.up ? "noop" : device.loopback ? "noqueue" : "pfifo_fast");
  body.put(rt.IFLA_ADDRESS, device.address);
  body.put(rt.IFLA_BROADCAST, device.broadcast);
  const { rx, tx } = device;
  const counts = [
    rx.packets,
    tx.packets,
    rx.bytes,
    tx.bytes,
    rx.errors,
    tx.errors,
    rx.dropped,
    tx.dropped,
  ];
  body.put(
    rt.IFLA_STATS64,
    [...counts, ...new Array<number>(15).fill(0)].flatMap((n) => [
      ...u32(n >>> 0),
      ...u32(Math.floor(n / 2 ** 32)),
    ]),
  );
  return { type: rt.RTM_NEWLINK, body: body.end() };
}

function address(device: NetDevice, each: IfAddr): Answer {
  const { addr, prefix, broadcast, label, scope } = each;
  const flags = rt.IFA_F_PERMANENT | (device.isSecondary(each) ? rt.IFA_F_SECONDARY : 0);
  const body = new NlBody([family(addr), prefix, flags, scope, ...u32(device.index)]);
  body.put(rt.IFA_ADDRESS, addr);
  if (addr.length === 4) {
    body.put(rt.IFA_LOCAL, addr);
    if (broadcast !== undefined) body.put(rt.IFA_BROADCAST, broadcast);
    body.text(rt.IFA_LABEL, label);
  }
  body.u32(rt.IFA_FLAGS, flags);
  body.put(rt.IFA_CACHEINFO, [...FOREVER, ...FOREVER, ...u32(0), ...u32(0)]);
  return { type: rt.RTM_NEWADDR, body: body.end() };
}

function route(
  r: Pick<
    Route,
    "dst" | "prefix" | "gateway" | "metric" | "protocol" | "scope" | "type" | "source"
  >,
  device: NetDevice | undefined,
  table: number,
): Answer {
  const { dst, prefix, gateway, metric, protocol, scope, type, source } = r;
  const body = new NlBody([family(dst), prefix, 0, 0, table, protocol, scope, type, ...u32(0)]);
  body.u32(rt.RTA_TABLE, table);
  if (prefix > 0) body.put(rt.RTA_DST, dst);
  if (metric > 0 || dst.length === 16) body.u32(rt.RTA_PRIORITY, metric);
  if (source !== undefined) body.put(rt.RTA_PREFSRC, source);
  if (gateway !== undefined) body.put(rt.RTA_GATEWAY, gateway);
  if (device !== undefined) body.u32(rt.RTA_OIF, device.index);
  return { type: rt.RTM_NEWROUTE, body: body.end() };
}

/** The local table, which follows from the addresses. */
function* localRoutes(stack: NetStack, of: number): Iterable<Answer> {
  for (const device of stack.devices) {
    if (!device.up) continue;
    for (const { addr, prefix, broadcast } of device.addrs) {
      if (family(addr) !== of) continue;
      const six = of === AF_INET6;
      const local = (dst: Uint8Array, size: number, type: number, scope: number): Answer =>
        route(
          {
            dst,
            prefix: size,
            gateway: undefined,
            metric: 0,
            protocol: rt.RTPROT_KERNEL,
            scope: six ? rt.RT_SCOPE_UNIVERSE : scope,
            type,
            source: six ? undefined : addr,
          },
          device,
          rt.RT_TABLE_LOCAL,
        );
      if (device.loopback && !six)
        yield local(networkOf(addr, prefix), prefix, rt.RTN_LOCAL, rt.RT_SCOPE_HOST);
      yield local(addr, addr.length * 8, rt.RTN_LOCAL, rt.RT_SCOPE_HOST);
      const last = device.loopback && !six && prefix < 31 ? broadcastOf(addr, prefix) : broadcast;
      if (last !== undefined) yield local(last, 32, rt.RTN_BROADCAST, rt.RT_SCOPE_LINK);
    }
  }
}

function* routes(stack: NetStack, of: number): Iterable<Answer> {
  for (const version of [AF_INET, AF_INET6]) {
    if (of !== AF_UNSPEC && of !== version) continue;
    const main = stack.routes.filter((r) => family(r.dst) === version);
    // As Linux lists them: IPv4 by address, IPv6 the narrowest first.
    if (version === AF_INET) main.sort((a, b) => compareBytes(a.dst, b.dst) || a.prefix - b.prefix);
    else main.sort((a, b) => b.prefix - a.prefix);
    for (const each of main) yield route(each, each.device, rt.RT_TABLE_MAIN);
    yield* localRoutes(stack, version);
  }
}

/** Which way leads to an address: what `ip route get` asks. */
function way(stack: NetStack, dst: Uint8Array): Answer {
  const found = stack.route(dst);
  const via = stack.gatewayFor(dst);
  return route(
    {
      dst,
      prefix: dst.length * 8,
      gateway: found.local ? undefined : via,
      metric: 0,
      protocol: rt.RTPROT_UNSPEC,
      scope: rt.RT_SCOPE_UNIVERSE,
      type: found.local ? rt.RTN_LOCAL : rt.RTN_UNICAST,
      source: found.source,
    },
    found.device,
    found.local ? rt.RT_TABLE_LOCAL : rt.RT_TABLE_MAIN,
  );
}

function deviceOf(stack: NetStack, index: number): NetDevice {
  const device = stack.byIndex(index);
  if (device === undefined) throw ENODEV;
  return device;
}

function setLink(stack: NetStack, body: Uint8Array): void {
  const index = u32Of(body, 4);
  const attributes = nlAttributes(body, LINK_BYTES);
  const name = attributes.get(rt.IFLA_IFNAME);
  const device = index > 0 ? deviceOf(stack, index) : stack.device(nlText(name));
  const mac = attributes.get(rt.IFLA_ADDRESS);
  if (mac !== undefined) {
    if (device.type !== ARPHRD_ETHER || mac.length !== 6) throw EOPNOTSUPP;
    if (((mac[0] as number) & 1) !== 0) throw EADDRNOTAVAIL;
    device.address = mac.slice();
  }
  const mtu = attributes.get(rt.IFLA_MTU);
  if (mtu !== undefined) {
    if (u32Of(mtu) < 68 || u32Of(mtu) > 65535) throw EINVAL;
    device.mtu = u32Of(mtu);
  }
  const queue = attributes.get(rt.IFLA_TXQLEN);
  if (queue !== undefined) device.txQueueLen = u32Of(queue);
  if (name !== undefined && index > 0 && nlText(name) !== device.name) {
    stack.rename(device, nlText(name));
  }
  const [flags, change] = [u32Of(body, 8), u32Of(body, 12)];
  if (change !== 0) stack.setFlags(device, (device.flags & ~change) | (flags & change));
}

function changeAddress(stack: NetStack, message: NlMessage, add: boolean): void {
  const { body } = message;
  const attributes = nlAttributes(body, ADDR_BYTES);
  const device = deviceOf(stack, u32Of(body, 4));
  const addr = (attributes.get(rt.IFA_LOCAL) ?? attributes.get(rt.IFA_ADDRESS))?.slice();
  const size = body[0] === AF_INET ? 4 : body[0] === AF_INET6 ? 16 : 0;
  if (size === 0) throw EOPNOTSUPP;
  if (addr?.length !== size) throw EINVAL;
  const prefix = body[1] as number;
  if (!add) {
    stack.removeAddress(device, addr, prefix);
    return;
  }
  if ((message.flags & rt.NLM_F_REPLACE) !== 0) {
    try {
      stack.removeAddress(device, addr, prefix);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
  const label = attributes.get(rt.IFA_LABEL);
  const made = stack.addAddress(device, addr, prefix, label && nlText(label));
  if (size === 4) made.scope = body[3] as number;
  if (size === 4) made.broadcast = attributes.get(rt.IFA_BROADCAST)?.slice();
}

function wishOf(stack: NetStack, body: Uint8Array): RouteWish & { table: number } {
  const attributes = nlAttributes(body, ROUTE_BYTES);
  const size = body[0] === AF_INET ? 4 : body[0] === AF_INET6 ? 16 : 0;
  if (size === 0) throw EOPNOTSUPP;
  const bytes = (type: number): Uint8Array | undefined => {
    const value = attributes.get(type);
    if (value !== undefined && value.length !== size) throw EINVAL;
    return value?.slice();
  };
  const gateway = bytes(rt.RTA_GATEWAY);
  const source = bytes(rt.RTA_PREFSRC);
  const oif = u32Of(attributes.get(rt.RTA_OIF));
  const table = attributes.get(rt.RTA_TABLE);
  return {
    dst: bytes(rt.RTA_DST) ?? new Uint8Array(size),
    prefix: body[1] as number,
    metric: u32Of(attributes.get(rt.RTA_PRIORITY)),
    protocol: body[5] as number,
    scope: body[6] as number,
    type: body[7] as number,
    table: table === undefined ? (body[4] as number) : u32Of(table),
    ...(gateway === undefined ? {} : { gateway }),
    ...(source === undefined ? {} : { source }),
    ...(oif === 0 ? {} : { device: deviceOf(stack, oif) }),
  };
}

function changeRoute(stack: NetStack, message: NlMessage, add: boolean): void {
  const wish = wishOf(stack, message.body);
  const main = [rt.RT_TABLE_UNSPEC, rt.RT_TABLE_MAIN].includes(wish.table);
  if (!main) throw add ? EOPNOTSUPP : ESRCH;
  if (!add) {
    const { protocol, ...rest } = wish;
    const { type, ...bare } = rest;
    stack.removeRoute({
      ...bare,
      ...(type === 0 || type === undefined ? {} : { type }),
      ...(protocol === undefined ? {} : { protocol }),
    });
    return;
  }
  if (wish.scope === rt.RT_SCOPE_NOWHERE) throw EINVAL;
  const { flags } = message;
  if ((flags & rt.NLM_F_REPLACE) !== 0) {
    const { dst, prefix, metric = 0 } = wish;
    try {
      stack.removeRoute({ dst, prefix, metric });
    } catch (e) {
      if (e !== ESRCH) throw e;
      if ((flags & rt.NLM_F_CREATE) === 0) throw ENOENT;
    }
  } else if ((flags & rt.NLM_F_CREATE) === 0) throw EEXIST;
  stack.addRoute(wish);
}

function neighbours(stack: NetStack, of: number): Answer[] {
  return [...stack.neighbours.values()]
    .filter(({ addr }) => of === AF_UNSPEC || family(addr) === of)
    .map(({ addr, device, hwaddr, permanent }) => {
      const state = permanent ? rt.NUD_PERMANENT : rt.NUD_REACHABLE;
      const body = new NlBody([family(addr), 0, 0, 0, ...u32(device.index), state, 0, 0, 1]);
      body.put(rt.NDA_DST, addr).put(rt.NDA_LLADDR, hwaddr);
      return { type: rt.RTM_NEWNEIGH, body: body.end() };
    });
}

function changeNeighbour(stack: NetStack, message: NlMessage, add: boolean): void {
  const { body } = message;
  const attributes = nlAttributes(body, NEIGH_BYTES);
  const device = deviceOf(stack, u32Of(body, 4));
  const addr = attributes.get(rt.NDA_DST)?.slice();
  if (addr === undefined) throw EINVAL;
  if (!add) {
    if (!stack.removeNeighbour(addr, device)) throw ESRCH;
    return;
  }
  const hwaddr = attributes.get(rt.NDA_LLADDR)?.slice();
  if (hwaddr?.length !== 6) throw EINVAL;
  const state = (body[8] as number) | ((body[9] as number) << 8);
  stack.setNeighbour({ addr, device, hwaddr, permanent: (state & rt.NUD_PERMANENT) !== 0 });
}

function rules(of: number): Answer[] {
  const list: [number, number][] = [
    [RULE_LOCAL, rt.RT_TABLE_LOCAL],
    [RULE_MAIN, rt.RT_TABLE_MAIN],
    [RULE_DEFAULT, rt.RT_TABLE_DEFAULT],
  ];
  return list
    .filter(([, table]) => of !== AF_INET6 || table !== rt.RT_TABLE_DEFAULT)
    .map(([priority, table]) => {
      const body = new NlBody([of || AF_INET, 0, 0, 0, table, 0, 0, rt.FR_ACT_TO_TBL, ...u32(0)]);
      body.u32(rt.FRA_TABLE, table);
      if (priority > 0) body.u32(rt.FRA_PRIORITY, priority);
      return { type: rt.RTM_NEWRULE, body: body.end() };
    });
}

/** Serves a request: what it asks for; throws Errno. */
export function answer(stack: NetStack, message: NlMessage): Answer[] {
  const { type, flags, body } = message;
  const dump = (flags & rt.NLM_F_DUMP) === rt.NLM_F_DUMP;
  const of = body[0] ?? AF_UNSPEC;
  switch (type) {
    case rt.RTM_GETLINK: {
      if (dump) return stack.devices.map(link);
      const index = u32Of(body, 4);
      const name = nlText(nlAttributes(body, LINK_BYTES).get(rt.IFLA_IFNAME));
      return [link(index > 0 ? deviceOf(stack, index) : stack.device(name))];
    }
    case rt.RTM_NEWLINK:
      // Interfaces of other kinds (vlan, bridge, veth …) cannot be made.
      if (nlAttributes(body, LINK_BYTES).has(rt.IFLA_LINKINFO)) throw EOPNOTSUPP;
      setLink(stack, body);
      return [];
    case rt.RTM_SETLINK:
      setLink(stack, body);
      return [];
    case rt.RTM_DELLINK:
      throw EOPNOTSUPP;
    case rt.RTM_GETADDR:
      return stack.devices.flatMap((device) =>
        device.listed
          .filter(({ addr }) => of === AF_UNSPEC || family(addr) === of)
          .map((each) => address(device, each)),
      );
    case rt.RTM_NEWADDR:
    case rt.RTM_DELADDR:
      changeAddress(stack, message, type === rt.RTM_NEWADDR);
      return [];
    case rt.RTM_GETROUTE: {
      if (dump) return [...routes(stack, of)];
      const dst = nlAttributes(body, ROUTE_BYTES).get(rt.RTA_DST);
      if (dst === undefined || addressText(dst) === "") throw EINVAL;
      return [way(stack, dst.slice())];
    }
    case rt.RTM_NEWROUTE:
    case rt.RTM_DELROUTE:
      changeRoute(stack, message, type === rt.RTM_NEWROUTE);
      return [];
    case rt.RTM_GETNEIGH:
      return neighbours(stack, of);
    case rt.RTM_NEWNEIGH:
    case rt.RTM_DELNEIGH:
      changeNeighbour(stack, message, type === rt.RTM_NEWNEIGH);
      return [];
    case rt.RTM_GETRULE:
      return rules(of);
    default:
      throw EOPNOTSUPP;
  }
}
