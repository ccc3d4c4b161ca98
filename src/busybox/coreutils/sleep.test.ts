import { applet } from "../../../test/support/applet.ts";
import { sleep } from "./sleep.ts";

applet(sleep, [
  { name: "adds up", args: "0 0.01s .01" },
  { name: "wants a number", args: "1x", stderr: "sleep: invalid number '1x'\n", status: 1 },
  { name: "wants an argument", stderr: "usage", status: 1 },
]);
