import { applet } from "../../../test/support/applet.ts";
import { bytesOf, concat } from "../../lib/bytes.ts";
import { Bzip2 } from "../../lib/bzip2.ts";
import { bunzip2, bzcat, bzip2 } from "./bzip2.ts";

/** "hello\n" as bzip2(1) packs it. */
const hello = bytesOf(
  "BZh91AY&SY\xc1\xc0\x80\xe2\0\0\x01A\0\0\x10\x02D\xa0\0\x30\xcd\0\xc3F)\x97\x17rE8P\x90\xc1\xc0\x80\xe2",
);

function packed(text: string): Uint8Array {
  const encoder = new Bzip2();
  return concat([encoder.encode(bytesOf(text)), encoder.end()]);
}

applet(bzip2, [
  {
    name: "nothing",
    stdout: bytesOf("BZh9\x17rE8P\x90\0\0\0\0"),
  },
  { name: "level", args: "-2", stdout: bytesOf("BZh2\x17rE8P\x90\0\0\0\0") },
  { name: "a file", args: "-c a", files: { a: "hello\n" }, stdout: packed("hello\n") },
  { name: "replaces", args: "-z a", files: { a: "x" }, after: { a: undefined } },
  { name: "unpacks", args: "-d", stdin: hello, stdout: "hello\n" },
  {
    name: "a directory",
    args: "d",
    files: { "d/": "" },
    stderr: "bzip2: read error: Is a directory\n",
    status: 1,
    after: { "d.bz2": undefined },
  },
]);

applet(bunzip2, [
  { name: "stdin", stdin: hello, stdout: "hello\n" },
  {
    name: "replaces",
    args: "a.bz2",
    files: { "a.bz2": hello },
    after: { a: "hello\n", "a.bz2": undefined },
  },
  {
    name: "unknown suffix",
    args: "a.tbz",
    files: { "a.tbz": hello },
    stderr: "bunzip2: a.tbz: unknown suffix - ignored\n",
    status: 1,
  },
  { name: "several streams", stdin: concat([hello, hello]), stdout: "hello\nhello\n" },
  { name: "what follows is ignored", stdin: concat([hello, bytesOf("xx")]), stdout: "hello\n" },
  {
    name: "another stream that is none",
    stdin: concat([hello, bytesOf("BZhx")]),
    stdout: "hello\n",
    stderr: "bunzip2: bunzip error -2\n",
    status: 1,
  },
  { name: "text", stdin: "hello\n", stderr: "bunzip2: invalid magic\n", status: 1 },
  { name: "nothing", stderr: "bunzip2: invalid magic\n", status: 1 },
  {
    name: "ends too early",
    stdin: hello.subarray(0, 20),
    stderr: "bunzip2: bunzip error -3\n",
    status: 1,
  },
  {
    name: "wrong checksum",
    stdin: concat([hello.subarray(0, 11), Uint8Array.of(0), hello.subarray(12)]),
    stdout: "hello\n",
    stderr: "bunzip2: CRC error\n",
    status: 1,
  },
]);

applet(bzcat, [{ name: "any name", args: "a", files: { a: hello }, stdout: "hello\n" }]);
