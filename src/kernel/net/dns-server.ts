// The name server of the network behind eth0: answers from the host's resolver what the policy lets be asked.
import { EPROTO } from "../../abi/errno.ts";
import {
  type DnsRecord,
  encodeResponse,
  FORMERR,
  NOTIMP,
  NXDOMAIN,
  parseMessage,
  reverseAddress,
  SERVFAIL,
  TYPE_AAAA,
  TYPE_ANY,
} from "../../lib/dns.ts";
import { FormatError } from "../../lib/format-error.ts";
import type { Uplink, UplinkHandler, UplinkSocket } from "../host.ts";
import type { Policy } from "./policy.ts";

/** Questions that the host is asked at a time. */
const PENDING_MAX = 64;
const MESSAGE_MAX = 65535;

/** Answers questions. */
export class DnsServer {
  readonly #uplink: Uplink;
  readonly #policy: Policy;
  readonly #refused: (name: string) => void;
  #pending = 0;

  constructor(uplink: Uplink, policy: Policy, refused: (name: string) => void) {
    this.#uplink = uplink;
    this.#policy = policy;
    this.#refused = refused;
  }

  /** Answers one message, now or later; what is no question has no answer. Replies have `limit` bytes at most. */
  ask(bytes: Uint8Array, limit: number, reply: (bytes: Uint8Array) => void): void {
    if (bytes.length < 12) return;
    const id = ((bytes[0] as number) << 8) | (bytes[1] as number);
    let query: ReturnType<typeof parseMessage>;
    try {
      query = parseMessage(bytes);
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
      reply(encodeResponse(id, undefined, FORMERR, []));
      return;
    }
    if (query.response) return;
    const [question] = query.questions;
    if (question === undefined || query.questions.length > 1) {
      reply(encodeResponse(id, undefined, FORMERR, []));
      return;
    }
    const { name, type } = question;
    const say = (rcode: number, answers: readonly DnsRecord[] = []): void =>
      reply(encodeResponse(id, question, rcode, answers, limit));
    const addr = reverseAddress(name);
    const mayAsk =
      addr === undefined ? this.#policy.mayResolve(name) : this.#policy.mayReverse(addr);
    if (query.opcode !== 0 || type === TYPE_ANY) say(NOTIMP);
    else if (!mayAsk) {
      if (addr === undefined) this.#refused(name);
      say(NXDOMAIN);
    } else if (this.#pending >= PENDING_MAX) say(SERVFAIL);
    else this.#lookup(name, type, say);
  }

  #lookup(
    name: string,
    type: number,
    say: (rcode: number, found: readonly DnsRecord[]) => void,
  ): void {
    this.#pending++;
    this.#uplink.lookup(name, type, (rcode, found) => {
      this.#pending--;
      // Addresses that lead nowhere would only cost time.
      const answers = type === TYPE_AAAA && !this.#uplink.ipv6 ? [] : found;
      for (const { data } of answers)
        if (data.kind === "address") this.#policy.remember(data.addr, name);
      say(rcode, answers);
    });
  }
}

/** A TCP connection to the name server: messages with their length in front (RFC 7766). */
export class DnsConnection implements UplinkSocket {
  readonly #dns: DnsServer;
  readonly #handler: UplinkHandler;
  readonly #soon: (later: () => void) => void;
  #got: Uint8Array = new Uint8Array(0);
  #waiting = 0;
  #ended = false;
  #over = false;

  constructor(dns: DnsServer, handler: UplinkHandler, soon: (later: () => void) => void) {
    this.#dns = dns;
    this.#handler = handler;
    this.#soon = soon;
    this.#later(() => handler.connected());
  }

  #later(act: () => void): void {
    this.#soon(() => {
      if (!this.#over) act();
    });
  }

  write(bytes: Uint8Array): boolean {
    const all = new Uint8Array(this.#got.length + bytes.length);
    all.set(this.#got);
    all.set(bytes, this.#got.length);
    let at = 0;
    while (all.length - at >= 2) {
      const size = ((all[at] as number) << 8) | (all[at + 1] as number);
      if (all.length - at < size + 2) break;
      this.#waiting++;
      this.#dns.ask(all.slice(at + 2, at + 2 + size), MESSAGE_MAX, (reply) =>
        this.#later(() => this.#answer(reply)),
      );
      at += size + 2;
    }
    this.#got = all.slice(at);
    return true;
  }

  #answer(reply: Uint8Array): void {
    this.#waiting--;
    const framed = new Uint8Array(reply.length + 2);
    framed.set([reply.length >> 8, reply.length & 255]);
    framed.set(reply, 2);
    this.#handler.data(framed);
    if (this.#ended && this.#waiting === 0) this.#close();
  }

  #close(): void {
    this.#over = true;
    this.#handler.closed(undefined);
  }

  end(): void {
    this.#ended = true;
    if (this.#waiting === 0) this.#later(() => this.#close());
  }
  destroy(): void {
    this.#over = true;
  }
  pause(): void {}
  resume(): void {}
  startTls(...[, , done]: Parameters<UplinkSocket["startTls"]>): void {
    this.#later(() => done({ errno: EPROTO, message: "the name server speaks no TLS" }));
  }
}
