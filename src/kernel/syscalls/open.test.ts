import { expect, test } from "vitest";
import { Files, outcome, user } from "../../../test/support/files.ts";
import { testKernel } from "../../../test/support/kernel.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  F_DUPFD,
  F_GETFD,
  F_GETFL,
  F_SETFL,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from "../../abi/fcntl.ts";
import { MS_BIND, MS_NODEV, MS_RDONLY, MS_REMOUNT } from "../../abi/mount.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import { makedev, S_IFCHR, S_IFSOCK } from "../../abi/stat.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { File } from "../fs/file.ts";
import { fchmod, ftruncate } from "./attr.ts";
import { fchdir } from "./dir.ts";
import { dup, dup2, dup3, fcntl } from "./fcntl.ts";
import { mkdirat, mknodat, unlinkat } from "./link.ts";
import { mount } from "./mount.ts";
import { openat } from "./open.ts";
import { lseek, pread, read, write } from "./rw.ts";
import { fstat, fstatat, readlinkat } from "./stat.ts";

function* nothing(): Generator<never, number, number> {
  return 0;
}

class NullFile extends File {
  override read(): Uint8Array {
    return new Uint8Array(0);
  }
}

function setUp(limits = {}): Files {
  const t = testKernel(limits);
  t.kernel.devices.register("c", 1, 3, (_task, path, flags) => new NullFile(path, flags));
  const f = new Files(t.start(nothing));
  f.mkdir("/d");
  f.write("/f", "data");
  f.symlink("f", "/l");
  f.symlink("/d/made", "/new");
  mknodat(f.task, AT_FDCWD, "/null", S_IFCHR | 0o666, makedev(1, 3));
  mknodat(f.task, AT_FDCWD, "/nodriver", S_IFCHR | 0o666, makedev(99, 3));
  mknodat(f.task, AT_FDCWD, "/socket", S_IFSOCK | 0o666, 0);
  mknodat(f.task, AT_FDCWD, "/fifo", 0o010666, 0);
  return f;
}

test("what can be opened how", () => {
  const f = setUp();
  const rows: [path: string, flags: number, expected: string][] = [
    ["/f", O_RDONLY, "ok"],
    ["/f", 3, "EINVAL"],
    ["/f", O_DIRECTORY, "ENOTDIR"],
    ["/f", O_CREAT | O_EXCL, "EEXIST"],
    ["/f", O_CREAT | O_DIRECTORY, "EINVAL"],
    ["/d", O_RDONLY, "ok"],
    ["/d", O_WRONLY, "EISDIR"],
    ["/d", O_CREAT, "EISDIR"],
    ["/d", O_TRUNC, "EISDIR"],
    ["/l", O_NOFOLLOW, "ELOOP"],
    ["/l", O_NOFOLLOW | O_PATH, "ok"],
    ["/l", O_CREAT | O_EXCL, "EEXIST"],
    ["/l", O_CREAT | O_NOFOLLOW, "ELOOP"],
    ["/new", O_CREAT | O_EXCL, "EEXIST"],
    ["/new", O_CREAT, "ok"],
    ["/null", O_RDWR, "ok"],
    ["/nodriver", O_RDONLY, "ENXIO"],
    ["/socket", O_RDONLY, "ENXIO"],
    ["/fifo", O_WRONLY | O_NONBLOCK, "ENXIO"],
    ["/fifo", O_RDONLY | O_NONBLOCK, "ok"],
    ["/fifo", O_RDWR, "ok"],
    ["", O_RDONLY, "ENOENT"],
    ["", O_CREAT, "ENOENT"],
    ["/nope/f", O_CREAT, "ENOENT"],
    ["/f/x", O_CREAT, "ENOTDIR"],
    ["/x/", O_CREAT, "EISDIR"],
    [`/${"n".repeat(256)}`, O_CREAT, "ENAMETOOLONG"],
    ["/a\0b", O_CREAT, "EINVAL"],
  ];
  const got = rows.map(([path, flags]) => {
    const fd = outcome(() => f.open(path, flags));
    if (typeof fd === "number") f.close(fd);
    return [path, flags, typeof fd === "number" ? "ok" : fd];
  });
  expect(got).toEqual(rows);
  expect(f.stat("/d/made").size).toBe(0);
});

test("modes, umask and permissions of an ordinary user", () => {
  const f = setUp();
  f.mkdir("/pub");
  f.task.fs.umask = 0;
  f.mkdir("/sgid", 0o777);
  mkdirat(f.task, AT_FDCWD, "/tmp", 0o1777);
  f.write("/root", "", O_CREAT);
  fchmod(f.task, f.open("/root"), 0o600);
  f.task.fs.umask = 0o027;
  const got = f.as(user(1000), () => [
    outcome(() => f.write("/pub/x", "")),
    outcome(() => f.write("/tmp/x", "")),
    f.mode("/tmp/x"),
    outcome(() => f.open("/root")),
    outcome(() => f.open("/f", O_WRONLY)),
    outcome(() => f.open("/f", O_TRUNC)),
    outcome(() => f.open("/f", O_NOATIME)),
    outcome(() => f.open("/tmp/ro", O_CREAT | O_EXCL | O_WRONLY, 0o000)),
    outcome(() => f.open("/tmp/ro", O_RDONLY)),
  ]);
  expect(got).toEqual([
    "EACCES",
    undefined,
    "640",
    "EACCES",
    "EACCES",
    "EACCES",
    "EPERM",
    1,
    "EACCES",
  ]);
  // protected_symlinks: others' links in /tmp are not followed, by root neither.
  f.as(user(1000), () => f.symlink("/f", "/tmp/link"));
  expect([
    outcome(() => f.open("/tmp/link")),
    outcome(() => f.open("/tmp/link", O_CREAT)),
    f.as(user(1000), () => typeof outcome(() => f.open("/tmp/link"))),
    outcome(() => f.as(user(1001), () => f.unlink("/tmp/x"))),
  ]).toEqual(["EACCES", "EACCES", "number", "EPERM"]);
});

test("read-only and nodev mounts", () => {
  const f = setUp();
  const { task } = f;
  f.mkdir("/m");
  mount(task, "/", "/m", "", MS_BIND, "");
  mount(task, "", "/m", "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV, "");
  expect([
    outcome(() => f.open("/m/f", O_RDWR)),
    outcome(() => f.open("/m/f", O_TRUNC)),
    outcome(() => f.open("/m/x", O_CREAT)),
    typeof outcome(() => f.open("/m/f", O_CREAT)),
    outcome(() => f.mkdir("/m/x")),
    outcome(() => f.unlink("/m/f")),
    outcome(() => f.open("/m/null")),
    typeof outcome(() => f.open("/m/fifo", O_RDWR)),
    typeof outcome(() => f.open("/f", O_RDWR)),
  ]).toEqual(["EROFS", "EROFS", "EROFS", "number", "EROFS", "EROFS", "EACCES", "number", "number"]);
});

test("O_PATH descriptors name a place and do nothing else", () => {
  const f = setUp();
  const { task } = f;
  const fd = f.open("/f", O_PATH);
  const dir = f.open("/d", O_PATH);
  const link = f.open("/l", O_PATH | O_NOFOLLOW);
  expect([
    outcome(() => read(task, fd, 1)),
    outcome(() => write(task, fd, bytesOf("x"))),
    outcome(() => pread(task, fd, 1, 0)),
    outcome(() => lseek(task, fd, 0, 0)),
    outcome(() => ftruncate(task, fd, 0)),
    outcome(() => fchmod(task, fd, 0)),
    outcome(() => fcntl(task, fd, F_SETFL, 0)),
    fcntl(task, fd, F_GETFL),
    fstat(task, fd).size,
    fstatat(task, fd, "", AT_EMPTY_PATH).size,
    readlinkat(task, link, ""),
    outcome(() => readlinkat(task, fd, "")),
    outcome(() => fchdir(task, dir)),
    outcome(() => fchdir(task, fd)),
    typeof openat(task, dir, "made", O_CREAT),
  ]).toEqual([
    "EBADF",
    "EBADF",
    "EBADF",
    "EBADF",
    "EBADF",
    "EBADF",
    "EBADF",
    O_PATH,
    4,
    4,
    "f",
    "ENOENT",
    undefined,
    "ENOTDIR",
    "number",
  ]);
  expect(f.ls("/d")).toBe("made");
  expect([
    outcome(() => openat(task, 77, "x", 0)),
    outcome(() => openat(task, fd, "x", 0)),
  ]).toEqual(["EBADF", "ENOTDIR"]);
});

test("descriptors: lowest free, limits, flags", () => {
  const f = setUp({ openFiles: 40 });
  const { task } = f;
  const [a, b, c] = [f.open("/f"), f.open("/f", O_CLOEXEC | O_APPEND | O_RDWR), f.open("/f")];
  f.close(b);
  f.close(a);
  expect([f.open("/f"), f.open("/f"), f.open("/f"), c]).toEqual([0, 1, 3, 2]);
  expect([
    dup(task, 0),
    dup2(task, 0, 0),
    dup2(task, 0, 9),
    outcome(() => dup3(task, 0, 0, 0)),
    dup3(task, 0, 8, O_CLOEXEC),
    fcntl(task, 8, F_GETFD),
    fcntl(task, 0, F_DUPFD, 8),
    outcome(() => dup2(task, 50, 1)),
    outcome(() => dup2(task, 0, 5000)),
    outcome(() => fcntl(task, 0, F_DUPFD, 5000)),
    outcome(() => fcntl(task, 0, 12345, 0)),
    outcome(() => f.close(60)),
  ]).toEqual([4, 0, 9, "EINVAL", 8, 1, 10, "EBADF", "EBADF", "EINVAL", "EINVAL", "EBADF"]);
  const w = f.open("/f", O_WRONLY);
  expect([
    fcntl(task, w, F_SETFL, O_APPEND | O_NONBLOCK | O_RDWR),
    fcntl(task, w, F_GETFL),
  ]).toEqual([0, O_WRONLY | O_APPEND | O_NONBLOCK]);
  // The machine's limit: ENFILE; the process's: EMFILE, and nothing is created then.
  let error: unknown = 0;
  while (typeof error === "number") error = outcome(() => f.open("/f"));
  expect([error, task.kernel.openFiles]).toEqual(["ENFILE", 40]);
  task.group.rlimits = task.group.rlimits.with(RLIMIT_NOFILE, { cur: 5, max: 5 });
  expect([outcome(() => f.open("/late", O_CREAT)), outcome(() => f.stat("/late"))]).toEqual([
    "EMFILE",
    "ENOENT",
  ]);
  task.fds.closeAll(task);
  expect(task.kernel.openFiles).toBe(0);
});

test("a directory that was removed is empty and takes nothing", () => {
  const f = setUp();
  const { task } = f;
  const fd = f.open("/d");
  unlinkat(task, AT_FDCWD, "/d", 0x200);
  expect([
    outcome(() => openat(task, fd, "x", O_CREAT)),
    outcome(() => mkdirat(task, fd, "x", 0o777)),
    outcome(() => openat(task, fd, "..", 0)),
    fstat(task, fd).nlink,
  ]).toEqual(["ENOENT", "ENOENT", 1, 0]);
});
