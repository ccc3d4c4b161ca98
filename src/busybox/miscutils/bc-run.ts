// The machine that bc programs run on.
import type { Steps, Sys } from "../../abi/program.ts";
import type { BcFunction, Instruction } from "./bc-code.ts";
import { atan, bessel, cos, exp, ln, sin } from "./bc-math.ts";
import type { CalcOutput } from "./calc-output.ts";
import {
  add,
  CalcError,
  compare,
  type Decimal,
  decimal,
  divide,
  lengthOf,
  modulo,
  multiply,
  negate,
  ONE,
  parseDecimal,
  power,
  squareRoot,
  subtract,
  tenTo,
  ZERO,
} from "./decimal.ts";

const OBASE_MAX = 999;
const DEPTH_MAX = 100_000;
/** Elements of arrays that are kept. */
const INDEX_MAX = 2147483647;
const ELEMENTS_MAX = 1 << 24;

type Elements = Map<number, Decimal>;

/** A called function's place to return to, and what its names meant before. */
interface Frame {
  readonly code: readonly Instruction[];
  readonly at: number;
  readonly stack: number;
  readonly vars: readonly (readonly [string, Decimal | undefined])[];
  readonly arrays: readonly (readonly [string, Elements | undefined])[];
}

const LIBRARY: Readonly<
  Record<string, readonly [arity: number, f: (args: Decimal[], scale: number) => Decimal]>
> = {
  s: [1, ([x], scale) => sin(x as Decimal, scale)],
  c: [1, ([x], scale) => cos(x as Decimal, scale)],
  a: [1, ([x], scale) => atan(x as Decimal, scale)],
  l: [1, ([x], scale) => ln(x as Decimal, scale)],
  e: [1, ([x], scale) => exp(x as Decimal, scale)],
  j: [2, ([n, x], scale) => bessel(n as Decimal, x as Decimal, scale)],
};

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  "\\": "\\",
  e: "\\",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

function truth(yes: boolean): Decimal {
  return yes ? ONE : ZERO;
}

export class BcMachine {
  readonly functions: Map<string, BcFunction> = new Map();
  /** Is the library of -l there? */
  library = false;
  scale = 0;
  readonly #sys: Sys;
  readonly #out: CalcOutput;
  readonly #limits: string;
  /** read(): the code of an expression that is asked for. */
  readonly #ask: () => Steps<readonly Instruction[]>;
  #ibase = 10;
  #obase = 10;
  #last: Decimal = ZERO;
  readonly #vars = new Map<string, Decimal>();
  readonly #arrays = new Map<string, Elements>();
  /** Numbers of the program in the base they were last read in. */
  #constants = new Map<string, Decimal>();
  #elements = 0;

  constructor(sys: Sys, out: CalcOutput, limits: string, ask: () => Steps<readonly Instruction[]>) {
    this.#sys = sys;
    this.#out = out;
    this.#limits = limits;
    this.#ask = ask;
  }

  /** Runs code to its end; false when it has halted the program. */
  *run(program: readonly Instruction[]): Steps<boolean> {
    const sys = this.#sys;
    const stack: Decimal[] = [];
    const frames: Frame[] = [];
    let code = program;
    let at = 0;
    const pop = (): Decimal => stack.pop() as Decimal;
    for (;;) {
      const i = code[at++];
      if (i === undefined) return true;
      switch (i[0]) {
        case "number":
          stack.push(this.#constant(i[1]));
          break;
        case "var":
          stack.push(this.#vars.get(i[1]) ?? ZERO);
          break;
        case "element":
          stack.push(this.#array(i[1]).get(this.#index(pop())) ?? ZERO);
          break;
        case "special":
          stack.push(this.#special(i[1]));
          break;
        case "setVar": {
          const value = pop();
          const result =
            i[2] === "" ? value : this.#binary(i[2], this.#vars.get(i[1]) ?? ZERO, value);
          this.#vars.set(i[1], result);
          stack.push(result);
          break;
        }
        case "setElement": {
          const value = pop();
          const index = this.#index(pop());
          const array = this.#array(i[1]);
          const result = i[2] === "" ? value : this.#binary(i[2], array.get(index) ?? ZERO, value);
          this.#store(array, index, result);
          stack.push(result);
          break;
        }
        case "setSpecial": {
          const value = pop();
          const result = i[2] === "" ? value : this.#binary(i[2], this.#special(i[1]), value);
          this.#setSpecial(i[1], result);
          stack.push(this.#special(i[1]));
          break;
        }
        case "stepVar": {
          const old = this.#vars.get(i[1]) ?? ZERO;
          const value = add(old, decimal(i[2]));
          this.#vars.set(i[1], value);
          stack.push(i[3] ? old : value);
          break;
        }
        case "stepElement": {
          const array = this.#array(i[1]);
          const index = this.#index(pop());
          const old = array.get(index) ?? ZERO;
          const value = add(old, decimal(i[2]));
          this.#store(array, index, value);
          stack.push(i[3] ? old : value);
          break;
        }
        case "stepSpecial": {
          const old = this.#special(i[1]);
          const value = add(old, decimal(i[2]));
          this.#setSpecial(i[1], value);
          stack.push(i[3] ? old : value);
          break;
        }
        case "binary": {
          const b = pop();
          if (--sys.budget < 0) yield* sys.sched_yield();
          stack.push(this.#binary(i[1], pop(), b));
          break;
        }
        case "negate":
          stack.push(negate(pop()));
          break;
        case "not":
          stack.push(truth(pop().n === 0n));
          break;
        case "bool":
          stack.push(truth(pop().n !== 0n));
          break;
        case "length":
          stack.push(decimal(lengthOf(pop())));
          break;
        case "lengthArray":
          stack.push(decimal(Math.max(1, ...[...this.#array(i[1]).keys()].map((k) => k + 1))));
          break;
        case "scaleOf":
          stack.push(decimal(pop().s));
          break;
        case "sqrt":
          stack.push(squareRoot(pop(), this.scale));
          break;
        case "read": {
          const asked = yield* this.#ask();
          // It runs as a function without a name.
          frames.push({ code, at, stack: stack.length, vars: [], arrays: [] });
          code = [...asked, ["return"]];
          at = 0;
          break;
        }
        case "drop":
          stack.pop();
          break;
        case "show": {
          this.#last = pop();
          const w = this.#out.number(this.#last, this.#obase, "\n");
          if (w) yield* w;
          break;
        }
        case "print": {
          this.#last = pop();
          const w = this.#out.number(this.#last, this.#obase, "");
          if (w) yield* w;
          break;
        }
        case "string": {
          const w = this.#out.text(i[1]);
          if (w) yield* w;
          break;
        }
        case "printString": {
          const w = this.#out.text(i[1].replace(/\\(.)/gs, (all, c: string) => ESCAPES[c] ?? all));
          if (w) yield* w;
          break;
        }
        case "jump":
          if (--sys.budget < 0) yield* sys.sched_yield();
          at = i[1];
          break;
        case "jumpIfZero":
          if (pop().n === 0n) at = i[1];
          break;
        case "jumpIfNot":
          // The value stays when the jump is made.
          if ((stack.at(-1) as Decimal).n !== 0n) at = i[1];
          else stack.pop();
          break;
        case "call": {
          const [, name, args] = i;
          const f = this.functions.get(name);
          if (f === undefined) {
            this.#native(name, args, stack);
            break;
          }
          if (f.parameters.length !== args.length)
            throw new CalcError(
              `function has ${f.parameters.length} parameters, but called with ${args.length}`,
            );
          if (frames.length >= DEPTH_MAX) throw new CalcError("too many nested calls");
          if (--sys.budget < 0) yield* sys.sched_yield();
          frames.push(this.#enter(f, args, stack, code, at));
          code = f.code;
          at = 0;
          break;
        }
        case "return": {
          const value = pop();
          const frame = frames.pop() as Frame;
          stack.length = frame.stack;
          stack.push(value);
          for (const [name, old] of frame.vars) {
            if (old === undefined) this.#vars.delete(name);
            else this.#vars.set(name, old);
          }
          for (const [name, old] of frame.arrays) {
            if (old === undefined) this.#arrays.delete(name);
            else this.#arrays.set(name, old);
          }
          ({ code, at } = frame);
          break;
        }
        case "halt":
          return false;
        case "limits": {
          const w = this.#out.text(this.#limits);
          if (w) yield* w;
          break;
        }
        case "array":
        case "dec":
        case "inc":
          throw new Error(`bug: bc instruction ${i[0]}`);
      }
    }
  }

  /** Gives the parameters and autos of a function their new meaning. */
  #enter(
    f: BcFunction,
    args: readonly string[],
    stack: Decimal[],
    code: readonly Instruction[],
    at: number,
  ): Frame {
    const vars: [string, Decimal | undefined][] = [];
    const arrays: [string, Elements | undefined][] = [];
    const values = stack.splice(stack.length - args.filter((arg) => arg === "").length);
    // All arguments are looked up before any name changes.
    const given = args.map((arg, k) => {
      const parameter = f.parameters[k] as (typeof f.parameters)[number];
      if ((arg !== "") !== parameter.array) throw new CalcError("variable is wrong type");
      if (arg === "") return values.shift() as Decimal;
      const array = this.#array(arg);
      return parameter.reference ? array : new Map(array);
    });
    const set = (name: string, array: boolean, value: Decimal | Elements): void => {
      if (array) {
        arrays.unshift([name, this.#arrays.get(name)]);
        this.#arrays.set(name, value as Elements);
      } else {
        vars.unshift([name, this.#vars.get(name)]);
        this.#vars.set(name, value as Decimal);
      }
    };
    for (const [k, { name, array }] of f.parameters.entries())
      set(name, array, given[k] as Decimal | Elements);
    for (const { name, array } of f.autos) set(name, array, array ? new Map() : ZERO);
    return { code, at, stack: stack.length, vars, arrays };
  }

  #native(name: string, args: readonly string[], stack: Decimal[]): void {
    const native = this.library ? LIBRARY[name] : undefined;
    if (native === undefined) throw new CalcError("undefined function");
    const [arity, f] = native;
    if (args.length !== arity)
      throw new CalcError(`function has ${arity} parameters, but called with ${args.length}`);
    if (args.some((arg) => arg !== "")) throw new CalcError("variable is wrong type");
    stack.push(f(stack.splice(stack.length - arity), this.scale));
  }

  #constant(text: string): Decimal {
    let value = this.#constants.get(text);
    if (value === undefined) {
      value = parseDecimal(text, this.#ibase);
      if (this.#constants.size > 10000) this.#constants.clear();
      this.#constants.set(text, value);
    }
    return value;
  }

  #array(name: string): Elements {
    let array = this.#arrays.get(name);
    if (array === undefined) {
      array = new Map();
      this.#arrays.set(name, array);
    }
    return array;
  }

  #index(value: Decimal): number {
    const index = value.n / tenTo(value.s);
    if (index < 0n) throw new CalcError("negative number");
    if (index > BigInt(INDEX_MAX)) throw new CalcError("array too long; must be [1,2147483647]");
    return Number(index);
  }

  #store(array: Elements, index: number, value: Decimal): void {
    if (!array.has(index) && ++this.#elements > ELEMENTS_MAX) throw new CalcError("out of memory");
    array.set(index, value);
  }

  #special(name: string): Decimal {
    if (name === "last") return this.#last;
    return decimal(name === "ibase" ? this.#ibase : name === "obase" ? this.#obase : this.scale);
  }

  #setSpecial(name: string, value: Decimal): void {
    if (name === "last") {
      this.#last = value;
      return;
    }
    if (value.n < 0n) throw new CalcError("negative number");
    const big = value.n / tenTo(value.s);
    if (name === "scale" && big > 0xffffffffn)
      throw new CalcError("bad scale; must be [0,4294967295]");
    const n = big > 0xffffffffn ? 0xffffffff : Number(big);
    if (name === "scale") {
      this.scale = n;
      return;
    }
    const [low, high] = name === "ibase" ? [2, 16] : [2, OBASE_MAX];
    if (n < low || n > high) throw new CalcError(`bad ${name}; must be [${low},${high}]`);
    if (name === "obase") this.#obase = n;
    else {
      this.#ibase = n;
      this.#constants = new Map();
    }
  }

  #binary(operator: string, a: Decimal, b: Decimal): Decimal {
    switch (operator) {
      case "+":
        return add(a, b);
      case "-":
        return subtract(a, b);
      case "*":
        return multiply(a, b, this.scale);
      case "/":
        return divide(a, b, this.scale);
      case "%":
        return modulo(a, b, this.scale);
      case "^":
        return power(a, b, this.scale);
      default: {
        const order = compare(a, b);
        switch (operator) {
          case "==":
            return truth(order === 0);
          case "!=":
            return truth(order !== 0);
          case "<":
            return truth(order < 0);
          case "<=":
            return truth(order <= 0);
          case ">":
            return truth(order > 0);
          default:
            return truth(order >= 0);
        }
      }
    }
  }
}
