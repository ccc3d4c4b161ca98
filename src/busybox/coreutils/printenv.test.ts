import { applet } from "../../../test/support/applet.ts";
import { printenv } from "./printenv.ts";

applet(printenv, [
  { name: "all", env: { A: "1" }, stdout: "PATH=/sbin:/usr/sbin:/bin:/usr/bin\nA=1\n" },
  {
    name: "status tells what is missing",
    env: { A: "1" },
    args: "A NOPE",
    stdout: "1\n",
    status: 1,
  },
]);
