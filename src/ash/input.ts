// Where a shell's commands come from: a file or descriptor, a string, a terminal.
import { EINTR, Errno } from "../abi/errno.ts";
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import { strOf } from "../lib/bytes.ts";
import type { Source } from "./tokens.ts";

/** Bytes of a script that are read at a time. */
const CHUNK = 65536;
/** Longest command (or here-document) a script may hold. */
const MAX_PENDING = 1 << 28;

/** A source of commands that may still have to be read. */
export interface Input extends Source {
  /** Reads more text; at the end sets `eof`. */
  fill(): Steps<void>;
  /** Line from which the text of the next command counts, for set -v. */
  readonly fd: number;
}

/** A script read from a descriptor. */
export class FileInput implements Input {
  text = "";
  pos = 0;
  eof = false;
  line = 1;
  aliases: Source["aliases"] = [];
  readonly fd: number;
  readonly #sys: Sys;
  readonly #chunk: number;

  constructor(sys: Sys, fd: number, chunk: number = CHUNK) {
    this.#sys = sys;
    this.fd = fd;
    this.#chunk = chunk;
  }

  *fill(): Steps<void> {
    for (;;) {
      try {
        let bytes = this.#sys.read(this.fd, this.#chunk);
        if (isSteps(bytes)) bytes = yield* bytes;
        if (bytes.length === 0 || this.text.length - this.pos > MAX_PENDING) {
          this.eof = true;
          return;
        }
        let more = strOf(bytes);
        // ash drops NUL bytes from its input.
        if (more.includes("\0")) more = more.replaceAll("\0", "");
        this.text = this.text.slice(this.pos) + more;
        this.pos = 0;
        return;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        if (e !== EINTR) {
          this.eof = true;
          return;
        }
      }
    }
  }
}

/** Commands given as a string. */
export class StringInput implements Input {
  readonly text: string;
  pos = 0;
  readonly eof = true;
  line: number;
  aliases: Source["aliases"] = [];
  readonly fd = -1;

  constructor(text: string, line = 0) {
    this.text = text;
    this.line = line;
  }

  *fill(): Steps<void> {}
}
