import { applet } from "../../../test/support/applet.ts";
import { nice } from "./nice.ts";

applet(nice, [
  { name: "prints the niceness", stdout: "0\n" },
  { name: "wants a program", args: "-n 5", stderr: "usage", status: 1 },
  {
    name: "the number leaves its sign out",
    args: "-n -x nice",
    stderr: "nice: invalid number 'x'\n",
    status: 1,
  },
  {
    name: "status 127 for what is not there",
    args: "nope",
    stderr: "nice: can't execute 'nope': No such file or directory\n",
    status: 127,
  },
]);
