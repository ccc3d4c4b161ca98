// What keys do to the line: emacs keys and vi mode as BusyBox has them, history and reverse search.
import { decodeUtf8, encodeUtf8 } from "../../lib/utf8.ts";
import type { History } from "./history.ts";

/** What a key asks of the caller; undefined when the editor has done all itself. */
export type Action = "enter" | "eof" | "interrupt" | "complete" | "clear" | undefined;

/** Characters a line may have. */
const MAX_LINE = 65536;

/** The line being edited. Knows no terminal: it takes keys (libc/keys.ts) and is looked at afterwards. */
export class Editor {
  /** The line, a code point each. */
  chars: string[] = [];
  /** Before which of them the cursor stands. */
  cursor = 0;
  /** Ring the bell: set by keys that could do nothing, cleared by the caller. */
  bell = false;
  /** What reverse search looks for, while it does. */
  search: string | undefined;
  readonly #history: History;
  readonly #vi: boolean;
  /** Line of the history being shown; its length for the new line. */
  #at: number;
  /** The new line, while another is shown. */
  #fresh = "";
  #killed: string[] = [];
  /** vi's command mode. */
  #command = false;
  /** A vi command that waits for its second key: c, d or r. */
  #pending = "";

  constructor(history: History, vi: boolean) {
    this.#history = history;
    this.#vi = vi;
    this.#at = history.lines.length;
  }

  /** The line as a byte string. */
  get line(): string {
    return encodeUtf8(this.chars.join(""));
  }

  /** Replaces the characters from `from` to `to` by text (UTF-16) and puts the cursor behind it. */
  replace(from: number, to: number, text: string): void {
    const fresh = Array.from(text);
    if (this.chars.length - (to - from) + fresh.length > MAX_LINE) {
      this.bell = true;
      return;
    }
    this.chars = [...this.chars.slice(0, from), ...fresh, ...this.chars.slice(to)];
    this.cursor = from + fresh.length;
  }

  /** Takes a key. */
  press(key: string): Action {
    const alt = /^<alt-([bdf])>$/.exec(key);
    if (this.#vi && alt !== null) {
      // Escape and a letter, typed fast.
      this.press("\x1b");
      return this.press(alt[1] as string);
    }
    if (this.search !== undefined && this.#searchKey(key)) return undefined;
    if (this.#pending !== "") return this.#finishPending(key);
    if (this.#command && this.#viKey(key)) return undefined;
    return this.#plainKey(key);
  }

  // ---- keys of both modes ----------------------------------------------------------------------------

  #plainKey(key: string): Action {
    switch (key) {
      case "\r":
      case "\n":
        return "enter";
      case "\x03":
        return "interrupt";
      case "\x04":
        if (this.chars.length === 0) return "eof";
        this.#delete(this.cursor, this.cursor + 1, false);
        return undefined;
      case "\t":
        return "complete";
      case "\x0c":
        return "clear";
      case "\x12":
        this.search = "";
        return undefined;
      case "\x1b":
        if (this.#vi && !this.#command) {
          this.#command = true;
          if (this.cursor > 0) this.cursor--;
        }
        return undefined;
      case "\x10":
      case "<up>":
        this.#go(-1);
        return undefined;
      case "\x0e":
      case "<down>":
        this.#go(1);
        return undefined;
      default:
        if (!this.#move(key) && !this.#erase(key)) this.#insert(key);
        return undefined;
    }
  }

  #move(key: string): boolean {
    const n = this.chars.length;
    switch (key) {
      case "\x01":
      case "<home>":
        this.cursor = 0;
        return true;
      case "\x05":
      case "<end>":
        this.cursor = n;
        return true;
      case "\x02":
      case "<left>":
        if (this.cursor > 0) this.cursor = this.#step(-1);
        return true;
      case "\x06":
      case "<right>":
        if (this.cursor < n) this.cursor = this.#step(1);
        return true;
      case "<alt-b>":
      case "<alt-left>":
      case "<ctrl-left>":
        this.cursor = this.#wordLeft();
        return true;
      case "<alt-f>":
      case "<alt-right>":
      case "<ctrl-right>":
        this.cursor = this.#wordRight();
        return true;
      default:
        return false;
    }
  }

  #erase(key: string): boolean {
    const n = this.chars.length;
    switch (key) {
      case "\b":
      case "\x7f":
        if (this.cursor > 0) this.#delete(this.#step(-1), this.cursor, false);
        return true;
      case "<delete>":
        this.#delete(this.cursor, this.#step(1), false);
        return true;
      case "\x0b":
        this.#delete(this.cursor, n, true);
        return true;
      case "\x15":
        this.#delete(0, this.cursor, true);
        return true;
      case "\x17": {
        let from = this.cursor;
        while (from > 0 && isSpace(this.chars[from - 1])) from--;
        while (from > 0 && !isSpace(this.chars[from - 1])) from--;
        this.#delete(from, this.cursor, true);
        return true;
      }
      case "<alt-d>":
      case "<ctrl-delete>":
        this.#delete(this.cursor, this.#wordRight(), true);
        return true;
      case "<alt-backspace>":
        this.#delete(this.#wordLeft(), this.cursor, true);
        return true;
      default:
        return false;
    }
  }

  #insert(key: string): void {
    // Names of keys and controls that mean nothing are no text.
    if ((key.length > 1 && key.startsWith("<")) || key < " ") return;
    if (this.chars.length >= MAX_LINE) {
      this.bell = true;
      return;
    }
    if (this.cursor === this.chars.length) this.chars.push(key);
    else this.chars.splice(this.cursor, 0, key);
    this.cursor++;
  }

  /** The next character's edge; marks that combine with a character go with it. */
  #step(by: 1 | -1): number {
    const n = this.chars.length;
    let at = this.cursor + by;
    while (at > 0 && at < n && /^\p{M}$/u.test(this.chars[at] as string)) at += by;
    return Math.min(Math.max(at, 0), n);
  }

  #delete(from: number, to: number, keep: boolean): void {
    const end = Math.min(to, this.chars.length);
    if (from >= end) return;
    const gone = this.chars.splice(from, end - from);
    if (keep) this.#killed = gone;
    this.cursor = from;
  }

  #wordLeft(): number {
    let at = this.cursor;
    while (at > 0 && isSpace(this.chars[at - 1])) at--;
    const kind = kindOf(this.chars[at - 1]);
    while (at > 0 && kindOf(this.chars[at - 1]) === kind) at--;
    return at;
  }

  #wordRight(): number {
    const n = this.chars.length;
    let at = this.cursor;
    while (at < n && isSpace(this.chars[at])) at++;
    const kind = kindOf(this.chars[at]);
    while (at < n && kindOf(this.chars[at]) === kind) at++;
    return at;
  }

  // ---- history ---------------------------------------------------------------------------------------

  /** Shows another line of the history. What was changed in the one left stays changed. */
  #go(by: 1 | -1): void {
    const lines = this.#history.lines;
    const to = this.#at + by;
    if (to < 0 || to > lines.length) {
      this.bell = true;
      return;
    }
    this.#store();
    this.#show(to);
    this.cursor = this.#command ? 0 : this.chars.length;
  }

  #store(): void {
    const lines = this.#history.lines;
    if (this.#at >= lines.length) this.#fresh = this.line;
    else lines[this.#at] = this.line;
  }

  #show(at: number): void {
    this.#at = at;
    this.chars = Array.from(decodeUtf8(this.#history.lines[at] ?? this.#fresh));
  }

  // ---- reverse search --------------------------------------------------------------------------------

  /** A key during reverse search; false when it ends the search and means what it always does. */
  #searchKey(key: string): boolean {
    const text = this.search ?? "";
    if (key === "\x12") {
      if (text === "" || !this.#find(text, this.#at - 1)) this.bell = true;
      return true;
    }
    if (key === "\x7f" || key === "\b") {
      if (text === "") this.bell = true;
      else this.search = Array.from(text).slice(0, -1).join("");
      return true;
    }
    if ((key.length === 1 || !key.startsWith("<")) && key >= " " && key !== "\x7f") {
      if (this.#find(text + key, this.#at)) this.search = text + key;
      else this.bell = true;
      return true;
    }
    this.search = undefined;
    // ^G only ends the search.
    return key === "\x07";
  }

  /** Shows the newest line at or before `from` that contains the text. */
  #find(text: string, from: number): boolean {
    const lines = this.#history.lines;
    const bytes = encodeUtf8(text);
    for (let i = Math.min(from, lines.length - 1); i >= 0; i--) {
      const line = i === this.#at ? this.line : (lines[i] as string);
      const found = line.indexOf(bytes);
      if (found < 0) continue;
      if (i !== this.#at) {
        this.#store();
        this.#show(i);
      }
      this.cursor = Array.from(decodeUtf8(line.slice(0, found))).length;
      return true;
    }
    return false;
  }

  // ---- vi mode ---------------------------------------------------------------------------------------

  /** A key in command mode; false for those that mean the same in both. */
  #viKey(key: string): boolean {
    const n = this.chars.length;
    const moved = this.#motion(key);
    if (moved !== undefined) {
      this.cursor = Math.min(moved, Math.max(0, n - 1));
      return true;
    }
    switch (key) {
      case "i":
      case "I":
        if (key === "I") this.cursor = 0;
        this.#command = false;
        return true;
      case "a":
      case "A":
        this.cursor = key === "A" ? n : Math.min(this.cursor + 1, n);
        this.#command = false;
        return true;
      case "x":
        this.#delete(this.cursor, this.cursor + 1, true);
        this.#stayInside();
        return true;
      case "X":
        if (this.cursor > 0) this.#delete(this.cursor - 1, this.cursor, true);
        return true;
      case "D":
      case "C":
        this.#delete(this.cursor, n, true);
        if (key === "C") this.#command = false;
        else this.#stayInside();
        return true;
      case "c":
      case "d":
      case "r":
        this.#pending = key;
        return true;
      case "p":
      case "P": {
        if (this.#killed.length === 0) return true;
        const at = key === "p" ? Math.min(this.cursor + 1, n) : this.cursor;
        this.replace(at, at, this.#killed.join(""));
        this.cursor = Math.max(0, this.cursor - 1);
        return true;
      }
      case "k":
        this.#go(-1);
        return true;
      case "j":
        this.#go(1);
        return true;
      default:
        // Other letters do nothing; control characters and keys with names keep their meaning.
        return key >= " " && key !== "\x7f" && !(key.length > 1 && key.startsWith("<"));
    }
  }

  /** The second key of c, d and r. */
  #finishPending(key: string): Action {
    const command = this.#pending;
    this.#pending = "";
    if (key === "\x03") return "interrupt";
    if (key === "\x1b") return undefined;
    if (command === "r") {
      const text = key >= " " && !(key.length > 1 && key.startsWith("<"));
      if (text && this.cursor < this.chars.length) this.chars[this.cursor] = key;
      return undefined;
    }
    let from = this.cursor;
    let to: number | undefined;
    if (key === command) {
      from = 0;
      to = this.chars.length;
    } else {
      // As in vi, cw leaves the space behind the word.
      const onWord = !isSpace(this.chars[this.cursor]);
      const motion =
        command === "c" && onWord && /^[wW]$/.test(key) ? (key === "w" ? "e" : "E") : key;
      to = this.#motion(motion);
      if (to !== undefined && (motion === "e" || motion === "E")) to++;
      if (motion === "$") to = this.chars.length;
    }
    if (to === undefined) return undefined;
    this.#delete(Math.min(from, to), Math.max(from, to), true);
    if (command === "c") this.#command = false;
    else this.#stayInside();
    return undefined;
  }

  #stayInside(): void {
    this.cursor = Math.min(this.cursor, Math.max(0, this.chars.length - 1));
  }

  /** Where a vi motion leads; undefined when the key is none. */
  #motion(key: string): number | undefined {
    const n = this.chars.length;
    switch (key) {
      case "h":
      case "\b":
      case "\x7f":
      case "<left>":
        return Math.max(0, this.cursor - 1);
      case "l":
      case " ":
      case "<right>":
        return Math.min(n, this.cursor + 1);
      case "0":
      case "^":
        return 0;
      case "$":
        return n;
      case "w":
      case "W":
        return this.#nextWord(key === "W");
      case "b":
      case "B":
        return this.#previousWord(key === "B");
      case "e":
      case "E":
        return this.#wordEnd(key === "E");
      default:
        return undefined;
    }
  }

  #kind(at: number, big: boolean): number {
    const kind = kindOf(this.chars[at]);
    return big && kind === 2 ? 1 : kind;
  }

  #nextWord(big: boolean): number {
    const n = this.chars.length;
    let at = this.cursor;
    const kind = this.#kind(at, big);
    while (at < n && kind !== 0 && this.#kind(at, big) === kind) at++;
    while (at < n && this.#kind(at, big) === 0) at++;
    return at;
  }

  #previousWord(big: boolean): number {
    let at = this.cursor;
    while (at > 0 && this.#kind(at - 1, big) === 0) at--;
    const kind = this.#kind(at - 1, big);
    while (at > 0 && this.#kind(at - 1, big) === kind) at--;
    return at;
  }

  #wordEnd(big: boolean): number {
    const n = this.chars.length;
    let at = Math.min(this.cursor + 1, n);
    while (at < n && this.#kind(at, big) === 0) at++;
    const kind = this.#kind(at, big);
    while (at + 1 < n && this.#kind(at + 1, big) === kind) at++;
    return Math.min(at, Math.max(0, n - 1));
  }
}

function isSpace(c: string | undefined): boolean {
  return c !== undefined && /^\s$/.test(c);
}

/** 0 white space (and nothing), 1 letters, digits and "_", 2 the rest. */
function kindOf(c: string | undefined): number {
  if (c === undefined || isSpace(c)) return 0;
  return /^[\p{L}\p{N}\p{M}_]$/u.test(c) ? 1 : 2;
}
