import { applet } from "../../../test/support/applet.ts";
import { usleep } from "./usleep.ts";

applet(usleep, [
  { name: "waits", args: "10" },
  { name: "wants a number", args: "x", stderr: "usleep: invalid number 'x'\n", status: 1 },
]);
