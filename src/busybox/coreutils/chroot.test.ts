import { applet } from "../../../test/support/applet.ts";
import { chroot } from "./chroot.ts";

applet(chroot, [
  {
    name: "no directory",
    args: "/nope",
    stderr: "chroot: can't change root directory to '/nope': No such file or directory\n",
    status: 1,
  },
  {
    name: "no program",
    args: "/ nope",
    stderr: "chroot: can't execute 'nope': No such file or directory\n",
    status: 127,
  },
]);
