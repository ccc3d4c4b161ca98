// Giving an archive reader its input: from a descriptor, unpacked on the way if need be.
import { Errno } from "../../abi/errno.ts";
import { SEEK_CUR } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { FormatError } from "../../lib/format-error.ts";
import { die, type Process } from "../../libc/process.ts";
import { chunksOf, type Format, PackedError, Unpacker } from "./codec.ts";

/** What the readers of lib have in common. */
interface Reader {
  /** Did the last call answer undefined because it lacks input? */
  readonly needsInput: boolean;
  push(chunk: Uint8Array): void;
  end(): void;
  /** The next piece of the current file's data. */
  read(): Uint8Array | undefined;
}

/** What `call` gives. An archive that is malformed ends the program. */
export function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (e) {
    if (!(e instanceof FormatError)) throw e;
    return die(e.message);
  }
}

export class Feed {
  readonly #p: Process;
  readonly #fd: number;
  readonly #reader: Reader;
  readonly #chunks: () => Steps<Uint8Array | undefined>;
  readonly #packed: boolean;
  #ended = false;
  /** Was the packed data broken? Then it has been told, and its end was taken for the end. */
  broken = false;

  /** `first` is what has been read of the descriptor. */
  constructor(
    p: Process,
    fd: number,
    reader: Reader,
    format?: Format,
    first: readonly Uint8Array[] = [],
  ) {
    this.#p = p;
    this.#fd = fd;
    this.#reader = reader;
    this.#packed = format !== undefined;
    const chunks = chunksOf(
      p.sys,
      fd,
      first.filter((chunk) => chunk.length > 0),
    );
    const unpacker = format === undefined ? undefined : new Unpacker(format, chunks);
    this.#chunks = unpacker === undefined ? chunks : () => unpacker.next();
  }

  /** Gives the reader more, or tells it the end. */
  *more(): Steps<void> {
    const chunk = yield* this.#next();
    if (chunk === undefined) this.#reader.end();
    else this.#reader.push(chunk);
  }

  /** The next piece of the current file's data, undefined at its end. */
  *data(): Steps<Uint8Array | undefined> {
    for (;;) {
      const piece = attempt(() => this.#reader.read());
      if (piece !== undefined || !this.#reader.needsInput) return piece;
      yield* this.more();
    }
  }

  /** Leaves out the next `n` bytes. */
  *skip(n: number): Steps<void> {
    if (n === 0) return;
    if (!this.#packed) {
      try {
        // This may lead behind the end, which shows when more is asked for.
        this.#p.sys.lseek(this.#fd, n, SEEK_CUR);
        return;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
    }
    for (let left = n; left > 0; ) {
      const chunk = yield* this.#next();
      if (chunk === undefined) {
        yield* this.#p.warnx("short read");
        this.broken = true;
        return;
      }
      if (chunk.length > left) this.#reader.push(chunk.subarray(left));
      left -= Math.min(left, chunk.length);
    }
  }

  /** Reads packed data to its end, so that errors after the archive's end come out. */
  *drain(): Steps<void> {
    while (this.#packed && (yield* this.#next()) !== undefined);
  }

  *#next(): Steps<Uint8Array | undefined> {
    if (this.#ended) return undefined;
    let chunk: Uint8Array | undefined;
    try {
      chunk = yield* this.#chunks();
    } catch (e) {
      if (e instanceof PackedError) yield* this.#p.warnx(e.message);
      else if (!(e instanceof Errno)) throw e;
      else if (!this.#packed) chunk = undefined;
      this.broken = true;
    }
    if (chunk === undefined || chunk.length === 0) {
      this.#ended = true;
      return undefined;
    }
    return chunk;
  }
}
