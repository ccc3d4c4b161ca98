// What vi knows while it runs: text, cursor, registers, options, files. The other chapters work on it.
import type { Termios } from "../../../abi/termios.ts";
import type { Process } from "../../../libc/process.ts";
import { Keys } from "../../libbb/key-input.ts";
import { Buffer, nextCol, type Pos, prevCol } from "./buffer.ts";
import { Screen } from "./screen.ts";

/** Text that was yanked or deleted. */
export interface Register {
  text: string;
  /** Whole lines; `text` has no newline at its end. */
  linewise: boolean;
}

export interface ViOptions {
  autoindent: boolean;
  expandtab: boolean;
  flash: boolean;
  ignorecase: boolean;
  showmatch: boolean;
  tabstop: number;
}

/** What f, F, t and T looked for. */
export interface LastFind {
  key: string;
  char: string;
}

export class Vi {
  readonly p: Process;
  readonly keys: Keys;
  readonly screen: Screen;
  readonly buf: Buffer = new Buffer();
  cursor: Pos = { row: 0, col: 0 };
  /** "-" command, "I" insert, "R" replace. */
  mode: "-" | "I" | "R" = "-";
  options: ViOptions = {
    autoindent: false,
    expandtab: false,
    flash: false,
    ignorecase: false,
    showmatch: false,
    tabstop: 8,
  };
  readonly registers: Map<string, Register> = new Map();
  /** Register named by `"x` for this command; "D" is the one for all. */
  register = "D";
  /** Last search: its direction and text. */
  search: { forward: boolean; text: string } | undefined;
  find: LastFind | undefined;
  /** Where '' and `` lead. */
  previous: Pos = { row: 0, col: 0 };
  /** The line as it was when the cursor came to it, for U. */
  lineBefore: { row: number; text: string } = { row: -1, text: "" };
  /** Keys of the last command that changed something, for `.`. */
  dot: string[] = [];
  /** Shown instead of the status until the next key; `error` in reverse video. */
  message: { text: string; error: boolean } | undefined;
  /** Name of the file, "" for none. */
  file = "";
  readonly: boolean;
  /** Files of the command line, and which is being edited. */
  files: readonly string[] = [];
  at = 0;
  /** The terminal's modes as they were. */
  modes: Termios | undefined;
  /** Ends this file ("next") or all. */
  leave: "next" | "quit" | undefined;
  status = 0;
  /** Column that j and k try to keep; Infinity after $. */
  wantColumn: number | undefined;

  constructor(p: Process, readonly: boolean) {
    this.p = p;
    this.readonly = readonly;
    this.keys = new Keys(p.sys, 0);
    this.screen = new Screen(p);
  }

  say(text: string): void {
    this.message = { text, error: false };
  }

  complain(text: string): void {
    this.message = { text, error: true };
  }

  /** Something could not be done: rings the bell (or flashes). */
  beep(): void {
    this.screen.bell(this.options.flash);
  }

  get line(): string {
    return this.buf.line(this.cursor.row);
  }

  /** Brings the cursor back onto the text; in command mode onto a character. */
  clamp(): void {
    const c = this.cursor;
    c.row = Math.min(Math.max(c.row, 0), this.buf.last);
    const line = this.line;
    const end = this.mode === "-" ? prevCol(line, line.length) : line.length;
    c.col = Math.min(Math.max(c.col, 0), end);
  }

  /** First character of a line that is no blank. */
  firstNonBlank(row: number): number {
    const line = this.buf.line(row);
    const at = line.search(/[^ \t]/);
    return at < 0 ? prevCol(line, line.length) : at;
  }

  /** The column in `line` at which display column `want` is. */
  columnAt(line: string, want: number): number {
    let width = 0;
    for (let col = 0; col < line.length; ) {
      const next = nextCol(line, col);
      width = this.screen.widthAfter(line, col, width, this.options.tabstop);
      if (width > want) return col;
      col = next;
    }
    return prevCol(line, line.length);
  }

  /** Remembers where we are before a jump. */
  jump(): void {
    this.previous = { ...this.cursor };
  }
}
