import { applet } from "../../../test/support/applet.ts";
import { cksum } from "./cksum.ts";

applet(cksum, [
  { name: "reads stdin", stdin: "abc", stdout: "1219131554 3\n" },
  { name: "of nothing", stdout: "4294967295 0\n" },
  {
    name: "names each file",
    files: { a: "", b: "x" },
    args: "a b",
    stdout: "4294967295 0 a\n12738659 1 b\n",
  },
  {
    name: "goes on after a missing file",
    files: { a: "" },
    args: "nope a",
    stdout: "4294967295 0 a\n",
    stderr: "cksum: can't open 'nope': No such file or directory\n",
    status: 1,
  },
  { name: "of a directory", args: "/t", stderr: "cksum: /t: Is a directory\n", status: 1 },
]);
