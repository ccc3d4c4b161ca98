// From words to instructions: the grammar of POSIX bc with GNU's additions (&& || !, ++ within expressions, print,
// else, continue, halt, last, names of several letters, arrays by reference).
import type { Argument, BcFunction, Instruction, Parameter } from "./bc-code.ts";
import { type Token, tokenize } from "./bc-lex.ts";
import { CalcError } from "./decimal.ts";

/** What a piece of the program is compiled to. */
export interface Unit {
  code: Instruction[];
  /** Does the program end when this has been read? */
  quit: boolean;
}

/** The text ends within a construct: with more of it, all may be well. */
export class Incomplete extends CalcError {}

/** Where the grammar's rules beyond POSIX are told: every use of one, in words. */
export type Extension = (what: string) => void;

const ASSIGNMENTS: ReadonlySet<string> = new Set(["=", "+=", "-=", "*=", "/=", "%=", "^="]);
const SPECIALS: ReadonlySet<string> = new Set(["ibase", "obase", "scale", "last"]);
const DEPTH_MAX = 500;

interface Loop {
  readonly breaks: number[];
  readonly continues: number[];
}

/** Something that can be assigned to. */
type Place =
  | { readonly kind: "Var" | "Special"; readonly name: string }
  | { readonly kind: "Element"; readonly name: string };

export class BcParser {
  readonly #text: string;
  readonly #tokens: Token[];
  readonly #extension: Extension;
  readonly #functions: Map<string, BcFunction>;
  #at = 0;
  #code: Instruction[] = [];
  #loops: Loop[] = [];
  #inFunction = false;
  #depth = 0;
  #quit = false;
  #inCondition = false;
  /** Was the last statement one that ends in a block? */
  #afterBlock = false;

  /** Functions that the text defines go into `functions` at once. */
  constructor(text: string, functions: Map<string, BcFunction>, extension: Extension) {
    const tokens = tokenize(text);
    if (tokens === undefined) {
      const quote = text.lastIndexOf('"');
      throw new Incomplete(
        quote >= 0 && text.lastIndexOf("/*") < quote
          ? "unterminated string"
          : "comment end could not be found",
      );
    }
    this.#text = text;
    this.#tokens = tokens;
    this.#functions = functions;
    this.#extension = extension;
  }

  /** The statements up to the end of a line; undefined at the end of the text. */
  line(): Unit | undefined {
    while (this.#is("newline") || this.#is(";")) this.#at++;
    if (this.#is("end")) return undefined;
    this.#code = [];
    this.#loops = [];
    this.#quit = false;
    if (this.#is("define")) this.#define();
    else {
      while (!this.#is("newline") && !this.#is("end")) {
        if (this.#is(";")) this.#at++;
        else {
          const string = this.#is("string");
          this.#statement();
          if (this.#quit) break;
          if (!this.#is(";") && !this.#is("newline") && !this.#is("end"))
            this.#bad(string ? "statement terminator" : this.#afterBlock ? "token" : "expression");
        }
      }
    }
    return { code: this.#code, quit: this.#quit };
  }

  /** One expression and nothing else, for read(). */
  whole(): Instruction[] {
    this.#code = [];
    this.#expression();
    if (!this.#is("newline") && !this.#is("end")) this.#bad("expression");
    return this.#code;
  }

  get #token(): Token {
    const token = this.#tokens[this.#at] as Token;
    if (token.kind === "error") throw new CalcError(token.text);
    return token;
  }

  #is(kind: string): boolean {
    return this.#token.kind === kind;
  }

  #take(kind: string): boolean {
    if (!this.#is(kind)) return false;
    this.#at++;
    return true;
  }

  #expect(kind: string, what = "token"): Token {
    const token = this.#token;
    if (token.kind !== kind) this.#bad(what);
    this.#at++;
    return token;
  }

  /** Complains about what comes now. */
  #bad(what: string): never {
    const { at, kind } = this.#token;
    if (kind === "end") throw new Incomplete(`bad ${what} at ''`);
    const line = this.#text.indexOf("\n", at);
    throw new CalcError(`bad ${what} at '${this.#text.slice(at, line < 0 ? undefined : line)}'`);
  }

  #emit(...instruction: Instruction): number {
    return this.#code.push(instruction as Instruction) - 1;
  }

  #patch(at: number, to: number = this.#code.length): void {
    const [op] = this.#code[at] as Instruction;
    this.#code[at] = [op as "jump", to];
  }

  #newlines(): void {
    while (this.#take("newline"));
  }

  #nested(body: () => void): void {
    if (++this.#depth > DEPTH_MAX) throw new CalcError("nesting too deep");
    body();
    this.#depth--;
  }

  // ---- statements --------------------------------------------------------------------------------

  #statement(): void {
    this.#nested(() => this.#oneStatement());
  }

  #oneStatement(): void {
    const { kind, text } = this.#token;
    this.#afterBlock = false;
    switch (kind) {
      case "string":
        this.#at++;
        this.#emit("string", text);
        return;
      case "{":
        this.#block();
        return;
      case "if":
        this.#if();
        return;
      case "while":
        this.#while();
        return;
      case "for":
        this.#for();
        return;
      case "print":
        this.#at++;
        this.#extension("the 'print' keyword");
        this.#print();
        return;
      case "break":
      case "continue": {
        const loop = this.#loops.at(-1);
        if (loop === undefined) this.#bad("token");
        this.#at++;
        if (kind === "continue") this.#extension("the 'continue' keyword");
        (kind === "break" ? loop.breaks : loop.continues).push(this.#emit("jump", 0));
        return;
      }
      case "return":
        if (!this.#inFunction) throw new CalcError("'return' not in a function");
        this.#at++;
        if (this.#is("newline") || this.#is(";") || this.#is("}")) this.#emit("number", "0");
        else if (this.#is("(") && this.#tokens[this.#at + 1]?.kind === ")") {
          this.#at += 2;
          this.#emit("number", "0");
        } else {
          if (!this.#is("(")) this.#extension("a 'return' expression without parentheses");
          this.#expression();
        }
        this.#emit("return");
        return;
      case "halt":
        this.#at++;
        this.#extension("the 'halt' keyword");
        this.#emit("halt");
        return;
      case "quit":
        this.#at++;
        this.#quit = true;
        this.#emit("halt");
        return;
      case "limits":
        this.#at++;
        this.#emit("limits");
        return;
      case "define":
      case "else":
      case ")":
      case "}":
        this.#bad("token");
        break;
      default: {
        const assigned = this.#expression();
        const last = this.#code.at(-1);
        const silent = last?.[0] === "call" && this.#functions.get(last[1])?.silent === true;
        this.#emit(assigned || silent ? "drop" : "show");
      }
    }
  }

  #block(): void {
    this.#expect("{");
    for (;;) {
      while (this.#is("newline") || this.#is(";")) this.#at++;
      if (this.#is("end")) this.#bad("token");
      if (this.#take("}")) break;
      this.#statement();
      if (!this.#is("newline") && !this.#is(";") && !this.#is("}")) this.#bad("token");
    }
    this.#afterBlock = true;
  }

  #if(): void {
    this.#at++;
    this.#expect("(");
    this.#condition();
    this.#expect(")");
    const skip = this.#emit("jumpIfZero", 0);
    this.#newlines();
    this.#statement();
    // An else may follow a semicolon within a block's line, too.
    if (this.#is(";") && this.#tokens[this.#at + 1]?.kind === "else") this.#at++;
    if (this.#is("else")) {
      this.#at++;
      this.#extension("the 'else' keyword");
      const end = this.#emit("jump", 0);
      this.#patch(skip);
      this.#newlines();
      this.#statement();
      this.#patch(end);
    } else this.#patch(skip);
    this.#afterBlock = true;
  }

  #loop(body: () => void): Loop {
    const loop: Loop = { breaks: [], continues: [] };
    this.#loops.push(loop);
    body();
    this.#loops.pop();
    return loop;
  }

  #while(): void {
    this.#at++;
    this.#expect("(");
    const start = this.#code.length;
    this.#condition();
    this.#expect(")");
    const exit = this.#emit("jumpIfZero", 0);
    this.#newlines();
    const loop = this.#loop(() => this.#statement());
    this.#emit("jump", start);
    this.#patch(exit);
    for (const at of loop.breaks) this.#patch(at);
    for (const at of loop.continues) this.#patch(at, start);
    this.#afterBlock = true;
  }

  #for(): void {
    this.#at++;
    this.#expect("(");
    const part = (end: string, what: string): boolean => {
      if (this.#is(end)) {
        this.#extension(`an empty ${what} expression in 'for()'`);
        return false;
      }
      if (what === "condition") this.#condition();
      else this.#expression();
      return true;
    };
    if (part(";", "init")) this.#emit("drop");
    this.#expect(";");
    const start = this.#code.length;
    if (!part(";", "condition")) this.#emit("number", "1");
    this.#expect(";");
    const exit = this.#emit("jumpIfZero", 0);
    const body = this.#emit("jump", 0);
    const step = this.#code.length;
    if (part(")", "update")) this.#emit("drop");
    this.#expect(")");
    this.#emit("jump", start);
    this.#patch(body);
    this.#newlines();
    const loop = this.#loop(() => this.#statement());
    this.#emit("jump", step);
    this.#patch(exit);
    for (const at of loop.breaks) this.#patch(at);
    for (const at of loop.continues) this.#patch(at, step);
    this.#afterBlock = true;
  }

  #print(): void {
    do {
      const { kind, text } = this.#token;
      if (kind === "string") {
        this.#at++;
        this.#emit("printString", text);
      } else {
        this.#expression();
        this.#emit("print");
      }
    } while (this.#take(","));
  }

  #define(): void {
    this.#at++;
    let name = this.#expect("name").text;
    let silent = false;
    // "define void f()" and "define f()".
    if (name === "void" && this.#is("name")) {
      name = this.#expect("name").text;
      silent = true;
    }
    if (name.length > 1) this.#extension("function names longer than one letter");
    this.#expect("(");
    const parameters = this.#is(")") ? [] : this.#parameters();
    this.#expect(")");
    if (this.#is("newline")) this.#extension("a left brace on a line of its own");
    this.#newlines();
    this.#expect("{");
    const outer = this.#code;
    this.#code = [];
    this.#inFunction = true;
    const autos: Parameter[] = [];
    for (;;) {
      while (this.#is("newline") || this.#is(";")) this.#at++;
      if (this.#is("end")) this.#bad("token");
      if (this.#take("}")) break;
      if (this.#code.length === 0 && this.#take("auto")) autos.push(...this.#parameters());
      else this.#statement();
      if (!this.#is("newline") && !this.#is(";") && !this.#is("}")) this.#bad("token");
    }
    this.#emit("number", "0");
    this.#emit("return");
    this.#functions.set(name, { parameters, autos, code: this.#code, silent });
    this.#inFunction = false;
    this.#code = outer;
  }

  #parameters(): Parameter[] {
    const list: Parameter[] = [];
    do {
      const reference = this.#take("*");
      const { text: name } = this.#expect("name");
      const array = this.#take("[");
      if (array) this.#expect("]");
      else if (reference) this.#bad("token");
      if (list.some((other) => other.name === name && other.array === array))
        throw new CalcError("duplicate function parameter or auto name");
      list.push({ name, array, reference });
    } while (this.#take(","));
    return list;
  }

  // ---- expressions -------------------------------------------------------------------------------

  /** Compiles one; was it an assignment, whose value is not shown? */
  #expression(): boolean {
    let assigned = false;
    this.#nested(() => {
      assigned = this.#or();
    });
    return assigned;
  }

  #condition(): void {
    this.#inCondition = true;
    this.#expression();
    this.#inCondition = false;
  }

  #or(): boolean {
    let assigned = this.#and();
    while (this.#take("||")) {
      this.#extension("boolean operators");
      this.#emit("bool");
      const skip = this.#emit("jumpIfNot", 0);
      this.#and();
      this.#emit("bool");
      this.#patch(skip);
      assigned = false;
    }
    return assigned;
  }

  #and(): boolean {
    let assigned = this.#relation();
    while (this.#take("&&")) {
      this.#extension("boolean operators");
      this.#emit("bool");
      this.#emit("not");
      const skip = this.#emit("jumpIfNot", 0);
      this.#relation();
      this.#emit("bool");
      this.#emit("not");
      this.#patch(skip);
      this.#emit("not");
      assigned = false;
    }
    return assigned;
  }

  #relation(): boolean {
    let assigned = this.#assignment();
    for (;;) {
      const { kind } = this.#token;
      if (!["==", "!=", "<", "<=", ">", ">="].includes(kind)) return assigned;
      if (!this.#inCondition) this.#extension("comparison operators outside if or loops");
      this.#at++;
      this.#assignment();
      this.#emit("binary", kind);
      assigned = false;
    }
  }

  #assignment(): boolean {
    const place = this.#sum();
    const { kind } = this.#token;
    if (!ASSIGNMENTS.has(kind)) return false;
    if (place === undefined) {
      const { at } = this.#token;
      const line = this.#text.indexOf("\n", at);
      throw new CalcError(
        `bad assignment: left side must be variable or array element at '${this.#text.slice(at, line < 0 ? undefined : line)}'`,
      );
    }
    this.#at++;
    // What reads the place's value is not wanted; an element's index stays on the stack.
    this.#code.pop();
    this.#nested(() => this.#assignment());
    this.#emit(`set${place.kind}`, place.name, kind.slice(0, -1));
    return true;
  }

  #sum(): Place | undefined {
    let place = this.#product();
    for (;;) {
      const { kind } = this.#token;
      if (kind !== "+" && kind !== "-") return place;
      this.#at++;
      this.#product();
      this.#emit("binary", kind);
      place = undefined;
    }
  }

  #product(): Place | undefined {
    let place = this.#power();
    for (;;) {
      const { kind } = this.#token;
      if (kind !== "*" && kind !== "/" && kind !== "%") return place;
      this.#at++;
      this.#power();
      this.#emit("binary", kind);
      place = undefined;
    }
  }

  #power(): Place | undefined {
    const place = this.#prefix();
    if (!this.#take("^")) return place;
    this.#nested(() => this.#power());
    this.#emit("binary", "^");
    return undefined;
  }

  #prefix(): Place | undefined {
    const { kind } = this.#token;
    if (kind === "-" || kind === "!") {
      this.#at++;
      if (kind === "!") this.#extension("boolean operators");
      this.#nested(() => this.#prefix());
      this.#emit(kind === "-" ? "negate" : "not");
      return undefined;
    }
    if (kind === "++" || kind === "--") {
      this.#at++;
      const token = this.#at;
      const place = this.#postfix();
      if (place === undefined || this.#tokens[this.#at - 1]?.kind === ")") {
        this.#at = token;
        this.#bad("token");
      }
      this.#code.pop();
      this.#emit(`step${place.kind}`, place.name, kind === "++" ? 1 : -1, false);
      return undefined;
    }
    return this.#postfix();
  }

  #postfix(): Place | undefined {
    const place = this.#primary();
    const { kind } = this.#token;
    if (kind !== "++" && kind !== "--") return place;
    this.#at++;
    if (place === undefined) this.#bad("token");
    this.#code.pop();
    this.#emit(`step${place.kind}`, place.name, kind === "++" ? 1 : -1, true);
    return undefined;
  }

  #primary(): Place | undefined {
    const { kind, text } = this.#token;
    if (kind === "number") {
      this.#at++;
      this.#emit("number", text);
      return undefined;
    }
    if (kind === "(") {
      this.#at++;
      this.#expression();
      this.#expect(")", "expression");
      return undefined;
    }
    if (kind === "name") return this.#named();
    if (kind === "length" || kind === "sqrt" || (kind === "scale" && this.#next("("))) {
      this.#at++;
      this.#expect("(");
      if (
        kind === "length" &&
        this.#is("name") &&
        this.#next("[") &&
        this.#tokens[this.#at + 2]?.kind === "]"
      ) {
        this.#emit("lengthArray", this.#token.text);
        this.#at += 3;
      } else {
        this.#expression();
        this.#emit(kind === "scale" ? "scaleOf" : kind);
      }
      this.#expect(")");
      return undefined;
    }
    if (kind === "read") {
      this.#at++;
      this.#expect("(");
      this.#expect(")");
      this.#extension("the 'read' keyword");
      this.#emit("read");
      return undefined;
    }
    if (SPECIALS.has(kind)) {
      this.#at++;
      if (kind === "last") this.#extension(text === "." ? "'.' as 'last'" : "the 'last' keyword");
      this.#emit("special", kind);
      return { kind: "Special", name: kind };
    }
    return this.#bad("expression");
  }

  #next(kind: string): boolean {
    return this.#tokens[this.#at + 1]?.kind === kind;
  }

  /** A variable, an element of an array, or a call. */
  #named(): Place | undefined {
    const { text: name } = this.#token;
    this.#at++;
    if (name.length > 1) this.#extension("names longer than one letter");
    if (this.#take("[")) {
      this.#expression();
      this.#expect("]");
      this.#emit("element", name);
      return { kind: "Element", name };
    }
    if (!this.#take("(")) {
      this.#emit("var", name);
      return { kind: "Var", name };
    }
    const args: Argument[] = [];
    if (!this.#is(")")) {
      do {
        if (this.#is("name") && this.#next("[") && this.#tokens[this.#at + 2]?.kind === "]") {
          args.push(this.#token.text);
          this.#at += 3;
        } else {
          this.#expression();
          args.push("");
        }
      } while (this.#take(","));
    }
    this.#expect(")");
    this.#emit("call", name, args);
    return undefined;
  }
}
