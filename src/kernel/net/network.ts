// Gives a machine its eth0, and outside ports that lead to sockets of the machine.
import type { Errno } from "../../abi/errno.ts";
import { IFF_UP } from "../../abi/if.ts";
import { AF_INET } from "../../abi/socket.ts";
import { openPingGroups } from "../fs/proc/sysctl.ts";
import type { Uplink, UplinkDatagrams } from "../host.ts";
import type { Kernel } from "../kernel.ts";
import { addressText, inFamily } from "./address.ts";
import { Gateway } from "./gateway.ts";
import { type NetworkPolicy, Policy } from "./policy.ts";
import { GUEST, GUEST_MAC, GUEST6, PREFIX, PREFIX6, ROUTER, ROUTER6 } from "./slirp.ts";
import { netStack } from "./stack.ts";
import { fillNetTables } from "./tables.ts";
import { tcpPorts } from "./tcp.ts";
import { RemoteEnd } from "./tcp-end.ts";
import { udpPorts } from "./udp.ts";

/** Clients of published ports seem to have ports from here on. */
const FIRST_CLIENT = 49152;

/** Everything by which a machine touches other machines. */
export interface Network {
  /** eth0 is there. */
  readonly gateway: Gateway | undefined;
  /** Ends all that goes through the host. */
  close(): void;
}

/**
 * Makes the network of a machine: lo, and with an uplink and a policy that allows anything, eth0. With
 * `configured` both are up and have addresses and routes, as in a container; else nothing is up, as
 * after a boot. Call it before tasks run.
 */
export function attachNetwork(
  kernel: Kernel,
  uplink: Uplink | undefined,
  policy: NetworkPolicy,
  configured: boolean,
): Network {
  const stack = netStack(kernel);
  fillNetTables(kernel);
  const lo = stack.device("lo");
  if (configured) openPingGroups(kernel);
  else {
    stack.setFlags(lo, lo.flags & ~IFF_UP);
    lo.addrs.length = 0;
  }
  if (policy === "none" || uplink === undefined) return { gateway: undefined, close: () => {} };
  const gateway = new Gateway(kernel, uplink, new Policy(policy, () => kernel.monotonic()));
  const eth0 = stack.add("eth0", GUEST_MAC, gateway);
  if (configured) {
    stack.addAddress(eth0, GUEST, PREFIX);
    stack.setFlags(eth0, eth0.flags | IFF_UP);
    stack.addRoute({ dst: new Uint8Array(4), prefix: 0, gateway: ROUTER, device: eth0 });
    if (uplink.ipv6) {
      stack.addAddress(eth0, GUEST6, PREFIX6);
      stack.addRoute({ dst: new Uint8Array(16), prefix: 0, gateway: ROUTER6, device: eth0 });
    }
  }
  return { gateway, close: () => gateway.close() };
}

/** A port of the host that leads into the machine. */
export interface PublishedPort {
  /** Address of the host: "" is every one. */
  address: string;
  /** 0 takes a free one. */
  hostPort: number;
  /** In the machine. */
  port: number;
  protocol: "tcp" | "udp";
}

/**
 * Opens a port of the host for whoever listens in the machine: without a listener a connection is
 * refused. `ready` is told the host's port, or why it cannot be had. Returns an undo function.
 */
export function publish(
  kernel: Kernel,
  gateway: Gateway,
  wish: PublishedPort,
  ready: (error: Errno | undefined, port: number) => void,
): () => void {
  return wish.protocol === "tcp"
    ? publishTcp(kernel, gateway, wish, ready)
    : publishUdp(kernel, gateway, wish, ready);
}

type Ready = (error: Errno | undefined, port: number) => void;

function publishTcp(
  kernel: Kernel,
  gateway: Gateway,
  { address, hostPort, port }: PublishedPort,
  ready: Ready,
): () => void {
  let lastPort = FIRST_CLIENT;
  const listener = gateway.uplink.listen(
    address,
    hostPort,
    (host) => {
      const eth0 = netStack(kernel).devices.find((d) => netStack(kernel).gatewayOf(d) === gateway);
      const own = eth0?.up === true ? eth0.source(4) : undefined;
      if (eth0 === undefined || own === undefined || gateway.full) return undefined;
      const to = inFamily(own, port, AF_INET);
      const target = tcpPorts(kernel).find(to, (socket) => socket.accepting);
      lastPort = lastPort >= 65535 ? FIRST_CLIENT : lastPort + 1;
      const end = target?.incoming(to, inFamily(ROUTER, lastPort, AF_INET), (socket) => {
        const made = new RemoteEnd(kernel, gateway, eth0, socket);
        made.attach(host);
        return made;
      });
      return end;
    },
    ready,
  );
  return () => listener.close();
}

function publishUdp(
  kernel: Kernel,
  gateway: Gateway,
  { address, hostPort, port }: PublishedPort,
  ready: Ready,
): () => void {
  const socket: UplinkDatagrams = gateway.uplink.bindDatagrams(
    address,
    hostPort,
    (bytes, from, fromPort) => {
      const stack = netStack(kernel);
      const eth0 = stack.devices.find((d) => stack.gatewayOf(d) === gateway);
      const own = eth0?.up === true ? eth0.source(4) : undefined;
      if (own === undefined) return;
      const target = udpPorts(kernel).find(inFamily(own, port, AF_INET), () => true);
      if (target === undefined) return;
      const client = gateway.client(`${addressText(from)} ${fromPort} ${port}`, (reply) =>
        socket.send(reply, from, fromPort),
      );
      target.outside(bytes, inFamily(ROUTER, client, AF_INET));
    },
    ready,
  );
  return () => socket.close();
}
