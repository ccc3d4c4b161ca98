// The edited line on the terminal: where each character stands, and the least that must be sent to change it.
import { charWidth, encodeUtf8 } from "../../lib/utf8.ts";

/** Clears from the cursor to the end of the screen. */
const CLEAR = "\x1b[J";

/** How a character of the line is shown: controls as ^X, what has no shape as "?". */
function shown(c: string): string {
  const cp = c.codePointAt(0) as number;
  if (cp < 0x20 || cp === 0x7f) return `^${String.fromCharCode(cp ^ 0x40)}`;
  return charWidth(cp) < 0 || (cp >= 0xd800 && cp <= 0xdfff) ? "?" : c;
}

function cellWidth(c: string): number {
  const cp = c.codePointAt(0) as number;
  if (cp < 0x20 || cp === 0x7f) return 2;
  return cp >= 0xd800 && cp <= 0xdfff ? 1 : Math.abs(charWidth(cp));
}

/**
 * Draws a prompt and a line below one another over as many rows as they need. Every method returns
 * what is to be written to the terminal (a byte string).
 */
export class Screen {
  #columns: number;
  #prompt = "";
  #promptWidth = 0;
  #chars: readonly string[] = [];
  /** Column counted from the prompt's start, rows after one another, of each character and the end. */
  #cells: number[] = [0];
  #cursor = 0;

  constructor(columns: number) {
    this.#columns = Math.max(2, columns);
  }

  /** Begins anew below what was there: nothing is drawn, the cursor is in column `promptWidth`. */
  start(prompt: string, promptWidth: number): void {
    this.#prompt = prompt;
    this.#promptWidth = promptWidth;
    this.#chars = [];
    this.#cells = this.#layout([], 0);
    this.#cursor = 0;
  }

  /** The terminal says in which column the empty line begins, counted from 0. */
  startsAt(column: number): void {
    if (this.#chars.length > 0) return;
    this.#promptWidth = column;
    this.#cells = this.#layout([], 0);
  }

  /** Shows these characters with the cursor before `cursor`. */
  update(chars: readonly string[], cursor: number): string {
    let same = 0;
    const old = this.#chars;
    while (same < old.length && same < chars.length && old[same] === chars[same]) same++;
    let out = "";
    if (same < old.length || same < chars.length) {
      out = this.#goto(same);
      const oldEnd = this.#cells.at(-1) as number;
      const oldStart = this.#cells[same] as number;
      this.#cells = this.#layout(chars, same);
      this.#chars = chars.slice();
      // A wide character may have to begin on the next row.
      if ((this.#cells[same] as number) > oldStart) out += "\r\n";
      out += this.#text(same);
      if ((this.#cells.at(-1) as number) < oldEnd || same < old.length) out += CLEAR;
      this.#cursor = chars.length;
    }
    return out + this.#goto(cursor);
  }

  /** Draws all again on the rows where it stands, under another prompt perhaps. */
  redraw(
    chars: readonly string[],
    cursor: number,
    prompt: string = this.#prompt,
    width: number = this.#promptWidth,
  ): string {
    const up = this.#row(this.#cursor);
    const out = `${up > 0 ? `\x1b[${up}A` : ""}\r`;
    return out + this.#whole(chars, cursor, prompt, width);
  }

  /** Clears the terminal and draws all at its top. `full` is the prompt with its earlier lines. */
  clear(chars: readonly string[], cursor: number, full: string): string {
    const before = full.slice(0, full.length - this.#prompt.length);
    return `\x1b[H\x1b[J\r${before}${this.#whole(chars, cursor, this.#prompt, this.#promptWidth)}`;
  }

  /** The window has another width now. */
  resize(columns: number, chars: readonly string[], cursor: number): string {
    const up = this.#row(this.#cursor);
    this.#columns = Math.max(2, columns);
    const out = `${up > 0 ? `\x1b[${up}A` : ""}\r`;
    return out + this.#whole(chars, cursor, this.#prompt, this.#promptWidth);
  }

  /** Leaves the line: to a fresh row below it. */
  finish(): string {
    const end = this.#goto(this.#chars.length);
    const cell = this.#cells.at(-1) as number;
    // At the start of a row that wrapping made, that row is fresh already but for long lines' sake.
    return cell % this.#columns === 0 && this.#chars.length > 0 ? end : `${end}\n`;
  }

  #whole(chars: readonly string[], cursor: number, prompt: string, width: number): string {
    this.#prompt = prompt;
    this.#promptWidth = width;
    this.#cells = this.#layout(chars, 0);
    this.#chars = chars.slice();
    this.#cursor = chars.length;
    return prompt + this.#text(0) + CLEAR + this.#goto(cursor);
  }

  /** Cells from character `from` on; the ones before stay as they are. */
  #layout(chars: readonly string[], from: number): number[] {
    const cells = this.#cells.slice(0, from + 1);
    let cell = from === 0 ? this.#promptWidth : (cells[from] as number);
    cells[from] = cell;
    for (let i = from; i < chars.length; i++) {
      const w = cellWidth(chars[i] as string);
      // A wide character that does not fit goes to the next row.
      if (w === 2 && cell % this.#columns === this.#columns - 1) cell++;
      cells[i] = cell;
      cell += w;
      cells[i + 1] = cell;
    }
    return cells;
  }

  #row(index: number): number {
    return Math.floor((this.#cells[index] as number) / this.#columns);
  }

  /** The characters from `from` to the end, with the row ends written out. */
  #text(from: number): string {
    let out = "";
    const columns = this.#columns;
    let last = from;
    for (let i = from; i < this.#chars.length; i++) {
      const end = this.#cells[i + 1] as number;
      if (
        i > from &&
        (this.#cells[i] as number) % columns === 0 &&
        wraps(this.#cells, i, columns)
      ) {
        // Said explicitly, because terminals differ in what they do at the margin.
        out += `${this.#encode(last, i)}\r\n`;
        last = i;
      }
      if (i === this.#chars.length - 1 && end % columns === 0) {
        return `${out}${this.#encode(last, i + 1)}\r\n`;
      }
    }
    return out + this.#encode(last, this.#chars.length);
  }

  #encode(from: number, to: number): string {
    let s = "";
    for (let i = from; i < to; i++) s += shown(this.#chars[i] as string);
    return encodeUtf8(s);
  }

  /** Moves the terminal's cursor before a character. */
  #goto(index: number): string {
    const columns = this.#columns;
    const from = this.#cells[this.#cursor] as number;
    const to = this.#cells[index] as number;
    this.#cursor = index;
    if (from === to) return "";
    const rows = Math.floor(to / columns) - Math.floor(from / columns);
    const fromCol = from % columns;
    const toCol = to % columns;
    let out = rows < 0 ? `\x1b[${-rows}A` : rows > 0 ? `\x1b[${rows}B` : "";
    const left = fromCol - toCol;
    if (left > 4) out += toCol === 0 ? "\r" : `\x1b[${left}D`;
    else if (left > 0) out += "\b".repeat(left);
    else if (left < 0) out += `\x1b[${-left}C`;
    return out;
  }
}

/** Does character `i`, at column 0, begin a row that the character before it did not begin too? */
function wraps(cells: readonly number[], i: number, columns: number): boolean {
  const before = cells[i - 1] as number;
  const at = cells[i] as number;
  return Math.floor(before / columns) !== Math.floor(at / columns);
}
