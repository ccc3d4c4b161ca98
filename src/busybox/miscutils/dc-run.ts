// The machine of dc: a stack of numbers and strings, registers that are stacks themselves, and macros.
import type { Steps, Sys } from "../../abi/program.ts";
import { bytesOf } from "../../lib/bytes.ts";
import type { Flushing } from "../../libc/stdio.ts";
import type { CalcOutput } from "./calc-output.ts";
import {
  add,
  CalcError,
  compare,
  type Decimal,
  decimal,
  divide,
  lengthOf,
  modPower,
  modulo,
  multiply,
  negate,
  parseDecimal,
  power,
  squareRoot,
  subtract,
  tenTo,
} from "./decimal.ts";

type Value = Decimal | string;

interface Frame {
  readonly text: string;
  at: number;
}

const OBASE_MAX = 999;
const FRAMES_MAX = 1_000_000;
const STACK_MAX = 1 << 24;
const NUMBER = /[0-9A-F]+(?:\.[0-9A-F]*)?|\.[0-9A-F]+/y;
const LONG_NAME = /[ \t\r\f\v]+([a-z][a-z0-9_]*)/y;

/** Comments, commands with a name after them, beginnings of strings, and what is no command. */
const FOREIGN =
  /#[^\n]*|[sSlL:;][\s\S]|!?[<>=][\s\S](?:e[\s\S])?|\[|\.(?=[0-9A-F])|([^ \t\n\r\f\v0-9A-F_+\-*/%^~|v({GNpnfPacdrRzZXikoIOKxqQ?esSlL:;<>=])/g;

/** What ends dc. */
const QUIT = Symbol("quit");

export class DcMachine {
  readonly #sys: Sys;
  readonly #out: CalcOutput;
  readonly #write: (bytes: Uint8Array) => Flushing;
  /** A line of input for ?. */
  readonly #ask: () => Steps<string>;
  readonly #longNames: boolean;
  readonly #stack: Value[] = [];
  readonly #registers = new Map<string, Value[]>();
  readonly #arrays = new Map<string, Map<number, Value>>();
  #frames: Frame[] = [];
  /** Texts without anything foreign. */
  readonly #checked = new Set<string>();
  #ibase = 10;
  #obase = 10;
  #scale = 0;

  constructor(
    sys: Sys,
    out: CalcOutput,
    write: (bytes: Uint8Array) => Flushing,
    ask: () => Steps<string>,
    longNames: boolean,
  ) {
    this.#sys = sys;
    this.#out = out;
    this.#write = write;
    this.#ask = ask;
    this.#longNames = longNames;
  }

  /** Runs a program; false when it has quit dc. */
  *run(text: string): Steps<boolean> {
    const sys = this.#sys;
    this.#check(text);
    this.#frames = [{ text, at: 0 }];
    for (;;) {
      const frame = this.#frames.at(-1);
      if (frame === undefined) return true;
      if (frame.at >= frame.text.length) {
        this.#frames.pop();
        continue;
      }
      if (--sys.budget < 0) yield* sys.sched_yield();
      const c = frame.text.charAt(frame.at);
      const done = yield* this.#command(frame, c);
      if (done === QUIT) return false;
    }
  }

  *#command(frame: Frame, c: string): Steps<typeof QUIT | undefined> {
    const { text } = frame;
    if (/[0-9A-F.]/.test(c)) {
      const number = new RegExp(NUMBER);
      number.lastIndex = frame.at;
      const m = number.exec(text);
      if (m === null) throw new CalcError(`bad character '${c}'`);
      frame.at += m[0].length;
      this.#push(parseDecimal(m[0], this.#ibase));
      return;
    }
    frame.at++;
    switch (c) {
      case " ":
      case "\t":
      case "\n":
      case "\r":
      case "\f":
      case "\v":
        return;
      case "#": {
        const end = text.indexOf("\n", frame.at);
        frame.at = end < 0 ? text.length : end + 1;
        return;
      }
      case "_": {
        const number = new RegExp(NUMBER);
        number.lastIndex = frame.at;
        const m = number.exec(text);
        if (m === null) return this.#badToken(frame);
        frame.at += m[0].length;
        this.#push(negate(parseDecimal(m[0], this.#ibase)));
        return;
      }
      case "[":
        this.#push(this.#string(frame));
        return;
      case "+":
        return this.#arithmetic(add);
      case "-":
        return this.#arithmetic(subtract);
      case "*":
        return this.#arithmetic((a, b) => multiply(a, b, this.#scale));
      case "/":
        return this.#arithmetic((a, b) => divide(a, b, this.#scale));
      case "%":
        return this.#arithmetic((a, b) => modulo(a, b, this.#scale));
      case "^":
        return this.#arithmetic((a, b) => power(a, b, this.#scale));
      case "~": {
        this.#need(2);
        const b = this.#number();
        const a = this.#number();
        this.#push(divide(a, b, this.#scale));
        this.#push(modulo(a, b, this.#scale));
        return;
      }
      case "|": {
        this.#need(3);
        const m = this.#whole(this.#number());
        const e = this.#whole(this.#number());
        const b = this.#whole(this.#number());
        if (m === 0n) throw new CalcError("divide by zero");
        if (e < 0n) throw new CalcError("negative number");
        this.#push(decimal(modPower(b, e, m)));
        return;
      }
      case "v":
        this.#push(squareRoot(this.#number(), this.#scale));
        return;
      case "(":
        return this.#arithmetic((a, b) => decimal(compare(b, a) < 0 ? 1 : 0));
      case "{":
        return this.#arithmetic((a, b) => decimal(compare(b, a) <= 0 ? 1 : 0));
      case "G":
        return this.#arithmetic((a, b) => decimal(compare(a, b) === 0 ? 1 : 0));
      case "N":
        this.#push(decimal(this.#number().n === 0n ? 1 : 0));
        return;
      case "p":
      // As the original has it.
      case "n": {
        this.#need(1);
        const w = this.#show(this.#stack.at(-1) as Value);
        if (w) yield* w;
        return;
      }
      case "f":
        for (let i = this.#stack.length - 1; i >= 0; i--) {
          const w = this.#show(this.#stack[i] as Value);
          if (w) yield* w;
        }
        return;
      case "P": {
        const value = this.#pop();
        if (typeof value !== "string" && value.n < 0n) throw new CalcError("negative number");
        const w = typeof value === "string" ? this.#out.text(value) : this.#write(rawBytes(value));
        if (w) yield* w;
        return;
      }
      case "a": {
        const value = this.#pop();
        this.#push(
          typeof value === "string"
            ? value.charAt(0) || "\0"
            : String.fromCharCode(Number(BigInt.asUintN(8, this.#cut(value)))),
        );
        return;
      }
      case "c":
        this.#stack.length = 0;
        return;
      case "d":
        this.#need(1);
        this.#push(this.#stack.at(-1) as Value);
        return;
      case "r": {
        this.#need(2);
        const b = this.#pop();
        const a = this.#pop();
        this.#push(b);
        this.#push(a);
        return;
      }
      case "R":
        this.#pop();
        return;
      case "z":
        this.#push(decimal(this.#stack.length));
        return;
      case "Z": {
        const value = this.#pop();
        this.#push(decimal(typeof value === "string" ? value.length : lengthOf(value)));
        return;
      }
      case "X": {
        this.#push(decimal(this.#number().s));
        return;
      }
      case "i":
        this.#ibase = this.#base("ibase", 16);
        return;
      case "o":
        this.#obase = this.#base("obase", OBASE_MAX);
        return;
      case "k": {
        const value = this.#number();
        if (value.n < 0n) throw new CalcError("negative number");
        const scale = this.#cut(value);
        if (scale > 0xffffffffn) throw new CalcError("bad scale; must be [0,4294967295]");
        this.#scale = Number(scale);
        return;
      }
      case "I":
        this.#push(decimal(this.#ibase));
        return;
      case "O":
        this.#push(decimal(this.#obase));
        return;
      case "K":
        this.#push(decimal(this.#scale));
        return;
      case "s":
      case "S":
      case "l":
      case "L":
      case ":":
      case ";":
        this.#register(c, this.#name(frame));
        return;
      case "x": {
        const value = this.#pop();
        if (typeof value === "string") this.#call(value);
        else this.#push(value);
        return;
      }
      case "<":
      case ">":
      case "=":
        this.#compare(frame, c, false);
        return;
      case "!": {
        const operator = text.charAt(frame.at);
        if (!"<>=".includes(operator) || operator === "") throw new CalcError("bad character '!'");
        frame.at++;
        this.#compare(frame, operator, true);
        return;
      }
      case "q":
        return this.#leave(2);
      case "Q": {
        const levels = this.#number();
        if (levels.n < 0n) throw new CalcError("negative number");
        const count = this.#cut(levels);
        return this.#leave(count > BigInt(FRAMES_MAX) ? FRAMES_MAX + 1 : Number(count));
      }
      case "?":
        this.#call(yield* this.#ask());
        return;
      case "e":
        return this.#badToken(frame, -1);
      default:
        throw new CalcError(`bad character '${c}'`);
    }
  }

  #badToken(frame: Frame, back = 0): never {
    const end = frame.text.indexOf("\n", frame.at);
    const rest = frame.text.slice(frame.at + back, end < 0 ? undefined : end);
    throw new CalcError(`bad token at '${rest}'`);
  }

  #need(count: number): void {
    if (this.#stack.length < count) throw new CalcError("stack has too few elements");
  }

  #push(value: Value): void {
    if (this.#stack.length >= STACK_MAX) throw new CalcError("out of memory");
    this.#stack.push(value);
  }

  #pop(): Value {
    this.#need(1);
    return this.#stack.pop() as Value;
  }

  #number(): Decimal {
    const value = this.#pop();
    if (typeof value === "string") throw new CalcError("variable is wrong type");
    return value;
  }

  #cut(value: Decimal): bigint {
    return value.n / tenTo(value.s);
  }

  #whole(value: Decimal): bigint {
    if (value.n % tenTo(value.s) !== 0n) throw new CalcError("not an integer");
    return this.#cut(value);
  }

  #arithmetic(f: (a: Decimal, b: Decimal) => Decimal): undefined {
    this.#need(2);
    const b = this.#number();
    const a = this.#number();
    this.#push(f(a, b));
  }

  #base(name: string, high: number): number {
    const value = this.#number();
    if (value.n < 0n) throw new CalcError("negative number");
    const base = this.#cut(value);
    if (base < 2n || base > BigInt(high)) throw new CalcError(`bad ${name}; must be [2,${high}]`);
    return Number(base);
  }

  #show(value: Value): Flushing {
    return typeof value === "string"
      ? this.#out.text(`${value}\n`)
      : this.#out.number(value, this.#obase, "\n");
  }

  /** The string that begins at the frame's place. */
  #string(frame: Frame): string {
    const brackets = /[[\]]/g;
    brackets.lastIndex = frame.at;
    const start = frame.at;
    for (let depth = 1; ; ) {
      const m = brackets.exec(frame.text);
      if (m === null) throw new CalcError("unterminated string");
      depth += m[0] === "[" ? 1 : -1;
      if (depth > 0) continue;
      frame.at = m.index + 1;
      return frame.text.slice(start, m.index);
    }
  }

  #name(frame: Frame): string {
    if (this.#longNames) {
      const re = new RegExp(LONG_NAME);
      re.lastIndex = frame.at;
      const m = re.exec(frame.text);
      if (m !== null) {
        frame.at += m[0].length;
        return m[1] as string;
      }
    }
    return frame.text.charAt(frame.at++);
  }

  #register(command: string, name: string): void {
    let register = this.#registers.get(name);
    if (register === undefined) {
      register = [];
      this.#registers.set(name, register);
    }
    switch (command) {
      case "s":
        this.#need(1);
        register.pop();
        register.push(this.#pop());
        return;
      case "S":
        register.push(this.#pop());
        return;
      case "l":
        this.#push(register.at(-1) ?? decimal(0));
        return;
      case "L": {
        const value = register.pop();
        if (value === undefined) throw new CalcError("stack has too few elements");
        this.#push(value);
        return;
      }
      default:
        this.#element(command, name);
    }
  }

  #element(command: string, name: string): void {
    let array = this.#arrays.get(name);
    if (array === undefined) {
      array = new Map();
      this.#arrays.set(name, array);
    }
    this.#need(command === ":" ? 2 : 1);
    const place = this.#number();
    if (place.n < 0n) throw new CalcError("negative number");
    const index = this.#cut(place);
    if (index > 2147483647n) throw new CalcError("array too long; must be [1,2147483647]");
    if (command === ";") this.#push(array.get(Number(index)) ?? decimal(0));
    // Arrays hold numbers only.
    else array.set(Number(index), this.#number());
  }

  #compare(frame: Frame, operator: string, not: boolean): void {
    const name = this.#name(frame);
    let other: string | undefined;
    if (frame.text.charAt(frame.at) === "e") {
      frame.at++;
      other = this.#name(frame);
    }
    this.#need(2);
    const a = this.#number();
    const b = this.#number();
    const order = compare(a, b);
    const holds = operator === "<" ? order < 0 : operator === ">" ? order > 0 : order === 0;
    const chosen = holds !== not ? name : other;
    if (chosen === undefined) return;
    const value = this.#registers.get(chosen)?.at(-1);
    if (typeof value !== "string") throw new CalcError("variable is wrong type");
    this.#call(value);
  }

  #call(text: string): void {
    // A call that is the last thing to do takes its caller's place, so loops may run for ever.
    const top = this.#frames.at(-1);
    if (top !== undefined && this.#frames.length > 1 && /^\s*$/.test(top.text.slice(top.at)))
      this.#frames.pop();
    if (this.#frames.length >= FRAMES_MAX) throw new CalcError("too many nested calls");
    this.#check(text);
    this.#frames.push({ text, at: 0 });
  }

  /** Looks for what is no command before anything is run. */
  #check(text: string): void {
    if (this.#checked.has(text)) return;
    const name = this.#longNames ? "(?:[ \\t\\r\\f\\v]+[a-z][a-z0-9_]*|[\\s\\S])" : "[\\s\\S]";
    const foreign = new RegExp(FOREIGN.source.replaceAll("[\\s\\S]", name), "g");
    for (let at = 0; ; ) {
      foreign.lastIndex = at;
      const m = foreign.exec(text);
      if (m === null) break;
      at = foreign.lastIndex;
      if (m[0] === "[") {
        const frame = { text, at };
        this.#string(frame);
        at = frame.at;
      } else if (m[1] !== undefined) throw new CalcError(`bad character '${m[1]}'`);
    }
    if (this.#checked.size > 1000) this.#checked.clear();
    this.#checked.add(text);
  }

  #leave(levels: number): typeof QUIT | undefined {
    if (levels >= this.#frames.length) return QUIT;
    if (levels > 0) this.#frames.length -= levels;
    return undefined;
  }
}

/** A number as bytes: its digits in base 256. */
function rawBytes(value: Decimal): Uint8Array {
  const { n } = value;
  const unit = tenTo(value.s);
  let text = "";
  for (let w = n / unit; w > 0n; w >>= 8n) text = String.fromCharCode(Number(w & 255n)) + text;
  if (n === 0n) text = "\0";
  let rest = n % unit;
  for (let t = 1n; t < unit; t *= 256n) {
    rest *= 256n;
    text += String.fromCharCode(Number(rest / unit));
    rest %= unit;
  }
  return bytesOf(text);
}
