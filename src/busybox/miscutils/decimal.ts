// Decimal numbers of any length with a scale, as bc and dc calculate with them (POSIX bc).

/** The number n / 10^s. */
export interface Decimal {
  readonly n: bigint;
  readonly s: number;
}

/** What cannot be calculated; the message is for "prog: MESSAGE". */
export class CalcError extends Error {}

/** Longest numbers, in decimal digits, that are calculated with: more would stop everything else for long. */
const DIGITS_MAX = 20_000_000;

export const ZERO: Decimal = { n: 0n, s: 0 };
export const ONE: Decimal = { n: 1n, s: 0 };

// A memo of constants.
let powers: bigint[] | undefined;

/** 10^k. */
export function tenTo(k: number): bigint {
  if (k > DIGITS_MAX) throw new CalcError("number too long");
  powers ??= [];
  const known = powers[k];
  if (known !== undefined) return known;
  const power = 10n ** BigInt(k);
  if (k < 4096) powers[k] = power;
  return power;
}

export function decimal(n: number | bigint): Decimal {
  return { n: BigInt(n), s: 0 };
}

/** The same number with another scale, what is too much cut off. */
export function withScale(a: Decimal, s: number): Decimal {
  if (s === a.s) return a;
  return s > a.s ? { n: a.n * tenTo(s - a.s), s } : { n: a.n / tenTo(a.s - s), s };
}

/** The sum. Nothing added leaves a number's scale as it is, and what comes to nothing has none. */
export function add(a: Decimal, b: Decimal): Decimal {
  if (a.n === 0n) return b;
  if (b.n === 0n) return a;
  const s = Math.max(a.s, b.s);
  const n = a.s === b.s ? a.n + b.n : withScale(a, s).n + withScale(b, s).n;
  return n === 0n ? ZERO : { n, s };
}

export function negate(a: Decimal): Decimal {
  return { n: -a.n, s: a.s };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, negate(b));
}

/** Negative, 0 or positive. */
export function compare(a: Decimal, b: Decimal): number {
  const d = subtract(a, b).n;
  return d < 0n ? -1 : d > 0n ? 1 : 0;
}

export function multiply(a: Decimal, b: Decimal, scale: number): Decimal {
  if (a.n === 0n || b.n === 0n) return ZERO;
  const product = { n: a.n * b.n, s: a.s + b.s };
  return withScale(product, Math.min(product.s, Math.max(scale, a.s, b.s)));
}

export function divide(a: Decimal, b: Decimal, scale: number): Decimal {
  if (b.n === 0n) throw new CalcError("divide by zero");
  if (a.n === 0n) return ZERO;
  const k = scale + b.s - a.s;
  return { n: k >= 0 ? (a.n * tenTo(k)) / b.n : a.n / (b.n * tenTo(-k)), s: scale };
}

/** What is left when a is divided by b to `scale` places. */
export function modulo(a: Decimal, b: Decimal, scale: number): Decimal {
  const q = divide(a, b, scale);
  const s = Math.max(scale + b.s, a.s);
  return withScale(subtract(a, { n: q.n * b.n, s: q.s + b.s }), s);
}

/** Digits before the point, at most one too many. */
function size(n: bigint): number {
  return Math.ceil(n.toString(16).length * 1.2042);
}

export function power(a: Decimal, b: Decimal, scale: number): Decimal {
  if (b.s > 0 && b.n % tenTo(b.s) !== 0n) throw new CalcError("not an integer");
  const e = b.n / tenTo(b.s);
  if (e === 0n) return ONE;
  const positive = e < 0n ? -e : e;
  const unit = a.n === 0n || a.n === 1n || a.n === -1n;
  if (positive > 0x7fffffffn && !unit) throw new CalcError("exponent is too large");
  // As the original has it, for negative exponents too.
  if (a.n === 0n) return ZERO;
  const k = Number(positive);
  if ((size(a.n) + a.s) * k > DIGITS_MAX && !(unit && a.s === 0))
    throw new CalcError("number too long");
  const p = { n: a.n ** BigInt(positive), s: a.s * k };
  if (e < 0n) return divide(ONE, p, scale);
  return withScale(p, Math.min(p.s, Math.max(scale, a.s)));
}

/** The greatest whole number whose square is not above n. */
export function isqrt(n: bigint): bigint {
  if (n < 2n) return n;
  if (n < 1n << 50n) return BigInt(Math.floor(Math.sqrt(Number(n))));
  // Newton's method, from the root of the upper half of the digits on.
  const bits = n.toString(16).length * 4;
  const half = BigInt((bits >> 2) - 2);
  let x = (isqrt(n >> (2n * half)) + 1n) << half;
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

export function squareRoot(a: Decimal, scale: number): Decimal {
  if (a.n < 0n) throw new CalcError("negative number");
  const s = Math.max(scale, a.s);
  return { n: isqrt(a.n * tenTo(2 * s - a.s)), s };
}

/** a^b modulo m, all whole. */
export function modPower(a: bigint, b: bigint, m: bigint): bigint {
  let result = 1n;
  let base = a % m;
  for (let e = b; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * base) % m;
    base = (base * base) % m;
  }
  return result;
}

/** Significant digits, those after the point counting even when they are zeros at the front: bc's length(). */
export function lengthOf(a: Decimal): number {
  const digits = (a.n < 0n ? -a.n : a.n).toString();
  if (a.n === 0n) return a.s === 0 ? 1 : a.s;
  return digits.length;
}

/** Reads a number written in `base` (2 to 36); digits too big for it count as its biggest one. */
export function parseDecimal(text: string, base: number): Decimal {
  const value = parseDigits(text, base);
  return value.n === 0n ? ZERO : value;
}

function parseDigits(text: string, base: number): Decimal {
  const dot = text.indexOf(".");
  const whole = dot < 0 ? text : text.slice(0, dot);
  const fraction = dot < 0 ? "" : text.slice(dot + 1);
  const digits = whole + fraction;
  if (base === 10 && /^[0-9]*$/.test(digits))
    return { n: BigInt(digits === "" ? "0" : digits), s: fraction.length };
  // A single digit, zeros before it aside, is what it is in any base.
  const single = /^0*([0-9A-Z])$/.exec(text);
  if (single !== null) return decimal(Number.parseInt(single[1] as string, 36));
  const value = (s: string): bigint => {
    let n = 0n;
    const b = BigInt(base);
    for (const c of s) n = n * b + BigInt(Math.min(Number.parseInt(c, 36), base - 1));
    return n;
  };
  if (fraction === "") return { n: value(whole), s: 0 };
  const scaled = (value(digits) * tenTo(fraction.length)) / BigInt(base) ** BigInt(fraction.length);
  return { n: scaled, s: fraction.length };
}

/** The number in `base`; from 17 on digits are written in decimal with a space before each. */
export function formatDecimal(a: Decimal, base: number): string {
  if (a.n === 0n) return base > 16 ? ` ${"0".padStart(String(base - 1).length, "0")}` : "0";
  const sign = a.n < 0n ? "-" : "";
  const n = a.n < 0n ? -a.n : a.n;
  if (base === 10) {
    const digits = n.toString();
    if (a.s === 0) return sign + digits;
    const whole = digits.length > a.s ? digits.slice(0, digits.length - a.s) : "";
    return `${sign}${whole}.${digits.slice(whole.length).padStart(a.s, "0")}`;
  }
  const unit = tenTo(a.s);
  const width = String(base - 1).length;
  const show = (d: bigint | number): string =>
    base > 16 ? ` ${String(d).padStart(width, "0")}` : d.toString(16).toUpperCase();
  const whole = n / unit;
  let text = "";
  if (whole > 0n) {
    if (base <= 16) text = whole.toString(base).toUpperCase();
    else {
      const parts: string[] = [];
      const b = BigInt(base);
      for (let w = whole; w > 0n; w /= b) parts.push(show(w % b));
      text = parts.reverse().join("");
    }
  }
  if (a.s > 0) {
    text += ".";
    let rest = n % unit;
    const b = BigInt(base);
    for (let t = 1n; t < unit; t *= b) {
      rest *= b;
      // The point stands for the space of the first digit.
      text += t === 1n ? show(rest / unit).trimStart() : show(rest / unit);
      rest %= unit;
    }
  }
  return sign + text;
}
