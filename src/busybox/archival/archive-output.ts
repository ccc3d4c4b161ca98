// What an archive is written through: pieces are gathered and handed on in blocks.
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { concat } from "../../lib/bytes.ts";
import { die } from "../../libc/process.ts";

/** What is read and written at once. */
const BATCH = 1 << 16;

export class ArchiveOutput {
  readonly #sys: Sys;
  readonly #write: (bytes: Uint8Array) => Steps<void>;
  #held: Uint8Array[] = [];
  #size = 0;

  constructor(sys: Sys, write: (bytes: Uint8Array) => Steps<void>) {
    this.#sys = sys;
    this.#write = write;
  }

  *put(bytes: Uint8Array): Steps<void> {
    if (bytes.length === 0) return;
    this.#held.push(bytes);
    this.#size += bytes.length;
    if (this.#size >= BATCH) yield* this.flush();
  }

  /** Copies `size` bytes of a file: as many as its header has promised, or the program ends. */
  *copy(fd: number, size: number): Steps<void> {
    for (let left = size; left > 0; ) {
      let chunk = this.#sys.read(fd, Math.min(left, BATCH));
      if (isSteps(chunk)) chunk = yield* chunk;
      if (chunk.length === 0) die("short read");
      left -= chunk.length;
      yield* this.put(chunk);
    }
  }

  *flush(): Steps<void> {
    const bytes = concat(this.#held);
    this.#held = [];
    this.#size = 0;
    if (bytes.length > 0) yield* this.#write(bytes);
  }
}
