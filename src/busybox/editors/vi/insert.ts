// vi's insert and replace modes.
import type { Steps } from "../../../abi/program.ts";
import { nextCol, type Pos, prevCol } from "./buffer.ts";
import { matching } from "./search.ts";
import type { Vi } from "./state.ts";

/** Puts text before the cursor and the cursor behind it. */
export function insertText(vi: Vi, text: string): void {
  vi.cursor = vi.buf.replace(vi.cursor, vi.cursor, text);
}

/** Blanks that begin a line. */
export function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

/** Blanks up to display column `width`, as :set expandtab wants them. */
export function blanks(vi: Vi, width: number): string {
  const { expandtab, tabstop } = vi.options;
  if (expandtab) return " ".repeat(width);
  return "\t".repeat(Math.floor(width / tabstop)) + " ".repeat(width % tabstop);
}

/** Starts a new line at the cursor, indented as the one above when that is wanted. */
function newline(vi: Vi): void {
  const { line } = vi;
  const indent = vi.options.autoindent ? indentOf(line.slice(0, vi.cursor.col)) : "";
  // A line of nothing but the indentation that was made for it becomes empty.
  if (vi.options.autoindent && line !== "" && line.trim() === "" && vi.cursor.col === line.length) {
    vi.buf.setLine(vi.cursor.row, "");
    vi.cursor.col = 0;
  }
  insertText(vi, `\n${indent}`);
}

function shiftIndent(vi: Vi, by: 1 | -1): void {
  const { tabstop } = vi.options;
  const indent = indentOf(vi.line);
  const width = vi.screen.columnOf(indent, indent.length, tabstop);
  const to = Math.max(
    0,
    by > 0
      ? (Math.floor(width / tabstop) + 1) * tabstop
      : Math.floor((width - 1) / tabstop) * tabstop,
  );
  const fresh = blanks(vi, to);
  const col = vi.cursor.col - indent.length + fresh.length;
  vi.buf.setLine(vi.cursor.row, fresh + vi.line.slice(indent.length));
  vi.cursor.col = Math.max(0, col);
}

/** Shows for a moment the bracket that belongs to the one just typed. */
function* flashMatch(vi: Vi): Steps<void> {
  const at: Pos = { row: vi.cursor.row, col: prevCol(vi.line, vi.cursor.col) };
  const to = matching(vi, at);
  if (to === undefined) return vi.beep();
  const back = vi.cursor;
  vi.cursor = to;
  yield* vi.screen.draw(vi);
  yield* vi.keys.ready(400);
  vi.cursor = back;
}

function erase(vi: Vi, to: Pos): void {
  vi.buf.replace(to, vi.cursor, "");
  vi.cursor = to;
}

function backspace(vi: Vi): void {
  const { row, col } = vi.cursor;
  if (col > 0) erase(vi, { row, col: prevCol(vi.line, col) });
  else if (row > 0) erase(vi, { row: row - 1, col: vi.buf.line(row - 1).length });
}

/** A key that moves while inserting; false when it is none. */
function moveKey(vi: Vi, key: string): boolean {
  const { cursor } = vi;
  switch (key) {
    case "<left>":
      cursor.col = prevCol(vi.line, cursor.col);
      return true;
    case "<right>":
      cursor.col = nextCol(vi.line, cursor.col);
      return true;
    case "<up>":
    case "<down>": {
      const row = cursor.row + (key === "<up>" ? -1 : 1);
      if (row < 0 || row > vi.buf.last) vi.beep();
      else cursor.row = row;
      vi.clamp();
      return true;
    }
    case "<home>":
      cursor.col = 0;
      return true;
    case "<end>":
      cursor.col = vi.line.length;
      return true;
    case "<pageup>":
    case "<pagedown>":
      cursor.row += (key === "<pageup>" ? -1 : 1) * Math.max(1, vi.screen.textRows - 2);
      vi.clamp();
      return true;
    default:
      return false;
  }
}

/** `replaced` holds what R has typed over, for backspace to bring back; "" where it added. */
function* insertKey(vi: Vi, key: string, replaced: string[]): Steps<void> {
  switch (key) {
    case "\r":
    case "\n":
      replaced.length = 0;
      newline(vi);
      return;
    case "\x7f":
    case "\b": {
      const old = vi.mode === "R" ? replaced.pop() : undefined;
      backspace(vi);
      if (old !== undefined) vi.buf.replace(vi.cursor, vi.cursor, old);
      return;
    }
    case "<delete>":
      if (vi.cursor.col < vi.line.length)
        vi.buf.replace(vi.cursor, { row: vi.cursor.row, col: nextCol(vi.line, vi.cursor.col) }, "");
      return;
    case "<insert>":
      vi.mode = vi.mode === "I" ? "R" : "I";
      return;
    case "\x14":
      shiftIndent(vi, 1);
      return;
    case "\x04":
      shiftIndent(vi, -1);
      return;
    case "\x17": {
      const head = vi.line.slice(0, vi.cursor.col).replace(/\S+\s*$|\s+$/, "");
      erase(vi, { row: vi.cursor.row, col: head.length });
      return;
    }
    case "\x15":
      erase(vi, { row: vi.cursor.row, col: 0 });
      return;
    default:
  }
  let text = key;
  if (key === "\x16") text = yield* vi.keys.next();
  else if (key === "\t" && vi.options.expandtab) {
    const at = vi.screen.columnOf(vi.line, vi.cursor.col, vi.options.tabstop);
    text = " ".repeat(vi.options.tabstop - (at % vi.options.tabstop));
  }
  // Keys with names have no text.
  if (text.length > 2 && text.startsWith("<")) return;
  if (vi.mode === "R") {
    const end = { row: vi.cursor.row, col: nextCol(vi.line, vi.cursor.col) };
    replaced.push(vi.buf.slice(vi.cursor, end));
    vi.buf.replace(vi.cursor, end, "");
  }
  insertText(vi, text);
  if (vi.options.showmatch && /[)\]}]/.test(text)) yield* flashMatch(vi);
}

/** Takes keys as text until Escape. With a count the text is there so many times in the end. */
export function* insertMode(vi: Vi, mode: "I" | "R", count: number, lines = false): Steps<void> {
  vi.mode = mode;
  const start = { ...vi.cursor };
  const replaced: string[] = [];
  for (;;) {
    const key = yield* vi.keys.next();
    if (key === "\x1b" || key === "\x03") break;
    if (moveKey(vi, key)) replaced.length = 0;
    else yield* insertKey(vi, key, replaced);
  }
  if (count > 1 && mode === "I" && !(vi.cursor.row < start.row)) {
    const text = vi.buf.slice(start, vi.cursor);
    const again = lines ? `\n${text}` : text;
    if (text.length * count < 1 << 24) insertText(vi, again.repeat(count - 1));
  }
  vi.mode = "-";
  if (vi.options.autoindent && vi.line !== "" && vi.line.trim() === "") {
    vi.buf.setLine(vi.cursor.row, "");
    vi.cursor.col = 0;
  }
  if (vi.cursor.col > 0) vi.cursor.col = prevCol(vi.line, vi.cursor.col);
}
