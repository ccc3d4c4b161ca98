import { applet } from "../../../test/support/applet.ts";
import { shuf } from "./shuf.ts";

applet(shuf, [
  { name: "arguments", args: "-e a", stdout: "a\n" },
  { name: "a range of one", args: "-i 3-3", stdout: "3\n" },
  { name: "a range the wrong way", args: "-i 5-3", stderr: "shuf: bad range '5-3'\n", status: 1 },
  { name: "none of them", args: "-n 0 -e a b" },
  { name: "NUL terminated", args: "-z -e a", stdout: "a\u0000" },
  { name: "into a file", args: "-o out -e q", after: { out: "q\n" } },
  { name: "one line without newline", files: { f: "x" }, args: "f", stdout: "x\n" },
]);
