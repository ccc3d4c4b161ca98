import { applet } from "../../../test/support/applet.ts";
import { mountpoint } from "./mountpoint.ts";

applet(mountpoint, [
  { name: "the root", args: "/", stdout: "/ is a mountpoint\n" },
  { name: "another directory", args: "/t", stdout: "/t is not a mountpoint\n", status: 1 },
  { name: "silently", args: "-q /t", status: 1 },
  { name: "device name", args: "-n /", stdout: "UNKNOWN /\n" },
  {
    name: "a file",
    files: { f: "" },
    args: "f",
    stderr: "mountpoint: f: Not a directory\n",
    status: 1,
  },
  { name: "a file, silently", files: { f: "" }, args: "-q f", status: 1 },
  {
    name: "a link",
    files: { l: "-> /" },
    args: "l",
    stderr: "mountpoint: l: Not a directory\n",
    status: 1,
  },
  {
    name: "-x of a directory",
    args: "-x /",
    stderr: "mountpoint: /: not a block device\n",
    status: 1,
  },
  {
    name: "not there",
    args: "nope",
    stderr: "mountpoint: nope: No such file or directory\n",
    status: 1,
  },
  { name: "two", args: "/ /", stderr: "usage", status: 1 },
]);
