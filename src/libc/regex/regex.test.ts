import fc from "fast-check";
import { expect, test } from "vitest";
import {
  REG_EXTENDED,
  REG_ICASE,
  REG_NEWLINE,
  REG_NOSUB,
  REG_NOTBOL,
  REG_NOTEOL,
  type Regex,
  RegexError,
  regcomp,
} from "./regex.ts";

const E = REG_EXTENDED;

/** Offsets as "so,eo so,eo …", "-" without a match. */
function show(r: Regex, text: string, from = 0, eflags = 0): string {
  const m = r.exec(text, from, eflags);
  if (m === undefined) return "-";
  return Array.from({ length: r.nsub + 1 }, (_, i) => `${m[2 * i]},${m[2 * i + 1]}`).join(" ");
}

function match(pattern: string, flags: number, text: string, eflags = 0): string {
  const r = regcomp(pattern, flags, { utf8: true });
  const found = show(r, text, 0, eflags);
  expect(r.test(text, 0, eflags)).toBe(found !== "-");
  return found;
}

// Results of Alpine's musl.
test.each([
  ["a*", 0, "baa", "0,0"],
  ["*a", 0, "*a", "0,2"],
  ["^*a", 0, "*a", "0,2"],
  ["\\(*a\\)", 0, "*a", "0,2 0,2"],
  ["a\\+b\\?", 0, "aab", "0,3"],
  ["a\\|bc", 0, "xbc", "1,3"],
  ["a\\{2,3\\}", 0, "aaaa", "0,3"],
  ["a^b$c", 0, "a^b$c", "0,5"],
  ["\\(^a\\)", 0, "ba", "-"],
  ["\\(a$\\)", 0, "ab", "-"],
  ["\\(ab*\\)x\\1", 0, "abbxabb", "0,7 0,3"],
  ["\\(.\\)\\1", 0, "abccd", "2,4 2,3"],
  ["\\(a*\\).*\\1", 0, "aaab", "0,4 0,0"],
  ["\\n\\t", 0, "x\n\t", "1,3"],
  ["\\w\\+\\W\\s", 0, "ab- ", "0,4"],
  ["\\d\\D", 0, "a1b", "1,3"],
  ["\\x41", 0, "xA", "1,2"],
  ["(a|ab)(c|bcd)(d*)", E, "abcd", "0,4 0,1 1,4 4,4"],
  ["(ab|a)(bcd|c)?(d*)", E, "abcd", "0,4 0,1 1,4 4,4"],
  ["a|ab|abc", E, "xabcd", "1,4"],
  ["(x|xy|xyz)*", E, "xyzxy", "0,5 3,5"],
  ["(a*)*", E, "b", "0,0 0,0"],
  ["(a*)+", E, "aab", "0,2 0,2"],
  ["((a)|b)*", E, "ab", "0,2 1,2 -1,-1"],
  ["(a?)(ab)?", E, "ab", "0,2 0,0 0,2"],
  ["(.*)(b|ab)", E, "aab", "0,3 0,2 2,3"],
  ["(a{0,2}){0,2}", E, "aaa", "0,3 1,3"],
  ["(b*)?a", E, "a", "0,1 0,0"],
  ["(c){0}b", E, "ab", "1,2 1,1"],
  ["(|a)b", E, "ab", "0,2 0,1"],
  ["()", E, "x", "0,0 0,0"],
  ["a||b", E, "b", "0,1"],
  [")", E, "a)", "1,2"],
  ["(a)\\1", E, "aa1", "1,3 1,2"],
  ["[]a]+", E, "x]a", "1,3"],
  ["[^]a]", E, "]ab", "2,3"],
  ["[a-]+", E, "x-a", "1,3"],
  ["[[:digit:][:upper:]]+", E, "ab1Bc", "2,4"],
  ["[\\n]", E, "\\", "0,1"],
  ["HeL+o", E | REG_ICASE, "hELlO", "0,5"],
  ["[^a]", E | REG_ICASE, "Ab", "1,2"],
  ["a.b", 0, "a\nb", "0,3"],
  ["a.b", REG_NEWLINE, "a\nb", "-"],
  ["^b$", REG_NEWLINE, "a\nb\nc", "2,3"],
  ["^b$", 0, "a\nb\nc", "-"],
  ["\\<b", 0, "ab b", "3,4"],
  ["b\\>", 0, "ba b", "3,4"],
  ["\\bb", 0, "ab b", "3,4"],
  ["\\Bb", 0, " bb", "2,3"],
  ["\\b", 0, " ", "0,0"],
  ["\\B", 0, "", "-"],
  ["x*\\>?", E, "", "-"],
] as const)("%s (%i) in %j", (pattern, flags, text, want) => {
  expect(match(pattern, flags, text)).toBe(want);
});

test.each([
  ["a\\(", 0, "Missing ')'"],
  ["a\\)", 0, "Missing ')'"],
  ["(a", E, "Missing ')'"],
  ["[a", 0, "Missing ']'"],
  ["[[:foo:]]", 0, "Unknown character class name"],
  ["[[.a.]]", 0, "Unknown collating element"],
  ["[[=a=]]", 0, "Unknown collating element"],
  ["[b-a]", 0, "Invalid character range"],
  ["a\\", 0, "Trailing backslash"],
  ["\\(a\\)\\2", 0, "Invalid back reference"],
  ["a{1", E, "Invalid contents of {}"],
  ["a{2,1}", E, "Invalid contents of {}"],
  ["a{256}", E, "Invalid contents of {}"],
  ["a\\{1", 0, "Invalid contents of {}"],
  ["*a", E, "Repetition not preceded by valid expression"],
  ["a|*b", E, "Repetition not preceded by valid expression"],
  ["\\+a", 0, "Repetition not preceded by valid expression"],
  ["\\x{41", 0, "Missing '}'"],
  ["\xff", 0, "Invalid regexp"],
  ["((((a{255}){255}){255}){255})", E, "Out of memory"],
] as const)("%j (%i) is an error", (pattern, flags, want) => {
  const compile = (): Regex => regcomp(pattern, flags, { utf8: true });
  expect(compile).toThrow(RegexError);
  expect(compile).toThrow(want);
});

test("too deep a pattern is refused", () => {
  expect(() => regcomp("(".repeat(5000), E, { utf8: true })).toThrow("Out of memory");
});

test("NOTBOL, NOTEOL and a start look at nothing before", () => {
  const r = regcomp("^a|b$|\\<c", E, { utf8: true });
  expect(show(r, "a b", 0, REG_NOTBOL)).toBe("2,3");
  expect(show(r, "a b", 0, REG_NOTBOL | REG_NOTEOL)).toBe("-");
  expect(show(r, "xab", 1)).toBe("1,2");
  expect(show(r, "xcd", 1, REG_NOTBOL)).toBe("1,2");
});

test("characters are UTF-8 sequences, and bytes that are none end the search", () => {
  const e = "\xc3\xa9";
  expect(match(`h.l`, 0, `h${e}l`)).toBe("0,4");
  expect(match(`${e}*x`, 0, `a${e}${e}x`)).toBe("1,6");
  expect(match(`\\(.\\)\\([^${e}]\\)$`, 0, `${e}a${e}\xf0\x9d\x92\xb3`)).toBe("3,9 3,5 5,9");
  expect(match("[\xc3\xa0-\xc3\xbf]", 0, `a${e}`)).toBe("1,3");
  expect(match("\xc3\x89", REG_ICASE, e)).toBe("0,2");
  expect(match("[[:alpha:]]*", E, `${e}1`)).toBe("0,2");
  expect(match("b", 0, `ab c\xff`)).toBe("1,2");
  // One character more is read than the match has; a mere test stops at the first end.
  expect(match("ab", 0, `xab\xffc`)).toBe("-");
  expect(regcomp("a.*", 0, { utf8: true }).exec("xab\xffc")).toBeUndefined();
  expect(regcomp("a.*", 0, { utf8: true }).test("xab\xffc")).toBe(true);
  const bytes = regcomp("h..l", 0, { utf8: false });
  expect(show(bytes, `h${e}l`)).toBe("0,4");
  expect(show(regcomp("[[:alpha:]]", 0, { utf8: false }), e)).toBe("-");
});

test("NOSUB gives only the whole", () => {
  expect(show(regcomp("(a)(b)", E | REG_NOSUB, { utf8: true }), "xab")).toBe("1,3 -1,-1 -1,-1");
});

test("a block is matched line by line", () => {
  const find = (p: string): string[] => {
    const r = regcomp(p, E, { utf8: true, block: true });
    return [..."one two\n\n three\nx".matchAll(r.js as RegExp)].map((m) => m[0]);
  };
  expect(find("^[^x]+$")).toEqual(["one two", " three"]);
  expect(find("\\s+")).toEqual([" ", " "]);
  expect(find("\\W$|x")).toEqual(["x"]);
});

test("plain text is told, and a native RegExp is offered only where it is exact", () => {
  const get = (p: string, f: number): Regex => regcomp(p, f, { utf8: true });
  expect(get("a\\.b", 0).literal).toBe("a.b");
  expect(get("a.b", 0).literal).toBeUndefined();
  expect(get("ab", REG_ICASE).literal).toBeUndefined();
  const exact = ["a.*b", "(.*)=(.*)", "^[^:]*:([0-9]+)", "(foo|bar)x", "([^,]*,){3}", "a?b?c{2,5}"];
  const not = ["(a|ab)(c|bcd)", "(a?)(ab)?", "(a*)*", "(a|a)*b", "(.*x)*y"];
  expect(exact.map((p) => get(p, E).js !== undefined)).toEqual(exact.map(() => true));
  expect(not.map((p) => get(p, E).js !== undefined)).toEqual(not.map(() => false));
});

test("nothing takes exponential time", () => {
  const text = "a".repeat(1000);
  for (const p of [
    "(a*)*b",
    "(a|a)*b",
    "(a|aa)+$b",
    "(.*.*)*b",
    `${"a?".repeat(60)}${"a".repeat(60)}b`,
  ]) {
    expect(regcomp(p, E, { utf8: true }).test(text)).toBe(false);
  }
  expect(regcomp("\\(a*\\)*\\(a*\\)*\\1\\2b", 0, { utf8: true }).test("a".repeat(40))).toBe(false);
});

test("long patterns", () => {
  const word = "ab".repeat(20000);
  expect(match(word, 0, `x${word}`)).toBe(`1,${word.length + 1}`);
  const dots = "[ab].".repeat(400);
  expect(match(`(${dots}|${dots}a)`, E, word)).toBe("0,801 0,801");
  const words = Array.from({ length: 500 }, (_, i) => `w${i}x`).join("|");
  expect(match(`(${words})+`, E, "--w7xw499x-")).toBe("2,10 5,10");
});

test("the longest match is found, whatever the way", () => {
  const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "c");
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      atom,
      fc.tuple(tie("node"), tie("node")).map(([x, y]) => `${x}${y}`),
      fc.tuple(tie("node"), tie("node")).map(([x, y]) => `(${x}|${y})`),
      fc
        .tuple(tie("node"), fc.constantFrom("*", "+", "?", "{2}", "{0,2}"))
        .map(([x, q]) => `(${x})${q}`),
    ),
  })).node as fc.Arbitrary<string>;
  const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 7 }).map((x) => x.join(""));
  fc.assert(
    fc.property(tree, text, (p, s) => {
      const r = regcomp(p, E, { utf8: true });
      const whole = new RegExp(`^(?:${p})$`, "s");
      let want: [number, number] | undefined;
      for (let i = 0; i <= s.length && want === undefined; i++)
        for (let j = s.length; j >= i && want === undefined; j--)
          if (whole.test(s.slice(i, j))) want = [i, j];
      const m = r.exec(s);
      expect(m === undefined ? undefined : [m[0], m[1]]).toEqual(want);
      expect(r.test(s)).toBe(want !== undefined);
    }),
    { numRuns: 500 },
  );
});
