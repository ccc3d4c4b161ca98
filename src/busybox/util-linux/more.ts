// more: show text a screenful at a time, forward only (POSIX more, as far as BusyBox's goes)
import { Errno } from "../../abi/errno.ts";
import { O_CLOEXEC, O_RDONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { charWidth, decodeUtf8, encodeUtf8 } from "../../lib/utf8.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { isatty } from "../../libc/stdio.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { copyFd } from "../libbb/copy.ts";
import { forEachInput } from "../libbb/inputs.ts";
import { Keys, NoInput } from "../libbb/key-input.ts";
import { openTty, RawTerminal, windowSize } from "../libbb/raw-terminal.ts";

const HELP = "(Enter:next line Space:next page Q:quit R:show the rest)";

/** Shows text and stops for a key when the window is full. */
class Pager {
  /** Rows that may still be printed. */
  #left: number;
  #column = 0;
  #rest = false;
  /** Bytes shown of this file, and its size where known. */
  #shown = 0;
  size = 0;
  readonly #p: Process;
  readonly #keys: Keys;
  readonly #tty: number;

  constructor(p: Process, keys: Keys) {
    this.#p = p;
    this.#keys = keys;
    this.#tty = keys.fd;
    this.#left = windowSize(p, 1, this.#tty).rows - 1;
  }

  startFile(size: number): void {
    this.size = size;
    this.#shown = 0;
  }

  *#put(text: string): Steps<void> {
    let w = this.#p.stdout.puts(text);
    if (w) yield* w;
    w = this.#p.stdout.flush();
    if (w) yield* w;
  }

  /** Shows a piece of text (bytes); false when the user wants to leave. */
  *show(bytes: string): Steps<boolean> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#rest) {
        yield* this.#put(expandTabs(bytes.slice(at)));
        return true;
      }
      if (this.#left <= 0 && !(yield* this.#ask())) return false;
      const end = bytes.indexOf("\n", at) + 1 || bytes.length;
      const line = expandTabs(bytes.slice(at, end));
      const { cols } = windowSize(this.#p, 1, this.#tty);
      this.#column += width(line);
      if (line.endsWith("\n")) {
        this.#left -= Math.max(1, Math.ceil(this.#column / cols));
        this.#column = 0;
      }
      this.#shown += end - at;
      yield* this.#put(line);
      at = end;
      if (--this.#p.sys.budget < 0) yield* this.#p.sys.sched_yield();
    }
    return true;
  }

  *#ask(): Steps<boolean> {
    // The original counts the byte it has looked ahead at, once a prompt.
    this.#shown++;
    const percent = Math.round((100 * this.#shown) / this.size);
    let prompt = this.size > 0 ? `--More-- (${percent}% of ${this.size} bytes)` : "--More-- ";
    for (;;) {
      yield* this.#put(prompt);
      const key = (yield* this.#keys.next()).toLowerCase();
      yield* this.#put(`\r${" ".repeat(prompt.length)}\r`);
      switch (key) {
        case "q":
        case "\x03":
          return false;
        case "r":
          this.#rest = true;
          return true;
        case " ":
          this.#left = windowSize(this.#p, 1, this.#tty).rows - 1;
          return true;
        case "\r":
        case "\n":
          this.#left = 1;
          return true;
        default:
          prompt = HELP;
      }
    }
  }
}

/** Tabs become spaces, up to the next multiple of eight. */
function expandTabs(line: string): string {
  if (!line.includes("\t")) return line;
  let out = "";
  let column = 0;
  for (const c of decodeUtf8(line)) {
    if (c === "\t") {
      const n = 8 - (column % 8);
      out += " ".repeat(n);
      column += n;
    } else {
      out += c;
      column = c === "\n" ? 0 : column + Math.max(0, charWidth(c.codePointAt(0) as number));
    }
  }
  return encodeUtf8(out);
}

function width(line: string): number {
  let n = 0;
  for (const c of decodeUtf8(line)) n += Math.max(0, charWidth(c.codePointAt(0) as number));
  return n;
}

function* copyAll(p: Process, files: readonly string[]): Steps<number> {
  return yield* forEachInput(p, files, function* (input) {
    return (yield* copyFd(p, input.fd, 1)) < 0 ? 1 : 0;
  });
}

function* main(p: Process): Steps<number> {
  const files = getopt(p, "deflsu").operands;
  if (files.length === 0 && isatty(p.sys, 0)) p.usageError();
  const tty = isatty(p.sys, 1) ? yield* openTty(p) : undefined;
  if (tty === undefined) return yield* copyAll(p, files);
  const terminal = new RawTerminal(p, tty);
  const pager = new Pager(p, new Keys(p.sys, tty));
  yield* terminal.raw();
  try {
    for (const path of files.length > 0 ? files : ["-"]) {
      if (!(yield* showFile(p, pager, path))) break;
    }
  } catch (e) {
    if (!(e instanceof NoInput)) throw e;
  } finally {
    terminal.restore();
  }
  return 0;
}

/** False when the user wants no more. */
function* showFile(p: Process, pager: Pager, path: string): Steps<boolean> {
  let fd = 0;
  try {
    if (path !== "-") {
      let opened = open(p.sys, path, O_RDONLY | O_CLOEXEC);
      if (isSteps(opened)) opened = yield* opened;
      fd = opened;
    }
    pager.startFile(p.sys.fstat(fd).size);
    for (;;) {
      let chunk = p.sys.read(fd, 65536);
      if (isSteps(chunk)) chunk = yield* chunk;
      if (chunk.length === 0) return true;
      if (!(yield* pager.show(strOf(chunk)))) return false;
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* p.warn(path, e);
    return true;
  } finally {
    if (fd > 0) p.sys.close(fd);
  }
}

export const more: Applet = {
  name: "more",
  path: "/bin/more",
  usage: `[FILE]...

Show FILEs (or the input) a screenful at a time
`,
  main,
};
