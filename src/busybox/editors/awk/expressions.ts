// Compiles expressions to closures.
import type { Steps } from "../../../abi/program.ts";
import { die } from "../../../libc/process.ts";
import type { AwkArray } from "./array.ts";
import { AwkArray as Elements } from "./array.ts";
import type { Expr, Lvalue } from "./ast.ts";
import { compileBuiltin } from "./builtins.ts";
import {
  boolEx,
  Call,
  type Ex,
  evaluate,
  evaluateBool,
  genEx,
  lift,
  numEx,
  strEx,
  valEx,
} from "./closures.ts";
import type { Names } from "./names.ts";
import type { Pattern } from "./patterns.ts";
import type { Runtime } from "./runtime.ts";
import { Cell, fromOutside, toBoolean, toNumber, type Value } from "./value.ts";

/** Calls within calls. */
const MAX_DEPTH = 100_000;

/** A function of the program once it is compiled. */
export interface Compiled {
  params: readonly string[];
  /** Neither loops, waits nor recurses: it may run at once. */
  simple: boolean;
  run: () => Value;
  steps: () => Steps<Value>;
}

/** Something to assign to, its subscripts or number being among the parts given. */
interface Target {
  readonly cell?: () => Cell;
  readonly get: () => Value;
  readonly set: (v: Value) => void;
}

export class ExpressionCompiler {
  readonly rt: Runtime;
  readonly names: Names;
  readonly functions: ReadonlyMap<string, Compiled>;
  readonly fail: (line: number, message: string) => never;
  /** The function being compiled, "" outside of all. */
  scope = "";

  constructor(
    rt: Runtime,
    names: Names,
    functions: ReadonlyMap<string, Compiled>,
    fail: (line: number, message: string) => never,
  ) {
    this.rt = rt;
    this.names = names;
    this.functions = functions;
    this.fail = fail;
  }

  compile(e: Expr): Ex {
    const { rt } = this;
    switch (e.type) {
      case "number": {
        const n = e.value;
        const s = rt.formats.number(n, "%.6g");
        const whole = Number.isInteger(n);
        return {
          num: () => n,
          val: () => n,
          str: whole ? () => s : () => rt.numStr(n),
          bool: () => n !== 0,
        };
      }
      case "string": {
        const s = e.value;
        const n = toNumber(s);
        return { num: () => n, val: () => s, str: () => s, bool: () => s !== "" };
      }
      case "regex": {
        const pattern = this.pattern(e);
        return boolEx(() => pattern().test(rt.record.text()));
      }
      case "group":
        return this.#group(e.items);
      case "var":
        return this.#variable(e.name);
      case "index":
        return lift(rt, this.#list(e.subscripts), (parts) => {
          const cell = this.#element(e.name, parts);
          return valEx(rt, () => cell().v);
        });
      case "field":
        return this.#field(e.index, e.line);
      case "unary":
        return this.#unary(e.op, this.compile(e.operand));
      case "binary":
        return this.#binary(e);
      case "and":
      case "or":
        return this.#logical(e.type === "and", this.compile(e.left), this.compile(e.right));
      case "match": {
        const negated = e.negated;
        const right = e.right;
        if (right.type === "regex") {
          const pattern = this.pattern(right);
          return lift(rt, [this.compile(e.left)], ([left]) => {
            const text = (left as Ex).str;
            return boolEx(() => pattern().test(text()) !== negated);
          });
        }
        return lift(rt, this.#list([e.left, right]), ([left, source]) => {
          const [l, r] = [(left as Ex).str, (source as Ex).str];
          return boolEx(() => {
            const text = l();
            return this.#dynamic(r()).test(text) !== negated;
          });
        });
      }
      case "in":
        return lift(rt, this.#list(e.subscripts), (parts) => {
          const array = this.array(e.name);
          const key = this.#key(parts);
          return boolEx(() => {
            const k = key();
            return array().has(k);
          });
        });
      case "conditional":
        return this.#conditional(this.compile(e.test), this.compile(e.yes), this.compile(e.no));
      case "assign":
        return this.#assign(e.op, e.target, this.compile(e.value), e.line);
      case "increment":
        return this.#increment(e.by, e.prefix, e.target);
      case "call":
        return this.#call(e.name, e.args, e.line);
      case "builtin":
        return compileBuiltin(this, e.name, e.args, e.line);
      case "getline":
        return this.#getline(e.from, e.source, e.target);
    }
  }

  #list(list: readonly Expr[]): Ex[] {
    return list.map((e) => this.compile(e));
  }

  /** The pattern that a regex, or the text of another expression, stands for at the time. */
  pattern(e: { type: "regex"; source: string }): () => Pattern {
    const { rt } = this;
    const made = rt.patterns.get(e.source);
    if (!this.names.mentioned.has("IGNORECASE")) return () => made;
    return () => this.#dynamic(e.source);
  }

  #dynamic(source: string): Pattern {
    if (this.names.mentioned.has("IGNORECASE")) this.rt.icase();
    return this.rt.patterns.get(source);
  }

  /** As a pattern of an argument: a regex is itself, any other expression gives its source. */
  patternOf(e: Expr, compiled: Ex): () => Pattern {
    if (e.type === "regex") return this.pattern(e);
    const source = compiled.str;
    return () => this.#dynamic(source());
  }

  // ---- names -------------------------------------------------------------------------------------

  /** The array of this name. */
  array(name: string): () => AwkArray {
    const { rt } = this;
    const param = this.names.param(this.scope, name);
    if (param < 0) {
      const array = rt.array(name);
      return () => array;
    }
    return () => rt.frame[param] as AwkArray;
  }

  #key(parts: readonly Ex[]): () => string {
    const first = (parts[0] as Ex).str;
    if (parts.length === 1) return first;
    const { rt } = this;
    const all = parts.map((part) => part.str);
    return () => {
      let key = first();
      for (let i = 1; i < all.length; i++)
        key += rt.toStr(rt.subsep.v) + (all[i] as () => string)();
      return key;
    };
  }

  #element(name: string, parts: readonly Ex[]): () => Cell {
    const array = this.array(name);
    const key = this.#key(parts);
    return () => {
      const k = key();
      return array().cell(k);
    };
  }

  #group(items: readonly Expr[]): Ex {
    const first = items[0] as Expr;
    // "(1, 2)" outside of print and `in` is joined by SUBSEP.
    if (items.length > 1) {
      return lift(this.rt, this.#list(items), (parts) => strEx(this.#key(parts)));
    }
    return this.compile(first);
  }

  #variable(name: string): Ex {
    const { rt } = this;
    const param = this.names.param(this.scope, name);
    if (param >= 0) {
      if (this.names.isArray(this.scope, name)) return valEx(rt, () => undefined);
      return valEx(rt, () => (rt.frame[param] as Cell).v);
    }
    if (name === "NF") return numEx(rt, () => rt.record.nf());
    if (name === "NR") return numEx(rt, () => rt.nr);
    if (name === "FNR") return numEx(rt, () => rt.fnr);
    const cell = rt.cell(name);
    return {
      val: () => cell.v,
      num: () => {
        const v = cell.v;
        return typeof v === "number" ? v : toNumber(v);
      },
      str: () => {
        const v = cell.v;
        return typeof v === "string" ? v : rt.toStr(v);
      },
      bool: () => toBoolean(cell.v),
    };
  }

  #fieldNumber(n: number, line: number): number {
    const i = Math.trunc(n);
    return i >= 0 ? i : i < 0 ? this.fail(line, "Access to negative field") : 0;
  }

  #field(index: Expr, line: number): Ex {
    const { rt } = this;
    const { record } = rt;
    if (index.type === "number" && index.value >= 0) {
      const i = Math.trunc(index.value);
      return {
        val: () => record.get(i),
        num: () => record.getNumber(i),
        str: () => record.getText(i),
        bool: () => toBoolean(record.get(i)),
      };
    }
    return lift(rt, [this.compile(index)], ([part]) => {
      const number = (part as Ex).num;
      const i = (): number => this.#fieldNumber(number(), line);
      return {
        val: () => record.get(i()),
        num: () => record.getNumber(i()),
        str: () => record.getText(i()),
        bool: () => toBoolean(record.get(i())),
      };
    });
  }

  /** The parts that are to be evaluated before an lvalue is used, and the lvalue made of them. */
  target(t: Lvalue): { parts: Ex[]; make: (parts: readonly Ex[]) => Target } {
    const { rt } = this;
    if (t.type === "index") {
      return {
        parts: this.#list(t.subscripts),
        make: (parts) => cellTarget(this.#element(t.name, parts)),
      };
    }
    if (t.type === "field") {
      return {
        parts: [this.compile(t.index)],
        make: ([part]) => {
          const number = (part as Ex).num;
          let i = 0;
          return {
            get: () => rt.record.get((i = this.#fieldNumber(number(), t.line))),
            set: (v) => rt.assignField(i, v),
          };
        },
      };
    }
    return { parts: [], make: () => this.#variableTarget(t) };
  }

  #variableTarget(t: { name: string; line: number }): Target {
    const { rt } = this;
    const param = this.names.param(this.scope, t.name);
    if (this.names.isArray(this.scope, t.name)) {
      const lost = new Cell(undefined);
      return cellTarget(() => lost);
    }
    if (param >= 0) return cellTarget(() => rt.frame[param] as Cell);
    switch (t.name) {
      case "NF":
        return {
          get: () => rt.record.nf(),
          set: (v) => {
            const n = Math.trunc(toNumber(v));
            if (n < 0) this.fail(t.line, "NF set to negative value");
            rt.record.setNf(n);
          },
        };
      case "NR":
        return { get: () => rt.nr, set: (v) => void (rt.nr = toNumber(v)) };
      case "FNR":
        return { get: () => rt.fnr, set: (v) => void (rt.fnr = toNumber(v)) };
      default: {
        const cell = rt.cell(t.name);
        return cellTarget(() => cell);
      }
    }
  }

  // ---- operators ---------------------------------------------------------------------------------

  #unary(op: string, operand: Ex): Ex {
    const { rt } = this;
    return lift(rt, [operand], ([part]) => {
      const { num, bool } = part as Ex;
      if (op === "!") return boolEx(() => !bool());
      return op === "-" ? numEx(rt, () => -num()) : numEx(rt, num);
    });
  }

  /** The operands of a row of concatenations. */
  #pieces(e: Expr, out: Expr[]): Expr[] {
    if (e.type === "binary" && e.op === " ") {
      this.#pieces(e.left, out);
      out.push(e.right);
    } else out.push(e);
    return out;
  }

  #binary(e: Extract<Expr, { type: "binary" }>): Ex {
    const { rt } = this;
    if (e.op === " ") {
      return lift(rt, this.#list(this.#pieces(e, [])), (parts) => concatenation(parts));
    }
    return lift(rt, this.#list([e.left, e.right]), ([left, right]) => {
      const [l, r] = [left as Ex, right as Ex];
      const compare = comparison(e.op);
      if (compare !== undefined) return this.#comparison(l, r, compare);
      const f = this.#arithmetic(e.op, e.line);
      const [a, b] = [l.num, r.num];
      switch (e.op) {
        case "+":
          return numEx(rt, () => a() + b());
        case "-":
          return numEx(rt, () => a() - b());
        case "*":
          return numEx(rt, () => a() * b());
        default:
          return numEx(rt, () => f(a(), b()));
      }
    });
  }

  #arithmetic(op: string, line: number): (a: number, b: number) => number {
    switch (op) {
      case "+":
        return (a, b) => a + b;
      case "-":
        return (a, b) => a - b;
      case "*":
        return (a, b) => a * b;
      case "/":
        return (a, b) => (b === 0 ? this.fail(line, "Division by zero") : a / b);
      case "%":
        return (a, b) => (b === 0 ? this.fail(line, "Division by zero") : a % b);
      default:
        // C's pow(1, nan) and pow(-1, inf) are 1.
        return (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);
    }
  }

  #comparison(l: Ex, r: Ex, holds: (a: number | string, b: number | string) => boolean): Ex {
    const { rt } = this;
    const [left, right] = [l.val, r.val];
    const folds = this.names.mentioned.has("IGNORECASE");
    return boolEx(() => {
      const a = left();
      const b = right();
      if (typeof a === "number" && typeof b === "number") return holds(a, b);
      if (typeof a !== "string" && typeof b !== "string") return holds(toNumber(a), toNumber(b));
      const [s, t] = [rt.toStr(a), rt.toStr(b)];
      return folds && rt.icase() ? holds(s.toLowerCase(), t.toLowerCase()) : holds(s, t);
    });
  }

  #logical(and: boolean, left: Ex, right: Ex): Ex {
    if (left.gen === undefined && right.gen === undefined) {
      const [l, r] = [left.bool, right.bool];
      return and ? boolEx(() => l() && r()) : boolEx(() => l() || r());
    }
    return genEx(function* () {
      const first = yield* evaluateBool(left);
      if (first !== and) return first ? 1 : 0;
      return (yield* evaluateBool(right)) ? 1 : 0;
    });
  }

  #conditional(test: Ex, yes: Ex, no: Ex): Ex {
    if (test.gen === undefined && yes.gen === undefined && no.gen === undefined) {
      const { bool } = test;
      return {
        val: () => (bool() ? yes.val() : no.val()),
        num: () => (bool() ? yes.num() : no.num()),
        str: () => (bool() ? yes.str() : no.str()),
        bool: () => (bool() ? yes.bool() : no.bool()),
      };
    }
    return genEx(function* () {
      return yield* evaluate((yield* evaluateBool(test)) ? yes : no);
    });
  }

  #assign(op: string, t: Lvalue, value: Ex, line: number): Ex {
    const { rt } = this;
    const { parts, make } = this.target(t);
    return lift(rt, [...parts, value], (all) => {
      const target = make(all.slice(0, parts.length));
      const v = all[parts.length] as Ex;
      if (op === "") {
        const { cell, set, get } = target;
        if (cell !== undefined) {
          return valEx(rt, () => {
            const c = cell();
            return (c.v = v.val());
          });
        }
        const field = t.type === "field";
        return valEx(rt, () => {
          // Evaluates the number of the field.
          if (field) get();
          const x = v.val();
          set(x);
          return x;
        });
      }
      const f = this.#arithmetic(op, line);
      const { num } = v;
      const { cell, get, set } = target;
      if (cell !== undefined && op === "+") {
        return numEx(rt, () => {
          const c = cell();
          const add = num();
          const old = c.v;
          const sum = (typeof old === "number" ? old : toNumber(old)) + add;
          c.v = sum;
          return sum;
        });
      }
      if (cell !== undefined) {
        return numEx(rt, () => {
          const c = cell();
          const by = num();
          const x = f(toNumber(c.v), by);
          c.v = x;
          return x;
        });
      }
      return numEx(rt, () => {
        const old = toNumber(get());
        const x = f(old, num());
        set(x);
        return x;
      });
    });
  }

  #increment(by: 1 | -1, prefix: boolean, t: Lvalue): Ex {
    const { rt } = this;
    const { parts, make } = this.target(t);
    return lift(rt, parts, (all) => {
      const { cell, get, set } = make(all);
      if (cell !== undefined) {
        return numEx(rt, () => {
          const c = cell();
          const old = typeof c.v === "number" ? c.v : toNumber(c.v);
          c.v = old + by;
          return prefix ? old + by : old;
        });
      }
      return numEx(rt, () => {
        const old = toNumber(get());
        set(old + by);
        return prefix ? old + by : old;
      });
    });
  }

  // ---- calls -------------------------------------------------------------------------------------

  #call(name: string, args: readonly Expr[], line: number): Ex {
    const { rt } = this;
    const f = this.functions.get(name);
    // Only who gets there finds out.
    if (f === undefined) return valEx(rt, () => this.fail(line, "Call to undefined function"));
    const arrays = args.map((arg, i) => {
      const param = f.params[i];
      if (param === undefined || !this.names.isArray(name, param)) return undefined;
      return arg.type === "var" ? this.array(arg.name) : () => new Elements();
    });
    const locals = f.params.map((param) => this.names.isArray(name, param));
    // Arrays are passed as they are, other arguments evaluated in order.
    const scalars = args.map((arg, i) => (arrays[i] === undefined ? this.compile(arg) : NOTHING));
    const frame = (parts: readonly Ex[]): (Cell | AwkArray)[] => {
      const made: (Cell | AwkArray)[] = [];
      for (let i = 0; i < locals.length; i++) {
        const array = arrays[i];
        if (array !== undefined) made.push(array());
        else if (locals[i] === true) made.push(new Elements());
        else made.push(new Cell(i < parts.length ? (parts[i] as Ex).val() : undefined));
      }
      // Too many arguments are evaluated all the same.
      for (let i = locals.length; i < parts.length; i++) (parts[i] as Ex).val();
      return made;
    };
    return lift(rt, scalars, (parts) => {
      if (f.simple) {
        return valEx(rt, () => {
          const inner = frame(parts);
          const outer = rt.frame;
          rt.frame = inner;
          const v = f.run();
          rt.frame = outer;
          return v;
        });
      }
      return genEx(function* () {
        const inner = frame(parts);
        const outer = rt.frame;
        if (++rt.depth > MAX_DEPTH) die("out of memory");
        rt.frame = inner;
        const v = yield* request(f.steps());
        rt.frame = outer;
        rt.depth--;
        return v;
      });
    });
  }

  #getline(from: "main" | "file" | "command", source: Expr | undefined, t: Lvalue | undefined): Ex {
    const { rt } = this;
    const { parts, make } = t === undefined ? { parts: [], make: undefined } : this.target(t);
    const all = [...parts, ...(source === undefined ? [] : [this.compile(source)])];
    return lift(rt, all, (ready) => {
      const name = ready[parts.length]?.str;
      const target = make?.(ready.slice(0, parts.length));
      return genEx(function* () {
        const text = name?.() ?? "";
        // Finds out which field or element is meant before the record changes.
        const cell = target?.cell?.();
        if (target !== undefined && cell === undefined) target.get();
        let record: string | null | undefined;
        if (from === "main") record = rt.tryMain() ?? (yield* rt.main());
        else {
          yield* rt.flush();
          record = yield* rt.from(text, from === "command");
        }
        if (record === undefined) return -1;
        if (record === null) return 0;
        if (from === "main") {
          rt.nr++;
          rt.fnr++;
        }
        if (cell !== undefined) cell.v = fromOutside(record);
        else if (target !== undefined) target.set(fromOutside(record));
        else rt.setRecord(record);
        return 1;
      });
    });
  }
}

const NOTHING: Ex = {
  num: () => 0,
  str: () => "",
  val: () => undefined,
  bool: () => false,
};

/** Asks the driver to run a function's body. */
function* request(body: Steps<Value>): Steps<Value> {
  return (yield new Call(body) as never) as unknown as Value;
}

function cellTarget(cell: () => Cell): Target {
  return {
    cell,
    get: () => cell().v,
    set: (v) => {
      cell().v = v;
    },
  };
}

function concatenation(parts: readonly Ex[]): Ex {
  const [a, b, c] = parts.map((part) => part.str) as [() => string, () => string, () => string];
  if (parts.length === 2) {
    return strEx(() => {
      const first = a();
      return first + b();
    });
  }
  if (parts.length === 3) {
    return strEx(() => {
      const first = a() + b();
      return first + c();
    });
  }
  const all = parts.map((part) => part.str);
  return strEx(() => {
    let s = "";
    for (let i = 0; i < all.length; i++) s += (all[i] as () => string)();
    return s;
  });
}

function comparison(op: string): ((a: number | string, b: number | string) => boolean) | undefined {
  switch (op) {
    case "<":
      return (a, b) => a < b;
    case "<=":
      return (a, b) => a <= b;
    case "==":
      return (a, b) => a === b;
    case "!=":
      return (a, b) => a !== b;
    case ">":
      return (a, b) => a > b;
    case ">=":
      return (a, b) => a >= b;
    default:
      return undefined;
  }
}
