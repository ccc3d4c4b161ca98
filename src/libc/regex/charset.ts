// Sets of characters for regular expressions and shell patterns (POSIX bracket expressions, musl's iswctype).
//
// Below 256 a set is a table, so a byte string needs no more than a look. Above, it is ranges and named
// classes, or everything but these.

/** A set of code points (of bytes, when the locale is not UTF-8). */
export interface CharSet {
  /** One entry for each code point below 256: 1 when it is in the set. */
  readonly low: Uint8Array;
  /** Ranges above 255: first, last, first, last … */
  readonly high: readonly number[];
  /** Names of classes that decide code points above 255. */
  readonly classes: readonly string[];
  /** Above 255 the set is everything outside `high` and `classes`. */
  readonly highNegated: boolean;
}

const HIGH_CLASS: Readonly<Record<string, string>> = {
  alpha: "\\p{Alphabetic}\\p{Nd}",
  alnum: "\\p{Alphabetic}\\p{Nd}",
  upper: "\\p{Lu}",
  lower: "\\p{Ll}",
  digit: "",
  xdigit: "",
  blank: "",
  space: "\\u1680\\u2000-\\u2006\\u2008-\\u200a\\u2028\\u2029\\u205f\\u3000",
  cntrl: "\\u2028\\u2029\\ufff9-\\ufffb",
  punct: "\\p{P}\\p{S}\\p{Cf}\\p{No}\\p{Nl}\\p{M}",
  print: "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Zs}\\p{Cf}",
  graph: "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}",
};

/** Is `name` one of the twelve classes of ctype.h? */
export function isClassName(name: string): boolean {
  return Object.hasOwn(HIGH_CLASS, name);
}

/** isalpha(3) and its family for an ASCII code. */
export function asciiIsClass(name: string, c: number): boolean {
  const lower = c >= 97 && c <= 122;
  const upper = c >= 65 && c <= 90;
  const digit = c >= 48 && c <= 57;
  switch (name) {
    case "alpha":
      return lower || upper;
    case "alnum":
      return lower || upper || digit;
    case "upper":
      return upper;
    case "lower":
      return lower;
    case "digit":
      return digit;
    case "xdigit":
      return digit || (c >= 97 && c <= 102) || (c >= 65 && c <= 70);
    case "blank":
      return c === 32 || c === 9;
    case "space":
      return c === 32 || (c >= 9 && c <= 13);
    case "cntrl":
      return c < 32 || c === 127;
    case "punct":
      return c > 32 && c < 127 && !(lower || upper || digit);
    case "print":
      return c >= 32 && c < 127;
    case "graph":
      return c > 32 && c < 127;
    default:
      return false;
  }
}

let matchers: Record<string, RegExp> | undefined;

/** iswctype(3) for a code point at or above 128. */
export function highIsClass(name: string, cp: number): boolean {
  if (cp < 0xa0) return name === "cntrl";
  const body = HIGH_CLASS[name];
  if (body === undefined || body === "") return false;
  matchers ??= {};
  matchers[name] ??= new RegExp(`[${body}]`, "u");
  return matchers[name].test(String.fromCodePoint(cp));
}

/** towupper(3) as musl has it: one character to one character. */
export function toUpper(cp: number): number {
  if (cp < 128) return cp >= 97 && cp <= 122 ? cp - 32 : cp;
  if (cp === 0xdf || cp === 0xb5 || cp > 0x10ffff) return cp;
  const s = String.fromCodePoint(cp).toUpperCase();
  const u = s.codePointAt(0) as number;
  return s.length === (u > 0xffff ? 2 : 1) ? u : cp;
}

/** towlower(3) as musl has it. */
export function toLower(cp: number): number {
  if (cp < 128) return cp >= 65 && cp <= 90 ? cp + 32 : cp;
  if (cp > 0x10ffff) return cp;
  const s = String.fromCodePoint(cp).toLowerCase();
  const u = s.codePointAt(0) as number;
  return s.length === (u > 0xffff ? 2 : 1) ? u : cp;
}

/** Gathers the terms of one bracket expression. */
export class CharSetBuilder {
  #low = new Uint8Array(256);
  #high: number[] = [];
  #classes: string[] = [];
  readonly #utf8: boolean;
  readonly #icase: boolean;

  constructor(utf8: boolean, icase: boolean) {
    this.#utf8 = utf8;
    this.#icase = icase;
  }

  /** Adds code points first..last, and their other case when case does not count. */
  range(first: number, last: number): this {
    for (let c = first; c <= last && c < 256; c++) {
      this.#low[c] = 1;
      if (this.#icase) this.#otherCase(c);
    }
    if (last >= 256) {
      const from = Math.max(first, 256);
      this.#high.push(from, last);
      // Longer ranges are whole scripts, which hold both cases.
      if (this.#icase && last - from < 0x400) for (let c = from; c <= last; c++) this.#otherCase(c);
    }
    return this;
  }

  #otherCase(c: number): void {
    if (!this.#utf8 && c >= 128) return;
    const u = toUpper(c);
    const o = u === c ? toLower(c) : u;
    if (o === c) return;
    if (o < 256) this.#low[o] = 1;
    else this.#high.push(o, o);
  }

  /** Adds the class called `name` (alpha, digit …). */
  named(name: string): this {
    const real =
      this.#icase && (name === "upper" || name === "lower") ? ["upper", "lower"] : [name];
    for (const n of real) {
      for (let c = 0; c < 128; c++) if (asciiIsClass(n, c)) this.#low[c] = 1;
      if (!this.#utf8) continue;
      for (let c = 128; c < 256; c++) if (highIsClass(n, c)) this.#low[c] = 1;
      if (HIGH_CLASS[n] !== "") this.#classes.push(n);
    }
    return this;
  }

  /** The set, or all that is not in it; without the newline if `newline` is false. */
  build(negated: boolean, newline: boolean): CharSet {
    const low = this.#low;
    if (negated) for (let c = 0; c < 256; c++) low[c] = low[c] === 0 ? 1 : 0;
    if (!newline) low[10] = 0;
    return { low, high: this.#high, classes: this.#classes, highNegated: negated };
  }
}

/** Is the code point (or byte) in the set? */
export function contains(set: CharSet, cp: number): boolean {
  if (cp < 256) return set.low[cp] === 1;
  const h = set.high;
  for (let i = 0; i < h.length; i += 2)
    if (cp >= (h[i] as number) && cp <= (h[i + 1] as number)) return !set.highNegated;
  for (const name of set.classes) if (highIsClass(name, cp)) return !set.highNegated;
  return set.highNegated;
}

/** The one code point of the set, or -1 when it holds none or several. */
export function single(set: CharSet): number {
  if (set.highNegated || set.classes.length > 0 || set.high.length > 2) return -1;
  let found = -1;
  for (let c = 0; c < 256; c++) {
    if (set.low[c] === 0) continue;
    if (found >= 0) return -1;
    found = c;
  }
  if (set.high.length === 0) return found;
  return found < 0 && set.high[0] === set.high[1] ? (set.high[0] as number) : -1;
}

/** What a set leads to when only overlap is asked: the table, and whether and where it goes above. */
export interface Reach {
  low: Uint8Array;
  /** Ranges above 255, or true when these are not known exactly. */
  high: number[] | true;
}

/** The reach of nothing. */
export function emptyReach(): Reach {
  return { low: new Uint8Array(256), high: [] };
}

/** The reach of everything. */
export function fullReach(): Reach {
  return { low: new Uint8Array(256).fill(1), high: true };
}

/** The reach of one set. */
export function reachOf(set: CharSet): Reach {
  const exact = !set.highNegated && set.classes.length === 0;
  return { low: set.low, high: exact ? [...set.high] : true };
}

/** Union, as a new reach. */
export function union(a: Reach, b: Reach): Reach {
  const low = a.low.slice();
  for (let c = 0; c < 256; c++) if (b.low[c] === 1) low[c] = 1;
  return { low, high: a.high === true || b.high === true ? true : [...a.high, ...b.high] };
}

/** Can one character be in both? (May say yes too often above 255.) */
export function overlap(a: Reach, b: Reach): boolean {
  for (let c = 0; c < 256; c++) if (a.low[c] === 1 && b.low[c] === 1) return true;
  const x = a.high;
  const y = b.high;
  if (x === true) return y === true || y.length > 0;
  if (y === true) return x.length > 0;
  for (let i = 0; i < x.length; i += 2)
    for (let j = 0; j < y.length; j += 2)
      if ((x[i] as number) <= (y[j + 1] as number) && (y[j] as number) <= (x[i + 1] as number))
        return true;
  return false;
}

function escapeCode(c: number): string {
  if ((c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122)) {
    return String.fromCharCode(c);
  }
  if (c < 256) return `\\x${c.toString(16).padStart(2, "0")}`;
  return c < 0x10000 ? `\\u${c.toString(16).padStart(4, "0")}` : `\\u{${c.toString(16)}}`;
}

function ranges(low: Uint8Array, wanted: number): string {
  let out = "";
  for (let c = 0; c < 256; c++) {
    if (low[c] !== wanted) continue;
    const first = c;
    while (c < 255 && low[c + 1] === wanted) c++;
    out += escapeCode(first);
    if (c > first) out += (c > first + 1 ? "-" : "") + escapeCode(c);
  }
  return out;
}

/** JavaScript source that matches one character of the set; `unicode` for a RegExp with the u flag. */
export function source(set: CharSet, unicode: boolean): string {
  if (!unicode) {
    let n = 0;
    let one = -1;
    for (let c = 0; c < 256; c++) {
      if (set.low[c] === 0) continue;
      n++;
      one = c;
    }
    if (n === 1) return escapeCode(one);
    return n > 128 ? `[^${ranges(set.low, 0)}]` : `[${ranges(set.low, 1)}]`;
  }
  const one = single(set);
  if (one >= 0) return escapeCode(one);
  let high = "";
  for (let i = 0; i < set.high.length; i += 2) {
    const [a, b] = [set.high[i] as number, set.high[i + 1] as number];
    high += a === b ? escapeCode(a) : `${escapeCode(a)}-${escapeCode(b)}`;
  }
  if (set.classes.length === 0) {
    return set.highNegated ? `[^${ranges(set.low, 0)}${high}]` : `[${ranges(set.low, 1)}${high}]`;
  }
  const named = set.classes.map((n) => HIGH_CLASS[n] as string).join("");
  return `(?:[${ranges(set.low, 1)}]|(?![\\x00-\\xff])[${set.highNegated ? "^" : ""}${high}${named}])`;
}
