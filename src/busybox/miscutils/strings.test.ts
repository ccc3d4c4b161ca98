import { applet } from "../../../test/support/applet.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { strings } from "./strings.ts";

const text = bytesOf("abcd\0ab\0\tabc d\nxxxx\x80yyyy\xffzz z\r\0long one here");

applet(strings, [
  {
    name: "runs of four",
    files: { f: text },
    args: "f",
    stdout: "abcd\n\tabc d\nxxxx\nyyyy\nzz z\nlong one here\n",
  },
  { name: "longer", stdin: text, args: "-n 9", stdout: "long one here\n" },
  {
    name: "name and octal offset",
    files: { f: text },
    args: "-fo f",
    stdout:
      "f:       0 abcd\nf:      10 \tabc d\nf:      17 xxxx\nf:      24 yyyy\nf:      31 zz z\nf:      37 long one here\n",
  },
  {
    name: "hexadecimal offset",
    stdin: text,
    args: "-t x -n 6",
    stdout: "      8 \tabc d\n     1f long one here\n",
  },
  {
    name: "across chunks",
    stdin: `${"a".repeat(65534)}\0bcdef`,
    args: "-t d -n 5 -",
    stdout: `      0 ${"a".repeat(65534)}\n  65535 bcdef\n`,
  },
  {
    name: "long run across chunks",
    stdin: `${"a".repeat(70000)}\0`,
    stdout: `${"a".repeat(70000)}\n`,
  },
  {
    name: "short run across chunks, then another",
    stdin: `${"a".repeat(65533)}\0bc\0defg`,
    args: "-n 4 -t d",
    stdout: `      0 ${"a".repeat(65533)}\n  65537 defg\n`,
  },
  { name: "a directory has none", args: "." },
  {
    name: "length zero",
    args: "-n 0",
    stderr: "strings: number 0 is not in 1..2147483647 range\n",
    status: 1,
  },
  { name: "unknown base", args: "-t z", stderr: "usage", status: 1 },
  {
    name: "not there",
    args: "nope",
    stderr: "strings: nope: No such file or directory\n",
    status: 1,
  },
]);
