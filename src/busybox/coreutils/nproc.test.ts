import { applet } from "../../../test/support/applet.ts";
import { nproc } from "./nproc.ts";

applet(nproc, [
  { name: "never less than one", args: "--ignore=100", stdout: "1\n" },
  { name: "wants a number", args: "--ignore=x", stderr: "nproc: invalid number 'x'\n", status: 1 },
]);
