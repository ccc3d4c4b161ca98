// vi's command mode: what each key does.
import type { Steps } from "../../../abi/program.ts";
import { SIGTSTP } from "../../../abi/signal.ts";
import { nextCol, prevCol } from "./buffer.ts";
import { colon, saveAndLeave } from "./colon.ts";
import { readLine } from "./colon-line.ts";
import { indentOf, insertMode } from "./insert.ts";
import { type Motion, motion } from "./motions.ts";
import { change, linesSpan, put, remove, shift, spanOf, yank } from "./operators.ts";
import type { Vi } from "./state.ts";
import { lendScreen, takeScreen } from "./terminal.ts";

const MAX_COUNT = 99_999_999;
/** Counts beyond this would only burn time in commands that repeat something. */
const MAX_REPEAT = 100_000;

/** Reads the rest of a count whose first key is given. */
function* readCount(vi: Vi, first: string): Steps<{ count: number | undefined; key: string }> {
  let count: number | undefined;
  let key = first;
  while (/^[0-9]$/.test(key) && !(key === "0" && count === undefined)) {
    count = Math.min((count ?? 0) * 10 + Number(key), MAX_COUNT);
    key = yield* vi.keys.next();
  }
  return { count, key };
}

/** Reads a command and does it. */
export function* command(vi: Vi): Steps<void> {
  const typed = yield* vi.keys.next();
  vi.message = undefined;
  let { count, key } = yield* readCount(vi, typed);
  vi.register = "D";
  if (key === '"') {
    const letter = (yield* vi.keys.next()).toLowerCase();
    if (/^[a-z]$/.test(letter)) vi.register = letter;
    else vi.beep();
    ({ count = count, key } = yield* readCount(vi, yield* vi.keys.next()));
  }
  if ("dcy<>".includes(key)) return yield* operator(vi, key, count);
  const moved = yield* motion(vi, key, limited(vi, key, count));
  if (moved === null) return vi.message === undefined ? vi.beep() : undefined;
  if (moved !== undefined) return go(vi, moved);
  vi.wantColumn = undefined;
  yield* other(vi, key, count);
}

function limited(vi: Vi, key: string, count: number | undefined): number | undefined {
  if (count === undefined || key === "G" || key === "g" || key === "|") return count;
  return Math.min(count, Math.max(vi.buf.lines.length, vi.line.length, 1000), MAX_REPEAT);
}

function go(vi: Vi, to: Motion): void {
  if (to.jump === true) vi.jump();
  vi.wantColumn = to.want;
  vi.cursor = { ...to.to };
  vi.clamp();
}

function* operator(vi: Vi, op: string, count: number | undefined): Steps<void> {
  const second = yield* readCount(vi, yield* vi.keys.next());
  const n =
    count === undefined && second.count === undefined
      ? undefined
      : Math.min((count ?? 1) * (second.count ?? 1), MAX_REPEAT);
  let { key } = second;
  vi.wantColumn = undefined;
  let span = linesSpan(vi, n ?? 1);
  if (key !== op) {
    const blank = /^[ \t]?$/.test(vi.line.charAt(vi.cursor.col));
    if (op === "c" && !blank && (key === "w" || key === "W")) key = key === "w" ? "e" : "E";
    const startsAtEnd = op === "c" && key.toLowerCase() === "e" && second.key.toLowerCase() === "w";
    const to = startsAtEnd ? yield* changeWord(vi, key, n) : yield* motion(vi, key, n);
    if (to === undefined || to === null) return vi.message === undefined ? vi.beep() : undefined;
    span = spanOf(vi, to, key, op);
  }
  switch (op) {
    case "y":
      yank(vi, span);
      if (!span.linewise) vi.cursor = { ...span.from };
      else if (span.from.row < vi.cursor.row) vi.cursor.row = span.from.row;
      break;
    case "d":
      remove(vi, span);
      break;
    case "c":
      change(vi, span);
      yield* insertMode(vi, "I", 1);
      break;
    default:
      shift(vi, span.from.row, span.to.row, op === ">");
  }
  vi.clamp();
}

/** cw: to the end of this word, even when the cursor is on it already. */
function* changeWord(vi: Vi, key: string, n: number | undefined): Steps<Motion | undefined | null> {
  const { row, col } = vi.cursor;
  vi.cursor = { row, col: col - 1 };
  const to = yield* motion(vi, key, n);
  vi.cursor = { row, col };
  return to;
}

function* other(vi: Vi, key: string, count: number | undefined): Steps<void> {
  const n = Math.min(count ?? 1, MAX_REPEAT);
  if (yield* startInsert(vi, key, n)) return;
  if (scroll(vi, key, n)) return;
  const { buf, cursor } = vi;
  switch (key) {
    case "x":
    case "X":
    case "<delete>": {
      let from = cursor.col;
      let to = cursor.col;
      for (let i = 0; i < n; i++) {
        if (key === "X") from = from > 0 ? prevCol(vi.line, from) : 0;
        else to = nextCol(vi.line, to);
      }
      if (from === to) return vi.beep();
      const { row } = cursor;
      remove(vi, { from: { row, col: from }, to: { row, col: to }, linewise: false });
      return vi.clamp();
    }
    case "D":
      remove(vi, {
        from: { ...cursor },
        to: { row: cursor.row, col: vi.line.length },
        linewise: false,
      });
      return vi.clamp();
    case "Y":
      return yank(vi, linesSpan(vi, n));
    case "p":
    case "P":
      put(vi, key === "p", n);
      return vi.clamp();
    case "J":
      return join(vi, n);
    case "~":
      return flipCase(vi, n);
    case "r":
      return yield* replaceChars(vi, n);
    case "u":
      return undo(vi);
    case "U":
      if (vi.lineBefore.row === cursor.row && vi.lineBefore.text !== vi.line) {
        buf.setLine(cursor.row, vi.lineBefore.text);
        cursor.col = 0;
      }
      return;
    case ".":
      return repeat(vi, count);
    case "m": {
      const letter = (yield* vi.keys.next()).toLowerCase();
      if (/^[a-z]$/.test(letter)) buf.marks.set(letter, { ...cursor });
      else vi.beep();
      return;
    }
    default:
      yield* screenCommand(vi, key);
  }
}

function* screenCommand(vi: Vi, key: string): Steps<void> {
  switch (key) {
    case ":": {
      const line = yield* readLine(vi, ":");
      if (line !== undefined) yield* colon(vi, line);
      return vi.clamp();
    }
    case "Z":
      if ((yield* vi.keys.next()) === "Z") yield* saveAndLeave(vi);
      else vi.beep();
      return;
    case "z": {
      const where = yield* vi.keys.next();
      const { row } = vi.cursor;
      const rows = vi.screen.textRows;
      if (where === ".") vi.screen.top = Math.max(0, row - Math.floor((rows - 1) / 2));
      else if (where === "-") vi.screen.top = Math.max(0, row - rows + 1);
      else vi.screen.top = row;
      return;
    }
    case "\x0c":
    case "\x12":
      return vi.screen.forget();
    case "\x1a":
      yield* lendScreen(vi);
      vi.p.sys.kill(vi.p.sys.getpid(), SIGTSTP);
      yield* vi.p.sys.sched_yield();
      return yield* takeScreen(vi);
    case "\x07":
    case "\x03":
      return;
    case "\x1b":
      return vi.beep();
    default:
      if (key.startsWith("<") && key.length > 1) return vi.beep();
      vi.complain(
        `'${key < " " ? `^${String.fromCharCode(key.charCodeAt(0) ^ 64)}` : key}' is not implemented`,
      );
  }
}

/** Keys that begin to insert text; false when this is none. */
function* startInsert(vi: Vi, key: string, n: number): Steps<boolean> {
  const { cursor, buf } = vi;
  const { row } = cursor;
  switch (key) {
    case "i":
    case "<insert>":
      break;
    case "I":
      cursor.col = indentOf(vi.line).length;
      break;
    case "a":
      cursor.col = nextCol(vi.line, cursor.col);
      break;
    case "A":
      cursor.col = vi.line.length;
      break;
    case "o":
    case "O": {
      const indent = vi.options.autoindent ? indentOf(vi.line) : "";
      const at = key === "o" ? row + 1 : row;
      buf.splice(at, 0, [indent]);
      vi.cursor = { row: at, col: indent.length };
      yield* insertMode(vi, "I", n, true);
      return true;
    }
    case "R":
      yield* insertMode(vi, "R", 1);
      return true;
    case "s": {
      let to = cursor.col;
      for (let i = 0; i < n; i++) to = nextCol(vi.line, to);
      change(vi, { from: { ...cursor }, to: { row, col: to }, linewise: false });
      yield* insertMode(vi, "I", 1);
      return true;
    }
    case "S":
      change(vi, linesSpan(vi, n));
      yield* insertMode(vi, "I", 1);
      return true;
    case "C":
      change(vi, { from: { ...cursor }, to: { row, col: vi.line.length }, linewise: false });
      yield* insertMode(vi, "I", 1);
      return true;
    default:
      return false;
  }
  yield* insertMode(vi, "I", n);
  return true;
}

/** Keys that move the window; false when this is none. */
function scroll(vi: Vi, key: string, n: number): boolean {
  const { screen } = vi;
  let by: number;
  if (key === "\x06" || key === "<pagedown>") by = screen.textRows - 1;
  else if (key === "\x02" || key === "<pageup>") by = -(screen.textRows - 1);
  else if (key === "\x04") by = Math.floor((screen.textRows - 1) / 2);
  else if (key === "\x15") by = -Math.floor((screen.textRows - 1) / 2);
  else if (key === "\x05") by = n;
  else if (key === "\x19") by = -n;
  else return false;
  screen.top = Math.min(Math.max(screen.top + by, 0), vi.buf.last);
  const row = Math.min(Math.max(vi.cursor.row, screen.top), screen.top + screen.textRows - 1);
  if (row !== vi.cursor.row) {
    vi.cursor.row = Math.min(row, vi.buf.last);
    vi.cursor.col = vi.firstNonBlank(vi.cursor.row);
  }
  return true;
}

/** J: the line's end and the blanks behind it become a space, so many times. */
function join(vi: Vi, count: number): void {
  const { row } = vi.cursor;
  const last = Math.min(row + count, vi.buf.last);
  if (last === row) {
    vi.beep();
    return;
  }
  let text = vi.line;
  for (let i = row + 1; i <= last; i++) text += ` ${vi.buf.line(i).replace(/^[ \t]+/, "")}`;
  const tail = vi.buf.line(last).replace(/^[ \t]+/, "");
  vi.buf.splice(row, last - row + 1, [text]);
  vi.cursor.col = text.length - tail.length;
  vi.clamp();
}

function flipCase(vi: Vi, count: number): void {
  const { row, col } = vi.cursor;
  let end = col;
  for (let i = 0; i < count; i++) end = nextCol(vi.line, end);
  if (end === col) {
    vi.beep();
    return;
  }
  const flipped = Array.from(vi.line.slice(col, end), (c) => {
    const upper = c.toUpperCase();
    return upper.length === c.length && c !== upper ? upper : c.toLowerCase();
  }).join("");
  vi.buf.setLine(row, vi.line.slice(0, col) + flipped + vi.line.slice(end));
  vi.cursor.col = col + flipped.length;
  vi.clamp();
}

function* replaceChars(vi: Vi, count: number): Steps<void> {
  let key = yield* vi.keys.next();
  if (key === "\x1b") return;
  if (key === "\x16") key = yield* vi.keys.next();
  const { row, col } = vi.cursor;
  let end = col;
  for (let i = 0; i < count; i++) {
    if (end >= vi.line.length) {
      vi.beep();
      return;
    }
    end = nextCol(vi.line, end);
  }
  if (key.startsWith("<") && key.length > 1) {
    vi.beep();
    return;
  }
  const text = key === "\r" || key === "\n" ? "\n" : key.repeat(count);
  const after = vi.buf.replace(vi.cursor, { row, col: end }, text);
  vi.cursor = text === "\n" ? after : { row, col: prevCol(vi.line, after.col) };
}

function undo(vi: Vi): void {
  const at = vi.buf.undo();
  if (at === undefined) {
    vi.say("Already at oldest change");
    return;
  }
  vi.cursor = { ...at };
  vi.clamp();
}

/** `.`: the keys of the last change again, with another count if one was given. */
function repeat(vi: Vi, count: number | undefined): void {
  if (vi.dot.length === 0) {
    vi.beep();
    return;
  }
  let keys = vi.dot;
  if (count !== undefined) {
    const first = keys.findIndex((k) => !/^[0-9]$/.test(k));
    keys = [...String(count), ...keys.slice(Math.max(0, first))];
  }
  vi.keys.push(keys);
}
