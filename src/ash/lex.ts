// The lexer of the shell (POSIX XCU 2.3): characters to tokens and words with their quoting.
import { leaveAliases } from "./alias.ts";
import { ansiQuoted } from "./ansi.ts";
import {
  AMP,
  AT,
  BANG,
  BQUOTE,
  BSLASH,
  COLON,
  DOLLAR,
  DQUOTE,
  EOF,
  EQ,
  GT,
  HASH,
  LBRACE,
  LP,
  LT,
  MINUS,
  NL,
  PERCENT,
  PIPE,
  PLUS,
  QUEST,
  RBRACE,
  RP,
  SEMI,
  SLASH,
  SPACE,
  SQUOTE,
  STAR,
  TAB,
} from "./chars.ts";
import { type Pending, readHeredocs } from "./heredoc.ts";
import type { Node, Part, Redir, Word } from "./nodes.ts";
import { Parts } from "./parts.ts";
import {
  isDigit,
  isNameChar,
  isNameStart,
  NEED_MORE,
  type ParseHost,
  type Source,
  SyntaxFault,
  T_AND,
  T_BACKGND,
  T_ENDCASE,
  T_EOF,
  T_LP,
  T_NL,
  T_OR,
  T_PIPE,
  T_REDIR,
  T_RP,
  T_SEMI,
  T_WORD,
} from "./tokens.ts";

/** Deepest nesting of commands and substitutions, well inside the host's stack. */
const MAX_DEPTH = 500;

/** The lexer; the parser extends it, as each needs the other (`$(...)` holds commands). */
export abstract class Lexer {
  src: string;
  pos: number;
  line: number;
  readonly eof: boolean;
  readonly host: ParseHost;
  aliases: Source["aliases"];
  /** Set when an alias that ends with a blank has been left: the next word may be an alias too. */
  aliasNext = false;
  depth = 0;
  pending: Pending[] = [];

  /** The last token and, for words and redirections, its value. */
  tok: number = T_EOF;
  word: Word = { parts: [], raw: "" };
  redir: Redir | undefined;
  quoted = false;

  constructor(source: Source, host: ParseHost) {
    this.src = source.text;
    this.pos = source.pos;
    this.line = source.line;
    this.eof = source.eof;
    this.aliases = source.aliases.slice();
    this.host = host;
  }

  /** Commands up to `)`: the parser's part of `$(...)`. */
  abstract commandSubstitution(): Node | null;
  /** Commands of a whole text: the parser's part of backquotes. */
  abstract commandText(text: string, line: number): Node | null;
  /** Words of a whole here-document body. */
  abstract heredocBody(text: string, line: number): Word;

  fault(message: string): never {
    throw new SyntaxFault(message, this.line);
  }

  enter(): void {
    if (++this.depth > MAX_DEPTH) this.fault("nesting too deep");
  }

  /** Character at the position plus `ahead`, or EOF. */
  at(ahead = 0): number {
    const i = this.pos + ahead;
    if (i < this.src.length) return this.src.charCodeAt(i);
    if (!this.eof) throw NEED_MORE;
    return EOF;
  }

  /** As {@link at}, with backslash-newlines taken out of the way. */
  peek(): number {
    let c = this.at();
    while (c === BSLASH && this.at(1) === NL) {
      this.pos += 2;
      this.line++;
      c = this.at();
    }
    return c;
  }

  /** Makes it the last token. */
  token(token: number): number {
    this.tok = token;
    return token;
  }

  /** Reads a token into `tok`. No reserved words or aliases here. */
  lex(): number {
    this.quoted = false;
    for (;;) {
      const c = this.peek();
      if (c === SPACE || c === TAB) {
        this.pos++;
        continue;
      }
      if (c === HASH) {
        const end = this.src.indexOf("\n", this.pos);
        if (end < 0) {
          if (!this.eof) throw NEED_MORE;
          this.pos = this.src.length;
        } else this.pos = end;
        continue;
      }
      if (this.aliases.length > 0 && leaveAliases(this.aliases, this.src.length - this.pos)) {
        this.aliasNext = true;
      }
      switch (c) {
        case EOF:
          return this.token(T_EOF);
        case NL:
          this.pos++;
          this.line++;
          return this.token(T_NL);
        case AMP:
          this.pos++;
          switch (this.peek()) {
            case AMP:
              this.pos++;
              return this.token(T_AND);
            case GT:
              this.pos++;
              this.redir = { op: "&>", fd: 1, word: this.word, literal: false };
              return this.token(T_REDIR);
          }
          return this.token(T_BACKGND);
        case PIPE:
          this.pos++;
          if (this.peek() === PIPE) {
            this.pos++;
            return this.token(T_OR);
          }
          return this.token(T_PIPE);
        case SEMI:
          this.pos++;
          if (this.peek() === SEMI) {
            this.pos++;
            return this.token(T_ENDCASE);
          }
          return this.token(T_SEMI);
        case LP:
          this.pos++;
          return this.token(T_LP);
        case RP:
          this.pos++;
          return this.token(T_RP);
        case LT:
        case GT:
          if (this.at(1) === LP) break;
          return this.#redirection(-1);
      }
      return this.#wordToken();
    }
  }

  #redirection(fd: number): number {
    const c = this.at();
    this.pos++;
    const n = this.peek();
    let op: Redir["op"];
    if (c === GT) {
      op = ">";
      if (n === GT) op = ">>";
      else if (n === AMP) op = ">&";
      else if (n === PIPE) op = ">|";
    } else {
      op = "<";
      if (n === LT) op = "<<";
      else if (n === AMP) op = "<&";
      else if (n === GT) op = "<>";
    }
    if (op.length === 2) this.pos++;
    this.redir = {
      op,
      fd: fd >= 0 ? fd : c === GT ? 1 : 0,
      word: this.word,
      literal: false,
    };
    if (op === "<<" && this.peek() === MINUS) {
      this.pos++;
      this.stripTabs = true;
    } else this.stripTabs = false;
    return this.token(T_REDIR);
  }
  stripTabs: boolean = false;

  #wordToken(): number {
    const start = this.pos;
    const parts = new Parts();
    this.#baseWord(parts, false);
    const list = parts.list;
    const c = this.at();
    if ((c === LT || c === GT) && list.length === 1 && !this.quoted) {
      const only = list[0] as Part;
      if (only.t === "lit" && only.s.length <= 9 && /^[0-9]+$/.test(only.s)) {
        return this.#redirection(Number(only.s));
      }
    }
    this.word = { parts: list, raw: this.src.slice(start, this.pos) };
    return this.token(T_WORD);
  }

  /** Characters outside double quotes; `brace`: the word of `${...}`, which ends at `}`. */
  #baseWord(parts: Parts, brace: boolean, stopAtSlash = false): void {
    for (;;) {
      const start = this.pos;
      let c = this.at();
      // A run of ordinary characters in one slice.
      while (
        (c >= 97 && c <= 122) ||
        (c >= 45 && c <= 58 && c !== SLASH) ||
        (c >= 63 && c <= 91) ||
        c === 95 ||
        c > 127 ||
        c === EQ ||
        (c === SLASH && !stopAtSlash)
      ) {
        this.pos++;
        c = this.pos < this.src.length ? this.src.charCodeAt(this.pos) : this.at();
      }
      if (this.pos > start) parts.lit(this.src.slice(start, this.pos), false);
      switch (c) {
        case EOF:
          return;
        case BSLASH: {
          const n = this.at(1);
          if (n === NL) {
            this.pos += 2;
            this.line++;
            continue;
          }
          this.quoted = true;
          if (n === EOF) {
            this.pos++;
            parts.lit("\\", true);
            return;
          }
          this.pos += 2;
          parts.lit(String.fromCharCode(n), true);
          continue;
        }
        case SQUOTE:
          this.quoted = true;
          this.#singleQuotes(parts);
          continue;
        case DQUOTE:
          this.quoted = true;
          this.pos++;
          this.#doubleQuotes(parts);
          continue;
        case BQUOTE:
          this.#backquotes(parts, false);
          continue;
        case DOLLAR:
          this.#dollar(parts, false);
          continue;
        case RBRACE:
          if (brace) return;
          break;
        case SLASH:
          if (stopAtSlash) return;
          break;
        case LT:
        case GT:
          if (!brace && this.at(1) === LP) {
            this.#processSubstitution(parts, c === GT);
            continue;
          }
          if (!brace) return;
          break;
        case NL:
          if (!brace) return;
          this.line++;
          break;
        case SPACE:
        case TAB:
        case AMP:
        case PIPE:
        case SEMI:
        case LP:
        case RP:
          if (!brace) return;
          break;
      }
      this.pos++;
      parts.lit(String.fromCharCode(c), false);
    }
  }

  #countLines(from: number, to: number): void {
    for (
      let i = this.src.indexOf("\n", from);
      i >= 0 && i < to;
      i = this.src.indexOf("\n", i + 1)
    ) {
      this.line++;
    }
  }

  #unterminated(): never {
    if (!this.eof) throw NEED_MORE;
    this.#countLines(this.pos, this.src.length);
    this.pos = this.src.length;
    return this.fault("unterminated quoted string");
  }

  #singleQuotes(parts: Parts): void {
    const end = this.src.indexOf("'", this.pos + 1);
    if (end < 0) this.#unterminated();
    parts.lit(this.src.slice(this.pos + 1, end), true);
    this.#countLines(this.pos, end);
    this.pos = end + 1;
  }

  /** Inside double quotes, after the opening one, to the closing one. */
  #doubleQuotes(parts: Parts): void {
    const before = parts.list.length;
    if (this.at() === DQUOTE) {
      this.pos++;
      parts.lit("", true);
      return;
    }
    for (;;) {
      const start = this.pos;
      let c = this.at();
      while (c !== DQUOTE && c !== BSLASH && c !== DOLLAR && c !== BQUOTE) {
        if (c === EOF) this.#unterminated();
        if (c === NL) this.line++;
        this.pos++;
        c = this.pos < this.src.length ? this.src.charCodeAt(this.pos) : this.at();
      }
      if (this.pos > start) parts.lit(this.src.slice(start, this.pos), true);
      if (c === DQUOTE) {
        this.pos++;
        // "$@" alone may be no field at all; with anything beside it there is at least one.
        if (parts.list.length > before + 1) parts.lit("", true);
        return;
      }
      if (c === BSLASH) this.#quotedBackslash(parts, DQUOTE);
      else if (c === DOLLAR) this.#dollar(parts, true);
      else this.#backquotes(parts, true);
    }
  }

  /** A backslash inside double quotes; `also` is what it can escape besides $, ` and itself. */
  #quotedBackslash(parts: Parts, also: number): void {
    const n = this.at(1);
    if (n === NL) {
      this.pos += 2;
      this.line++;
    } else if (n === BSLASH || n === DOLLAR || n === BQUOTE || n === also) {
      this.pos += 2;
      parts.lit(String.fromCharCode(n), true);
    } else {
      this.pos++;
      parts.lit("\\", true);
    }
  }

  /** The body of a here-document: double quotes without an end and without `"` meaning anything. */
  heredocParts(): Part[] {
    const parts = new Parts();
    for (;;) {
      const start = this.pos;
      let c = this.at();
      while (c !== EOF && c !== BSLASH && c !== DOLLAR && c !== BQUOTE) {
        if (c === NL) this.line++;
        this.pos++;
        c = this.at();
      }
      if (this.pos > start) parts.lit(this.src.slice(start, this.pos), true);
      if (c === EOF) return parts.list;
      if (c === BSLASH) this.#quotedBackslash(parts, 0);
      else if (c === DOLLAR) this.#dollar(parts, true);
      else this.#backquotes(parts, true);
    }
  }

  #dollar(parts: Parts, q: boolean): void {
    const from = this.pos;
    this.pos++;
    const c = this.peek();
    if (c === LP) {
      this.pos++;
      if (this.peek() === LP) {
        this.pos++;
        this.#arithmetic(parts, q);
      } else {
        this.enter();
        const body = this.commandSubstitution();
        this.depth--;
        parts.list.push({ t: "cmd", body, q });
      }
      return;
    }
    if (c === LBRACE) {
      this.pos++;
      this.enter();
      this.#braceParam(parts, q);
      this.depth--;
      return;
    }
    const name = this.#paramName(false);
    if (name !== "") {
      parts.list.push({ t: "param", name, op: "", colon: false, word: null, word2: null, q });
      return;
    }
    if (c === SQUOTE && !q) {
      this.quoted = true;
      this.#ansiQuotes(parts);
      return;
    }
    this.pos = from + 1;
    parts.lit("$", q);
  }

  /** A parameter's name at the position, or "". Several digits only within braces. */
  #paramName(braces: boolean): string {
    let c = this.peek();
    if (isNameStart(c)) {
      let name = "";
      let start = this.pos;
      for (;;) {
        while (isNameChar(c)) {
          this.pos++;
          c = this.pos < this.src.length ? this.src.charCodeAt(this.pos) : this.at();
        }
        name += this.src.slice(start, this.pos);
        if (c !== BSLASH) return name;
        c = this.peek();
        if (c === BSLASH) return name;
        start = this.pos;
      }
    }
    if (isDigit(c)) {
      let name = "";
      do {
        name += String.fromCharCode(c);
        this.pos++;
        c = this.peek();
      } while (braces && isDigit(c));
      return name;
    }
    switch (c) {
      case AT:
      case STAR:
      case HASH:
      case QUEST:
      case MINUS:
      case DOLLAR:
      case BANG:
        this.pos++;
        return String.fromCharCode(c);
    }
    return "";
  }

  #endBrace(): void {
    const c = this.at();
    if (c === EOF) this.fault("missing '}'");
    this.pos++;
  }

  #braceParam(parts: Parts, q: boolean): void {
    const list = parts.list;
    const bad = (): void => {
      // Read on to the end of it: the error comes when it is expanded.
      this.#braceWord(q, false);
      this.#endBrace();
      list.push({ t: "bad" });
    };
    let c = this.peek();
    if (c === HASH) {
      const mark = this.pos;
      const markLine = this.line;
      this.pos++;
      c = this.peek();
      if (c !== RBRACE) {
        const name = this.#paramName(true);
        if (name !== "" && this.peek() === RBRACE) {
          this.pos++;
          list.push({ t: "param", name, op: "len", colon: false, word: null, word2: null, q });
          return;
        }
        if (name !== "" && isNameChar(name.charCodeAt(0))) {
          bad();
          return;
        }
        this.pos = mark;
        this.line = markLine;
      } else this.pos = mark;
    }
    const name = this.#paramName(true);
    if (name === "") {
      bad();
      return;
    }
    c = this.peek();
    let op = "";
    let colon = false;
    let word: Word | null = null;
    let word2: Word | null = null;
    if (c === EOF) this.fault("missing '}'");
    switch (c) {
      case RBRACE:
        break;
      case COLON:
        this.pos++;
        c = this.peek();
        if (c === MINUS || c === PLUS || c === EQ || c === QUEST) {
          colon = true;
          this.pos++;
          op = String.fromCharCode(c);
          word = this.#braceWord(q, false);
        } else {
          if (c === RBRACE) this.fault("missing '}'");
          op = ":";
          word = this.#braceArith(true);
          if (this.at() === COLON) {
            this.pos++;
            word2 = this.#braceArith(false);
          }
        }
        break;
      case MINUS:
      case PLUS:
      case EQ:
      case QUEST:
        this.pos++;
        op = String.fromCharCode(c);
        word = this.#braceWord(q, false);
        break;
      case HASH:
      case PERCENT:
        this.pos++;
        op = String.fromCharCode(c);
        if (this.peek() === c) {
          this.pos++;
          op += op;
        }
        word = this.#braceWord(q, true);
        break;
      case SLASH: {
        this.pos++;
        op = "/";
        if (this.peek() === SLASH) {
          this.pos++;
          op = "//";
        }
        const start = this.pos;
        const pattern = new Parts();
        // The pattern may begin with the slash that would end it.
        if (this.at() === SLASH) {
          this.pos++;
          pattern.lit("/", false);
        }
        this.#braceQuoted(() => this.#baseWord(pattern, true, true));
        word = { parts: pattern.list, raw: this.src.slice(start, this.pos) };
        if (this.at() === SLASH) {
          this.pos++;
          word2 = this.#braceWord(q, true);
        }
        break;
      }
      default: {
        bad();
        return;
      }
    }
    this.#endBrace();
    list.push({ t: "param", name, op, colon, word, word2, q });
  }

  /** Quotes inside `${...}` do not make the word around it quoted. */
  #braceQuoted(read: () => void): void {
    const quoted = this.quoted;
    read();
    this.quoted = quoted;
  }

  /**
   * The word of `${name op word}`, up to `}`. Inside double quotes a default is quoted itself (and `'`
   * an ordinary character), while a pattern has quoting of its own.
   */
  #braceWord(q: boolean, pattern: boolean): Word {
    const start = this.pos;
    const parts = new Parts();
    this.#braceQuoted(() => {
      if (!q || pattern) this.#baseWord(parts, true);
      else this.#quotedBraceWord(parts);
    });
    return { parts: parts.list, raw: this.src.slice(start, this.pos) };
  }

  #quotedBraceWord(parts: Parts): void {
    for (;;) {
      const c = this.at();
      switch (c) {
        case EOF:
        case RBRACE:
          return;
        case DQUOTE:
          this.pos++;
          this.#doubleQuotes(parts);
          continue;
        case BSLASH: {
          const n = this.at(1);
          if (n === RBRACE || n === DQUOTE) {
            this.pos += 2;
            parts.lit(String.fromCharCode(n), true);
          } else this.#quotedBackslash(parts, DQUOTE);
          continue;
        }
        case DOLLAR:
          this.#dollar(parts, true);
          continue;
        case BQUOTE:
          this.#backquotes(parts, true);
          continue;
        case NL:
          this.line++;
          break;
      }
      this.pos++;
      parts.lit(String.fromCharCode(c), true);
    }
  }

  /** Offset or length of `${name:offset:length}`: arithmetic text. */
  #braceArith(stopAtColon: boolean): Word {
    const start = this.pos;
    const parts = new Parts();
    let parens = 0;
    let questions = 0;
    for (;;) {
      const c = this.at();
      if (c === EOF || c === RBRACE) break;
      if (c === COLON && parens === 0 && stopAtColon && questions-- === 0) break;
      if (c === QUEST) questions++;
      if (c === LP) parens++;
      else if (c === RP) parens--;
      if (c === DOLLAR) this.#dollar(parts, true);
      else if (c === BQUOTE) this.#backquotes(parts, true);
      else if (c === BSLASH) this.#quotedBackslash(parts, DQUOTE);
      else if (c === DQUOTE) {
        this.pos++;
        this.#doubleQuotes(parts);
      } else {
        if (c === NL) this.line++;
        this.pos++;
        parts.lit(String.fromCharCode(c), true);
      }
    }
    return { parts: parts.list, raw: this.src.slice(start, this.pos) };
  }

  /** `$((...))`, after the second parenthesis. */
  #arithmetic(outer: Parts, q: boolean): void {
    this.enter();
    const start = this.pos;
    const parts = new Parts();
    let parens = 0;
    let end: number;
    for (;;) {
      const c = this.peek();
      if (c === EOF) this.fault("missing '))'");
      if (c === LP) parens++;
      else if (c === RP) {
        if (parens === 0) {
          end = this.pos;
          this.pos++;
          if (this.peek() === RP) break;
          // An unbalanced parenthesis: nothing can follow but an error.
          while (this.at() !== EOF) {
            if (this.at() === NL) {
              this.line++;
            }
            this.pos++;
          }
          this.fault("missing '))'");
        }
        parens--;
      } else if (c === DOLLAR) {
        this.#dollar(parts, true);
        continue;
      } else if (c === BQUOTE) {
        this.#backquotes(parts, true);
        continue;
      } else if (c === BSLASH) {
        this.#quotedBackslash(parts, DQUOTE);
        continue;
      } else if (c === NL) this.line++;
      this.pos++;
      parts.lit(String.fromCharCode(c), true);
    }
    const raw = this.src.slice(start, end);
    this.pos++;
    this.depth--;
    outer.list.push({ t: "arith", expr: { parts: parts.list, raw }, q });
  }

  #processSubstitution(parts: Parts, out: boolean): void {
    this.pos += 2;
    this.enter();
    const body = this.commandSubstitution();
    this.depth--;
    parts.list.push({ t: "proc", body, out });
  }

  /** Backquotes: their text, less a level of backslashes, is parsed on its own. */
  #backquotes(parts: Parts, q: boolean): void {
    // ash counts the lines of such a text from one less.
    const line = this.line - 1;
    this.pos++;
    let text = "";
    for (;;) {
      const start = this.pos;
      let c = this.at();
      while (c !== BQUOTE && c !== BSLASH) {
        if (c === EOF) this.fault("EOF in backquote substitution");
        if (c === NL) this.line++;
        this.pos++;
        c = this.at();
      }
      text += this.src.slice(start, this.pos);
      if (c === BQUOTE) break;
      const n = this.at(1);
      if (n === NL) {
        this.pos += 2;
        this.line++;
      } else if (n === BSLASH || n === BQUOTE || n === DOLLAR || (n === DQUOTE && q)) {
        text += String.fromCharCode(n);
        this.pos += 2;
      } else {
        text += "\\";
        this.pos++;
      }
    }
    this.pos++;
    this.enter();
    const body = this.commandText(text, line);
    this.depth--;
    parts.list.push({ t: "cmd", body, q });
  }

  /** `$'...'`, at the first quote. */
  #ansiQuotes(parts: Parts): void {
    const { text, end, lines } = ansiQuoted(this.src, this.pos + 1);
    if (end < 0) this.#unterminated();
    this.pos = end;
    this.line += lines;
    parts.lit(text, true);
  }

  /** Reads the bodies of the here-documents announced on the line just ended. */
  readHeredocs(): void {
    readHeredocs(this);
  }
}
