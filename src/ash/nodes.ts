// The syntax tree of the shell (POSIX XCU 2.9, 2.10): what the parser makes and eval.ts compiles.

/** A piece of a word. `q`: it stood inside quotes, so it is neither split nor globbed. */
export type Part =
  | { t: "lit"; s: string; q: boolean }
  /** `$name`, `${name op word}`; `op` is "" for the plain value and "len" for `${#name}`. */
  | {
      t: "param";
      name: string;
      op: string;
      colon: boolean;
      /** Default, pattern or offset. */
      word: Word | null;
      /** Replacement or length. */
      word2: Word | null;
      q: boolean;
      /** It stands in the value of an assignment, where colons begin tildes too. */
      assign?: boolean;
    }
  /** `$(...)` and backquotes. */
  | { t: "cmd"; body: Node | null; q: boolean }
  | { t: "arith"; expr: Word; q: boolean }
  /** `<(...)` and `>(...)`. */
  | { t: "proc"; body: Node | null; out: boolean }
  /** `${...}` that means nothing: an error when it is expanded. */
  | { t: "bad" };

/** A word: its parts, and its text as written (for `jobs`). */
export interface Word {
  parts: Part[];
  raw: string;
}

export type RedirOp = "<" | ">" | ">>" | ">|" | "<>" | "<&" | ">&" | "&>" | "<<";

export interface Redir {
  op: RedirOp;
  fd: number;
  /** File name, descriptor, or the body of a here-document. */
  word: Word;
  /** A here-document whose body is not expanded. */
  literal: boolean;
}

export interface Cmd {
  type: "cmd";
  line: number;
  assigns: { name: string; value: Word; raw: string }[];
  args: Word[];
  redirs: Redir[];
}

export type Node =
  | Cmd
  | { type: "pipe"; cmds: Node[]; line: number }
  | { type: "redir"; body: Node; redirs: Redir[]; line: number }
  | { type: "subshell"; body: Node; redirs: Redir[]; line: number }
  | { type: "background"; body: Node; line: number }
  | { type: "and"; left: Node; right: Node }
  | { type: "or"; left: Node; right: Node }
  | { type: "not"; body: Node }
  | { type: "list"; items: Node[] }
  | { type: "if"; cond: Node; then: Node; else: Node | null }
  | { type: "while"; cond: Node; body: Node; until: boolean }
  | { type: "for"; name: string; words: Word[]; body: Node; line: number }
  | { type: "case"; word: Word; items: { patterns: Word[]; body: Node | null }[]; line: number }
  | { type: "defun"; name: string; body: Node; line: number };
