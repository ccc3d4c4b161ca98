import { applet } from "../../../test/support/applet.ts";
import { bytesOf, concat } from "../../lib/bytes.ts";
import { lzcat, lzma, unlzma, unxz, xzcat } from "./xz.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** "hello\n" as xz(1) packs it. */
const xz = hex(
  "fd377a585a000004e6d6b4460200210116000000742fe5a301000568656c6c6f0a000000a56097f194f6fde000011e06c12fa41d1fb6f37d010000000004595a",
);
const alone = hex("5d00008000ffffffffffffffff00341949ee8ddd3d3adfffffdd120000");

applet(unxz, [
  { name: "stdin", stdin: xz, stdout: "hello\n" },
  {
    name: "replaces",
    args: "a.xz",
    files: { "a.xz": xz },
    after: { a: "hello\n", "a.xz": undefined },
  },
  {
    name: "unknown suffix",
    args: "a.txz",
    files: { "a.txz": xz },
    stderr: "unxz: a.txz: unknown suffix - ignored\n",
    status: 1,
  },
  { name: "several streams", stdin: concat([xz, xz]), stdout: "hello\nhello\n" },
  { name: "what is none is nothing", stdin: "hello\n" },
  { name: "nothing is nothing" },
  {
    name: "ends too early",
    stdin: xz.subarray(0, 20),
    stderr: "unxz: corrupted data\n",
    status: 1,
  },
  {
    name: "a directory",
    args: "-c d",
    files: { "d/": "" },
    stderr: "unxz: read error\n",
    status: 1,
  },
]);

applet(xzcat, [{ name: "any name", args: "a", files: { a: xz }, stdout: "hello\n" }]);

applet(unlzma, [
  { name: "stdin", stdin: alone, stdout: "hello\n" },
  { name: "what follows is ignored", stdin: concat([alone, bytesOf("x")]), stdout: "hello\n" },
  {
    name: "replaces",
    args: "a.lzma",
    files: { "a.lzma": alone },
    after: { a: "hello\n", "a.lzma": undefined },
  },
  { name: "nothing", stderr: "unlzma: bad lzma header\n", status: 1 },
  {
    name: "ends too early",
    stdin: alone.subarray(0, 20),
    stderr: "unlzma: unexpected EOF\n",
    status: 1,
  },
]);

applet(lzcat, [{ name: "any name", args: "a", files: { a: alone }, stdout: "hello\n" }]);

applet(lzma, [
  { name: "unpacks", args: "-d", stdin: alone, stdout: "hello\n" },
  { name: "cannot pack", stderr: "usage", status: 1 },
]);
