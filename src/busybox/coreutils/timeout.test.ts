import { applet } from "../../../test/support/applet.ts";
import { timeout } from "./timeout.ts";

applet(timeout, [
  { name: "wants a time", args: "x true", stderr: "timeout: invalid number 'x'\n", status: 1 },
  { name: "and a program", args: "1", stderr: "usage", status: 1 },
  {
    name: "a signal that is none",
    args: "-s XX 1 true",
    stderr: "timeout: unknown signal 'XX'\n",
    status: 1,
  },
  {
    name: "what is not there",
    args: "5 nope",
    stderr: "timeout: can't execute 'nope': No such file or directory\n",
    status: 127,
  },
]);
