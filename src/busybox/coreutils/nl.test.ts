import { applet } from "../../../test/support/applet.ts";
import { nl } from "./nl.ts";

applet(nl, [
  {
    name: "numbers lines that are not empty",
    files: { f: "a\n\nb\n" },
    args: "f",
    stdout: "     1\ta\n       \n     2\tb\n",
  },
  {
    name: "all, with its own form",
    files: { f: "a\n\nb" },
    args: "-ba -v 5 -i 3 -w 3 -s : f",
    stdout: "  5:a\n  8:\n 11:b\n",
  },
  {
    name: "counts through all files",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "-w1 a b",
    stdout: "1\t1\n2\t2\n3\t3\n4\tx\n5\ty\n",
  },
  {
    name: "goes on after a missing file",
    files: { a: "x\n" },
    args: "nope a",
    stdout: "     1\tx\n",
    stderr: "nl: nope: No such file or directory\n",
    status: 1,
  },
]);
