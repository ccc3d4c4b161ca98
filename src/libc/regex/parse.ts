// Parser of POSIX basic and extended regular expressions, with the extensions and errors of musl's regcomp(3).
import { decodeUtf8 } from "../../lib/utf8.ts";
import { type CharSet, CharSetBuilder, isClassName, toLower, toUpper } from "./charset.ts";

export const REG_EXTENDED = 1;
export const REG_ICASE = 2;
export const REG_NEWLINE = 4;
export const REG_NOSUB = 8;

export const REG_BADPAT = 2;
export const REG_ECOLLATE = 3;
export const REG_ECTYPE = 4;
export const REG_EESCAPE = 5;
export const REG_ESUBREG = 6;
export const REG_EBRACK = 7;
export const REG_EPAREN = 8;
export const REG_EBRACE = 9;
export const REG_BADBR = 10;
export const REG_ERANGE = 11;
export const REG_ESPACE = 12;
export const REG_BADRPT = 13;

const TEXTS: Readonly<Record<number, string>> = {
  [REG_BADPAT]: "Invalid regexp",
  [REG_ECOLLATE]: "Unknown collating element",
  [REG_ECTYPE]: "Unknown character class name",
  [REG_EESCAPE]: "Trailing backslash",
  [REG_ESUBREG]: "Invalid back reference",
  [REG_EBRACK]: "Missing ']'",
  [REG_EPAREN]: "Missing ')'",
  [REG_EBRACE]: "Missing '}'",
  [REG_BADBR]: "Invalid contents of {}",
  [REG_ERANGE]: "Invalid character range",
  [REG_ESPACE]: "Out of memory",
  [REG_BADRPT]: "Repetition not preceded by valid expression",
};

/** A pattern that does not compile; `message` is the text of regerror(3), `code` its REG_ number. */
export class RegexError extends Error {
  readonly code: number;
  constructor(code: number) {
    super(TEXTS[code] ?? "Unknown error");
    this.name = "RegexError";
    this.code = code;
  }
}

/** The tree of a pattern. `max` of a repetition is Infinity when open. */
export type Node =
  | { readonly type: "empty" }
  /** `many`: musl sees several ranges here, which shows in the choice of submatches. */
  | { readonly type: "set"; readonly set: CharSet; readonly many: boolean }
  | { readonly type: "assert"; readonly kind: "^" | "$" | "<" | ">" | "b" | "B" }
  | { readonly type: "ref"; readonly index: number }
  | { readonly type: "cat"; readonly items: readonly Node[] }
  | { readonly type: "alt"; readonly items: readonly Node[] }
  | { readonly type: "rep"; readonly item: Node; readonly min: number; readonly max: number }
  | { readonly type: "group"; readonly item: Node; readonly index: number };

/** What a pattern was read into. */
export interface Parsed {
  readonly tree: Node;
  /** How many groups it has. */
  readonly groups: number;
  /** The highest back-reference, 0 without. */
  readonly maxRef: number;
}

const RE_DUP_MAX = 255;
/** Nesting of groups and of repetitions; more is refused as out of memory. */
const MAX_DEPTH = 500;
const EMPTY: Node = { type: "empty" };

const MACROS: Readonly<Record<string, string>> = {
  t: "\t",
  n: "\n",
  r: "\r",
  f: "\f",
  a: "\x07",
  e: "\x1b",
  w: "[[:alnum:]_]",
  W: "[^[:alnum:]_]",
  s: "[[:space:]]",
  S: "[^[:space:]]",
  d: "[[:digit:]]",
  D: "[^[:digit:]]",
};

interface Frame {
  alts: Node[];
  branch: Node[];
  index: number;
}

/** Reads a pattern given as a byte string. With `block`, no set contains the newline. */
export function parse(pattern: string, flags: number, utf8: boolean, block: boolean): Parsed {
  const nul = pattern.indexOf("\0");
  const bytes = nul < 0 ? pattern : pattern.slice(0, nul);
  const chars = utf8 ? decodeUtf8(bytes) : bytes;
  return new Parser(chars, flags, utf8, block).pattern();
}

class Parser {
  readonly #p: string;
  readonly #ere: boolean;
  readonly #flags: number;
  readonly #utf8: boolean;
  readonly #block: boolean;
  #at = 0;
  /** Where the branch being read began: there `^` is an anchor and `*` a character in a BRE. */
  #start = 0;
  #maxRef = 0;

  constructor(p: string, flags: number, utf8: boolean, block: boolean) {
    this.#p = p;
    this.#flags = flags;
    this.#ere = (flags & REG_EXTENDED) !== 0;
    this.#utf8 = utf8;
    this.#block = block;
  }

  pattern(): Parsed {
    const p = this.#p;
    const ere = this.#ere;
    const stack: Frame[] = [];
    let frame: Frame = { alts: [], branch: [], index: 0 };
    let groups = 0;
    for (;;) {
      if (ere ? p[this.#at] === "(" : p.startsWith("\\(", this.#at)) {
        if (stack.length >= MAX_DEPTH) throw new RegexError(REG_ESPACE);
        stack.push(frame);
        frame = { alts: [], branch: [], index: ++groups };
        this.#at += ere ? 1 : 2;
        this.#start = this.#at;
        continue;
      }
      let node = this.#closes(stack.length) ? EMPTY : this.#atom();
      for (;;) {
        node = this.#repeats(node);
        frame.branch.push(node);
        const c = p[this.#at];
        if (ere ? c === "|" : p.startsWith("\\|", this.#at)) {
          frame.alts.push(cat(frame.branch));
          frame.branch = [];
          this.#at += ere ? 1 : 2;
          this.#start = this.#at;
          break;
        }
        const closes = this.#closes(stack.length);
        if (c !== undefined && !closes) break;
        frame.alts.push(cat(frame.branch));
        const item: Node =
          frame.alts.length === 1 ? (frame.alts[0] as Node) : { type: "alt", items: frame.alts };
        const outer = stack.pop();
        if (outer === undefined) {
          if (closes) throw new RegexError(REG_EPAREN);
          if (this.#maxRef > groups) throw new RegexError(REG_ESUBREG);
          return { tree: item, groups, maxRef: this.#maxRef };
        }
        if (!closes) throw new RegexError(REG_EPAREN);
        this.#at += ere ? 1 : 2;
        node = { type: "group", item, index: frame.index };
        frame = outer;
      }
    }
  }

  /** At a closing parenthesis? Outside groups `)` is a character in an ERE, `\)` an error in a BRE. */
  #closes(depth: number): boolean {
    if (this.#ere) return depth > 0 && this.#p[this.#at] === ")";
    return this.#p.startsWith("\\)", this.#at);
  }

  #repeats(atom: Node): Node {
    const p = this.#p;
    let node = atom;
    for (let depth = 0; ; depth++) {
      let at = this.#at;
      let c = p[at];
      if (this.#ere) {
        if (c !== "*" && c !== "+" && c !== "?" && c !== "{") return node;
      } else if (c === "\\") {
        c = p[++at];
        if (c !== "+" && c !== "?" && c !== "{") return node;
      } else if (c !== "*" || (at === this.#start + 1 && p[at - 1] === "^")) return node;
      if (depth >= MAX_DEPTH) throw new RegexError(REG_ESPACE);
      this.#at = at + 1;
      let min = c === "+" ? 1 : 0;
      let max = c === "?" ? 1 : Number.POSITIVE_INFINITY;
      if (c === "{") [min, max] = this.#bounds();
      node = max === 0 ? EMPTY : repeat(node, min, max);
    }
  }

  #bounds(): [number, number] {
    const min = this.#count();
    let max = min;
    if (this.#p[this.#at] === ",") {
      this.#at++;
      max = this.#count();
      if (max < 0) max = Number.POSITIVE_INFINITY;
    }
    const wrong = min < 0 || max < min || min > RE_DUP_MAX;
    const end = this.#ere ? "}" : "\\}";
    if (wrong || (max > RE_DUP_MAX && max !== Number.POSITIVE_INFINITY)) {
      throw new RegexError(REG_BADBR);
    }
    if (!this.#p.startsWith(end, this.#at)) throw new RegexError(REG_BADBR);
    this.#at += end.length;
    return [min, max];
  }

  #count(): number {
    let n = -1;
    for (let c = this.#p.charCodeAt(this.#at); c >= 48 && c <= 57; ) {
      n = 10 * Math.max(n, 0) + c - 48;
      c = this.#p.charCodeAt(++this.#at);
      if (n > RE_DUP_MAX) break;
    }
    return n;
  }

  #atom(): Node {
    const p = this.#p;
    const c = p[this.#at];
    switch (c) {
      case "[":
        this.#at++;
        return this.#bracket();
      case "\\":
        return this.#escape();
      case ".": {
        this.#at++;
        const set = new CharSetBuilder(this.#utf8, false);
        const newline = !this.#block && !(this.#flags & REG_NEWLINE);
        return {
          type: "set",
          set: set.build(true, newline),
          many: (this.#flags & REG_NEWLINE) !== 0,
        };
      }
      case "^":
        if (!this.#ere && this.#at !== this.#start) return this.#literal();
        this.#at++;
        return { type: "assert", kind: "^" };
      case "$":
        if (!this.#ere) {
          const rest = p.slice(this.#at + 1, this.#at + 3);
          if (rest !== "" && rest !== "\\)" && rest !== "\\|") return this.#literal();
        }
        this.#at++;
        return { type: "assert", kind: "$" };
      case "*":
      case "{":
      case "+":
      case "?":
        if (this.#ere) throw new RegexError(REG_BADRPT);
        return this.#literal();
      case "|":
        return this.#ere ? EMPTY : this.#literal();
      case undefined:
        return EMPTY;
      default:
        return this.#literal();
    }
  }

  #escape(): Node {
    const c = this.#p[this.#at + 1];
    if (c === undefined) throw new RegexError(REG_EESCAPE);
    const macro = MACROS[c];
    if (macro !== undefined) {
      this.#at += 2;
      // The expansion is one atom; it has no errors of its own.
      return new Parser(macro, this.#flags, this.#utf8, this.#block).#atom();
    }
    switch (c) {
      case "b":
      case "B":
      case "<":
      case ">":
        this.#at += 2;
        return { type: "assert", kind: c };
      case "x":
        this.#at += 2;
        return this.#hex();
      case "{":
      case "+":
      case "?":
        if (!this.#ere) throw new RegexError(REG_BADRPT);
        break;
      case "|":
        if (!this.#ere) return EMPTY;
        break;
      default:
        if (!this.#ere && c >= "1" && c <= "9") {
          this.#at += 2;
          this.#maxRef = Math.max(this.#maxRef, Number(c));
          return { type: "ref", index: Number(c) };
        }
    }
    this.#at++;
    return this.#literal();
  }

  #hex(): Node {
    const brace = this.#p[this.#at] === "{";
    const most = brace ? 8 : 2;
    if (brace) this.#at++;
    let v = 0;
    for (let i = 0; i < most && v < 0x110000; i++) {
      const c = this.#p[this.#at];
      if (c === undefined || !/[0-9A-Fa-f]/.test(c)) break;
      v = 16 * v + Number.parseInt(c, 16);
      this.#at++;
    }
    if (brace) {
      if (this.#p[this.#at] !== "}") throw new RegexError(REG_EBRACE);
      this.#at++;
    }
    const set = new CharSetBuilder(this.#utf8, false);
    // Without UTF-8 the bytes above 127 are no character that has a number.
    if (v <= 0x10ffff && (this.#utf8 || v < 128)) set.range(v, v);
    return { type: "set", set: set.build(false, !this.#block), many: false };
  }

  #code(): number {
    const c = this.#p.codePointAt(this.#at) as number;
    if (this.#utf8 && c >= 0xdc80 && c <= 0xdcff) throw new RegexError(REG_BADPAT);
    return c;
  }

  #literal(): Node {
    const c = this.#code();
    this.#at += c > 0xffff ? 2 : 1;
    const icase = (this.#flags & REG_ICASE) !== 0;
    const set = new CharSetBuilder(this.#utf8, icase).range(c, c);
    const many = icase && (toUpper(c) !== c || toLower(c) !== c);
    return { type: "set", set: set.build(false, !this.#block), many };
  }

  #bracket(): Node {
    const p = this.#p;
    const set = new CharSetBuilder(this.#utf8, (this.#flags & REG_ICASE) !== 0);
    const negated = p[this.#at] === "^";
    if (negated) this.#at++;
    const terms: [number, number][] = [];
    for (const first = this.#at; ; ) {
      const c = p[this.#at];
      const next = p[this.#at + 1];
      if (c === undefined) throw new RegexError(REG_EBRACK);
      if (c === "]" && this.#at !== first) break;
      // [a-z--@] is read as [a-z] and [--@].
      const hyphen = c === "-" && this.#at !== first && next !== "]";
      if (hyphen && (next !== "-" || p[this.#at + 2] === "]")) throw new RegexError(REG_ERANGE);
      if (c === "[" && (next === "." || next === "=")) throw new RegexError(REG_ECOLLATE);
      if (c === "[" && next === ":") {
        const end = p.indexOf(":", this.#at + 2);
        const name = end < 0 ? "" : p.slice(this.#at + 2, end);
        if (!isClassName(name) || p[end + 1] !== "]") throw new RegexError(REG_ECTYPE);
        set.named(name);
        if (!negated) terms.push([0, 0x10ffff]);
        this.#at = end + 2;
        continue;
      }
      const min = this.#code();
      let max = min;
      this.#at += min > 0xffff ? 2 : 1;
      if (p[this.#at] === "-" && p[this.#at + 1] !== "]") {
        this.#at++;
        if (this.#at >= p.length) throw new RegexError(REG_ERANGE);
        max = this.#code();
        if (min > max) throw new RegexError(REG_ERANGE);
        this.#at += max > 0xffff ? 2 : 1;
      }
      set.range(min, max);
      terms.push([min, max]);
      if (this.#flags & REG_ICASE) foldedTerms(terms, min, max);
    }
    this.#at++;
    const stop = negated && (this.#flags & REG_NEWLINE) !== 0;
    if (stop) terms.push([10, 10]);
    const many = (negated ? gaps(terms) : terms.length) > 1;
    return { type: "set", set: set.build(negated, !this.#block && !stop), many };
  }
}

/** Adds the ranges of other case as musl counts them: one for each run of letters. */
function foldedTerms(terms: [number, number][], min: number, max: number): void {
  const top = Math.min(max, min + 0x400);
  let run = 0;
  for (let c = min; c <= top; c++) {
    const u = toUpper(c);
    const other = u === c ? toLower(c) : u;
    const shift = other - c;
    if (shift !== 0 && shift !== run) terms.push([other, other]);
    run = shift;
  }
}

/** How many ranges are left outside the terms. */
function gaps(terms: [number, number][]): number {
  terms.sort((a, b) => a[0] - b[0]);
  let n = 0;
  let at = 0;
  for (const [min, max] of [...terms, [0x110000, 0x110000]] as [number, number][]) {
    if (min > at) n++;
    at = Math.max(at, max + 1);
  }
  return n;
}

function cat(items: Node[]): Node {
  const kept = items.filter((n) => n.type !== "empty");
  if (kept.length === 0) return EMPTY;
  return kept.length === 1 ? (kept[0] as Node) : { type: "cat", items: kept };
}

function repeat(item: Node, min: number, max: number): Node {
  return item.type === "empty" ? item : { type: "rep", item, min, max };
}
