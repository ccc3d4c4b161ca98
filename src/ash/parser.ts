// The parser of the shell (POSIX XCU 2.10): one complete command (line) at a time from a source.
import { aliasActive, pushAlias } from "./alias.ts";
import { Lexer } from "./lex.ts";
import type { Cmd, Node, Redir, Word } from "./nodes.ts";
import {
  isName,
  keywordToken,
  NEED_MORE,
  type ParseHost,
  type Source,
  T_AND,
  T_BACKGND,
  T_BEGIN,
  T_CASE,
  T_DO,
  T_DONE,
  T_ELIF,
  T_ELSE,
  T_END,
  T_ENDCASE,
  T_EOF,
  T_ESAC,
  T_FI,
  T_FOR,
  T_FUNCTION,
  T_IF,
  T_IN,
  T_LP,
  T_NL,
  T_NOT,
  T_OR,
  T_PIPE,
  T_REDIR,
  T_RP,
  T_SEMI,
  T_THEN,
  T_UNTIL,
  T_WHILE,
  T_WORD,
  tokenName,
} from "./tokens.ts";

/** What the next token may be taken for. */
const CHKALIAS = 1;
const CHKKWD = 2;
const CHKNL = 4;

/** How a list ends. */
const LINE = 1;
const FULL = 0;
/** As FULL, but may be empty. */
const MAYBE = 2;

/** Result of {@link parseCommand}: a command, an empty line, the end, or too little text. */
export type Parsed = Node | "empty" | "eof" | "more";

/**
 * Reads one complete command from the source and moves the source past it. "more": the text ends
 * inside a command; the source stands where it stood. Throws SyntaxFault (the source then stands
 * where the error was seen).
 */
export function parseCommand(source: Source, host: ParseHost): Parsed {
  const parser = new Parser(source, host);
  try {
    const result = parser.topLevel();
    parser.commit(source);
    return result;
  } catch (e) {
    if (e === NEED_MORE) return "more";
    parser.commit(source);
    throw e;
  }
}

/** Parses `text` as inside double quotes: prompts and PS4. */
export function parsePrompt(text: string): Word {
  const source = { text, pos: 0, eof: true, line: 0, aliases: [] };
  return new Parser(source, NO_ALIASES).heredocBody(text, 0);
}

const NO_ALIASES: ParseHost = Object.freeze({
  alias: () => undefined,
  isSpecial: () => false,
});

const EMPTY: Node = { type: "list", items: [] };

/** Does a list end before this token? */
function endsList(token: number): boolean {
  switch (token) {
    case T_EOF:
    case T_RP:
    case T_ENDCASE:
    case T_DO:
    case T_DONE:
    case T_ELIF:
    case T_ELSE:
    case T_ESAC:
    case T_FI:
    case T_THEN:
    case T_END:
      return true;
  }
  return false;
}

class Parser extends Lexer {
  #pushback = false;
  #check = 0;
  /** Where the current token began. */
  #start = 0;

  commit(source: Source): void {
    source.text = this.src;
    source.pos = this.pos;
    source.line = this.line;
    source.aliases = this.aliases;
  }

  topLevel(): Parsed {
    const token = this.#read(0);
    if (token === T_EOF) return "eof";
    if (token === T_NL) return "empty";
    this.#pushback = true;
    return this.#list(LINE) ?? "empty";
  }

  commandSubstitution(): Node | null {
    // The tokens of the command outside must survive the commands inside.
    const saved = this.#saveState();
    const body = this.#list(MAYBE);
    if (this.#read(0) !== T_RP) this.#expect(T_RP);
    this.#restoreState(saved);
    return body;
  }

  #saveState(): () => void {
    const { tok, word, redir, quoted, stripTabs, pending, aliasNext } = this;
    const pushback = this.#pushback;
    const check = this.#check;
    const start = this.#start;
    this.#pushback = false;
    this.pending = [];
    return () => {
      this.tok = tok;
      this.word = word;
      this.redir = redir;
      this.quoted = quoted;
      this.stripTabs = stripTabs;
      // Bodies of documents announced inside come after the line, before those announced outside.
      this.pending = [...this.pending, ...pending];
      this.aliasNext = aliasNext;
      this.#pushback = pushback;
      this.#check = check;
      this.#start = start;
    };
  }

  #restoreState(restore: () => void): void {
    restore();
  }

  commandText(text: string, line: number): Node | null {
    const inner = new Parser({ text, pos: 0, eof: true, line, aliases: [] }, this.host);
    inner.depth = this.depth;
    const body = inner.#list(MAYBE);
    if (inner.#read(0) !== T_EOF) inner.#expect(T_EOF);
    return body;
  }

  heredocBody(text: string, line: number): Word {
    const inner = new Parser({ text, pos: 0, eof: true, line, aliases: [] }, this.host);
    inner.depth = this.depth;
    inner.enter();
    return { parts: inner.heredocParts(), raw: "" };
  }

  /** Reads a token, as `check` says: newlines skipped, reserved words and aliases recognised. */
  #read(check: number): number {
    if (this.#pushback) {
      this.#pushback = false;
      // A word that was pushed back may be a reserved word where it is read again.
      const tok = this.tok as number;
      if (tok === T_WORD && check !== 0) return this.#classify(check, false);
      if (tok !== T_NL || (check & CHKNL) === 0) return tok;
      if (this.pending.length > 0) this.readHeredocs();
    }
    for (;;) {
      this.#lexFrom();
      if (this.tok !== T_NL || (check & CHKNL) === 0) break;
      if (this.pending.length > 0) this.readHeredocs();
    }
    return this.tok === T_WORD ? this.#classify(check, true) : this.tok;
  }

  #lexFrom(): void {
    this.lex();
    this.#start = this.pos - this.word.raw.length;
  }

  #classify(first: number, isFresh: boolean): number {
    let check = first;
    let fresh = isFresh;
    for (;;) {
      if (this.tok !== T_WORD) return this.tok;
      if (fresh && this.aliasNext) {
        this.aliasNext = false;
        check |= CHKALIAS;
      }
      const only = this.word.parts[0];
      if (this.quoted || this.word.parts.length !== 1 || only === undefined || only.t !== "lit") {
        return T_WORD;
      }
      const text = only.s;
      if ((check & CHKKWD) !== 0) {
        const keyword = keywordToken(text);
        if (keyword >= 0) return this.token(keyword);
      }
      if ((check & CHKALIAS) === 0) return T_WORD;
      const value = aliasActive(this.aliases, text) ? undefined : this.host.alias(text);
      if (value === undefined) return T_WORD;
      pushAlias(this, text, value, this.#start);
      for (;;) {
        this.#lexFrom();
        if ((this.tok as number) !== T_NL || (check & CHKNL) === 0) break;
        if (this.pending.length > 0) this.readHeredocs();
      }
      fresh = true;
    }
  }

  #unread(): void {
    this.#pushback = true;
  }

  /** The current token is not what the grammar wants. */
  #expect(wanted: number): never {
    const name = tokenName(this.tok);
    this.fault(
      wanted < 0 ? `unexpected ${name}` : `unexpected ${name} (expecting ${tokenName(wanted)})`,
    );
  }

  /** Reads a list; null when it is empty. Ends before a token that can not be part of it. */
  #list(how: number): Node | null {
    const items: Node[] = [];
    const check = how === LINE ? CHKKWD | CHKALIAS : CHKNL | CHKKWD | CHKALIAS;
    let first = true;
    const done = (): Node | null =>
      items.length === 0 ? null : items.length === 1 ? (items[0] as Node) : { type: "list", items };
    for (;;) {
      let token = this.#read(check);
      if (token === T_NL) {
        // Only a line list sees newlines.
        if (this.pending.length > 0) this.readHeredocs();
        return done();
      }
      if (token === T_EOF) {
        if (this.pending.length > 0) this.readHeredocs();
        this.#unread();
        if (how === FULL && first) this.#expect(-1);
        return done();
      }
      this.#unread();
      if (how !== LINE && endsList(token) && (how === MAYBE || !first)) return done();
      first = false;
      const item = this.#andOr();
      token = this.#read(0);
      if (token === T_BACKGND) {
        items.push({ type: "background", body: item, line: this.line });
      } else {
        items.push(item);
        if (token === T_NL || token === T_EOF) this.#unread();
        else if (token !== T_SEMI) {
          if (how === LINE) this.#expect(-1);
          this.#unread();
          return done();
        }
      }
    }
  }

  #body(): Node {
    return this.#list(FULL) ?? EMPTY;
  }

  #andOr(): Node {
    let left = this.#pipeline();
    for (;;) {
      const token = this.#read(0);
      if (token !== T_AND && token !== T_OR) {
        this.#unread();
        return left;
      }
      this.#check = CHKNL | CHKKWD | CHKALIAS;
      const right = this.#pipeline();
      left = { type: token === T_AND ? "and" : "or", left, right };
    }
  }

  #pipeline(): Node {
    let negate = false;
    let check = this.#check !== 0 ? this.#check : CHKKWD | CHKALIAS;
    this.#check = 0;
    if (this.#read(check) === T_NOT) {
      negate = true;
      check = CHKKWD | CHKALIAS;
    } else this.#unread();
    const line = this.line;
    let node = this.#command(check);
    if (this.#read(0) === T_PIPE) {
      const cmds = [node];
      do {
        cmds.push(this.#command(CHKNL | CHKKWD | CHKALIAS));
      } while (this.#read(0) === T_PIPE);
      node = { type: "pipe", cmds, line };
    }
    this.#unread();
    return negate ? { type: "not", body: node } : node;
  }

  #then(token: number): void {
    if (this.#read(CHKNL | CHKKWD | CHKALIAS) !== token) this.#expect(token);
  }

  #command(check: number): Node {
    this.enter();
    let node: Node;
    const token = this.#read(check);
    const line = this.line;
    switch (token) {
      case T_IF:
        node = this.#if();
        break;
      case T_WHILE:
      case T_UNTIL: {
        const cond = this.#body();
        this.#then(T_DO);
        const body = this.#body();
        this.#then(T_DONE);
        node = { type: "while", cond, body, until: token === T_UNTIL };
        break;
      }
      case T_FOR:
        node = this.#for(line);
        break;
      case T_CASE:
        node = this.#case(line);
        break;
      case T_LP: {
        const body = this.#body();
        this.#then(T_RP);
        node = { type: "subshell", body, redirs: [], line };
        break;
      }
      case T_BEGIN:
        node = this.#body();
        this.#then(T_END);
        break;
      case T_FUNCTION: {
        if (this.#read(0) !== T_WORD) this.#expect(T_WORD);
        const name = this.#functionName();
        if (this.#read(0) === T_LP) {
          if (this.#read(0) !== T_RP) this.#expect(T_RP);
        } else this.#unread();
        node = { type: "defun", name, body: this.#command(CHKNL | CHKKWD | CHKALIAS), line };
        this.depth--;
        return node;
      }
      case T_WORD:
      case T_REDIR:
        this.#unread();
        node = this.#simple(line);
        this.depth--;
        return node;
      default:
        return this.#expect(-1);
    }
    this.depth--;
    const redirs: Redir[] = [];
    while (this.#read(CHKKWD | CHKALIAS) === T_REDIR) redirs.push(this.#redirTarget());
    this.#unread();
    if (redirs.length === 0) return node;
    if (node.type === "subshell") {
      node.redirs = redirs;
      return node;
    }
    return { type: "redir", body: node, redirs, line };
  }

  #if(): Node {
    const cond = this.#body();
    this.#then(T_THEN);
    const then = this.#body();
    const token = this.#read(CHKNL | CHKKWD | CHKALIAS);
    let otherwise: Node | null = null;
    if (token === T_ELIF) {
      this.enter();
      otherwise = this.#if();
      this.depth--;
      return { type: "if", cond, then, else: otherwise };
    }
    if (token === T_ELSE) {
      otherwise = this.#body();
      this.#then(T_FI);
    } else if (token !== T_FI) this.#expect(T_FI);
    return { type: "if", cond, then, else: otherwise };
  }

  #literal(): string | undefined {
    const { parts } = this.word;
    const only = parts[0];
    if (parts.length === 1 && only !== undefined && only.t === "lit" && !this.quoted) return only.s;
    return undefined;
  }

  #for(line: number): Node {
    const token = this.#read(0);
    const name = this.#literal();
    if (token !== T_WORD || name === undefined || !isName(name))
      this.fault("bad for loop variable");
    let words: Word[];
    if (this.#read(CHKNL | CHKKWD | CHKALIAS) === T_IN) {
      words = [];
      while (this.#read(0) === T_WORD) words.push(this.word);
      if (this.tok !== T_NL && this.tok !== T_SEMI) this.#expect(-1);
      if (this.tok === T_NL && this.pending.length > 0) this.readHeredocs();
    } else {
      words = [
        {
          parts: [
            { t: "param", name: "@", op: "", colon: false, word: null, word2: null, q: true },
          ],
          raw: '"$@"',
        },
      ];
      // The list of words is absent: a semicolon may stand there, or newlines (skipped above).
      if (this.tok !== T_SEMI) this.#unread();
    }
    this.#then(T_DO);
    const body = this.#body();
    this.#then(T_DONE);
    return { type: "for", name, words, body, line };
  }

  #case(line: number): Node {
    if (this.#read(0) !== T_WORD) this.#expect(T_WORD);
    const word = this.word;
    this.#then(T_IN);
    const items: { patterns: Word[]; body: Node | null }[] = [];
    let token = this.#read(CHKNL | CHKKWD);
    while (token !== T_ESAC) {
      if (token === T_LP) this.#read(0);
      const patterns: Word[] = [];
      for (;;) {
        // Reserved words are ordinary in patterns.
        if (this.tok !== T_WORD && this.tok < T_WORD) this.#expect(T_WORD);
        patterns.push(this.word);
        if (this.#read(0) !== T_PIPE) break;
        this.#read(0);
      }
      if (this.tok !== T_RP) this.#expect(T_RP);
      const body = this.#list(MAYBE);
      items.push({ patterns, body });
      token = this.#read(CHKNL | CHKKWD);
      if (token === T_ESAC) break;
      if (token !== T_ENDCASE) this.#expect(T_ENDCASE);
      token = this.#read(CHKNL | CHKKWD);
    }
    return { type: "case", word, items, line };
  }

  #functionName(): string {
    const name = this.#literal();
    if (name === undefined || !isName(name) || this.host.isSpecial(name))
      this.fault("bad function name");
    return name;
  }

  #redirTarget(): Redir {
    const redir = this.redir as Redir;
    const strip = this.stripTabs;
    if (this.#read(0) !== T_WORD) this.#expect(-1);
    redir.word = this.word;
    if (redir.op === "<<") {
      redir.literal = this.quoted;
      let delimiter = "";
      for (const part of this.word.parts) delimiter += part.t === "lit" ? part.s : "";
      if (this.word.parts.some((part) => part.t !== "lit")) {
        // `<<$x`: the delimiter is the text itself.
        delimiter = this.word.raw.replace(/["'\\]/g, "");
      }
      this.pending.push({ redir, delimiter, stripTabs: strip });
    }
    return redir;
  }

  #simple(line: number): Node {
    const assigns: Cmd["assigns"] = [];
    const args: Word[] = [];
    const redirs: Redir[] = [];
    let brackets = false;
    let check = CHKALIAS;
    for (;;) {
      // The first word was looked at by the caller, with its alias already replaced.
      const token = this.#read(check);
      if (token === T_WORD) {
        const word = this.word;
        if (args.length === 0) {
          const assign = assignment(word);
          if (assign !== undefined) {
            assigns.push(assign);
            continue;
          }
          check = 0;
          if (word.raw === "[[") brackets = true;
        }
        args.push(word);
        if (brackets && word.raw === "]]") brackets = false;
        continue;
      }
      if (token === T_REDIR) {
        redirs.push(this.#redirTarget());
        continue;
      }
      if (brackets && (token === T_AND || token === T_OR)) {
        const s = token === T_AND ? "&&" : "||";
        args.push({ parts: [{ t: "lit", s, q: true }], raw: s });
        continue;
      }
      if (token === T_LP && args.length === 1 && assigns.length === 0 && redirs.length === 0) {
        if (this.#read(0) !== T_RP) this.#expect(T_RP);
        this.word = args[0] as Word;
        this.quoted = this.word.parts.some((part) => part.t !== "lit" || part.q);
        const name = this.#functionName();
        const body = this.#command(CHKNL | CHKKWD | CHKALIAS);
        return { type: "defun", name, body, line };
      }
      this.#unread();
      return { type: "cmd", line, assigns, args, redirs };
    }
  }
}

/** Takes `name=value` apart; undefined when the word is no assignment. */
export function assignment(word: Word): Cmd["assigns"][number] | undefined {
  const first = word.parts[0];
  if (first === undefined || first.t !== "lit" || first.q) return undefined;
  const eq = first.s.indexOf("=");
  if (eq <= 0) return undefined;
  const name = first.s.slice(0, eq);
  if (!isName(name)) return undefined;
  const parts = word.parts.slice(1);
  if (eq + 1 < first.s.length) parts.unshift({ t: "lit", s: first.s.slice(eq + 1), q: false });
  for (const part of parts) if (part.t === "param") part.assign = true;
  return { name, value: { parts, raw: word.raw.slice(eq + 1) }, raw: word.raw };
}
