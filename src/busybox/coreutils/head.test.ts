import { applet } from "../../../test/support/applet.ts";
import { head } from "./head.ts";

applet(head, [
  {
    name: "ten lines",
    files: { s: "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n" },
    args: "s",
    stdout: "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n",
  },
  {
    name: "a number of lines",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-n1 c",
    stdout: "a:b:c:d\n",
  },
  {
    name: "old form",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-2 c",
    stdout: "a:b:c:d\nxyz\n",
  },
  {
    name: "bytes",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-c3 c",
    stdout: "a:b",
  },
  {
    name: "headers, and a missing file",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-n1 c nope 1",
    stdout: "==> c <==\na:b:c:d\n\n==> 1 <==\na\n",
    stderr: "head: nope: No such file or directory\n",
    status: 1,
  },
  {
    name: "no headers",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-q -n1 c 1",
    stdout: "a:b:c:d\na\n",
  },
  {
    name: "headers always",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-v -n1 c",
    stdout: "==> c <==\na:b:c:d\n",
  },
  {
    name: "stdin has a name",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-n1 - c",
    stdin: "x\ny\n",
    stdout: "==> standard input <==\nx\n\n==> c <==\na:b:c:d\n",
  },
  {
    name: "all but the last lines",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-n -2 c",
    stdout: "a:b:c:d\nxyz\n::\n",
  },
  {
    name: "all but the last bytes",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-c -3 c",
    stdout: "a:b:c:d\nxyz\n::",
  },
  {
    name: "all but none",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-n -0 c",
    stdout: "a:b:c:d\nxyz\n::\n\nq",
  },
  {
    name: "a wrong number",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-n +2 c",
    stderr: "head: invalid number '+2'\n",
    status: 1,
  },
  {
    name: "nothing",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    argv: ["-n", "", "c"],
    stderr: "head: invalid number ''\n",
    status: 1,
  },
]);
