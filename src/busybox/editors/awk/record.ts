// The record and its fields. Fields are found when they are asked for, and no further than that.
import { die } from "../../../libc/process.ts";
import type { Pattern, Patterns } from "./patterns.ts";
import { fromOutside, numberAt, toNumber, type Value } from "./value.ts";

/** More fields than this are refused. */
const FIELDS_MAX = 10_000_000;

/** How a record is split. */
export type Separator =
  | { readonly type: "blanks" }
  /** One character; with `newline` a newline as well. */
  | { readonly type: "char"; readonly char: string; readonly newline: boolean }
  | { readonly type: "each" }
  | { readonly type: "regex"; readonly pattern: Pattern };

/** What FS means. `paragraphs`: newlines separate too (RS is empty). */
export function separator(fs: string, paragraphs: boolean, patterns: Patterns): Separator {
  if (fs === " ") return { type: "blanks" };
  if (fs === "") return { type: "each" };
  if (fs.length === 1 && !(patterns.icase && /[a-zA-Z]/.test(fs)))
    return { type: "char", char: fs, newline: paragraphs };
  return { type: "regex", pattern: patterns.get(paragraphs ? `(${fs})|\n` : fs) };
}

/** Splits all of a text: for split(). */
export function splitText(text: string, by: Separator): string[] {
  if (text === "") return [];
  switch (by.type) {
    case "blanks":
      return text.match(/[^ \t\n]+/g) ?? [];
    case "each":
      return [...text];
    case "char":
      return by.newline ? text.split(new RegExp(`[\\x${hex(by.char)}\\n]`)) : text.split(by.char);
    case "regex": {
      const out: string[] = [];
      let from = 0;
      by.pattern.each(text, (start, end) => {
        if (end === start) return true;
        out.push(text.slice(from, start));
        from = end;
        return true;
      });
      out.push(text.slice(from));
      return out;
    }
  }
}

function hex(c: string): string {
  return c.charCodeAt(0).toString(16).padStart(2, "0");
}

export class AwkRecord {
  /** The text that was split. */
  #source = "";
  /** The text of $0; `#stale` when fields have changed since. */
  #text = "";
  #stale = false;
  #by: Separator = { type: "blanks" };
  #starts = new Int32Array(64);
  #ends = new Int32Array(64);
  /** Fields found so far, where to look on, and whether these are all. */
  #found = 0;
  #at = 0;
  #complete = true;
  /** Fields that were assigned, by number; they hide those of the text. */
  #assigned: Value[] | undefined;
  /** $0 as a value, once it is asked for. What the program assigned is no number because it looks like one. */
  #whole: Value;
  readonly #toStr: (v: Value) => string;
  readonly #ofs: () => string;
  /** OFS when a field was last assigned. */
  #joiner = " ";

  constructor(toStr: (v: Value) => string, ofs: () => string) {
    this.#toStr = toStr;
    this.#ofs = ofs;
  }

  /** Makes a new record; `value` is what the program assigned, if it did. */
  set(text: string, by: Separator, value?: Value): void {
    this.#source = text;
    this.#text = text;
    this.#by = by;
    this.#stale = false;
    this.#found = 0;
    this.#at = 0;
    this.#complete = false;
    this.#assigned = undefined;
    this.#whole = value;
  }

  /** The text of $0. */
  text(): string {
    if (this.#stale) {
      const n = this.nf();
      const parts: string[] = [];
      for (let i = 1; i <= n; i++) parts.push(this.getText(i));
      this.#text = parts.join(this.#joiner);
      this.#stale = false;
      this.#whole = undefined;
    }
    return this.#text;
  }

  nf(): number {
    if (!this.#complete) this.#find(Number.POSITIVE_INFINITY);
    return this.#found;
  }

  setNf(n: number): void {
    const old = this.nf();
    if (n > FIELDS_MAX) die("out of memory");
    this.#assigned ??= [];
    for (let i = old + 1; i <= n; i++) this.#assigned[i] = "";
    this.#found = n;
    if (this.#assigned.length > n + 1) this.#assigned.length = n + 1;
    this.#stale = true;
    this.#joiner = this.#ofs();
  }

  get(i: number): Value {
    if (i === 0) {
      const text = this.text();
      this.#whole ??= fromOutside(text);
      return this.#whole;
    }
    if (i > this.#found && (this.#complete || !this.#find(i))) return undefined;
    const own = this.#assigned?.[i];
    return own === undefined ? fromOutside(this.#slice(i)) : own;
  }

  getText(i: number): string {
    if (i === 0) return this.text();
    if (i > this.#found && (this.#complete || !this.#find(i))) return "";
    const own = this.#assigned?.[i];
    return own === undefined ? this.#slice(i) : this.#toStr(own);
  }

  getNumber(i: number): number {
    if (i === 0) {
      const text = this.text();
      return numberAt(text, 0, text.length);
    }
    if (i > this.#found && (this.#complete || !this.#find(i))) return 0;
    const own = this.#assigned?.[i];
    if (own !== undefined) return toNumber(own);
    return numberAt(this.#source, this.#starts[i - 1] as number, this.#ends[i - 1] as number);
  }

  #slice(i: number): string {
    return this.#source.slice(this.#starts[i - 1], this.#ends[i - 1]);
  }

  /** Assigns a field other than $0. */
  assign(i: number, v: Value): void {
    if (i > this.nf()) this.setNf(i);
    this.#assigned ??= [];
    this.#assigned[i] = v ?? "";
    this.#stale = true;
    this.#joiner = this.#ofs();
  }

  #push(start: number, end: number): void {
    const n = this.#found++;
    if (n >= this.#starts.length) {
      if (n > FIELDS_MAX) die("out of memory");
      const starts = new Int32Array(n * 2);
      starts.set(this.#starts);
      this.#starts = starts;
      const ends = new Int32Array(n * 2);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    this.#starts[n] = start;
    this.#ends[n] = end;
  }

  /** Looks for fields up to number `want`: is there one? */
  #find(want: number): boolean {
    const by = this.#by;
    if (by.type === "blanks") this.#findBlanks(want);
    else if (this.#source === "") this.#complete = true;
    else if (by.type === "char" && !by.newline) this.#findChar(by.char, want);
    else this.#findAll(by);
    return this.#found >= want;
  }

  #findBlanks(want: number): void {
    const s = this.#source;
    const n = s.length;
    let i = this.#at;
    while (this.#found < want) {
      let c = s.charCodeAt(i);
      while (c === 32 || c === 9 || c === 10) c = s.charCodeAt(++i);
      if (i >= n) {
        this.#complete = true;
        break;
      }
      const start = i;
      while (i < n && c !== 32 && c !== 9 && c !== 10) c = s.charCodeAt(++i);
      this.#push(start, i);
    }
    this.#at = i;
  }

  #findChar(char: string, want: number): void {
    const s = this.#source;
    let i = this.#at;
    while (this.#found < want) {
      const end = s.indexOf(char, i);
      if (end < 0) {
        this.#push(i, s.length);
        this.#complete = true;
        break;
      }
      this.#push(i, end);
      i = end + 1;
    }
    this.#at = i;
  }

  #findAll(by: Separator): void {
    const s = this.#source;
    this.#complete = true;
    if (by.type === "each") {
      for (let i = 0; i < s.length; i++) this.#push(i, i + 1);
      return;
    }
    let from = 0;
    if (by.type === "regex") {
      by.pattern.each(s, (start, end) => {
        if (end === start) return true;
        this.#push(from, start);
        from = end;
        return true;
      });
    } else if (by.type === "char") {
      const c = by.char.charCodeAt(0);
      for (let i = 0; i < s.length; i++) {
        const b = s.charCodeAt(i);
        if (b !== c && b !== 10) continue;
        this.#push(from, i);
        from = i + 1;
      }
    }
    this.#push(from, s.length);
  }
}
