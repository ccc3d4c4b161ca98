import { applet } from "../../../test/support/applet.ts";
import { sum } from "./sum.ts";

applet(sum, [
  { name: "BSD", files: { s: "b\na\nC\n10\n9\n" }, args: "s", stdout: "65203     1 \n" },
  {
    name: "with names",
    files: { s: "b\na\nC\n10\n9\n" },
    args: "s s",
    stdout: "65203     1 s\n65203     1 s\n",
  },
  { name: "System V", args: "-s", stdin: "hello\n", stdout: "542 1 -\n" },
  {
    name: "goes on after a missing file",
    files: { s: "b\na\nC\n10\n9\n" },
    args: "-s nope s",
    stdout: "466 1 s\n",
    stderr: "sum: can't open 'nope': No such file or directory\n",
    status: 1,
  },
]);
