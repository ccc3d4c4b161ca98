import { applet } from "../../../test/support/applet.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { od } from "./od.ts";

applet(od, [
  { name: "octal words", stdin: "abc", stdout: "0000000 061141 000143\n0000003\n" },
  {
    name: "bytes in hexadecimal",
    args: "-An -tx1",
    stdin: bytesOf("a\xff\u0000"),
    stdout: " 61 ff 00\n",
  },
  {
    name: "characters",
    args: "-c",
    stdin: bytesOf("a\n\u0001\xe9"),
    stdout: "0000000   a  \\n 001 351\n0000004\n",
  },
  { name: "names", args: "-a", stdin: " \n\x7fa", stdout: "0000000  sp  nl del   a\n0000004\n" },
  {
    name: "several types",
    args: "-tx1 -c",
    stdin: "ab",
    stdout: "0000000   a   b\n        61 62\n0000002\n",
  },
  {
    name: "decimals of each size",
    args: "-An -td1 -td2 -td4 -tu8",
    stdin: bytesOf("\xff\xff\xff\xff\xff\xff\xff\xff"),
    stdout: `   -1   -1   -1   -1   -1   -1   -1   -1\n${" ".repeat(74)}-1     -1     -1     -1\n${" ".repeat(79)}-1          -1\n${" ".repeat(70)}18446744073709551615\n`,
  },
  {
    name: "floating point",
    args: "-An -tf4",
    stdin: bytesOf("\u0000\u0000\x80?\u0000\u0000\xc0\x7f"),
    stdout: "   1.0000000e+00             nan\n",
  },
  {
    name: "text beside",
    args: "-Ax -txz",
    stdin: "hello",
    stdout: "000000 6c6c6568 0000006f                    >hello...<\n000005\n",
  },
  {
    name: "equal lines",
    stdin: "\u0000".repeat(64),
    stdout: "0000000 000000 000000 000000 000000 000000 000000 000000 000000\n*\n0000100\n",
  },
  {
    name: "all of them",
    args: "-v -An -tx4",
    stdin:
      "\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000",
    stdout: " 00000000 00000000 00000000 00000000\n 00000000 00000000 00000000 00000000\n",
  },
  {
    name: "skips over files",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "-j 4 -N 2 -c a b",
    stdout: "0000004   3  \\n\n0000006\n",
  },
  {
    name: "too far",
    files: { a: "1\n2\n3\n", b: "x\ny\n" },
    args: "-j 100 a",
    stderr: "od: can't skip past end of combined input\n",
    status: 1,
  },
  { name: "strings", args: "-S 3", stdin: "ab\u0000hello\u0000x", stdout: "0000003 hello\n" },
  {
    name: "widths",
    args: "-w4 -tx1",
    stdin: "abcdef",
    stdout: "0000000 61 62 63 64\n0000004 65 66\n0000006\n",
  },
  {
    name: "a width that does not fit",
    args: "-w3",
    stdin: "abcd",
    stdout: "0000000 061141\n0000002 062143\n0000004\n",
    stderr: "od: warning: invalid width 3; using 2 instead\n",
  },
  {
    name: "a type it does not know",
    args: "-t q",
    stderr: "od: invalid character 'q' in type string 'q'\n",
    status: 1,
  },
]);
