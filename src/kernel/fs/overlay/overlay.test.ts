import { expect, test } from "vitest";
import { Files, now, outcome } from "../../../../test/support/files.ts";
import { type TestKernel, testKernel } from "../../../../test/support/kernel.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC } from "../../../abi/fcntl.ts";
import { type Dirent, S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG, type Stat } from "../../../abi/stat.ts";
import { bytesOf, strOf } from "../../../lib/bytes.ts";
import { fchmodat } from "../../syscalls/attr.ts";
import { linkat, renameat2 } from "../../syscalls/link.ts";
import { mount, umount2 } from "../../syscalls/mount.ts";
import { pread, pwrite } from "../../syscalls/rw.ts";
import { fstat } from "../../syscalls/stat.ts";
import type { Task } from "../../task.ts";
import { Dentry } from "../dentry.ts";
import { File, type Path } from "../file.ts";
import { ImageBuilder } from "../imagefs/image.ts";
import { ImageFs, type ImageNode } from "../imagefs/imagefs.ts";
import { Inode, type SuperBlock } from "../inode.ts";
import { Mount } from "../mount.ts";
import { Tmpfs } from "../tmpfs/tmpfs.ts";
import { overlay, overlayFileSystem } from "./overlay.ts";

function* nothing(): Generator<never, number, number> {
  return 0;
}

function image(): ImageNode {
  const builder = new ImageBuilder();
  builder.add("etc", { mode: S_IFDIR | 0o755 });
  builder.add("etc/passwd", {
    mode: S_IFREG | 0o644,
    mtimeSec: 1000,
    content: bytesOf("root:x:0:0\n"),
    xattrs: new Map([["user.note", bytesOf("kept")]]),
  });
  builder.add("etc/init.d/net", { mode: S_IFREG | 0o755, content: bytesOf("#!/bin/sh\n") });
  builder.add("big", { mode: S_IFREG | 0o644, content: new Uint8Array(1_000_000).fill(66) });
  builder.add("bin/sh", { mode: S_IFLNK | 0o777, target: "/bin/busybox" });
  builder.add("tmp", { mode: S_IFDIR | 0o1777 });
  return builder.finish();
}

interface Machine {
  t: TestKernel;
  f: Files;
  upper: Tmpfs;
}

/** A kernel whose root is an overlay over the image. */
function machine(from: ImageNode, upperOf?: Tmpfs): Machine {
  const t = testKernel();
  const upper = upperOf?.fork(t.kernel) ?? new Tmpfs(t.kernel, "mode=755").unlimited();
  const sb = overlay(t.kernel, [new ImageFs(t.kernel, from)], upper);
  t.ns.mounts.length = 0;
  const root = new Dentry(undefined, "", sb.root);
  t.ns.add(new Mount(t.kernel.nextMountId(), sb, root, undefined, 0, "overlay"));
  t.kernel.fileSystems.set("overlay", overlayFileSystem);
  return { t, f: new Files(t.start(nothing)), upper };
}

/** What is in the upper layer, as paths. */
function changes(upper: Tmpfs): string {
  const all: string[] = [];
  const walk = (dir: Tmpfs["root"], path: string): void => {
    for (const [name, inode] of dir.entries) {
      const whiteout = (inode.mode & 0o170000) === S_IFCHR && inode.rdev === 0;
      const opaque = inode.peekxattr("trusted.overlay.opaque") !== undefined;
      all.push(`${whiteout ? "-" : ""}${path}/${name}${opaque ? "!" : ""}`);
      if ("entries" in inode) walk(inode as Tmpfs["root"], `${path}/${name}`);
    }
  };
  walk(upper.root, "");
  return all.sort().join(" ");
}

test("reads the image and keeps changes in the upper layer", () => {
  const { f, upper } = machine(image());
  expect(f.cat("/etc/passwd")).toBe("root:x:0:0\n");
  expect(changes(upper)).toBe("");
  const before = f.stat("/etc/passwd");
  f.write("/etc/passwd", "me:x:1:1\n", 0o2000);
  expect(f.cat("/etc/passwd")).toBe("root:x:0:0\nme:x:1:1\n");
  const after = f.stat("/etc/passwd");
  expect([after.ino, after.dev, after.mode]).toEqual([before.ino, before.dev, before.mode]);
  f.unlink("/big");
  f.rm("/etc/init.d");
  expect(f.ls("/")).toBe("bin etc tmp");
  expect(f.ls("/etc")).toBe("passwd");
  expect(changes(upper)).toBe("-/big -/etc/init.d /etc /etc/passwd");
  f.mkdir("/etc/init.d");
  expect(f.ls("/etc/init.d")).toBe("");
  f.write("/big", "small");
  expect(f.cat("/big")).toBe("small");
  expect(changes(upper)).toBe("/big /etc /etc/init.d! /etc/passwd");
});

test("copying up keeps times, attributes and open descriptions, and copies no bytes of the image", () => {
  const { t, f } = machine(image());
  const { task } = f;
  const reader = f.open("/big", O_RDONLY);
  const dirTime = f.stat("/").mtime;
  fchmodat(task, AT_FDCWD, "/etc/passwd", 0o600, 0);
  expect([f.mode("/etc/passwd"), f.stat("/etc/passwd").mtime.sec]).toEqual(["600", 1000]);
  expect(f.stat("/").mtime).toEqual(dirTime);
  const used = t.kernel.memory.used;
  const writer = f.open("/big", O_RDWR);
  now(pwrite(task, writer, bytesOf("new"), 10));
  // All of it is charged, but what was not written is still the image's.
  expect(t.kernel.memory.used - used).toBeGreaterThan(1_000_000);
  expect(strOf(now(pread(task, reader, 5, 9)))).toBe("BnewB");
  expect(fstat(task, reader).ino).toBe(fstat(task, writer).ino);
  f.unlink("/big");
  expect(strOf(now(pread(task, reader, 5, 9)))).toBe("BnewB");
  f.close(writer);
  f.close(reader);
  expect(t.kernel.memory.used - used).toBeLessThan(10_000);
});

test("an unlinked file of the image can still be changed through its descriptor", () => {
  const { f } = machine(image());
  const fd = f.open("/etc/passwd", O_RDONLY);
  const { path } = f.task.fds.get(fd);
  f.unlink("/etc/passwd");
  path.dentry.inode.setattr({ mode: 0o600 });
  expect([fstat(f.task, fd).mode & 0o777, strOf(now(pread(f.task, fd, 4, 0)))]).toEqual([
    0o600,
    "root",
  ]);
  expect(outcome(() => f.stat("/etc/passwd"))).toBe("ENOENT");
});

test("moves directories of the image", () => {
  const { f, upper } = machine(image());
  const { task } = f;
  const fd = f.open("/etc/init.d/net", O_RDONLY);
  renameat2(task, AT_FDCWD, "/etc", AT_FDCWD, "/conf", 0);
  expect([f.ls("/"), f.ls("/conf"), f.cat("/conf/init.d/net")]).toEqual([
    "big bin conf tmp",
    "init.d passwd",
    "#!/bin/sh\n",
  ]);
  f.write("/conf/init.d/net", "changed");
  expect(strOf(now(pread(task, fd, 20, 0)))).toBe("changed");
  expect(changes(upper)).toBe("-/etc /conf! /conf/init.d! /conf/init.d/net /conf/passwd");
  f.mkdir("/etc");
  expect(f.ls("/etc")).toBe("");
  f.rm("/conf");
  expect(f.ls("/")).toBe("big bin etc tmp");
});

test("links, links to links, times of truncation", () => {
  const { f } = machine(image());
  linkat(f.task, AT_FDCWD, "/etc/passwd", AT_FDCWD, "/etc/shadow", 0);
  f.write("/etc/shadow", "both");
  expect([f.cat("/etc/passwd"), f.stat("/etc/passwd").nlink]).toEqual(["both", 2]);
  expect(f.stat("/etc/passwd").ino).toBe(f.stat("/etc/shadow").ino);
  f.unlink("/etc/passwd");
  expect(f.stat("/etc/shadow").nlink).toBe(1);
  expect(f.stat("/bin/sh", AT_SYMLINK_NOFOLLOW).size).toBe(12);
  f.close(f.open("/big", O_RDWR | O_TRUNC));
  expect(f.stat("/big").size).toBe(0);
});

test("a fork shares what was written until either side changes it, and numbers stay", () => {
  const from = image();
  const one = machine(from);
  one.f.write("/etc/passwd", "one");
  one.f.write("/data", "x".repeat(200_000));
  linkat(one.f.task, AT_FDCWD, "/data", AT_FDCWD, "/data2", 0);
  one.f.unlink("/bin/sh");
  const two = machine(from, one.upper);
  expect(two.upper.bytes).toBe(one.upper.bytes);
  expect([two.f.cat("/etc/passwd"), two.f.ls("/bin"), two.f.stat("/data2").nlink]).toEqual([
    "one",
    "",
    2,
  ]);
  expect(two.f.stat("/etc/passwd").ino).toBe(one.f.stat("/etc/passwd").ino);
  two.f.write("/data", "y", 0o2000);
  one.f.write("/data", "z", 0o2000);
  one.f.write("/etc/passwd", "changed");
  expect([two.f.cat("/data2").slice(-2), one.f.cat("/data").slice(-2)]).toEqual(["xy", "xz"]);
  expect(two.f.cat("/etc/passwd")).toBe("one");
});

test("costs next to nothing until something is looked at", () => {
  const from = image();
  const t = testKernel();
  const before = t.kernel.memory.used;
  const upper = new Tmpfs(t.kernel, "mode=755");
  overlay(t.kernel, [new ImageFs(t.kernel, from)], upper);
  expect(t.kernel.memory.used - before).toBe(0);
});

test("guests mount overlays", () => {
  const t = testKernel();
  t.kernel.fileSystems.set("overlay", overlayFileSystem);
  const f = new Files(t.start(nothing));
  const { task } = f;
  for (const dir of ["/l1", "/l2", "/u", "/w", "/m", "/x"]) f.mkdir(dir);
  f.write("/l1/both", "top");
  f.write("/l2/both", "bottom");
  f.write("/l2/low", "low");
  const on = (data: string): unknown =>
    outcome(() => mount(task, "overlay", "/m", "overlay", 0, data));
  const refused = [
    "",
    "lowerdir=/l1",
    "lowerdir=/l1:/nope",
    "lowerdir=/l1,upperdir=/u",
    "lowerdir=/l1,upperdir=/u,workdir=/u/w",
    "lowerdir=/l1,upperdir=/u,workdir=/w,index=on",
    "lowerdir=/l1,what=1",
  ];
  expect(refused.map(on)).toEqual([
    "EINVAL",
    "EINVAL",
    "ENOENT",
    "EINVAL",
    "ENOENT",
    "EINVAL",
    "EINVAL",
  ]);
  const before = t.kernel.memory.used;
  expect(on("lowerdir=/l1:/l2,upperdir=/u,workdir=/w")).toBe(undefined);
  expect([f.ls("/m"), f.cat("/m/both"), f.cat("/m/low")]).toEqual(["both low", "top", "low"]);
  f.unlink("/m/both");
  f.write("/m/new", "");
  expect([f.ls("/m"), f.ls("/u"), f.stat("/u/both").rdev]).toEqual(["low new", "both new", 0]);
  umount2(task, "/m", 0);
  f.unlink("/u/both");
  f.unlink("/u/new");
  f.rm("/w/work");
  expect(t.kernel.memory.used).toBe(before);
  expect(on("lowerdir=/l1:/l2")).toBe(undefined);
  expect([f.cat("/m/both"), outcome(() => f.write("/m/x", ""))]).toEqual(["top", "EROFS"]);
});

test("two machines over one image see nothing of each other", () => {
  const from = image();
  const [one, two] = [machine(from), machine(from)];
  one.f.write("/etc/passwd", "one");
  one.f.unlink("/big");
  expect([two.f.cat("/etc/passwd"), two.f.stat("/big").size]).toEqual(["root:x:0:0\n", 1_000_000]);
});

/** A folder whose bytes are only to be had through open files, like a host's. */
class Folder extends Inode {
  readonly ino = 1;
  readonly #files: ReadonlyMap<string, Folder>;
  readonly #text: string;

  constructor(sb: SuperBlock, mode: number, text: string, files: Record<string, Folder> = {}) {
    super(sb, mode, 0, 0);
    this.#text = text;
    this.#files = new Map(Object.entries(files));
  }
  stat(): Stat {
    const { mode, uid, gid, ino, nlink } = this;
    const time = { sec: 1, nsec: 0 };
    const size = this.#text.length;
    const rest = { dev: 1, rdev: 0, blksize: 1, blocks: 0, atime: time, mtime: time, ctime: time };
    return { mode, uid, gid, ino, nlink, size, ...rest };
  }
  setattr(): void {
    throw new Error("a lower layer was changed");
  }
  override lookup(name: string): Inode | undefined {
    return this.#files.get(name);
  }
  override readdir(): Dirent[] {
    return [...this.#files.keys()].map((name) => ({ ino: 1, type: 8, name }));
  }
  override open(_task: Task, path: Path, flags: number): File {
    const text = this.#text;
    return new (class extends File {
      override readAt(_reader: Task, pos: number, max: number): Uint8Array {
        return bytesOf(text.slice(pos, pos + max));
      }
    })(path, flags);
  }
}

test("over a folder that gives its bytes only through open files", () => {
  const t = testKernel();
  const sb: SuperBlock = {
    type: "9p",
    kernel: t.kernel,
    dev: 77,
    root: undefined as unknown as Inode,
    volatile: true,
    options: () => "",
    statfs: () => t.ns.root.mount.sb.statfs(),
    remount: () => {},
    release: () => {},
    sync: () => {},
  };
  const file = new Folder(sb, S_IFREG | 0o644, "from the host".repeat(10_000));
  const dir = new Folder(sb, S_IFDIR | 0o755, "", { file });
  Object.assign(sb, { root: new Folder(sb, S_IFDIR | 0o755, "", { dir, top: file }) });
  const upper = new Tmpfs(t.kernel, "mode=755").unlimited();
  const root = overlay(t.kernel, [sb], upper);
  t.ns.mounts.length = 0;
  const dentry = new Dentry(undefined, "", root.root);
  t.ns.add(new Mount(t.kernel.nextMountId(), root, dentry, undefined, 0, "overlay"));
  const f = new Files(t.start(nothing));
  const before = t.kernel.memory.used;
  expect([f.cat("/top").length, f.cat("/dir/file").slice(0, 13)]).toEqual([
    130_000,
    "from the host",
  ]);
  const fd = f.open("/top");
  f.write("/top", "!", 0o2000);
  expect([f.cat("/top").slice(-5), strOf(now(pread(f.task, fd, 5, 129_996)))]).toEqual([
    "host!",
    "host!",
  ]);
  const move = (from: string, to: string): unknown =>
    outcome(() => renameat2(f.task, AT_FDCWD, from, AT_FDCWD, to, 0));
  expect([move("/dir", "/moved"), move("/dir/file", "/file"), f.ls("/"), f.ls("/dir")]).toEqual([
    "EXDEV",
    undefined,
    "dir file top",
    "",
  ]);
  f.close(fd);
  for (const name of ["file", "top"]) f.unlink(`/${name}`);
  f.rmdir("/dir");
  expect([f.ls("/"), changes(upper)]).toEqual(["", "-/dir -/top"]);
  expect(t.kernel.openFiles).toBe(0);
  expect(t.kernel.memory.used - before).toBeLessThan(2000);
});
