import { applet } from "../../../test/support/applet.ts";
import { xargs } from "./xargs.ts";

// Without a command to run, what would be run is seen by -t and in the complaint.
const missing = (trace: string): { status: number; stderr: string } => ({
  status: 127,
  stderr: `${trace}\nxargs: x: No such file or directory\n`,
});

applet(xargs, [
  { name: "words", args: "-t x", stdin: "a 'b c'\n\\ d \"\" e", ...missing("x a b c  d e") },
  { name: "NULs", args: "-0t x", stdin: "a\0b c\0\0d\n", ...missing("x a b c  d\n") },
  { name: "lines", args: "-t -I% x <%>%", stdin: "  a 'b \nc", ...missing("x <a 'b >a 'b ") },
  { name: "a number", args: "-tn2 x y", stdin: "a b c", ...missing("x y a b") },
  { name: "a size", args: "-ts 6 x", stdin: "a b c", ...missing("x a b") },
  { name: "the end", args: "-t -E _ x", stdin: "a _x _ b", ...missing("x a _x") },
  { name: "nothing", args: "-t x", stdin: " \n", ...missing("x") },
  { name: "nothing, -r", args: "-r x", stdin: " \n" },
  { name: "a file", args: "-ta in x", files: { in: "q" }, ...missing("x q") },
  {
    name: "too long",
    args: "-s 4 x",
    stdin: "abc",
    status: 1,
    stderr: "xargs: argument line too long\n",
  },
  {
    name: "a quote",
    args: "x",
    stdin: "a 'b",
    status: 1,
    stderr: "xargs: unmatched single quote\n",
  },
]);
