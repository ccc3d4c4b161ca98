// vi's operators (d c y < >), registers and putting text back.
import { before, nextCol, type Pos, prevCol } from "./buffer.ts";
import { blanks, indentOf } from "./insert.ts";
import type { Motion } from "./motions.ts";
import type { Vi } from "./state.ts";

/** What an operator works on: characters from `from` to before `to`, or whole lines. */
export interface Span {
  from: Pos;
  to: Pos;
  linewise: boolean;
}

/** The text between the cursor and where a motion leads. */
export function spanOf(vi: Vi, motion: Motion, key: string, op: string): Span {
  const here = vi.cursor;
  const back = before(motion.to, here);
  const from = back ? motion.to : here;
  let to = back ? here : motion.to;
  if (motion.linewise === true) return { from, to, linewise: true };
  if (motion.inclusive === true) to = { row: to.row, col: nextCol(vi.buf.line(to.row), to.col) };
  else if (to.row > from.row && (key === "w" || key === "W")) {
    // A word motion over the line's end does not take the line's end.
    const row = to.row - 1;
    // An empty line has nothing but its end.
    if (vi.buf.line(from.row) !== "" && vi.buf.line(to.row).slice(0, to.col).trim() === "")
      to = { row, col: vi.buf.line(row).length };
  } else if (to.row > from.row && to.col === 0) {
    const row = to.row - 1;
    const whole = vi.buf.line(from.row).slice(0, from.col).trim() === "" && op !== "c";
    to = { row, col: vi.buf.line(row).length };
    if (whole) return { from, to, linewise: true };
  }
  return { from: { ...from }, to: { ...to }, linewise: false };
}

/** Whole lines from the cursor's on. */
export function linesSpan(vi: Vi, count: number): Span {
  const { row } = vi.cursor;
  const last = Math.min(row + count - 1, vi.buf.last);
  return { from: { row, col: 0 }, to: { row: last, col: 0 }, linewise: true };
}

/** Keeps the text of a span in the register of this command. */
export function yank(vi: Vi, span: Span): void {
  const text = span.linewise
    ? vi.buf.lines.slice(span.from.row, span.to.row + 1).join("\n")
    : vi.buf.slice(span.from, span.to);
  vi.registers.set(vi.register, { text, linewise: span.linewise });
}

/** Yanks and deletes; the cursor goes to the start. */
export function remove(vi: Vi, span: Span): void {
  yank(vi, span);
  if (span.linewise) {
    vi.buf.splice(span.from.row, span.to.row - span.from.row + 1, []);
    const row = Math.min(span.from.row, vi.buf.last);
    vi.cursor = { row, col: vi.firstNonBlank(row) };
  } else {
    vi.buf.replace(span.from, span.to, "");
    vi.cursor = { ...span.from };
  }
}

/** Empties a span for new text. Of whole lines one remains, with its indentation when that is automatic. */
export function change(vi: Vi, span: Span): void {
  if (!span.linewise) {
    remove(vi, span);
    return;
  }
  yank(vi, span);
  const indent = vi.options.autoindent ? indentOf(vi.buf.line(span.from.row)) : "";
  vi.buf.splice(span.from.row, span.to.row - span.from.row + 1, [indent]);
  vi.cursor = { row: span.from.row, col: indent.length };
}

/** Moves lines by a tab stop to the right or left. */
export function shift(vi: Vi, first: number, last: number, right: boolean): void {
  const { tabstop, expandtab } = vi.options;
  const shifted = vi.buf.lines.slice(first, last + 1).map((line) => {
    if (right) return line === "" ? line : (expandtab ? " ".repeat(tabstop) : "\t") + line;
    const indent = indentOf(line);
    const width = vi.screen.columnOf(indent, indent.length, tabstop);
    return blanks(vi, Math.max(0, width - tabstop)) + line.slice(indent.length);
  });
  vi.buf.splice(first, shifted.length, shifted);
  vi.cursor = { row: first, col: vi.firstNonBlank(first) };
}

/** p and P. */
export function put(vi: Vi, after: boolean, count: number): void {
  const register = vi.registers.get(vi.register);
  if (register === undefined) {
    vi.complain(`Nothing in register ${vi.register}`);
    return;
  }
  if (register.text.length * count > 1 << 24) {
    vi.beep();
    return;
  }
  const { row, col } = vi.cursor;
  if (register.linewise) {
    const at = after ? row + 1 : row;
    const lines = register.text.split("\n");
    const all = Array.from({ length: count }, () => lines).flat();
    vi.buf.splice(at, 0, all);
    vi.cursor = { row: at, col: vi.firstNonBlank(at) };
    return;
  }
  const at = { row, col: after && vi.line !== "" ? nextCol(vi.line, col) : col };
  const end = vi.buf.replace(at, at, register.text.repeat(count));
  if (register.text.includes("\n")) vi.cursor = at;
  else vi.cursor = { row: end.row, col: prevCol(vi.buf.line(end.row), end.col) };
}
