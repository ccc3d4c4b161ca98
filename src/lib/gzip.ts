// gzip files (RFC 1952): reader for any number of members, writer of one.
import { bytesOf, concat } from "./bytes.ts";
import { crc32 } from "./crc.ts";
import { type Decoder, InputBuffer } from "./decoder.ts";
import { Deflate } from "./deflate.ts";
import { FormatError, invalidMagic } from "./format-error.ts";
import { Inflate } from "./inflate.ts";

const HEADER_CRC = 2;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;
const RESERVED = 0xe0;
const UNIX = 3;

/** The most of a name that is kept. */
const NAME_MAX = 4095;

/** What a member says about itself. */
export interface GzipHeader {
  /** The file's name as a byte string; undefined when it is not stored. */
  readonly name: string | undefined;
  /** Seconds since 1970; 0 when not stored. */
  readonly mtime: number;
  readonly flags: number;
}

type State =
  | "magic"
  | "header"
  | "extra"
  | "name"
  | "comment"
  | "crc"
  | "body"
  | "trailer"
  | "done";

/**
 * Decoder for gzip. Members that follow one another are one output; whatever else follows, be it zeros, is left over,
 * which `trailingGarbage` tells.
 */
export class Gunzip implements Decoder {
  readonly #input: InputBuffer;
  readonly #inflate: Inflate;
  #state: State = "magic";
  #members = 0;
  #crc = 0;
  #size = 0;
  #flags = 0;
  #mtime = 0;
  #skip = 0;
  #name = "";
  /** Of the newest member whose header has been read. */
  header: GzipHeader | undefined;
  /** CRC-32 and length modulo 2**32 of the newest member that has ended, as its trailer says. */
  trailer: { readonly crc: number; readonly size: number } | undefined;
  /** Where in the input the newest member begins. */
  memberStart = 0;
  /** Did something that is no member follow? */
  trailingGarbage = false;

  constructor(input: InputBuffer = new InputBuffer()) {
    this.#input = input;
    this.#inflate = new Inflate(input);
  }

  push(chunk: Uint8Array): void {
    this.#input.push(chunk);
  }

  end(): void {
    this.#input.ended = true;
  }

  get done(): boolean {
    return this.#state === "done";
  }

  /** Is it in the middle of compressed data? */
  get inBody(): boolean {
    return this.#state === "body";
  }

  /** The input after the last member; to be asked once, when done. */
  rest(): Uint8Array {
    return this.#input.rest();
  }

  read(): Uint8Array | undefined {
    for (;;) {
      if (this.#state === "done") return undefined;
      if (this.#state === "body") {
        const block = this.#inflate.read();
        if (block !== undefined) {
          this.#crc = crc32(block, this.#crc);
          this.#size = (this.#size + block.length) >>> 0;
          return block;
        }
        if (!this.#inflate.done) return undefined;
        this.#state = "trailer";
      }
      if (!this.#step()) return undefined;
    }
  }

  /** One step outside of the compressed data; false when there is too little input. */
  #step(): boolean {
    const input = this.#input;
    switch (this.#state) {
      case "magic":
        return this.#members > 0 ? this.#next() : this.#magic();
      case "header": {
        if (!input.has(10)) return false;
        const view = new DataView(input.buf.buffer, input.pos, 10);
        if (view.getUint8(2) !== 8 || (view.getUint8(3) & RESERVED) !== 0)
          throw new FormatError("unsupported", "unknown compression method");
        this.#flags = view.getUint8(3);
        this.#mtime = view.getUint32(4, true);
        this.#name = "";
        this.#skip = 0;
        input.pos += 10;
        this.#state = "extra";
        return true;
      }
      case "extra":
        return this.#extra();
      case "name":
        return this.#text(NAME, "comment");
      case "comment":
        return this.#text(COMMENT, "crc");
      case "crc": {
        const n = this.#flags & HEADER_CRC ? 2 : 0;
        if (!input.has(n)) return false;
        input.pos += n;
        this.header = {
          name: this.#flags & NAME ? this.#name : undefined,
          mtime: this.#mtime,
          flags: this.#flags,
        };
        this.#inflate.reset();
        this.#crc = this.#size = 0;
        this.#state = "body";
        return true;
      }
      case "body":
      case "done":
      case "trailer":
        return this.#checkTrailer();
    }
  }

  #magic(): boolean {
    const input = this.#input;
    if (!input.has(2)) return false;
    if (input.buf[input.pos] !== 0x1f || input.buf[input.pos + 1] !== 0x8b) throw invalidMagic();
    this.#state = "header";
    return true;
  }

  /** What comes after a member. */
  #next(): boolean {
    const input = this.#input;
    const { buf } = input;
    while (input.end - input.pos < 2 && input.tryMore());
    const n = input.end - input.pos;
    if (n < 2 && !input.ended) return false;
    if (n >= 2 && buf[input.pos] === 0x1f && buf[input.pos + 1] === 0x8b) {
      this.memberStart = input.offset;
      this.#state = "header";
    } else {
      this.trailingGarbage = n > 0;
      this.#state = "done";
    }
    return true;
  }

  #extra(): boolean {
    const input = this.#input;
    if (this.#flags & EXTRA) {
      if (!input.has(2)) return false;
      this.#skip = (input.buf[input.pos] as number) | ((input.buf[input.pos + 1] as number) << 8);
      input.pos += 2;
      this.#flags &= ~EXTRA;
    }
    if (!input.has(Math.min(this.#skip, 1))) return false;
    const n = Math.min(this.#skip, input.end - input.pos);
    input.pos += n;
    this.#skip -= n;
    if (this.#skip === 0) this.#state = "name";
    return true;
  }

  /** A string that a zero ends. */
  #text(flag: number, next: State): boolean {
    const input = this.#input;
    if (this.#flags & flag) {
      if (!input.has(1)) return false;
      const c = input.buf[input.pos++] as number;
      if (c !== 0) {
        if (flag === NAME && this.#name.length < NAME_MAX) this.#name += String.fromCharCode(c);
        return true;
      }
    }
    this.#state = next;
    return true;
  }

  #checkTrailer(): boolean {
    const input = this.#input;
    if (!input.has(8)) return false;
    const view = new DataView(input.buf.buffer, input.pos, 8);
    const crc = view.getUint32(0, true);
    const size = view.getUint32(4, true);
    if (crc !== this.#crc) throw new FormatError("checksum", "crc error");
    if (size !== this.#size) throw new FormatError("checksum", "incorrect length");
    this.trailer = { crc, size };
    input.pos += 8;
    this.#members++;
    this.#state = "magic";
    return true;
  }
}

/** Writes one member: feed it chunks, collect what it returns, then call `end`. */
export class Gzip {
  readonly #deflate: Deflate;
  #header: Uint8Array | undefined;
  #crc = 0;
  #size = 0;

  /** `mtime` is in seconds since 1970, `name` a byte string without a zero. */
  constructor(options: { level?: number; name?: string; mtime?: number } = {}) {
    const { level = 6, name, mtime = 0 } = options;
    this.#deflate = new Deflate(level);
    const header = new Uint8Array(10);
    const view = new DataView(header.buffer);
    header.set([0x1f, 0x8b, 8, name === undefined ? 0 : NAME]);
    view.setUint32(4, mtime, true);
    // Two values say how hard the encoder tried.
    header.set([level === 9 ? 2 : level === 1 ? 4 : 0, UNIX], 8);
    this.#header = name === undefined ? header : concat([header, bytesOf(`${name}\0`)]);
  }

  /** Takes more text; answers the output that is ready, which may be none. */
  encode(chunk: Uint8Array): Uint8Array {
    this.#crc = crc32(chunk, this.#crc);
    this.#size += chunk.length;
    return this.#withHeader(this.#deflate.encode(chunk));
  }

  /** Ends the member; answers the rest of the output. */
  end(): Uint8Array {
    const trailer = new DataView(new ArrayBuffer(8));
    trailer.setUint32(0, this.#crc, true);
    trailer.setUint32(4, this.#size % 0x100000000, true);
    return this.#withHeader(concat([this.#deflate.end(), new Uint8Array(trailer.buffer)]));
  }

  #withHeader(bytes: Uint8Array): Uint8Array {
    const header = this.#header;
    if (header === undefined) return bytes;
    this.#header = undefined;
    return concat([header, bytes]);
  }
}
