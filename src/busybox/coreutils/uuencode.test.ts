import { applet } from "../../../test/support/applet.ts";
import { uuencode } from "./uuencode.ts";

applet(uuencode, [
  {
    name: "a file",
    files: { f: "hello world" },
    args: "f x",
    stdout: "begin 644 x\n+:&5L;&\\@=V]R;&0`\n`\nend\n",
  },
  {
    name: "in base64",
    args: "-m x",
    stdin: "hello world",
    stdout: "begin-base64 644 x\naGVsbG8gd29ybGQ=\n====\n",
  },
  {
    name: "more than a line",
    args: "x",
    stdin: "x".repeat(50),
    stdout:
      "begin 644 x\nM>'AX>'AX>'AX>'AX>'AX>'AX>'AX>'AX>'AX>'AX>'AX>'AX>'AX>'AX>'AX\n%>'AX>'@`\n`\nend\n",
  },
  {
    name: "a missing file",
    args: "nope x",
    stderr: "uuencode: can't open 'nope': No such file or directory\n",
    status: 1,
  },
]);
