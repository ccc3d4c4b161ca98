import { type AppletRow, applet } from "../../../test/support/applet.ts";
import { cmp } from "./cmp.ts";

const files = { a: "one\ntwo\nthree\n", b: "one\ntWo\nThree\n", start: "one\n", empty: "" };
const row = (args: string, stdout: string, status: number, stderr = ""): AppletRow => ({
  name: args,
  args,
  files,
  stdin: "one\n",
  stdout,
  status,
  stderr,
});

applet(cmp, [
  row("a a", "", 0),
  row("a b", "a b differ: char 6, line 2\n", 1),
  row("-l a b", "6 167 127\n9 164 124\n", 1),
  row("-s a b", "", 1),
  row("-n 5 a b", "", 0),
  row("-n 9 a b", "a b differ: char 6, line 2\na b differ: char 9, line 3\n", 1),
  row("a b 4 4", "a b differ: char 2, line 1\n", 1),
  row("a start", "", 1, "cmp: EOF on start\n"),
  row("start", "", 0),
  row("empty -", "", 1, "cmp: EOF on empty\n"),
  row("a none", "", 2, "cmp: none: No such file or directory\n"),
  row("-s a none", "", 2),
  row("a b x", "", 1, "cmp: invalid number 'x'\n"),
]);
