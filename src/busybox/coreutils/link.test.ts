import { applet } from "../../../test/support/applet.ts";
import { link } from "./link.ts";

applet(link, [
  {
    name: "another name",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "a h",
    after: { h: "A\n" },
  },
  {
    name: "name taken",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "a b",
    stderr: "link: can't create hardlink 'b' to 'a': File exists\n",
    status: 1,
  },
  {
    name: "missing",
    args: "nope n",
    stderr: "link: can't create hardlink 'n' to 'nope': No such file or directory\n",
    status: 1,
  },
]);
