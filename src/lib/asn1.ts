// DER, the one-way-only encoding of ASN.1 values (ITU-T X.690), as far as keys and signatures need it.
import { bigOf, bytesOfBig } from "./bigint.ts";
import { concat } from "./bytes.ts";
import { FormatError } from "./format-error.ts";

/** Tags, with the bits that say universal or context-specific, primitive or constructed. */
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OBJECT_IDENTIFIER = 0x06;
export const SEQUENCE = 0x30;
/** The tag [0] that holds another value; [1] is the next number. */
export const CONTEXT_0 = 0xa0;
export const CONTEXT_1 = 0xa1;

/** Integers of more bytes than this are refused. */
const INTEGER_MAX = 4096;

/**
 * Reads the values in some bytes one after another. Whatever is not DER (long forms where short ones do, lengths that
 * point outside) is a FormatError. Answers share memory with the input.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The tag of the next value; undefined at the end. */
  get tag(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** The contents of the next value, which must have this tag. */
  take(tag: number): Uint8Array {
    if (this.tag !== tag) throw malformed();
    let at = this.#at + 1;
    let length = this.#bytes[at++] ?? Number.POSITIVE_INFINITY;
    if (length > 127) {
      const size = length - 128;
      // Four bytes say more than anybody would give to this; 0x80 is BER's indefinite form.
      if (size < 1 || size > 4) throw malformed();
      length = 0;
      for (let i = 0; i < size; i++) length = length * 256 + (this.#bytes[at++] ?? 0);
      if (length < 128 || length < 256 ** (size - 1)) throw malformed();
    }
    if (length > this.#bytes.length - at) throw malformed();
    this.#at = at + length;
    return this.#bytes.subarray(at, at + length);
  }

  /** A reader of what the next value holds: a sequence, or the value of another constructed tag. */
  inside(tag: number = SEQUENCE): DerReader {
    return new DerReader(this.take(tag));
  }

  /** An integer that is not negative. */
  integer(): bigint {
    const bytes = this.take(INTEGER);
    const first = bytes[0] ?? 128;
    const padded = first === 0 && bytes.length > 1 && (bytes[1] as number) < 128;
    if (first > 127 || padded) throw malformed();
    if (bytes.length > INTEGER_MAX) throw new FormatError("unsupported", "integer too large");
    return bigOf(bytes);
  }

  /** A bit string of whole bytes. */
  bits(): Uint8Array {
    const bytes = this.take(BIT_STRING);
    if (bytes[0] !== 0) throw malformed();
    return bytes.subarray(1);
  }

  /** An object identifier in dotted form. */
  oid(): string {
    const bytes = this.take(OBJECT_IDENTIFIER);
    if (bytes.length === 0 || bytes.length > 64) throw malformed();
    const parts: number[] = [];
    let value = 0;
    for (const [i, byte] of bytes.entries()) {
      if (value === 0 && byte === 128) throw malformed();
      value = value * 128 + (byte & 127);
      if (!Number.isSafeInteger(value)) throw malformed();
      if (byte > 127) {
        if (i === bytes.length - 1) throw malformed();
        continue;
      }
      if (parts.length > 0) parts.push(value);
      else
        parts.push(
          Math.min(2, Math.floor(value / 40)),
          value - 40 * Math.min(2, Math.floor(value / 40)),
        );
      value = 0;
    }
    return parts.join(".");
  }

  /** Nothing may follow. */
  end(): void {
    if (this.#at < this.#bytes.length) throw malformed();
  }
}

function malformed(): FormatError {
  return new FormatError("data", "malformed ASN.1");
}

/** A value of this tag; its contents are the parts, one after another. */
export function der(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const body = concat(parts);
  const { length } = body;
  const head = [tag, length];
  if (length > 127) {
    const size = Math.ceil((32 - Math.clz32(length)) / 8);
    head[1] = 128 + size;
    for (let i = size - 1; i >= 0; i--) head.push((length >>> (8 * i)) & 255);
  }
  return concat([Uint8Array.from(head), body]);
}

/** An integer that is not negative. */
export function derInteger(n: bigint): Uint8Array {
  // Where the first bit would be set, a byte of zeros goes before it.
  return der(INTEGER, bytesOfBig(n, (n.toString(2).length >> 3) + 1));
}

/** A bit string of whole bytes. */
export function derBits(bytes: Uint8Array): Uint8Array {
  return der(BIT_STRING, new Uint8Array(1), bytes);
}

/** An object identifier given in dotted form. */
export function derOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes: number[] = [];
  for (const part of [40 * first + second, ...rest]) {
    const digits = [part % 128];
    for (let n = Math.floor(part / 128); n > 0; n = Math.floor(n / 128))
      digits.unshift(128 + (n % 128));
    bytes.push(...digits);
  }
  return der(OBJECT_IDENTIFIER, Uint8Array.from(bytes));
}
