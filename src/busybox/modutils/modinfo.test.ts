import { applet } from "../../../test/support/applet.ts";
import { depmod } from "./modinfo.ts";

const A = "x\0license=GPL\0depends=\0alias=pci:v1-x\0y\0__ksymtab_a_func\0";
const B = "x\0depends=a\0alias=foo\0";

applet(depmod, [
  {
    name: "what needs what",
    args: "-n -b . 1.2 a.ko b-x.ko",
    files: { "lib/modules/1.2/a.ko": A, "lib/modules/1.2/b-x.ko": B },
    stdout: "a.ko:\nb-x.ko: a.ko\nalias pci:v1_x a\nalias foo b_x\nalias symbol:a_func a\n",
  },
  {
    name: "no such place",
    args: "-b nonex",
    stderr: "depmod: can't change directory to 'nonex': No such file or directory\n",
    status: 1,
  },
]);
