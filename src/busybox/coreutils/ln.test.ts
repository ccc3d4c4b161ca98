import { applet } from "../../../test/support/applet.ts";
import { ln } from "./ln.ts";

applet(ln, [
  {
    name: "symbolic",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-s -v x y",
    stdout: "'y' -> 'x'\n",
  },
  {
    name: "hard",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-v a h",
    stdout: "'h' -> 'a'\n",
    after: { h: "A\n" },
  },
  {
    name: "into a directory",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "a b d",
    after: { "d/a": "A\n", "d/b": "B\n" },
  },
  {
    name: "name taken",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-s x a",
    stderr: "ln: a: File exists\n",
    status: 1,
    after: { a: "A\n" },
  },
  {
    name: "by force",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-sf b l",
    after: { l: "B\n" },
  },
  {
    name: "through a link to a directory",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-s z ld",
  },
  {
    name: "-n",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-sn z ld",
    stderr: "ln: ld: File exists\n",
    status: 1,
  },
  {
    name: "backup",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-b -s b a",
    after: { a: "B\n", "a~": "A\n" },
  },
  {
    name: "suffix",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-b -S .old -s b a",
    after: { "a.old": "A\n" },
  },
  {
    name: "-T and a directory",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-T a d",
    stderr: "ln: 'd' is a directory\n",
    status: 1,
  },
  {
    name: "missing",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "nope n",
    stderr: "ln: nope: No such file or directory\n",
    status: 1,
  },
  {
    name: "a directory",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "d n",
    stderr: "ln: n: Operation not permitted\n",
    status: 1,
  },
]);
