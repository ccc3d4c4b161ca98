import { applet } from "../../../test/support/applet.ts";
import { dd } from "./dd.ts";

applet(dd, [
  {
    name: "without a word",
    files: { f: "hello wonderful world\tx\ty\bz\rfoo bar\n", u: "héllo wörld\nabc def" },
    args: "if=f status=none",
    stdout: "hello wonderful world\tx\ty\bz\rfoo bar\n",
  },
  {
    name: "blocks",
    files: { f: "hello wonderful world\tx\ty\bz\rfoo bar\n", u: "héllo wörld\nabc def" },
    args: "if=f bs=4 count=2 skip=1 status=none",
    stdout: "o wonder",
  },
  {
    name: "bytes",
    files: { f: "hello wonderful world\tx\ty\bz\rfoo bar\n", u: "héllo wörld\nabc def" },
    args: "if=f iflag=skip_bytes,count_bytes skip=1 count=3 status=none",
    stdout: "ell",
  },
  {
    name: "into the middle",
    files: { f: "XYZ", o: "abcdef" },
    args: "if=f of=o bs=2 seek=1 count=1 conv=notrunc status=none",
    after: { o: "abXYef" },
  },
  {
    name: "counts",
    args: "bs=4 status=noxfer",
    stdin: "0123456789",
    stdout: "0123456789",
    stderr: "2+1 records in\n2+1 records out\n",
  },
  {
    name: "other block sizes",
    args: "ibs=5 obs=3 status=noxfer",
    stdin: "0123456789abcdef",
    stdout: "0123456789abcdef",
    stderr: "3+1 records in\n5+1 records out\n",
  },
  {
    name: "pads",
    args: "bs=8 conv=sync status=noxfer",
    stdin: "0123456789",
    stdout: "0123456789\u0000\u0000\u0000\u0000\u0000\u0000",
    stderr: "1+1 records in\n2+0 records out\n",
  },
  { name: "swaps", args: "conv=swab status=none", stdin: "0123456789", stdout: "1032547698" },
  {
    name: "wrong conversion",
    args: "conv=foo",
    stderr: "dd: invalid argument 'foo' to 'conv'\n",
    status: 1,
  },
  { name: "wrong number", args: "bs=x", stderr: "dd: invalid number 'x'\n", status: 1 },
  {
    name: "size 0",
    args: "bs=0",
    stderr: "dd: number 0 is not in 1..9223372036854775807 range\n",
    status: 1,
  },
  {
    name: "missing",
    args: "if=nope",
    stderr: "dd: can't open 'nope': No such file or directory\n",
    status: 1,
  },
  { name: "no operand", args: "foo", stderr: "usage", status: 1 },
]);
