// Datagrams inside the machine: the common machinery of AF_UNIX datagrams and UDP.
import { EAGAIN, ECONNREFUSED, EDESTADDRREQ, EINVAL, EMSGSIZE, ENOTCONN } from "../../abi/errno.ts";
import { POLLERR, POLLIN, POLLOUT } from "../../abi/poll.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import {
  MSG_PEEK,
  MSG_TRUNC,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  type SockAddr,
} from "../../abi/socket.ts";
import type { Task } from "../task.ts";
import type { WaitQueue } from "../wait.ts";
import { deadline, type Message, Socket, waitSocket } from "./sock.ts";

/** Datagrams that wait in one socket at most (net.unix.max_dgram_qlen, and a bound for UDP). */
const MAX_MESSAGES = 512;

/** A datagram socket; subclasses know addresses. */
export abstract class DatagramSocket extends Socket {
  /** Default destination after connect(2). */
  protected remote: { addr: SockAddr; socket: DatagramSocket | undefined } | undefined;
  #noReceive = false;
  #noSend = false;
  protected closed = false;

  /** The socket at an address; undefined when nobody is there. Throws for addresses out of reach. */
  protected abstract find(task: Task, addr: SockAddr): DatagramSocket | undefined;
  protected abstract autobind(task: Task): void;
  protected abstract unbind(): void;
  /** Does a full receiver make the sender wait (Unix), or is the datagram dropped (UDP)? */
  protected abstract readonly reliable: boolean;
  /** Largest datagram. */
  protected abstract readonly maxBytes: number;
  protected decorate(_task: Task, message: Message): Message {
    return message;
  }

  get connected(): boolean {
    return this.remote !== undefined;
  }

  /** Joins two sockets (socketpair). */
  pair(other: DatagramSocket): void {
    this.remote = { addr: other.localAddress(), socket: other };
    other.remote = { addr: this.localAddress(), socket: this };
  }

  override connect(task: Task, addr: SockAddr): Blocking<void> {
    const socket = this.find(task, addr);
    if (socket === undefined && this.reliable) throw ECONNREFUSED;
    this.autobind(task);
    this.remote = { addr, socket: this.reliable ? socket : undefined };
  }

  override peerAddress(): SockAddr {
    if (this.remote === undefined) throw ENOTCONN;
    return this.remote.addr;
  }

  #destination(task: Task, to: SockAddr | undefined): DatagramSocket | undefined {
    if (to !== undefined) return this.find(task, to);
    if (this.remote === undefined) throw this.reliable ? ENOTCONN : EDESTADDRREQ;
    return this.remote.socket ?? this.find(task, this.remote.addr);
  }

  override send(
    task: Task,
    message: Message,
    to: SockAddr | undefined,
    wait: boolean,
  ): Blocking<number> {
    const error = this.takeError();
    if (error !== undefined) throw error;
    const size = message.bytes.length;
    if (size > this.maxBytes) throw EMSGSIZE;
    if (this.#noSend) throw EINVAL;
    const address = to ?? this.remote?.addr;
    this.autobind(task);
    if (address !== undefined && this.sendOut(task, message.bytes, address)) return size;
    const target = this.#destination(task, to);
    if (target === undefined || target.closed) {
      if (this.reliable) throw ECONNREFUSED;
      // UDP: an ICMP error comes back to connected sockets.
      if (this.remote !== undefined && to === undefined) this.error = ECONNREFUSED;
      return size;
    }
    const from = target.asPeer(this.localAddress());
    const sent = this.decorate(task, { ...message, from });
    if (target.#hasRoom(size)) {
      target.#arrive(sent);
      return size;
    }
    if (!this.reliable) return size;
    if (!wait) throw EAGAIN;
    return this.#sendLater(task, target, sent);
  }

  *#sendLater(task: Task, target: DatagramSocket, message: Message): Steps<number> {
    const until = deadline(task, this.sendTimeoutMs);
    while (!target.#hasRoom(message.bytes.length)) {
      if (target.closed) throw ECONNREFUSED;
      yield* waitSocket(task, [target.inbox.writeQueue], until);
    }
    target.#arrive(message);
    return message.bytes.length;
  }

  /** Sends what leaves the machine; false: it does not. */
  protected sendOut(_task: Task, _bytes: Uint8Array, _to: SockAddr): boolean {
    return false;
  }

  /** Takes what came from outside, or drops it when there is no room. */
  protected arrived(bytes: Uint8Array, from: SockAddr): void {
    if (this.closed || !this.#hasRoom(bytes.length)) return;
    this.#arrive({ bytes, from, files: [], cred: undefined });
  }

  /** A sender's address in the form of this socket's family. */
  protected asPeer(from: SockAddr): SockAddr {
    return from;
  }

  #hasRoom(size: number): boolean {
    const { inbox } = this;
    return (
      inbox.messages.length === 0 || (inbox.room >= size && inbox.messages.length < MAX_MESSAGES)
    );
  }

  #arrive(message: Message): void {
    if (!this.#noReceive) this.inbox.put(message);
  }

  override receive(
    task: Task,
    max: number,
    flags: number,
    wait: boolean,
  ): Blocking<Message & { flags: number }> {
    const now = this.#take(max, flags);
    if (now !== undefined) return now;
    if (!wait) throw EAGAIN;
    return this.#receiveLater(task, max, flags);
  }

  *#receiveLater(task: Task, max: number, flags: number): Steps<Message & { flags: number }> {
    const until = deadline(task, this.receiveTimeoutMs);
    for (;;) {
      yield* waitSocket(task, [this.inbox.readQueue], until);
      const message = this.#take(max, flags);
      if (message !== undefined) return message;
    }
  }

  #take(max: number, flags: number): (Message & { flags: number }) | undefined {
    const error = this.takeError();
    if (error !== undefined) throw error;
    if (this.inbox.messages.length === 0) {
      if (!this.#noReceive) return undefined;
      const bytes = new Uint8Array(0);
      return { bytes, from: undefined, files: [], cred: undefined, flags: 0 };
    }
    const message = this.inbox.take(max, false, (flags & MSG_PEEK) !== 0);
    const bytes = message.bytes.subarray(0, max);
    return { ...message, bytes, flags: message.bytes.length > max ? MSG_TRUNC : 0 };
  }

  override shutdown(how: number): void {
    if (how < SHUT_RD || how > SHUT_RDWR) throw EINVAL;
    if (this.remote === undefined) throw ENOTCONN;
    if (how !== SHUT_WR) this.#noReceive = true;
    if (how !== SHUT_RD) this.#noSend = true;
    this.inbox.readQueue.wake();
  }

  override poll(): number {
    let events = POLLOUT;
    if (this.inbox.messages.length > 0 || this.#noReceive) events |= POLLIN;
    if (this.error !== undefined) events |= POLLERR;
    return events;
  }

  override pollQueues(): readonly WaitQueue[] {
    return [this.inbox.readQueue];
  }

  override release(): void {
    this.closed = true;
    this.unbind();
    this.inbox.clear();
  }
}
