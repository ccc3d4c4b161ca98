import fc from "fast-check";
import { expect, test } from "vitest";
import {
  compilePattern,
  FNM_CASEFOLD,
  FNM_LEADING_DIR,
  FNM_NOESCAPE,
  FNM_PATHNAME,
  FNM_PERIOD,
  fnmatch,
} from "./fnmatch.ts";

// Results of musl's fnmatch(3).
test.each([
  ["", "", 0, true],
  ["*", "", 0, true],
  ["a*b*c", "axxbxbyc", 0, true],
  ["a*b*c", "axxbxby", 0, false],
  ["?", "", 0, false],
  ["[a-c]x", "bx", 0, true],
  ["[!a-c]x", "bx", 0, false],
  ["[^a-c]x", "dx", 0, true],
  ["[]a]", "]", 0, true],
  ["[!]a]", "]", 0, false],
  ["[a-]", "-", 0, true],
  ["[z-a]", "a", 0, true],
  ["[z-a]", "m", 0, false],
  ["[[:alpha:]]", "q", 0, true],
  ["[[:nope:]]", "q", 0, false],
  ["[[.a.]]", "a", 0, false],
  ["[a", "[a", 0, true],
  ["\\*", "*", 0, true],
  ["\\*", "x", 0, false],
  ["a\\", "a\\", 0, true],
  ["\\a", "\\a", FNM_NOESCAPE, true],
  ["*", ".x", FNM_PERIOD, false],
  [".*", ".x", FNM_PERIOD, true],
  ["*", "a/b", 0, true],
  ["*", "a/b", FNM_PATHNAME, false],
  ["*/b", "a/b", FNM_PATHNAME, true],
  ["*/*", "a/.b", FNM_PATHNAME | FNM_PERIOD, false],
  ["a", "a/b/c", FNM_LEADING_DIR, true],
  ["a", "a/b/c", FNM_LEADING_DIR | FNM_PATHNAME, true],
  ["ABC", "abc", FNM_CASEFOLD, true],
  ["[[:upper:]]", "a", FNM_CASEFOLD, true],
] as const)("fnmatch(%j, %j, %i) is %s", (pattern, text, flags, want) => {
  expect(fnmatch(pattern, text, flags, true)).toBe(want);
});

test("characters are UTF-8 sequences when asked for", () => {
  const e = "\xc3\xa9";
  expect(fnmatch("h?", `h${e}`, 0, true)).toBe(true);
  expect(fnmatch("h?", `h${e}`, 0, false)).toBe(false);
  expect(fnmatch(`[${e}x]`, e, 0, true)).toBe(true);
  expect(fnmatch("?", "\xe9", 0, true)).toBe(false);
});

test("beginnings and endings, shortest and longest", () => {
  const all = (p: string, s: string): number[] => {
    const c = compilePattern(p, { utf8: true });
    return [c.prefixShortest(s), c.prefixLongest(s), c.suffixShortest(s), c.suffixLongest(s)];
  };
  expect(all("*/", "a/b/c")).toEqual([2, 4, -1, -1]);
  expect(all("/*", "a/b/c")).toEqual([-1, -1, 3, 1]);
  expect(all("*", "abc")).toEqual([0, 3, 3, 0]);
  expect(all("abc", "abc")).toEqual([3, 3, 0, 0]);
  expect(all("?", "\xc3\xa9b\xc3\xa9")).toEqual([2, 2, 3, 3]);
  expect(all("*.*", "a.b.c")).toEqual([2, 5, 3, 0]);
  expect(compilePattern("a\\*b", { utf8: true }).literal).toBe("a*b");
});

test("each answer is what trying every cut gives", () => {
  const piece = fc.constantFrom("a", "b", "*", "?", "[ab]", "[!a]", "c");
  const pattern = fc.array(piece, { maxLength: 6 }).map((x) => x.join(""));
  const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 }).map((x) => x.join(""));
  const slow = (p: string, s: string): boolean => {
    if (p === "") return s === "";
    if (p[0] === "*") return slow(p.slice(1), s) || (s !== "" && slow(p, s.slice(1)));
    const end = p[0] === "[" ? p.indexOf("]") : 0;
    const item = p.slice(0, end + 1);
    const c = s[0];
    if (c === undefined) return false;
    const ok =
      item === "?" ||
      item === c ||
      (item === "[ab]" && c !== "c") ||
      (item === "[!a]" && c !== "a");
    return ok && slow(p.slice(end + 1), s.slice(1));
  };
  fc.assert(
    fc.property(pattern, text, (p, s) => {
      const c = compilePattern(p, { utf8: true });
      const cuts = Array.from({ length: s.length + 1 }, (_, i) => i);
      const heads = cuts.filter((i) => slow(p, s.slice(0, i)));
      const tails = cuts.filter((i) => slow(p, s.slice(i)));
      expect(c.matches(s)).toBe(slow(p, s));
      expect([c.prefixShortest(s), c.prefixLongest(s)]).toEqual([
        heads[0] ?? -1,
        heads.at(-1) ?? -1,
      ]);
      expect([c.suffixShortest(s), c.suffixLongest(s)]).toEqual([
        tails.at(-1) ?? -1,
        tails[0] ?? -1,
      ]);
    }),
    { numRuns: 300 },
  );
});
