// Files of version 3: header, compression and blocks (apk-v3(5)).
import type { Steps } from "../abi/program.ts";
import { concat } from "../lib/bytes.ts";
import { ChunkQueue } from "../lib/chunk-queue.ts";
import type { Decoder } from "../lib/decoder.ts";
import { Deflate } from "../lib/deflate.ts";
import { FormatError, unexpectedEof } from "../lib/format-error.ts";
import { Inflate } from "../lib/inflate.ts";
import { Unzstd } from "../lib/zstd.ts";
import { Zstd } from "../lib/zstd-encoder.ts";
import type { Settings } from "./context.ts";
import type { Source } from "./source.ts";

/** Kinds of blocks. */
export const BLOCK_ADB = 0;
export const BLOCK_SIG = 1;
export const BLOCK_DATA = 2;
const BLOCK_EXTENDED = 3;

const HEADER = 4;
const EXTENDED_HEADER = 16;
const SIZE_MAX = 0x3fff_ffff;
const ALIGN = 8;
/** Of the block of values: an index of all of Alpine has some 10 MiB. */
const ADB_MAX = 1 << 28;
const SIGNATURE_MAX = 1 << 16;
const SIGNATURES_MAX = 64;

const ALGORITHMS = ["none", "deflate", "zstd"] as const;

export type Compression = NonNullable<Settings["compression"]>;

/** What a block says of itself. */
export interface BlockHeader {
  readonly type: number;
  /** Bytes in it, without header and padding. */
  readonly size: number;
}

function damaged(): FormatError {
  return new FormatError("data", "damaged ADB file");
}

/** Does a file that begins so belong to version 3? */
export function isAdb(start: Uint8Array): boolean {
  return start[0] === 0x41 && start[1] === 0x44 && start[2] === 0x42;
}

/** Reads a file of version 3 from front to end: `open`, then block after block. */
export class AdbFileReader {
  readonly #source: Source;
  readonly #queue = new ChunkQueue();
  #decoder: Decoder | undefined;
  #ended = false;
  #left = 0;
  #padding = 0;
  /** Four letters that say what it holds. */
  schema = "";
  compression: Compression = { algorithm: "none", level: 0 };

  constructor(source: Source) {
    this.#source = source;
  }

  /** Reads the file's header. FormatError "magic" when it is not of version 3. */
  *open(): Steps<void> {
    const start = yield* this.#take(4);
    if (!isAdb(start)) throw new FormatError("magic", "no file of version 3");
    if (start[3] === 0x64) {
      this.compression = { algorithm: "deflate", level: 0 };
      this.#decode(new Inflate());
    } else if (start[3] === 0x63) {
      const [number = 0, level = 0] = yield* this.#take(2);
      const algorithm = ALGORITHMS[number];
      if (algorithm === undefined) throw new FormatError("unsupported", "unknown compression");
      this.compression = { algorithm, level };
      if (algorithm === "deflate") this.#decode(new Inflate());
      else if (algorithm === "zstd") this.#decode(new Unzstd());
    } else if (start[3] !== 0x2e) throw new FormatError("magic", "no file of version 3");
    if (start[3] !== 0x2e) {
      const inner = yield* this.#take(4);
      if (!isAdb(inner) || inner[3] !== 0x2e) throw damaged();
    }
    const id = yield* this.#take(4);
    this.schema = String.fromCharCode(...id);
  }

  /** The next block, what is left of the one before passed over; undefined at the end. */
  *next(): Steps<BlockHeader | undefined> {
    while (this.#left > 0) yield* this.data();
    if (!(yield* this.#fill(this.#padding, true))) {
      // The last block's padding may be missing.
      return undefined;
    }
    this.#queue.skip(this.#padding);
    this.#padding = 0;
    if (!(yield* this.#fill(HEADER, true))) {
      if (this.#queue.available > 0) throw unexpectedEof();
      return undefined;
    }
    const tag = number(this.#queue.take(HEADER) as Uint8Array, 0, 4);
    let type = tag >>> 30;
    let size = (tag & SIZE_MAX) - HEADER;
    let header = HEADER;
    if (type === BLOCK_EXTENDED) {
      const rest = yield* this.#take(EXTENDED_HEADER - HEADER);
      type = tag & SIZE_MAX;
      size = number(rest, 4, 8) - EXTENDED_HEADER;
      header = EXTENDED_HEADER;
    }
    if (type > BLOCK_DATA || size < 0 || !Number.isSafeInteger(size)) throw damaged();
    this.#left = size;
    this.#padding = (ALIGN - ((size + header) % ALIGN)) % ALIGN;
    return { type, size };
  }

  /** A piece of the current block; undefined at its end. */
  *data(): Steps<Uint8Array | undefined> {
    if (this.#left === 0) return undefined;
    if (this.#queue.available === 0 && !(yield* this.#fill(1, true))) throw unexpectedEof();
    const piece = this.#queue.piece(this.#left);
    this.#left -= piece.length;
    return piece;
  }

  /** All that is left of the current block. */
  *whole(limit: number): Steps<Uint8Array> {
    if (this.#left > limit) throw new FormatError("unsupported", "block too large");
    const pieces: Uint8Array[] = [];
    for (let piece = yield* this.data(); piece !== undefined; piece = yield* this.data())
      pieces.push(piece);
    return concat(pieces);
  }

  /** The first so many bytes of the current block. */
  *head(size: number): Steps<Uint8Array> {
    if (size > this.#left) throw damaged();
    const bytes = yield* this.#take(size);
    this.#left -= size;
    return bytes;
  }

  #decode(decoder: Decoder): void {
    const rest = this.#queue.take(this.#queue.available);
    if (rest !== undefined) decoder.push(rest);
    if (this.#ended) decoder.end();
    this.#ended = false;
    this.#decoder = decoder;
  }

  *#take(size: number): Steps<Uint8Array> {
    yield* this.#fill(size, false);
    return this.#queue.take(size) as Uint8Array;
  }

  /** Brings so many bytes into the queue; false (or an error) when the file ends before. */
  *#fill(size: number, mayEnd: boolean): Steps<boolean> {
    while (this.#queue.available < size) {
      if (this.#ended) {
        if (mayEnd) return false;
        throw unexpectedEof();
      }
      yield* this.#more();
    }
    return true;
  }

  *#more(): Steps<void> {
    const decoder = this.#decoder;
    if (decoder === undefined) {
      const chunk = yield* this.#source.read();
      if (chunk.length === 0) this.#ended = true;
      this.#queue.push(chunk);
      return;
    }
    const block = decoder.read();
    if (block !== undefined) {
      // The decoder uses its memory again.
      this.#queue.push(block.slice());
      return;
    }
    if (decoder.done) {
      this.#ended = true;
      return;
    }
    const chunk = yield* this.#source.read();
    if (chunk.length === 0) decoder.end();
    else decoder.push(chunk);
  }
}

function number(bytes: Uint8Array, at: number, size: number): number {
  let n = 0;
  for (let i = size - 1; i >= 0; i--) n = n * 256 + (bytes[at + i] as number);
  return n;
}

/** What stands in front of a file's data: its values and their signatures. */
export interface AdbHead {
  readonly adb: Uint8Array;
  readonly signatures: readonly Uint8Array[];
  /** The first block of data, whose contents are to be read next. */
  readonly data: BlockHeader | undefined;
}

/** Reads the block of values and the signatures behind it. */
export function* readAdbHead(file: AdbFileReader): Steps<AdbHead> {
  const first = yield* file.next();
  if (first === undefined || first.type !== BLOCK_ADB) throw damaged();
  const adb = yield* file.whole(ADB_MAX);
  const signatures: Uint8Array[] = [];
  for (;;) {
    const block = yield* file.next();
    if (block === undefined || block.type === BLOCK_DATA) return { adb, signatures, data: block };
    if (block.type !== BLOCK_SIG || signatures.length >= SIGNATURES_MAX) throw damaged();
    signatures.push(yield* file.whole(SIGNATURE_MAX));
  }
}

/** Header and padding of a block of so many bytes. */
export function blockFrame(type: number, size: number): { head: Uint8Array; padding: Uint8Array } {
  const extended = size + HEADER > SIZE_MAX;
  const head = new Uint8Array(extended ? EXTENDED_HEADER : HEADER);
  const view = new DataView(head.buffer);
  if (extended) {
    view.setUint32(0, ((BLOCK_EXTENDED << 30) | type) >>> 0, true);
    view.setUint32(8, (size + EXTENDED_HEADER) >>> 0, true);
    view.setUint32(12, Math.floor((size + EXTENDED_HEADER) / 2 ** 32), true);
  } else view.setUint32(0, ((type << 30) | (size + HEADER)) >>> 0, true);
  const padding = new Uint8Array((ALIGN - ((size + head.length) % ALIGN)) % ALIGN);
  return { head, padding };
}

/** Writes a file of version 3: feed it what is to stand there, send what it answers. */
export class AdbFileWriter {
  readonly #encoder: { encode(chunk: Uint8Array): Uint8Array; end(): Uint8Array } | undefined;
  #start: Uint8Array | undefined;

  constructor(schema: string, compression: Compression | undefined) {
    const { algorithm, level } = compression ?? { algorithm: "deflate", level: 0 };
    const plain = Uint8Array.from(`ADB.${schema}`, (c) => c.charCodeAt(0));
    if (algorithm === "none") this.#start = plain;
    else {
      const usual = algorithm === "deflate" && level === 0;
      const text = usual
        ? "ADBd"
        : `ADBc${String.fromCharCode(ALGORITHMS.indexOf(algorithm), level)}`;
      this.#encoder =
        algorithm === "zstd"
          ? new Zstd(level === 0 ? {} : { level })
          : new Deflate(level === 0 ? 6 : level);
      const outer = Uint8Array.from(text, (c) => c.charCodeAt(0));
      this.#start = concat([outer, this.#encoder.encode(plain)]);
    }
  }

  /** A whole block. */
  block(type: number, contents: Uint8Array): Uint8Array {
    const { head, padding } = blockFrame(type, contents.length);
    return this.bytes(concat([head, contents, padding]));
  }

  /** Any bytes, for blocks written in pieces. */
  bytes(chunk: Uint8Array): Uint8Array {
    const out = this.#encoder === undefined ? chunk : this.#encoder.encode(chunk);
    const start = this.#start;
    this.#start = undefined;
    return start === undefined ? out : concat([start, out]);
  }

  end(): Uint8Array {
    const out = this.#encoder?.end() ?? new Uint8Array(0);
    const start = this.#start;
    this.#start = undefined;
    return start === undefined ? out : concat([start, out]);
  }
}
