import { applet } from "../../../test/support/applet.ts";
import { realpath } from "./realpath.ts";

applet(realpath, [
  {
    name: "resolves",
    files: { "d/": "", l: "-> d", f: "" },
    args: "l ./d/../f",
    stdout: "/t/d\n/t/f\n",
  },
  {
    name: "a dangling link is resolved, what is missing is not",
    files: { l: "-> gone" },
    args: "l nope",
    stdout: "/t/gone\n",
    stderr: "realpath: nope: No such file or directory\n",
    status: 1,
  },
]);
