import { applet } from "../../../test/support/applet.ts";
import { uniq } from "./uniq.ts";

applet(uniq, [
  { name: "runs", stdin: "a\na\nb\na\n", stdout: "a\nb\na\n" },
  { name: "counts", args: "-c", stdin: "a\na\nb", stdout: "      2 a\n      1 b\n" },
  { name: "repeated ones", args: "-d", stdin: "a\na\nb\n", stdout: "a\n" },
  { name: "single ones", args: "-u", stdin: "a\na\nb\n", stdout: "b\n" },
  { name: "without case", args: "-ic", stdin: "a\nA\n", stdout: "      2 a\n" },
  {
    name: "leaving out fields, characters and the rest",
    args: "-f1 -s1 -w1",
    stdin: "x 1ab\ny 2ac\nz 2b\n",
    stdout: "x 1ab\ny 2ac\n",
  },
  { name: "between files", files: { a: "x\nx\n" }, args: "a o", after: { o: "x\n" } },
  { name: "a NUL ends a line", args: "-z", stdin: "a\u0000a\u0000b\n", stdout: "a\u0000b\u0000" },
  {
    name: "a missing file",
    args: "nope",
    stderr: "uniq: can't open 'nope': No such file or directory\n",
    status: 1,
  },
]);
