import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testKernel } from "../../../test/support/kernel.ts";
import * as errno from "../../abi/errno.ts";
import { Errno } from "../../abi/errno.ts";
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  F_SETFL,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  SEEK_END,
} from "../../abi/fcntl.ts";
import { isSteps, type Steps, type Sys, settle } from "../../abi/program.ts";
import { DT_UNKNOWN, S_IFIFO } from "../../abi/stat.ts";
import { Dentry } from "../../kernel/fs/dentry.ts";
import { HostFs } from "../../kernel/fs/hostfs/hostfs.ts";
import { Mount } from "../../kernel/fs/mount.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { NodeFiles } from "./files.ts";

let top: string;
let folder: string;

beforeEach(() => {
  top = fs.mkdtempSync(`${tmpdir()}/hostfs-`);
  folder = `${top}/shared`;
  fs.mkdirSync(folder);
  fs.writeFileSync(`${top}/secret`, "secret");
});
afterEach(() => fs.rmSync(top, { recursive: true, force: true }));

/** Runs `main` in a kernel that has the folder as its root; what it returns. */
function inside<T>(main: (sys: Sys) => Steps<T>, options: { readonly?: boolean } = {}): T {
  const { kernel, ns, host, run } = testKernel();
  const sb = new HostFs(kernel, new NodeFiles(folder, options));
  const root = new Dentry(undefined, "", sb.root);
  ns.remove(ns.mounts[0] as Mount);
  ns.add(new Mount(kernel.nextMountId(), sb, root, undefined, 0, "host"));
  let result: { value: T } | undefined;
  try {
    const status = run(function* (sys) {
      result = { value: yield* main(sys) };
      return 0;
    });
    expect(host.reports).toEqual([]);
    expect(status).toBe(0);
  } finally {
    sb.release();
  }
  return (result as { value: T }).value;
}

function* put(
  sys: Sys,
  path: string,
  text: string,
  flags = O_WRONLY | O_CREAT | O_TRUNC,
): Steps<void> {
  const fd = yield* settle(sys.openat(AT_FDCWD, path, flags, 0o644));
  expect(yield* settle(sys.write(fd, bytesOf(text)))).toBe(text.length);
  sys.close(fd);
}

function* get(sys: Sys, path: string, flags = O_RDONLY): Steps<string> {
  const fd = yield* settle(sys.openat(AT_FDCWD, path, flags));
  let text = "";
  for (;;) {
    const chunk = yield* settle(sys.read(fd, 65536));
    if (chunk.length === 0) break;
    text += strOf(chunk);
  }
  sys.close(fd);
  return text;
}

/** Something happens on the host: what a task has just seen holds for a moment. */
function* meanwhile(sys: Sys, action: () => void): Steps<void> {
  action();
  yield* settle(sys.nanosleep(5));
}

/** The code of the errno that `action` throws. */
function* failure(action: () => unknown): Steps<string> {
  try {
    const result = action();
    if (typeof result === "object" && result !== null && "next" in result)
      yield* result as Steps<unknown>;
    return "none";
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return error.code;
  }
}

test("what the guest writes is on the host at once, and the other way round", () => {
  inside(function* (sys) {
    sys.mkdirat(AT_FDCWD, "/d", 0o755);
    yield* put(sys, "/d/f", "one");
    expect(fs.readFileSync(`${folder}/d/f`, "latin1")).toBe("one");
    yield* meanwhile(sys, () => fs.appendFileSync(`${folder}/d/f`, " two"));
    expect(yield* get(sys, "/d/f")).toBe("one two");
    expect(sys.fstatat(AT_FDCWD, "/d/f", 0).size).toBe(7);
    yield* meanwhile(sys, () => fs.rmSync(`${folder}/d`, { recursive: true }));
    expect(yield* failure(() => sys.fstatat(AT_FDCWD, "/d/f", 0))).toBe("ENOENT");
  });
});

test("reads see a file grow, writes and positions go where they should", () => {
  inside(function* (sys) {
    const fd = yield* settle(sys.openat(AT_FDCWD, "/f", O_RDWR | O_CREAT | O_EXCL, 0o600));
    yield* settle(sys.write(fd, bytesOf("hello")));
    expect(sys.lseek(fd, -2, SEEK_END)).toBe(3);
    expect(strOf(yield* settle(sys.read(fd, 10)))).toBe("lo");
    expect((yield* settle(sys.read(fd, 10))).length).toBe(0);
    yield* meanwhile(sys, () => fs.appendFileSync(`${folder}/f`, "x".repeat(100_000)));
    let more = 0;
    for (;;) {
      const chunk = yield* settle(sys.read(fd, 65536));
      if (chunk.length === 0) break;
      more += chunk.length;
    }
    expect(more).toBe(100_000);
    yield* settle(sys.pwrite(fd, bytesOf("J"), 0));
    sys.ftruncate(fd, 5);
    expect(fs.readFileSync(`${folder}/f`, "latin1")).toBe("Jello");
    expect(sys.fstat(fd).size).toBe(5);
  });
});

test("a head that execve knows is read again when the file has changed", () => {
  fs.writeFileSync(`${folder}/p`, "#!bivy one", { mode: 0o755 });
  const ends = (status: number) =>
    function* (): Steps<number> {
      return status;
    };
  const programs = new Map([
    ["one", ends(1)],
    ["two", ends(2)],
  ]);
  const { kernel, ns, run, host } = testKernel({}, programs);
  // Long after the file was changed.
  host.now = () => Date.now() + 60_000;
  const sb = new HostFs(kernel, new NodeFiles(folder));
  ns.remove(ns.mounts[0] as Mount);
  ns.add(new Mount(kernel.nextMountId(), sb, new Dentry(undefined, "", sb.root), undefined, 0, ""));
  try {
    const codes: number[] = [];
    run(function* (sys) {
      for (const change of [
        () => {},
        () => {},
        () => fs.writeFileSync(`${folder}/p`, "#!bivy two"),
      ]) {
        yield* meanwhile(sys, change);
        sys.fork(function* (child): Steps<number> {
          const call = child.execve("/p", ["p"], []);
          if (isSteps(call)) yield* call;
          return 9;
        });
        codes.push(((yield* settle(sys.wait4(-1, 0)))?.status ?? 0) >> 8);
      }
      return 0;
    });
    expect([host.reports, codes]).toEqual([[], [1, 1, 2]]);
  } finally {
    sb.release();
  }
});

test("small reads one after the other see what the machine itself writes", () => {
  fs.writeFileSync(`${folder}/f`, "a".repeat(9000));
  inside(function* (sys) {
    const fd = yield* settle(sys.openat(AT_FDCWD, "/f", O_RDWR));
    for (const pos of [0, 10, 20]) expect((yield* settle(sys.pread(fd, 10, pos))).length).toBe(10);
    yield* settle(sys.pwrite(fd, bytesOf("b"), 30));
    expect(strOf(yield* settle(sys.pread(fd, 3, 29)))).toBe("aba");
    expect((yield* settle(sys.pread(fd, 4096, 8000))).length).toBe(1000);
    yield* meanwhile(sys, () => fs.writeFileSync(`${folder}/f`, "c".repeat(9000)));
    expect(strOf(yield* settle(sys.pread(fd, 3, 29)))).toBe("ccc");
  });
});

test("splice from file to file", () => {
  fs.writeFileSync(`${folder}/a`, "x".repeat(300_000));
  inside(function* (sys) {
    const from = yield* settle(sys.openat(AT_FDCWD, "/a", O_RDONLY));
    const to = yield* settle(sys.openat(AT_FDCWD, "/b", O_RDWR | O_CREAT, 0o644));
    const log = yield* settle(sys.openat(AT_FDCWD, "/c", O_WRONLY | O_CREAT | O_APPEND, 0o644));
    const moved: number[] = [];
    for (const [out, max] of [
      [to, 10],
      [log, 5],
      [log, 5],
      [to, 1_000_000],
      [to, 10],
    ] as const) {
      moved.push(yield* settle(sys.splice(from, out, max)));
    }
    expect(moved).toEqual([10, 5, 5, 299_980, 0]);
    expect([sys.fstat(to).size, sys.fstat(log).size]).toEqual([299_990, 10]);
    expect((yield* settle(sys.pread(to, 10, 299_985))).length).toBe(5);
  });
});

test("O_APPEND appends also behind another writer's back, and can be switched off", () => {
  inside(function* (sys) {
    yield* put(sys, "/log", "a");
    const fd = yield* settle(sys.openat(AT_FDCWD, "/log", O_WRONLY | O_APPEND));
    fs.appendFileSync(`${folder}/log`, "b");
    yield* settle(sys.write(fd, bytesOf("c")));
    expect(fs.readFileSync(`${folder}/log`, "latin1")).toBe("abc");
    sys.fcntl(fd, F_SETFL, 0);
    yield* settle(sys.pwrite(fd, bytesOf("X"), 0));
    expect(fs.readFileSync(`${folder}/log`, "latin1")).toBe("Xbc");
  });
});

test("an unlinked file lives until it is closed", () => {
  inside(function* (sys) {
    yield* put(sys, "/f", "still here");
    const fd = yield* settle(sys.openat(AT_FDCWD, "/f", O_RDWR));
    sys.unlinkat(AT_FDCWD, "/f", 0);
    expect(fs.existsSync(`${folder}/f`)).toBe(false);
    expect(sys.fstat(fd)).toMatchObject({ nlink: 0, size: 10 });
    sys.ftruncate(fd, 5);
    expect(strOf(yield* settle(sys.pread(fd, 100, 0)))).toBe("still");
  });
});

test("hard links are one inode, renames keep it", () => {
  inside(function* (sys) {
    yield* put(sys, "/a", "1");
    sys.linkat(AT_FDCWD, "/a", AT_FDCWD, "/b", 0);
    const [a, b] = [sys.fstatat(AT_FDCWD, "/a", 0), sys.fstatat(AT_FDCWD, "/b", 0)];
    expect([a.ino, a.nlink]).toEqual([b.ino, 2]);
    sys.mkdirat(AT_FDCWD, "/d", 0o755);
    sys.renameat2(AT_FDCWD, "/b", AT_FDCWD, "/d/c", 0);
    expect(sys.fstatat(AT_FDCWD, "/d/c", 0).ino).toBe(a.ino);
    yield* put(sys, "/other", "2");
    sys.renameat2(AT_FDCWD, "/other", AT_FDCWD, "/a", 0);
    expect(sys.fstatat(AT_FDCWD, "/d/c", 0).nlink).toBe(1);
    expect(yield* get(sys, "/a")).toBe("2");
    sys.renameat2(AT_FDCWD, "/d", AT_FDCWD, "/e", 0);
    expect(yield* get(sys, "/e/c")).toBe("1");
    sys.unlinkat(AT_FDCWD, "/e/c", 0);
    sys.unlinkat(AT_FDCWD, "/e", AT_REMOVEDIR);
    expect(fs.readdirSync(folder)).toEqual(["a"]);
  });
});

test("symbolic links are the guest's: they never lead out of the folder", () => {
  fs.symlinkSync(`${top}/secret`, `${folder}/absolute`);
  fs.symlinkSync("../secret", `${folder}/relative`);
  fs.symlinkSync("..", `${folder}/up`);
  inside(function* (sys) {
    expect(sys.readlinkat(AT_FDCWD, "/absolute")).toBe(`${top}/secret`);
    for (const path of ["/absolute", "/relative", "/up/secret", "/../secret", "/up/up/secret"]) {
      expect([path, yield* failure(() => sys.openat(AT_FDCWD, path, O_RDONLY))]).toEqual([
        path,
        "ENOENT",
      ]);
    }
    expect(yield* failure(() => sys.openat(AT_FDCWD, "/relative", O_RDONLY | O_NOFOLLOW))).toBe(
      "ELOOP",
    );
    // Through the link a file is made inside, where the guest's root is.
    yield* put(sys, "/relative", "inside");
    expect(fs.readFileSync(`${folder}/secret`, "latin1")).toBe("inside");
    expect(fs.readFileSync(`${top}/secret`, "latin1")).toBe("secret");
    // Attributes of a link are not those of what it points to.
    sys.fchownat(AT_FDCWD, "/absolute", 5, 5, AT_SYMLINK_NOFOLLOW);
    expect(fs.statSync(`${top}/secret`).uid).not.toBe(5);
  });
});

test("a directory that is swapped for a link to the outside is not entered", () => {
  fs.mkdirSync(`${folder}/d`);
  fs.writeFileSync(`${folder}/d/f`, "inside");
  fs.mkdirSync(`${top}/out`);
  fs.writeFileSync(`${top}/out/f`, "outside");
  inside(function* (sys) {
    const dir = yield* settle(sys.openat(AT_FDCWD, "/d", O_RDONLY));
    expect(sys.fstatat(dir, "f", 0).size).toBe(6);
    yield* meanwhile(sys, () => {
      fs.renameSync(`${folder}/d`, `${folder}/moved`);
      fs.symlinkSync(`${top}/out`, `${folder}/d`);
    });
    const fd = yield* settle(sys.openat(dir, "f", O_RDONLY));
    expect(strOf(yield* settle(sys.read(fd, 100)))).toBe("inside");
    expect(yield* failure(() => sys.openat(AT_FDCWD, "/d/f", O_RDONLY))).toBe("ENOENT");
  });
});

test("host calls refuse names that are more than a name", () => {
  const files = new NodeFiles(folder);
  for (const name of ["", ".", "..", "a/b", "../secret", "a\0b"]) {
    expect(() => files.lstat(files.root, name)).toThrow(errno.EINVAL);
    expect(() => files.open(files.root, name, O_RDONLY, 0)).toThrow(errno.EINVAL);
    expect(() => files.opendir(files.root, name)).toThrow(errno.EINVAL);
    expect(() => files.rename(files.root, "x", files.root, name)).toThrow(errno.EINVAL);
  }
  files.release();
});

test("what is no regular file is not opened: a FIFO would stop the machine", () => {
  const files = new NodeFiles(folder);
  fs.mkdirSync(`${folder}/dir`);
  execFileSync("mkfifo", [`${folder}/fifo`]);
  for (const name of ["dir", "fifo"])
    expect(() => files.open(files.root, name, O_RDONLY, 0)).toThrow(errno.ESTALE);
  files.release();
});

test("FIFOs and devices of the guest are placeholders on the host", () => {
  inside(function* (sys) {
    sys.mknodat(AT_FDCWD, "/fifo", S_IFIFO | 0o640, 0);
    const stat = sys.fstatat(AT_FDCWD, "/fifo", 0);
    expect([stat.mode, stat.size]).toEqual([S_IFIFO | 0o640, 0]);
    expect(fs.statSync(`${folder}/fifo`).isFile()).toBe(true);
    const both = yield* settle(sys.openat(AT_FDCWD, "/fifo", O_RDWR));
    yield* settle(sys.write(both, bytesOf("through")));
    expect(strOf(yield* settle(sys.read(both, 10)))).toBe("through");
    sys.renameat2(AT_FDCWD, "/fifo", AT_FDCWD, "/pipe", 0);
    expect(sys.fstatat(AT_FDCWD, "/pipe", 0).mode).toBe(S_IFIFO | 0o640);
    const dir = yield* settle(sys.openat(AT_FDCWD, "/", O_RDONLY));
    expect(sys.getdents(dir).map((entry) => [entry.name, entry.type])).toContainEqual([
      "pipe",
      DT_UNKNOWN,
    ]);
    sys.unlinkat(AT_FDCWD, "/pipe", 0);
    yield* put(sys, "/pipe", "a file");
    expect(yield* get(sys, "/pipe")).toBe("a file");
  });
});

test("modes, owners and times", () => {
  inside(function* (sys) {
    sys.umask(0);
    yield* put(sys, "/f", "");
    sys.fchmodat(AT_FDCWD, "/f", 0o4751, 0);
    sys.fchownat(AT_FDCWD, "/f", 1234, 77, 0);
    const atime = { sec: 1_600_000_000, nsec: 123_456_789 };
    const mtime = { sec: 1_500_000_000, nsec: 987_654_321 };
    sys.utimensat(AT_FDCWD, "/f", atime, mtime, 0);
    const stat = sys.fstatat(AT_FDCWD, "/f", 0);
    expect(stat.mode & 0o777).toBe(0o751);
    expect([stat.uid, stat.gid, stat.atime, stat.mtime]).toEqual([1234, 77, atime, mtime]);
    const host = fs.statSync(`${folder}/f`);
    expect(host.mode & 0o7000).toBe(0);
    expect(Math.floor(host.mtimeMs / 1000)).toBe(mtime.sec);
    sys.mkdirat(AT_FDCWD, "/d", 0o1777);
    expect(sys.fstatat(AT_FDCWD, "/d", 0).mode & 0o7777).toBe(0o1777);
    sys.symlinkat("f", AT_FDCWD, "/l");
    sys.utimensat(AT_FDCWD, "/l", atime, atime, AT_SYMLINK_NOFOLLOW);
    expect(sys.fstatat(AT_FDCWD, "/l", AT_SYMLINK_NOFOLLOW).mtime).toEqual(atime);
    expect(sys.fstatat(AT_FDCWD, "/f", 0).mtime).toEqual(mtime);
  });
});

test("names are bytes", () => {
  inside(function* (sys) {
    yield* put(sys, "/\xff\xfe.\xc3\xa4", "x");
    const dir = yield* settle(sys.openat(AT_FDCWD, "/", O_RDONLY));
    expect(sys.getdents(dir).map((entry) => entry.name)).toEqual([".", "..", "\xff\xfe.\xc3\xa4"]);
    expect(yield* get(sys, "/\xff\xfe.\xc3\xa4")).toBe("x");
  });
});

test("a read-only folder stays as it is", () => {
  fs.writeFileSync(`${folder}/f`, "old");
  inside(
    function* (sys) {
      expect(yield* get(sys, "/f")).toBe("old");
      const attempts = [
        () => sys.openat(AT_FDCWD, "/f", O_WRONLY),
        () => sys.openat(AT_FDCWD, "/new", O_WRONLY | O_CREAT, 0o644),
        () => sys.mkdirat(AT_FDCWD, "/d", 0o755),
        () => sys.unlinkat(AT_FDCWD, "/f", 0),
        () => sys.fchmodat(AT_FDCWD, "/f", 0, 0),
        () => sys.renameat2(AT_FDCWD, "/f", AT_FDCWD, "/g", 0),
        () => sys.symlinkat("f", AT_FDCWD, "/l"),
        () => sys.truncate("/f", 0),
      ];
      for (const attempt of attempts) expect(yield* failure(attempt)).toBe("EROFS");
    },
    { readonly: true },
  );
  expect(fs.readdirSync(folder)).toEqual(["f"]);
});

test("a deep and broad tree needs few handles", () => {
  inside(function* (sys) {
    let path = "";
    for (let i = 0; i < 220; i++) {
      path += `/d${i}`;
      sys.mkdirat(AT_FDCWD, path, 0o755);
    }
    yield* put(sys, `${path}/f`, "deep");
    expect(yield* get(sys, `${path}/f`)).toBe("deep");
    const open = fs.readdirSync("/proc/self/fd").length;
    expect(open).toBeLessThan(250);
  });
});

test("the folder may go away", () => {
  inside(function* (sys) {
    yield* put(sys, "/f", "x");
    const fd = yield* settle(sys.openat(AT_FDCWD, "/f", O_RDONLY));
    yield* meanwhile(sys, () => fs.rmSync(folder, { recursive: true }));
    expect(yield* failure(() => sys.fstatat(AT_FDCWD, "/f", 0))).toBe("ENOENT");
    expect(yield* failure(() => sys.mkdirat(AT_FDCWD, "/d", 0o755))).toBe("ENOENT");
    expect(strOf(yield* settle(sys.read(fd, 10)))).toBe("x");
  });
});
