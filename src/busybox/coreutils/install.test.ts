import { applet } from "../../../test/support/applet.ts";
import { install } from "./install.ts";

applet(install, [
  {
    name: "a file",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-v a n",
    stdout: "'a' -> 'n'\n",
    after: { n: "A\n" },
  },
  {
    name: "directories",
    args: "-dv v/w",
    stdout: "created directory: 'v/'\ncreated directory: 'v/w'\n",
  },
  {
    name: "with directories",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-Dv a v/w/x",
    stdout: "created directory: 'v/'\ncreated directory: 'v/w'\n'a' -> 'v/w/x'\n",
    after: { "v/w/x": "A\n" },
  },
  {
    name: "into a directory",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-v a b d",
    stdout: "'a' -> 'd/a'\n'b' -> 'd/b'\n",
    after: { "d/a": "A\n", "d/b": "B\n" },
  },
  {
    name: "unknown owner",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-o nobodyatall a n",
    stderr: "install: unknown user nobodyatall\n",
    status: 1,
  },
  {
    name: "a directory",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "d n",
    stderr: "install: omitting directory 'd'\n",
    status: 1,
  },
]);
