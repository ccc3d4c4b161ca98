// vi's picture: the rows of text that fit, and the status line; only what changed is sent.
import type { Steps } from "../../../abi/program.ts";
import { charWidth, encodeUtf8 } from "../../../lib/utf8.ts";
import type { Process } from "../../../libc/process.ts";
import { winsize } from "../../../libc/termios.ts";
import { nextCol } from "./buffer.ts";
import type { Vi } from "./state.ts";

const REVERSE = "\x1b[7m";
const NORMAL = "\x1b[m";
const CLEAR_TO_END = "\x1b[K";

export class Screen {
  readonly #p: Process;
  rows = 24;
  columns = 80;
  /** First line of the text that is shown. */
  top = 0;
  /** First display column that is shown. */
  left = 0;
  /** What stands on the terminal; undefined where that is not known. */
  #shown: (string | undefined)[] = [];
  #pending = "";

  constructor(p: Process) {
    this.#p = p;
    this.measure();
  }

  /** Asks for the window's size. */
  measure(): void {
    const size = winsize(this.#p.sys, 1) ?? winsize(this.#p.sys, 0);
    this.rows = size !== undefined && size.rows > 1 ? size.rows : 24;
    this.columns = size?.cols ?? 80;
    this.forget();
  }

  /** All is drawn anew next time. */
  forget(): void {
    this.#shown = [];
    this.#pending = "\x1b[H\x1b[J";
  }

  /** Rows of text. */
  get textRows(): number {
    return this.rows - 1;
  }

  bell(flash: boolean): void {
    this.#pending += flash ? "\x1b[?5h\x1b[?5l" : "\x07";
  }

  /** Width from the line's start to behind the character at `col`, before which it is `width`. */
  widthAfter(line: string, col: number, width: number, tabstop: number): number {
    const c = line.codePointAt(col) as number;
    if (c === 9) return width + tabstop - (width % tabstop);
    if (c < 32 || c === 127) return width + 2;
    if (c >= 0xd800 && c <= 0xdfff) return width + 1;
    return width + Math.abs(charWidth(c));
  }

  /** Display column of a place in a line. */
  columnOf(line: string, col: number, tabstop: number): number {
    let width = 0;
    for (let at = 0; at < col && at < line.length; at = nextCol(line, at)) {
      width = this.widthAfter(line, at, width, tabstop);
    }
    return width;
  }

  /** A line as it is shown, from display column `left` on, cut at the window's edge. */
  #picture(line: string, tabstop: number): string {
    if (this.left === 0 && line.length <= this.columns && /^[ -~]*$/.test(line)) return line;
    let out = "";
    let width = 0;
    const end = this.left + this.columns;
    for (let col = 0; col < line.length && width < end; ) {
      const next = nextCol(line, col);
      const after = this.widthAfter(line, col, width, tabstop);
      const text = shape(line.slice(col, next), after - width);
      if (width >= this.left && after <= end) out += text;
      else {
        // Cut by an edge.
        const from = Math.max(this.left, width);
        if (after > from) out += " ".repeat(Math.min(after, end) - from);
      }
      width = after;
      col = next;
    }
    return out;
  }

  /** Moves the window so that the cursor is in it. */
  #follow(vi: Vi, column: number): void {
    const rows = this.textRows;
    const { row } = vi.cursor;
    const off = row < this.top ? this.top - row : row - (this.top + rows - 1);
    if (off > 0) {
      if (off > (rows - 1) / 2) this.top = Math.max(0, row - Math.floor(rows / 2));
      else this.top = row < this.top ? row : row - rows + 1;
    }
    if (column < this.left) this.left = column;
    else if (column >= this.left + this.columns) this.left = column - this.columns + 1;
  }

  /** Draws everything that changed, and puts the cursor in its place. */
  *draw(vi: Vi, statusLine?: string): Steps<void> {
    const { tabstop } = vi.options;
    const { row, col } = vi.cursor;
    const line = vi.buf.line(row);
    let column = this.columnOf(line, col, tabstop);
    // On a tab the cursor stands at its end, except while inserting before it.
    if (line[col] === "\t" && vi.mode === "-") {
      column = this.widthAfter(line, col, column, tabstop) - 1;
    }
    this.#follow(vi, column);
    let out = this.#pending;
    this.#pending = "";
    const put = (y: number, text: string): void => {
      if (this.#shown[y] === text) return;
      this.#shown[y] = text;
      // Cleared before, not after: behind a full row the cursor may still stand on its last column.
      out += `\x1b[${y + 1};1H${CLEAR_TO_END}${encodeUtf8(text)}`;
    };
    for (let y = 0; y < this.textRows; y++) {
      const at = this.top + y;
      put(y, at <= vi.buf.last ? this.#picture(vi.buf.line(at), tabstop) : "~");
    }
    put(this.rows - 1, statusLine ?? this.#status(vi));
    const x =
      statusLine === undefined
        ? column - this.left
        : this.columnOf(statusLine, statusLine.length, 8);
    const y = statusLine === undefined ? row - this.top : this.rows - 1;
    out += `\x1b[${y + 1};${Math.min(x, this.columns - 1) + 1}H`;
    yield* this.send(out);
  }

  #status(vi: Vi): string {
    if (vi.message !== undefined) {
      const text = this.#picture0(vi.message.text);
      return vi.message.error ? REVERSE + text + NORMAL : text;
    }
    const name = vi.file === "" ? "No file" : vi.file;
    const total = vi.buf.lines.length;
    const at = vi.cursor.row + 1;
    const readonly = vi.readonly ? " [Readonly]" : "";
    const modified = vi.buf.modified !== 0 ? " [Modified]" : "";
    const percent = Math.floor((100 * at) / total);
    return this.#picture0(`${vi.mode} ${name}${readonly}${modified} ${at}/${total} ${percent}%`);
  }

  #picture0(text: string): string {
    const left = this.left;
    this.left = 0;
    const s = this.#picture(text, 8);
    this.left = left;
    return s.slice(0, this.columns - 1);
  }

  /** Sends bytes to the terminal at once. */
  *send(bytes: string): Steps<void> {
    let w = this.#p.stdout.puts(bytes);
    if (w) yield* w;
    w = this.#p.stdout.flush();
    if (w) yield* w;
  }
}

/** How a character looks; `width` is what it takes. */
function shape(c: string, width: number): string {
  const cp = c.codePointAt(0) as number;
  if (cp === 9) return " ".repeat(width);
  if (cp < 32 || cp === 127) return `^${String.fromCharCode(cp ^ 64)}`;
  if (cp >= 0xd800 && cp <= 0xdfff) return ".";
  return charWidth(cp) < 0 ? "." : c;
}
