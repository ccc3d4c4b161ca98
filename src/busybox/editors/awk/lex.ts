// Tokens of an awk program (POSIX awk, "Lexical Conventions"; `**`, `func`, hexadecimal and octal as in BusyBox).
import { die } from "../../../libc/process.ts";

export type TokenType =
  | "number"
  | "string"
  | "regex"
  | "name"
  /** A name right before a parenthesis. */
  | "call"
  | "builtin"
  | "keyword"
  | "newline"
  | "op"
  | "end";

export interface Token {
  type: TokenType;
  text: string;
  number: number;
  line: number;
}

const KEYWORDS: readonly string[] =
  "BEGIN END function func if else while for do break continue next nextfile exit return delete in getline print printf".split(
    " ",
  );

/** Functions of the language; `length` alone may go without parentheses. */
export const BUILTINS: readonly string[] =
  "and atan2 close compl cos exp fflush gensub gsub index int length log lshift match mktime or rand rshift sin split sprintf sqrt srand strftime sub substr system systime tolower toupper xor".split(
    " ",
  );

/** Longest first. */
const OPERATORS =
  /\*\*=|\*\*|&&|\|\||\+\+|--|\+=|-=|\*=|\/=|%=|\^=|==|<=|>=|!=|!~|>>|[{}()[\];,+\-*/%^!<>|?:~$=]/y;
const NUMBER = /0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const BLANKS = /(?:[ \t\r]|\\\r?\n)+/y;

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Text with its backslash escapes resolved; unknown ones lose the backslash. */
export function unescapeString(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([\s\S]))/g,
    (_, hex: string | undefined, octal: string | undefined, c: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 255);
      return c === "\n" ? "" : (SIMPLE[c] ?? c);
    },
  );
}

/** What messages begin with: "cmd. line:3". */
export function at(source: string, line: number, message: string): never {
  return die(`${source}:${line}: ${message}`);
}

export class Lexer {
  readonly #s: string;
  readonly source: string;
  #at = 0;
  line = 1;

  constructor(program: string, source: string) {
    this.#s = program;
    this.source = source;
  }

  #token(type: TokenType, text: string, number = 0): Token {
    return { type, text, number, line: this.line };
  }

  #match(re: RegExp): string | undefined {
    const sticky = new RegExp(re);
    sticky.lastIndex = this.#at;
    const m = sticky.exec(this.#s);
    if (m === null) return undefined;
    this.#at = sticky.lastIndex;
    return m[0];
  }

  #fail(message: string): never {
    return at(this.source, this.line, message);
  }

  /** The next token; where `operand` is wanted a slash begins a regex. */
  next(operand: boolean): Token {
    const s = this.#s;
    for (;;) {
      const blank = this.#match(BLANKS);
      if (blank !== undefined) this.line += blank.split("\n").length - 1;
      if (s[this.#at] !== "#") break;
      const end = s.indexOf("\n", this.#at);
      this.#at = end < 0 ? s.length : end;
    }
    const c = s[this.#at];
    if (c === undefined) return this.#token("end", "");
    if (c === "\n") {
      const token = this.#token("newline", c);
      this.#at++;
      this.line++;
      return token;
    }
    if (c === '"') return this.#string();
    if (c === "/" && operand) return this.#regex();
    if ((c >= "0" && c <= "9") || c === ".") {
      const text = this.#match(NUMBER);
      if (text !== undefined) return this.#number(text);
    }
    const name = this.#match(NAME);
    if (name !== undefined) {
      if (KEYWORDS.includes(name))
        return this.#token("keyword", name === "func" ? "function" : name);
      if (BUILTINS.includes(name)) return this.#token("builtin", name);
      return this.#token(s[this.#at] === "(" ? "call" : "name", name);
    }
    const op = this.#match(OPERATORS);
    if (op === undefined) return this.#fail("Unexpected token");
    return this.#token("op", op === "**" ? "^" : op === "**=" ? "^=" : op);
  }

  #number(text: string): Token {
    const octal = /^0[0-7]+$/.test(text);
    return this.#token("number", text, octal ? Number.parseInt(text, 8) : Number(text));
  }

  #string(): Token {
    const s = this.#s;
    let i = this.#at + 1;
    for (; s[i] !== '"'; i++) {
      if (i >= s.length || s[i] === "\n") this.#fail("Unexpected end of string");
      if (s[i] === "\\") i++;
    }
    const raw = s.slice(this.#at + 1, i);
    this.#at = i + 1;
    const token = this.#token("string", unescapeString(raw));
    this.line += raw.split("\n").length - 1;
    return token;
  }

  #regex(): Token {
    const s = this.#s;
    let i = this.#at + 1;
    // As in BusyBox: brackets do not hide the slash.
    for (; s[i] !== "/"; i++) {
      if (i >= s.length || s[i] === "\n") this.#fail("Unexpected end of string");
      if (s[i] === "\\") i++;
    }
    const raw = s.slice(this.#at + 1, i);
    this.#at = i + 1;
    return this.#token(
      "regex",
      raw.replace(/\\([\s\S])/g, (w, c) => (c === "/" ? "/" : w)),
    );
  }
}
