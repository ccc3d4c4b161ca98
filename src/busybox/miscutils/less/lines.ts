// less's lines: how a line of the file looks on the terminal, broken into rows.
import { charWidth, decodeUtf8, encodeUtf8 } from "../../../lib/utf8.ts";
import type { Regex } from "../../../libc/regex/regex.ts";

/** Longer lines are shown up to here. */
const MAX_LINE = 1 << 20;

/** One character as shown. */
interface Cell {
  text: string;
  width: number;
  /** A control character: shown in reverse video. */
  control: boolean;
  /** Offset of its bytes in `plain`. */
  at: number;
}

/** A line ready to be shown. */
export interface Shown {
  /** The text that searches look at, a byte string. */
  plain: string;
  cells: Cell[];
}

/** Letters struck over one another (as man pages have for bold) are one letter; -R drops colours. */
function clean(line: string, dropColours: boolean): string {
  let s = line.length > MAX_LINE ? line.slice(0, MAX_LINE) : line;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  if (dropColours) s = s.replace(/\x1b\[[0-9;]*m/g, "");
  return s.includes("\b") ? decodeStruck(s) : s;
}

/** Takes away what is struck over. */
function decodeStruck(s: string): string {
  const kept: string[] = [];
  for (const c of decodeUtf8(s)) {
    if (c === "\b") kept.pop();
    else kept.push(c);
  }
  return encodeUtf8(kept.join(""));
}

/** Prepares a line (bytes without newline). */
export function prepare(line: string, dropColours: boolean): Shown {
  const plain = clean(line, dropColours);
  const cells: Cell[] = [];
  let column = 0;
  let at = 0;
  for (const c of decodeUtf8(plain)) {
    const cp = c.codePointAt(0) as number;
    if (cp === 9) {
      const width = 8 - (column % 8);
      cells.push({ text: " ".repeat(width), width, control: false, at });
      column += width;
    } else if (cp < 32 || cp === 127) {
      cells.push({ text: String.fromCharCode(cp ^ 64), width: 1, control: true, at });
      column++;
    } else {
      const broken = cp >= 0xd800 && cp <= 0xdfff;
      const width = broken ? 1 : charWidth(cp);
      cells.push({
        text: broken || width < 0 ? "?" : c,
        width: Math.abs(width),
        control: false,
        at,
      });
      column += Math.abs(width);
    }
    at += cp < 0x80 ? 1 : cp >= 0xdc80 && cp <= 0xdcff ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
  }
  return { plain, cells };
}

/** Indexes of the cells at which rows of `width` columns begin; always at least one row. */
export function rowStarts(shown: Shown, width: number): number[] {
  const starts = [0];
  let used = 0;
  for (const [i, cell] of shown.cells.entries()) {
    if (used + cell.width > width && used > 0) {
      starts.push(i);
      used = 0;
    }
    used += cell.width;
  }
  return starts;
}

/** Where the pattern matches, as pairs of byte offsets. */
function matches(plain: string, pattern: Regex): [number, number][] {
  const found: [number, number][] = [];
  for (let from = 0; from <= plain.length && found.length < 1000; ) {
    const m = pattern.exec(plain, from, from === 0 ? 0 : 1);
    if (m === undefined) break;
    const [start, end] = [m[0] as number, m[1] as number];
    if (end > start) found.push([start, end]);
    from = end > start ? end : end + 1;
  }
  return found;
}

/** Terminal text of the cells from `from` to before `to`, matches and controls in reverse video. */
export function render(shown: Shown, from: number, to: number, pattern: Regex | undefined): string {
  const lit = pattern === undefined ? [] : matches(shown.plain, pattern);
  let out = "";
  let reverse = false;
  let k = 0;
  for (let i = from; i < to; i++) {
    const cell = shown.cells[i] as Cell;
    while (k < lit.length && (lit[k] as [number, number])[1] <= cell.at) k++;
    const hit = k < lit.length && (lit[k] as [number, number])[0] <= cell.at;
    if ((hit || cell.control) !== reverse) {
      reverse = !reverse;
      out += reverse ? "\x1b[7m" : "\x1b[m";
    }
    out += cell.text;
  }
  return encodeUtf8(reverse ? `${out}\x1b[m` : out);
}
