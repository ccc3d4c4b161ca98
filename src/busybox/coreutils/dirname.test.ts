import { applet } from "../../../test/support/applet.ts";
import { dirname } from "./dirname.ts";

applet(dirname, [
  { name: "all but the last part", args: "/a/b/", stdout: "/a\n" },
  { name: "doubled slashes", args: "a//b", stdout: "a\n" },
  { name: "at the root", args: "//a", stdout: "/\n" },
  { name: "of a bare name", args: "a", stdout: ".\n" },
  { name: "of nothing", argv: [""], stdout: ".\n" },
  { name: "after --", args: "-- -x/y", stdout: "-x\n" },
  { name: "two arguments", args: "a b", stderr: "usage", status: 1 },
]);
