import { applet } from "../../../test/support/applet.ts";
import { tac } from "./tac.ts";

applet(tac, [
  { name: "reverses", stdin: "a\nb\nc", stdout: "cb\na\n" },
  {
    name: "file by file",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "a b",
    stdout: "3\n2\n1\ny\nx\n",
  },
  {
    name: "a directory",
    files: { "d/": "" },
    args: "d",
    stderr: "tac: d: Is a directory\n",
    status: 1,
  },
]);
