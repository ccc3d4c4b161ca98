import { applet } from "../../../test/support/applet.ts";
import { cat } from "./cat.ts";

applet(cat, [
  {
    name: "one after the other",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "1 - 2",
    stdin: "-\n",
    stdout: "a\nb\nc\n-\nb\nc\nd",
  },
  {
    name: "goes on after a missing file",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "nope 1",
    stdout: "a\nb\nc\n",
    stderr: "cat: can't open 'nope': No such file or directory\n",
    status: 1,
  },
  {
    name: "numbers lines",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-n 1 2 c",
    stdout:
      "     1\ta\n     2\tb\n     3\tc\n     4\tb\n     5\tc\n     6\td\n     7\ta:b:c:d\n     8\txyz\n     9\t::\n    10\t\n    11\tq\n",
  },
  {
    name: "numbers lines that are not empty",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-b c 2",
    stdout:
      "     1\ta:b:c:d\n     2\txyz\n     3\t::\n\n     4\tq\n     5\tb\n     6\tc\n     7\td\n",
  },
  {
    name: "makes bytes visible",
    files: {
      "1": "a\nb\nc\n",
      "2": "b\nc\nd",
      c: "a:b:c:d\nxyz\n::\n\nq",
      v: "\t\u0001\x7f\r\né\n",
    },
    args: "-A 1 v",
    stdout: "a$\nb$\nc$\n^I^A^?^M$\nM-CM-)$\n",
  },
  { name: "visible without tabs", files: { v: "a\tb\n" }, args: "-e v", stdout: "a\tb$\n" },
  {
    name: "numbers and visible",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-nA c 2",
    stdout:
      "     1  a:b:c:d$\n     2  xyz$\n     3  ::$\n     4  $\n     5  qb$\n     6  c$\n     7  d",
  },
  { name: "wrong option", args: "-z", stderr: "cat: unrecognized option: z\n…usage", status: 1 },
]);
