// Connected byte streams and sequenced packets: the common machinery of AF_UNIX stream/seqpacket and TCP inside the machine.
import {
  EAGAIN,
  EALREADY,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  EMSGSIZE,
  ENOTCONN,
  EPIPE,
} from "../../abi/errno.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP } from "../../abi/poll.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import { SIGPIPE } from "../../abi/signal.ts";
import {
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SOCK_STREAM,
  SOMAXCONN,
  type SockAddr,
} from "../../abi/socket.ts";
import { concat } from "../../lib/bytes.ts";
import { deliverToSelf, sendSignalToTask } from "../signal.ts";
import type { Task } from "../task.ts";
import { WaitQueue } from "../wait.ts";
import { deadline, type Message, Socket, waitSocket } from "./sock.ts";

const EMPTY = new Uint8Array(0);

type State = "unconnected" | "listening" | "connecting" | "connected" | "closed";

/** A stream or seqpacket socket; subclasses know addresses. */
export abstract class StreamSocket extends Socket {
  state: State = "unconnected";
  peer: StreamSocket | undefined;
  /** Connections that wait to be accepted. */
  readonly #backlog: StreamSocket[] = [];
  #backlogLimit = 0;
  /** Woken by new connections, and where connect(2) waits for room in the backlog. */
  readonly acceptQueue: WaitQueue = new WaitQueue();
  readonly roomQueue: WaitQueue = new WaitQueue();
  #noReceive = false;
  #noSend = false;
  /** The other side has ended what it sends. */
  #eof = false;

  get #stream(): boolean {
    return this.type === SOCK_STREAM;
  }

  /** The other side has ended what it sends. */
  get atEnd(): boolean {
    return this.#eof;
  }

  /** Connections that wait to be accepted. */
  get waiting(): number {
    return this.#backlog.length;
  }

  override get accepting(): boolean {
    return this.state === "listening";
  }

  /** Makes the socket for the accepting side of a connection to this listener. */
  protected abstract child(client: StreamSocket): StreamSocket;
  /** The listener at an address; undefined: connection refused. Throws for addresses out of reach. */
  protected abstract find(task: Task, addr: SockAddr): StreamSocket | undefined;
  /** Gives an unbound socket an address before it connects or listens. */
  protected abstract autobind(task: Task): void;
  /** Takes the address back. */
  protected abstract unbind(): void;
  /** What goes along with a message (credentials). */
  protected decorate(_task: Task, message: Message): Message {
    return message;
  }

  override listen(task: Task, backlog: number): void {
    if (this.state !== "unconnected" && this.state !== "listening") throw EINVAL;
    this.autobind(task);
    this.state = "listening";
    this.#backlogLimit = Math.max(1, Math.min(backlog, SOMAXCONN));
  }

  override accept(): StreamSocket | undefined {
    if (this.state !== "listening") throw EINVAL;
    const socket = this.#backlog.shift();
    if (socket !== undefined) this.roomQueue.wake();
    return socket;
  }

  override connect(task: Task, addr: SockAddr, nonblock: boolean): Blocking<void> {
    if (this.state === "connected") throw EISCONN;
    if (this.state === "connecting") throw EALREADY;
    if (this.state === "listening") throw EINVAL;
    return this.connectTo(task, addr, nonblock);
  }

  /** The rest of connect(2), on a socket that may do it. */
  protected connectTo(task: Task, addr: SockAddr, nonblock: boolean): Blocking<void> {
    const listener = this.find(task, addr);
    if (listener === undefined || listener.state !== "listening") throw ECONNREFUSED;
    if (listener.type !== this.type) throw ECONNREFUSED;
    this.autobind(task);
    if (listener.#backlog.length < listener.#backlogLimit) {
      this.#join(listener);
      return undefined;
    }
    if (nonblock) throw this.family === 1 ? EAGAIN : EINPROGRESS;
    return this.#connectLater(task, listener);
  }

  *#connectLater(task: Task, listener: StreamSocket): Steps<void> {
    this.state = "connecting";
    const until = deadline(task, this.sendTimeoutMs);
    try {
      while (listener.#backlog.length >= listener.#backlogLimit) {
        yield* waitSocket(task, [listener.roomQueue], until);
        if (listener.state !== "listening") throw ECONNREFUSED;
      }
    } finally {
      this.state = "unconnected";
    }
    this.#join(listener);
  }

  #join(listener: StreamSocket): void {
    const other = listener.child(this);
    this.pair(other);
    listener.offer(other);
  }

  /** Is there room for a connection that comes in? */
  protected get welcomes(): boolean {
    return this.state === "listening" && this.#backlog.length < this.#backlogLimit;
  }

  /** A connection that waits to be accepted. */
  protected offer(connection: StreamSocket): void {
    this.#backlog.push(connection);
    this.acceptQueue.wake();
  }

  /** Connects two sockets with each other (socketpair, accept). */
  pair(other: StreamSocket): void {
    this.peer = other;
    other.peer = this;
    this.state = "connected";
    other.state = "connected";
    other.inbox.capacity = this.inbox.capacity;
  }

  override send(
    task: Task,
    message: Message,
    to: SockAddr | undefined,
    wait: boolean,
    noSignal: boolean,
  ): Blocking<number> {
    if (to !== undefined && this.state === "connected") throw EISCONN;
    const error = this.takeError();
    if (error !== undefined) throw error;
    if (this.state === "connecting") throw EAGAIN;
    if (this.state !== "connected" && this.state !== "closed") throw ENOTCONN;
    const { peer } = this;
    if (this.#noSend || peer === undefined || peer.#noReceive || peer.state === "closed") {
      return this.#broken(task, noSignal);
    }
    const size = message.bytes.length;
    if (!this.#stream && size > peer.inbox.capacity) throw EMSGSIZE;
    if (size <= peer.inbox.room) {
      if (size > 0 || !this.#stream) peer.inbox.put(this.decorate(task, message));
      return size;
    }
    if (!wait) {
      const { room } = peer.inbox;
      if (!this.#stream || room <= 0) throw EAGAIN;
      peer.inbox.put(this.decorate(task, { ...message, bytes: message.bytes.subarray(0, room) }));
      return room;
    }
    return this.#sendLater(task, peer, message, noSignal);
  }

  *#sendLater(task: Task, peer: StreamSocket, message: Message, noSignal: boolean): Steps<number> {
    const until = deadline(task, this.sendTimeoutMs);
    let done = 0;
    let { files } = message;
    const size = message.bytes.length;
    while (done < size) {
      if (this.#noSend || peer.#noReceive || peer.state === "closed") {
        return this.#broken(task, noSignal);
      }
      const room = this.#stream ? Math.min(peer.inbox.room, size - done) : size;
      if (room > 0 && room <= peer.inbox.room) {
        const bytes = message.bytes.subarray(done, done + room);
        peer.inbox.put(this.decorate(task, { ...message, bytes, files }));
        files = [];
        done += room;
        continue;
      }
      try {
        yield* waitSocket(task, [peer.inbox.writeQueue], until);
      } catch (error) {
        if (done > 0) return done;
        throw error;
      }
    }
    return done;
  }

  #broken(task: Task, noSignal: boolean): never {
    if (!noSignal) {
      sendSignalToTask(task, SIGPIPE, task);
      deliverToSelf(task);
    }
    throw EPIPE;
  }

  override receive(
    task: Task,
    max: number,
    flags: number,
    wait: boolean,
  ): Blocking<Message & { flags: number }> {
    if (this.state === "connecting" && this.family !== 1) throw EAGAIN;
    if (this.state !== "connected" && this.state !== "closed") {
      const error = this.takeError();
      if (error !== undefined) throw error;
      throw this.family === 1 && this.state === "unconnected" ? EINVAL : ENOTCONN;
    }
    const now = this.#take(max, flags);
    if (now !== undefined && !((flags & MSG_WAITALL) !== 0 && this.#stream && wait)) return now;
    if (now === undefined && !wait) throw EAGAIN;
    return this.#receiveLater(task, max, flags, now);
  }

  #take(max: number, flags: number): (Message & { flags: number }) | undefined {
    if (this.inbox.messages.length > 0) {
      const peek = (flags & MSG_PEEK) !== 0;
      const message = this.inbox.take(max, this.#stream, peek);
      if (message.bytes.length <= max) return { ...message, flags: 0 };
      return { ...message, bytes: message.bytes.subarray(0, max), flags: MSG_TRUNC };
    }
    const error = this.takeError();
    if (error !== undefined) throw error;
    if (this.#eof || this.#noReceive || this.state === "closed") {
      return { bytes: EMPTY, from: undefined, files: [], cred: undefined, flags: 0 };
    }
    return undefined;
  }

  *#receiveLater(
    task: Task,
    max: number,
    flags: number,
    first: (Message & { flags: number }) | undefined,
  ): Steps<Message & { flags: number }> {
    const until = deadline(task, this.receiveTimeoutMs);
    let got = first;
    while (got === undefined) {
      yield* waitSocket(task, [this.inbox.readQueue], until);
      got = this.#take(max, flags);
    }
    if ((flags & MSG_WAITALL) === 0 || !this.#stream) return got;
    const parts = [got.bytes];
    let length = got.bytes.length;
    while (length < max) {
      const more = this.#take(max - length, flags);
      if (more === undefined) {
        yield* waitSocket(task, [this.inbox.readQueue], until);
        continue;
      }
      if (more.bytes.length === 0) break;
      parts.push(more.bytes);
      length += more.bytes.length;
    }
    return { ...got, bytes: concat(parts) };
  }

  override shutdown(how: number): void {
    if (how < SHUT_RD || how > SHUT_RDWR) throw EINVAL;
    if (this.state !== "connected") throw ENOTCONN;
    if (how !== SHUT_WR) this.#noReceive = true;
    if (how !== SHUT_RD) this.#endSending();
    this.inbox.readQueue.wake();
    this.inbox.writeQueue.wake();
  }

  #endSending(): void {
    this.#noSend = true;
    this.peer?.heardEnd();
  }

  /** The other side has ended what it sends. */
  heardEnd(): void {
    this.#eof = true;
    this.inbox.readQueue.wake();
    this.inbox.writeQueue.wake();
  }

  /** The other side is closed; `reset`: there was something that it has not read. */
  protected peerClosed(reset: boolean): void {
    if (reset && this.state === "connected") this.error = ECONNRESET;
  }

  /** shutdown(2) has closed this side for what comes. */
  protected get deaf(): boolean {
    return this.#noReceive;
  }

  override poll(): number {
    if (this.state === "listening") return this.#backlog.length > 0 ? POLLIN : 0;
    if (this.state === "connecting") return 0;
    if (this.state === "unconnected") {
      return POLLOUT | POLLHUP | (this.error === undefined ? 0 : POLLERR | POLLIN);
    }
    let events = 0;
    const over = this.#eof || this.#noReceive;
    if (this.inbox.messages.length > 0 || over) events |= POLLIN;
    if (over) events |= POLLRDHUP;
    if ((this.#eof && this.#noSend) || this.state === "closed") events |= POLLHUP;
    if (this.error !== undefined) events |= POLLERR;
    const { peer } = this;
    if (peer === undefined || peer.state === "closed" || peer.inbox.room > 0) events |= POLLOUT;
    return events;
  }

  override pollQueues(): readonly WaitQueue[] {
    const queues = [this.inbox.readQueue, this.acceptQueue];
    if (this.peer !== undefined) queues.push(this.peer.inbox.writeQueue);
    return queues;
  }

  override release(): void {
    const { peer } = this;
    const unread = this.inbox.messages.length > 0;
    this.state = "closed";
    this.unbind();
    this.#endSending();
    // Data that was never read resets the connection, for TCP and for Unix sockets alike.
    peer?.peerClosed(unread);
    this.inbox.clear();
    for (const waiting of this.#backlog.splice(0)) waiting.release();
    this.roomQueue.wake();
    this.acceptQueue.wake();
  }
}
