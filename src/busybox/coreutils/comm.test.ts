import { applet } from "../../../test/support/applet.ts";
import { comm } from "./comm.ts";

applet(comm, [
  {
    name: "three columns",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "1 2",
    stdout: "a\n\t\tb\n\t\tc\n\td\n",
  },
  {
    name: "leaves columns out",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-1 1 2",
    stdout: "\tb\n\tc\nd\n",
  },
  {
    name: "two of them",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "-23 1 2",
    stdout: "a\n",
  },
  {
    name: "reads stdin",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "1 -",
    stdin: "c\n",
    stdout: "a\nb\n\t\tc\n",
  },
  {
    name: "missing file",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "1 nope",
    stderr: "comm: nope: No such file or directory\n",
    status: 1,
  },
  {
    name: "one argument",
    files: { "1": "a\nb\nc\n", "2": "b\nc\nd", c: "a:b:c:d\nxyz\n::\n\nq" },
    args: "1",
    stderr: "usage",
    status: 1,
  },
]);
