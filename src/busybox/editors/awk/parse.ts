// The grammar of awk (POSIX awk, "Grammar"), by recursive descent. As in BusyBox `^` groups from the left.
import type { Expr, FunctionDef, Lvalue, Program, Stmt } from "./ast.ts";
import { at, Lexer, type Token } from "./lex.ts";

const ASSIGNMENTS: readonly string[] = ["=", "+=", "-=", "*=", "/=", "%=", "^="];
const COMPARISONS: readonly string[] = ["<", "<=", "==", "!=", ">", ">="];
/** After these an operand has ended, so that a slash divides. */
const OPERAND_ENDS: readonly string[] = [")", "]", "$", "++", "--"];
/** Nesting of expressions and statements. */
const MAX_DEPTH = 400;

/** What an expression must leave to whom it is within. */
interface Context {
  /** `>` redirects. */
  noGreater?: boolean;
  /** `in` belongs to `for`. */
  noIn?: boolean;
}

function isLvalue(e: Expr): e is Lvalue {
  return e.type === "var" || e.type === "index" || e.type === "field";
}

export class Parser {
  readonly #lexer: Lexer;
  readonly #program: Program;
  #token: Token;
  #depth = 0;
  #loops = 0;

  constructor(program: Program, text: string, source: string) {
    this.#program = program;
    this.#lexer = new Lexer(text, source);
    this.#token = this.#lexer.next(true);
  }

  /** Reads pieces of program text, each of which stands for itself. */
  static parse(pieces: readonly { text: string; source: string }[]): Program {
    const program: Program = { begin: [], end: [], rules: [], functions: new Map() };
    for (const { text, source } of pieces) new Parser(program, text, source).#items();
    return program;
  }

  #items(): void {
    for (;;) {
      while (this.#is("newline") || this.#isOp(";")) this.#advance();
      if (this.#is("end")) return;
      this.#item();
    }
  }

  // ---- tokens ------------------------------------------------------------------------------------

  #advance(): Token {
    const before = this.#token;
    const operand =
      before.type === "op"
        ? !OPERAND_ENDS.includes(before.text)
        : before.type === "newline" || before.type === "keyword" || before.type === "end";
    this.#token = this.#lexer.next(operand);
    return before;
  }

  #is(type: Token["type"]): boolean {
    return this.#token.type === type;
  }
  #isOp(text: string): boolean {
    return this.#token.type === "op" && this.#token.text === text;
  }
  #isKeyword(text: string): boolean {
    return this.#token.type === "keyword" && this.#token.text === text;
  }
  #fail(message = "Unexpected token"): never {
    return at(this.#lexer.source, this.#token.line, message);
  }
  #expect(text: string): void {
    if (!this.#isOp(text)) this.#fail();
    this.#advance();
  }
  #accept(text: string): boolean {
    if (!this.#isOp(text)) return false;
    this.#advance();
    return true;
  }
  #newlines(): void {
    while (this.#is("newline")) this.#advance();
  }
  #separators(): void {
    while (this.#is("newline") || this.#isOp(";")) this.#advance();
  }

  // ---- items -------------------------------------------------------------------------------------

  #item(): void {
    if (this.#isKeyword("function")) {
      this.#function();
      return;
    }
    if (this.#isKeyword("BEGIN") || this.#isKeyword("END")) {
      const where = this.#advance().text === "BEGIN" ? this.#program.begin : this.#program.end;
      if (!this.#isOp("{")) this.#fail();
      where.push(this.#block());
      return;
    }
    let pattern: Expr[] | undefined;
    if (!this.#isOp("{")) {
      pattern = [this.#expression({})];
      if (this.#accept(",")) {
        this.#newlines();
        pattern.push(this.#expression({}));
      }
    }
    const body = this.#isOp("{") ? this.#block() : undefined;
    if (body === undefined && !this.#is("newline") && !this.#is("end") && !this.#isOp(";"))
      this.#fail();
    this.#program.rules.push({ pattern, body });
  }

  #function(): void {
    this.#advance();
    const name = this.#token.text;
    if (!this.#is("name") && !this.#is("call")) this.#fail();
    if (this.#program.functions.has(name)) this.#fail("Duplicate function");
    this.#advance();
    this.#expect("(");
    const params: string[] = [];
    while (!this.#isOp(")")) {
      this.#newlines();
      if (!this.#is("name")) this.#fail();
      params.push(this.#advance().text);
      this.#newlines();
      if (!this.#accept(",")) {
        if (!this.#isOp(")")) this.#fail();
      } else if (this.#isOp(")")) this.#fail();
    }
    this.#advance();
    this.#newlines();
    const def: FunctionDef = { name, params, body: { type: "block", body: [] } };
    this.#program.functions.set(name, def);
    if (!this.#isOp("{")) this.#fail();
    def.body = this.#block();
  }

  // ---- statements --------------------------------------------------------------------------------

  #block(): Stmt {
    this.#expect("{");
    const body: Stmt[] = [];
    for (;;) {
      this.#separators();
      if (this.#isOp("}")) break;
      if (this.#is("end")) this.#fail();
      body.push(this.#statement());
    }
    this.#advance();
    return { type: "block", body };
  }

  /** A statement's end: a newline or semicolon, which is passed, or a closing brace. */
  #terminate(): void {
    if (this.#is("newline") || this.#isOp(";")) this.#advance();
    else if (!this.#isOp("}") && !this.#is("end")) this.#fail();
  }

  #statement(): Stmt {
    if (++this.#depth > MAX_DEPTH) this.#fail("out of memory");
    const s = this.#statementWithin();
    this.#depth--;
    return s;
  }

  #body(): Stmt {
    this.#newlines();
    if (this.#accept(";")) return { type: "block", body: [] };
    return this.#statement();
  }

  #loop(): Stmt {
    this.#loops++;
    const body = this.#body();
    this.#loops--;
    return body;
  }

  #statementWithin(): Stmt {
    const t = this.#token;
    if (this.#isOp("{")) return this.#block();
    if (t.type !== "keyword") return this.#simpleStatement();
    switch (t.text) {
      case "if": {
        this.#advance();
        this.#expect("(");
        const test = this.#expression({});
        this.#expect(")");
        const yes = this.#body();
        // An else may stand on a later line; what is passed in vain means nothing between statements.
        this.#separators();
        let no: Stmt | undefined;
        if (this.#isKeyword("else")) {
          this.#advance();
          no = this.#body();
        }
        return { type: "if", test, yes, no };
      }
      case "while": {
        this.#advance();
        this.#expect("(");
        const test = this.#expression({});
        this.#expect(")");
        return { type: "while", test, body: this.#loop() };
      }
      case "do": {
        this.#advance();
        const body = this.#loop();
        this.#separators();
        if (!this.#isKeyword("while")) this.#fail();
        this.#advance();
        this.#expect("(");
        const test = this.#expression({});
        this.#expect(")");
        this.#terminate();
        return { type: "do", body, test };
      }
      case "for":
        return this.#for();
      default:
        return this.#simpleStatement();
    }
  }

  #for(): Stmt {
    this.#advance();
    this.#expect("(");
    let init: Stmt | undefined;
    if (!this.#isOp(";")) {
      init = this.#simple({ noIn: true });
      if (this.#isKeyword("in") && init.type === "expr") {
        const target = init.expr;
        this.#advance();
        const name = this.#token.text;
        if (!this.#is("name") || !isLvalue(target)) this.#fail();
        this.#advance();
        this.#expect(")");
        return { type: "forin", target, name, body: this.#loop() };
      }
    }
    this.#expect(";");
    this.#newlines();
    const test = this.#isOp(";") ? undefined : this.#expression({});
    this.#expect(";");
    this.#newlines();
    const step = this.#isOp(")") ? undefined : this.#simple({});
    this.#expect(")");
    return { type: "for", init, test, step, body: this.#loop() };
  }

  #simpleStatement(): Stmt {
    const t = this.#token;
    let s: Stmt;
    if (t.type === "keyword" && (t.text === "break" || t.text === "continue")) {
      if (this.#loops === 0) this.#fail(`'${t.text}' not in a loop`);
      this.#advance();
      s = { type: t.text };
    } else if (t.type === "keyword" && (t.text === "next" || t.text === "nextfile")) {
      this.#advance();
      s = { type: t.text };
    } else if (t.type === "keyword" && (t.text === "exit" || t.text === "return")) {
      this.#advance();
      s = { type: t.text, value: this.#atEnd() ? undefined : this.#expression({}) };
    } else s = this.#simple({});
    this.#terminate();
    return s;
  }

  #atEnd(): boolean {
    return this.#is("newline") || this.#is("end") || this.#isOp(";") || this.#isOp("}");
  }

  #simple(context: Context): Stmt {
    if (this.#isKeyword("print") || this.#isKeyword("printf")) return this.#print();
    if (this.#isKeyword("delete")) {
      this.#advance();
      const name = this.#token.text;
      if (!this.#is("name")) this.#fail(this.#atEnd() ? "Too few arguments" : undefined);
      this.#advance();
      if (!this.#accept("[")) return { type: "delete", name, subscripts: undefined };
      const subscripts = this.#list({});
      this.#expect("]");
      return { type: "delete", name, subscripts };
    }
    return { type: "expr", expr: this.#expression(context) };
  }

  #print(): Stmt {
    const { line } = this.#token;
    const format = this.#advance().text === "printf";
    let args: Expr[] = [];
    const stops = (): boolean =>
      this.#atEnd() || this.#isOp(">") || this.#isOp(">>") || this.#isOp("|") || this.#isOp(")");
    if (!stops()) {
      args = this.#list({ noGreater: true });
      // Arguments in parentheses, if nothing but a redirection follows them.
      const only = args[0];
      if (args.length === 1 && only?.type === "group" && only.items.length > 1) args = only.items;
    }
    let mode: "" | ">" | ">>" | "|" = "";
    let to: Expr | undefined;
    if (this.#isOp(">") || this.#isOp(">>") || this.#isOp("|")) {
      mode = this.#advance().text as ">" | ">>" | "|";
      to = this.#conditional({ noGreater: true });
    }
    return { type: "print", format, args, mode, to, line };
  }

  #list(context: Context): Expr[] {
    const items = [this.#expression(context)];
    while (this.#accept(",")) {
      this.#newlines();
      items.push(this.#expression(context));
    }
    return items;
  }

  // ---- expressions, loosest first ----------------------------------------------------------------

  #expression(context: Context): Expr {
    if (++this.#depth > MAX_DEPTH) this.#fail("out of memory");
    const e = this.#conditional(context);
    this.#depth--;
    return e;
  }

  #conditional(context: Context): Expr {
    const test = this.#or(context);
    if (!this.#accept("?")) return test;
    this.#newlines();
    const yes = this.#expression(context);
    this.#newlines();
    this.#expect(":");
    this.#newlines();
    const no = this.#expression(context);
    return { type: "conditional", test, yes, no };
  }

  #or(context: Context): Expr {
    let left = this.#and(context);
    while (this.#accept("||")) {
      this.#newlines();
      left = { type: "or", left, right: this.#and(context) };
    }
    return left;
  }

  #and(context: Context): Expr {
    let left = this.#in(context);
    while (this.#accept("&&")) {
      this.#newlines();
      left = { type: "and", left, right: this.#in(context) };
    }
    return left;
  }

  #in(context: Context): Expr {
    let left = this.#match(context);
    while (context.noIn !== true && this.#isKeyword("in")) {
      this.#advance();
      const name = this.#token.text;
      if (!this.#is("name")) this.#fail();
      this.#advance();
      left = { type: "in", subscripts: left.type === "group" ? left.items : [left], name };
    }
    return left;
  }

  #match(context: Context): Expr {
    let left = this.#comparison(context);
    while (this.#isOp("~") || this.#isOp("!~")) {
      const negated = this.#advance().text === "!~";
      left = { type: "match", negated, left, right: this.#comparison(context) };
    }
    return left;
  }

  #comparison(context: Context): Expr {
    let left = this.#concatenation(context);
    for (;;) {
      const t = this.#token;
      if (t.type !== "op") return left;
      if (t.text === "|" && context.noGreater !== true) {
        this.#advance();
        if (!this.#isKeyword("getline")) this.#fail();
        // What getline gives may be joined with more.
        left = this.#joined(this.#pipe(left), context);
      } else if (COMPARISONS.includes(t.text) && !(t.text === ">" && context.noGreater)) {
        this.#advance();
        const right = this.#concatenation(context);
        left = { type: "binary", op: t.text, left, right, line: t.line };
      } else return left;
    }
  }

  #pipe(source: Expr): Expr {
    this.#advance();
    return { type: "getline", from: "command", source, target: this.#optionalLvalue() };
  }

  #startsOperand(): boolean {
    const t = this.#token;
    switch (t.type) {
      case "number":
      case "string":
      case "regex":
      case "name":
      case "call":
      case "builtin":
        return true;
      case "op":
        return ["$", "!", "(", "++", "--"].includes(t.text);
      case "keyword":
      case "newline":
      case "end":
        return false;
    }
  }

  #concatenation(context: Context): Expr {
    return this.#joined(this.#additive(context), context);
  }

  /** A first operand and those that follow without an operator. */
  #joined(first: Expr, context: Context): Expr {
    let left = first;
    while (this.#startsOperand()) {
      const { line } = this.#token;
      left = { type: "binary", op: " ", left, right: this.#additive(context), line };
    }
    return left;
  }

  #additive(context: Context): Expr {
    let left = this.#multiplicative(context);
    while (this.#isOp("+") || this.#isOp("-")) {
      const { text: op, line } = this.#advance();
      left = { type: "binary", op, left, right: this.#multiplicative(context), line };
    }
    return left;
  }

  #multiplicative(context: Context): Expr {
    let left = this.#unary(context);
    while (this.#isOp("*") || this.#isOp("/") || this.#isOp("%")) {
      const { text: op, line } = this.#advance();
      left = { type: "binary", op, left, right: this.#unary(context), line };
    }
    return left;
  }

  #unary(context: Context): Expr {
    if (this.#isOp("!") || this.#isOp("-") || this.#isOp("+")) {
      const op = this.#advance().text;
      if (++this.#depth > MAX_DEPTH) this.#fail("out of memory");
      const operand = this.#unary(context);
      this.#depth--;
      return { type: "unary", op, operand };
    }
    return this.#power(context);
  }

  #power(context: Context): Expr {
    let left = this.#postfix(context, true);
    while (this.#isOp("^")) {
      const { line } = this.#advance();
      const right =
        this.#isOp("-") || this.#isOp("+") || this.#isOp("!")
          ? this.#signed(context, true)
          : this.#postfix(context, true);
      left = { type: "binary", op: "^", left, right, line };
    }
    return left;
  }

  #signed(context: Context, assigns: boolean): Expr {
    const op = this.#advance().text;
    const again = this.#isOp("-") || this.#isOp("+") || this.#isOp("!");
    if (++this.#depth > MAX_DEPTH) this.#fail("out of memory");
    const operand = again ? this.#signed(context, assigns) : this.#postfix(context, assigns);
    this.#depth--;
    return { type: "unary", op, operand };
  }

  /** An operand with `++` or `--` behind it, or, being an lvalue, with an assignment. */
  #postfix(context: Context, assigns: boolean): Expr {
    const e = this.#primary(context);
    if (!isLvalue(e)) return e;
    const t = this.#token;
    if (t.type !== "op") return e;
    if (t.text === "++" || t.text === "--") {
      this.#advance();
      return { type: "increment", by: t.text === "++" ? 1 : -1, prefix: false, target: e };
    }
    if (assigns && ASSIGNMENTS.includes(t.text)) {
      this.#advance();
      this.#newlines();
      const value = this.#expression(context);
      return { type: "assign", op: t.text.slice(0, -1), target: e, value, line: t.line };
    }
    return e;
  }

  #primary(context: Context): Expr {
    const t = this.#token;
    switch (t.type) {
      case "number":
        this.#advance();
        return { type: "number", value: t.number };
      case "string":
        this.#advance();
        return { type: "string", value: t.text };
      case "regex":
        this.#advance();
        return { type: "regex", source: t.text };
      case "name":
        return this.#variable();
      case "call": {
        this.#advance();
        return { type: "call", name: t.text, args: this.#arguments(), line: t.line };
      }
      case "builtin": {
        this.#advance();
        const bare = t.text === "length" && !this.#isOp("(");
        const args = bare ? [] : this.#arguments();
        return { type: "builtin", name: t.text, args, line: t.line };
      }
      case "keyword":
        if (t.text === "getline") return this.#getline();
        return this.#fail();
      case "op":
        break;
      case "newline":
      case "end":
        return this.#fail();
    }
    if (t.text === "(") {
      this.#advance();
      this.#newlines();
      if (this.#isOp(")")) this.#fail("Empty sequence");
      const items = this.#list({});
      this.#newlines();
      this.#expect(")");
      return { type: "group", items };
    }
    if (t.text === "$") {
      this.#advance();
      return { type: "field", index: this.#fieldIndex(context), line: t.line };
    }
    if (t.text === "++" || t.text === "--") {
      this.#advance();
      const target = this.#primary(context);
      if (!isLvalue(target)) this.#fail();
      return { type: "increment", by: t.text === "++" ? 1 : -1, prefix: true, target };
    }
    return this.#fail();
  }

  /** What `$` applies to: an operand without anything behind it, or one with a sign or `++` before it. */
  #fieldIndex(context: Context): Expr {
    if (this.#isOp("-") || this.#isOp("+") || this.#isOp("!")) return this.#signed(context, false);
    if (++this.#depth > MAX_DEPTH) this.#fail("out of memory");
    const e = this.#primary(context);
    this.#depth--;
    return e;
  }

  #variable(): Lvalue {
    const { text: name, line } = this.#advance();
    if (!this.#accept("[")) return { type: "var", name, line };
    this.#newlines();
    const subscripts = this.#list({});
    this.#expect("]");
    return { type: "index", name, subscripts, line };
  }

  #arguments(): Expr[] {
    this.#expect("(");
    this.#newlines();
    if (this.#accept(")")) return [];
    const args = this.#list({});
    this.#newlines();
    this.#expect(")");
    return args;
  }

  #optionalLvalue(): Lvalue | undefined {
    if (this.#is("name")) return this.#variable();
    if (!this.#isOp("$")) return undefined;
    const { line } = this.#advance();
    return { type: "field", index: this.#fieldIndex({}), line };
  }

  #getline(): Expr {
    this.#advance();
    const target = this.#optionalLvalue();
    if (!this.#accept("<")) return { type: "getline", from: "main", source: undefined, target };
    return {
      type: "getline",
      from: "file",
      source: this.#postfix({ noGreater: true }, false),
      target,
    };
  }
}
