import { applet } from "../../../test/support/applet.ts";
import { mktemp } from "./mktemp.ts";

applet(mktemp, [
  { name: "a template without X", args: "foo", stderr: "mktemp: Invalid argument\n", status: 1 },
  { name: "too few", args: "foo.XXXXX", stderr: "mktemp: Invalid argument\n", status: 1 },
  { name: "not at the end", args: "XXXXXXa", stderr: "mktemp: Invalid argument\n", status: 1 },
  {
    name: "no directory",
    args: "-p /nope",
    stderr: "mktemp: No such file or directory\n",
    status: 1,
  },
  { name: "quietly", args: "-q -p /nope", status: 1 },
  { name: "two templates", args: "a b", stderr: "usage", status: 1 },
]);
