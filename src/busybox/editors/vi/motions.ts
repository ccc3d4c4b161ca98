// vi's motions: where a command leads, and whether an operator takes characters or whole lines.
import type { Steps } from "../../../abi/program.ts";
import { nextCol, type Pos, prevCol } from "./buffer.ts";
import { readLine } from "./colon-line.ts";
import { matching, searchAgain, searchFrom } from "./search.ts";
import type { Vi } from "./state.ts";

export interface Motion {
  to: Pos;
  /** An operator takes whole lines. */
  linewise?: boolean;
  /** An operator takes the character at `to` as well. */
  inclusive?: boolean;
  /** A jump: '' leads back. */
  jump?: boolean;
  /** The display column that later up and down motions try to keep. */
  want?: number;
}

/** 0 blank, 1 letters, digits and "_", 2 others. */
function kind(line: string, col: number, big: boolean): number {
  const c = line.charAt(col);
  if (c === "" || c === " " || c === "\t") return 0;
  if (big) return 1;
  return /[\p{L}\p{N}\p{M}_\ud800-\udfff]/u.test(c) || c >= "\ud800" ? 1 : 2;
}

function wordForward(vi: Vi, from: Pos, big: boolean): Pos {
  let { row, col } = from;
  let line = vi.buf.line(row);
  const k = kind(line, col, big);
  if (k !== 0) while (col < line.length && kind(line, col, big) === k) col++;
  for (;;) {
    while (col < line.length && kind(line, col, big) === 0) col++;
    if (col < line.length) return { row, col };
    if (row >= vi.buf.last) return { row, col: line.length };
    row++;
    line = vi.buf.line(row);
    col = 0;
    // An empty line is a word.
    if (line === "") return { row, col: 0 };
  }
}

function wordBack(vi: Vi, from: Pos, big: boolean): Pos {
  let { row, col } = from;
  let line = vi.buf.line(row);
  for (;;) {
    while (col > 0 && kind(line, col - 1, big) === 0) col--;
    if (col > 0) break;
    if (row === 0) return { row: 0, col: 0 };
    row--;
    line = vi.buf.line(row);
    col = line.length;
    if (line === "") return { row, col: 0 };
  }
  const k = kind(line, col - 1, big);
  while (col > 0 && kind(line, col - 1, big) === k) col--;
  return { row, col };
}

function wordEnd(vi: Vi, from: Pos, big: boolean): Pos {
  let { row } = from;
  let line = vi.buf.line(row);
  let col = from.col + 1;
  for (;;) {
    while (col < line.length && kind(line, col, big) === 0) col++;
    if (col < line.length) break;
    if (row >= vi.buf.last) return { row, col: prevCol(line, line.length) };
    row++;
    line = vi.buf.line(row);
    col = 0;
  }
  const k = kind(line, col, big);
  while (col + 1 < line.length && kind(line, col + 1, big) === k) col++;
  return { row, col };
}

/** { and }: the next empty line. */
function paragraph(vi: Vi, from: Pos, forward: boolean): Pos {
  const { buf } = vi;
  let { row } = from;
  const step = forward ? 1 : -1;
  const inside = (r: number): boolean => r >= 0 && r <= buf.last;
  while (inside(row) && buf.line(row) === "") row += step;
  while (inside(row) && buf.line(row) !== "") row += step;
  if (inside(row)) return { row, col: 0 };
  return forward ? { row: buf.last, col: buf.line(buf.last).length } : { row: 0, col: 0 };
}

/** f F t T; `n`th one in the line. */
function findChar(vi: Vi, key: string, char: string, n: number, again: boolean): Pos | undefined {
  const { line } = vi;
  const { row } = vi.cursor;
  let { col } = vi.cursor;
  const forward = key === "f" || key === "t";
  const till = key === "t" || key === "T";
  // Repeated, t must not stay before the same character.
  if (till && again) col += forward ? 1 : -1;
  for (let i = 0; i < n; i++) {
    col = forward ? line.indexOf(char, col + 1) : col <= 0 ? -1 : line.lastIndexOf(char, col - 1);
    if (col < 0) return undefined;
  }
  if (till) col = forward ? prevCol(line, col) : nextCol(line, col);
  return { row, col };
}

function lines(vi: Vi, by: number): Motion | null {
  const row = Math.min(Math.max(vi.cursor.row + by, 0), vi.buf.last);
  if (row === vi.cursor.row) return null;
  const want = vi.wantColumn ?? vi.screen.columnOf(vi.line, vi.cursor.col, vi.options.tabstop);
  const line = vi.buf.line(row);
  const col = want === Infinity ? prevCol(line, line.length) : vi.columnAt(line, want);
  return { to: { row, col }, linewise: true, want };
}

function lineStart(vi: Vi, row: number, jump = false): Motion {
  const to = Math.min(Math.max(row, 0), vi.buf.last);
  return { to: { row: to, col: vi.firstNonBlank(to) }, linewise: true, jump };
}

function times(n: number, from: Pos, step: (at: Pos) => Pos): Pos {
  let at = from;
  for (let i = 0; i < n; i++) at = step(at);
  return at;
}

/**
 * The motion of a key; undefined when the key is none, null when it leads nowhere. `count` is undefined where
 * none was typed.
 */
export function* motion(
  vi: Vi,
  key: string,
  count: number | undefined,
): Steps<Motion | undefined | null> {
  const n = count ?? 1;
  const simple = simpleMotion(vi, key, n);
  if (simple !== undefined) return simple;
  const { cursor, buf, screen } = vi;
  switch (key) {
    case "G":
      return lineStart(vi, (count ?? buf.lines.length) - 1, true);
    case "g":
      return (yield* vi.keys.next()) === "g" ? lineStart(vi, n - 1, true) : null;
    case "H":
      return lineStart(vi, Math.min(screen.top + n - 1, screen.top + screen.textRows - 1), true);
    case "L":
      return lineStart(vi, Math.min(screen.top + screen.textRows - 1, buf.last) - n + 1, true);
    case "M": {
      const bottom = Math.min(screen.top + screen.textRows - 1, buf.last);
      return lineStart(vi, Math.floor((screen.top + bottom) / 2), true);
    }
    case "%": {
      const from = vi.line.slice(cursor.col).search(/[()[\]{}]/);
      const to = from < 0 ? undefined : matching(vi, { row: cursor.row, col: cursor.col + from });
      return to === undefined ? null : { to, inclusive: true, jump: true };
    }
    case "{":
    case "}":
      return { to: times(n, cursor, (at) => paragraph(vi, at, key === "}")), jump: true };
    case "f":
    case "F":
    case "t":
    case "T": {
      const char = yield* vi.keys.next();
      if (char === "\x1b") return null;
      vi.find = { key, char };
      const to = findChar(vi, key, char, n, false);
      return to === undefined ? null : { to, inclusive: key === "f" || key === "t" };
    }
    case ";":
    case ",": {
      if (vi.find === undefined) return null;
      const opposite: Record<string, string> = { f: "F", F: "f", t: "T", T: "t" };
      const k = key === ";" ? vi.find.key : (opposite[vi.find.key] as string);
      const to = findChar(vi, k, vi.find.char, n, true);
      return to === undefined ? null : { to, inclusive: k === "f" || k === "t" };
    }
    case "'":
    case "`": {
      const letter = yield* vi.keys.next();
      const to = letter === key || letter === "'" ? vi.previous : buf.marks.get(letter);
      if (to === undefined) {
        if (/^[a-z]$/.test(letter)) vi.complain("Mark not set");
        return null;
      }
      return key === "'" ? lineStart(vi, to.row, true) : { to: { ...to }, jump: true };
    }
    case "/":
    case "?":
      return yield* searchMotion(vi, key);
    case "n":
    case "N": {
      const to = searchAgain(vi, key === "n", n);
      return to === undefined ? null : { to, jump: true };
    }
    default:
      return undefined;
  }
}

function* searchMotion(vi: Vi, key: string): Steps<Motion | null> {
  const typed = yield* readLine(vi, key);
  if (typed === undefined) return null;
  const text = typed === "" ? vi.search?.text : typed;
  if (text === undefined) {
    vi.complain("No previous search");
    return null;
  }
  vi.search = { forward: key === "/", text };
  const to = searchFrom(vi, vi.cursor, text, key === "/");
  if (to === undefined) {
    vi.complain("Pattern not found");
    return null;
  }
  return { to, jump: true };
}

/** Motions that need no further key. */
function simpleMotion(vi: Vi, key: string, n: number): Motion | undefined | null {
  const { cursor, line } = vi;
  const { row } = cursor;
  switch (key) {
    case "h":
    case "\b":
    case "\x7f":
    case "<left>":
      return { to: times(n, cursor, (p) => ({ row, col: p.col > 0 ? prevCol(line, p.col) : 0 })) };
    case "l":
    case " ":
    case "<right>":
      return { to: times(n, cursor, (p) => ({ row, col: nextCol(line, p.col) })) };
    case "j":
    case "\n":
    case "\x0e":
    case "<down>":
      return lines(vi, n);
    case "k":
    case "\x10":
    case "<up>":
      return lines(vi, -n);
    case "+":
    case "\r":
      return lineStart(vi, row + n);
    case "-":
      return lineStart(vi, row - n);
    case "0":
    case "<home>":
      return { to: { row, col: 0 } };
    case "^":
      return { to: { row, col: vi.firstNonBlank(row) } };
    case "_":
      return lineStart(vi, row + n - 1);
    case "$":
    case "<end>": {
      const to = Math.min(row + n - 1, vi.buf.last);
      const end = vi.buf.line(to);
      return { to: { row: to, col: prevCol(end, end.length) }, inclusive: true, want: Infinity };
    }
    case "|":
      return { to: { row, col: vi.columnAt(line, n - 1) } };
    case "w":
    case "W":
      return { to: times(n, cursor, (p) => wordForward(vi, p, key === "W")) };
    case "b":
    case "B":
    case "<ctrl-left>":
      return { to: times(n, cursor, (p) => wordBack(vi, p, key === "B")) };
    case "<ctrl-right>":
      return { to: times(n, cursor, (p) => wordForward(vi, p, false)) };
    case "e":
    case "E":
      return { to: times(n, cursor, (p) => wordEnd(vi, p, key === "E")), inclusive: true };
    default:
      return undefined;
  }
}
