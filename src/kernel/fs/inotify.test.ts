// The expected events were observed on Linux 6.18 with the same operations.
import { expect, test } from "vitest";
import { Files, now, outcome } from "../../../test/support/files.ts";
import { testKernel } from "../../../test/support/kernel.ts";
import { AT_FDCWD, O_CREAT, O_NONBLOCK, O_RDWR, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { IN_CREATE, IN_MASK_ADD, IN_MODIFY, IN_ONESHOT, IN_ONLYDIR } from "../../abi/poll.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { fchmodat, truncate, utimensat } from "../syscalls/attr.ts";
import { linkat, renameat2 } from "../syscalls/link.ts";
import { pread, read, write } from "../syscalls/rw.ts";
import {
  inotify_add_watch,
  inotify_init1,
  inotify_rm_watch,
  MAX_QUEUED_EVENTS,
} from "./inotify.ts";

const ALL = 0xfff;
const NAMES: [number, string][] = [
  [1, "ACCESS"],
  [2, "MODIFY"],
  [4, "ATTRIB"],
  [8, "CLOSE_WRITE"],
  [0x10, "CLOSE_NOWRITE"],
  [0x20, "OPEN"],
  [0x40, "MOVED_FROM"],
  [0x80, "MOVED_TO"],
  [0x100, "CREATE"],
  [0x200, "DELETE"],
  [0x400, "DELETE_SELF"],
  [0x800, "MOVE_SELF"],
  [0x4000, "Q_OVERFLOW"],
  [0x8000, "IGNORED"],
  [0x40000000, "ISDIR"],
];

function* nothing(): Generator<never, number, number> {
  return 0;
}

class Inotify {
  readonly f = new Files(testKernel().start(nothing));
  readonly fd = inotify_init1(this.f.task, O_NONBLOCK);

  watch(path: string, mask: number = ALL): number {
    return inotify_add_watch(this.f.task, this.fd, path, mask);
  }

  /** The events there are: "wd:MASK|MASK:name", "*" for a cookie. */
  events(): string {
    const bytes = outcome(() => now(read(this.f.task, this.fd, 1 << 20)));
    if (typeof bytes === "string") return bytes === "EAGAIN" ? "" : bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const all: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      const mask = view.getUint32(at + 4, true);
      const length = view.getUint32(at + 12, true);
      const name = String.fromCharCode(...bytes.subarray(at + 16, at + 16 + length));
      const words = NAMES.filter(([bit]) => (mask & bit) !== 0).map(([, word]) => word);
      const text = name.replace(/\0+$/, "");
      const cookie = view.getUint32(at + 8, true) === 0 ? "" : "*";
      const tail = text === "" ? cookie : `:${text}${cookie}`;
      all.push(`${view.getInt32(at, true)}:${words.join("|")}${tail}`);
      at += 16 + length;
    }
    return all.join(" ");
  }
}

test("tells what happens to a watched directory and a watched file in it", () => {
  const i = new Inotify();
  const { f } = i;
  const { task } = f;
  f.mkdir("/d");
  f.write("/d/f", "");
  i.watch("/d");
  i.watch("/d/f");
  let fd = 0;
  const rows: [() => unknown, string][] = [
    [() => (fd = f.open("/d/f", O_RDWR)), "1:OPEN:f 2:OPEN"],
    [() => write(task, fd, bytesOf("hi")), "1:MODIFY:f 2:MODIFY"],
    [() => pread(task, fd, 2, 0), "1:ACCESS:f 2:ACCESS"],
    [() => pread(task, fd, 2, 10), ""],
    [() => f.close(fd), "1:CLOSE_WRITE:f 2:CLOSE_WRITE"],
    [() => (fd = f.open("/d/f", O_WRONLY | O_TRUNC)), "1:OPEN:f 2:OPEN 1:MODIFY:f 2:MODIFY"],
    [() => f.close(fd), "1:CLOSE_WRITE:f 2:CLOSE_WRITE"],
    [() => fchmodat(task, AT_FDCWD, "/d/f", 0o600, 0), "1:ATTRIB:f 2:ATTRIB"],
    [
      () => utimensat(task, AT_FDCWD, "/d/f", { sec: 1, nsec: 0 }, { sec: 1, nsec: 0 }, 0),
      "1:ATTRIB:f 2:ATTRIB",
    ],
    [() => truncate(task, "/d/f", 5), "1:MODIFY:f 2:MODIFY"],
    [() => f.write("/d/new", "", O_CREAT), "1:CREATE:new 1:OPEN:new 1:CLOSE_WRITE:new"],
    [() => f.mkdir("/d/s"), "1:CREATE|ISDIR:s"],
    [() => f.symlink("x", "/d/l"), "1:CREATE:l"],
    [() => linkat(task, AT_FDCWD, "/d/f", AT_FDCWD, "/d/h", 0), "2:ATTRIB 1:CREATE:h"],
    [
      () => renameat2(task, AT_FDCWD, "/d/new", AT_FDCWD, "/d/ren", 0),
      "1:MOVED_FROM:new* 1:MOVED_TO:ren*",
    ],
    [
      () => renameat2(task, AT_FDCWD, "/d/ren", AT_FDCWD, "/d/f", 0),
      "1:MOVED_FROM:ren* 1:MOVED_TO:f* 2:ATTRIB",
    ],
    [() => f.ls("/d"), "1:OPEN|ISDIR 1:ACCESS|ISDIR 1:CLOSE_NOWRITE|ISDIR"],
    [() => f.unlink("/d/h"), "2:ATTRIB 2:DELETE_SELF 2:IGNORED 1:DELETE:h"],
    [
      () => {
        fd = f.open("/d/o", O_WRONLY | O_CREAT);
        i.watch("/d/o");
      },
      "1:CREATE:o 1:OPEN:o",
    ],
    [() => f.unlink("/d/o"), "3:ATTRIB 1:DELETE:o"],
    [() => f.close(fd), "1:CLOSE_WRITE:o 3:CLOSE_WRITE 3:DELETE_SELF 3:IGNORED"],
    [() => f.rmdir("/d/s"), "1:DELETE|ISDIR:s"],
    [
      () => {
        f.unlink("/d/l");
        f.unlink("/d/f");
      },
      "1:DELETE:l 1:DELETE:f",
    ],
    [() => renameat2(task, AT_FDCWD, "/d", AT_FDCWD, "/e", 0), "1:MOVE_SELF"],
    [() => f.rmdir("/e"), "1:DELETE_SELF 1:IGNORED"],
  ];
  const got = rows.map(([act]) => {
    act();
    return i.events();
  });
  expect(got).toEqual(rows.map(([, expected]) => expected));
  expect(task.kernel.watches).toBe(0);
});

test("masks, one-shot watches, removal, limits of the queue", () => {
  const i = new Inotify();
  const { f } = i;
  f.mkdir("/d");
  f.write("/f", "");
  expect(outcome(() => i.watch("/f", ALL | IN_ONLYDIR))).toBe("ENOTDIR");
  expect(outcome(() => i.watch("/d", 0))).toBe("EINVAL");
  expect(outcome(() => inotify_rm_watch(f.task, i.fd, 9))).toBe("EINVAL");
  expect([i.watch("/f", IN_MODIFY), i.watch("/f", IN_MODIFY | IN_MASK_ADD)]).toEqual([1, 1]);
  f.write("/f", "x");
  expect(i.events()).toBe("1:MODIFY");
  inotify_rm_watch(f.task, i.fd, 1);
  expect(i.events()).toBe("1:IGNORED");
  i.watch("/d", IN_CREATE | IN_ONESHOT);
  f.write("/d/a", "");
  f.write("/d/b", "");
  expect(i.events()).toBe("2:CREATE:a 2:IGNORED");
  expect(outcome(() => now(read(f.task, i.fd, 8)))).toBe("EAGAIN");
  i.watch("/d", IN_CREATE);
  f.write("/d/c", "");
  expect(outcome(() => now(read(f.task, i.fd, 8)))).toBe("EINVAL");
  for (let n = 0; n < MAX_QUEUED_EVENTS + 5; n++) {
    f.symlink("x", "/d/l");
    f.unlink("/d/l");
    f.symlink("x", "/d/m");
    f.unlink("/d/m");
    if (n > MAX_QUEUED_EVENTS / 2) break;
  }
  expect(i.events().endsWith(":CREATE:l -1:Q_OVERFLOW")).toBe(true);
  const { memory } = f.task.kernel;
  const before = memory.used;
  f.write("/d/z", "");
  expect(memory.used).toBeGreaterThan(before);
  f.unlink("/d/z");
  f.close(i.fd);
  // One watch less than before.
  expect([f.task.kernel.watches, memory.used]).toEqual([0, before - 256]);
});
