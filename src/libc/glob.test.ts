import { expect, test } from "vitest";
import { runProgram } from "../../test/support/run-program.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";
import { glob } from "./glob.ts";
import { writeAll } from "./unistd.ts";

const files = { "a/b/": "", "a/x": "", "c/": "", ".h/": "", ".f": "", l: "-> nope", "w[x": "" };

// As `echo PATTERN` of the original shows them.
test.each([
  [".*", ". .. .f .h"],
  ["*/", "a/ c/"],
  ["a//*", "a//b a//x"],
  ["*//x", "a//x"],
  ["./[ac]", "./a ./c"],
  ["*/.", "a/. c/."],
  ["[.]*", ""],
  ["a/\\*", ""],
  ["*/nope", ""],
  ["l*", "l"],
  ["l*/", ""],
  [".*/", "../ ./ .h/"],
  ["a/[x]", "a/x"],
  ["a[/]x", ""],
  ["/t*/c", "/t/c"],
  [".[!.]*", ".f .h"],
  ["w\\[?", "w[x"],
  ["a", "a"],
  ["nope", ""],
])("glob %s", async (pattern, expected) => {
  const result = await runProgram({
    *program(sys) {
      yield* writeAll(sys, 1, bytesOf((yield* glob(sys, pattern)).join(" ")));
      return 0;
    },
    argv: ["glob"],
    env: {},
    files,
    stdin: new Uint8Array(),
    wanted: [],
  });
  expect(strOf(result.stdout)).toBe(expected);
});
