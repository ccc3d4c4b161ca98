import { expect, test } from "vitest";
import { applet } from "../../../test/support/applet.ts";
import { runProgram } from "../../../test/support/run-program.ts";
import { bytesOf, concat } from "../../lib/bytes.ts";
import { Gzip } from "../../lib/gzip.ts";
import { tarEnd, tarHeader, tarPadding } from "../../lib/tar.ts";
import type { TarEntry } from "../../lib/tar-header.ts";
import { programOf } from "../libbb/applet.ts";
import { tar } from "./tar.ts";

type Member = Partial<TarEntry> & { name: string; data?: string };

function archive(...members: Member[]): Uint8Array {
  const parts = members.flatMap(({ data = "", ...entry }) => [
    tarHeader({
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: data.length,
      mtime: 1580702706,
      type: "0",
      linkname: "",
      uname: "root",
      gname: "root",
      devmajor: 0,
      devminor: 0,
      ...entry,
    }),
    bytesOf(data),
    tarPadding(data.length),
  ]);
  return concat([...parts, tarEnd()]);
}

function gzipped(bytes: Uint8Array): Uint8Array {
  const gzip = new Gzip();
  return concat([gzip.encode(bytes), gzip.end()]);
}

const dir = { type: "5", mode: 0o755 };
const simple = archive(
  { name: "t/", ...dir },
  { name: "t/a", data: "A\n" },
  { name: "t/b", data: "B\n", mode: 0o4755, uname: "bin", gname: "" },
  { name: "t/l", type: "2", linkname: "a" },
  { name: "t/h", type: "1", linkname: "t/a" },
);
const files = { "x.tar": simple, "x.tgz": gzipped(simple) };

applet(tar, [
  { name: "list", args: "tf x.tar", files, stdout: "t/\nt/a\nt/b\nt/l\nt/h\n" },
  {
    name: "long list",
    args: "-tvf x.tar",
    files,
    stdout: `drwxr-xr-x root/root         0 2020-02-03 04:05:06 t/
-rw-r--r-- root/root         2 2020-02-03 04:05:06 t/a
-rwsr-xr-x bin/0         2 2020-02-03 04:05:06 t/b
lrw-r--r-- root/root         0 2020-02-03 04:05:06 t/l -> a
-rw-r--r-- root/root         0 2020-02-03 04:05:06 t/h -> t/a
`,
  },
  {
    name: "a compressed file is known by its beginning",
    args: "tf x.tgz t/a",
    files,
    stdout: "t/a\n",
  },
  { name: "stdin", args: "tz", stdin: gzipped(simple), stdout: "t/\nt/a\nt/b\nt/l\nt/h\n" },
  {
    name: "not compressed as told",
    args: "tzf x.tar",
    files,
    stderr: "tar: invalid magic\ntar: short read\n",
    status: 1,
  },
  {
    name: "extract",
    args: "xvf x.tar",
    files,
    stdout: "t/\nt/a\nt/b\nt/l\nt/h\n",
    after: { "t/a": "A\n", "t/b": "B\n", "t/l": "A\n", "t/h": "A\n" },
  },
  { name: "to stdout", args: "xOf x.tar t/b t/a", files, stdout: "A\nB\n" },
  {
    name: "only some, and one that is not there",
    args: "xvf x.tar t/a nope",
    files,
    stdout: "t/a\n",
    stderr: "tar: nope: not found in archive\n",
    status: 1,
    after: { "t/a": "A\n", "t/b": undefined },
  },
  {
    name: "without leading parts",
    args: "xf x.tar --strip-components=1 t/a t/h",
    files,
    after: { a: "A\n", h: "A\n", "t/a": undefined },
  },
  {
    name: "into a directory, with patterns to leave out",
    args: "xf x.tar -C d --exclude t/[ab] --exclude t/h",
    files: { ...files, "d/": "" },
    after: { "d/t/a": undefined, "d/t/l": undefined },
  },
  {
    name: "exclude from a file",
    args: "tf x.tar -X no",
    files: { ...files, no: "t/*\n" },
    stdout: "",
  },
  {
    name: "names from a file",
    args: "tf x.tar -T yes",
    files: { ...files, yes: "t/b\n" },
    stdout: "t/b\n",
  },
  {
    name: "files that are there are replaced",
    args: "xf x.tar",
    files: { ...files, "t/a": "old" },
    after: { "t/a": "A\n" },
  },
  {
    name: "or kept",
    args: "xkf x.tar",
    files: { ...files, "t/a": "old" },
    stderr: "tar: can't open 't/a': File exists\n",
    status: 1,
    after: { "t/a": "old" },
  },
  {
    name: "names that lead out",
    args: "xvf x",
    files: {
      x: archive(
        { name: "/abs", data: "1" },
        { name: "a/../../up", data: "2" },
        { name: "../x2", data: "3" },
      ),
    },
    stdout: "abs\nup\nx2\n",
    stderr: "tar: removing leading '/' from member names\n",
    after: { abs: "1", up: "2", x2: "3", "../up": undefined },
  },
  {
    name: "a link that leads out is made last",
    args: "xf x",
    files: { x: archive({ name: "l", type: "2", linkname: "/tmp" }, { name: "l/x", data: "1" }) },
    stderr: "tar: can't create symlink 'l' to '/tmp'\n",
    status: 1,
    after: { "l/x": "1", "/tmp/x": undefined },
  },
  {
    name: "a hard link to what is not there",
    args: "xf x",
    files: { x: archive({ name: "h", type: "1", linkname: "/etc/nope" }) },
    stderr: "tar: can't create hardlink 'h' to '/etc/nope'\n",
    status: 1,
  },
  {
    name: "a file for a directory",
    args: "xf x",
    files: { x: archive({ name: "a", data: "1" }, { name: "a/b", data: "2" }) },
    stderr:
      "tar: can't create directory 'a': File exists\ntar: can't remove old file a/b: Not a directory\n",
    status: 1,
    after: { a: "1" },
  },
  {
    name: "a directory in the place of a file",
    args: "xf x",
    files: { x: archive({ name: "a", data: "1" }), "a/": "" },
    stderr: "tar: can't remove old file a: Is a directory\n",
    status: 1,
  },
  {
    name: "unknown type",
    args: "tf x",
    files: { x: archive({ name: "a", type: "S" }) },
    stderr: "tar: unknown typeflag: 0x53\n",
    status: 1,
  },
  {
    name: "volume label",
    args: "tf x",
    files: { x: archive({ name: "v", type: "V" }, { name: "a" }) },
    stdout: "a\n",
    stderr: "tar: warning: skipping header 'V'\n",
  },
  {
    name: "long names",
    args: "tf x",
    files: { x: archive({ name: "n".repeat(150) }) },
    stdout: `${"n".repeat(150)}\n`,
  },
  {
    name: "ends in the data",
    args: "xf x",
    files: { x: archive({ name: "a", data: "hello" }).subarray(0, 514) },
    stderr: "tar: short read\n",
    status: 1,
    after: { a: "he" },
  },
  {
    name: "lists what ends in the data",
    args: "tf x",
    files: { x: archive({ name: "a", data: "hello" }).subarray(0, 514) },
    stdout: "a\n",
  },
  { name: "nothing", args: "t", stderr: "tar: short read\n", status: 1 },
  { name: "text", args: "t", stdin: "hello", stderr: "tar: invalid tar magic\n", status: 1 },
  {
    name: "broken header",
    args: "t",
    stdin: concat([bytesOf("X"), simple.subarray(1)]),
    stderr: "tar: invalid tar header checksum\n",
    status: 1,
  },
  {
    name: "missing archive",
    args: "tf nope",
    stderr: "tar: can't open 'nope': No such file or directory\n",
    status: 1,
  },
  { name: "nothing to put in", args: "cf x", stderr: "tar: empty archive\n", status: 1 },
  {
    name: "no file to put in",
    args: "cf x nope",
    stderr: "tar: nope: No such file or directory\ntar: error exit delayed from previous errors\n",
    status: 1,
    after: { x: "\0".repeat(1024) },
  },
  {
    name: "the archive itself is left out",
    args: "cvf d/x d",
    files: { "d/": "" },
    stdout: "d/\n",
    stderr: "tar: d/x: file is the archive; skipping\n",
  },
  {
    name: "no compressor",
    args: "cJf x a",
    files: { a: "" },
    stderr: "tar: can't execute 'xz': No such file or directory\n",
    status: 1,
  },
  { name: "no action", args: "f x", stderr: "usage", status: 1 },
  { name: "two actions", args: "xt", stderr: "usage", status: 1 },
]);

test("tar: writes what GNU tar writes", async () => {
  const result = await runProgram({
    program: programOf(tar),
    argv: ["tar", "c", "a", "l", "d", "/t/a"],
    env: {},
    files: { a: "hello\n", l: "-> a", "d/e": "" },
    stdin: new Uint8Array(),
    wanted: [],
  });
  // The clock of the test's machine stands still.
  const mtime = 1700000001;
  const times = result.stdout.slice(136, 147);
  expect(result.stdout).toEqual(
    archive(
      { name: "a", data: "hello\n", mtime },
      { name: "l", type: "2", mode: 0o777, linkname: "a", mtime },
      { name: "d/", ...dir, mtime },
      { name: "d/e", mtime },
      { name: "t/a", data: "hello\n", mtime },
    ),
  );
  expect(times).toEqual(bytesOf(mtime.toString(8).padStart(11, "0")));
});
