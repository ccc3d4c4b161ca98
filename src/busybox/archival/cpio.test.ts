import { applet } from "../../../test/support/applet.ts";
import { bytesOf, concat } from "../../lib/bytes.ts";
import { type CpioEntry, cpioHeader, cpioPadding, cpioTrailer } from "../../lib/cpio.ts";
import { cpio } from "./cpio.ts";

type Member = Partial<CpioEntry> & { name: string; data?: string };

function archive(...members: Member[]): Uint8Array {
  const parts = members.flatMap(({ data = "", ...entry }, i) => [
    cpioHeader({
      ino: i + 1,
      mode: 0o100644,
      uid: 0,
      gid: 0,
      nlink: 1,
      mtime: 1580702706,
      size: data.length,
      devmajor: 0,
      devminor: 0,
      rdevmajor: 0,
      rdevminor: 0,
      ...entry,
    }),
    bytesOf(data),
    cpioPadding(data.length),
  ]);
  return concat([...parts, cpioTrailer()]);
}

const stdin = archive(
  { name: "d", mode: 0o040755, nlink: 2 },
  { name: "d/a", data: "A\n" },
  { name: "d/l", mode: 0o120777, data: "a" },
  { name: "d/h2", ino: 9, nlink: 2 },
  { name: "d/h1", ino: 9, nlink: 2, data: "H\n" },
);

applet(cpio, [
  { name: "list", args: "-t", stdin, stdout: "d\nd/a\nd/l\nd/h1\n", stderr: "2 blocks\n" },
  {
    name: "long list",
    args: "-itv --quiet",
    stdin,
    stdout: `drwxr-xr-x 0/0         0 2020-02-03 04:05:06 d
-rw-r--r-- 0/0         2 2020-02-03 04:05:06 d/a
lrwxrwxrwx 0/0         0 2020-02-03 04:05:06 d/l -> a
-rw-r--r-- 0/0         2 2020-02-03 04:05:06 d/h1
`,
  },
  {
    name: "extract",
    args: "-id",
    stdin,
    stderr: "2 blocks\n",
    after: { "d/a": "A\n", "d/l": "A\n", "d/h1": "H\n", "d/h2": "H\n" },
  },
  {
    name: "what is newer stays",
    args: "-i d/a",
    files: { "d/a": "new" },
    stdin,
    stderr: "cpio: d/a not created: newer or same age file exists\n2 blocks\n",
    after: { "d/a": "new" },
  },
  {
    name: "unless told",
    args: "-iu d/a",
    files: { "d/a": "new" },
    stdin,
    stderr: "2 blocks\n",
    after: { "d/a": "A\n" },
  },
  { name: "patterns", args: "-t --quiet d/[ah]*", stdin, stdout: "d/a\nd/h1\n" },
  { name: "to stdout", args: "-i --to-stdout --quiet d/a", stdin, stdout: "A\n" },
  {
    name: "create",
    args: "-oH newc --renumber-inodes --ignore-devno -R 1:2",
    files: { a: "A\n", l: "-> a" },
    stdin: "a\n./l\n",
    stdout: archive(
      { name: "a", data: "A\n", uid: 1, gid: 2, mtime: 1700000001 },
      { name: "l", mode: 0o120777, data: "a", uid: 1, gid: 2, mtime: 1700000001 },
    ),
  },
  {
    name: "names that end in zeros",
    args: "-0oH newc --renumber-inodes --ignore-devno",
    files: { a: "A\n" },
    stdin: "a\0",
    stdout: archive({ name: "a", data: "A\n", mtime: 1700000001 }),
  },
  {
    name: "missing file",
    args: "-oH newc",
    stdin: "nope\n",
    stderr: "cpio: nope: No such file or directory\n",
    status: 1,
  },
  {
    name: "pass through",
    args: "-pd q/r",
    files: { "d/a": "A\n" },
    stdin: "d\nd/a\n",
    stderr: "1 blocks\n",
    after: { "q/r/d/a": "A\n" },
  },
  { name: "nothing", args: "-i" },
  { name: "ends too early", args: "-t", stdin: "hello", stderr: "cpio: short read\n", status: 1 },
  { name: "no other format", args: "-oH crc", stderr: "usage", status: 1 },
  { name: "no action", stderr: "usage", status: 1 },
]);
