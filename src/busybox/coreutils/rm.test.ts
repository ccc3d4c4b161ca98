import { applet } from "../../../test/support/applet.ts";
import { rm } from "./rm.ts";

applet(rm, [
  {
    name: "removes",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "-v a b",
    stdout: "removed 'a'\nremoved 'b'\n",
    after: { a: undefined, b: undefined },
  },
  {
    name: "not directories",
    files: { "d/x": "", a: "" },
    args: "d a",
    stderr: "rm: 'd' is a directory\n",
    status: 1,
    after: { a: undefined },
  },
  {
    name: "trees",
    files: { "d/x": "" },
    args: "-rv d",
    stdout: "removed 'd/x'\nremoved directory: 'd'\n",
    after: { "d/x": undefined },
  },
  {
    name: "never the directory itself",
    files: { "d/": "" },
    args: "-rf . d/..",
    stderr: "rm: can't remove '.' or '..'\nrm: can't remove '.' or '..'\n",
    status: 1,
  },
  { name: "-f minds nothing missing", args: "-f nope" },
  {
    name: "asks",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "-i a b",
    stdin: "n\ny\n",
    stderr: "rm: remove 'a'? rm: remove 'b'? ",
    after: { a: "1\n2\n3\n", b: undefined },
  },
  {
    name: "a slash behind a file says nothing",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "a/",
    after: { a: undefined },
  },
  { name: "wants operands", stderr: "usage", status: 1 },
]);
