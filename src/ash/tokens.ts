// What lexer and parser share: tokens, reserved words, names, sources of text, faults.
/** Where the text of commands comes from, as far as the parser sees it. */
export interface Source {
  text: string;
  pos: number;
  /** Nothing follows `text`. */
  eof: boolean;
  line: number;
  /** Aliases being expanded, with the length of what follows their text. */
  aliases: { name: string; rest: number; blank: boolean }[];
}

/** What the parser asks of the shell. */
export interface ParseHost {
  alias(name: string): string | undefined;
  /** Is it a special builtin? No function can have its name. */
  isSpecial(name: string): boolean;
}

/** Thrown when the text ends inside a command and more may come. */
export const NEED_MORE: { readonly needMore: true } = Object.freeze({ needMore: true as const });

/** A syntax error; `line` is where the input stood. */
export class SyntaxFault {
  readonly message: string;
  readonly line: number;
  constructor(message: string, line: number) {
    this.message = message;
    this.line = line;
  }
}

export const T_EOF = 0;
export const T_NL = 1;
export const T_SEMI = 2;
export const T_BACKGND = 3;
export const T_AND = 4;
export const T_OR = 5;
export const T_PIPE = 6;
export const T_LP = 7;
export const T_RP = 8;
export const T_ENDCASE = 9;
export const T_REDIR = 10;
export const T_WORD = 11;
export const T_NOT = 12;
export const T_CASE = 13;
export const T_DO = 14;
export const T_DONE = 15;
export const T_ELIF = 16;
export const T_ELSE = 17;
export const T_ESAC = 18;
export const T_FI = 19;
export const T_FOR = 20;
export const T_FUNCTION = 21;
export const T_IF = 22;
export const T_IN = 23;
export const T_THEN = 24;
export const T_UNTIL = 25;
export const T_WHILE = 26;
export const T_BEGIN = 27;
export const T_END = 28;

/** The reserved words, in the order of their tokens. */
export const KEYWORDS: readonly string[] = Object.freeze([
  "!",
  "case",
  "do",
  "done",
  "elif",
  "else",
  "esac",
  "fi",
  "for",
  "function",
  "if",
  "in",
  "then",
  "until",
  "while",
  "{",
  "}",
]);

/** The token of a reserved word; -1 for other words. */
export function keywordToken(text: string): number {
  // No reserved word is longer.
  if (text.length > 8) return -1;
  const at = KEYWORDS.indexOf(text);
  return at < 0 ? -1 : T_NOT + at;
}

const TOKEN_NAMES: readonly string[] = [
  "end of file",
  "newline",
  '";"',
  '"&"',
  '"&&"',
  '"||"',
  '"|"',
  '"("',
  '")"',
  '";;"',
  "redirection",
  "word",
  '"!"',
  '"case"',
  '"do"',
  '"done"',
  '"elif"',
  '"else"',
  '"esac"',
  '"fi"',
  '"for"',
  '"function"',
  '"if"',
  '"in"',
  '"then"',
  '"until"',
  '"while"',
  '"{"',
  '"}"',
];

export function tokenName(token: number): string {
  return TOKEN_NAMES[token] as string;
}

export function isNameStart(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95;
}

export function isNameChar(c: number): boolean {
  return isNameStart(c) || (c >= 48 && c <= 57);
}

export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** Is `s` a name (letters, digits, underscore, no leading digit)? */
export function isName(s: string): boolean {
  if (s.length === 0 || !isNameStart(s.charCodeAt(0))) return false;
  for (let i = 1; i < s.length; i++) if (!isNameChar(s.charCodeAt(i))) return false;
  return true;
}
