// DNS messages (RFC 1035, RFC 3596, RFC 2782): questions and answers as values, to bytes and back.
import { bytesOf, strOf } from "./bytes.ts";
import { FormatError } from "./format-error.ts";

export const TYPE_A = 1;
export const TYPE_NS = 2;
export const TYPE_CNAME = 5;
export const TYPE_SOA = 6;
export const TYPE_PTR = 12;
export const TYPE_MX = 15;
export const TYPE_TXT = 16;
export const TYPE_AAAA = 28;
export const TYPE_SRV = 33;
export const TYPE_ANY = 255;
export const CLASS_IN = 1;

export const NOERROR = 0;
export const FORMERR = 1;
export const SERVFAIL = 2;
export const NXDOMAIN = 3;
export const NOTIMP = 4;

const FLAG_RESPONSE = 0x8000;
const FLAG_TRUNCATED = 0x0200;
const FLAG_RECURSION_DESIRED = 0x0100;
const FLAG_RECURSION_AVAILABLE = 0x0080;
const LABEL_MAX = 63;
const NAME_MAX = 255;
/** Names that point on and on are a loop. */
const POINTERS_MAX = 32;

/** Names are byte strings without the last dot. */
export interface DnsQuestion {
  name: string;
  type: number;
}

/** One record. `data`: an address, a name, or text as the type has it. */
export interface DnsRecord {
  name: string;
  type: number;
  ttl: number;
  data: DnsData;
}

/** What a record says. */
export type DnsData =
  | { kind: "address"; addr: Uint8Array }
  | { kind: "name"; name: string }
  | { kind: "mx"; preference: number; name: string }
  | { kind: "srv"; priority: number; weight: number; port: number; name: string }
  | { kind: "txt"; texts: readonly string[] }
  | {
      kind: "soa";
      mname: string;
      rname: string;
      serial: number;
      refresh: number;
      retry: number;
      expire: number;
      minimum: number;
    }
  | { kind: "raw"; bytes: Uint8Array };

/** A message, as far as it concerns us. */
export interface DnsMessage {
  id: number;
  response: boolean;
  authoritative: boolean;
  truncated: boolean;
  /** 0 is an ordinary question. */
  opcode: number;
  rcode: number;
  questions: readonly DnsQuestion[];
  answers: readonly DnsRecord[];
}

/** False for what cannot be put into a message. */
export function isDomainName(name: string): boolean {
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  return (
    bare.length < NAME_MAX - 1 &&
    bare.split(".").every((label) => label.length > 0 && label.length <= LABEL_MAX)
  );
}

class Writer {
  readonly bytes: number[] = [];

  u16(n: number): void {
    this.bytes.push((n >> 8) & 255, n & 255);
  }
  u32(n: number): void {
    this.u16(n >>> 16);
    this.u16(n & 0xffff);
  }
  text(s: string): void {
    const b = bytesOf(s.slice(0, 255));
    this.bytes.push(b.length, ...b);
  }
  name(name: string): void {
    if (name !== "" && name !== ".") for (const label of name.split(".")) this.text(label);
    this.bytes.push(0);
  }
  data(data: DnsData): void {
    switch (data.kind) {
      case "address":
        this.bytes.push(...data.addr);
        break;
      case "name":
        this.name(data.name);
        break;
      case "mx":
        this.u16(data.preference);
        this.name(data.name);
        break;
      case "srv":
        for (const n of [data.priority, data.weight, data.port]) this.u16(n);
        this.name(data.name);
        break;
      case "txt":
        for (const each of data.texts) this.text(each);
        break;
      case "soa":
        this.name(data.mname);
        this.name(data.rname);
        for (const n of [data.serial, data.refresh, data.retry, data.expire, data.minimum])
          this.u32(n);
        break;
      case "raw":
        this.bytes.push(...data.bytes);
        break;
      default:
        data satisfies never;
    }
  }
}

/** A question; recursion is asked for. */
export function encodeQuery(id: number, question: DnsQuestion): Uint8Array {
  const out = new Writer();
  for (const n of [id, FLAG_RECURSION_DESIRED, 1, 0, 0, 0]) out.u16(n);
  out.name(question.name.replace(/\.$/, ""));
  out.u16(question.type);
  out.u16(CLASS_IN);
  return Uint8Array.from(out.bytes);
}

/** An answer to a question, cut to whole records that fit into `limit` bytes, with the flag set then. */
export function encodeResponse(
  id: number,
  question: DnsQuestion | undefined,
  rcode: number,
  answers: readonly DnsRecord[],
  limit = 65535,
): Uint8Array {
  const out = new Writer();
  const flags = FLAG_RESPONSE | FLAG_RECURSION_DESIRED | FLAG_RECURSION_AVAILABLE;
  for (const n of [id, flags | rcode, question === undefined ? 0 : 1, 0, 0, 0]) out.u16(n);
  if (question !== undefined) {
    out.name(question.name);
    out.u16(question.type);
    out.u16(CLASS_IN);
  }
  let count = 0;
  for (const { name, type, ttl, data } of answers) {
    const before = out.bytes.length;
    if (name === question?.name) out.u16(0xc00c);
    else out.name(name);
    out.u16(type);
    out.u16(CLASS_IN);
    out.u32(ttl);
    const at = out.bytes.length;
    out.u16(0);
    out.data(data);
    const size = out.bytes.length - at - 2;
    out.bytes[at] = size >> 8;
    out.bytes[at + 1] = size & 255;
    if (out.bytes.length > limit) {
      out.bytes.length = before;
      out.bytes[2] = (out.bytes[2] as number) | (FLAG_TRUNCATED >> 8);
      break;
    }
    count++;
  }
  out.bytes[6] = count >> 8;
  out.bytes[7] = count & 255;
  return Uint8Array.from(out.bytes);
}

class Reader {
  readonly #b: Uint8Array;
  at = 0;

  constructor(b: Uint8Array) {
    this.#b = b;
  }

  u8(): number {
    const n = this.#b[this.at++];
    if (n === undefined) throw new FormatError("eof", "DNS message: cut short");
    return n;
  }
  u16(): number {
    return (this.u8() << 8) | this.u8();
  }
  u32(): number {
    return this.u16() * 65536 + this.u16();
  }
  take(n: number): Uint8Array {
    if (this.at + n > this.#b.length) throw new FormatError("eof", "DNS message: cut short");
    const part = this.#b.subarray(this.at, this.at + n);
    this.at += n;
    return part;
  }
  name(): string {
    const labels: string[] = [];
    let size = 0;
    let back = -1;
    for (let jumps = 0; ; ) {
      const n = this.u8();
      if (n === 0) break;
      if (n >= 0xc0) {
        const to = ((n & 0x3f) << 8) | this.u8();
        if (back < 0) back = this.at;
        if (++jumps > POINTERS_MAX) throw new FormatError("data", "DNS message: a name in a loop");
        this.at = to;
        continue;
      }
      if (n > LABEL_MAX) throw new FormatError("data", "DNS message: a strange label");
      size += n + 1;
      if (size > NAME_MAX) throw new FormatError("data", "DNS message: a name that is too long");
      labels.push(strOf(this.take(n)));
    }
    if (back >= 0) this.at = back;
    return labels.join(".");
  }
  data(type: number, size: number): DnsData {
    const end = this.at + size;
    switch (type) {
      case TYPE_A:
      case TYPE_AAAA:
        if (size !== (type === TYPE_A ? 4 : 16)) break;
        return { kind: "address", addr: this.take(size).slice() };
      case TYPE_NS:
      case TYPE_CNAME:
      case TYPE_PTR:
        return { kind: "name", name: this.name() };
      case TYPE_MX:
        return { kind: "mx", preference: this.u16(), name: this.name() };
      case TYPE_SRV: {
        const [priority, weight, port] = [this.u16(), this.u16(), this.u16()];
        return { kind: "srv", priority, weight, port, name: this.name() };
      }
      case TYPE_TXT: {
        const texts: string[] = [];
        while (this.at < end) texts.push(strOf(this.take(this.u8())));
        return { kind: "txt", texts };
      }
      case TYPE_SOA: {
        const [mname, rname] = [this.name(), this.name()];
        const [serial, refresh, retry] = [this.u32(), this.u32(), this.u32()];
        return {
          kind: "soa",
          mname,
          rname,
          serial,
          refresh,
          retry,
          expire: this.u32(),
          minimum: this.u32(),
        };
      }
      default:
    }
    return { kind: "raw", bytes: this.take(size).slice() };
  }
}

/** Reads a message; throws FormatError for what is none. */
export function parseMessage(bytes: Uint8Array): DnsMessage {
  const r = new Reader(bytes);
  const id = r.u16();
  const flags = r.u16();
  const [questionCount, answerCount] = [r.u16(), r.u16()];
  r.u32();
  const questions: DnsQuestion[] = [];
  for (let i = 0; i < questionCount; i++) {
    const name = r.name();
    const type = r.u16();
    r.u16();
    questions.push({ name, type });
  }
  const answers: DnsRecord[] = [];
  for (let i = 0; i < answerCount; i++) {
    const name = r.name();
    const type = r.u16();
    r.u16();
    const ttl = r.u32();
    const size = r.u16();
    const end = r.at + size;
    const data = r.data(type, size);
    if (r.at > end) throw new FormatError("data", "DNS message: a record past its end");
    r.at = end;
    answers.push({ name, type, ttl, data });
  }
  return {
    id,
    response: (flags & FLAG_RESPONSE) !== 0,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & FLAG_TRUNCATED) !== 0,
    opcode: (flags >> 11) & 15,
    rcode: flags & 15,
    questions,
    answers,
  };
}

/** The name that PTR records of an address have: "1.0.0.127.in-addr.arpa". */
export function reverseName(addr: Uint8Array): string {
  if (addr.length === 4) return `${[...addr].reverse().join(".")}.in-addr.arpa`;
  const digits = [...addr].flatMap((b) => [b >> 4, b & 15]).reverse();
  return `${digits.map((d) => d.toString(16)).join(".")}.ip6.arpa`;
}

/** The address that a name of {@link reverseName} stands for. */
export function reverseAddress(name: string): Uint8Array | undefined {
  const v4 = /^((?:[0-9]{1,3}\.){4})in-addr\.arpa$/i.exec(name);
  if (v4 !== null) {
    const parts = (v4[1] as string).split(".").slice(0, 4).map(Number).reverse();
    return parts.every((n) => n < 256) ? Uint8Array.from(parts) : undefined;
  }
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/i.exec(name);
  if (v6 === null) return undefined;
  const digits = (v6[1] as string).split(".").slice(0, 32).reverse();
  return Uint8Array.from({ length: 16 }, (_, i) =>
    Number.parseInt(`${digits[2 * i]}${digits[2 * i + 1]}`, 16),
  );
}
