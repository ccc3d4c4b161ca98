import { applet } from "../../../test/support/applet.ts";
import { lzop, lzopcat, unlzop } from "./lzop.ts";

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** "hello world" as the original writes it: stored, since it does not get shorter. */
const HEAD = "894c5a4f000d0a1a0a10102030094001050300000100000000000000000000000000109400c4";
const HELLO = hex(`${HEAD}0000000c0000000c1e72046768656c6c6f20776f726c640a00000000`);

applet(lzop, [
  { name: "what gets no shorter is stored", args: "-c", stdin: "hello world\n", stdout: HELLO },
  {
    name: "the file stays, and the result is not overwritten",
    args: "a a",
    files: { a: "hello world\n" },
    stderr: "lzop: can't open 'a.lzo': File exists\n",
    status: 1,
    after: { a: "hello world\n" },
  },
  { name: "-U removes it", args: "-U a", files: { a: "x" }, after: { a: undefined } },
  {
    name: "high levels are not there",
    args: "-9 -c",
    stdin: "x",
    stderr: "lzop: high compression not compiled in\n",
    status: 1,
  },
]);

applet(unlzop, [
  { name: "unpacks", args: "-c a.lzo", files: { "a.lzo": HELLO }, stdout: "hello world\n" },
  {
    name: "other names get .out",
    args: "a",
    files: { a: HELLO },
    after: { "a.out": "hello world\n" },
  },
  { name: "no magic", stdin: "some other text", stderr: "unlzop: bad magic number\n", status: 1 },
  { name: "cut", stdin: HELLO.slice(0, 50), stderr: "unlzop: short read\n", status: 1 },
  {
    name: "changed bytes",
    stdin: HELLO.with(52, 0x6a),
    stderr: "unlzop: checksum error\n",
    status: 1,
  },
  { name: "changed bytes, -F", args: "-F", stdin: HELLO.with(50, 0x6a), stdout: "jello world\n" },
]);

applet(lzopcat, [
  {
    name: "no such file",
    args: "nonex",
    stderr: "lzopcat: nonex: No such file or directory\n",
    status: 1,
  },
]);
