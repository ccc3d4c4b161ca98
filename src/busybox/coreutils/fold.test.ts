import { applet } from "../../../test/support/applet.ts";
import { fold } from "./fold.ts";

applet(fold, [
  {
    name: "columns",
    files: { f: "hello wonderful world\tx\ty\bz\rfoo bar\n", u: "héllo wörld\nabc def" },
    args: "-w 8 f",
    stdout: "hello wo\nnderful \nworld\t\nx\t\ny\bz\rfoo bar\n",
  },
  {
    name: "after blanks",
    files: { f: "hello wonderful world\tx\ty\bz\rfoo bar\n", u: "héllo wörld\nabc def" },
    args: "-s -w 8 f",
    stdout: "hello \nwonderfu\nl world\t\nx\t\ny\bz\rfoo bar\n",
  },
  {
    name: "bytes",
    files: { f: "hello wonderful world\tx\ty\bz\rfoo bar\n", u: "héllo wörld\nabc def" },
    args: "-b -w 8 f",
    stdout: "hello wo\nnderful \nworld\tx\t\ny\bz\rfoo \nbar\n",
  },
  {
    name: "bytes after blanks",
    files: { f: "hello wonderful world\tx\ty\bz\rfoo bar\n", u: "héllo wörld\nabc def" },
    args: "-bs -w 8 f",
    stdout: "hello \nwonderfu\nl world\t\nx\t\ny\bz\rfoo \nbar\n",
  },
  {
    name: "characters",
    files: { f: "hello wonderful world\tx\ty\bz\rfoo bar\n", u: "héllo wörld\nabc def" },
    args: "-w 3 u",
    stdout: "hél\nlo \nwör\nld\nabc\n de\nf",
  },
  {
    name: "no newline at the end",
    files: { f: "hello wonderful world\tx\ty\bz\rfoo bar\n", u: "héllo wörld\nabc def" },
    args: "-s -w 5 u",
    stdout: "héllo\n \nwörld\nabc \ndef",
  },
  {
    name: "width 0",
    files: { f: "hello wonderful world\tx\ty\bz\rfoo bar\n", u: "héllo wörld\nabc def" },
    args: "-w 0 f",
    stderr: "fold: number 0 is not in 1..10000 range\n",
    status: 1,
  },
  {
    name: "missing file",
    args: "nope",
    stderr: "fold: nope: No such file or directory\n",
    status: 1,
  },
]);
