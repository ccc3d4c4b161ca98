import { applet } from "../../../test/support/applet.ts";
import { bytesOf, concat } from "../../lib/bytes.ts";
import { Gzip } from "../../lib/gzip.ts";
import { gunzip, gzip, zcat } from "./gzip.ts";

function packed(text: string): Uint8Array {
  const encoder = new Gzip();
  return concat([encoder.encode(bytesOf(text)), encoder.end()]);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const out = bytes.slice();
  out[at < 0 ? out.length + at : at] = 0xff ^ (out.at(at) as number);
  return out;
}

const hello = packed("hello\n");
const lzw = bytesOf("\x1f\x9d\x90h\xd2\xa4\0");

applet(gzip, [
  {
    name: "nothing, without name or time",
    stdout: bytesOf("\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0"),
  },
  { name: "a file", args: "-c a", files: { a: "hello\n" }, stdout: hello },
  { name: "replaces", args: "a", files: { a: "x" }, after: { a: undefined } },
  { name: "keeps", args: "-k a", files: { a: "x" }, after: { a: "x" } },
  {
    name: "verbose",
    args: "-v a",
    files: { a: "x" },
    stderr: "a: 100% - replaced with a.gz\n",
  },
  {
    name: "does not overwrite",
    args: "a",
    files: { a: "x", "a.gz": "y" },
    stderr: "gzip: can't open 'a.gz': File exists\n",
    status: 1,
    after: { a: "x", "a.gz": "y" },
  },
  { name: "overwrites", args: "-f a", files: { a: "x", "a.gz": "y" }, after: { a: undefined } },
  { name: "unpacks", args: "-d", stdin: hello, stdout: "hello\n" },
  { name: "tests", args: "-t", stdin: hello },
  {
    name: "missing file",
    args: "nope",
    stderr: "gzip: nope: No such file or directory\n",
    status: 1,
  },
  {
    name: "a directory",
    args: "d",
    files: { "d/": "" },
    stderr: "gzip: can't remove file 'd': Is a directory\n",
    status: 1,
  },
  { name: "wrong option", args: "-z", stderr: "gzip: unrecognized option: z\n…usage", status: 1 },
]);

applet(gunzip, [
  { name: "stdin", stdin: hello, stdout: "hello\n" },
  {
    name: "replaces",
    args: "a.gz",
    files: { "a.gz": hello },
    after: { a: "hello\n", "a.gz": undefined },
  },
  { name: "tgz", args: "a.tgz", files: { "a.tgz": hello }, after: { "a.tar": "hello\n" } },
  { name: "Z", args: "a.Z", files: { "a.Z": hello }, after: { a: "hello\n" } },
  { name: "compress's format", stdin: lzw, stdout: "hi)" },
  {
    name: "unknown suffix",
    args: "a",
    files: { a: "x" },
    stderr: "gunzip: a: unknown suffix - ignored\n",
    status: 1,
  },
  {
    name: "does not overwrite",
    args: "a.gz",
    files: { a: "x", "a.gz": hello },
    stderr: "gunzip: can't open 'a': File exists\n",
    status: 1,
    after: { a: "x" },
  },
  {
    name: "what is broken leaves nothing",
    args: "a.gz",
    files: { "a.gz": flipped(hello, -6) },
    stderr: "gunzip: crc error\n",
    status: 1,
    after: { a: undefined },
  },
  { name: "several members", stdin: concat([hello, hello]), stdout: "hello\nhello\n" },
  { name: "what follows is ignored", stdin: concat([hello, bytesOf("\0\0x")]), stdout: "hello\n" },
  { name: "nothing", stderr: "gunzip: invalid magic\n", status: 1 },
  { name: "text", stdin: "hello\n", stderr: "gunzip: invalid magic\n", status: 1 },
  {
    name: "ends in the header",
    stdin: hello.subarray(0, 5),
    stderr: "gunzip: corrupted data\n",
    status: 1,
  },
  {
    name: "ends in the data",
    stdin: hello.subarray(0, 11),
    stderr: "gunzip: unexpected end of file\n",
    status: 1,
  },
  {
    name: "wrong length",
    args: "-t",
    stdin: flipped(hello, -1),
    stderr: "gunzip: incorrect length\n",
    status: 1,
  },
]);

applet(zcat, [
  { name: "files", args: "a b.gz", files: { a: hello, "b.gz": hello }, stdout: "hello\nhello\n" },
  {
    name: "goes on after a missing file",
    args: "nope a",
    files: { a: hello },
    stdout: "hello\n",
    stderr: "zcat: nope: No such file or directory\n",
    status: 1,
  },
  {
    name: "stops at what is none",
    args: "t a",
    files: { t: "text", a: hello },
    stderr: "zcat: no gzip/bzip2/xz magic\n",
    status: 1,
  },
  { name: "nothing", stderr: "zcat: short read\n", status: 1 },
  {
    name: "broken data does not count",
    args: "a a",
    files: { a: flipped(hello, -6) },
    stdout: "hello\nhello\n",
    stderr: "zcat: crc error\nzcat: crc error\n",
  },
]);
