// Values of awk: numbers, strings, strings that came from outside and look like numbers, and nothing yet.

/** Text from outside that looks like a number: it compares as one. */
export class StrNum {
  readonly s: string;
  readonly n: number;
  constructor(s: string, n: number) {
    this.s = s;
    this.n = n;
  }
}

/** undefined: never assigned. */
export type Value = number | string | StrNum | undefined;

/** A variable or array element. */
export class Cell {
  v: Value;
  constructor(v: Value) {
    this.v = v;
  }
}

const PREFIX =
  /^[ \t\n\v\f\r]*(?:([+-]?)(0[xX][0-9a-fA-F]+|inf(?:inity)?|nan)|[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)/i;

interface Read {
  value: number;
  end: number;
}

function slowNumber(s: string): Read {
  const m = PREFIX.exec(s);
  if (m === null) return { value: 0, end: 0 };
  const end = m[0].length;
  const special = m[2];
  if (special === undefined) return { value: Number(m[0]), end };
  const lower = special.toLowerCase();
  const size = lower === "nan" ? Number.NaN : lower.startsWith("i") ? Infinity : Number(special);
  return { value: m[1] === "-" ? -size : size, end };
}

/** The number that s[from..to) begins with, 0 if none; hexadecimal, inf and nan count, as strtod(3) reads them. */
export function numberAt(s: string, from: number, to: number): number {
  let i = from;
  let c = s.charCodeAt(i);
  while (i < to && (c === 32 || (c >= 9 && c <= 13))) c = s.charCodeAt(++i);
  let negative = false;
  if (i < to && (c === 45 || c === 43)) {
    negative = c === 45;
    c = s.charCodeAt(++i);
  }
  const first = i;
  let n = 0;
  while (i < to && c >= 48 && c <= 57) {
    n = n * 10 + (c - 48);
    c = s.charCodeAt(++i);
  }
  const digits = i - first;
  if (i < to && (c === 46 || (c | 32) === 101 || (c | 32) === 120 || digits === 0)) {
    // 46 ".", "e", "x", "inf", "nan": the careful way. Most letters are none of these.
    if (digits === 0 && c !== 46 && (c | 32) !== 105 && (c | 32) !== 110) return 0;
    return slowNumber(s.slice(from, to)).value;
  }
  if (digits > 15) return slowNumber(s.slice(from, to)).value;
  return negative ? -n : n;
}

/** A string's number. */
export function toNumber(v: Value): number {
  if (typeof v === "number") return v;
  if (typeof v === "string") return numberAt(v, 0, v.length);
  return v === undefined ? 0 : v.n;
}

/** Text from outside: a number too, if it looks like one with nothing but blanks around it. */
export function fromOutside(s: string): Value {
  const n = s.length;
  let i = 0;
  let c = s.charCodeAt(0);
  while (i < n && (c === 32 || (c >= 9 && c <= 13))) c = s.charCodeAt(++i);
  const start = i;
  if (c === 43 || c === 45) c = s.charCodeAt(++i);
  const first = i;
  let value = 0;
  while (c >= 48 && c <= 57) {
    value = value * 10 + (c - 48);
    c = s.charCodeAt(++i);
  }
  const digits = i - first;
  if (i >= n && digits > 0 && digits <= 15) {
    return new StrNum(s, s.charCodeAt(start) === 45 ? -value : value);
  }
  // What goes on as no number can: most text.
  const lower = c | 32;
  const goesOn =
    digits > 0
      ? c === 46 || lower === 101 || lower === 120
      : c === 46 || lower === 105 || lower === 110;
  if (!goesOn && !(digits > 0 && (i >= n || c === 32 || (c >= 9 && c <= 13)))) return s;
  const read = slowNumber(s);
  if (read.end === 0) return s;
  for (let k = read.end; k < n; k++) {
    const b = s.charCodeAt(k);
    if (b !== 32 && !(b >= 9 && b <= 13)) return s;
  }
  return new StrNum(s, read.value);
}

export function toBoolean(v: Value): boolean {
  if (typeof v === "number") return v !== 0;
  if (typeof v === "string") return v !== "";
  return v !== undefined && v.n !== 0;
}
