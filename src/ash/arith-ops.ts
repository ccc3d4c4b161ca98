// 64-bit integers and the operators of arithmetic expressions on them (C11 6.5, wrapping around as on every processor).

/** A 64-bit integer: a number when it is a safe integer, a bigint otherwise. */
export type ArithValue = number | bigint;

/** What the shell prints after its own prefix: "divide by zero" and the like. */
export class ArithError extends Error {}

const MAX = Number.MAX_SAFE_INTEGER;

/** The low 64 bits, as a number where that is exact. */
export function wrap(v: bigint): ArithValue {
  const w = BigInt.asIntN(64, v);
  return w >= -0x1fffffffffffffn && w <= 0x1fffffffffffffn ? Number(w) : w;
}

function bothSmall(x: ArithValue, y: ArithValue): boolean {
  return typeof x === "number" && typeof y === "number" && (x | 0) === x && (y | 0) === y;
}

/** An operator of two values. */
export type Binary = (x: ArithValue, y: ArithValue) => ArithValue;

/** Sum. */
export function add(x: ArithValue, y: ArithValue): ArithValue {
  if (typeof x === "number" && typeof y === "number") {
    const r = x + y;
    if (r <= MAX && r >= -MAX) return r;
  }
  return wrap(BigInt(x) + BigInt(y));
}

function sub(x: ArithValue, y: ArithValue): ArithValue {
  if (typeof x === "number" && typeof y === "number") {
    const r = x - y;
    if (r <= MAX && r >= -MAX) return r;
  }
  return wrap(BigInt(x) - BigInt(y));
}

function mul(x: ArithValue, y: ArithValue): ArithValue {
  if (typeof x === "number" && typeof y === "number") {
    const r = x * y;
    if (r <= MAX && r >= -MAX) return r + 0;
  }
  return wrap(BigInt(x) * BigInt(y));
}

function div(x: ArithValue, y: ArithValue): ArithValue {
  if (y === 0) throw new ArithError("divide by zero");
  // The quotient of safe integers cannot round up to the next integer.
  if (typeof x === "number" && typeof y === "number") return Math.trunc(x / y) + 0;
  return wrap(BigInt(x) / BigInt(y));
}

function rem(x: ArithValue, y: ArithValue): ArithValue {
  if (y === 0) throw new ArithError("divide by zero");
  if (typeof x === "number" && typeof y === "number") return (x % y) + 0;
  return wrap(BigInt(x) % BigInt(y));
}

function power(x: ArithValue, y: ArithValue): ArithValue {
  if (y < 0) throw new ArithError("exponent less than 0");
  if (typeof x === "number" && typeof y === "number") {
    const r = x ** y;
    // Powers are exact only as far as repeated multiplication is.
    if (r <= MAX && r >= -MAX && y < 64) {
      let exact = 1;
      for (let i = 0; i < y; i++) exact *= x;
      return exact + 0;
    }
  }
  let base = BigInt.asUintN(64, BigInt(x));
  let result = 1n;
  for (let n = BigInt(y); n > 0n; n >>= 1n) {
    if ((n & 1n) === 1n) result = BigInt.asUintN(64, result * base);
    base = BigInt.asUintN(64, base * base);
  }
  return wrap(result);
}

function shiftCount(y: ArithValue): number {
  // The processor looks at the low six bits.
  return typeof y === "number" ? ((y % 64) + 64) % 64 : Number(BigInt.asUintN(6, y));
}

function shl(x: ArithValue, y: ArithValue): ArithValue {
  const n = shiftCount(y);
  if (typeof x === "number") {
    const r = x * 2 ** n;
    if (r <= MAX && r >= -MAX) return r;
  }
  return wrap(BigInt(x) << BigInt(n));
}

function shr(x: ArithValue, y: ArithValue): ArithValue {
  const n = shiftCount(y);
  if (typeof x === "number") return Math.floor(x / 2 ** n);
  return wrap(x >> BigInt(n));
}

function bitAnd(x: ArithValue, y: ArithValue): ArithValue {
  return bothSmall(x, y) ? (x as number) & (y as number) : wrap(BigInt(x) & BigInt(y));
}

function bitOr(x: ArithValue, y: ArithValue): ArithValue {
  return bothSmall(x, y) ? (x as number) | (y as number) : wrap(BigInt(x) | BigInt(y));
}

function bitXor(x: ArithValue, y: ArithValue): ArithValue {
  return bothSmall(x, y) ? (x as number) ^ (y as number) : wrap(BigInt(x) ^ BigInt(y));
}

/** Is it not zero? */
export function truth(v: ArithValue): boolean {
  return v !== 0;
}

// How tightly operators bind; the levels between are those of the binary ones.
export const COMMA = 0;
export const ASSIGN = 1;
export const CONDITIONAL = 2;
export const POWER = 13;
export const UNARY = 14;
export const INCREMENT = 15;

/** An operator and how tightly it binds. */
export interface BinaryOp {
  prec: number;
  fn: Binary;
}

/** Binary operators; those of one level group to the left, but for `**`, `?`, `:` and assignments. */
export function binaryOp(op: string): BinaryOp | undefined {
  switch (op) {
    case ",":
      return { prec: COMMA, fn: (_x, y) => y };
    case "||":
      return { prec: 3, fn: (x, y) => (truth(x) || truth(y) ? 1 : 0) };
    case "&&":
      return { prec: 4, fn: (x, y) => (truth(x) && truth(y) ? 1 : 0) };
    case "|":
      return { prec: 5, fn: bitOr };
    case "^":
      return { prec: 6, fn: bitXor };
    case "&":
      return { prec: 7, fn: bitAnd };
    case "==":
      return { prec: 8, fn: (x, y) => (x === y ? 1 : 0) };
    case "!=":
      return { prec: 8, fn: (x, y) => (x !== y ? 1 : 0) };
    case "<":
      return { prec: 9, fn: (x, y) => (x < y ? 1 : 0) };
    case "<=":
      return { prec: 9, fn: (x, y) => (x <= y ? 1 : 0) };
    case ">":
      return { prec: 9, fn: (x, y) => (x > y ? 1 : 0) };
    case ">=":
      return { prec: 9, fn: (x, y) => (x >= y ? 1 : 0) };
    case "<<":
      return { prec: 10, fn: shl };
    case ">>":
      return { prec: 10, fn: shr };
    case "+":
      return { prec: 11, fn: add };
    case "-":
      return { prec: 11, fn: sub };
    case "*":
      return { prec: 12, fn: mul };
    case "/":
      return { prec: 12, fn: div };
    case "%":
      return { prec: 12, fn: rem };
    case "**":
      return { prec: POWER, fn: power };
    default:
      return undefined;
  }
}

/** The function of a prefix operator: - ! ~, or + for any other. */
export function unaryOp(op: string): (x: ArithValue) => ArithValue {
  switch (op) {
    case "-":
      return (x) => (typeof x === "number" ? 0 - x : wrap(-x));
    case "!":
      return (x) => (x === 0 ? 1 : 0);
    case "~":
      return (x) => (typeof x === "number" && x < MAX ? -1 - x : wrap(~BigInt(x)));
    default:
      return (x) => x;
  }
}
