import { applet } from "../../../test/support/applet.ts";
import { fallocate } from "../util-linux/fallocate.ts";
import { nologin } from "../util-linux/nologin.ts";
import { tree } from "./tree.ts";

applet(tree, [
  {
    name: "directories, files, links",
    files: { "b/c/z": "", "a/": "", ".h": "", f: "", l: "-> b" },
    stdout:
      ".\n├── a\n├── b\n│   └── c\n│       └── z\n├── f\n└── l -> b\n\n3 directories, 3 files\n",
  },
  {
    name: "not there",
    args: "nosuch",
    stdout: "nosuch [error opening dir]\n\n0 directories, 0 files\n",
  },
  {
    name: "in the C locale",
    env: { LC_ALL: "C" },
    files: { "b/z": "" },
    stdout: ".\n`-- b\n    `-- z\n\n1 directories, 1 files\n",
  },
]);

applet(nologin, [{ name: "says so", stdout: "This account is not available\n", status: 1 }]);

applet(fallocate, [
  { name: "without a length", args: "x", stderr: "usage", status: 1 },
  { name: "zeros", args: "-l 3 x", after: { x: "\0\0\0" } },
  {
    name: "length 0",
    args: "-l 0 x",
    stderr: "fallocate: fallocate 'x': Invalid argument\n",
    status: 1,
  },
]);
