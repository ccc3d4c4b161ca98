import { applet } from "../../../test/support/applet.ts";
import { unzip } from "./unzip.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** a (mode 4755), d/, d/b, the link l to a, the link up to ../x. */
const zip = hex(
  `504b0304140000000800a320435020303a3608000000060000000100000061cb48cdc9c9e70200504b0304140000000000a32043500000000000
0000000000000002000000642f504b0304140000000800a32043508f5d0e5e060000006400000003000000642f62aba8a03d0000504b030414000000
0000a320435043beb7e80100000001000000010000006c61504b0304140000000000a320435098adb81f04000000040000000200000075702e2e2f78
504b01021403140000000800a320435020303a360800000006000000010000000000000000000000ed890000000061504b01021403140000000000a3
204350000000000000000000000000020000000000000000000000ed4127000000642f504b01021403140000000800a32043508f5d0e5e0600000064
000000030000000000000000000000a48147000000642f62504b01021403140000000000a320435043beb7e801000000010000000100000000000000
00000000ffa16e0000006c504b01021403140000000000a320435098adb81f0400000004000000020000000000000000000000ffa18e0000007570
504b05060000000005000500ef000000b20000000000`.replaceAll("\n", ""),
);
const encrypted = zip.slice();
encrypted[0xb2 + 8] = 1;
const broken = zip.slice();
broken[0xb2 + 16] = 0;
const files = { "x.zip": zip };

applet(unzip, [
  {
    name: "list",
    args: "-l x.zip",
    files,
    stdout: `Archive:  x.zip
  Length      Date    Time    Name
---------  ---------- -----   ----
        6  02-03-2020 04:05   a
        0  02-03-2020 04:05   d/
      100  02-03-2020 04:05   d/b
        1  02-03-2020 04:05   l
        4  02-03-2020 04:05   up
 --------                     -------
      111                     5 files
`,
  },
  {
    name: "long list of some",
    args: "-qv x d*",
    files,
    stdout: ` Length   Method    Size  Cmpr    Date    Time   CRC-32   Name
--------  ------  ------- ---- ---------- ----- --------  ----
       0  Stored        0   0% 02-03-2020 04:05 00000000  d/
     100  Defl:N        6  94% 02-03-2020 04:05 5e0e5d8f  d/b
--------          ------- ----                            ----
     100                6  94%                            5 files
`,
  },
  {
    name: "extract",
    args: "x.zip -d q",
    files,
    stdout:
      "Archive:  x.zip\n  inflating: a\n   creating: d/\n  inflating: d/b\n  inflating: l\n  inflating: up\n",
    after: { "q/a": "hello\n", "q/d/b": "x".repeat(100), "q/l": "hello\n" },
  },
  {
    name: "all but some, quietly, into one directory",
    args: "-qj x.zip -x a l",
    files,
    after: { a: undefined, b: "x".repeat(100), "d/b": undefined },
  },
  { name: "to stdout", args: "-p x.zip a l", files, stdout: "hello\n" },
  { name: "test", args: "-t x.zip", files },
  {
    name: "asks",
    args: "x.zip a d/b",
    files: { ...files, a: "old", "d/b": "old" },
    stdin: "n\nr\nnew\n",
    stdout:
      "Archive:  x.zip\nreplace a? [y]es, [n]o, [A]ll, [N]one, [r]ename: replace d/b? [y]es, [n]o, [A]ll, [N]one, [r]ename: new name:   inflating: new\n",
    after: { a: "old", "d/b": "old", new: "x".repeat(100) },
  },
  {
    name: "asks nobody",
    args: "x.zip a",
    files: { ...files, a: "old" },
    stdout: "Archive:  x.zip\nreplace a? [y]es, [n]o, [A]ll, [N]one, [r]ename: ",
    stderr: "unzip: can't read standard input\n",
    status: 1,
    after: { a: "old" },
  },
  {
    name: "never overwrites",
    args: "-qn x.zip a",
    files: { ...files, a: "old" },
    after: { a: "old" },
  },
  {
    name: "overwrites",
    args: "-qo x.zip a",
    files: { ...files, a: "old" },
    after: { a: "hello\n" },
  },
  { name: "stdin", args: "-p - a", stdin: zip, stdout: "hello\n" },
  {
    name: "encrypted",
    args: "-t x",
    files: { x: encrypted },
    stderr: "unzip: zip flag 1 (encryption) is not supported\n",
    status: 1,
  },
  {
    name: "wrong checksum",
    args: "-p x a",
    files: { x: broken },
    stdout: "hello\n",
    stderr: "unzip: crc error\n",
    status: 1,
  },
  {
    name: "text",
    args: "x",
    files: { x: "hello\n" },
    stdout: "Archive:  x\n",
    stderr: "unzip: short read\n",
    status: 1,
  },
  { name: "missing archive", args: "nope", stderr: "unzip: can't open nope[.zip]\n", status: 1 },
  { name: "no archive", stderr: "usage", status: 1 },
]);
