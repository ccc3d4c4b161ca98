import { applet } from "../../../test/support/applet.ts";
import { which } from "./which.ts";

applet(which, [
  { name: "no operands", stderr: "usage", status: 1 },
  { name: "not there", args: "nope", env: { PATH: "/bin:/t" }, status: 1 },
  { name: "not executable", files: { x: "" }, args: "./x", status: 1 },
  { name: "a directory", files: { "x/": "" }, args: "./x x", env: { PATH: "/t" }, status: 1 },
  { name: "an empty name", argv: [""], status: 1 },
]);
