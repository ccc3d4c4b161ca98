import { applet } from "../../../test/support/applet.ts";
import { readlink } from "./readlink.ts";

applet(readlink, [
  { name: "of a link", files: { l: "-> d" }, args: "l", stdout: "d\n" },
  { name: "says nothing about a file", files: { f: "" }, args: "f", status: 1 },
  {
    name: "but for -v",
    files: { f: "" },
    args: "-v f",
    stderr: "readlink: f: cannot read link: not a symlink\n",
    status: 1,
  },
  {
    name: "-f lets the last part be missing",
    files: { "d/": "", l: "-> d" },
    args: "-f l/x",
    stdout: "/t/d/x\n",
  },
  { name: "-f but not one before it", args: "-f nope/x", status: 1 },
  { name: "-f through a file", files: { f: "" }, args: "-f f/", status: 1 },
  { name: "-f round a loop", files: { l: "-> l" }, args: "-f l", status: 1 },
  { name: "-n", files: { l: "-> d" }, args: "-n l", stdout: "d" },
]);
