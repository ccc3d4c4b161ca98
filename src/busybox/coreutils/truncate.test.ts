import { applet } from "../../../test/support/applet.ts";
import { truncate } from "./truncate.ts";

applet(truncate, [
  {
    name: "cuts and grows",
    files: { a: "hello", b: "" },
    args: "-s 3 a b",
    after: { a: "hel", b: "\u0000\u0000\u0000" },
  },
  { name: "units", args: "-s 1k n", after: {} },
  { name: "does not make files with -c", args: "-c -s 1 n", after: { n: undefined } },
  {
    name: "no relative sizes",
    args: "-s +3 a",
    stderr: "truncate: invalid number '+3'\n",
    status: 1,
  },
  { name: "wants a size", args: "a", stderr: "usage", status: 1 },
]);
