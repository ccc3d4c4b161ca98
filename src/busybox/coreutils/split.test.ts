import { applet } from "../../../test/support/applet.ts";
import { split } from "./split.ts";

applet(split, [
  {
    name: "by lines",
    args: "-l 2",
    stdin: "a\nb\nc\n",
    after: { xaa: "a\nb\n", xab: "c\n", xac: undefined },
  },
  {
    name: "by bytes, with a prefix",
    args: "-b 2 - p",
    stdin: "abc",
    after: { paa: "ab", pab: "c" },
  },
  {
    name: "suffixes run out",
    args: "-a 1 -b 1",
    stdin: "xxxxxxxxxxxxxxxxxxxxxxxxxxx",
    stderr: "split: suffixes exhausted\n",
    status: 1,
    after: { xz: "x" },
  },
  { name: "a long suffix", args: "-a 300", stderr: "split: suffix too long\n", status: 1 },
  {
    name: "a missing file",
    args: "nope",
    stderr: "split: can't open 'nope': No such file or directory\n",
    status: 1,
  },
]);
