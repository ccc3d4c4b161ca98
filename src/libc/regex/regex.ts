// regcomp(3) and regexec(3) over byte strings, with musl's dialect of POSIX regular expressions.
import { decodeUtf8, encodeUtf8, isAscii } from "../../lib/utf8.ts";
import { type CharSet, CharSetBuilder, source } from "./charset.ts";
import {
  type Analysis,
  analyse,
  asciiOnly,
  compile,
  countPositions,
  type Dialect,
  literalOf,
  simplify,
} from "./native.ts";
import {
  type Parsed,
  parse,
  REG_ESPACE,
  REG_EXTENDED,
  REG_ICASE,
  REG_NEWLINE,
  REG_NOSUB,
  RegexError,
} from "./parse.ts";
import { type Search, Tagged } from "./tagged.ts";

export { REG_EXTENDED, REG_ICASE, REG_NEWLINE, REG_NOSUB, RegexError };

/** `^` does not match where the text begins. */
export const REG_NOTBOL = 1;
/** `$` does not match where the text ends. */
export const REG_NOTEOL = 2;

/** How text is to be read. */
export interface RegexOptions {
  /** Characters are UTF-8 sequences (LC_CTYPE is not C). */
  readonly utf8: boolean;
  /**
   * The text is a block of lines, and the pattern is matched in each as if it stood alone: no set contains the
   * newline and `^` and `$` are the borders of lines.
   */
  readonly block?: boolean;
}

/** Which text a native RegExp is for. */
type Kind = "bytes" | "unicode";
type Native = { re: RegExp; order: readonly number[] };

/** Positions of an automaton that could become too large. */
const LARGE = 400;

/** Compiles a pattern (a byte string). Throws `RegexError` with the text of musl's regerror(3). */
export function regcomp(pattern: string, flags: number, options: RegexOptions): Regex {
  return new Regex(pattern, flags, options);
}

// Memo of constants: the members of words, of bytes and of characters.
const words: { bytes?: CharSet; characters?: CharSet } = {};

function wordSet(utf8: boolean): CharSet {
  const make = (): CharSet =>
    new CharSetBuilder(utf8, false).named("alnum").range(95, 95).build(false, true);
  if (utf8) {
    words.characters ??= make();
    return words.characters;
  }
  words.bytes ??= make();
  return words.bytes;
}

/** A compiled regular expression. One search at a time: the result array is reused. */
export class Regex {
  /** How many groups the pattern has. */
  readonly nsub: number;
  /** The byte string the pattern stands for when it is plain text and case counts. */
  readonly literal: string | undefined;
  /**
   * The longest stretch (a line, for block patterns) that `js` may be let loose on; longer ones go through `exec`,
   * whose time is bounded.
   */
  readonly jsMaxText: number;
  readonly #utf8: boolean;
  readonly #block: boolean;
  readonly #newline: boolean;
  readonly #noSub: boolean;
  readonly #parsed: Parsed;
  readonly #analysis: Analysis;
  readonly #tree: Parsed["tree"];
  readonly #word: CharSet;
  readonly #plainBytes: boolean;
  readonly #touchesBorders: boolean;
  readonly #matches: Int32Array;
  readonly #natives = new Map<string, Native | null>();
  #js: RegExp | null | undefined;
  #tagged: Tagged | undefined;
  #finder: RegExp | null | undefined;

  constructor(pattern: string, flags: number, options: RegexOptions) {
    this.#utf8 = options.utf8;
    this.#block = options.block === true;
    this.#newline = this.#block || (flags & REG_NEWLINE) !== 0;
    this.#noSub = (flags & REG_NOSUB) !== 0;
    this.#parsed = parse(pattern, flags, options.utf8, this.#block);
    this.#tree = simplify(this.#parsed.tree);
    this.nsub = this.#parsed.groups;
    this.#word = wordSet(options.utf8);
    this.#analysis = analyse(this.#parsed.tree, this.#tree, this.nsub);
    this.jsMaxText = this.#analysis.maxText;
    const literal = this.nsub === 0 ? literalOf(this.#tree) : undefined;
    if (literal !== undefined) {
      const units = String.fromCodePoint(...literal);
      this.literal = options.utf8 ? encodeUtf8(units) : units;
    }
    this.#plainBytes = !options.utf8 || asciiOnly(this.#tree);
    this.#touchesBorders = /\\[<>bB]|\^|\$/.test(pattern);
    this.#matches = new Int32Array(2 * (this.nsub + 1));
    // Too large a pattern is an error now, not at its first use.
    const large = literal === undefined && countPositions(this.#parsed.tree) > LARGE;
    if (large || this.jsMaxText === 0) this.#tagged = this.#makeTagged();
  }

  /**
   * A RegExp with the g flag whose matches and captures are exactly those of `exec`, for text that is ASCII or read
   * as bytes and no longer than `jsMaxText`; undefined if there is none. Its groups are numbered as the pattern's.
   * It sees the text before `lastIndex`, so it is for a search from the beginning of a text or block, or for going on
   * right after a match where the pattern has no `^` and no word borders; from elsewhere use `exec`.
   */
  get js(): RegExp | undefined {
    if (this.#js === undefined) {
      const usable = this.#analysis.exact && this.jsMaxText > 0;
      this.#js = usable ? (this.#native("bytes", 0, true, "g")?.re ?? null) : null;
    }
    return this.#js ?? undefined;
  }

  /**
   * A RegExp without flags that matches somewhere in an ASCII or byte text exactly when the pattern does, however the
   * ends may differ; undefined if that could take too long.
   */
  get finder(): RegExp | undefined {
    if (this.#finder === undefined) {
      this.#finder = this.jsMaxText > 0 ? (this.#native("bytes", 0, false, "")?.re ?? null) : null;
      // The end of a back-reference depends on what its group took: only an exact pattern finds for sure.
      if (this.#parsed.maxRef > 0 && !this.#analysis.exact) this.#finder = null;
    }
    return this.#finder ?? undefined;
  }

  /** Does the pattern match somewhere in `text` at or after `from`? */
  test(text: string, from = 0, eflags = 0): boolean {
    if (this.literal !== undefined) {
      if (!text.includes(this.literal, from)) return false;
      if (!this.#utf8 || isAscii(text)) return true;
    }
    const t = from === 0 ? text : text.slice(from);
    const bytes = !this.#utf8 || isAscii(t);
    if (bytes && t.length <= this.jsMaxText) {
      const re = eflags === 0 ? this.finder : this.#finderFor(eflags);
      if (re !== undefined) return re.test(t);
    }
    return this.#search(t, bytes, eflags, true);
  }

  /**
   * The leftmost longest match at or after `from`, and its groups, as pairs of offsets into `text` (-1 where a group
   * took no part): the array is overwritten by the next call. The text is looked at as if it began at `from`: `^` and
   * `\<` hold there unless `eflags` say REG_NOTBOL.
   */
  exec(text: string, from = 0, eflags = 0): Int32Array | undefined {
    const m = this.#matches;
    if (this.literal !== undefined && (!this.#utf8 || isAscii(text))) {
      const at = text.indexOf(this.literal, from);
      if (at < 0) return undefined;
      m[0] = at;
      m[1] = at + this.literal.length;
      return m;
    }
    const t = from === 0 ? text : text.slice(from);
    const bytes = !this.#utf8 || isAscii(t);
    if (!this.#search(t, bytes, eflags, false)) return undefined;
    if (from !== 0)
      for (let i = 0; i < m.length; i++) if ((m[i] as number) >= 0) m[i] = (m[i] as number) + from;
    return m;
  }

  #search(text: string, bytes: boolean, eflags: number, exists: boolean): boolean {
    if (bytes) return this.#searchUnits(text, "bytes", eflags, exists, -1);
    const units = decodeUtf8(text);
    const bad = units.search(/[\udc80-\udcff]/u);
    if (bad < 0 && this.#plainBytes) return this.#searchUnits(text, "bytes", eflags, exists, -1);
    if (!this.#searchUnits(units, "unicode", eflags, exists, bad)) return false;
    if (!exists) toByteOffsets(this.#matches, units);
    return true;
  }

  #searchUnits(text: string, kind: Kind, eflags: number, exists: boolean, poison: number): boolean {
    const m = this.#matches;
    const { exact, maxText } = this.#analysis;
    let only = -1;
    if (poison < 0 && text.length <= maxText && (exact || this.#parsed.maxRef === 0)) {
      const wanted = !exists && exact && this.nsub > 0 && !this.#noSub;
      const native = this.#native(
        kind,
        eflags,
        wanted || this.#parsed.maxRef > 0,
        wanted ? "d" : "",
      );
      const r = native?.re.exec(text);
      if (r === null) return false;
      if (r !== undefined && !(kind === "unicode" && insidePair(text, r.index))) {
        if (exists) return true;
        only = r.index;
        if (exact) {
          m.fill(-1);
          m[0] = only;
          m[1] = only + r[0].length;
          if (wanted && native !== undefined) fill(m, r, native.order);
          return true;
        }
      }
    }
    this.#tagged ??= this.#makeTagged();
    const search: Search = {
      text,
      from: 0,
      end: text.length,
      pairs: kind === "unicode",
      notBol: (eflags & REG_NOTBOL) !== 0,
      notEol: (eflags & REG_NOTEOL) !== 0,
      newline: this.#newline,
      block: this.#block,
      only,
      poison,
      exists,
    };
    if (!this.#tagged.search(search)) return false;
    if (exists) return true;
    if (this.#noSub) m.fill(-1);
    m.set(this.#noSub ? this.#tagged.groups.subarray(0, 2) : this.#tagged.groups);
    return true;
  }

  #makeTagged(): Tagged {
    try {
      return new Tagged(this.#parsed.tree, this.nsub, this.#parsed.maxRef > 0, this.#word);
    } catch (e) {
      // The stack has an end, too: thousands of alternatives.
      if (e instanceof RangeError) throw new RegexError(REG_ESPACE);
      throw e;
    }
  }

  #finderFor(eflags: number): RegExp | undefined {
    if (this.finder === undefined) return undefined;
    if (!this.#touchesBorders) return this.finder;
    return this.#native("bytes", eflags, false, "")?.re;
  }

  #native(kind: Kind, eflags: number, capture: boolean, flags: string): Native | undefined {
    const e = this.#touchesBorders ? eflags : 0;
    const key = `${kind}${e}${capture}${flags}`;
    let made = this.#natives.get(key);
    if (made === undefined) {
      const d: Dialect = {
        unicode: kind === "unicode",
        newline: this.#newline,
        block: this.#block,
        notBol: (e & REG_NOTBOL) !== 0,
        notEol: (e & REG_NOTEOL) !== 0,
        word: kind === "unicode" ? source(this.#word, true) : "[A-Za-z0-9_]",
        capture: capture || this.#parsed.maxRef > 0,
      };
      made = compile(this.#tree, d, flags) ?? null;
      this.#natives.set(key, made);
    }
    return made ?? undefined;
  }
}

/** V8 can find empty matches between the halves of a pair. */
function insidePair(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) as number) > 0xffff;
}

function fill(m: Int32Array, r: RegExpExecArray, order: readonly number[]): void {
  const at = (r as RegExpExecArray & { indices: ([number, number] | undefined)[] }).indices;
  for (let i = 0; i < order.length; i++) {
    const pair = at[i + 1];
    if (pair === undefined) continue;
    const g = 2 * (order[i] as number);
    m[g] = pair[0];
    m[g + 1] = pair[1];
  }
}

/** Offsets into decoded text become offsets into its bytes. */
function toByteOffsets(m: Int32Array, units: string): void {
  const sorted = [...new Set(m)].filter((x) => x > 0).sort((a, b) => a - b);
  const bytes = new Map<number, number>();
  let unit = 0;
  let byte = 0;
  for (const want of sorted) {
    byte += encodeUtf8(units.slice(unit, want)).length;
    unit = want;
    bytes.set(want, byte);
  }
  for (let i = 0; i < m.length; i++) m[i] = bytes.get(m[i] as number) ?? (m[i] as number);
}
