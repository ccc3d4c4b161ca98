import { applet } from "../../../test/support/applet.ts";
import { mkdir } from "./mkdir.ts";

applet(mkdir, [
  {
    name: "verbose",
    args: "-v q q/r",
    stdout: "created directory: 'q'\ncreated directory: 'q/r'\n",
  },
  {
    name: "parents",
    args: "-pv q/a/b",
    stdout: "created directory: 'q/'\ncreated directory: 'q/a/'\ncreated directory: 'q/a/b'\n",
  },
  {
    name: "name taken",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "d",
    stderr: "mkdir: can't create directory 'd': File exists\n",
    status: 1,
  },
  {
    name: "over a file",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-p a/x",
    stderr: "mkdir: can't create directory 'a/': Not a directory\n",
    status: 1,
  },
  {
    name: "no parent",
    args: "nope/x",
    stderr: "mkdir: can't create directory 'nope/x': No such file or directory\n",
    status: 1,
  },
  { name: "wrong mode", args: "-m zz q", stderr: "mkdir: invalid mode 'zz'\n", status: 1 },
  { name: "nothing given", stderr: "usage", status: 1 },
]);
