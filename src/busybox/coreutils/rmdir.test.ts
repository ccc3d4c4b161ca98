import { applet } from "../../../test/support/applet.ts";
import { rmdir } from "./rmdir.ts";

applet(rmdir, [
  { name: "with those above", files: { "a/b/": "" }, args: "-p a/b", after: { a: undefined } },
  {
    name: "not when it is full",
    files: { "a/f": "" },
    args: "a",
    stderr: "rmdir: 'a': Directory not empty\n",
    status: 1,
    after: { "a/f": "" },
  },
  { name: "unless that is ignored", files: { "a/f": "" }, args: "--ignore-fail-on-non-empty a" },
  {
    name: "says what it does",
    files: { "a/": "" },
    args: "-v a nope",
    stdout: "rmdir: removing directory, 'a'\nrmdir: removing directory, 'nope'\n",
    stderr: "rmdir: 'nope': No such file or directory\n",
    status: 1,
  },
]);
