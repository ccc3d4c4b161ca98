import { applet } from "../../../test/support/applet.ts";
import { uname } from "./uname.ts";

applet(uname, [
  { name: "the kernel", stdout: "Linux\n" },
  { name: "what is not known", args: "-io", stdout: "unknown Linux\n" },
  { name: "takes no operands", args: "x", stderr: "usage", status: 1 },
]);
