// Compressed formats: telling them apart by their first bytes, and moving data through decoders.
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { Bunzip2 } from "../../lib/bunzip2.ts";
import { concat, strOf } from "../../lib/bytes.ts";
import type { Decoder } from "../../lib/decoder.ts";
import { FormatError } from "../../lib/format-error.ts";
import { Gunzip } from "../../lib/gzip.ts";
import { Unlzma } from "../../lib/lzma.ts";
import { Unlzw } from "../../lib/unlzw.ts";
import { Unxz } from "../../lib/xz.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { BUFSIZ } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import { writeAll } from "../../libc/unistd.ts";

export type Format = "gzip" | "compress" | "bzip2" | "xz" | "lzma";

/** A slice of the processor has 4096 units; so many are taken for each block that passes a coder. */
export const BLOCK_COST = 512;

/** What went wrong with packed data, in the words of the message: "prog: MESSAGE". */
export class PackedError extends Error {}

/** The format that two first bytes tell; undefined when they tell none. */
export function formatOf(
  first: number | undefined,
  second: number | undefined,
): Format | undefined {
  const magic = (first ?? 0) * 256 + (second ?? 0);
  if (magic === 0x1f8b) return "gzip";
  if (magic === 0x1f9d) return "compress";
  if (magic === 0x425a) return "bzip2";
  if (magic === 0xfd37) return "xz";
  // Not a magic, but what xz(1) writes there.
  if (magic === 0x5d00) return "lzma";
  return undefined;
}

/** A new decoder. */
export function decoderFor(format: Format): Decoder {
  switch (format) {
    case "gzip":
      return new Gunzip();
    case "compress":
      return new Unlzw();
    case "bzip2":
      return new Bunzip2();
    case "xz":
      return new Unxz();
    case "lzma":
      return new Unlzma();
  }
}

function describe(format: Format, e: FormatError, some: boolean): string {
  switch (format) {
    case "gzip":
      if (e.code === "checksum") return e.message;
      // An end outside of the compressed data is told in other words.
      return e.code === "eof" && some ? "unexpected end of file" : "corrupted data";
    case "bzip2":
      if (e.code === "checksum") return "CRC error";
      return `bunzip error -${e.code === "magic" ? 2 : e.code === "eof" ? 3 : 5}`;
    case "compress":
      if (e.code === "eof") return "short read";
      return e.code === "unsupported" ? e.message : "corrupted data";
    case "lzma":
      if (e.code === "magic") return "bad lzma header";
      return e.code === "eof" ? "unexpected EOF" : "corrupted data";
    case "xz":
      return "corrupted data";
  }
}

/** What packed data unpacks to, block by block. `read` gives packed chunks, an empty one at the end. */
export class Unpacker {
  readonly #format: Format;
  readonly #decoder: Decoder;
  readonly #read: () => Steps<Uint8Array>;
  #eof = false;

  constructor(format: Format, read: () => Steps<Uint8Array>) {
    this.#format = format;
    this.#decoder = decoderFor(format);
    this.#read = read;
  }

  /** The next block; undefined at the end. Throws PackedError, and what `read` throws. */
  *next(): Steps<Uint8Array | undefined> {
    const decoder = this.#decoder;
    for (;;) {
      let block: Uint8Array | undefined;
      try {
        block = decoder.read();
      } catch (e) {
        if (!(e instanceof FormatError)) throw e;
        const some = decoder instanceof Gunzip && decoder.inBody;
        throw new PackedError(describe(this.#format, e, some));
      }
      if (block !== undefined || decoder.done) return block;
      if (this.#eof) throw new Error("bug: decoder wants more after the end");
      const chunk = yield* this.#read();
      if (chunk.length > 0) decoder.push(chunk);
      else {
        decoder.end();
        this.#eof = true;
      }
    }
  }
}

/** Chunks of a descriptor, after `first` that were read before. */
export function chunksOf(
  sys: Sys,
  fd: number,
  first: readonly Uint8Array[] = [],
): () => Steps<Uint8Array> {
  const ahead = [...first];
  return function* () {
    const kept = ahead.shift();
    if (kept !== undefined) return kept;
    const chunk = sys.read(fd, BUFSIZ);
    return isSteps(chunk) ? yield* chunk : chunk;
  };
}

/** `have` and what follows it, until there are `n` bytes or more, or the end is. */
export function* readAhead(
  sys: Sys,
  fd: number,
  n: number,
  have: Uint8Array = new Uint8Array(0),
): Steps<Uint8Array> {
  let all = have;
  while (all.length < n) {
    let chunk = sys.read(fd, BUFSIZ);
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) break;
    all = concat(all.length === 0 ? [chunk] : [all, chunk]);
  }
  return all;
}

/** The format that the beginning of a file tells, and as much of it as was read; undefined when it is none. */
export function* detect(
  sys: Sys,
  fd: number,
): Steps<{ format: Format | undefined; first: Uint8Array }> {
  let first = yield* readAhead(sys, fd, 2);
  let format = first.length < 2 ? undefined : formatOf(first[0], first[1]);
  if (format === "xz") {
    first = yield* readAhead(sys, fd, 6, first);
    if (strOf(first, 2, 6) !== "zXZ\0") format = undefined;
  }
  return { format, first };
}

/** Writes all that `unpacker` gives to `to` (nowhere if undefined): how many bytes. */
export function* unpackTo(sys: Sys, unpacker: Unpacker, to: number | undefined): Steps<number> {
  let size = 0;
  for (;;) {
    const block = yield* unpacker.next();
    if (block === undefined) return size;
    size += block.length;
    sys.budget -= BLOCK_COST;
    if (sys.budget < 0) yield* sys.sched_yield();
    if (to === undefined) continue;
    try {
      const n = sys.write(to, block);
      const written = isSteps(n) ? yield* n : n;
      if (written < block.length) yield* writeAll(sys, to, block.subarray(written));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      throw new PackedError(`write: ${strerror(e)}`);
    }
  }
}

/** An encoder: it answers the output that is ready. */
interface Encoder {
  encode(chunk: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

/** What is handed to an encoder between looks at the time slice. */
const ENCODE_SIZE = 1 << 16;

/**
 * Packs all that `read` gives into `to` (nowhere if undefined): the size of the result. What cannot be read
 * throws Errno after the rest has been written; what cannot be written ends the program.
 */
export function* packTo(
  p: Process,
  encoder: Encoder,
  read: () => Steps<Uint8Array>,
  to: number | undefined,
): Steps<number> {
  const { sys } = p;
  let size = 0;
  let held: Uint8Array[] = [];
  let waiting = 0;
  function* put(bytes: Uint8Array, all: boolean): Steps<void> {
    if (bytes.length > 0) held.push(bytes);
    waiting += bytes.length;
    if (waiting < ENCODE_SIZE && !all) return;
    size += waiting;
    waiting = 0;
    const pieces = concat(held);
    held = [];
    try {
      if (to !== undefined) yield* writeAll(sys, to, pieces);
    } catch (e) {
      dieErrno("write error", e);
    }
  }
  let failure: Errno | undefined;
  for (;;) {
    let chunk: Uint8Array;
    try {
      chunk = yield* read();
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      failure = e;
      break;
    }
    if (chunk.length === 0) break;
    for (let at = 0; at < chunk.length; at += ENCODE_SIZE) {
      yield* put(encoder.encode(chunk.subarray(at, at + ENCODE_SIZE)), false);
      sys.budget -= BLOCK_COST;
      if (sys.budget < 0) yield* sys.sched_yield();
    }
  }
  yield* put(encoder.end(), true);
  if (failure !== undefined) throw failure;
  return size;
}
