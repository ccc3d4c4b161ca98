// Whatever numbers and names a program gives to calls on files: an errno, never another exception, and nothing
// stays charged.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Files, outcome } from "../../../test/support/files.ts";
import { testKernel } from "../../../test/support/kernel.ts";
import { AT_FDCWD } from "../../abi/fcntl.ts";
import { isSteps } from "../../abi/program.ts";
import { inotify_add_watch, inotify_init1, inotify_rm_watch } from "../fs/inotify.ts";
import { memfd_create } from "../fs/memfd.ts";
import type { Mount } from "../fs/mount.ts";
import { overlayFileSystem } from "../fs/overlay/overlay.ts";
import type { Task } from "../task.ts";
import {
  faccessat,
  fallocate,
  fchmodat,
  fchownat,
  ftruncate,
  truncate,
  utimensat,
} from "./attr.ts";
import { chdir, fchdir } from "./dir.ts";
import { dup3, fcntl } from "./fcntl.ts";
import { getdents } from "./getdents.ts";
import { linkat, mkdirat, mknodat, renameat2, symlinkat, unlinkat } from "./link.ts";
import { fcntl_lock, flock } from "./lock.ts";
import { mount, umount2 } from "./mount.ts";
import { close, openat } from "./open.ts";
import { lseek, pread, pwrite, read, splice, write } from "./rw.ts";
import { fstat, fstatat, readlinkat } from "./stat.ts";
import { getxattr, listxattr, removexattr, setxattr } from "./xattr.ts";

function* nothing(): Generator<never, number, number> {
  return 0;
}

type Call = (task: Task, n: number[], s: string[]) => unknown;

const CALLS: Call[] = [
  (t, n, s) => openat(t, n[0] as number, s[0] as string, n[1] as number, n[2] as number),
  (t, n, s) => openat(t, AT_FDCWD, s[0] as string, 0o102 | ((n[1] as number) & 0o7777), 0o666),
  (t, n) => close(t, n[0] as number),
  (t, n) => read(t, n[0] as number, n[1] as number),
  (t, n) => write(t, n[0] as number, new Uint8Array(Math.abs(n[1] as number) % 100_000 || 0)),
  (t, n) => pread(t, n[0] as number, n[1] as number, n[2] as number),
  (t, n) => pwrite(t, n[0] as number, Uint8Array.of(1, 2, 3), n[1] as number),
  (t, n) => lseek(t, n[0] as number, n[1] as number, n[2] as number),
  (t, n) => ftruncate(t, n[0] as number, n[1] as number),
  (t, n) => fallocate(t, n[0] as number, (n[1] as number) & 3, n[2] as number, n[3] as number),
  (t, n, s) => truncate(t, s[0] as string, n[0] as number),
  (t, n) => getdents(t, n[0] as number),
  (t, n) => fstat(t, n[0] as number),
  (t, n, s) => fstatat(t, n[0] as number, s[0] as string, n[1] as number),
  (t, n) => splice(t, n[0] as number, n[1] as number, n[2] as number),
  (t, n) => dup3(t, n[0] as number, n[1] as number, n[2] as number),
  (t, n) => fcntl(t, n[0] as number, n[1] as number, n[2] as number),
  (t, n) => flock(t, n[0] as number, n[1] as number),
  (t, n) =>
    fcntl_lock(t, n[0] as number, n[1] as number, {
      type: n[2] as number,
      whence: n[3] as number,
      start: n[4] as number,
      len: n[5] as number,
      pid: 0,
    }),
  (t, n, s) => mkdirat(t, n[0] as number, s[0] as string, n[1] as number),
  (t, n, s) => mknodat(t, AT_FDCWD, s[0] as string, n[0] as number, n[1] as number),
  (t, n, s) => unlinkat(t, AT_FDCWD, s[0] as string, n[0] as number),
  (t, _n, s) => unlinkat(t, AT_FDCWD, s[0] as string, 0),
  (t, _n, s) => symlinkat(t, s[0] as string, AT_FDCWD, s[1] as string),
  (t, n, s) => linkat(t, AT_FDCWD, s[0] as string, n[0] as number, s[1] as string, n[1] as number),
  (t, n, s) => renameat2(t, AT_FDCWD, s[0] as string, AT_FDCWD, s[1] as string, n[0] as number),
  (t, _n, s) => renameat2(t, AT_FDCWD, s[0] as string, AT_FDCWD, s[1] as string, 0),
  (t, n, s) => fchmodat(t, AT_FDCWD, s[0] as string, n[0] as number, 0),
  (t, n, s) => fchownat(t, AT_FDCWD, s[0] as string, n[0] as number, n[1] as number, 0),
  (t, n, s) =>
    utimensat(
      t,
      AT_FDCWD,
      s[0] as string,
      { sec: n[0] as number, nsec: n[1] as number },
      { sec: n[2] as number, nsec: n[3] as number },
      0,
    ),
  (t, n, s) => faccessat(t, n[0] as number, s[0] as string, n[1] as number, n[2] as number),
  (t, _n, s) => chdir(t, s[0] as string),
  (t, n) => fchdir(t, n[0] as number),
  (t, n, s) => readlinkat(t, n[0] as number, s[0] as string),
  (t, n, s) =>
    setxattr(t, s[0] as string, `user.${s[1]}`, new Uint8Array(50), n[0] as number, true),
  (t, _n, s) => getxattr(t, s[0] as string, s[1] as string, true),
  (t, n, s) => mount(t, s[0] as string, s[1] as string, "tmpfs", n[0] as number, s[2] as string),
  (t, _n, s) => mount(t, "none", s[1] as string, "tmpfs", 0, "size=64k"),
  (t, _n, s) =>
    mount(
      t,
      "o",
      s[0] as string,
      "overlay",
      0,
      `lowerdir=${s[1]},upperdir=${s[2]},workdir=${s[3]}`,
    ),
  (t, n, s) => umount2(t, s[0] as string, n[0] as number),
  (t, _n, s) => umount2(t, s[0] as string, 2),
  (t, n, s) => memfd_create(t, s[0] as string, n[0] as number),
  (t, n) => inotify_init1(t, n[0] as number),
  (t, n, s) => inotify_add_watch(t, n[0] as number, s[0] as string, n[1] as number),
  (t, n) => inotify_rm_watch(t, n[0] as number, n[1] as number),
];

const number = fc.oneof(
  { weight: 4, arbitrary: fc.nat(8) },
  fc.constantFrom(
    AT_FDCWD,
    -1,
    4095,
    4096,
    65536,
    100_000,
    2 ** 31,
    -(2 ** 31),
    2 ** 47,
    2 ** 47 - 1,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 63,
    -(2 ** 63),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    0.5,
  ),
  fc.integer(),
);
const component = fc.constantFrom("a", "b", "c", "..", ".", "", "x".repeat(256), "a\0b", "\xff");
const name = fc
  .tuple(fc.boolean(), fc.array(component, { maxLength: 4 }))
  .map(([absolute, parts]) => (absolute ? "/" : "") + parts.join("/"));
const call = fc.record({
  index: fc.nat(CALLS.length - 1),
  numbers: fc.array(number, { minLength: 6, maxLength: 6 }),
  names: fc.array(name, { minLength: 4, maxLength: 4 }),
});

test("gives errnos and nothing else, and leaves nothing charged", () => {
  fc.assert(
    fc.property(fc.array(call, { minLength: 20, maxLength: 80 }), (calls) => {
      const t = testKernel({ memoryBytes: 4 * 1024 * 1024, openFiles: 50 });
      t.kernel.fileSystems.set("overlay", overlayFileSystem);
      const { memory } = t.kernel;
      const before = memory.used;
      const f = new Files(t.start(nothing));
      const { task } = f;
      for (const { index, numbers, names } of calls) {
        const result = outcome(() => (CALLS[index] as Call)(task, numbers, names));
        // As when a task that waits is killed.
        if (isSteps(result)) {
          const steps = result;
          if (outcome(() => steps.next().done === true) === false) steps.return(undefined);
        }
        if (memory.used > memory.limit || memory.used < before) throw new Error("charge");
      }
      task.fds.closeAll(task);
      task.fs.cwd = task.fs.root;
      const root = t.ns.mounts.find((each) => each.at === undefined) as Mount;
      for (const each of t.ns.mounts.filter((mounted) => mounted !== root).reverse()) {
        t.ns.detach(each);
      }
      chdir(task, "/");
      task.fs.root = { mount: root, dentry: root.root };
      task.fs.cwd = task.fs.root;
      root.flags = 0;
      root.sb.readonly = false;
      for (const entry of f.ls("/").split(" ")) if (entry !== "") f.rm(`/${entry}`);
      for (const each of listxattr(task, "/", true)) removexattr(task, "/", each, true);
      expect([memory.used, t.kernel.openFiles, t.kernel.watches]).toEqual([before, 0, 0]);
    }),
    { numRuns: 300 },
  );
});
