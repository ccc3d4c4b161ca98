import { expect, test } from "vitest";
import { type AppletRow, applet } from "../../../test/support/applet.ts";
import { diff } from "./diff.ts";
import { differences } from "./diff-lines.ts";

const files = {
  a: "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
  b: "1\n3\n4\n5\n6\n7\n8\nnine\n",
  nl: "a\nb\n",
  nonl: "a\nb",
  empty: "",
  bin: "x\0y\n",
  w1: "a  b\n C\n\n\nd\t\n",
  w2: "a b\nc\nd\n",
  "d1/f": "1\n2\n",
  "d2/f": "2\n3\n",
  "d1/one": "o\n",
  "d2/two": "t\n",
  "d1/s/x": "1\n",
  "d2/s/x": "2\n",
  "d1/only/y": "y\n",
};
const row = (
  args: string,
  stdout: string,
  status = 1,
  more: Partial<AppletRow> = {},
): AppletRow => ({
  name: args,
  args,
  files,
  stdout,
  status,
  ...more,
});

applet(diff, [
  row("a b", "--- a\n+++ b\n@@ -1,9 +1,8 @@\n 1\n-2\n 3\n 4\n 5\n 6\n 7\n 8\n-9\n+nine\n"),
  row("-U1 a b", "--- a\n+++ b\n@@ -1,3 +1,2 @@\n 1\n-2\n 3\n@@ -8,2 +7,2 @@\n 8\n-9\n+nine\n"),
  row("-U 0 b a", "--- b\n+++ a\n@@ -1,0 +2 @@\n+2\n@@ -8 +9 @@\n-nine\n+9\n"),
  row("-L x -L y empty nl", "--- x\n+++ y\n@@ -0,0 +1,2 @@\n+a\n+b\n"),
  row("nonl nl", "--- nonl\n+++ nl\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"),
  row("-b nonl nl", "", 0),
  row("-s w1 w1", "", 0),
  row("-q a b", "Files a and b differ\n"),
  row("a bin", "Files a and bin differ\n"),
  row("-b w1 w2", "--- w1\n+++ w2\n@@ -1,5 +1,3 @@\n a  b\n- C\n-\n-\n+c\n d\t\n"),
  row("-wBi w1 w2", "", 0),
  row(
    "-t -T w2 w1",
    "--- w2\n+++ w1\n@@ -1,3 +1,5 @@\n-\ta b\n-\tc\n-\td\n+\ta  b\n+\t C\n+\t\n+\t\n+\td       \n",
  ),
  row(
    "d1 d2",
    "--- d1/f\n+++ d2/f\n@@ -1,2 +1,2 @@\n-1\n 2\n+3\nOnly in d1: one\nOnly in d1: only\nCommon subdirectories: d1/s and d2/s\nOnly in d2: two\n",
  ),
  row(
    "-r d1 d2",
    "--- d1/f\n+++ d2/f\n@@ -1,2 +1,2 @@\n-1\n 2\n+3\nOnly in d1: one\n--- d1/s/x\n+++ d2/s/x\n@@ -1 +1 @@\n-1\n+2\nOnly in d2: two\n",
  ),
  row(
    "-rqN -S o d1 d2",
    "Files d1/one and d2/one differ\nFiles d1/only/y and d2/only/y differ\nFiles d1/s/x and d2/s/x differ\nFiles d1/two and d2/two differ\n",
  ),
  row("-N a none", "--- a\n+++ none\n@@ -1,9 +0,0 @@\n-1\n-2\n-3\n-4\n-5\n-6\n-7\n-8\n-9\n"),
  row("f d1", "", 2, { stderr: "diff: can't stat 'f': No such file or directory\n" }),
  row("nl d1", "", 1, { stderr: "diff: can't stat 'd1/nl': No such file or directory\n" }),
]);

test("big and repetitive files take bounded time", () => {
  const a = Array.from({ length: 20000 }, (_, i) => (i % 3 === 0 ? "}" : `line ${i % 50}`));
  const b = Array.from({ length: 20000 }, (_, i) => (i % 4 === 0 ? "}" : `line ${i % 70}`));
  const lines: string[] = [];
  let at = 0;
  for (const c of differences(a, b, false)) {
    lines.push(...a.slice(at, c.aFrom), ...b.slice(c.bFrom, c.bTo));
    at = c.aTo;
  }
  lines.push(...a.slice(at));
  expect(lines).toEqual(b);
});
