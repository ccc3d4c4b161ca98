import { applet } from "../../../test/support/applet.ts";
import { expand, unexpand } from "./expand.ts";

applet(expand, [
  {
    name: "tabs to spaces",
    files: { e: "a\tb\n\t\tc d  e\n        x       y z\n  \t foo\n日\tx\n" },
    args: "e",
    stdout: "a       b\n                c d  e\n        x       y z\n         foo\n日      x\n",
  },
  {
    name: "width",
    files: { e: "a\tb\n\t\tc d  e\n        x       y z\n  \t foo\n日\tx\n" },
    args: "-t 4 e",
    stdout: "a   b\n        c d  e\n        x       y z\n     foo\n日  x\n",
  },
  {
    name: "initial only",
    files: { e: "a\tb\n\t\tc d  e\n        x       y z\n  \t foo\n日\tx\n" },
    args: "-i e",
    stdout: "a\tb\n                c d  e\n        x       y z\n         foo\n日\tx\n",
  },
  {
    name: "long name",
    files: { e: "a\tb\n\t\tc d  e\n        x       y z\n  \t foo\n日\tx\n" },
    args: "--tabs=3 e",
    stdout: "a  b\n      c d  e\n        x       y z\n    foo\n日 x\n",
  },
  {
    name: "no list of stops",
    files: { e: "a\tb\n\t\tc d  e\n        x       y z\n  \t foo\n日\tx\n" },
    args: "-t 2,5 e",
    stderr: "expand: invalid number '2,5'\n",
    status: 1,
  },
  {
    name: "missing file",
    files: { e: "a\tb\n\t\tc d  e\n        x       y z\n  \t foo\n日\tx\n" },
    args: "e nope",
    stdout: "a       b\n                c d  e\n        x       y z\n         foo\n日      x\n",
    stderr: "expand: nope: No such file or directory\n",
    status: 1,
  },
]);

applet(unexpand, [
  {
    name: "the first blanks",
    files: {
      e: "a       b       c\n       a        b\n \ta\t       b       c\na \t b     c      d\né      b       c\na   \n    \t    x\n",
    },
    args: "e",
    stdout:
      "a\tb       c\n       a        b\n\ta\t       b       c\na\t b     c      d\né      b       c\na   \n\t    x\n",
  },
  {
    name: "all blanks",
    files: {
      e: "a       b       c\n       a        b\n \ta\t       b       c\na \t b     c      d\né      b       c\na   \n    \t    x\n",
    },
    args: "-a e",
    stdout:
      "a\tb\tc\n       a\tb\n\ta\t       b       c\na\t b     c      d\né      b       c\na   \n\t    x\n",
  },
  {
    name: "a width means all",
    files: {
      e: "a       b       c\n       a        b\n \ta\t       b       c\na \t b     c      d\né      b       c\na   \n    \t    x\n",
    },
    args: "-t4 e",
    stdout:
      "a\t\tb\t\tc\n\t   a\t\tb\n\ta\t\t   b\t   c\na\t b\t   c\t  d\né\t   b\t   c\na\t\n\t\t\tx\n",
  },
  {
    name: "the first ones at a width",
    files: {
      e: "a       b       c\n       a        b\n \ta\t       b       c\na \t b     c      d\né      b       c\na   \n    \t    x\n",
    },
    args: "-f -t4 e",
    stdout:
      "a\t\tb       c\n\t   a        b\n\ta\t       b       c\na\t b     c      d\né\t   b       c\na\t\n\t\t\tx\n",
  },
]);
