import { applet } from "../../../test/support/applet.ts";
import { stat } from "./stat.ts";

applet(stat, [
  {
    name: "formats",
    files: { f: "hi\n" },
    argv: ["-c", "%a|%A|%F|%n|%s|%u|%U|%#f|%%|%q|%5s|%-5s|%05s|%.3s", "f"],
    stdout: "644|-rw-r--r--|regular file|f|3|0|root|0x81a4|%|q|    3|3    |00003|003\n",
  },
  {
    name: "names of links",
    files: { l: "-> x" },
    args: "-c %N:%F l",
    stdout: "'l' -> 'x':symbolic link\n",
  },
  { name: "an empty file", files: { f: "" }, args: "-c %F f", stdout: "regular empty file\n" },
  {
    name: "goes on after a missing file",
    files: { f: "" },
    args: "-c %n nope f",
    stdout: "f\n",
    stderr: "stat: can't stat 'nope': No such file or directory\n",
    status: 1,
  },
]);
