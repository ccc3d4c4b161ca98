import { applet } from "../../../test/support/applet.ts";
import { paste } from "./paste.ts";

applet(paste, [
  {
    name: "side by side",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "a b",
    stdout: "1\tx\n2\ty\n3\t",
  },
  {
    name: "separators are used in turn, but not for what has ended",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "-d abc a b a a",
    stdout: "1axb1c1\n2ayb2c2\n3a3b3\n",
  },
  {
    name: "one file on a line",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "-s -d :; a b",
    stdout: "1:2;3\nx:y\n",
  },
  {
    name: "escapes",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    argv: ["-d", "\\n\\0", "a", "b", "a"],
    stdout: "1\nx1\n2\ny2\n3\n3\n",
  },
  { name: "standard input twice", args: "- -", stdin: "1\n2\n3\n", stdout: "1\t2\n3\t" },
  {
    name: "stops at a missing file",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "a nope",
    stderr: "paste: nope: No such file or directory\n",
    status: 1,
  },
  {
    name: "an empty list",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    argv: ["-d", "", "a"],
    stderr: "paste: -d '' is not supported\n",
    status: 1,
  },
]);
