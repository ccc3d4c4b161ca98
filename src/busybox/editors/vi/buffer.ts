// vi's text: lines, positions in them, and the one way they are changed, which is also what undo records.
import { encodeUtf8 } from "../../../lib/utf8.ts";

/** A place in the text: `col` counts UTF-16 units and stands at the start of a character. */
export interface Pos {
  row: number;
  col: number;
}

/** One replacement of whole lines. */
interface Change {
  row: number;
  removed: string[];
  inserted: number;
}

/** What one command changed, and where the cursor was before. */
interface UndoGroup {
  changes: Change[];
  cursor: Pos;
  /** How much had been modified before. */
  modified: number;
}

/** Commands that can be undone. */
const MAX_UNDO = 1000;

/** Is `a` before `b` in the text? */
export function before(a: Pos, b: Pos): boolean {
  return a.row < b.row || (a.row === b.row && a.col < b.col);
}

/** The edited text: always at least one line. Lines are UTF-16 (bytes that are no UTF-8: U+DC80 …). */
export class Buffer {
  lines: string[] = [""];
  /** Changes since the file was read or written; 0 means unmodified. */
  modified = 0;
  /** Marks by letter; they move with their lines. */
  readonly marks: Map<string, Pos> = new Map();
  readonly #undo: UndoGroup[] = [];
  #group: UndoGroup | undefined;

  /** Replaces everything, and forgets what was. */
  reset(lines: string[]): void {
    this.lines = lines.length > 0 ? lines : [""];
    this.modified = 0;
    this.marks.clear();
    this.#undo.length = 0;
    this.#group = undefined;
  }

  line(row: number): string {
    return this.lines[row] ?? "";
  }

  get last(): number {
    return this.lines.length - 1;
  }

  /** What follows until the next call is undone as one. */
  beginCommand(cursor: Pos): void {
    this.#group = { changes: [], cursor: { ...cursor }, modified: this.modified };
  }

  /** Has anything been changed since `beginCommand`? */
  get changed(): boolean {
    return (this.#group?.changes.length ?? 0) > 0;
  }

  /** Replaces `count` lines from `row` on. The text never gets empty: a line remains. */
  splice(row: number, count: number, lines: readonly string[]): void {
    const removed = splice(this.lines, row, count, lines);
    let inserted = lines.length;
    if (this.lines.length === 0) {
      this.lines.push("");
      inserted = 1;
    }
    this.modified++;
    const group = this.#group;
    if (group !== undefined) {
      const previous = group.changes.at(-1);
      // Typing changes one line again and again: the first state is all that counts.
      const same =
        previous?.row === row && previous.inserted === 1 && count === 1 && inserted === 1;
      if (!same) group.changes.push({ row, removed, inserted });
      if (group.changes.length === 1 && this.#undo.at(-1) !== group) {
        this.#undo.push(group);
        if (this.#undo.length > MAX_UNDO) this.#undo.shift();
      }
    }
    this.#moveMarks(row, count, inserted);
  }

  #moveMarks(row: number, count: number, inserted: number): void {
    for (const [letter, mark] of this.marks) {
      if (mark.row >= row + count) mark.row += inserted - count;
      else if (mark.row >= row && inserted < count && mark.row >= row + inserted) {
        this.marks.delete(letter);
      }
    }
  }

  setLine(row: number, text: string): void {
    this.splice(row, 1, [text]);
  }

  /** Takes back the last command; where the cursor was then, or undefined when there is none. */
  undo(): Pos | undefined {
    const group = this.#undo.pop();
    if (group === undefined) return undefined;
    this.#group = undefined;
    for (const change of group.changes.toReversed()) {
      const restored = change.removed.length > 0 || this.lines.length > change.inserted;
      splice(this.lines, change.row, change.inserted, restored ? change.removed : [""]);
      this.#moveMarks(change.row, change.inserted, change.removed.length);
    }
    this.modified = group.modified;
    return group.cursor;
  }

  /** The text between two places, the end not included; lines joined by newlines. */
  slice(from: Pos, to: Pos): string {
    if (from.row === to.row) return this.line(from.row).slice(from.col, to.col);
    const middle = this.lines.slice(from.row + 1, to.row);
    return [
      this.line(from.row).slice(from.col),
      ...middle,
      this.line(to.row).slice(0, to.col),
    ].join("\n");
  }

  /** Replaces the text between two places, the end not included. Returns the place behind the new text. */
  replace(from: Pos, to: Pos, text: string): Pos {
    const head = this.line(from.row).slice(0, from.col);
    const tail = this.line(to.row).slice(to.col);
    const lines = (head + text + tail).split("\n");
    this.splice(from.row, to.row - from.row + 1, lines);
    const row = from.row + lines.length - 1;
    return { row, col: (lines.at(-1) as string).length - tail.length };
  }

  /** The text of whole lines as bytes, each with its newline. */
  encode(from: number, to: number): string {
    return encodeUtf8(`${this.lines.slice(from, to + 1).join("\n")}\n`);
  }
}

/** Array.prototype.splice for any number of lines (a spread argument list has its limits). */
function splice(lines: string[], at: number, count: number, fresh: readonly string[]): string[] {
  if (fresh.length < 10_000) return lines.splice(at, count, ...fresh);
  const tail = lines.splice(at);
  const removed = tail.splice(0, count);
  for (const line of fresh) lines.push(line);
  for (const line of tail) lines.push(line);
  return removed;
}

/** Is the unit at `col` the second half of a character, or a mark that combines with the one before? */
function continues(line: string, col: number): boolean {
  const c = line.charCodeAt(col);
  if (c < 0x300) return false;
  if (c >= 0xdc00 && c <= 0xdfff) {
    const lead = line.charCodeAt(col - 1);
    return lead >= 0xd800 && lead <= 0xdbff;
  }
  return /^\p{M}$/u.test(line.charAt(col));
}

/** Start of the next character; the line's length at its end. */
export function nextCol(line: string, col: number): number {
  let at = col + 1;
  while (at < line.length && continues(line, at)) at++;
  return Math.min(at, line.length);
}

/** Start of the character before; 0 at the start. */
export function prevCol(line: string, col: number): number {
  let at = Math.min(col, line.length) - 1;
  while (at > 0 && continues(line, at)) at--;
  return Math.max(at, 0);
}
