// Which names of a program are arrays: those that are used as such, and those passed to or for them.
import type { Expr, Program, Stmt } from "./ast.ts";

/** A name with the function it belongs to, if it is one of its parameters. */
type Where = string;

function key(scope: string, name: string): Where {
  return `${scope}\n${name}`;
}

export class Names {
  readonly #program: Program;
  readonly #arrays = new Set<Where>();
  /** Names that stand for the same thing: an argument and the parameter it is passed for. */
  readonly #same: [Where, Where][] = [];
  /** Every plain variable that is mentioned. */
  readonly mentioned: Set<string> = new Set<string>();

  constructor(program: Program) {
    this.#program = program;
    for (const body of [...program.begin, ...program.end]) this.#stmt("", body);
    for (const rule of program.rules) {
      for (const e of rule.pattern ?? []) this.#expr("", e);
      if (rule.body !== undefined) this.#stmt("", rule.body);
    }
    for (const f of program.functions.values()) this.#stmt(f.name, f.body);
    for (const name of ["ENVIRON", "ARGV"]) this.#arrays.add(key("", name));
    for (let changed = true; changed; ) {
      changed = false;
      for (const [a, b] of this.#same) {
        if (this.#arrays.has(a) === this.#arrays.has(b)) continue;
        this.#arrays.add(a).add(b);
        changed = true;
      }
    }
  }

  /** The place of a parameter in its function's frame, or -1 for what is global. */
  param(scope: string, name: string): number {
    return this.#program.functions.get(scope)?.params.indexOf(name) ?? -1;
  }

  isArray(scope: string, name: string): boolean {
    return this.#arrays.has(this.#where(scope, name));
  }

  #where(scope: string, name: string): Where {
    return key(this.param(scope, name) >= 0 ? scope : "", name);
  }

  #array(scope: string, name: string): void {
    this.#arrays.add(this.#where(scope, name));
  }

  #exprs(scope: string, list: readonly (Expr | undefined)[]): void {
    for (const e of list) if (e !== undefined) this.#expr(scope, e);
  }

  #expr(scope: string, e: Expr): void {
    switch (e.type) {
      case "var":
        this.mentioned.add(e.name);
        return;
      case "index":
      case "in":
        this.#array(scope, e.name);
        this.#exprs(scope, e.subscripts);
        return;
      case "field":
        this.#expr(scope, e.index);
        return;
      case "group":
        this.#exprs(scope, e.items);
        return;
      case "unary":
        this.#expr(scope, e.operand);
        return;
      case "binary":
      case "and":
      case "or":
      case "match":
        this.#exprs(scope, [e.left, e.right]);
        return;
      case "conditional":
        this.#exprs(scope, [e.test, e.yes, e.no]);
        return;
      case "assign":
        this.#exprs(scope, [e.target, e.value]);
        return;
      case "increment":
        this.#expr(scope, e.target);
        return;
      case "call": {
        const params = this.#program.functions.get(e.name)?.params ?? [];
        for (const [i, arg] of e.args.entries()) {
          const param = params[i];
          if (arg.type === "var" && param !== undefined)
            this.#same.push([this.#where(scope, arg.name), key(e.name, param)]);
        }
        this.#exprs(scope, e.args);
        return;
      }
      case "builtin": {
        const second = e.args[1];
        if (e.name === "split" && second?.type === "var") this.#array(scope, second.name);
        this.#exprs(scope, e.args);
        return;
      }
      case "getline":
        this.#exprs(scope, [e.source, e.target]);
        return;
      case "number":
      case "string":
      case "regex":
    }
  }

  #stmt(scope: string, s: Stmt): void {
    switch (s.type) {
      case "block":
        for (const each of s.body) this.#stmt(scope, each);
        return;
      case "expr":
        this.#expr(scope, s.expr);
        return;
      case "print":
        this.#exprs(scope, [...s.args, s.to]);
        return;
      case "if":
        this.#expr(scope, s.test);
        this.#stmt(scope, s.yes);
        if (s.no !== undefined) this.#stmt(scope, s.no);
        return;
      case "while":
      case "do":
        this.#expr(scope, s.test);
        this.#stmt(scope, s.body);
        return;
      case "for":
        for (const each of [s.init, s.step, s.body])
          if (each !== undefined) this.#stmt(scope, each);
        if (s.test !== undefined) this.#expr(scope, s.test);
        return;
      case "forin":
        this.#array(scope, s.name);
        this.#expr(scope, s.target);
        this.#stmt(scope, s.body);
        return;
      case "exit":
      case "return":
        this.#exprs(scope, [s.value]);
        return;
      case "delete":
        this.#array(scope, s.name);
        this.#exprs(scope, s.subscripts ?? []);
        return;
      case "next":
      case "nextfile":
      case "break":
      case "continue":
    }
  }
}
