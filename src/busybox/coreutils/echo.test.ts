import { applet } from "../../../test/support/applet.ts";
import { echo } from "./echo.ts";

applet(echo, [
  { name: "escapes", args: "-e a\\tb\\c d", stdout: "a\tb" },
  { name: "no newline", args: "-n x", stdout: "x" },
  { name: "no help", args: "--help", stdout: "--help\n" },
]);
