// What the shell does with patterns (POSIX XCU 2.13): matching, trimming, replacing, and their quoting.
import { compilePattern as compile, type Pattern } from "../libc/fnmatch.ts";

export type { Pattern };

/** Text as a pattern that matches just it. */
export function escapePattern(s: string): string {
  return /[*?[\]\\!^-]/.test(s) ? s.replace(/[*?[\]\\!^-]/g, "\\$&") : s;
}

/** A pattern in which a backslash quotes, over UTF-8. */
export function shellPattern(pattern: string): Pattern {
  return compile(pattern, { utf8: true });
}

/** Compiles patterns, remembering the last one: a place in a script mostly sees the same again. */
export function patternMemo(): (pattern: string) => Pattern {
  let text: string | undefined;
  let pattern: Pattern | undefined;
  return (s) => {
    if (pattern === undefined || s !== text) {
      text = s;
      pattern = shellPattern(s);
    }
    return pattern;
  };
}

/** `${v#pattern}` and `${v##pattern}`. */
export function trimPrefix(v: string, pattern: Pattern, longest: boolean): string {
  const { literal } = pattern;
  if (literal !== undefined) return v.startsWith(literal) ? v.slice(literal.length) : v;
  const n = longest ? pattern.prefixLongest(v) : pattern.prefixShortest(v);
  return n > 0 ? v.slice(n) : v;
}

/** `${v%pattern}` and `${v%%pattern}`. */
export function trimSuffix(v: string, pattern: Pattern, longest: boolean): string {
  const { literal } = pattern;
  if (literal !== undefined) {
    return literal !== "" && v.endsWith(literal) ? v.slice(0, v.length - literal.length) : v;
  }
  const n = longest ? pattern.suffixLongest(v) : pattern.suffixShortest(v);
  return n >= 0 ? v.slice(0, n) : v;
}

/** `${v/pattern/to}` and `${v//pattern/to}`: no anchors, no `&`; a match of nothing counts only for nothing. */
export function replacePattern(v: string, pattern: Pattern, to: string, all: boolean): string {
  const { literal } = pattern;
  if (literal === "") return v;
  if (literal !== undefined) {
    if (all) return v.split(literal).join(to);
    const at = v.indexOf(literal);
    return at < 0 ? v : v.slice(0, at) + to + v.slice(at + literal.length);
  }
  if (v === "") return pattern.matches("") ? to : "";
  let out = "";
  let from = 0;
  for (let i = 0; i < v.length; ) {
    const n = pattern.prefixLongest(i === 0 ? v : v.slice(i));
    if (n <= 0) {
      i++;
      continue;
    }
    out += v.slice(from, i) + to;
    i += n;
    from = i;
    if (!all) break;
  }
  return out + v.slice(from);
}
