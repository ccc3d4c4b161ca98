import { applet } from "../../../test/support/applet.ts";
import { shred } from "./shred.ts";

applet(shred, [
  {
    name: "writes zeros",
    files: { f: "abc\n" },
    args: "-n0 -z f",
    after: { f: "\u0000\u0000\u0000\u0000" },
  },
  {
    name: "as many as told",
    files: { f: "abc\n" },
    args: "-n0 -z -s 2 f",
    after: { f: "\u0000\u0000c\n" },
  },
  { name: "removes", files: { f: "abc" }, args: "-u f", after: { f: undefined } },
  {
    name: "goes on after a missing file",
    files: { f: "x" },
    args: "-u nope f",
    stderr: "shred: can't open 'nope': No such file or directory\n",
    status: 1,
    after: { f: "x" },
  },
]);
