// What is behind eth0: a network of the kernel's own, 10.0.2.0/24 and fec0::/64, with a gateway, a name
// server and a DHCP server in it. It carries TCP and UDP to the host's sockets as far as the policy goes.
import { EACCES, EHOSTUNREACH, ENOBUFS } from "../../abi/errno.ts";
import type { Uplink, UplinkDatagrams, UplinkHandler, UplinkSocket } from "../host.ts";
import type { Kernel } from "../kernel.ts";
import { addressText, isMulticast, plain, sameAddress } from "./address.ts";
import { DhcpServer } from "./dhcp-server.ts";
import { DnsConnection, DnsServer } from "./dns-server.ts";
import type { Policy } from "./policy.ts";
import { NAME_SERVER, NAME_SERVER6, ROUTER, ROUTER6 } from "./slirp.ts";

const DNS_PORT = 53;
const DHCP_SERVER_PORT = 67;
const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
/** Connections and datagram sockets of one machine on the host. */
const SOCKETS_MAX = 1024;
/** Who may answer a datagram socket: those it has sent to. */
const PEERS_MAX = 1024;
/** Refusals that are told in the kernel's log. */
const REFUSALS_MAX = 256;
const KERN_INFO = 6;
/** Ports of the gateway that stand for clients of published UDP ports. */
const FIRST_CLIENT = 49152;
const LAST_PORT = 65535;

/** The network on the other side of one device. */
export class Gateway {
  readonly #kernel: Kernel;
  readonly uplink: Uplink;
  readonly policy: Policy;
  readonly dns: DnsServer;
  readonly dhcp: DhcpServer = new DhcpServer();
  readonly #open = new Set<{ destroy(): void }>();
  readonly #told = new Set<string>();
  readonly #clientPorts = new Map<string, number>();
  readonly #clients = new Map<number, (bytes: Uint8Array) => void>();
  #nextClient = FIRST_CLIENT;

  constructor(kernel: Kernel, uplink: Uplink, policy: Policy) {
    this.#kernel = kernel;
    this.uplink = uplink;
    this.policy = policy;
    this.dns = new DnsServer(uplink, policy, (what) => this.refused(`resolving ${what}`));
  }

  /** The MAC address of who is on the link; undefined when nobody answers. */
  hwaddr(addr: Uint8Array): Uint8Array | undefined {
    for (const own of [ROUTER, NAME_SERVER, ROUTER6, NAME_SERVER6])
      if (sameAddress(own, addr)) return Uint8Array.of(0x52, 0x55, ...own.subarray(-4));
    return undefined;
  }

  /** Tells the log, once for each place, what the policy has forbidden. */
  refused(what: string): void {
    if (this.#told.has(what) || this.#told.size >= REFUSALS_MAX) return;
    this.#told.add(what);
    const timeUs = (this.#kernel.monotonic() - this.#kernel.bootMs) * 1000;
    this.#kernel.log.append(KERN_INFO, timeUs, `eth0: ${what} is forbidden by the network policy`);
  }

  /** The host's address for one of the guest's world, or an error. */
  #translate(wanted: Uint8Array, port: number): Uint8Array {
    const addr = plain(wanted);
    if (sameAddress(addr, ROUTER) || sameAddress(addr, ROUTER6)) {
      // The gateway is the host: its loopback, for those who may.
      if (this.policy.allows(LOOPBACK, port) || this.policy.names(addr, port)) return LOOPBACK;
      this.refused(`connecting to ${addressText(addr)} port ${port}`);
      throw EACCES;
    }
    if (sameAddress(addr, NAME_SERVER) || sameAddress(addr, NAME_SERVER6)) throw EHOSTUNREACH;
    if (!this.policy.allows(addr, port)) {
      this.refused(`connecting to ${addressText(addr)} port ${port}`);
      throw EACCES;
    }
    return addr;
  }

  /** Opens a TCP connection; throws when it is forbidden. */
  connect(wanted: Uint8Array, port: number, handler: UplinkHandler): UplinkSocket {
    if (this.full) throw ENOBUFS;
    const addr = plain(wanted);
    const atServer = sameAddress(addr, NAME_SERVER) || sameAddress(addr, NAME_SERVER6);
    if (atServer && port === DNS_PORT)
      return new DnsConnection(this.dns, handler, (later) => this.#kernel.host.soon(later));
    return this.track(this.uplink.connect(this.#translate(addr, port), port, handler));
  }

  /** No more sockets of the host are to be had. */
  get full(): boolean {
    return this.#open.size >= SOCKETS_MAX;
  }

  /** The port of the gateway that stands for a client of a published UDP port; `reply` reaches him. */
  client(key: string, reply: (bytes: Uint8Array) => void): number {
    const known = this.#clientPorts.get(key);
    if (known !== undefined) return known;
    const port = this.#nextClient;
    this.#nextClient = port >= LAST_PORT ? FIRST_CLIENT : port + 1;
    const [oldest] = this.#clientPorts;
    if (this.#clientPorts.size >= PEERS_MAX && oldest !== undefined) {
      this.#clientPorts.delete(oldest[0]);
      this.#clients.delete(oldest[1]);
    }
    this.#clientPorts.set(key, port);
    this.#clients.set(port, reply);
    return port;
  }

  /** Who stands behind such a port. */
  clientAt(port: number): ((bytes: Uint8Array) => void) | undefined {
    return this.#clients.get(port);
  }

  /** Counts a socket of the host until it is destroyed or `untrack`ed. */
  track<T extends { destroy(): void }>(socket: T): T {
    this.#open.add(socket);
    return socket;
  }
  untrack(socket: { destroy(): void }): void {
    this.#open.delete(socket);
  }

  /** A socket for datagrams to wherever the policy lets them go. */
  datagrams(receive: (bytes: Uint8Array, addr: Uint8Array, port: number) => void): Datagrams {
    if (this.full) throw ENOBUFS;
    return this.track(new Datagrams(this, (later) => this.#kernel.host.soon(later), receive));
  }

  /** The host's address of a datagram's destination. */
  destination(addr: Uint8Array, port: number): Uint8Array {
    return this.#translate(addr, port);
  }

  /** Is there somebody who answers an echo request? */
  echoes(wanted: Uint8Array): boolean {
    return this.hwaddr(plain(wanted)) !== undefined;
  }

  /** Ends everything that goes through the host. */
  close(): void {
    for (const each of this.#open) each.destroy();
    this.#open.clear();
  }
}

/** The outside of one UDP socket: as a router with address translation, answers come only from those asked. */
export class Datagrams {
  readonly #gateway: Gateway;
  readonly #soon: (later: () => void) => void;
  readonly #receive: (bytes: Uint8Array, addr: Uint8Array, port: number) => void;
  readonly #host = new Map<4 | 6, UplinkDatagrams>();
  /** By the host's address and port: the address the guest knows. */
  readonly #peers = new Map<string, Uint8Array>();
  #closed = false;

  constructor(
    gateway: Gateway,
    soon: (later: () => void) => void,
    receive: (bytes: Uint8Array, addr: Uint8Array, port: number) => void,
  ) {
    this.#gateway = gateway;
    this.#soon = soon;
    this.#receive = receive;
  }

  #answer(bytes: Uint8Array, addr: Uint8Array, port: number): void {
    this.#soon(() => {
      if (!this.#closed) this.#receive(bytes, addr, port);
    });
  }

  /** Sends; throws when the policy forbids it. What has no answer is dropped, as on any network. */
  send(bytes: Uint8Array, wanted: Uint8Array, port: number): void {
    const addr = plain(wanted);
    const server = sameAddress(addr, NAME_SERVER) || sameAddress(addr, NAME_SERVER6);
    if (server && port === DNS_PORT) {
      this.#gateway.dns.ask(bytes, 512, (reply) => this.#answer(reply, addr, port));
      return;
    }
    const everybody = addr.length === 4 && addr[3] === 255;
    if (port === DHCP_SERVER_PORT && (everybody || sameAddress(addr, ROUTER))) {
      const reply = this.#gateway.dhcp.answer(bytes);
      if (reply !== undefined) this.#answer(reply, ROUTER, port);
      return;
    }
    if (everybody || isMulticast(addr)) return;
    const client = sameAddress(addr, ROUTER) ? this.#gateway.clientAt(port) : undefined;
    if (client !== undefined) {
      client(bytes);
      return;
    }
    const to = this.#gateway.destination(addr, port);
    const key = `${addressText(to)} ${port}`;
    this.#peers.delete(key);
    this.#peers.set(key, addr);
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > PEERS_MAX && oldest !== undefined) this.#peers.delete(oldest);
    const family = to.length === 4 ? 4 : 6;
    let socket = this.#host.get(family);
    if (socket === undefined) {
      socket = this.#gateway.uplink.datagrams(family, (reply, from, fromPort) => {
        const known = this.#peers.get(`${addressText(from)} ${fromPort}`);
        if (known !== undefined && !this.#closed) this.#receive(reply, known, fromPort);
      });
      this.#host.set(family, socket);
    }
    socket.send(bytes, to, port);
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of this.#host.values()) socket.close();
    this.#gateway.untrack(this);
  }
}
