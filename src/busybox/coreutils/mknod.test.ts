import { applet } from "../../../test/support/applet.ts";
import { mknod } from "./mknod.ts";

applet(mknod, [
  { name: "no type", args: "n", stderr: "usage", status: 1 },
  { name: "no numbers", args: "n c", stderr: "usage", status: 1 },
  {
    name: "number too big",
    args: "n c 9999999 1",
    stderr: "mknod: number 9999999 is not in 0..4095 range\n",
    status: 1,
  },
  { name: "wrong number", args: "n b x 1", stderr: "mknod: invalid number 'x'\n", status: 1 },
]);
