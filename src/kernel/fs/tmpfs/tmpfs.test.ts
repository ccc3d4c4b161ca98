// What mount options give was observed on Linux 6.18.
import { expect, test } from "vitest";
import { Files, now, outcome, user } from "../../../../test/support/files.ts";
import { type TestKernel, testKernel } from "../../../../test/support/kernel.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_FOLLOW,
  F_ADD_SEALS,
  F_GET_SEALS,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_RDWR,
  O_TMPFILE,
  O_WRONLY,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from "../../../abi/fcntl.ts";
import { MNT_DETACH } from "../../../abi/mount.ts";
import { RLIMIT_FSIZE } from "../../../abi/resource.ts";
import { bytesOf, strOf } from "../../../lib/bytes.ts";
import { fallocate, fchmod, ftruncate } from "../../syscalls/attr.ts";
import { fcntl } from "../../syscalls/fcntl.ts";
import { linkat } from "../../syscalls/link.ts";
import { mount, umount2 } from "../../syscalls/mount.ts";
import { lseek, pread, pwrite, read, splice, write } from "../../syscalls/rw.ts";
import { fstat } from "../../syscalls/stat.ts";
import { statfs } from "../../syscalls/statfs.ts";
import { getxattr, listxattr, removexattr, setxattr } from "../../syscalls/xattr.ts";
import { memfd_create } from "../memfd.ts";
import { pathName } from "../namei.ts";

function* nothing(): Generator<never, number, number> {
  return 0;
}

function setUp(memoryBytes = 64 * 1024 * 1024): { t: TestKernel; f: Files } {
  const t = testKernel({ memoryBytes });
  const f = new Files(t.start(nothing));
  t.host.time = 5000;
  return { t, f };
}

test("mount options", () => {
  const { f } = setUp();
  const rows: [string, string][] = [
    ["", "|8192|8192|1777"],
    ["size=8k", "size=8k|2|8192|1777"],
    ["size=1", "size=4k|1|8192|1777"],
    ["size=1m,nr_inodes=4", "size=1024k,nr_inodes=4|256|4|1777"],
    ["mode=755,uid=5,gid=6", "mode=755,uid=5,gid=6|8192|8192|755"],
    ["size=50%", "|8192|8192|1777"],
    ["nr_blocks=3", "size=12k|3|8192|1777"],
    ["size=1m,huge=never", "size=1024k|256|8192|1777"],
    ["nr_inodes=1k", "nr_inodes=1024|8192|1024|1777"],
    ["size=8k,,mode=700", "size=8k,mode=700|2|8192|700"],
    ["size=8x", "EINVAL"],
    ["size=", "EINVAL"],
    ["size=abc", "EINVAL"],
    ["mode=9", "EINVAL"],
    ["what=1", "EINVAL"],
    ["size=-1", "EINVAL"],
    ["uid=-1", "EINVAL"],
    ["SIZE=8k", "EINVAL"],
    ["size", "EINVAL"],
  ];
  f.mkdir("/m");
  const got = rows.map(([options]) => {
    const failure = outcome(() => mount(f.task, "none", "/m", "tmpfs", 0, options));
    if (failure !== undefined) return [options, failure];
    const { blocks, files } = statfs(f.task, "/m");
    const { sb } = f.task.ns.mounts.at(-1) as { sb: { options(): string } };
    const result = `${sb.options()}|${blocks}|${files}|${f.mode("/m")}`;
    umount2(f.task, "/m", 0);
    return [options, result];
  });
  expect(got).toEqual(rows);
});

test("size= and nr_inodes= end in ENOSPC, and space comes back", () => {
  const { f } = setUp();
  f.mkdir("/m");
  mount(f.task, "none", "/m", "tmpfs", 0, "size=12k,nr_inodes=3");
  const fd = f.open("/m/f", O_CREAT | O_RDWR);
  expect([
    outcome(() => write(f.task, fd, new Uint8Array(20000))),
    outcome(() => write(f.task, fd, bytesOf("x"))),
    outcome(() => pwrite(f.task, fd, bytesOf("over"), 0)),
  ]).toEqual([12288, "ENOSPC", 4]);
  expect([statfs(f.task, "/m").bfree, statfs(f.task, "/m").ffree]).toEqual([0, 1]);
  ftruncate(f.task, fd, 4096);
  expect(statfs(f.task, "/m").bfree).toBe(2);
  expect([
    outcome(() => fallocate(f.task, fd, 0, 4096, 3 * 4096)),
    outcome(() => fallocate(f.task, fd, 0, 4096, 4096)),
  ]).toEqual(["ENOSPC", undefined]);
  expect([outcome(() => f.mkdir("/m/d")), outcome(() => f.mkdir("/m/e"))]).toEqual([
    undefined,
    "ENOSPC",
  ]);
  f.close(fd);
  f.unlink("/m/f");
  expect([statfs(f.task, "/m").bfree, statfs(f.task, "/m").ffree]).toEqual([3, 1]);
});

test("the machine's memory limit ends in ENOSPC; nothing stays charged", () => {
  const { t, f } = setUp(1024 * 1024);
  const { memory } = t.kernel;
  const before = memory.used;
  const fd = f.open("/f", O_CREAT | O_WRONLY | O_APPEND);
  const block = new Uint8Array(100_000);
  let error: unknown;
  for (let i = 0; i < 20 && typeof error !== "string"; i++) {
    error = outcome(() => write(f.task, fd, block));
  }
  expect([error, memory.used <= memory.limit]).toEqual(["ENOSPC", true]);
  f.close(fd);
  f.unlink("/f");
  expect(memory.used).toBe(before);
  let made = 0;
  while (made < 100_000 && outcome(() => f.write(`/n${made}`, "")) === undefined) made++;
  expect(made).toBeLessThan(3000);
});

test("a file lives until its last name and last descriptor are gone", () => {
  const { t, f } = setUp();
  const { memory } = t.kernel;
  const before = memory.used;
  f.write("/f", "x".repeat(10000));
  const fd = f.open("/f");
  f.unlink("/f");
  expect([fstat(f.task, fd).nlink, now(read(f.task, fd, 3)).length]).toEqual([0, 3]);
  expect(memory.used).toBeGreaterThan(before + 9999);
  f.close(fd);
  expect(memory.used).toBe(before);
});

test("unmounting gives everything back, lazily when a file is still open", () => {
  const { t, f } = setUp();
  f.mkdir("/m");
  const before = t.kernel.memory.used;
  mount(f.task, "none", "/m", "tmpfs", 0, "");
  f.write("/m/f", "x".repeat(100_000));
  const fd = f.open("/m/f");
  expect(outcome(() => umount2(f.task, "/m", 0))).toBe("EBUSY");
  umount2(f.task, "/m", MNT_DETACH);
  expect([f.ls("/m"), strOf(now(pread(f.task, fd, 2, 99_998)))]).toEqual(["", "xx"]);
  f.close(fd);
  expect(t.kernel.memory.used).toBe(before);
});

test("O_TMPFILE makes files without a name, which may get one", () => {
  const { t, f } = setUp();
  const { task } = f;
  f.mkdir("/d");
  const before = t.kernel.memory.used;
  const fd = f.open("/d", O_TMPFILE | O_RDWR, 0o640);
  now(write(task, fd, bytesOf("data")));
  const { path } = task.fds.get(fd);
  expect(pathName(path, task.fs.root)).toMatch(/^\/d\/#\d+ \(deleted\)$/);
  expect([f.ls("/d"), fstat(task, fd).nlink]).toEqual(["", 0]);
  linkat(task, fd, "", AT_FDCWD, "/d/named", AT_EMPTY_PATH);
  f.close(fd);
  expect([f.cat("/d/named"), f.mode("/d/named")]).toEqual(["data", "640"]);
  f.unlink("/d/named");
  const private_ = f.open("/d", O_TMPFILE | O_RDWR | O_EXCL);
  expect(
    outcome(() => linkat(task, private_, "", AT_FDCWD, "/x", AT_EMPTY_PATH | AT_SYMLINK_FOLLOW)),
  ).toBe("ENOENT");
  f.close(private_);
  expect(outcome(() => f.open("/d", O_TMPFILE))).toBe("EINVAL");
  expect(t.kernel.memory.used).toBe(before);
});

test("holes, seeking, punching and allocating", () => {
  const { f } = setUp();
  const { task } = f;
  const fd = f.open("/f", O_CREAT | O_RDWR);
  now(pwrite(task, fd, bytesOf("end"), 1_000_000));
  const seek = (offset: number, whence: number): unknown =>
    outcome(() => lseek(task, fd, offset, whence));
  expect([
    seek(0, SEEK_DATA),
    seek(0, SEEK_HOLE),
    seek(1_000_001, SEEK_DATA),
    seek(1_000_001, SEEK_HOLE),
    seek(1_000_003, SEEK_DATA),
    seek(-1, SEEK_SET),
    seek(-3, SEEK_END),
    seek(5, SEEK_CUR),
    seek(0, 9),
  ]).toEqual([999424, 0, 1_000_001, 1_000_003, "ENXIO", "EINVAL", 1_000_000, 1_000_005, "EINVAL"]);
  expect(fstat(task, fd).blocks).toBe(8);
  fallocate(task, fd, FALLOC_FL_KEEP_SIZE, 0, 8192);
  expect([fstat(task, fd).blocks, fstat(task, fd).size]).toEqual([24, 1_000_003]);
  fallocate(task, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096);
  expect([fstat(task, fd).blocks, seek(0, SEEK_HOLE)]).toEqual([16, 4096]);
  expect([
    outcome(() => fallocate(task, fd, FALLOC_FL_PUNCH_HOLE, 0, 1)),
    outcome(() => fallocate(task, fd, 0, 0, 0)),
    outcome(() => fallocate(task, fd, 0, 0, 2 ** 46)),
    outcome(() => ftruncate(task, fd, 2 ** 50)),
    outcome(() => ftruncate(task, fd, -1)),
    outcome(() => pwrite(task, fd, bytesOf("x"), 2 ** 48)),
  ]).toEqual(["EOPNOTSUPP", "EINVAL", "ENOSPC", "EFBIG", "EINVAL", "EFBIG"]);
});

test("appending, positions, RLIMIT_FSIZE, splice", () => {
  const { f } = setUp();
  const { task } = f;
  const fd = f.open("/f", O_CREAT | O_RDWR | O_APPEND);
  now(write(task, fd, bytesOf("one")));
  lseek(task, fd, 0, SEEK_SET);
  now(write(task, fd, bytesOf("two")));
  // Linux appends with pwrite, too.
  now(pwrite(task, fd, bytesOf("three"), 0));
  expect(f.cat("/f")).toBe("onetwothree");
  const to = f.open("/g", O_CREAT | O_RDWR);
  lseek(task, fd, 3, SEEK_SET);
  expect([now(splice(task, fd, to, 100)), now(splice(task, fd, to, 100))]).toEqual([8, 0]);
  expect(f.cat("/g")).toBe("twothree");
  const limit = task.group.rlimits[RLIMIT_FSIZE] as { cur: number; max: number };
  task.group.rlimits = task.group.rlimits.with(RLIMIT_FSIZE, { ...limit, cur: 10 });
  task.group.setAction(25, { handler: 1, flags: 0, mask: { lo: 0, hi: 0 } });
  expect([
    outcome(() => pwrite(task, to, bytesOf("xxxxx"), 7)),
    outcome(() => pwrite(task, to, bytesOf("xxxxx"), 10)),
    outcome(() => ftruncate(task, to, 11)),
    outcome(() => ftruncate(task, to, 3)),
  ]).toEqual([3, "EFBIG", "EFBIG", undefined]);
});

test("extended attributes", () => {
  const { t, f } = setUp();
  const { task } = f;
  const before = t.kernel.memory.used;
  f.write("/f", "");
  f.symlink("f", "/l");
  const set = (path: string, name: string, flags = 0, follow = true): unknown =>
    outcome(() => setxattr(task, path, name, bytesOf("value"), flags, follow));
  expect([
    set("/f", "user.a", 2),
    set("/f", "user.a", 1),
    set("/l", "user.a", 1),
    set("/l", "user.b", 0, false),
    set("/l", "trusted.b", 0, false),
    set("/f", "security.c"),
    set("/f", "system.d"),
    set("/f", "nothing"),
    set("/f", "user."),
    set("/f", `user.${"x".repeat(255)}`),
    f.as(user(7), () => set("/f", "user.a")),
    f.as(user(7), () => set("/f", "trusted.a")),
    outcome(() => setxattr(task, "/f", "user.big", new Uint8Array(65537), 0, true)),
  ]).toEqual([
    "ENODATA",
    undefined,
    "EEXIST",
    "EPERM",
    undefined,
    undefined,
    "EOPNOTSUPP",
    "EOPNOTSUPP",
    "EINVAL",
    "ERANGE",
    "EACCES",
    "EPERM",
    "E2BIG",
  ]);
  expect(listxattr(task, "/f", true)).toEqual(["user.a", "security.c"]);
  expect(strOf(getxattr(task, "/f", "user.a", true))).toBe("value");
  expect(outcome(() => f.as(user(7), () => getxattr(task, "/l", "trusted.b", false)))).toBe(
    "ENODATA",
  );
  removexattr(task, "/f", "user.a", true);
  expect(outcome(() => removexattr(task, "/f", "user.a", true))).toBe("ENODATA");
  f.unlink("/f");
  f.unlink("/l");
  expect(t.kernel.memory.used).toBe(before);
});

test("memfd seals", () => {
  const { t, f } = setUp();
  const { task } = f;
  const fd = memfd_create(task, "buffer", 2);
  const { path } = task.fds.get(fd);
  expect(pathName(path, task.fs.root)).toBe("/memfd:buffer (deleted)");
  now(write(task, fd, bytesOf("0123456789")));
  const F_SEAL_SHRINK_GROW = 6;
  fcntl(task, fd, F_ADD_SEALS, F_SEAL_SHRINK_GROW);
  expect([
    outcome(() => ftruncate(task, fd, 5)),
    outcome(() => ftruncate(task, fd, 15)),
    outcome(() => pwrite(task, fd, bytesOf("xx"), 9)),
    outcome(() => pwrite(task, fd, bytesOf("xx"), 8)),
    fcntl(task, fd, F_GET_SEALS),
    fcntl(task, fd, F_ADD_SEALS, 8 | 1),
    outcome(() => pwrite(task, fd, bytesOf("x"), 0)),
    outcome(() => fcntl(task, fd, F_ADD_SEALS, 1)),
    outcome(() => fchmod(task, fd, 0o600)),
  ]).toEqual(["EPERM", "EPERM", "EPERM", 2, 6, 0, "EPERM", "EPERM", undefined]);
  const plain = memfd_create(task, "", 0);
  expect([
    fcntl(task, plain, F_GET_SEALS),
    outcome(() => fcntl(task, plain, F_ADD_SEALS, 2)),
  ]).toEqual([1, "EPERM"]);
  f.write("/f", "");
  const file = f.open("/f", O_RDWR);
  expect(outcome(() => fcntl(task, file, F_GET_SEALS))).toBe("EINVAL");
  f.unlink("/f");
  for (const each of [fd, plain, file]) f.close(each);
  expect(t.kernel.memory.used).toBe(0);
});

test("times: atime as relatime, the others with every change", () => {
  const { t, f } = setUp();
  f.write("/f", "x");
  const times = (): number[] => {
    const { atime, mtime, ctime } = f.stat("/f");
    return [atime, mtime, ctime].map(({ sec }) => sec - 1_700_000_000);
  };
  expect(times()).toEqual([5, 5, 5]);
  t.host.time = 10_000;
  f.cat("/f");
  expect(times()).toEqual([10, 5, 5]);
  t.host.time = 20_000;
  f.cat("/f");
  expect(times()).toEqual([10, 5, 5]);
  f.write("/f", "y");
  expect(times()).toEqual([10, 20, 20]);
  t.host.time = 30_000;
  fchmod(f.task, f.open("/f"), 0o600);
  f.cat("/f");
  expect(times()).toEqual([30, 20, 30]);
});

test("a fork leaves out what has no name any more", () => {
  const { t, f } = setUp();
  f.write("/kept", "x".repeat(70_000));
  f.write("/gone", "y".repeat(70_000));
  const fd = f.open("/gone");
  f.unlink("/gone");
  const { sb } = f.task.fs.root.mount;
  const other = testKernel();
  const before = other.kernel.memory.used;
  const copy = (
    sb as unknown as { fork(kernel: unknown): { bytes: number; release(): void } }
  ).fork(other.kernel);
  expect(other.kernel.memory.used - before).toBe(copy.bytes);
  f.close(fd);
  expect(copy.bytes).toBe(t.kernel.memory.used);
  copy.release();
  expect(other.kernel.memory.used).toBe(before);
});
