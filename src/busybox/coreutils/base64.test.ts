import { applet } from "../../../test/support/applet.ts";
import { base64 } from "./base64.ts";

applet(base64, [
  { name: "encodes in lines", args: "-w 5", stdin: "abcdefgh", stdout: "YWJjZ\nGVmZ2\ng=\n" },
  { name: "without lines there is no newline", args: "-w 0", stdin: "abc", stdout: "YWJj" },
  { name: "decodes, skipping what is no digit", args: "-d", stdin: "YW\nJj!\n", stdout: "abc" },
  {
    name: "a group cut short is an error",
    args: "-d",
    stdin: "YWJj\nYQ",
    stdout: "abc",
    stderr: "base64: truncated input\n",
    status: 1,
  },
  {
    name: "nothing but a new line may follow padding",
    args: "-d",
    stdin: "YQ==YQ==",
    stdout: "a",
    stderr: "base64: truncated input\n",
    status: 1,
  },
  {
    name: "complains about a directory",
    files: { "d/": "" },
    args: "d",
    stderr: "base64: read error: Is a directory\n",
    status: 1,
  },
  { name: "takes one file", args: "a b", stderr: "usage", status: 1 },
]);
