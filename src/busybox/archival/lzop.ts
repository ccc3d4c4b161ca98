// lzop, unlzop, lzopcat: files of lzop(1): a header, and blocks of LZO1X with Adler-32 sums
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { concat } from "../../lib/bytes.ts";
import { adler32, crc32 } from "../../lib/crc.ts";
import { FormatError } from "../../lib/format-error.ts";
import { Lzo1x, lzo1xDecompress } from "../../lib/lzo.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { BLOCK_COST, chunksOf, PackedError } from "./codec.ts";
import { packFiles, type Transform, withoutSuffix } from "./pack-files.ts";

const MAGIC: readonly number[] = [0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a];
/** Versions that the header tells: lzop's, the library's, and the least that can unpack it. */
const VERSION = 0x1010;
const LIBRARY = 0x2030;
const NEEDED = 0x0940;

const F_ADLER32_D = 0x1;
const F_ADLER32_C = 0x2;
const F_EXTRA_FIELD = 0x40;
const F_CRC32_D = 0x100;
const F_CRC32_C = 0x200;
const F_FILTER = 0x800;
const F_HEADER_CRC32 = 0x1000;
const F_OS_UNIX = 0x3000000;

const BLOCK_SIZE = 256 * 1024;
const BLOCK_MAX = 64 * 1024 * 1024;

/** Bytes of a file, so many at a time. */
class Reader {
  readonly #read: () => Steps<Uint8Array>;
  #have: Uint8Array = new Uint8Array(0);

  constructor(read: () => Steps<Uint8Array>) {
    this.#read = read;
  }

  /** `n` bytes, or fewer at the end. */
  *some(n: number): Steps<Uint8Array> {
    if (this.#have.length < n) {
      const parts = [this.#have];
      let size = this.#have.length;
      while (size < n) {
        const chunk = yield* this.#read();
        if (chunk.length === 0) break;
        parts.push(chunk);
        size += chunk.length;
      }
      this.#have = concat(parts);
    }
    const bytes = this.#have.subarray(0, n);
    this.#have = this.#have.subarray(n);
    return bytes;
  }

  *exactly(n: number): Steps<Uint8Array> {
    const bytes = yield* this.some(n);
    if (bytes.length < n) throw new PackedError("short read");
    return bytes;
  }

  *word(): Steps<number> {
    const b = yield* this.exactly(4);
    return new DataView(b.buffer, b.byteOffset, 4).getUint32(0);
  }
}

/** Reads the header: its flags. */
function* header(reader: Reader): Steps<number> {
  const magic = yield* reader.some(MAGIC.length);
  if (MAGIC.some((b, i) => magic[i] !== b))
    throw new PackedError(magic.length < MAGIC.length ? "short read" : "bad magic number");
  const parts: Uint8Array[] = [];
  const take = function* (n: number): Steps<DataView> {
    const bytes = yield* reader.exactly(n);
    parts.push(bytes);
    return new DataView(bytes.buffer, bytes.byteOffset, n);
  };
  const version = (yield* take(2)).getUint16(0);
  yield* take(2);
  if (version >= 0x0940) {
    const needed = (yield* take(2)).getUint16(0);
    if (needed > VERSION || needed < 0x0900) throw new PackedError("header_error 3");
  }
  const method = (yield* take(1)).getUint8(0);
  if (version >= 0x0940) yield* take(1);
  if (method < 1 || method > 3) throw new PackedError("header_error 14");
  const flags = (yield* take(4)).getUint32(0);
  if ((flags & F_FILTER) !== 0) throw new PackedError("header_error 16");
  yield* take(version >= 0x0940 ? 12 : 8);
  const length = (yield* take(1)).getUint8(0);
  yield* take(length);
  const bytes = concat(parts);
  const sum = (flags & F_HEADER_CRC32) !== 0 ? crc32(bytes) : adler32(bytes);
  if ((yield* reader.word()) !== sum >>> 0) throw new PackedError("header_error 2");
  if ((flags & F_EXTRA_FIELD) !== 0) {
    const size = yield* reader.word();
    if (size > BLOCK_MAX) throw new PackedError("corrupted data");
    yield* reader.exactly(size + 4);
  }
  return flags;
}

function decompress(p: Process, verify: boolean): Transform {
  const { sys } = p;
  return function* (from, to) {
    const reader = new Reader(chunksOf(sys, from));
    const flags = yield* header(reader);
    const sum = function* (adler: number, crc: number): Steps<(bytes: Uint8Array) => void> {
      const known = (flags & adler) !== 0 ? yield* reader.word() : undefined;
      const other = (flags & crc) !== 0 ? yield* reader.word() : undefined;
      return (bytes) => {
        if (!verify) return;
        const bad =
          (known !== undefined && adler32(bytes) >>> 0 !== known) ||
          (other !== undefined && crc32(bytes) >>> 0 !== other);
        if (bad) throw new PackedError("checksum error");
      };
    };
    for (;;) {
      const size = yield* reader.word();
      if (size === 0) return 1;
      const packed = yield* reader.word();
      if (size > BLOCK_MAX || packed === 0 || packed > size)
        throw new PackedError("corrupted data");
      const check = yield* sum(F_ADLER32_D, F_CRC32_D);
      const checkPacked = packed < size ? yield* sum(F_ADLER32_C, F_CRC32_C) : undefined;
      const bytes = yield* reader.exactly(packed);
      checkPacked?.(bytes);
      let block = bytes;
      if (packed < size) {
        try {
          block = lzo1xDecompress(bytes, size);
        } catch (e) {
          if (!(e instanceof FormatError)) throw e;
          throw new PackedError(e.message);
        }
      }
      check(block);
      if (to !== undefined) yield* writeAll(sys, to, block);
      sys.budget -= BLOCK_COST;
      if (sys.budget < 0) yield* sys.sched_yield();
    }
  };
}

function words(...numbers: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  for (const [i, n] of numbers.entries()) view.setUint32(4 * i, n);
  return new Uint8Array(view.buffer);
}

function compress(p: Process, opt: Options): Transform {
  const { sys } = p;
  const level = Number(opt.lastOf("123456789") ?? 3);
  const flags = F_OS_UNIX | (opt.has("F") ? 0 : F_ADLER32_D | (opt.has("C") ? F_ADLER32_C : 0));
  return function* (from, to = 1) {
    if (level >= 7) die("high compression not compiled in");
    const reader = new Reader(chunksOf(sys, from));
    const head = new DataView(new ArrayBuffer(25));
    for (const [i, n] of [VERSION, LIBRARY, NEEDED].entries()) head.setUint16(2 * i, n);
    // The method and level that lzop writes for its options.
    head.setUint16(6, level === 1 ? 0x0201 : 0x0105);
    head.setUint32(8, flags);
    const bytes = new Uint8Array(head.buffer);
    yield* writeAll(sys, to, concat([Uint8Array.from(MAGIC), bytes, words(adler32(bytes))]));
    // A larger table finds more.
    const encoder = new Lzo1x(level === 1 ? 15 : 14);
    for (;;) {
      let block: Uint8Array;
      try {
        block = yield* reader.some(BLOCK_SIZE);
      } catch (e) {
        // As the original has it, what cannot be read just ends the file.
        if (!(e instanceof Errno)) throw e;
        break;
      }
      if (block.length === 0) break;
      const packed = encoder.encode(block);
      const small = packed.length < block.length;
      const parts = [words(block.length, small ? packed.length : block.length)];
      if ((flags & F_ADLER32_D) !== 0) parts.push(words(adler32(block)));
      if ((flags & F_ADLER32_C) !== 0 && small) parts.push(words(adler32(packed)));
      yield* writeAll(sys, to, concat([...parts, small ? packed : block]));
      sys.budget -= BLOCK_COST;
      if (sys.budget < 0) yield* sys.sched_yield();
    }
    yield* writeAll(sys, to, words(0));
    // What -v compares with.
    return 1;
  };
}

/** Files stay unless -U tells to remove them. */
function keep(opt: Options): Options {
  if (!opt.has("U")) opt.set("k");
  return opt;
}

function* unpackMain(p: Process, opt: Options): Steps<number> {
  return yield* packFiles(p, keep(opt), {
    transform: decompress(p, !opt.has("F")),
    rename: (name) => withoutSuffix(name, ".lzo") ?? `${name}.out`,
  });
}

function* lzopMain(p: Process): Steps<number> {
  const opt = getopt(p, "cfUvqdtkFC123456789");
  if (opt.has("d") || opt.has("t")) return yield* unpackMain(p, opt);
  return yield* packFiles(p, keep(opt), {
    transform: compress(p, opt),
    rename: (name) => `${name}.lzo`,
  });
}

export const lzop: Applet = {
  name: "lzop",
  path: "/bin/lzop",
  usage: `[-cfUvdtFC123456789] [FILE]...

Compress each FILE to FILE.lzo, or stdin to stdout

	-1..6	How hard to try
	-d	Decompress
	-t	Only test
	-c	Write to stdout
	-f	Overwrite, and write to a terminal
	-U	Remove FILEs afterwards
	-v	Say what is done
	-F	No checksums, neither written nor looked at
	-C	A checksum of the compressed blocks as well
`,
  main: lzopMain,
};

function* unlzopMain(p: Process): Steps<number> {
  return yield* unpackMain(p, getopt(p, "cfUvqdtkF"));
}

export const unlzop: Applet = {
  name: "unlzop",
  path: "/usr/bin/unlzop",
  usage: `[-cfUvtF] [FILE]...

Decompress each FILE.lzo to FILE, or stdin to stdout

	-c	Write to stdout
	-f	Overwrite
	-U	Remove FILEs afterwards
	-t	Only test
	-v	Say what is done
	-F	Do not look at checksums
`,
  main: unlzopMain,
};

function* lzopcatMain(p: Process): Steps<number> {
  const opt = getopt(p, "cfUvqdtkF");
  opt.set("c");
  return yield* unpackMain(p, opt);
}

export const lzopcat: Applet = {
  name: "lzopcat",
  path: "/usr/bin/lzopcat",
  usage:
    "[-vF] [FILE]...\n\nPrint what FILEs compressed by lzop hold\n\n\t-F\tDo not look at checksums\n",
  main: lzopcatMain,
};
