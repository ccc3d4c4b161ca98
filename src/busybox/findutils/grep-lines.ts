// grep's notion of a line that matches, looked for in whole blocks of lines.
import { isAscii } from "../../lib/utf8.ts";
import { die } from "../../libc/process.ts";
import {
  REG_EXTENDED,
  REG_ICASE,
  REG_NOTBOL,
  type Regex,
  RegexError,
  regcomp,
} from "../../libc/regex/regex.ts";

export interface MatchRules {
  /** -F */
  fixed: boolean;
  /** -E */
  extended: boolean;
  /** -i */
  icase: boolean;
  /** -w */
  word: boolean;
  /** -x */
  whole: boolean;
  utf8: boolean;
}

interface Pattern {
  text: string;
  /** It stands for itself; lines of other than ASCII need a look by `regex` if there is one. */
  literal: string | undefined;
  regex: Regex | undefined;
}

/** Sources longer than this are not joined into one RegExp. */
const JOINED_MAX = 100_000;

function isWordByte(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 95;
}

function compile(text: string, rules: MatchRules): Pattern {
  if (rules.fixed && !rules.icase) return { text, literal: text, regex: undefined };
  // -F -i folds ASCII letters only.
  const utf8 = rules.utf8 && !rules.fixed;
  const source = rules.fixed ? text.replace(/[\\.*[\]^$]/g, "\\$&") : text;
  const flags = (rules.icase ? REG_ICASE : 0) | (rules.extended && !rules.fixed ? REG_EXTENDED : 0);
  try {
    const regex = regcomp(source, flags, { utf8, block: true });
    return { text, literal: regex.literal, regex };
  } catch (e) {
    if (!(e instanceof RegexError)) throw e;
    return die(`bad regex '${text}': ${e.message}`);
  }
}

/** The patterns of a command line. */
export class LineMatcher {
  readonly #patterns: Pattern[];
  readonly #rules: MatchRules;
  /** A candidate line needs no second look. */
  readonly #certain: boolean;
  readonly #literal: string | undefined;
  /** Finds candidates in ASCII or bytes. */
  readonly #finder: RegExp | undefined;
  /** No line longer than this may be left to the finder. */
  readonly #maxLine: number;
  /** Of the current block: may the finder be used, and do its hits count? */
  #native = false;
  #sure = false;
  #block = "";
  /** Offset after the line found last, its newline left out. */
  end = 0;

  constructor(patterns: readonly string[], rules: MatchRules) {
    this.#rules = rules;
    this.#patterns = patterns.map((text) => compile(text, rules));
    this.#certain = !rules.word && !rules.whole;
    this.#maxLine = Math.min(...this.#patterns.map((p) => p.regex?.jsMaxText ?? Infinity));
    const only = this.#patterns.length === 1 ? this.#patterns[0] : undefined;
    if (only?.literal !== undefined && only.literal !== "") this.#literal = only.literal;
    else this.#finder = this.#join();
  }

  #join(): RegExp | undefined {
    const sources: string[] = [];
    let size = 0;
    for (const { literal, regex } of this.#patterns) {
      const source = regex?.finder?.source ?? literal?.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
      if (source === undefined) return undefined;
      // Numbers of back-references would shift.
      if (this.#patterns.length > 1 && /\((?!\?)/.test(source)) return undefined;
      sources.push(source === "" ? "(?:)" : source);
      size += source.length;
    }
    if (sources.length === 0 || size > JOINED_MAX) return undefined;
    return new RegExp(sources.join("|"), "g");
  }

  /** Makes ready for a block of lines. */
  start(block: string): void {
    this.#block = block;
    const ascii = isAscii(block);
    this.#native = (ascii || !this.#rules.utf8) && !this.#tooLong(block);
    // Plain text is found in whatever bytes; that the line is well-formed must be seen.
    this.#sure = this.#certain && (ascii || !this.#rules.utf8 || this.#rules.fixed);
  }

  #tooLong(block: string): boolean {
    if (block.length <= this.#maxLine) return false;
    for (let at = 0; at < block.length; ) {
      let end = block.indexOf("\n", at);
      if (end < 0) end = block.length;
      if (end - at > this.#maxLine) return true;
      at = end + 1;
    }
    return false;
  }

  /** Start of the first matching line at or after `from`, which begins a line; -1 when there is none. */
  next(from: number): number {
    const block = this.#block;
    for (let at = from; at < block.length; ) {
      let start = at;
      if (this.#literal !== undefined) {
        const hit = block.indexOf(this.#literal, at);
        if (hit < 0) return -1;
        start = hit === 0 ? 0 : block.lastIndexOf("\n", hit - 1) + 1;
      } else if (this.#finder !== undefined && this.#native) {
        this.#finder.lastIndex = at;
        if (!this.#finder.test(block)) return -1;
        const hit = this.#finder.lastIndex;
        start = hit === 0 ? 0 : block.lastIndexOf("\n", hit - 1) + 1;
        // An empty match after the last newline is in no line.
        if (start >= block.length) return -1;
      }
      let end = block.indexOf("\n", start);
      if (end < 0) end = block.length;
      const known = this.#sure && (this.#literal !== undefined || this.#native);
      if ((known && this.#candidates()) || this.matches(block.slice(start, end))) {
        this.end = end;
        return start;
      }
      at = end + 1;
    }
    return -1;
  }

  /** Were the lines chosen by a search? */
  #candidates(): boolean {
    return this.#literal !== undefined || this.#finder !== undefined;
  }

  /** Does the line match? */
  matches(line: string): boolean {
    return this.#patterns.some((p) => this.#find(p, line, 0) !== undefined);
  }

  /**
   * Where the pattern matches at or after `base`, as start and end, and where the try began that found it:
   * with -w one that is within a word leads to another try after it.
   */
  #find(p: Pattern, line: string, base: number): readonly [number, number, number] | undefined {
    const { word, whole } = this.#rules;
    if (p.regex === undefined) return this.#findLiteral(p.literal ?? "", line);
    if (!word && !whole && base === 0) {
      if (!p.regex.test(line)) return undefined;
      return [0, 0, 0];
    }
    for (let from = base; ; ) {
      const m = p.regex.exec(line, from, from > 0 ? REG_NOTBOL : 0);
      if (m === undefined) return undefined;
      const [start, end] = [m[0] as number, m[1] as number];
      if (whole) return start === 0 && end === line.length ? [start, end, 0] : undefined;
      if (!word || this.#standsAlone(line, start, end)) return [start, end, from];
      if (end === from) return undefined;
      from = end;
    }
  }

  #findLiteral(text: string, line: string): readonly [number, number, number] | undefined {
    if (this.#rules.whole) return line === text ? [0, line.length, 0] : undefined;
    for (let at = line.indexOf(text); at >= 0; at = line.indexOf(text, at + 1)) {
      const end = at + text.length;
      if (!this.#rules.word || this.#standsAlone(line, at, end)) return [at, end, 0];
      if (at >= line.length) break;
    }
    return undefined;
  }

  #standsAlone(line: string, start: number, end: number): boolean {
    return (
      !(start > 0 && isWordByte(line.charCodeAt(start - 1))) &&
      !(end < line.length && isWordByte(line.charCodeAt(end)))
    );
  }

  /** What -o prints of a line that matches: of several patterns the last one that does counts. */
  parts(line: string): string[] {
    const pattern = this.#patterns.findLast((p) => this.#find(p, line, 0) !== undefined);
    if (pattern === undefined) return [];
    // With -F the pattern itself, once.
    if (this.#rules.fixed) return [pattern.text];
    const { regex } = pattern;
    const out: string[] = [];
    for (let base = 0; base < line.length && regex !== undefined; ) {
      let hit: readonly [number, number, number] | undefined;
      if (this.#rules.word || this.#rules.whole) hit = this.#find(pattern, line, base);
      else {
        const m = regex.exec(line, base, base > 0 ? REG_NOTBOL : 0);
        if (m !== undefined) hit = [m[0] as number, m[1] as number, base];
      }
      if (hit === undefined) break;
      // As the original has it, offsets of a later try count from where the first one began.
      const start = hit[0] - hit[2] + base;
      const end = hit[1] - hit[2] + base;
      if (end > start) out.push(line.slice(start, end));
      base = end > start ? end : end + 1;
      if (this.#rules.whole) break;
    }
    return out;
  }
}
