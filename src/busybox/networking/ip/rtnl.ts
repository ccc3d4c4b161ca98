// A session with the kernel about its network (rtnetlink(7)): dumps and changes.
import * as errno from "../../../abi/errno.ts";
import { isSteps, type Steps, type Sys } from "../../../abi/program.ts";
import {
  NETLINK_ROUTE,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "../../../abi/rtnetlink.ts";
import { AF_NETLINK, SOCK_CLOEXEC, SOCK_RAW } from "../../../abi/socket.ts";
import { encodeNl, type NlMessage, parseNl, u32Of } from "../../../lib/netlink.ts";
import { Exit } from "../../../libc/process.ts";
import { strerror } from "../../../libc/strerror.ts";

const MESSAGE_MAX = 1 << 20;

/** The kernel said no. */
function refused(code: number): never {
  const known = Object.values(errno).find((e) => e instanceof errno.Errno && e.errno === code);
  const text = known instanceof errno.Errno ? strerror(known) : `error ${code}`;
  throw new Exit(2, `RTNETLINK answers: ${text}`);
}

/** One request at a time. */
export class Rtnl {
  readonly #sys: Sys;
  readonly #fd: number;
  #seq = 0;

  constructor(sys: Sys) {
    this.#sys = sys;
    this.#fd = sys.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  }

  *#send(type: number, flags: number, body: Uint8Array): Steps<void> {
    const request = { type, flags: flags | NLM_F_REQUEST, seq: ++this.#seq, pid: 0, body };
    const sent = this.#sys.sendmsg(this.#fd, encodeNl(request));
    if (isSteps(sent)) yield* sent;
  }

  *#receive(): Steps<NlMessage[]> {
    let got = this.#sys.recvmsg(this.#fd, MESSAGE_MAX, 0);
    if (isSteps(got)) got = yield* got;
    return parseNl(got.bytes).filter(({ seq }) => seq === this.#seq);
  }

  /** All of a kind; `body` begins with the family. */
  *dump(type: number, body: Uint8Array): Steps<NlMessage[]> {
    yield* this.#send(type, NLM_F_DUMP, body);
    const all: NlMessage[] = [];
    for (;;) {
      const part = yield* this.#receive();
      for (const message of part) {
        if (message.type === NLMSG_DONE) return all;
        if (message.type === NLMSG_ERROR) refused(-(u32Of(message.body) | 0));
        all.push(message);
      }
    }
  }

  /** Asks for a change, or for one thing; answers that came with it. */
  *talk(type: number, flags: number, body: Uint8Array): Steps<NlMessage[]> {
    yield* this.#send(type, flags | NLM_F_ACK, body);
    const answers: NlMessage[] = [];
    for (;;) {
      const part = yield* this.#receive();
      for (const message of part) {
        if (message.type !== NLMSG_ERROR) answers.push(message);
        else {
          const code = -(u32Of(message.body) | 0);
          if (code !== 0) refused(code);
          return answers;
        }
      }
    }
  }
}

/** An ioctl as ip and ifconfig complain about it: "ioctl 0x8913 failed: No such device". */
export function* ioctlOrDie(
  sys: Sys,
  fd: number,
  request: number,
  arg: unknown,
  status: number,
): Steps<unknown> {
  try {
    const done = sys.ioctl(fd, request, arg);
    return isSteps(done) ? yield* done : done;
  } catch (e) {
    if (!(e instanceof errno.Errno)) throw e;
    throw new Exit(status, `ioctl 0x${request.toString(16)} failed: ${strerror(e)}`);
  }
}
