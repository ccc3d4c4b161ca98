// less's window on the text: which row is at its top, moving, searching, drawing.
import type { Steps } from "../../../abi/program.ts";
import type { Process } from "../../../libc/process.ts";
import type { Regex } from "../../../libc/regex/regex.ts";
import { winsize } from "../../../libc/termios.ts";
import { prepare, render, rowStarts, type Shown } from "./lines.ts";
import type { Source } from "./source.ts";

export interface ViewOptions {
  /** -N */
  numbers: boolean;
  /** -M, -m */
  status: boolean;
  /** -S */
  truncate: boolean;
  /** -R */
  dropColours: boolean;
  /** -~ */
  noTildes: boolean;
}

/** A row: of which line, and which of its rows. */
export interface RowPos {
  line: number;
  sub: number;
}

interface Entry {
  shown: Shown;
  starts: number[];
}

const REVERSE = "\x1b[7m";
const NORMAL = "\x1b[m";
/** Lines of a file that are read before they are shown. */
const LOOK_AHEAD = 10_000;
/** Lines kept ready. */
const CACHE = 2000;

export class View {
  readonly options: ViewOptions;
  source: Source;
  top: RowPos = { line: 0, sub: 0 };
  rows = 24;
  columns = 80;
  /** What is lit up. */
  pattern: Regex | undefined;
  /** " (file 2 of 3)", or "". */
  fileNote = "";
  readonly #p: Process;
  readonly #tty: number;
  readonly #cache = new Map<number, Entry>();
  /** The prompt names the file until the text has moved. */
  #fresh = true;

  constructor(p: Process, tty: number, source: Source, options: ViewOptions) {
    this.#p = p;
    this.#tty = tty;
    this.source = source;
    this.options = options;
    this.measure();
  }

  /** Asks for the window's size. */
  measure(): void {
    const size = winsize(this.#p.sys, 1) ?? winsize(this.#p.sys, this.#tty);
    this.rows = size !== undefined && size.rows > 2 ? size.rows : 24;
    this.columns = Math.max(size?.cols ?? 80, 10);
    this.changed();
  }

  /** How lines look has changed. */
  changed(): void {
    this.#cache.clear();
    this.top.sub = 0;
  }

  /** Rows of text. */
  get height(): number {
    return this.rows - 1;
  }

  #entry(line: number): Entry {
    let entry = this.#cache.get(line);
    if (entry === undefined) {
      const shown = prepare(this.source.lines[line] ?? "", this.options.dropColours);
      const width = this.columns - (this.options.numbers ? 8 : 0);
      entry = { shown, starts: this.options.truncate ? [0] : rowStarts(shown, width) };
      if (this.#cache.size >= CACHE) this.#cache.clear();
      this.#cache.set(line, entry);
    }
    return entry;
  }

  /** The row so many rows on; stops at the first and behind the last. */
  #step(from: RowPos, by: number): RowPos {
    let { line, sub } = from;
    for (let n = by; n > 0; n--) {
      if (line >= this.source.lines.length) break;
      if (++sub >= this.#entry(line).starts.length) {
        line++;
        sub = 0;
      }
    }
    for (let n = by; n < 0; n++) {
      if (sub > 0) sub--;
      else {
        if (line === 0) break;
        line--;
        sub = this.#entry(line).starts.length - 1;
      }
    }
    return { line, sub };
  }

  /** The top row with which the last row of the text is at the bottom. */
  #lastTop(): RowPos {
    return this.#step({ line: this.source.lines.length, sub: 0 }, -this.height);
  }

  #clamp(): void {
    if (!this.source.eof) return;
    const last = this.#lastTop();
    const { line, sub } = this.top;
    if (line > last.line || (line === last.line && sub > last.sub)) this.top = last;
  }

  /** Reads what the window needs from its top on, and `more` rows. */
  *need(more = 0): Steps<void> {
    // Of a file some more, so that the prompt can tell how long it is.
    const ahead = this.source.regular ? LOOK_AHEAD : 1;
    yield* this.source.fill(this.top.line + this.height + more + ahead, this.#tty);
  }

  *move(by: number): Steps<void> {
    if (by > 0) yield* this.need(by);
    this.top = this.#step(this.top, by);
    this.#fresh = false;
    yield* this.need();
    this.#clamp();
  }

  /** Goes to a line, counted from 0; Infinity is the end. */
  *goto(line: number): Steps<void> {
    yield* this.source.fill(line === Infinity ? Infinity : line + this.height + 1, this.#tty);
    if (line === Infinity) this.top = this.#lastTop();
    else this.top = { line: Math.min(line, Math.max(0, this.source.lines.length - 1)), sub: 0 };
    this.#fresh = line === 0;
    yield* this.need();
    this.#clamp();
  }

  /** Another text. */
  show(source: Source): void {
    this.source = source;
    this.top = { line: 0, sub: 0 };
    this.#fresh = true;
    this.changed();
  }

  /** Is the end of the text in the window? */
  get atEnd(): boolean {
    if (!this.source.eof) return false;
    return this.#step(this.top, this.height).line >= this.source.lines.length;
  }

  /** The next line that matches, from `from` on in steps of `by`; undefined when there is none. */
  *search(from: number, by: 1 | -1, pattern: Regex): Steps<number | undefined> {
    const { source } = this;
    for (let line = from; line >= 0; line += by) {
      if (line >= source.lines.length) {
        yield* source.fill(line + 1, this.#tty);
        if (line >= source.lines.length) return undefined;
      }
      const text = source.lines[line] as string;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what cleaning would change
      const plain = /[\b\x1b]/.test(text) ? prepare(text, this.options.dropColours).plain : text;
      if (pattern.test(plain)) return line;
      if (--this.#p.sys.budget < 0) yield* this.#p.sys.sched_yield();
    }
    return undefined;
  }

  /** "name (file 1 of 2) lines 1-6/32 19%". */
  statusLine(): string {
    const { lines, eof, name } = this.source;
    const first = Math.min(this.top.line + 1, lines.length);
    const end = this.#step(this.top, this.height);
    const last = Math.min(end.sub > 0 ? end.line + 1 : end.line, lines.length);
    let s = `${name}${this.fileNote} lines ${first}-${last}`;
    if (eof) {
      s += `/${lines.length}`;
      s += this.atEnd ? " (END)" : ` ${Math.round((100 * last) / Math.max(1, lines.length))}%`;
    }
    return s;
  }

  #prompt(): string {
    if (this.options.status) return REVERSE + this.#cut(this.statusLine()) + NORMAL;
    if (this.#fresh) return REVERSE + this.#cut(this.source.name + this.fileNote) + NORMAL;
    return this.atEnd ? `${REVERSE}${this.#cut(`(END)${this.fileNote}`)}${NORMAL}` : ":";
  }

  #cut(s: string): string {
    return s.length < this.columns ? s : s.slice(0, this.columns - 1);
  }

  /** Rows of the window as terminal text. */
  #text(): string[] {
    const out: string[] = [];
    let { line, sub } = this.top;
    const { numbers, noTildes } = this.options;
    const width = this.columns - (numbers ? 8 : 0);
    while (out.length < this.height) {
      if (line >= this.source.lines.length) {
        out.push(noTildes ? "" : numbers ? "        ~" : "~");
        continue;
      }
      const { shown, starts } = this.#entry(line);
      const from = starts[sub] as number;
      let to = starts[sub + 1] ?? shown.cells.length;
      if (this.options.truncate) to = rowStarts(shown, width)[1] ?? shown.cells.length;
      const lead = numbers ? `${String(line + 1).padStart(7)} ` : "";
      out.push(lead + render(shown, from, to, this.pattern));
      if (++sub >= starts.length) {
        sub = 0;
        line++;
      }
    }
    return out;
  }

  /** Draws the window; at the bottom the prompt, or a message. */
  *draw(message?: string): Steps<void> {
    const rows = this.#text().map((row) => `\x1b[K${row}\r\n`);
    const bottom = message === undefined ? this.#prompt() : REVERSE + this.#cut(message) + NORMAL;
    yield* this.send(`\x1b[H${rows.join("")}\x1b[${this.rows};1H\x1b[K${bottom}`);
  }

  /** Only the bottom line. */
  *bottom(text: string): Steps<void> {
    yield* this.send(`\x1b[${this.rows};1H\x1b[K${text}`);
  }

  *send(bytes: string): Steps<void> {
    let w = this.#p.stdout.puts(bytes);
    if (w) yield* w;
    w = this.#p.stdout.flush();
    if (w) yield* w;
  }
}
