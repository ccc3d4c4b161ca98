// Numbers out of text: strtol(3), strtoul(3) and strtod(3) over byte strings, as musl reads them.

/** What was read. */
export interface Integer {
  /** A bigint only where a double could not hold it. Out of range it is the nearest limit. */
  readonly value: number | bigint;
  /** Index after the last character that belongs to the number; the start when there is none. */
  readonly end: number;
  /** Too big or too small (ERANGE). */
  readonly range: boolean;
}

/** What was read. */
export interface Double {
  readonly value: number;
  /** Index after the last character that belongs to the number; the start when there is none. */
  readonly end: number;
  /** Overflow, or underflow with loss (ERANGE). */
  readonly range: boolean;
}

/** isspace(3) in the C locale. */
export function isSpace(c: number): boolean {
  return c === 32 || (c >= 9 && c <= 13);
}

function digitOf(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 122 ? lower - 87 : 99;
}

interface Digits {
  magnitude: number | bigint;
  negative: boolean;
  end: number;
}

function digits(s: string, base: number, start: number): Digits {
  let i = start;
  while (isSpace(s.charCodeAt(i))) i++;
  const sign = s[i];
  if (sign === "-" || sign === "+") i++;
  let radix = base;
  const hex = s[i] === "0" && (s.charCodeAt(i + 1) | 32) === 120;
  if ((radix === 0 || radix === 16) && hex && digitOf(s.charCodeAt(i + 2)) < 16) {
    i += 2;
    radix = 16;
  } else if (radix === 0) radix = s[i] === "0" ? 8 : 10;
  const first = i;
  let n = 0;
  for (; ; i++) {
    const d = digitOf(s.charCodeAt(i));
    if (!(d < radix)) break;
    n = n * radix + d;
  }
  const negative = sign === "-";
  if (i === first) return { magnitude: 0, negative: false, end: start };
  if (n <= Number.MAX_SAFE_INTEGER) return { magnitude: n, negative, end: i };
  let big = 0n;
  const r = BigInt(radix);
  for (let k = first; k < i; k++) {
    big = big * r + BigInt(digitOf(s.charCodeAt(k)));
    // Beyond this it is out of range whatever follows.
    if (big >> 70n > 0n) break;
  }
  return { magnitude: big, negative, end: i };
}

function shrink(v: bigint): number | bigint {
  return v >= -9007199254740991n && v <= 9007199254740991n ? Number(v) : v;
}

/** strtol(3) and strtoll(3): 64 bits with sign. Base 0 reads 0x and 0 as prefixes. */
export function strtol(s: string, base = 10, start = 0): Integer {
  const { magnitude, negative, end } = digits(s, base, start);
  if (typeof magnitude === "number") {
    return { value: negative && magnitude !== 0 ? -magnitude : magnitude, end, range: false };
  }
  const limit = negative ? 1n << 63n : (1n << 63n) - 1n;
  const range = magnitude > limit;
  const size = range ? limit : magnitude;
  return { value: shrink(negative ? -size : size), end, range };
}

/** strtoul(3) and strtoull(3): 64 bits without sign; a minus sign wraps around. */
export function strtoul(s: string, base = 10, start = 0): Integer {
  const { magnitude, negative, end } = digits(s, base, start);
  if (typeof magnitude === "number" && (!negative || magnitude === 0)) {
    return { value: magnitude, end, range: false };
  }
  const v = BigInt(magnitude);
  const limit = (1n << 64n) - 1n;
  if (v > limit) return { value: limit, end, range: true };
  return { value: shrink(negative ? BigInt.asUintN(64, -v) : v), end, range: false };
}

const DECIMAL = /[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const HEXADECIMAL = /([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?[0-9]+))?/y;
const SPECIAL = /([+-]?)(inf(?:inity)?|nan(?:\([A-Za-z0-9_]*\))?)/iy;

/** strtod(3): decimal, hexadecimal (0x1.8p3), inf, infinity and nan. */
export function strtod(s: string, start = 0): Double {
  let i = start;
  while (isSpace(s.charCodeAt(i))) i++;
  const c = s.charCodeAt(s[i] === "-" || s[i] === "+" ? i + 1 : i) | 32;
  if (c === 105 || c === 110) {
    const re = new RegExp(SPECIAL);
    re.lastIndex = i;
    const m = re.exec(s);
    if (m === null) return { value: 0, end: start, range: false };
    const infinite = (m[2] as string)[0]?.toLowerCase() === "i";
    const size = infinite ? Number.POSITIVE_INFINITY : Number.NaN;
    return { value: m[1] === "-" ? -size : size, end: re.lastIndex, range: false };
  }
  const hex = hexadecimal(s, i);
  if (hex !== undefined) return hex;
  const re = new RegExp(DECIMAL);
  re.lastIndex = i;
  const m = re.exec(s);
  if (m === null) return { value: 0, end: start, range: false };
  const value = Number(m[0]);
  const tiny =
    Math.abs(value) < 2.2250738585072014e-308 && /[1-9]/.test(m[0].split(/e/i)[0] as string);
  return { value, end: re.lastIndex, range: !Number.isFinite(value) || tiny };
}

function hexadecimal(s: string, at: number): Double | undefined {
  const re = new RegExp(HEXADECIMAL);
  re.lastIndex = at;
  const m = re.exec(s);
  if (m === null) return undefined;
  const whole = m[2] as string;
  const fraction = m[3] ?? "";
  // "0x" alone is the number 0 followed by an x.
  if (whole === "" && fraction === "") return undefined;
  const mantissa = BigInt(`0x${whole}${fraction}`);
  const power = Math.max(-1e7, Math.min(1e7, Number(m[4] ?? 0))) - 4 * fraction.length;
  const { value, lost } = scale(mantissa, power);
  const range = !Number.isFinite(value) || (lost && value < 2.2250738585072014e-308);
  return { value: m[1] === "-" ? -value : value, end: re.lastIndex, range };
}

/** mantissa × 2^power as the nearest double, ties to even; `lost` when it is not exact. */
function scale(mantissa: bigint, power: number): { value: number; lost: boolean } {
  if (mantissa === 0n) return { value: 0, lost: false };
  const bits = mantissa.toString(2).length;
  const top = bits + power;
  if (top > 1024) return { value: Number.POSITIVE_INFINITY, lost: true };
  if (top < -1075) return { value: 0, lost: true };
  // The last bit a double has there.
  const unit = Math.max(top - 53, -1074);
  const drop = unit - power;
  if (drop <= 0) return { value: shift(Number(mantissa), power), lost: false };
  const kept = mantissa >> BigInt(drop);
  const rest = mantissa - (kept << BigInt(drop));
  const half = 1n << BigInt(drop - 1);
  const up = rest > half || (rest === half && (kept & 1n) === 1n);
  return { value: shift(Number(up ? kept + 1n : kept), unit), lost: rest !== 0n };
}

function shift(x: number, power: number): number {
  let v = x;
  let p = power;
  for (; p < -1000; p += 1000) v *= 2 ** -1000;
  for (; p > 1000; p -= 1000) v *= 2 ** 1000;
  return v * 2 ** p;
}
