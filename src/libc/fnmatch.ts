// fnmatch(3) and the matching of shell patterns (POSIX XCU 2.14) over byte strings, as musl does it.
//
// A pattern is cut at its stars into pieces of fixed length. The first piece must begin the text, the last one end
// it, and those between are each found at their first place: so nothing is tried twice.
import { decodeUtf8, encodeUtf8, isAscii } from "../lib/utf8.ts";
import { CharSetBuilder, isClassName, source } from "./regex/charset.ts";

/** A slash is matched only by a slash. */
export const FNM_PATHNAME = 1;
/** A backslash is an ordinary character. */
export const FNM_NOESCAPE = 2;
/** A leading period is matched only by a period. */
export const FNM_PERIOD = 4;
/** What follows a match from a slash on is ignored. */
export const FNM_LEADING_DIR = 8;
/** Case does not count. */
export const FNM_CASEFOLD = 16;

/** How a pattern is to be read. */
export interface PatternOptions {
  /** `?` and brackets stand for UTF-8 characters, not bytes. */
  readonly utf8: boolean;
  /** FNM_NOESCAPE and FNM_CASEFOLD count here; the others are for `fnmatch`. */
  readonly flags?: number;
}

/** One piece between stars: so many characters, each a literal, anything or a set. */
class Piece {
  readonly chars: number;
  /** The byte string it stands for, when it is one. */
  readonly literal: string | undefined;
  readonly #bytes: string;
  readonly #units: string;
  readonly #compiled = new Map<string, RegExp>();

  constructor(chars: number, literal: string | undefined, bytes: string, units: string) {
    this.chars = chars;
    this.literal = literal;
    this.#bytes = bytes;
    this.#units = units;
  }

  #re(unicode: boolean, sticky: boolean): RegExp {
    const key = `${unicode}${sticky}`;
    let re = this.#compiled.get(key);
    if (re === undefined) {
      const flags = `${sticky ? "y" : "g"}${unicode ? "u" : ""}`;
      re = new RegExp(unicode ? this.#units : this.#bytes, flags);
      this.#compiled.set(key, re);
    }
    return re;
  }

  /** Where it ends if it begins at `at`, or -1. */
  here(s: string, at: number, unicode: boolean): number {
    if (this.literal !== undefined && !unicode) {
      return s.startsWith(this.literal, at) ? at + this.literal.length : -1;
    }
    const re = this.#re(unicode, true);
    re.lastIndex = at;
    return re.test(s) ? re.lastIndex : -1;
  }

  /** The first place at or after `from`, as start and end. */
  first(s: string, from: number, unicode: boolean): [number, number] | undefined {
    if (this.literal !== undefined && !unicode) {
      const at = s.indexOf(this.literal, from);
      return at < 0 ? undefined : [at, at + this.literal.length];
    }
    const re = this.#re(unicode, false);
    re.lastIndex = from;
    const m = re.exec(s);
    return m === null ? undefined : [m.index, re.lastIndex];
  }

  /** The last place that ends at or before `to`, as start and end. */
  last(s: string, to: number, unicode: boolean): [number, number] | undefined {
    if (this.literal !== undefined && !unicode) {
      const at =
        to < this.literal.length ? -1 : s.lastIndexOf(this.literal, to - this.literal.length);
      return at < 0 ? undefined : [at, at + this.literal.length];
    }
    let at = stepBack(s, to, this.chars, unicode);
    for (; at >= 0; at = stepBack(s, at, 1, unicode)) {
      const end = this.here(s, at, unicode);
      if (end >= 0) return [at, end];
      if (at === 0) break;
    }
    return undefined;
  }

  /** Where it begins if it ends at the end, or -1. */
  atEnd(s: string, unicode: boolean): number {
    if (this.literal !== undefined && !unicode) {
      return s.endsWith(this.literal) ? s.length - this.literal.length : -1;
    }
    const at = stepBack(s, s.length, this.chars, unicode);
    return at >= 0 && this.here(s, at, unicode) === s.length ? at : -1;
  }
}

function stepBack(s: string, from: number, chars: number, unicode: boolean): number {
  let at = from;
  for (let n = chars; n > 0; n--) {
    if (at <= 0) return -1;
    at--;
    if (unicode && at > 0 && (s.codePointAt(at - 1) as number) > 0xffff) at--;
  }
  return at;
}

/** A compiled shell pattern. */
export class Pattern {
  /** The plain text it stands for when it has no special characters (quoting removed). */
  readonly literal: string | undefined;
  readonly #pieces: readonly Piece[];
  readonly #utf8: boolean;
  /** All pieces are plain text, so that bytes can be compared whatever they are. */
  readonly #plain: boolean;
  /** Holds a byte sequence that is no character: matches nothing. */
  readonly #never: boolean;

  constructor(pieces: readonly Piece[] | undefined, utf8: boolean) {
    this.#never = pieces === undefined;
    this.#pieces = pieces ?? [];
    this.#utf8 = utf8;
    this.#plain = this.#pieces.every((p) => p.literal !== undefined);
    this.literal = this.#pieces.length === 1 ? this.#pieces[0]?.literal : undefined;
  }

  /** Is the pattern so simple that it matches any text? */
  get matchesAll(): boolean {
    return this.#pieces.length > 1 && this.#pieces.every((p) => p.chars === 0);
  }

  #decodes(s: string): boolean {
    return this.#utf8 && !this.#plain && !isAscii(s);
  }

  /** Does it match all of `s`? */
  matches(s: string): boolean {
    if (this.#never) return false;
    const unicode = this.#decodes(s);
    const t = unicode ? decodeUtf8(s) : s;
    const head = this.#pieces[0] as Piece;
    const after = head.here(t, 0, unicode);
    if (this.#pieces.length === 1) return after === t.length;
    if (after < 0) return false;
    const start = (this.#pieces.at(-1) as Piece).atEnd(t, unicode);
    return start >= 0 && this.#middle(t, after, start, unicode) >= 0;
  }

  /** Finds the middle pieces one after the other from `from`; where they end, or -1 if that is beyond `to`. */
  #middle(t: string, from: number, to: number, unicode: boolean): number {
    let at = from;
    for (let i = 1; i < this.#pieces.length - 1 && at <= to; i++) {
      const p = this.#pieces[i] as Piece;
      if (p.chars === 0) continue;
      const place = p.first(t, at, unicode);
      if (place === undefined) return -1;
      at = place[1];
    }
    return at <= to ? at : -1;
  }

  /** Length in bytes of the shortest beginning of `s` that matches, or -1 (`${s#pattern}`). */
  prefixShortest(s: string): number {
    return this.#prefix(s, false);
  }

  /** Length in bytes of the longest beginning of `s` that matches, or -1 (`${s##pattern}`). */
  prefixLongest(s: string): number {
    return this.#prefix(s, true);
  }

  /** Where the shortest ending of `s` that matches begins, in bytes, or -1 (`${s%pattern}`). */
  suffixShortest(s: string): number {
    return this.#suffix(s, false);
  }

  /** Where the longest ending of `s` that matches begins, in bytes, or -1 (`${s%%pattern}`). */
  suffixLongest(s: string): number {
    return this.#suffix(s, true);
  }

  #prefix(s: string, longest: boolean): number {
    if (this.#never) return -1;
    const unicode = this.#decodes(s);
    const t = unicode ? decodeUtf8(s) : s;
    let end = (this.#pieces[0] as Piece).here(t, 0, unicode);
    if (end >= 0 && this.#pieces.length > 1) {
      const tail = this.#pieces.at(-1) as Piece;
      const from = this.#middle(t, end, t.length, unicode);
      if (from < 0) end = -1;
      else if (tail.chars === 0) end = longest ? t.length : from;
      else {
        const place = longest ? tail.last(t, t.length, unicode) : tail.first(t, from, unicode);
        end = place === undefined || place[0] < from ? -1 : place[1];
      }
    }
    return unicode && end > 0 ? encodeUtf8(t.slice(0, end)).length : end;
  }

  #suffix(s: string, longest: boolean): number {
    if (this.#never) return -1;
    const unicode = this.#decodes(s);
    const t = unicode ? decodeUtf8(s) : s;
    const pieces = this.#pieces;
    const head = pieces[0] as Piece;
    let at = (pieces.at(-1) as Piece).atEnd(t, unicode);
    if (at >= 0 && pieces.length > 1) {
      if (longest) {
        const place = head.first(t, 0, unicode);
        at = place !== undefined && this.#middle(t, place[1], at, unicode) >= 0 ? place[0] : -1;
      } else {
        for (let i = pieces.length - 2; i >= 0 && at >= 0; i--) {
          const p = pieces[i] as Piece;
          if (p.chars > 0) at = p.last(t, at, unicode)?.[0] ?? -1;
        }
      }
    }
    return unicode && at > 0 ? encodeUtf8(t.slice(0, at)).length : at;
  }
}

/** Compiles a shell pattern, a byte string in which a backslash quotes. */
export function compilePattern(pattern: string, options: PatternOptions): Pattern {
  return new Pattern(new PatternReader(pattern, options).pieces(), options.utf8);
}

/** Letters, digits and "_" of ASCII: themselves in a regular expression. */
function isWordCode(code: number): boolean {
  const letter = code | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x5f;
}

class PatternReader {
  readonly #p: string;
  readonly #utf8: boolean;
  readonly #escape: boolean;
  readonly #fold: boolean;
  #bytes = "";
  #units = "";
  #literal: string | undefined = "";
  #chars = 0;

  constructor(pattern: string, options: PatternOptions) {
    this.#utf8 = options.utf8;
    this.#p = options.utf8 ? decodeUtf8(pattern) : pattern;
    this.#escape = ((options.flags ?? 0) & FNM_NOESCAPE) === 0;
    this.#fold = ((options.flags ?? 0) & FNM_CASEFOLD) !== 0;
  }

  /** The pieces between stars, or undefined when there is no such text. */
  pieces(): Piece[] | undefined {
    const p = this.#p;
    const out: Piece[] = [];
    for (let i = 0; i < p.length; ) {
      const c = p[i];
      if (c === "*") {
        i++;
        // Stars in a row are one.
        if (out.length === 0 || this.#chars > 0) out.push(this.#take());
        continue;
      }
      if (c === "?") {
        this.#add("[^]", "[^\\udc80-\\udcff]", undefined);
        i++;
        continue;
      }
      const end = c === "[" ? bracketEnd(p, i) : -1;
      if (end >= 0) {
        const set = this.#bracket(i + 1, end);
        this.#add(source(set, false), source(set, true), undefined);
        i = end + 1;
        continue;
      }
      if (c === "\\" && this.#escape && i + 1 < p.length) i++;
      const code = p.codePointAt(i) as number;
      if (isWordCode(code) && !this.#fold) {
        const text = p[i] as string;
        this.#add(text, text, text);
        i++;
        continue;
      }
      if (this.#utf8 && code >= 0xdc80 && code <= 0xdcff) return undefined;
      const set = new CharSetBuilder(this.#utf8, this.#fold).range(code, code).build(false, true);
      const text = String.fromCodePoint(code);
      const plain = this.#utf8 ? encodeUtf8(text) : text;
      const cased = this.#fold && text.toLowerCase() !== text.toUpperCase();
      this.#add(source(set, false), source(set, true), cased ? undefined : plain);
      i += code > 0xffff ? 2 : 1;
    }
    out.push(this.#take());
    return out;
  }

  #add(bytes: string, units: string, literal: string | undefined): void {
    this.#bytes += bytes;
    this.#units += units;
    this.#literal =
      literal === undefined || this.#literal === undefined ? undefined : this.#literal + literal;
    this.#chars++;
  }

  #take(): Piece {
    const made = new Piece(this.#chars, this.#literal, this.#bytes, this.#units);
    this.#bytes = this.#units = this.#literal = "";
    this.#chars = 0;
    return made;
  }

  #bracket(from: number, end: number): ReturnType<CharSetBuilder["build"]> {
    const p = this.#p;
    const set = new CharSetBuilder(this.#utf8, this.#fold);
    let i = from;
    const negated = p[i] === "!" || p[i] === "^";
    if (negated) i++;
    // What a range would begin with.
    let before = -1;
    for (const first = i; i < end; ) {
      const c = p[i];
      if (c === "-" && i > first && i + 1 < end) {
        const to = p.codePointAt(i + 1) as number;
        if (before >= 0 && before <= to) set.range(before, to);
        // The end of a range also counts for itself and may begin the next: [z-a] is [a].
        i++;
        continue;
      }
      const kind = p[i + 1];
      if (c === "[" && (kind === ":" || kind === "." || kind === "=")) {
        const close = p.indexOf(`${kind}]`, i + 3);
        const name = p.slice(i + 2, close);
        // Collating symbols and equivalence classes match nothing.
        if (kind === ":" && isClassName(name)) set.named(name);
        i = close + 2;
        continue;
      }
      before = p.codePointAt(i) as number;
      set.range(before, before);
      i += before > 0xffff ? 2 : 1;
    }
    return set.build(negated, true);
  }
}

/** Where the bracket expression that begins at `at` is closed, or -1: then `[` is a character. */
function bracketEnd(p: string, at: number): number {
  let k = at + 1;
  if (p[k] === "^" || p[k] === "!") k++;
  if (p[k] === "]") k++;
  for (; k < p.length && p[k] !== "]"; k++) {
    const z = p[k + 1];
    if (p[k] === "[" && (z === ":" || z === "." || z === "=")) {
      const close = p.indexOf(`${z}]`, k + 3);
      if (close < 0) return -1;
      k = close + 1;
    }
  }
  return k < p.length ? k : -1;
}

/** fnmatch(3): does the pattern match the text? For one use; `compilePattern` is for several. */
export function fnmatch(pattern: string, text: string, flags: number, utf8: boolean): boolean {
  const options = { utf8, flags };
  if ((flags & FNM_PATHNAME) === 0) {
    const whole = compilePattern(pattern, options);
    const period = (flags & FNM_PERIOD) !== 0 && text[0] === "." && pattern[0] !== ".";
    if (period) return false;
    if (flags & FNM_LEADING_DIR) {
      for (let i = text.indexOf("/"); i >= 0; i = text.indexOf("/", i + 1)) {
        if (whole.matches(text.slice(0, i))) return true;
      }
    }
    return whole.matches(text);
  }
  const parts = splitPath(pattern, (flags & FNM_NOESCAPE) === 0);
  const names = text.split("/");
  const leading = (flags & FNM_LEADING_DIR) !== 0;
  if (leading ? names.length < parts.length : names.length !== parts.length) return false;
  return parts.every((part, i) => {
    const name = names[i] as string;
    if (flags & FNM_PERIOD && name[0] === "." && part[0] !== ".") return false;
    return compilePattern(part, options).matches(name);
  });
}

/** Cuts a pattern at the slashes that are not in brackets. */
export function splitPath(pattern: string, quoting = true): string[] {
  const out: string[] = [];
  let from = 0;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    const end = c === "[" ? bracketEnd(pattern, i) : -1;
    if (end >= 0) i = end;
    else if (c === "\\" && quoting && i + 1 < pattern.length && pattern[i + 1] !== "/") i++;
    else if (c === "\\" && quoting && pattern[i + 1] === "/") {
      out.push(pattern.slice(from, i));
      from = ++i + 1;
    } else if (c === "/") {
      out.push(pattern.slice(from, i));
      from = i + 1;
    }
  }
  out.push(pattern.slice(from));
  return out;
}
