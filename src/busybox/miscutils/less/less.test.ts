import { expect, test } from "vitest";
import { applet } from "../../../../test/support/applet.ts";
import { REG_EXTENDED, regcomp } from "../../../libc/regex/regex.ts";
import { less } from "./less.ts";
import { prepare, render, rowStarts } from "./lines.ts";

applet(less, [
  {
    name: "copies where there is no screen",
    args: "a b",
    files: { a: "x\n", b: "y" },
    stdout: "x\ny",
  },
  { name: "reads the input", stdin: "x\n", stdout: "x\n" },
  {
    name: "goes on after a missing file",
    args: "nope a",
    files: { a: "x\n" },
    stdout: "x\n",
    stderr: "less: can't open 'nope': No such file or directory\n",
    status: 1,
  },
]);

/** The rows of a line as the terminal gets them, "<" and ">" for reverse video on and off. */
function rows(line: string, width: number, search?: string, dropColours = false): string[] {
  const shown = prepare(line, dropColours);
  const pattern = search === undefined ? undefined : regcomp(search, REG_EXTENDED, { utf8: true });
  const starts = rowStarts(shown, width);
  return starts.map((from, i) =>
    render(shown, from, starts[i + 1] ?? shown.cells.length, pattern)
      .replaceAll("\x1b[7m", "<")
      .replaceAll("\x1b[m", ">"),
  );
}

test.each([
  ["abcdefgh", 3, undefined, ["abc", "def", "gh"]],
  ["", 3, undefined, [""]],
  ["a\tb", 20, undefined, ["a       b"]],
  ["a\x01\x1b[31mb", 20, undefined, ["a<A[>[31mb"]],
  ["b\bbo\bo_\bl", 20, undefined, ["bol"]],
  ["\xe6\x97\xa5\xe6\x9c\xac", 3, undefined, ["\xe6\x97\xa5", "\xe6\x9c\xac"]],
  ["a\xffb", 20, undefined, ["a?b"]],
  ["one two one", 20, "o.e", ["<one> two <one>"]],
  ["xxabcxx", 4, "abc", ["xx<ab>", "<c>xx"]],
] as const)("%j in %d columns", (line, width, search, expected) => {
  expect(rows(line, width, search)).toEqual(expected);
});

test("-R drops colours", () => {
  expect(rows("a\x1b[1;31mb\x1b[mc", 20, undefined, true)).toEqual(["abc"]);
});
