import { applet } from "../../../test/support/applet.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { rev } from "./rev.ts";

applet(rev, [
  { name: "lines", stdin: "abc\na\tb\n\nlast", stdout: "cba\nb\ta\n\ntsal" },
  { name: "characters", stdin: "dé€f\n", stdout: "f€éd\n" },
  { name: "not UTF-8", stdin: bytesOf("a\xffb\nxyz\n"), stdout: bytesOf("a\xffb\nzyx\n") },
  { name: "NUL ends a line", stdin: "a\0b\ncd", stdout: "adc" },
  {
    name: "files",
    files: { f: "ab\n", g: "cd\n" },
    args: "f nope g",
    stdout: "ba\ndc\n",
    stderr: "rev: nope: No such file or directory\n",
    status: 1,
  },
  { name: "a directory", args: "." },
]);
