import { applet } from "../../../test/support/applet.ts";
import { chown } from "./chown.ts";

applet(chown, [
  {
    name: "verbose",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-v bin:daemon a",
    stdout: "changed ownership of 'a' to 1:2\n",
  },
  {
    name: "group only",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-v :10 a",
    stdout: "changed ownership of 'a' to 0:10\n",
  },
  {
    name: "login group",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "-v bin: a",
    stdout: "changed ownership of 'a' to 1:1\n",
  },
  {
    name: "unknown user",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "nobodyatall a",
    stderr: "chown: unknown user nobodyatall\n",
    status: 1,
  },
  {
    name: "unknown group",
    files: { a: "A\n", b: "B\n", "d/x": "X\n", l: "-> a", ld: "-> d", dang: "-> none" },
    args: "root:nogrp a",
    stderr: "chown: unknown user/group root:nogrp\n",
    status: 1,
  },
  {
    name: "missing",
    args: "root nope",
    stderr: "chown: nope: No such file or directory\n",
    status: 1,
  },
]);
