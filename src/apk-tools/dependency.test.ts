import { expect, test } from "vitest";
import { formatDependency, parseDependencies, parseDependency } from "./dependency.ts";

test.each([
  ["a", "a"],
  ["!a", "!a"],
  ["so:libz.so.1=1.3", "so:libz.so.1=1.3"],
  ["/bin/sh", "/bin/sh"],
  ["a@edge", "a@edge"],
  ["a@edge>=2", "a@edge>=2"],
  ["a=>2", "a>=2"],
  ["a~=2", "a~2"],
  ["a<>Q1abc=", "a><Q1abc="],
  ["a~>2", "a>~2"],
  ["a=", undefined],
  ["a==", undefined],
  ["a=x", undefined],
  ["a=1@edge", undefined],
  ["a b", undefined],
])("%s is %s", (text, formatted) => {
  const dep = parseDependency(text);
  expect(dep && formatDependency(dep)).toBe(formatted);
});

test("lists leave out what is none", () => {
  const broken: string[] = [];
  const deps = parseDependencies(" a  b=\tc>1\n!d", (word) => broken.push(word));
  expect([deps.map(formatDependency), broken]).toEqual([["a", "c>1", "!d"], ["b="]]);
});
