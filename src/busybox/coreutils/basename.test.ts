import { applet } from "../../../test/support/applet.ts";
import { basename } from "./basename.ts";

applet(basename, [
  { name: "the last part", args: "a/b/", stdout: "b\n" },
  { name: "of the root", args: "//", stdout: "/\n" },
  { name: "takes a suffix off", args: "a/b.c .c", stdout: "b\n" },
  { name: "but not all of a name", args: ".c .c", stdout: ".c\n" },
  { name: "of many", args: "-a a/b c/d", stdout: "b\nd\n" },
  { name: "of many with a suffix", args: "-s .c a.c b/d.c", stdout: "a\nd\n" },
  { name: "nothing given", stderr: "usage", status: 1 },
  { name: "three arguments", args: "a b c", stderr: "usage", status: 1 },
]);
