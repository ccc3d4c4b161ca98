import { applet } from "../../../test/support/applet.ts";
import { tail } from "./tail.ts";

applet(tail, [
  {
    name: "ten lines",
    stdin: "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n",
    stdout: "3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n",
  },
  {
    name: "of a file",
    files: { f: "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n" },
    args: "-n 3 f",
    stdout: "10\n11\n12\n",
  },
  {
    name: "from a line on",
    files: { f: "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n" },
    args: "-n +11 f",
    stdout: "11\n12\n",
  },
  {
    name: "the old forms",
    files: { f: "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n" },
    args: "-2 f",
    stdout: "11\n12\n",
  },
  {
    name: "and with a plus",
    files: { f: "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n" },
    args: "+12 f",
    stdout: "12\n",
  },
  {
    name: "bytes",
    files: { f: "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n" },
    args: "-c 4 f",
    stdout: "\n12\n",
  },
  {
    name: "from a byte on",
    args: "-c +26",
    stdin: "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n",
    stdout: "2\n",
  },
  { name: "a last line without newline", args: "-n 1", stdin: "a\nb", stdout: "b" },
  {
    name: "names of several",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "-n1 a b",
    stdout: "==> a <==\n3\n\n==> b <==\ny\n",
  },
  {
    name: "or of none",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "-qn1 a b",
    stdout: "3\ny\n",
  },
  {
    name: "goes on after a missing file",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "-v -n 1 nope a",
    stdout: "==> a <==\n3\n",
    stderr: "tail: can't open 'nope': No such file or directory\n",
    status: 1,
  },
  {
    name: "nothing is left",
    args: "nope",
    stderr: "tail: can't open 'nope': No such file or directory\ntail: no files\n",
    status: 1,
  },
  {
    name: "more than one chunk",
    args: "-n 1",
    stdin: `${"x".repeat(70000)}\nyyy\n`,
    stdout: "yyy\n",
  },
]);
