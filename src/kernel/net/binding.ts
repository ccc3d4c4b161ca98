// Which inet socket has which address and port (ip(7)): bind(2), ephemeral ports, who hears what arrives.

import { CAP_NET_BIND_SERVICE } from "../../abi/capability.ts";
import { EACCES, EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENODEV } from "../../abi/errno.ts";
import {
  AF_INET6,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOL_SOCKET,
  type SockAddr,
} from "../../abi/socket.ts";
import { capable } from "../cred.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { anyAddress, checkFamily, type InetAddr, isAny, mapped, sameAddress } from "./address.ts";
import type { NetDevice } from "./device.ts";
import type { Socket } from "./sock.ts";
import { netStack } from "./stack.ts";

/** Ports that the kernel gives away by itself (ip_local_port_range). */
const FIRST_EPHEMERAL = 32768;
const LAST_EPHEMERAL = 60999;
/** Ports below need root. */
const FIRST_FREE_PORT = 1024;

/** The machine's ports of one protocol. */
export class PortTable<T extends Socket> {
  readonly ports: Map<number, Set<T>> = new Map<number, Set<T>>();
  /** Every socket, for /proc/net. */
  readonly all: Set<T> = new Set<T>();
  next: number = FIRST_EPHEMERAL;

  /** Who hears what is sent to an address: one bound to it before those bound to every one. */
  find(addr: InetAddr, fits: (socket: T) => boolean): T | undefined {
    let best: T | undefined;
    for (const socket of this.ports.get(addr.port) ?? []) {
      const local = socket.localAddress() as InetAddr;
      if (!fits(socket) || !hears(local, addr)) continue;
      if (best === undefined || !isAny(local.addr)) best = socket;
    }
    return best;
  }
}

/** Does a socket bound to `bound` hear what is sent to `addr`? */
function hears(bound: InetAddr, addr: InetAddr): boolean {
  if (isAny(bound.addr))
    return bound.family === AF_INET6 || addr.addr.length === 4 || mapped(addr.addr) !== undefined;
  return sameAddress(bound.addr, addr.addr);
}

/** The address part of an inet socket: what is bound where. */
export class Binding<T extends Socket> {
  local: InetAddr;
  bound = false;
  /** SO_BINDTODEVICE. */
  device: NetDevice | undefined;
  readonly #kernel: Kernel;
  readonly #table: PortTable<T>;

  constructor(kernel: Kernel, family: number, table: PortTable<T>) {
    this.#kernel = kernel;
    this.#table = table;
    this.local = anyAddress(family, 0);
  }

  bind(task: Task, socket: T, wanted: SockAddr): void {
    if (this.bound) throw EINVAL;
    const addr = checkFamily(wanted, socket.family);
    if (!netStack(this.#kernel).mayBind(addr.addr)) throw EADDRNOTAVAIL;
    const reserved = addr.port > 0 && addr.port < FIRST_FREE_PORT;
    if (reserved && !capable(task.cred, CAP_NET_BIND_SERVICE)) throw EACCES;
    const port = addr.port === 0 ? this.#ephemeral() : addr.port;
    for (const other of this.#table.ports.get(port) ?? []) {
      const both = (option: number): boolean =>
        socket.getOption(SOL_SOCKET, option) === 1 && other.getOption(SOL_SOCKET, option) === 1;
      const reuse = both(SO_REUSEPORT) || (both(SO_REUSEADDR) && !other.accepting);
      const theirs = other.localAddress() as InetAddr;
      const clash = isAny(theirs.addr) || isAny(addr.addr) || sameAddress(theirs.addr, addr.addr);
      if (clash && !reuse) throw EADDRINUSE;
    }
    this.#take(socket, { ...addr, port } as InetAddr);
  }

  #ephemeral(): number {
    for (let i = FIRST_EPHEMERAL; i <= LAST_EPHEMERAL; i++) {
      const port = this.#table.next;
      this.#table.next = port === LAST_EPHEMERAL ? FIRST_EPHEMERAL : port + 1;
      if (!this.#table.ports.has(port)) return port;
    }
    throw EADDRINUSE;
  }

  #take(socket: T, addr: InetAddr): void {
    this.local = addr;
    this.bound = true;
    let set = this.#table.ports.get(addr.port);
    if (set === undefined) {
      set = new Set();
      this.#table.ports.set(addr.port, set);
    }
    set.add(socket);
  }

  autobind(socket: T): void {
    if (!this.bound) this.#take(socket, anyAddress(socket.family, this.#ephemeral()));
  }

  release(socket: T): void {
    this.#table.all.delete(socket);
    const set = this.#table.ports.get(this.local.port);
    set?.delete(socket);
    if (set?.size === 0) this.#table.ports.delete(this.local.port);
  }

  bindToDevice(name: string): void {
    const device = name === "" ? undefined : netStack(this.#kernel).find(name);
    if (name !== "" && device === undefined) throw ENODEV;
    this.device = device;
  }
}
