// Regular expressions of an awk program: made once for each source, and what they split and replace.
import { isAscii } from "../../../lib/utf8.ts";
import { die } from "../../../libc/process.ts";
import {
  REG_EXTENDED,
  REG_ICASE,
  REG_NOTBOL,
  type Regex,
  RegexError,
  regcomp,
} from "../../../libc/regex/regex.ts";

/** Dynamic patterns that are kept. */
const KEPT = 500;

export class Patterns {
  readonly #utf8: boolean;
  readonly #made = new Map<string, Pattern>();
  /** IGNORECASE is set. */
  icase = false;

  constructor(utf8: boolean) {
    this.#utf8 = utf8;
  }

  get(source: string): Pattern {
    const key = this.icase ? `i${source}` : ` ${source}`;
    let pattern = this.#made.get(key);
    if (pattern === undefined) {
      if (this.#made.size >= KEPT) this.#made.clear();
      pattern = new Pattern(source, this.icase, this.#utf8);
      this.#made.set(key, pattern);
    }
    return pattern;
  }
}

export class Pattern {
  readonly regex: Regex;
  readonly #utf8: boolean;
  /** Finds all matches in a text for which `native` says so. */
  readonly #js: RegExp | undefined;
  readonly #max: number;

  constructor(source: string, icase: boolean, utf8: boolean) {
    this.#utf8 = utf8;
    try {
      this.regex = regcomp(source, REG_EXTENDED | (icase ? REG_ICASE : 0), { utf8 });
    } catch (e) {
      if (!(e instanceof RegexError)) throw e;
      die(`bad regex '${source}': ${e.message}`);
    }
    // Searches that go on see no text before them; where that shows, each is made by itself.
    this.#js = /\\[<>bB]/.test(source) ? undefined : this.regex.js;
    this.#max = this.regex.jsMaxText;
  }

  test(text: string): boolean {
    return this.regex.test(text);
  }

  #native(text: string): RegExp | undefined {
    if (this.#js === undefined || text.length > this.#max) return undefined;
    if (this.#utf8 && !isAscii(text)) return undefined;
    return this.#js;
  }

  /** Calls `found` for each match from left to right, until it says false. */
  each(text: string, found: (start: number, end: number) => boolean): void {
    const js = this.#native(text);
    if (js !== undefined) {
      js.lastIndex = 0;
      for (let m = js.exec(text); m !== null; m = js.exec(text)) {
        const end = m.index + m[0].length;
        if (!found(m.index, end)) return;
        if (end === m.index) js.lastIndex = end + 1;
      }
      return;
    }
    for (let at = 0; at <= text.length; ) {
      const m = this.regex.exec(text, at, at > 0 ? REG_NOTBOL : 0);
      if (m === undefined) return;
      const [start, end] = [m[0] as number, m[1] as number];
      if (!found(start, end)) return;
      at = end > start ? end : end + 1;
    }
  }

  /** First match at or after `from`, as start and end. */
  first(text: string, from: number): readonly [number, number] | undefined {
    const js = this.#native(text);
    if (js !== undefined) {
      js.lastIndex = from;
      const m = js.exec(text);
      return m === null ? undefined : [m.index, js.lastIndex];
    }
    const m = this.regex.exec(text, from, from > 0 ? REG_NOTBOL : 0);
    return m === undefined ? undefined : [m[0] as number, m[1] as number];
  }

  /**
   * Replaces match number `which`, or all when it is 0: the text and how many. `by` holds text and numbers of
   * groups, 0 being the match.
   */
  replace(text: string, by: readonly (string | number)[], which: number): [string, number] {
    const { literal } = this.regex;
    if (literal !== undefined && !text.includes(literal)) return [text, 0];
    const groups = by.some((part) => typeof part === "number" && part > 0);
    let out = "";
    let copied = 0;
    let n = 0;
    let done = 0;
    const put = (start: number, end: number, group: (g: number) => string): void => {
      out += text.slice(copied, start);
      for (const part of by) {
        if (typeof part === "string") out += part;
        else out += part === 0 ? text.slice(start, end) : group(part);
      }
      copied = end;
      done++;
    };
    if (!groups) {
      this.each(text, (start, end) => {
        n++;
        if (which !== 0 && n !== which) return true;
        put(start, end, () => "");
        return which === 0;
      });
      return [done === 0 ? text : out + text.slice(copied), done];
    }
    for (let at = 0; at <= text.length; ) {
      const m = this.regex.exec(text, at, at > 0 ? REG_NOTBOL : 0);
      if (m === undefined) break;
      const [start, end] = [m[0] as number, m[1] as number];
      n++;
      if (which === 0 || n === which) {
        put(start, end, (g) => {
          const from = m[2 * g];
          return from === undefined || from < 0 ? "" : text.slice(from, m[2 * g + 1]);
        });
        if (which !== 0) break;
      }
      at = end > start ? end : end + 1;
    }
    return [done === 0 ? text : out + text.slice(copied), done];
  }
}

/** The replacement of sub and gsub: `&` is the match, `\&` an ampersand, `\\&` a backslash and the match. */
export function parseReplacement(text: string, groups: boolean): (string | number)[] {
  if (!text.includes("&") && !text.includes("\\")) return [text];
  const parts: (string | number)[] = [];
  let literal = "";
  const match = (n: number): void => {
    if (literal !== "") parts.push(literal);
    literal = "";
    parts.push(n);
  };
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === "&") match(0);
    else if (c !== "\\") literal += c;
    else {
      let n = 1;
      while (text[i + n] === "\\") n++;
      const next = text[i + n] ?? "";
      const special = next === "&" || (groups && next >= "0" && next <= "9");
      if (!special) {
        literal += "\\".repeat(n);
        i += n - 1;
        continue;
      }
      // Pairs before it are backslashes; a single one says that it is special or, for "&", that it is not.
      literal += "\\".repeat(n >> 1);
      i += n;
      if (next === "&" ? n % 2 === 0 : n % 2 === 1) match(next === "&" ? 0 : Number(next));
      else literal += next;
    }
  }
  if (literal !== "" || parts.length === 0) parts.push(literal);
  return parts;
}
