// The bytes of several files one after the other, from an offset on and up to a count, in pieces of whole blocks.
import { SEEK_CUR, SEEK_END, SEEK_SET } from "../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { concat } from "../../lib/bytes.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { BUFSIZ, type Input } from "../../libc/stdio.ts";
import { closeInput, openInput } from "../libbb/inputs.ts";

export class DumpInput {
  readonly #p: Process;
  readonly #names: string[];
  readonly #block: number;
  #skip: number;
  #left: number;
  #input: Input | undefined;
  #held: Uint8Array = new Uint8Array(0);
  /** Bytes that have gone by, those skipped counting. */
  address = 0;
  /** Did a file fail? */
  failed = false;

  constructor(p: Process, names: readonly string[], block: number, skip: number, count: number) {
    this.#p = p;
    this.#names = names.length === 0 ? ["-"] : [...names];
    this.#block = block;
    this.#skip = skip;
    this.#left = count;
  }

  /** The next whole blocks; at the end, fewer bytes than a block, or none. */
  *next(): Steps<Uint8Array> {
    const parts: Uint8Array[] = this.#held.length === 0 ? [] : [this.#held];
    let size = this.#held.length;
    while (size < this.#block) {
      const chunk = yield* this.#chunk();
      if (chunk === undefined) break;
      parts.push(chunk);
      size += chunk.length;
    }
    const bytes = concat(parts);
    const whole = size < this.#block ? size : size - (size % this.#block);
    this.#held = bytes.subarray(whole);
    return bytes.subarray(0, whole);
  }

  *#chunk(): Steps<Uint8Array | undefined> {
    for (;;) {
      if (this.#left === 0) return undefined;
      if (this.#input === undefined && !(yield* this.#open())) return undefined;
      const input = this.#input as Input;
      let chunk: Uint8Array;
      try {
        const call = input.read(Math.min(BUFSIZ, Math.max(this.#left, this.#skip)));
        chunk = isSteps(call) ? yield* call : call;
      } catch (e) {
        yield* this.#p.warn(input.name, e);
        this.failed = true;
        chunk = new Uint8Array(0);
      }
      if (chunk.length === 0) {
        closeInput(this.#p, input);
        this.#input = undefined;
        continue;
      }
      const skipped = Math.min(this.#skip, chunk.length);
      this.#skip -= skipped;
      this.address += skipped;
      const wanted = chunk.subarray(
        skipped,
        skipped + Math.min(this.#left, chunk.length - skipped),
      );
      this.#left -= wanted.length;
      if (wanted.length > 0) return wanted;
    }
  }

  *#open(): Steps<boolean> {
    for (;;) {
      const name = this.#names.shift();
      if (name === undefined) return false;
      try {
        const input = yield* openInput(this.#p, name);
        this.#input = input;
        this.#seek(input);
        return true;
      } catch (e) {
        yield* this.#p.warn(name, e);
        this.failed = true;
      }
    }
  }

  /** Leaves out by seeking what is to be skipped of a file. */
  #seek(input: Input): void {
    if (this.#skip === 0) return;
    const { fd } = input;
    const { sys } = this.#p;
    try {
      const start = sys.lseek(fd, 0, SEEK_CUR);
      const size = sys.lseek(fd, 0, SEEK_END) - start;
      const skipped = Math.min(this.#skip, Math.max(0, size));
      sys.lseek(fd, start + skipped, SEEK_SET);
      this.#skip -= skipped;
      this.address += skipped;
    } catch (e) {
      dieErrno(input.name === "standard input" ? "stdin" : input.name, e);
    }
  }
}
