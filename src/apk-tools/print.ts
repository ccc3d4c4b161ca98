// Messages, wrapped lists, sizes and the progress bar.
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { TIOCGWINSZ, type WinSize } from "../abi/termios.ts";
import type { Process } from "../libc/process.ts";
import { isatty } from "../libc/stdio.ts";
import { writeAll } from "../libc/unistd.ts";
import type { Settings } from "./context.ts";

/** Width where there is no terminal, and the least there is. */
const MIN_WIDTH = 50;

/** Where apk says things: results and messages on stdout, warnings and errors on stderr. */
export class Print {
  readonly #p: Process;
  /** 0 with -q, 1 as it comes, 2 with -v, 3 with -v -v. */
  verbosity = 1;
  /** Errors told so far: some commands end with them as their status. */
  errors = 0;
  /** Columns to wrap lists at. */
  screenWidth: number = MIN_WIDTH;
  #bar = false;
  #progressFd = -1;
  #progressChar = "#";
  /** A bar stands on the screen and goes before anything else is written. */
  #drawn = false;
  #lastDone = -1;
  #lastTotal = -1;
  #lastPercent = -1;
  #lastFilled = -1;

  constructor(p: Process) {
    this.#p = p;
  }

  /** Takes over what the options say. */
  configure(settings: Settings): void {
    const p = this.#p;
    this.verbosity = settings.verbosity;
    this.#progressFd = settings.progressFd;
    this.#bar =
      settings.progress === "auto"
        ? isatty(p.sys, 1) && p.env.get("TERM") !== "dumb"
        : settings.progress;
    const utf8 = /utf-?8/i.test(p.env.get("LANG") ?? "");
    this.#progressChar = p.env.get("APK_PROGRESS_CHAR") ?? (utf8 ? "\xe2\x96\x88" : "#");
    try {
      const size = p.sys.ioctl(1, TIOCGWINSZ) as WinSize;
      if (size.cols > MIN_WIDTH) this.screenWidth = size.cols;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  /** Text on stdout as it stands: what was asked for, also with -q. */
  *out(text: string): Steps<void> {
    if (this.#drawn) yield* this.clearProgress();
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
  }

  /** A line of what is going on; not with -q. */
  *message(line: string): Steps<void> {
    if (this.verbosity >= 1) yield* this.out(`${line}\n`);
  }

  /** A line for those who want to know more: -v. */
  *verbose(line: string): Steps<void> {
    if (this.verbosity >= 2) yield* this.out(`${line}\n`);
  }

  /** "WARNING: line" on stderr; not with -q. */
  *warning(line: string): Steps<void> {
    if (this.verbosity >= 1) yield* this.complain(`WARNING: ${line}\n`);
  }

  /** "ERROR: line" on stderr. */
  *error(line: string): Steps<void> {
    this.errors++;
    yield* this.complain(`ERROR: ${line}\n`);
  }

  /** How far it is: on --progress-fd, and as a bar. Called often: writes only what changed. */
  *progress(done: number, total: number): Steps<void> {
    if (this.#progressFd >= 0 && (done !== this.#lastDone || total !== this.#lastTotal)) {
      const line = `${done}/${total}\n`;
      const bytes = Uint8Array.from(line, (c) => c.charCodeAt(0));
      try {
        yield* writeAll(this.#p.sys, this.#progressFd, bytes);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        this.#progressFd = -1;
      }
    }
    this.#lastDone = done;
    this.#lastTotal = total;
    if (!this.#bar) return;
    const width = this.screenWidth - 6;
    const share = total > 0 ? Math.min(1, done / total) : 1;
    const percent = Math.floor(share * 100);
    const filled = Math.floor(share * width);
    if (this.#drawn && percent === this.#lastPercent && filled === this.#lastFilled) return;
    this.#lastPercent = percent;
    this.#lastFilled = filled;
    if (this.#drawn) yield* this.clearProgress();
    const bar = this.#progressChar.repeat(filled) + " ".repeat(width - filled);
    const w = this.#p.stdout.puts(`\x1b7${String(percent).padStart(3)}% ${bar}`);
    if (w) yield* w;
    const f = this.#p.stdout.flush();
    if (f) yield* f;
    this.#drawn = true;
  }

  /** Takes the bar away. */
  *clearProgress(): Steps<void> {
    if (!this.#drawn) return;
    this.#drawn = false;
    const w = this.#p.stdout.puts("\x1b8\x1b[0K");
    if (w) yield* w;
  }

  /** Text on stderr as it stands, after what stdout holds. */
  *complain(text: string): Steps<void> {
    if (this.#drawn) yield* this.clearProgress();
    const f = this.#p.stdout.flush();
    if (f) yield* f;
    const w = this.#p.stderr.puts(text);
    if (w) yield* w;
  }
}

/** Fills lines of `width` columns with words; a longer word gets a line of its own. */
export function wrapWords(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  return lines;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** A size for people: "0 B", "652 KiB", "8 MiB": whole numbers, from ten thousand of a unit on the next one. */
export function formatSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 10000 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${Math.floor(size)} ${UNITS[unit]}`;
}
