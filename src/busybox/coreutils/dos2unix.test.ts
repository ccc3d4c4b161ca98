import { applet } from "../../../test/support/applet.ts";
import { dos2unix, unix2dos } from "./dos2unix.ts";

applet(dos2unix, [
  { name: "in place", files: { f: "a\r\nb\n\rc\r" }, args: "f", after: { f: "a\nb\nc" } },
  { name: "a filter", stdin: "a\r\nb\n", stdout: "a\nb\n" },
  { name: "the other way", args: "-d", stdin: "a\r\nb\n", stdout: "a\r\nb\r\n" },
  {
    name: "missing",
    args: "nope",
    stderr: "dos2unix: can't open 'nope': No such file or directory\n",
    status: 1,
  },
  { name: "both ways", args: "-u -d", stderr: "usage", status: 1 },
]);

applet(unix2dos, [{ name: "in place", files: { f: "a\nb" }, args: "f", after: { f: "a\r\nb" } }]);
