// Keys for full-screen programs (vi, less, top): read from a terminal, or pushed back.
import { EINTR, Errno } from "../../abi/errno.ts";
import { POLLIN } from "../../abi/poll.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { decodeKey } from "../../libc/keys.ts";

/** How long the bytes of one key may be apart. */
const KEY_GAP_MS = 50;

/** No more keys can come: the input is at its end. */
export class NoInput {}

/** The keys of a terminal one after another, as libc/keys.ts names them. */
export class Keys {
  /** Called before waiting for a key: time to draw. */
  idle: (() => Steps<void>) | undefined;
  /** Called when a signal interrupted the wait. */
  interrupted: (() => Steps<void>) | undefined;
  /** Keys taken since the owner emptied it. */
  recorded: string[] = [];
  readonly fd: number;
  readonly #sys: Sys;
  readonly #pushed: string[] = [];
  #bytes = "";

  constructor(sys: Sys, fd: number) {
    this.#sys = sys;
    this.fd = fd;
  }

  /** These keys come next. */
  push(keys: readonly string[]): void {
    this.#pushed.unshift(...keys);
  }

  /** Is a key there already? */
  get pending(): boolean {
    return this.#pushed.length > 0 || this.#bytes !== "";
  }

  /** The next key. Throws NoInput at the end of input. */
  *next(): Steps<string> {
    const key = this.#pushed.shift() ?? (yield* this.#read());
    if (this.recorded.length < 65536) this.recorded.push(key);
    return key;
  }

  /** Within the time, is there something to read? (-1 waits for ever.) */
  *ready(timeoutMs: number): Steps<boolean> {
    if (this.pending) return true;
    const fds = [{ fd: this.fd, events: POLLIN, revents: 0 }];
    try {
      let n = this.#sys.poll(fds, timeoutMs);
      if (isSteps(n)) n = yield* n;
      return n > 0;
    } catch (e) {
      if (e !== EINTR) throw e;
      if (this.interrupted) yield* this.interrupted();
      return false;
    }
  }

  *#read(): Steps<string> {
    let final = false;
    for (;;) {
      const key = decodeKey(this.#bytes, 0, final);
      if (key !== undefined) {
        // Nothing here has commands with Alt: it is Escape and a letter, typed fast.
        if (/^<alt-([bdf]|backspace)>$/.test(key.key)) {
          this.#bytes = this.#bytes.slice(1);
          return "\x1b";
        }
        this.#bytes = this.#bytes.slice(key.length);
        if (key.key !== "<cursor>" && key.key !== "<unknown>") return key.key;
        final = false;
        continue;
      }
      if (this.#bytes === "") {
        if (this.idle) yield* this.idle();
      } else {
        const fds = [{ fd: this.fd, events: POLLIN, revents: 0 }];
        let n = this.#sys.poll(fds, KEY_GAP_MS);
        if (isSteps(n)) n = yield* n;
        if (n === 0) {
          final = true;
          continue;
        }
      }
      yield* this.#fill();
    }
  }

  *#fill(): Steps<void> {
    for (;;) {
      try {
        let chunk = this.#sys.read(this.fd, 4096);
        if (isSteps(chunk)) chunk = yield* chunk;
        if (chunk.length === 0) throw new NoInput();
        this.#bytes += strOf(chunk);
        return;
      } catch (e) {
        if (e instanceof NoInput) throw e;
        if (!(e instanceof Errno)) throw e;
        if (e !== EINTR) throw new NoInput();
        if (this.interrupted) yield* this.interrupted();
      }
    }
  }
}
