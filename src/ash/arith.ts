// Arithmetic of $(( )) and let: 64-bit integers, C operators, as BusyBox 1.36 ash evaluates them.
//
// A text is compiled once to closures. Values are JS numbers while they are safe integers and BigInt
// beyond, so results are exact and wrap at 64 bits. Observed on the original and kept:
// - every operand is evaluated: `0 && (a=1)` assigns, `1 || 1/0` is an error;
// - a variable is looked up when its operator is applied, not where it stands: `a + (a=5)` is 10;
// - `x:y` is an operand of `?` like any other: `1?(2:3)` is 2, `1?0?4:5:6` is malformed;
// - an error shows after whatever was computed before it: `1/0+` is a division by zero.

import {
  ArithError,
  type ArithValue,
  ASSIGN,
  add,
  type Binary,
  binaryOp,
  CONDITIONAL,
  INCREMENT,
  POWER,
  truth,
  UNARY,
  unaryOp,
  wrap,
} from "./arith-ops.ts";

export { ArithError, type ArithValue };

/** Where an expression finds its variables. */
export interface ArithEnv {
  /** The value, or undefined when unset (counts as 0). */
  get(name: string): string | undefined;
  /** Assigns; throws when the variable is read-only. */
  set(name: string, value: string): void;
  /** Compiled forms of values that are expressions themselves, and of texts known only at run time. */
  readonly cache?: ArithCache | undefined;
}

/** A compiled expression. Throws {@link ArithError}. */
export type Arith = (env: ArithEnv) => ArithValue;

const SYNTAX = "arithmetic syntax error";
const MALFORMED = "malformed ?: operator";
/** Values that are expressions of variables whose values are expressions …: how deep. */
const MAX_VALUES = 256;
/** How deep operations may stand in one another. */
const MAX_DEPTH = 1000;
/** From this depth on, operations that only continue to the right are done in a loop. */
const LONG_CHAIN = 32;
/** Texts longer than this are not worth keeping. */
const MAX_CACHED_TEXT = 256;

/** Compiled expressions by text, for a shell that keeps one. Holds a bounded number. */
export class ArithCache {
  readonly #compiled = new Map<string, Arith>();
  readonly #max: number;

  constructor(max = 512) {
    this.#max = max;
  }

  compile(text: string): Arith {
    let arith = this.#compiled.get(text);
    if (arith === undefined) {
      arith = compileArith(text);
      if (text.length <= MAX_CACHED_TEXT) {
        if (this.#compiled.size >= this.#max) this.#compiled.clear();
        this.#compiled.set(text, arith);
      }
    }
    return arith;
  }
}

/** The value of a text in which substitutions were made already. */
export function evalArith(text: string, env: ArithEnv): ArithValue {
  return (env.cache?.compile(text) ?? compileArith(text))(env);
}

/** Decimal, as $(( )) is replaced. */
export function formatArith(v: ArithValue): string {
  return String(v);
}

// ---- variables -------------------------------------------------------------------------------------

/** The names whose values are being evaluated, innermost first. */
interface Chain {
  name: string;
  depth: number;
  outer: Chain | undefined;
}

interface NestedEnv extends ArithEnv {
  readonly chain?: Chain;
}

function lookup(env: ArithEnv, name: string): ArithValue {
  const chain = (env as NestedEnv).chain;
  if (chain !== undefined) {
    for (let c: Chain | undefined = chain; c !== undefined; c = c.outer) {
      if (c.name === name) throw new ArithError("expression recursion loop detected");
    }
  }
  const text = env.get(name);
  if (text === undefined) return 0;
  // Plain decimal numbers, which nearly all values are.
  const n = text.length;
  let at = text.charCodeAt(0) === 45 ? 1 : 0;
  const digits = n - at;
  if (digits >= 1 && digits <= 15 && (digits === 1 || text.charCodeAt(at) !== 48)) {
    let v = 0;
    for (; at < n; at++) {
      const d = text.charCodeAt(at) - 48;
      if (d < 0 || d > 9) return evalValue(env, name, text, chain);
      v = v * 10 + d;
    }
    return digits === n ? v : 0 - v;
  }
  return evalValue(env, name, text, chain);
}

function evalValue(env: ArithEnv, name: string, text: string, outer?: Chain): ArithValue {
  const depth = outer === undefined ? 1 : outer.depth + 1;
  if (depth > MAX_VALUES) throw new ArithError("expression recursion loop detected");
  const nested: NestedEnv = {
    get: (n) => env.get(n),
    set: (n, v) => env.set(n, v),
    cache: env.cache,
    chain: { name, depth, outer },
  };
  return evalArith(text, nested);
}

// ---- compilation -----------------------------------------------------------------------------------

/** One operation of a chain: on the value so far and `right`. */
interface Step {
  fn: Binary;
  right: Arith;
}

/** A finished operand: a constant, a variable still by name, or a computation. */
interface Operand {
  run: Arith;
  constant: ArithValue | undefined;
  name: string | undefined;
  /** May it assign? */
  effects: boolean;
  /** What stands after the colon, for an operand that is `x:y`. */
  second: Operand | undefined;
  /** Operations in one another. */
  depth: number;
  /** The steps of a long chain `x + y + z …`, to which more can be added. */
  chain: Step[] | undefined;
}

interface Op {
  kind: "binary" | "unary" | "assign" | "pre" | "post" | "paren" | "?" | ":";
  prec: number;
  text: string;
}

const SPACE = /[ \t\n\v\f\r]*/y;
const NUMBER = /[0-9][0-9A-Za-z_]*(?:#[0-9A-Za-z_@]*)?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const ASSIGNMENT = /(?:<<|>>|[-+*/%&|^])?=(?!=)/y;
const OPERATOR = /\+\+|--|\*\*|<<|>>|&&|\|\||[=!<>]=|[-+*/%&|^<>=!~?:,()]/y;

function match(re: RegExp, text: string, at: number): string {
  re.lastIndex = at;
  return re.exec(text)?.[0] ?? "";
}

function constantOperand(v: ArithValue): Operand {
  const run: Arith = () => v;
  return { ...computed(run, false), constant: v };
}

function variable(name: string): Operand {
  return { ...computed((env) => lookup(env, name), false), name };
}

function computed(run: Arith, effects: boolean, second?: Operand, depth = 1): Operand {
  return { run, constant: undefined, name: undefined, effects, second, depth, chain: undefined };
}

/**
 * Compiles an expression; never throws. What is wrong with the text is thrown by the result, after it
 * has computed what stands before the error.
 */
export function compileArith(text: string): Arith {
  return new Compiler(text).compile();
}

/** Marks the place where a text stops making sense. */
class Bad {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** What the last token was: "start" also after an operator or "(". */
type Last = "start" | "name" | "value";

class Compiler {
  readonly #text: string;
  readonly #operands: Operand[] = [];
  readonly #ops: Op[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  compile(): Arith {
    try {
      this.#parse();
    } catch (e) {
      if (!(e instanceof Bad)) throw e;
      const message = e.message;
      const done = this.#operands;
      return (env) => {
        for (const operand of done) {
          for (let o: Operand | undefined = operand; o !== undefined; o = o.second) {
            if (o.constant === undefined && o.name === undefined) o.run(env);
          }
        }
        throw new ArithError(message);
      };
    }
    const result = this.#operands[0];
    return result === undefined ? () => 0 : result.run;
  }

  #parse(): void {
    const text = this.#text;
    const operands = this.#operands;
    let last: Last = "start";
    let depth = 0;
    for (let at = 0; ; ) {
      at += match(SPACE, text, at).length;
      if (at >= text.length) break;
      const name = match(NAME, text, at);
      if (name !== "") {
        operands.push(variable(name));
        at += name.length;
        last = "name";
        continue;
      }
      const c = text.charCodeAt(at);
      if (c >= 48 && c <= 57) {
        at = this.#number(at);
        last = "value";
        continue;
      }
      const assignment = match(ASSIGNMENT, text, at);
      if (assignment !== "") {
        if (last === "start") throw new Bad(SYNTAX);
        at += assignment.length;
        this.#reduce(ASSIGN, false);
        this.#ops.push({ kind: "assign", prec: ASSIGN, text: assignment.slice(0, -1) });
        last = "start";
        continue;
      }
      const op = match(OPERATOR, text, at);
      at += op.length;
      if (op === "++" || op === "--") {
        ({ last, at } = this.#increment(op, last, at));
        continue;
      }
      if (op === "(") {
        if (++depth > MAX_DEPTH) throw new Bad(SYNTAX);
        this.#ops.push({ kind: "paren", prec: -1, text: op });
        last = "start";
        continue;
      }
      if (op === ")") {
        if (last === "start") throw new Bad(SYNTAX);
        this.#reduce(0, true);
        if (this.#ops.pop() === undefined) throw new Bad(SYNTAX);
        depth--;
        this.#settleVariable();
        last = "value";
        continue;
      }
      if (last === "start" && (op === "+" || op === "-" || op === "!" || op === "~")) {
        this.#ops.push({ kind: "unary", prec: UNARY, text: op });
        continue;
      }
      if (last === "start") throw new Bad(SYNTAX);
      this.#binary(op);
      last = "start";
    }
    if (last === "start" && (operands.length > 0 || this.#ops.length > 0)) throw new Bad(SYNTAX);
    this.#reduce(0, true);
    // An open parenthesis at the left is forgiven, with the operators before it.
    if (operands.length > 1) throw new Bad(SYNTAX);
    if (operands[0]?.second !== undefined) throw new Bad(MALFORMED);
  }

  #binary(op: string): void {
    if (op === "?" || op === ":") {
      this.#reduce(CONDITIONAL, false);
      this.#ops.push({ kind: op, prec: CONDITIONAL, text: op });
      return;
    }
    const prec = binaryOp(op)?.prec;
    if (prec === undefined) throw new Bad(SYNTAX);
    this.#reduce(prec, prec !== POWER);
    this.#ops.push({ kind: "binary", prec, text: op });
  }

  /** Takes `++` or `--` that ends at `after`; returns where to go on. */
  #increment(op: string, last: Last, after: number): { last: Last; at: number } {
    const next = after + match(SPACE, this.#text, after).length;
    if (last !== "name" && match(NAME, this.#text, next) !== "") {
      this.#ops.push({ kind: "pre", prec: INCREMENT, text: op });
      return { last: "start", at: after };
    }
    // After a name, and wherever a variable still waits for its operator: `x + ++2` is an error.
    if (this.#operands.at(-1)?.name !== undefined) {
      this.#ops.push({ kind: "post", prec: INCREMENT, text: op });
      return { last: "value", at: after };
    }
    const sign = op.charAt(0);
    if (last === "value") this.#binary(sign);
    else this.#ops.push({ kind: "unary", prec: UNARY, text: sign });
    return { last: "start", at: after - 1 };
  }

  /** In parentheses a variable becomes its value. */
  #settleVariable(): void {
    const top = this.#operands.at(-1);
    if (top?.name !== undefined)
      this.#operands[this.#operands.length - 1] = computed(top.run, true);
  }

  #number(at: number): number {
    const word = match(NUMBER, this.#text, at);
    const hash = word.indexOf("#");
    if (hash >= 0) return this.#based(word, hash, at);
    // Far more digits than 64 bits have: not worth a conversion.
    if (
      /^0*[xX]?0*[1-9a-fA-F][0-9a-fA-F]{30}/.test(word) &&
      /^(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.test(word)
    ) {
      this.#operands.push(constantOperand(0));
      return at + word.length;
    }
    const big = /^0[xX]/.test(word)
      ? /^0[xX][0-9a-fA-F]+$/.test(word) && BigInt(word)
      : word.startsWith("0")
        ? /^[0-7]+$/.test(word) && BigInt(`0o${word}`)
        : /^[0-9]+$/.test(word) && BigInt(word);
    if (big === false) throw new Bad(SYNTAX);
    // Beyond 64 bits the original's strtoull fails, and it goes on with 0.
    this.#operands.push(constantOperand(big > 0xffffffffffffffffn ? 0 : wrap(big)));
    return at + word.length;
  }

  /** base#digits: takes the digits that belong to the base, however few. */
  #based(word: string, hash: number, at: number): number {
    const base = /^[1-9][0-9]?$/.test(word.slice(0, hash)) ? Number(word.slice(0, hash)) : 0;
    if (base < 2 || base > 64) throw new Bad(SYNTAX);
    const big = BigInt(base);
    let v = 0n;
    let i = hash + 1;
    for (; i < word.length; i++) {
      const d = digitValue(word.charCodeAt(i), base);
      if (d >= base) break;
      v = BigInt.asUintN(64, v * big + BigInt(d));
    }
    this.#operands.push(constantOperand(wrap(v)));
    return at + i;
  }

  /** Applies the waiting operators of a level above `prec` (or equal, when `equal`). */
  #reduce(prec: number, equal: boolean): void {
    for (;;) {
      const op = this.#ops.at(-1);
      if (op === undefined || op.kind === "paren") return;
      if (op.prec < prec || (op.prec === prec && !equal)) return;
      this.#ops.pop();
      this.#apply(op);
    }
  }

  #apply(op: Op): void {
    const operands = this.#operands;
    const y = operands.pop();
    if (y === undefined) throw new Bad(SYNTAX);
    if (op.kind === "unary") {
      this.#push(applyUnary(unaryOp(op.text), y));
      return;
    }
    if (op.kind === "pre" || op.kind === "post") {
      if (y.name === undefined) {
        operands.push(y);
        throw new Bad(SYNTAX);
      }
      operands.push(applyIncrement(op.text === "++" ? 1 : -1, op.kind === "pre", y.name));
      return;
    }
    const x = operands.pop();
    if (x === undefined) {
      operands.push(y);
      throw new Bad(SYNTAX);
    }
    const result = applyBinary(op, x, y);
    if (typeof result === "string") {
      operands.push(x, y);
      throw new Bad(result);
    }
    this.#push(result);
  }

  #push(operand: Operand): void {
    this.#operands.push(operand);
    if (operand.depth > MAX_DEPTH) throw new Bad(SYNTAX);
  }
}

function digitValue(c: number, base: number): number {
  if (c <= 57) return c - 48;
  if (c === 64) return 62;
  if (c === 95) return 63;
  if (c >= 97) return c - 87;
  return base <= 36 ? c - 55 : c - 29;
}

function applyUnary(fn: (x: ArithValue) => ArithValue, x: Operand): Operand {
  if (x.constant !== undefined && x.second === undefined) return constantOperand(fn(x.constant));
  const run = x.run;
  return computed((env) => fn(run(env)), x.effects, x.second, x.depth + 1);
}

function applyIncrement(by: number, before: boolean, name: string): Operand {
  return computed((env) => {
    const old = lookup(env, name);
    const next = add(old, by);
    env.set(name, formatArith(next));
    return before ? next : old;
  }, true);
}

function applyBinary(op: Op, x: Operand, y: Operand): Operand | string {
  if (op.kind === "?") {
    const z = y.second;
    if (z === undefined) return MALFORMED;
    return choose(x, y, z);
  }
  if (y.second !== undefined) return MALFORMED;
  if (op.kind === ":") {
    return { ...x, name: undefined, chain: undefined, second: y };
  }
  const fn = binaryOp(op.text)?.fn;
  if (op.kind === "assign") {
    if (x.name === undefined) return SYNTAX;
    return assign(x.name, fn, y);
  }
  return combine(fn as Binary, x, y);
}

function combine(fn: Binary, x: Operand, y: Operand): Operand {
  const left = x.run;
  const right = y.run;
  const effects = x.effects || y.effects;
  const depth = Math.max(x.depth, y.depth) + 1;
  if (x.chain !== undefined && y.depth < LONG_CHAIN) {
    x.chain.push({ fn, right });
    return { ...x, effects };
  }
  if (x.depth >= LONG_CHAIN && y.depth < LONG_CHAIN) {
    const chain: Step[] = [{ fn, right }];
    const run: Arith = (env) => {
      let v = left(env);
      for (const step of chain) v = step.fn(v, step.right(env));
      return v;
    };
    return { ...computed(run, effects, x.second, depth), chain };
  }
  if (y.constant !== undefined) {
    const c = y.constant;
    return computed((env) => fn(left(env), c), effects, x.second, depth);
  }
  // A variable is read when the operator is applied: after what stands to its right was computed. (A
  // variable at the right may hold an expression that assigns.)
  if (x.name !== undefined && (y.effects || y.name !== undefined)) {
    const late: Arith = (env) => {
      const r = right(env);
      return fn(left(env), r);
    };
    return computed(late, effects, x.second, depth);
  }
  return computed((env) => fn(left(env), right(env)), effects, x.second, depth);
}

function choose(cond: Operand, yes: Operand, no: Operand): Operand {
  const effects = cond.effects || yes.effects || no.effects;
  const [c, y, n] = [cond.run, yes.run, no.run];
  const late = cond.name !== undefined;
  return computed(
    (env) => {
      // Both sides are evaluated, as the original does.
      let v = late ? 0 : c(env);
      const a = y(env);
      const b = n(env);
      if (late) v = c(env);
      return truth(v) ? a : b;
    },
    effects,
    cond.second,
    Math.max(cond.depth, yes.depth, no.depth) + 1,
  );
}

function assign(name: string, fn: Binary | undefined, value: Operand): Operand {
  const { run } = value;
  const depth = value.depth + 1;
  if (fn === undefined) {
    const plain: Arith = (env) => {
      const v = run(env);
      env.set(name, formatArith(v));
      return v;
    };
    return computed(plain, true, undefined, depth);
  }
  const compound: Arith = (env) => {
    const y = run(env);
    const v = fn(lookup(env, name), y);
    env.set(name, formatArith(v));
    return v;
  };
  return computed(compound, true, undefined, depth);
}
