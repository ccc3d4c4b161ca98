import { applet } from "../../../test/support/applet.ts";
import { nohup } from "./nohup.ts";

applet(nohup, [
  { name: "fails with 127 without a program", stderr: "usage", status: 127 },
  {
    name: "what is not there",
    args: "nope",
    stderr: "nohup: can't execute 'nope': No such file or directory\n",
    status: 127,
  },
]);
