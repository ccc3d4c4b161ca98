import { expect, test } from "vitest";
import { Files, outcome, user } from "../../../test/support/files.ts";
import { type TestKernel, testKernel } from "../../../test/support/kernel.ts";
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_CREAT, O_DIRECTORY, O_PATH } from "../../abi/fcntl.ts";
import { chdir, chroot, getcwd } from "../syscalls/dir.ts";
import { mount } from "../syscalls/mount.ts";
import { pathName, resolve, resolveParent, tryResolve } from "./namei.ts";

function* nothing(): Generator<never, number, number> {
  return 0;
}

function setUp(): { t: TestKernel; f: Files; name: (path: string, flags?: number) => string } {
  const t = testKernel();
  const f = new Files(t.start(nothing));
  f.mkdir("/a");
  f.mkdir("/a/b");
  f.write("/a/f", "data");
  f.symlink("b", "/a/rel");
  f.symlink("/a/b", "/a/abs");
  f.symlink("loop", "/a/loop");
  f.symlink("nowhere", "/a/dangling");
  f.symlink("..", "/a/up");
  f.mkdir("/secret", 0o700);
  f.mkdir("/secret/in");
  const name = (path: string, flags = 0): string => {
    const found = tryResolve(f.task, AT_FDCWD, path, flags);
    return found instanceof Errno ? found.code : pathName(found, f.task.fs.root);
  };
  return { t, f, name };
}

test("walks paths as Linux does", () => {
  const { name } = setUp();
  const rows: [path: string, expected: string, flags?: number][] = [
    ["/", "/"],
    ["//", "/"],
    ["/..", "/"],
    ["/a/b", "/a/b"],
    ["a//b/", "/a/b"],
    ["/a/b/../f", "/a/f"],
    ["/a/./b/.", "/a/b"],
    ["/a/rel", "/a/b"],
    ["/a/abs", "/a/b"],
    ["/a/rel", "/a/rel", AT_SYMLINK_NOFOLLOW],
    ["/a/rel/", "/a/b", AT_SYMLINK_NOFOLLOW],
    ["/a/rel/.", "/a/b", AT_SYMLINK_NOFOLLOW],
    ["/a/rel/../f", "/a/f"],
    ["/a/up/a/up/a/f", "/a/f"],
    ["/a/f/", "ENOTDIR"],
    ["/a/f/x", "ENOTDIR"],
    ["/a/f/..", "ENOTDIR"],
    ["/a/f", "ENOTDIR", O_DIRECTORY],
    ["/a/loop", "ELOOP"],
    ["/a/loop", "/a/loop", AT_SYMLINK_NOFOLLOW],
    ["/a/dangling", "ENOENT"],
    ["/a/dangling/", "ENOENT", AT_SYMLINK_NOFOLLOW],
    ["/nope", "ENOENT"],
    ["/nope/..", "ENOENT"],
    ["", "ENOENT"],
    [`/${"x".repeat(255)}`, "ENOENT"],
    [`/${"x".repeat(256)}`, "ENAMETOOLONG"],
    ["/".repeat(4095), "/"],
    ["/".repeat(4096), "ENAMETOOLONG"],
    ["a/../".repeat(800), "/"],
  ];
  const got = rows.map(([path, , flags]) => [path, name(path, flags)]);
  expect(got).toEqual(rows.map(([path, expected]) => [path, expected]));
});

test("follows at most 40 links in a walk", () => {
  const { f, name } = setUp();
  f.write("/l0", "");
  for (let i = 1; i <= 41; i++) f.symlink(`l${i - 1}`, `/l${i}`);
  expect([name("/l40"), name("/l41")]).toEqual(["/l0", "ELOOP"]);
});

test("asks search permission of each directory with the effective ids", () => {
  const { f, name } = setUp();
  const other = user(1000);
  expect(
    f.as(other, () => [name("/secret"), name("/secret/in"), name("/secret/."), name("/a/b")]),
  ).toEqual(["/secret", "EACCES", "EACCES", "/a/b"]);
  expect(name("/secret/in")).toBe("/secret/in");
});

test("a chroot has no way out by .. or links", () => {
  const { f, name } = setUp();
  f.symlink("/../../f", "/a/out");
  chroot(f.task, "/a");
  chdir(f.task, "/");
  expect([
    name("/"),
    name("/.."),
    name("../../b"),
    name("/out"),
    name("/abs"),
    name("/up/f"),
  ]).toEqual(["/", "/", "/b", "/f", "ENOENT", "/f"]);
});

test(".. leaves a mount, and a mount hides what is below", () => {
  const { f, name } = setUp();
  f.mkdir("/a/b/hidden");
  mount(f.task, "none", "/a/b", "tmpfs", 0, "");
  f.mkdir("/a/b/shown");
  expect([
    name("/a/b/hidden"),
    name("/a/b/shown/../.."),
    name("/a/b/.."),
    name("/a/rel/shown"),
  ]).toEqual(["ENOENT", "/a", "/a", "/a/b/shown"]);
  mount(f.task, "none", "/a/b", "tmpfs", 0, "");
  expect([name("/a/b/shown"), name("/a/b"), name("/a/b/../f")]).toEqual(["ENOENT", "/a/b", "/a/f"]);
});

test("names of removed and unreachable places", () => {
  const { f } = setUp();
  const { task } = f;
  f.mkdir("/a/gone");
  chdir(task, "/a/gone");
  f.rmdir("/a/gone");
  expect(outcome(() => getcwd(task))).toBe("ENOENT");
  expect(pathName(task.fs.cwd, task.fs.root)).toBe("/a/gone (deleted)");
  expect(outcome(() => f.write("x", ""))).toBe("ENOENT");
  chdir(task, "..");
  expect(getcwd(task)).toBe("/a");
  chdir(task, "/secret");
  chroot(task, "/a");
  expect(getcwd(task)).toBe("(unreachable)/secret");
});

test("a moved directory takes along who works in it", () => {
  const { f } = setUp();
  chdir(f.task, "/a/b");
  const fd = f.open("/a/b", O_PATH);
  f.mkdir("/z");
  const { parent, name } = resolveParent(f.task, AT_FDCWD, "/a/b/");
  expect([pathName(parent, f.task.fs.root), name]).toEqual(["/a", "b"]);
  parent.dentry.inode.rename("b", resolve(f.task, AT_FDCWD, "/z", 0).dentry.inode, "c", 0);
  parent.dentry.move("b", resolve(f.task, AT_FDCWD, "/z", 0).dentry, "c");
  expect(getcwd(f.task)).toBe("/z/c");
  expect(pathName(f.task.fds.get(fd).path, f.task.fs.root)).toBe("/z/c");
});

test("O_CREAT through a dangling link makes its target", () => {
  const { f } = setUp();
  f.write("/a/dangling", "made", O_CREAT);
  expect(f.cat("/a/nowhere")).toBe("made");
  expect(outcome(() => f.write("/a/loop", "", O_CREAT))).toBe("ELOOP");
});
