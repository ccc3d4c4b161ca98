import { applet } from "../../../test/support/applet.ts";
import { tee } from "./tee.ts";

applet(tee, [
  { name: "into files", args: "a b", stdin: "x\n", stdout: "x\n", after: { a: "x\n", b: "x\n" } },
  {
    name: "appends",
    files: { a: "1\n" },
    args: "-a a",
    stdin: "x\n",
    stdout: "x\n",
    after: { a: "1\nx\n" },
  },
  {
    name: "goes on when one cannot be opened",
    args: "no/a b",
    stdin: "x\n",
    stdout: "x\n",
    stderr: "tee: no/a: No such file or directory\n",
    status: 1,
    after: { b: "x\n" },
  },
]);
