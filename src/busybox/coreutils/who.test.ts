import { applet } from "../../../test/support/applet.ts";
import { who } from "./who.ts";

applet(who, [
  { name: "a heading and nobody", args: "-H", stdout: "USER\t\tTTY\t\tIDLE\tTIME\t\t HOST\n" },
  { name: "takes no operands", args: "x", stderr: "usage", status: 1 },
]);
