import { applet } from "../../../test/support/applet.ts";
import { mv } from "./mv.ts";

applet(mv, [
  {
    name: "renames",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-v a c",
    stdout: "'a' -> 'c'\n",
    after: { a: undefined, c: "A\n" },
  },
  {
    name: "into a directory",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "a b d",
    after: { "d/a": "A\n", "d/b": "B\n" },
  },
  {
    name: "asks",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-i a b",
    stdin: "n\n",
    stderr: "mv: overwrite 'b'? ",
    after: { a: "A\n", b: "B\n" },
  },
  {
    name: "never overwrites",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-n a b",
    after: { a: "A\n", b: "B\n" },
  },
  {
    name: "missing",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "nope x",
    stderr: "mv: can't rename 'nope': No such file or directory\n",
    status: 1,
  },
  {
    name: "into nowhere",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-v a nope/x",
    stdout: "'a' -> 'nope/x'\n",
    stderr: "mv: can't rename 'a': No such file or directory\n",
    status: 1,
  },
  {
    name: "-T and a directory",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-T a d",
    stderr: "mv: 'd' is a directory\n",
    status: 1,
  },
  {
    name: "a directory into itself",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "d d",
    stderr: "mv: can't rename 'd': Invalid argument\n",
    status: 1,
  },
  {
    name: "a file over a directory",
    files: {
      a: "A\n",
      b: "B\n",
      "d/x": "X\n",
      l: "-> a",
      ld: "-> d",
      dang: "-> none",
      "n/a/z": "Z",
    },
    args: "a n",
    stderr: "mv: can't rename 'a': Is a directory\n",
    status: 1,
  },
]);
