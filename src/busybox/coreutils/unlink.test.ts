import { applet } from "../../../test/support/applet.ts";
import { unlink } from "./unlink.ts";

applet(unlink, [
  { name: "removes", files: { a: "1\n2\n3\n", b: "x\ny\n" }, args: "a", after: { a: undefined } },
  {
    name: "not directories",
    files: { "d/": "" },
    args: "d",
    stderr: "unlink: can't remove file 'd': Is a directory\n",
    status: 1,
  },
  {
    name: "one file only",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "a b",
    stderr: "usage",
    status: 1,
    after: { a: "1\n2\n3\n" },
  },
]);
