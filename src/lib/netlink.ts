// Netlink messages (netlink(7)): heads and attributes, in the machine's (little-endian) byte order.
import { FormatError } from "./format-error.ts";

const HEAD = 16;
const ATTRIBUTE_TYPE = 0x3fff;

/** One message; `body` begins behind its head. */
export interface NlMessage {
  type: number;
  flags: number;
  seq: number;
  pid: number;
  body: Uint8Array;
}

const align = (n: number): number => (n + 3) & ~3;

/** Puts a message together. */
export function encodeNl(message: NlMessage): Uint8Array {
  const out = new Uint8Array(align(HEAD + message.body.length));
  const view = new DataView(out.buffer);
  view.setUint32(0, HEAD + message.body.length, true);
  view.setUint16(4, message.type, true);
  view.setUint16(6, message.flags, true);
  view.setUint32(8, message.seq, true);
  view.setUint32(12, message.pid, true);
  out.set(message.body, HEAD);
  return out;
}

/** Takes messages that follow each other apart; throws FormatError. */
export function parseNl(bytes: Uint8Array): NlMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: NlMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + HEAD > bytes.length) throw new FormatError("eof", "netlink message: cut short");
    const size = view.getUint32(at, true);
    if (size < HEAD || at + size > bytes.length)
      throw new FormatError("data", "netlink message: a wrong length");
    found.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      seq: view.getUint32(at + 8, true),
      pid: view.getUint32(at + 12, true),
      body: bytes.subarray(at + HEAD, at + size),
    });
    at += align(size);
  }
  return found;
}

/** Collects a body: fixed part and attributes. */
export class NlBody {
  readonly #bytes: number[];

  constructor(fixed: Iterable<number>) {
    this.#bytes = [...fixed];
  }

  /** An attribute of bytes. */
  put(type: number, value: Iterable<number>): this {
    const bytes = [...value];
    const size = bytes.length + 4;
    this.#bytes.push(size & 255, size >> 8, type & 255, type >> 8, ...bytes);
    while (this.#bytes.length % 4 !== 0) this.#bytes.push(0);
    return this;
  }
  u32(type: number, n: number): this {
    return this.put(type, u32(n));
  }
  u8(type: number, n: number): this {
    return this.put(type, [n]);
  }
  /** A byte string, with the NUL behind it. */
  text(type: number, s: string): this {
    return this.put(type, [...[...s].map((c) => c.charCodeAt(0)), 0]);
  }
  end(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** The four bytes of a number. */
export function u32(n: number): number[] {
  return [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, (n >>> 24) & 255];
}

/** The number in four bytes. */
export function u32Of(bytes: Uint8Array | undefined, at = 0): number {
  if (bytes === undefined) return 0;
  return (
    ((bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24)) >>>
    0
  );
}

/** The attributes behind a fixed part of `skip` bytes, by type; of equal ones the last. */
export function nlAttributes(body: Uint8Array, skip: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = align(skip); at + 4 <= body.length; ) {
    const size = (body[at] as number) | ((body[at + 1] as number) << 8);
    if (size < 4 || at + size > body.length)
      throw new FormatError("data", "netlink attribute: a wrong length");
    const type = (body[at + 2] as number) | ((body[at + 3] as number) << 8);
    found.set(type & ATTRIBUTE_TYPE, body.subarray(at + 4, at + size));
    at += align(size);
  }
  return found;
}

/** A byte string up to its NUL. */
export function nlText(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return "";
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
}
