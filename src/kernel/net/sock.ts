// What all sockets share: the object behind the descriptor, its options, its queue of received messages.

import type { Errno } from "../../abi/errno.ts";
import { EAGAIN, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP } from "../../abi/errno.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import {
  MSG_DONTWAIT,
  type Received,
  SO_ACCEPTCONN,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_DOMAIN,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_PASSCRED,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SO_TYPE,
  SOL_SOCKET,
  type SockAddr,
  type UCred,
} from "../../abi/socket.ts";
import { FIONREAD } from "../../abi/termios.ts";
import { File, type Path } from "../fs/file.ts";
import type { Task } from "../task.ts";
import { sleepOn, WaitQueue } from "../wait.ts";
import { netIoctl } from "./ioctl.ts";

/** Bytes a socket holds before its writers wait (net.core.rmem_default). */
export const BUFFER_BYTES = 212992;
/** Descriptors in one message (SCM_MAX_FD). */
export const MAX_FDS = 253;

/** One message, or one chunk of a stream, with what came along. */
export interface Message {
  bytes: Uint8Array;
  from: SockAddr | undefined;
  files: File[];
  cred: UCred | undefined;
}

/** Received messages of a socket, bounded in bytes. */
export class Inbox {
  readonly messages: Message[] = [];
  length = 0;
  capacity: number = BUFFER_BYTES;
  /** Called when something came, and when something was taken: for who is no task. */
  onPut: (() => void) | undefined;
  onTake: (() => void) | undefined;
  /** Woken when something came, and when room came. */
  readonly readQueue: WaitQueue = new WaitQueue();
  readonly writeQueue: WaitQueue = new WaitQueue();

  put(message: Message): void {
    this.messages.push(message);
    this.length += message.bytes.length;
    this.readQueue.wake();
    this.onPut?.();
  }

  get room(): number {
    return this.capacity - this.length;
  }

  /** Takes the first message, or of a stream at most `max` bytes of it. */
  take(max: number, stream: boolean, peek: boolean): Message {
    const first = this.messages[0] as Message;
    if (peek) return { ...first, bytes: first.bytes.subarray(0, max), files: [] };
    if (stream && first.bytes.length > max) {
      const bytes = first.bytes.subarray(0, max);
      this.messages[0] = { ...first, bytes: first.bytes.subarray(max), files: [] };
      this.length -= max;
      this.writeQueue.wake();
      this.onTake?.();
      return { ...first, bytes };
    }
    this.messages.shift();
    this.length -= first.bytes.length;
    this.writeQueue.wake();
    this.onTake?.();
    return first;
  }

  /** Drops everything: descriptors in flight are closed. */
  clear(): void {
    for (const message of this.messages) for (const file of message.files) file.put();
    this.messages.length = 0;
    this.length = 0;
    this.writeQueue.wake();
  }
}

/** A socket of any family and type. Subclasses implement the calls that make sense for them. */
export abstract class Socket {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly inbox: Inbox = new Inbox();
  /** Pending asynchronous error: told once, by the next call or SO_ERROR. */
  error: Errno | undefined;
  receiveTimeoutMs = 0;
  sendTimeoutMs = 0;
  /** Inode and owner of its descriptor, for /proc/net; 0 before it is accepted. */
  ino = 0;
  uid = 0;
  readonly #options = new Map<string, unknown>();

  constructor(family: number, type: number, protocol: number) {
    this.family = family;
    this.type = type;
    this.protocol = protocol;
  }

  abstract localAddress(): SockAddr;
  peerAddress(): SockAddr {
    throw ENOTCONN;
  }
  abstract bind(task: Task, addr: SockAddr): void;
  listen(_task: Task, _backlog: number): void {
    throw EOPNOTSUPP;
  }
  /** The next connection, or undefined when there is none yet. */
  accept(): Socket | undefined {
    throw EOPNOTSUPP;
  }
  abstract connect(task: Task, addr: SockAddr, nonblock: boolean): Blocking<void>;
  abstract send(
    task: Task,
    message: Message,
    to: SockAddr | undefined,
    wait: boolean,
    noSignal: boolean,
  ): Blocking<number>;
  abstract receive(
    task: Task,
    max: number,
    flags: number,
    wait: boolean,
  ): Blocking<Message & { flags: number }>;
  abstract shutdown(how: number): void;
  abstract poll(): number;
  abstract pollQueues(): readonly WaitQueue[];
  abstract release(): void;

  /** The error that waits to be told, if any. */
  takeError(): Errno | undefined {
    const { error } = this;
    this.error = undefined;
    return error;
  }

  get accepting(): boolean {
    return false;
  }

  getOption(level: number, name: number): unknown {
    if (level !== SOL_SOCKET) return this.#options.get(`${level}:${name}`) ?? this.unknownOption();
    switch (name) {
      case SO_TYPE:
        return this.type;
      case SO_DOMAIN:
        return this.family;
      case SO_ERROR:
        return this.takeError()?.errno ?? 0;
      case SO_ACCEPTCONN:
        return this.accepting ? 1 : 0;
      case SO_RCVBUF:
      case SO_SNDBUF:
        return this.inbox.capacity;
      case SO_RCVTIMEO:
        return this.receiveTimeoutMs;
      case SO_SNDTIMEO:
        return this.sendTimeoutMs;
      case SO_LINGER:
        return this.#options.get("1:13") ?? [0, 0];
      case SO_REUSEADDR:
      case SO_REUSEPORT:
      case SO_BROADCAST:
      case SO_KEEPALIVE:
      case SO_PASSCRED:
        return this.#options.get(`1:${name}`) ?? 0;
      default:
        return this.unknownOption();
    }
  }

  protected unknownOption(): unknown {
    throw ENOPROTOOPT;
  }

  setOption(task: Task, level: number, name: number, value: unknown): Blocking<void> {
    if (level === SOL_SOCKET) {
      switch (name) {
        case SO_RCVTIMEO:
          this.receiveTimeoutMs = Number(value);
          return;
        case SO_SNDTIMEO:
          this.sendTimeoutMs = Number(value);
          return;
        case SO_RCVBUF:
        case SO_SNDBUF:
          // Doubled as Linux does, and bounded.
          this.inbox.capacity = Math.max(2304, Math.min(2 * Number(value), 2 * BUFFER_BYTES));
          return;
        case SO_LINGER:
        case SO_REUSEADDR:
        case SO_REUSEPORT:
        case SO_BROADCAST:
        case SO_KEEPALIVE:
        case SO_PASSCRED:
          break;
        case SO_BINDTODEVICE:
          this.bindToDevice(task, String(value));
          return;
        default:
          throw ENOPROTOOPT;
      }
    } else if (!this.knowsOption(level, name)) {
      throw ENOPROTOOPT;
    }
    this.#options.set(`${level}:${name}`, value);
  }

  /** SO_BINDTODEVICE; "" takes it back. */
  protected bindToDevice(_task: Task, _name: string): void {
    throw ENOPROTOOPT;
  }

  /** Requests about interfaces and routes may be made on any socket (netdevice(7)). */
  ioctl(task: Task, request: number, arg: unknown): unknown {
    return netIoctl(task, request, arg);
  }

  /** Options of the protocol that may be set; they are kept and told back. */
  protected knowsOption(_level: number, _name: number): boolean {
    return false;
  }
}

/** The deadline of a time-out option: 0 waits for ever. */
export function deadline(task: Task, timeoutMs: number): number {
  return timeoutMs > 0 ? task.kernel.monotonic() + timeoutMs : Number.POSITIVE_INFINITY;
}

/** Sleeps for a socket; a time-out of SO_RCVTIMEO or SO_SNDTIMEO is EAGAIN. */
export function* waitSocket(
  task: Task,
  queues: readonly WaitQueue[],
  deadlineMs: number,
): Steps<void> {
  const timed = deadlineMs !== Number.POSITIVE_INFINITY;
  if (yield* sleepOn(task, queues, deadlineMs, !timed)) throw EAGAIN;
}

/** The open file description of a socket. */
export class SocketFile extends File {
  readonly socket: Socket;

  constructor(path: Path, flags: number, socket: Socket) {
    super(path, flags);
    this.socket = socket;
  }

  override read(task: Task, max: number): Blocking<Uint8Array> {
    const message = this.socket.receive(task, max, 0, !this.nonblock);
    return "bytes" in message ? dropFiles(message) : this.#bytesOf(message);
  }
  *#bytesOf(steps: Steps<Message & { flags: number }>): Steps<Uint8Array> {
    return dropFiles(yield* steps);
  }
  override write(task: Task, bytes: Uint8Array): Blocking<number> {
    const message = { bytes, from: undefined, files: [], cred: undefined };
    return this.socket.send(task, message, undefined, !this.nonblock, false);
  }
  override ioctl(task: Task, request: number, arg: unknown): Blocking<unknown> {
    if (request === FIONREAD) return this.socket.inbox.length;
    return this.socket.ioctl(task, request, arg);
  }
  override poll(): number {
    return this.socket.poll();
  }
  override pollQueues(): readonly WaitQueue[] {
    return this.socket.pollQueues();
  }
  protected override release(): void {
    this.socket.release();
  }
}

/** read(2) has no place for descriptors: they are closed. */
function dropFiles(message: Message): Uint8Array {
  for (const file of message.files) file.put();
  return message.bytes;
}

/** Does this call wait? */
export function waits(file: SocketFile, flags: number): boolean {
  return !file.nonblock && (flags & MSG_DONTWAIT) === 0;
}

/** What recvmsg(2) gives, with descriptors installed. */
export function received(
  task: Task,
  message: Message & { flags: number },
  install: (task: Task, file: File) => number,
): Received {
  const { bytes, from, cred, flags } = message;
  return { bytes, from, cred, flags, fds: message.files.map((file) => install(task, file)) };
}
