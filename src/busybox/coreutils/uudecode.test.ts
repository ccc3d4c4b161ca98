import { applet } from "../../../test/support/applet.ts";
import { uudecode } from "./uudecode.ts";

applet(uudecode, [
  {
    name: "makes the file",
    stdin: "begin 640 f\n+:&5L;&\\@=V]R;&0`\n`\nend\n",
    after: { f: "hello world" },
  },
  { name: "from base64", stdin: "begin-base64 644 f\naGVsbG8=\n====\n", after: { f: "hello" } },
  {
    name: "to standard output",
    files: { f: "junk\nbegin 644 x\n#86)C\n`\nend\n" },
    args: "-o - f",
    stdout: "abc",
  },
  {
    name: "without an end",
    stdin: "begin 644 f\n#86)C\n",
    stderr: "uudecode: short file\n",
    status: 1,
    after: { f: "abc" },
  },
  { name: "without a beginning", stdin: "x\n", stderr: "uudecode: no 'begin' line\n", status: 1 },
]);
