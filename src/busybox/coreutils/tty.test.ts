import { applet } from "../../../test/support/applet.ts";
import { tty } from "./tty.ts";

applet(tty, [
  { name: "no terminal", stdout: "not a tty\n", status: 1 },
  {
    name: "arguments are ignored",
    args: "-s",
    stdout: "not a tty\n",
    stderr: "tty: ignoring all arguments\n",
    status: 1,
  },
]);
