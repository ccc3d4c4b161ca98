import { applet } from "../../../test/support/applet.ts";
import { chattr, lsattr } from "./chattr.ts";

applet(chattr, [
  { name: "no files", args: "+A", stderr: "usage", status: 1 },
  { name: "a letter that is none", args: "+x a", stderr: "usage", status: 1 },
  {
    name: "nothing to do",
    args: "A a",
    stderr: "chattr: must use -v, -p, =, - or +\n",
    status: 1,
  },
  {
    name: "= and +",
    args: "=A +d a",
    stderr: "chattr: = is incompatible with - and +\n",
    status: 1,
  },
  {
    name: "no file",
    args: "+A nonex",
    stderr: "chattr: can't stat 'nonex': No such file or directory\n",
  },
  {
    name: "a file system without attributes",
    args: "+A a",
    files: { a: "" },
    stderr: "chattr: getting flags on a: Not a tty\n",
  },
]);

applet(lsattr, [
  {
    name: "no file",
    args: "nonex",
    stderr: "lsattr: can't stat 'nonex': No such file or directory\n",
  },
  {
    name: "links are not followed",
    args: "l",
    files: { a: "", l: "-> a" },
    stderr: "lsattr: can't open 'l': Symbolic link loop\n",
  },
]);
