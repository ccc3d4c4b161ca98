import { applet } from "../../../test/support/applet.ts";
import { whoami } from "./whoami.ts";

applet(whoami, [
  { name: "root", stdout: "root\n" },
  { name: "takes no arguments", args: "x", stderr: "usage", status: 1 },
]);
