import { applet } from "../../../test/support/applet.ts";
import { flock } from "./flock.ts";

applet(flock, [
  { name: "nothing", stderr: "usage", status: 1 },
  { name: "a descriptor", args: "0" },
  { name: "no descriptor", args: "x", stderr: "flock: invalid number 'x'\n", status: 1 },
  { name: "closed descriptor", args: "99", stderr: "flock: Bad file descriptor\n", status: 1 },
  { name: "two kinds at once", args: "-sx 0", stderr: "flock: Invalid argument\n", status: 1 },
  {
    name: "no such program; the file is made",
    args: "x nope",
    stderr: "flock: nope: No such file or directory\n",
    status: 255,
    after: { x: "" },
  },
  {
    name: "no such shell",
    args: "x -c nope",
    env: { SHELL: "/bin/none" },
    stderr: "flock: /bin/none: No such file or directory\n",
    status: 255,
  },
  {
    name: "a directory",
    args: ". nope",
    stderr: "flock: nope: No such file or directory\n",
    status: 255,
  },
  {
    name: "-c with more",
    args: "x -c a b",
    stderr: "flock: -c takes only one argument\n",
    status: 1,
  },
  {
    name: "cannot be opened",
    args: "n/x true",
    stderr: "flock: can't open 'n/x': No such file or directory\n",
    status: 1,
  },
]);
