// The history of command lines and its file.
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD, O_APPEND, O_CLOEXEC, O_CREAT, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { readText, writeAll } from "../../libc/unistd.ts";

/** Lines kept, unless $HISTFILESIZE says less. */
export const MAX_HISTORY = 8192;
/** A history file beyond this is not read. */
const MAX_FILE = 1 << 26;

/** Lines entered, oldest first, as byte strings without newline. */
export class History {
  readonly lines: string[] = [];
  readonly #max: number;
  #path: string | undefined;
  /** Lines in the file, as far as we know. */
  #inFile = 0;

  /** `size` is $HISTFILESIZE: a number from 0 to 8192, else ignored. */
  constructor(size?: string) {
    const n = /^[0-9]+$/.test(size ?? "") ? Number(size) : MAX_HISTORY;
    this.#max = Math.min(n, MAX_HISTORY);
  }

  /** Reads the file, whose name is remembered for `append`. One that cannot be read is empty. */
  *load(sys: Sys, path: string): Steps<void> {
    this.#path = path;
    const text = yield* readText(sys, path, MAX_FILE);
    const lines = (text ?? "").split("\n");
    if (lines.at(-1) === "") lines.pop();
    this.#inFile = lines.length;
    for (const line of lines.slice(-this.#max || lines.length)) this.add(line);
  }

  /** Adds a line at the end, unless it is empty or repeats the last one; tells whether it did. */
  add(line: string): boolean {
    if (line === "" || this.#max === 0 || this.lines.at(-1) === line) return false;
    if (this.lines.length >= this.#max) this.lines.splice(0, this.lines.length - this.#max + 1);
    this.lines.push(line);
    return true;
  }

  /**
   * Adds a line to the file, which is cut to the last lines when it has grown to four times the limit.
   * Failures are nobody's business, as in the original.
   */
  *append(sys: Sys, line: string): Steps<void> {
    const path = this.#path;
    if (path === undefined) return;
    try {
      yield* write(sys, path, O_APPEND, `${line}\n`);
      if (++this.#inFile > this.#max * 4) yield* this.#trim(sys, path);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  *#trim(sys: Sys, path: string): Steps<void> {
    const text = yield* readText(sys, path, MAX_FILE);
    const kept = (text ?? "").split("\n").slice(-this.#max - 1);
    const fresh = `${path}.${sys.getpid()}.new`;
    yield* write(sys, fresh, O_TRUNC, kept.join("\n"));
    sys.renameat2(AT_FDCWD, fresh, AT_FDCWD, path, 0);
    this.#inFile = kept.length - 1;
  }
}

function* write(sys: Sys, path: string, flag: number, text: string): Steps<void> {
  let fd = sys.openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0o600);
  if (isSteps(fd)) fd = yield* fd;
  try {
    yield* writeAll(sys, fd, bytesOf(text));
  } finally {
    sys.close(fd);
  }
}
