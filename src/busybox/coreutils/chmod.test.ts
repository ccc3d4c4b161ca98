import { applet } from "../../../test/support/applet.ts";
import { chmod } from "./chmod.ts";

applet(chmod, [
  {
    name: "verbose",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-v 644 a",
    stdout: "mode of 'a' changed to 0644 (rw-r--r--)\n",
  },
  {
    name: "a mode like an option",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-v -x,u+s a",
    stdout: "mode of 'a' changed to 4644 (rwSr--r--)\n",
  },
  {
    name: "a tree",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-Rv u+x d",
    stdout: "mode of 'd' changed to 0755 (rwxr-xr-x)\nmode of 'd/x' changed to 0744 (rwxr--r--)\n",
  },
  {
    name: "wrong mode",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "zz a",
    stderr: "chmod: invalid mode 'zz'\n",
    status: 1,
  },
  {
    name: "missing",
    args: "-f 600 nope",
    stderr: "chmod: nope: No such file or directory\n",
    status: 1,
  },
]);
