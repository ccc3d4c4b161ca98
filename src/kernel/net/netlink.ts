// AF_NETLINK, NETLINK_ROUTE (rtnetlink(7)): requests about links, addresses, routes, neighbours and rules as messages.

import { CAP_NET_ADMIN } from "../../abi/capability.ts";
import { EAGAIN, EINVAL, EOPNOTSUPP, EPERM, Errno } from "../../abi/errno.ts";
import { POLLIN, POLLOUT } from "../../abi/poll.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import {
  NETLINK_ROUTE,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "../../abi/rtnetlink.ts";
import {
  AF_NETLINK,
  MSG_PEEK,
  MSG_TRUNC,
  type SockAddr,
  type SockAddrNl,
} from "../../abi/socket.ts";
import { FormatError } from "../../lib/format-error.ts";
import { encodeNl, type NlMessage, parseNl, u32 } from "../../lib/netlink.ts";
import { capable } from "../cred.ts";
import type { Task } from "../task.ts";
import type { WaitQueue } from "../wait.ts";
import { answer, isQuestion } from "./rtnetlink.ts";
import { deadline, type Message, Socket, waitSocket } from "./sock.ts";
import { type NetStack, netStack } from "./stack.ts";

/** Bytes of answers in one datagram. */
const DUMP_BYTES = 16384;
const KERNEL: SockAddrNl = { family: AF_NETLINK, pid: 0, groups: 0 };

/** A socket on which the kernel answers. Multicast groups may be joined; nothing is told there. */
export class NetlinkSocket extends Socket {
  readonly #stack: NetStack;
  readonly #pid: number;
  #local: SockAddrNl = { family: AF_NETLINK, pid: 0, groups: 0 };

  constructor(task: Task, type: number) {
    super(AF_NETLINK, type, NETLINK_ROUTE);
    this.#stack = netStack(task.kernel);
    this.#pid = task.group.pid;
  }

  override localAddress(): SockAddr {
    return this.#local;
  }
  override peerAddress(): SockAddr {
    return KERNEL;
  }
  override bind(_task: Task, addr: SockAddr): void {
    if (addr.family !== AF_NETLINK) throw EINVAL;
    this.#local = { family: AF_NETLINK, pid: addr.pid || this.#pid, groups: addr.groups };
  }
  override connect(_task: Task, addr: SockAddr): Blocking<void> {
    if (addr.family !== AF_NETLINK) throw EINVAL;
    if (this.#local.pid === 0) this.#local = { ...this.#local, pid: this.#pid };
  }

  override send(task: Task, message: Message): Blocking<number> {
    const { bytes } = message;
    if (this.#local.pid === 0) this.#local = { ...this.#local, pid: this.#pid };
    let requests: NlMessage[];
    try {
      requests = parseNl(bytes);
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
      throw EINVAL;
    }
    for (const request of requests) this.#serve(task, request);
    return bytes.length;
  }

  #serve(task: Task, request: NlMessage): void {
    let error: Errno | undefined;
    try {
      if (!isQuestion(request.type) && !capable(task.cred, CAP_NET_ADMIN)) throw EPERM;
      const answers = answer(this.#stack, request);
      if ((request.flags & NLM_F_DUMP) === NLM_F_DUMP && isQuestion(request.type)) {
        this.#tell(
          [...answers, { type: NLMSG_DONE, body: Uint8Array.from(u32(0)) }],
          request,
          NLM_F_MULTI,
        );
        return;
      }
      this.#tell(answers, request, 0);
    } catch (e) {
      if (e instanceof FormatError) error = EINVAL;
      else if (e instanceof Errno) error = e;
      else throw e;
    }
    if (error === undefined && (request.flags & NLM_F_ACK) === 0) return;
    const head = encodeNl(request).subarray(0, 16);
    const body = Uint8Array.from([...u32(-(error?.errno ?? 0)), ...head]);
    this.#tell([{ type: NLMSG_ERROR, body }], request, 0);
  }

  #tell(
    answers: readonly { type: number; body: Uint8Array }[],
    request: NlMessage,
    flags: number,
  ): void {
    let part: number[] = [];
    const flush = (): void => {
      if (part.length === 0) return;
      const bytes = Uint8Array.from(part);
      part = [];
      // Who asks and does not listen loses answers.
      if (this.inbox.room >= bytes.length)
        this.inbox.put({ bytes, from: KERNEL, files: [], cred: undefined });
    };
    for (const { type, body } of answers) {
      const one = encodeNl({ type, flags, seq: request.seq, pid: this.#local.pid, body });
      if (part.length + one.length > DUMP_BYTES) flush();
      part.push(...one);
    }
    flush();
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
    return this.#later(task, max, flags);
  }

  *#later(task: Task, max: number, flags: number): Steps<Message & { flags: number }> {
    const until = deadline(task, this.receiveTimeoutMs);
    for (;;) {
      yield* waitSocket(task, [this.inbox.readQueue], until);
      const message = this.#take(max, flags);
      if (message !== undefined) return message;
    }
  }

  #take(max: number, flags: number): (Message & { flags: number }) | undefined {
    if (this.inbox.messages.length === 0) return undefined;
    const message = this.inbox.take(max, false, (flags & MSG_PEEK) !== 0);
    const cut = message.bytes.length > max;
    return { ...message, bytes: message.bytes.subarray(0, max), flags: cut ? MSG_TRUNC : 0 };
  }

  override shutdown(): void {
    throw EOPNOTSUPP;
  }
  override poll(): number {
    return POLLOUT | (this.inbox.messages.length > 0 ? POLLIN : 0);
  }
  override pollQueues(): readonly WaitQueue[] {
    return [this.inbox.readQueue];
  }
  override release(): void {
    this.inbox.clear();
  }
  protected override knowsOption(): boolean {
    return true;
  }
  protected override unknownOption(): unknown {
    return 0;
  }
}
