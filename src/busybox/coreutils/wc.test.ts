import { applet } from "../../../test/support/applet.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { wc } from "./wc.ts";

applet(wc, [
  { name: "lines, words, bytes", stdin: "a b\nc\n", stdout: "        2         3         6\n" },
  { name: "one number is not padded", files: { f: "a\nb\n" }, args: "-l f", stdout: "2 f\n" },
  {
    name: "several files",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "-l a b",
    stdout: "        3 a\n        2 b\n        5 total\n",
  },
  {
    name: "characters",
    env: { LANG: "C.UTF-8" },
    args: "-m",
    stdin: bytesOf("h\xc3\xa9\n"),
    stdout: "3\n",
  },
  {
    name: "are bytes in the C locale",
    env: { LC_ALL: "C" },
    args: "-m",
    stdin: bytesOf("h\xc3\xa9\n"),
    stdout: "4\n",
  },
  {
    name: "what is not visible makes no word",
    args: "-w",
    stdin: bytesOf("a\u0001b \u0001 \xc3\xa9"),
    stdout: "1\n",
  },
  { name: "the longest line", args: "-L", stdin: "a\tb\nabc\n", stdout: "9\n" },
  {
    name: "goes on after a missing file",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "nope a",
    stdout: "        3         3         6 a\n        3         3         6 total\n",
    stderr: "wc: nope: No such file or directory\n",
    status: 1,
  },
]);
