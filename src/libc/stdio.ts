// stdio.h: buffered output and block-wise input over system calls.
//
// THE CONVENTION for calls that seldom have to wait: they return `Flushing`, which is undefined when
// everything is done (text was buffered, or the kernel took it at once) and otherwise the rest of the
// work, to be delegated to. So the common case costs no generator:
//
//     const w = out.puts(text);
//     if (w) yield* w;
//
// Gather text in a string and put it in pieces of some KiB; one call per line is fine too, one per
// character is not. Input is read in chunks (`Input.read`), in blocks of whole lines
// (`LineReader.block`, for indexOf, split and RegExp over many lines at once) or line by line
// (`LineReader.next`). Those return Blocking<...>: `if (isSteps(x)) x = yield* x;`.
// Beware in a RegExp over blocks: JavaScript's `.`, `^` and `$` take "\r" for a line end too; write
// [^\n] instead.
import { EINTR, ENOMEM, Errno } from "../abi/errno.ts";
import { SEEK_CUR } from "../abi/fcntl.ts";
import { type Blocking, isSteps, type Steps, type Sys } from "../abi/program.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";

/** What a seldom waiting call leaves to be done: `if (w) yield* w`. */
export type Flushing = Steps<void> | undefined;

/** Bytes asked of read(2) at a time. */
export const BUFSIZ = 65536;
/** Text gathered before it is written. */
const OUT_SIZE = 16384;
/** Longest line or block that is gathered, so that endless input without a newline ends in ENOMEM. */
const LINE_MAX = 0x1000_0000;

/** Is the descriptor a terminal? (isatty(3)) */
export function isatty(sys: Sys, fd: number): boolean {
  return sys.isatty(fd);
}

/**
 * An output stream. Fully buffered, by line when it is a terminal, or not at all (`unbuffered`).
 * A write error is kept in `error`, what was and is to be written is dropped: as with C's stdio,
 * who cares looks at `error`. (Most of BusyBox's applets do not.)
 */
export class Output {
  readonly sys: Sys;
  readonly fd: number;
  /** The first error of write(2), if any. */
  error: Errno | undefined;
  #text = "";
  #limit: number;
  /** undefined: not asked yet. */
  #byLine: boolean | undefined;

  constructor(sys: Sys, fd: number, unbuffered = false) {
    this.sys = sys;
    this.fd = fd;
    this.#limit = unbuffered ? 0 : OUT_SIZE;
    if (unbuffered) this.#byLine = false;
  }

  /** Writes a byte string. */
  puts(s: string): Flushing {
    this.#text += s;
    if (this.#text.length > this.#limit) return this.flush();
    if (this.#byLine === undefined) this.#byLine = isatty(this.sys, this.fd);
    return this.#byLine && s.includes("\n") ? this.flush() : undefined;
  }

  /** Writes bytes; a big chunk goes straight to the kernel and must not be changed afterwards. */
  write(b: Uint8Array): Flushing {
    if (b.length < 2048) return this.puts(strOf(b));
    const w = this.flush();
    return w ? this.#then(w, b) : this.#send(b);
  }

  /** Sends what is buffered. */
  flush(): Flushing {
    const s = this.#text;
    if (s === "") return undefined;
    this.#text = "";
    return this.#send(bytesOf(s));
  }

  /** Forgets what is buffered: for a child that must not write its parent's text. */
  purge(): void {
    this.#text = "";
  }

  /** Drops a remembered error (clearerr). */
  clearError(): void {
    this.error = undefined;
  }

  *#then(first: Steps<void>, b: Uint8Array): Steps<void> {
    yield* first;
    const w = this.#send(b);
    if (w) yield* w;
  }

  #send(b: Uint8Array): Flushing {
    if (this.error !== undefined) return undefined;
    try {
      const n = this.sys.write(this.fd, b);
      if (typeof n === "number" && n >= b.length) return undefined;
      return this.#rest(b, n);
    } catch (e) {
      if (e === EINTR) return this.#rest(b, 0);
      if (!(e instanceof Errno)) throw e;
      this.error = e;
      return undefined;
    }
  }

  *#rest(b: Uint8Array, first: Blocking<number>): Steps<void> {
    let call = first;
    let at = 0;
    for (;;) {
      try {
        at += isSteps(call) ? yield* call : call;
        if (at >= b.length) return;
        call = this.sys.write(this.fd, at === 0 ? b : b.subarray(at));
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        if (e !== EINTR) {
          this.error = e;
          return;
        }
        call = 0;
      }
    }
  }
}

/** An open descriptor to read from, with the name messages give it. */
export class Input {
  readonly sys: Sys;
  readonly fd: number;
  readonly name: string;
  #unused: (() => number) | undefined;

  constructor(sys: Sys, fd: number, name: string) {
    this.sys = sys;
    this.fd = fd;
    this.name = name;
  }

  /** The next chunk; an empty one at the end. Throws Errno. */
  read(max: number = BUFSIZ): Blocking<Uint8Array> {
    return this.sys.read(this.fd, max);
  }

  /** Tells that the last `n` bytes read were not made use of; once, before the program ends. */
  unread(n: number): void {
    this.#unused = () => n;
  }

  /** Tells who knows at the end how many bytes were not made use of. */
  setReader(unused: () => number): void {
    this.#unused = unused;
  }

  /**
   * At the end of a program, the position of a file goes back to what has been made use of, as
   * POSIX wants it of exit(3), so that the next program goes on from there.
   */
  giveBack(): void {
    const n = this.#unused?.() ?? 0;
    if (n === 0) return;
    try {
      this.sys.lseek(this.fd, -n, SEEK_CUR);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  close(): void {
    this.sys.close(this.fd);
  }
}

/** Text of an input in whole lines, as byte strings. `delimiter` is "\n" unless told ("\0" for -z). */
export class LineReader {
  readonly input: Input;
  readonly #delimiter: string;
  /** Text read; lines up to `#end` are whole. */
  #text = "";
  #at = 0;
  #carry = "";
  #givenBack = 0;
  #eof = false;

  constructor(input: Input, delimiter = "\n") {
    this.input = input;
    this.#delimiter = delimiter;
    input.setReader(() => this.unused);
  }

  /** Bytes that were read and have not been given to the caller, or that he has given back. */
  get unused(): number {
    return this.#text.length - this.#at + this.#carry.length + this.#givenBack;
  }

  /** Tells that the last `n` bytes of a block were not made use of; nothing more may be read then. */
  unread(n: number): void {
    this.#givenBack = n;
  }

  /**
   * Many whole lines at once, each with its delimiter; the last block of an input may lack it at its
   * very end. undefined at the end of input. Can be mixed with `next`.
   */
  block(): Blocking<string | undefined> {
    if (this.#at < this.#text.length) {
      const s = this.#at === 0 ? this.#text : this.#text.slice(this.#at);
      this.#text = "";
      this.#at = 0;
      return s;
    }
    if (this.#eof) return undefined;
    const chunk = this.input.read();
    if (isSteps(chunk)) return this.#gather(chunk);
    if (chunk.length > 0) {
      const s = strOf(chunk);
      const cut = s.lastIndexOf(this.#delimiter) + 1;
      if (cut > 0) {
        const whole = this.#carry + (cut === s.length ? s : s.slice(0, cut));
        this.#carry = cut === s.length ? "" : s.slice(cut);
        return whole;
      }
    }
    return this.#gather(chunk);
  }

  /** The next line with its delimiter, which only the last may lack; undefined at the end. */
  next(): Blocking<string | undefined> {
    const end = this.#text.indexOf(this.#delimiter, this.#at);
    if (end >= 0) {
      const line = this.#text.slice(this.#at, end + 1);
      this.#at = end + 1;
      return line;
    }
    if (this.#at < this.#text.length) return this.block();
    const block = this.block();
    return isSteps(block) ? this.#nextOf(block) : this.#first(block);
  }

  #first(block: string | undefined): Blocking<string | undefined> {
    if (block === undefined) return undefined;
    this.#text = block;
    this.#at = 0;
    return this.next();
  }

  *#nextOf(steps: Steps<string | undefined>): Steps<string | undefined> {
    const line = this.#first(yield* steps);
    return isSteps(line) ? yield* line : line;
  }

  /** The slow way to a block: the call has to wait, or the line is longer than what was read. */
  *#gather(first: Blocking<Uint8Array>): Steps<string | undefined> {
    let call = first;
    const pieces = [this.#carry];
    let size = this.#carry.length;
    this.#carry = "";
    for (;;) {
      const chunk = isSteps(call) ? yield* call : call;
      if (chunk.length === 0) {
        this.#eof = true;
        const rest = pieces.join("");
        return rest === "" ? undefined : rest;
      }
      const s = strOf(chunk);
      const cut = s.lastIndexOf(this.#delimiter) + 1;
      if (cut > 0) {
        pieces.push(s.slice(0, cut));
        this.#carry = s.slice(cut);
        return pieces.join("");
      }
      pieces.push(s);
      size += s.length;
      if (size > LINE_MAX) throw ENOMEM;
      call = this.input.read();
    }
  }
}
