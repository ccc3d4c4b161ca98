import { applet } from "../../../test/support/applet.ts";
import { sort } from "./sort.ts";

applet(sort, [
  { name: "by bytes", files: { s: "b\na\nC\n10\n9\n" }, args: "s", stdout: "10\n9\nC\na\nb\n" },
  {
    name: "by number, then by bytes",
    args: "-n",
    stdin: "10\n9\nb\n1e1\na\n0x10\n-1\n",
    stdout: "-1\na\nb\n9\n10\n1e1\n0x10\n",
  },
  {
    name: "by field, the rest by the whole line",
    args: "-k2,2n",
    stdin: "x 10\nz 9\ny 9\n",
    stdout: "y 9\nz 9\nx 10\n",
  },
  { name: "stable", args: "-s -k2,2n", stdin: "x 10\nz 9\ny 9\n", stdout: "z 9\ny 9\nx 10\n" },
  {
    name: "by separated field in reverse",
    args: "-t : -k2r",
    stdin: "a:b\nb:c\nc:a\n",
    stdout: "b:c\na:b\nc:a\n",
  },
  {
    name: "one of each key: the least of them",
    args: "-u -k1,1",
    stdin: "b 2\na 1\nb 1\n",
    stdout: "a 1\nb 1\n",
  },
  {
    name: "the first of them when stable",
    args: "-su -k1,1",
    stdin: "b 2\na 1\nb 1\n",
    stdout: "a 1\nb 2\n",
  },
  { name: "without case", args: "-f", stdin: "b\nC\nB\na\n", stdout: "a\nB\nb\nC\n" },
  { name: "sizes", args: "-h", stdin: "2K\n1G\n3M\n5\n1.5K\n", stdout: "5\n1.5K\n2K\n3M\n1G\n" },
  { name: "months", args: "-M", stdin: "mar\nJan\nfoo\nDEC\n", stdout: "foo\nJan\nmar\nDEC\n" },
  {
    name: "versions",
    args: "-V",
    stdin: "a10\na9\na1.10\na1.2\n",
    stdout: "a1.2\na1.10\na9\na10\n",
  },
  {
    name: "general numbers",
    args: "-g",
    stdin: "1e3\nx\n-inf\nnan\n5\n",
    stdout: "x\nnan\n-inf\n5\n1e3\n",
  },
  {
    name: "an end character counts from the line's start",
    args: "-s -k2.2,2.4",
    stdin: "x b2\nx a1\ny a0\n",
    stdout: "y a0\nx a1\nx b2\n",
  },
  { name: "leading blanks", args: "-b", stdin: "  b\n a\nc\n", stdout: " a\n  b\nc\n" },
  {
    name: "long common beginnings",
    stdin: `${"x".repeat(40)}b\n${"x".repeat(40)}a\n${"x".repeat(40)}\nxxxxxx\n`,
    stdout: `xxxxxx\n${"x".repeat(40)}\n${"x".repeat(40)}a\n${"x".repeat(40)}b\n`,
  },
  { name: "a last line without newline", args: "-r", stdin: "a\nb", stdout: "b\na\n" },
  { name: "NUL ends lines", args: "-z", stdin: "b\u0000a\u0000", stdout: "a\u0000b\u0000" },
  { name: "checks", args: "-c", stdin: "a\nc\nb\n", stderr: "Check line 2\n", status: 1 },
  {
    name: "checks for equal ones",
    args: "-cu",
    stdin: "a\na\n",
    stderr: "Check line 1\n",
    status: 1,
  },
  {
    name: "onto itself",
    files: { s: "b\na\nC\n10\n9\n" },
    args: "-o s s",
    after: { s: "10\n9\nC\na\nb\n" },
  },
  {
    name: "a missing file ends it",
    files: { s: "b\na\nC\n10\n9\n" },
    args: "nope s",
    stderr: "sort: nope: No such file or directory\n",
    status: 2,
  },
  { name: "a wrong key", args: "-k 0", stderr: "sort: bad field specification\n", status: 2 },
  { name: "two orders at once", args: "-nM" },
]);
