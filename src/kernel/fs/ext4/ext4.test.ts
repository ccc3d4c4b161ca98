import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  contents,
  fuzzImage,
  hasProgram,
  listTree,
  withDisks,
} from "../../../../test/support/disks.ts";
import { Errno } from "../../../abi/errno.ts";
import { AT_FDCWD, AT_REMOVEDIR, O_APPEND, O_CREAT, O_RDWR, O_WRONLY } from "../../../abi/fcntl.ts";
import { MS_RDONLY } from "../../../abi/mount.ts";
import { type Steps, type Sys, settle } from "../../../abi/program.ts";
import { FS_IOC_GETFLAGS, FS_IOC_SETFLAGS } from "../../../abi/termios.ts";
import { bytesOf, strOf } from "../../../lib/bytes.ts";
import { MemoryDisk } from "../../block/device.ts";
import { ext2, ext3, ext4 } from "./ext4.ts";

const there = hasProgram("mke2fs") && hasProgram("e2fsck") && hasProgram("debugfs");

let top: string;
beforeAll(() => {
  top = fs.mkdtempSync(`${tmpdir()}/ext4-`);
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

/** The kinds of file system that most tests go through. */
const KINDS: readonly (readonly [name: string, type: string, ...options: string[]])[] = [
  ["ext4", "ext4", "-b", "4096"],
  ["ext4 of Alpine", "ext4", "-b", "4096", "-O", "metadata_csum_seed,orphan_file"],
  [
    "ext4, blocks of 1024, 32-bit descriptors",
    "ext4",
    "-b",
    "1024",
    "-O",
    "^64bit,^metadata_csum,uninit_bg",
  ],
  ["ext4 without journal", "ext4", "-b", "2048", "-O", "^has_journal"],
  ["ext3", "ext3", "-b", "1024"],
  ["ext2", "ext2", "-b", "1024"],
];

/** An empty file system of Debian's mke2fs. */
function made(type: string, options: readonly string[], kib = 32768): string {
  const path = `${top}/${fs.readdirSync(top).length}.img`;
  fs.writeFileSync(path, "");
  fs.truncateSync(path, kib * 1024);
  execFileSync("mke2fs", ["-q", "-F", "-t", type, "-E", "no_copy_xattrs", ...options, path], {
    stdio: "pipe",
  });
  return path;
}

function types(): (typeof ext4)[] {
  return [ext2, ext3, ext4];
}

/** Works on an image in place, in a machine that has it as /mnt. */
function inside(
  path: string,
  type: string,
  main: (sys: Sys) => Steps<void>,
  { flags = 0, data = "" }: { flags?: number; data?: string } = {},
): string[] {
  const disk = MemoryDisk.of(fs.readFileSync(path));
  const { kernel } = withDisks([{ device: disk }], types(), function* (sys) {
    sys.mkdirat(AT_FDCWD, "/model", 0o755);
    sys.mount("/dev/vda", "/mnt", type, flags, data);
    yield* main(sys);
    sys.umount2("/mnt", 0);
  });
  fs.writeFileSync(path, disk.read(0, disk.size));
  return kernel.log.since(0).map((record) => record.text);
}

/** What e2fsck says; nothing is repaired. */
function check(path: string): string {
  const { status, stdout } = spawnSync("e2fsck", ["-fn", path], { encoding: "utf8" });
  return status === 0 ? "clean" : `${status}\n${stdout}`;
}

function debugfs(path: string, ...commands: string[]): string {
  const input = `${commands.join("\n")}\n`;
  return execFileSync("debugfs", ["-w", "-f", "-", path], {
    encoding: "utf8",
    stdio: "pipe",
    input,
  });
}

function* put(sys: Sys, path: string, data: Uint8Array, at = 0): Steps<void> {
  const fd = yield* settle(sys.openat(AT_FDCWD, path, O_WRONLY | O_CREAT, 0o644));
  for (let done = 0; done < data.length; ) {
    done += yield* settle(sys.pwrite(fd, data.subarray(done), at + done));
  }
  sys.close(fd);
}

function pattern(length: number, seed: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = (i * 31 + seed * 17 + (i >> 8)) & 255;
  return out;
}

function code(action: () => unknown): string {
  try {
    action();
    return "none";
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return error.code;
  }
}

function randomOf(start: number): (below: number) => number {
  let seed = start;
  return (below) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

/** The same random operations on two trees: what each of them answered. */
function* operations(
  sys: Sys,
  tops: readonly string[],
  random: (n: number) => number,
  count: number,
): Steps<void> {
  const name = (): string => {
    const dir = random(4);
    return `${dir === 0 ? "" : `/dir ${random(5)}`}/${"n".repeat(random(60))}${random(25)}`;
  };
  for (let i = 0; i < count; i++) {
    const kind = random(16);
    const one = name();
    const two = name();
    const size = random(6) === 0 ? random(400_000) : random(9000);
    const at = random(3) === 0 ? random(3_000_000) : 0;
    const seed = random(256);
    const answers: string[] = [];
    for (const top of tops) {
      let answer = "none";
      try {
        switch (kind) {
          case 0:
            sys.mkdirat(AT_FDCWD, `${top}/dir ${seed % 5}`, 0o755);
            break;
          case 1:
            sys.unlinkat(AT_FDCWD, top + one, seed % 2 === 0 ? AT_REMOVEDIR : 0);
            break;
          case 2:
          case 3:
            sys.unlinkat(AT_FDCWD, top + one, 0);
            break;
          case 4:
          case 5:
            sys.renameat2(AT_FDCWD, top + one, AT_FDCWD, top + two, seed % 8 === 0 ? 2 : 0);
            break;
          case 6:
            sys.linkat(AT_FDCWD, top + one, AT_FDCWD, top + two, 0);
            break;
          case 7:
            sys.symlinkat("t".repeat(1 + (seed % 120)), AT_FDCWD, top + one);
            break;
          case 8:
            sys.truncate(top + one, size);
            break;
          case 9:
            sys.fchmodat(AT_FDCWD, top + one, seed | 0o400, 0);
            break;
          case 10: {
            const fd = yield* settle(sys.openat(AT_FDCWD, top + one, O_RDWR));
            try {
              sys.fallocate(
                fd,
                seed % 3 === 0 ? 0 : seed % 3 === 1 ? 1 : 3,
                at % 500_000,
                size + 1,
              );
            } finally {
              sys.close(fd);
            }
            break;
          }
          case 11:
            sys.mknodat(
              AT_FDCWD,
              top + one,
              [0o10644, 0o20600, 0o60600][seed % 3] as number,
              0x1234567,
            );
            break;
          case 12:
            sys.setxattr(
              top + one,
              `user.${"x".repeat(seed % 9)}1`,
              pattern(size % 700, seed),
              0,
              false,
            );
            break;
          default:
            yield* put(sys, top + one, pattern(size, seed), at);
        }
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        answer = error.code;
      }
      answers.push(answer);
    }
    expect(answers[1], `${kind} ${one} ${two} ${i}`).toBe(answers[0]);
  }
}

/** A tree without times: mtime of directories may differ. */
function* tree(sys: Sys, dir: string): Steps<string[]> {
  const lines = yield* listTree(sys, dir);
  return lines.map((line) => line.replace(/ \d+ (\S+|-> .*|\d+ \S+)$/, " $1"));
}

describe.skipIf(!there).each(KINDS)("%s", (_name, type, ...options) => {
  test("random operations give what tmpfs gives, and pass e2fsck", () => {
    const path = made(type, options);
    for (let round = 0; round < 2; round++) {
      const random = randomOf(round + 77);
      inside(path, type, function* (sys) {
        sys.mkdirat(AT_FDCWD, `/mnt/${round}`, 0o755);
        yield* operations(sys, ["/model", `/mnt/${round}`], random, 400);
        const model = yield* tree(sys, "/model");
        expect(model.length).toBeGreaterThan(20);
        expect(yield* tree(sys, `/mnt/${round}`)).toEqual(model);
        sys.mkdirat(AT_FDCWD, "/saved", 0o755);
      });
      expect(check(path)).toBe("clean");
    }
  });

  test("what Debian writes is read and changed", () => {
    const source = `${top}/source-${type}`;
    fs.rmSync(source, { recursive: true, force: true });
    fs.mkdirSync(`${source}/many`, { recursive: true });
    for (let i = 0; i < 1500; i++)
      fs.writeFileSync(`${source}/many/a rather long name of file ${i}`, `${i}`);
    fs.symlinkSync("x".repeat(300), `${source}/long link`);
    fs.symlinkSync("many", `${source}/link`);
    fs.writeFileSync(`${source}/big`, pattern(3_000_000, 9));
    const hole = fs.openSync(`${source}/holes`, "w");
    for (let i = 0; i < 1200; i++) fs.writeSync(hole, pattern(100, i), 0, 100, i * 8192);
    fs.closeSync(hole);
    const path = made(type, ["-I", "256", "-d", source, ...options], 40_000);
    debugfs(path, "ea_set /big user.small value", `ea_set /big user.large ${"v".repeat(700)}`);
    spawnSync("e2fsck", ["-fyD", path]);
    expect(check(path)).toBe("clean");
    inside(path, type, function* (sys) {
      const lines = yield* listTree(sys, "/mnt/many");
      expect(lines).toHaveLength(1500);
      expect(strOf(yield* contents(sys, "/mnt/link/a rather long name of file 1234"))).toBe("1234");
      expect(sys.readlinkat(AT_FDCWD, "/mnt/long link")).toBe("x".repeat(300));
      expect(Buffer.compare(yield* contents(sys, "/mnt/big"), pattern(3_000_000, 9))).toBe(0);
      sys.utimensat(AT_FDCWD, "/mnt/big", { sec: -5, nsec: 7 }, { sec: 5_000_000_000, nsec: 5 }, 0);
      const holes = fs.readFileSync(`${source}/holes`);
      expect(Buffer.compare(yield* contents(sys, "/mnt/holes"), holes)).toBe(0);
      expect(strOf(sys.getxattr("/mnt/big", "user.small", true))).toBe("value");
      expect(sys.listxattr("/mnt/big", true).sort()).toEqual(["user.large", "user.small"]);
      // Its hash tree is given up; what is in it stays.
      for (let i = 0; i < 1500; i += 3)
        sys.unlinkat(AT_FDCWD, `/mnt/many/a rather long name of file ${i}`, 0);
      for (let i = 0; i < 700; i++) yield* put(sys, `/mnt/many/more ${i}`, bytesOf(`${i}`));
      expect(yield* listTree(sys, "/mnt/many")).toHaveLength(1700);
      sys.removexattr("/mnt/big", "user.large", true);
      sys.setxattr("/mnt/big", "user.third", pattern(400, 1), 0, true);
      sys.setxattr("/mnt/many", "security.x", bytesOf("dir"), 0, true);
      // Filling the holes in another order, then cutting pieces out.
      for (let i = 0; i < 1200; i++)
        yield* put(sys, "/mnt/holes", pattern(500, i), ((i * 7) % 1200) * 8192 + 4096);
      const fd = yield* settle(sys.openat(AT_FDCWD, "/mnt/holes", O_RDWR));
      for (let i = 0; i < 600; i++) sys.fallocate(fd, 3, ((i * 11) % 1200) * 8192, 8192);
      sys.close(fd);
    });
    expect(check(path)).toBe("clean");
    // 2128-06-11: beyond what 32 bits hold.
    expect(debugfs(path, "stat /big")).toMatch(/mtime: 0x2a05f200:00000015 /);
    inside(path, type, function* (sys) {
      const { atime, mtime } = sys.fstatat(AT_FDCWD, "/mnt/big", 0);
      expect([atime, mtime]).toEqual([
        { sec: -5, nsec: 7 },
        { sec: 5_000_000_000, nsec: 5 },
      ]);
      const holes = yield* contents(sys, "/mnt/holes");
      for (let i = 0; i < 1200; i++) {
        const piece = holes.subarray(i * 8192, i * 8192 + 8192);
        const want = new Uint8Array(8192);
        const punched = [...Array(600).keys()].some((k) => (k * 11) % 1200 === i);
        if (!punched) {
          want.set(pattern(100, i));
          const nth = [...Array(1200).keys()].find((k) => (k * 7) % 1200 === i) as number;
          want.set(pattern(500, nth), 4096);
        }
        expect(Buffer.compare(piece, want.subarray(0, piece.length)), `${i}`).toBe(0);
      }
      sys.unlinkat(AT_FDCWD, "/mnt/holes", 0);
      sys.unlinkat(AT_FDCWD, "/mnt/big", 0);
    });
    expect(check(path)).toBe("clean");
  });

  test("a full disk", () => {
    const path = made(type, options, 6000);
    inside(path, type, function* (sys) {
      const free = sys.statfs("/mnt").bfree;
      const fd = yield* settle(sys.openat(AT_FDCWD, "/mnt/full", O_RDWR | O_CREAT, 0o644));
      let last = "none";
      for (let i = 0; i < 40 && last === "none"; i++)
        last = code(() => sys.write(fd, new Uint8Array(1 << 20)));
      expect(last).toBe("ENOSPC");
      for (let i = 0; i < 100; i++) {
        code(() => sys.mkdirat(AT_FDCWD, `/mnt/${"d".repeat(200)}${i}`, 0o755));
        code(() => sys.symlinkat("s".repeat(200), AT_FDCWD, `/mnt/${"s".repeat(200)}${i}`));
      }
      expect(sys.statfs("/mnt").bfree).toBeLessThan(16);
      sys.close(fd);
      sys.unlinkat(AT_FDCWD, "/mnt/full", 0);
      for (const line of yield* listTree(sys, "/mnt")) {
        const name = `/mnt${line.split(" ")[0]}`;
        if (name !== "/mnt/lost+found")
          sys.unlinkat(AT_FDCWD, name, name.startsWith("/mnt/d") ? AT_REMOVEDIR : 0);
      }
      expect(free - sys.statfs("/mnt").bfree).toBeLessThan(40);
      // No inode is left either.
      let made = 0;
      let answer = "none";
      for (; answer === "none" && made < 10_000; made++) {
        answer = code(() => sys.mknodat(AT_FDCWD, `/mnt/${made}`, 0o10644, 0));
      }
      expect(answer).toBe("ENOSPC");
    });
    expect(check(path)).toBe("clean");
  });

  test("damaged images give errnos", () => {
    const path = made(type, options, 6000);
    inside(path, type, function* (sys) {
      sys.mkdirat(AT_FDCWD, "/mnt/d", 0o755);
      for (let i = 0; i < 40; i++) yield* put(sys, `/mnt/d/name of ${i}`, pattern(i * 500, i));
      sys.symlinkat("l".repeat(100), AT_FDCWD, "/mnt/d/link");
      yield* put(sys, "/mnt/big", pattern(900_000, 1));
      for (let i = 0; i < 200; i++) yield* put(sys, "/mnt/holes", pattern(10, i), i * 9000);
      sys.setxattr("/mnt/big", "user.large", pattern(500, 1), 0, true);
    });
    const image = fs.readFileSync(path);
    // Where the metadata is, as e2fsprogs sees it.
    const bs = image.readUInt32LE(1024 + 0x18);
    for (const within of [4096 << bs, 700_000]) {
      fuzzImage(image, types().find((each) => each.name === type) as typeof ext4, {
        rounds: 15,
        flags: 0,
        within,
        disk: (bytes) => ({ device: MemoryDisk.of(unsealed(bytes)) }),
        more: function* (sys) {
          for (const action of [
            () => sys.mkdirat(AT_FDCWD, "/mnt/new", 0o755),
            () => sys.renameat2(AT_FDCWD, "/mnt/d", AT_FDCWD, "/mnt/new/d", 0),
            () => sys.truncate("/mnt/d/name of 19", 100_000),
            () => sys.truncate("/mnt/holes", 700_000),
            () => sys.unlinkat(AT_FDCWD, "/mnt/big", 0),
            () => sys.unlinkat(AT_FDCWD, "/mnt/holes", 0),
            () => sys.unlinkat(AT_FDCWD, "/mnt/d/link", 0),
            () => sys.setxattr("/mnt/d", "user.x", pattern(900, 3), 0, true),
          ]) {
            code(action);
          }
          yield* [];
        },
      });
    }
  });
});

/** Without checksums damage is not found by them. */
function unsealed(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const ro = view.getUint32(1024 + 0x64, true);
  view.setUint32(1024 + 0x64, ro & ~0x410, true);
  return bytes;
}

test.skipIf(!there)("orphans, options, features", () => {
  const path = made("ext4", []);
  const disk = MemoryDisk.of(fs.readFileSync(path));
  let crashed = new Uint8Array(0);
  const { kernel } = withDisks([{ device: disk }], types(), function* (sys) {
    sys.mount("/dev/vda", "/mnt", "ext4", 0, "errors=remount-ro,commit=30");
    const fd = yield* settle(sys.openat(AT_FDCWD, "/mnt/gone", O_RDWR | O_CREAT, 0o644));
    yield* settle(sys.write(fd, pattern(50_000, 5)));
    const other = yield* settle(sys.openat(AT_FDCWD, "/mnt", O_RDWR | 0o20200000, 0o600));
    yield* settle(sys.write(other, pattern(9000, 5)));
    sys.unlinkat(AT_FDCWD, "/mnt/gone", 0);
    yield* put(sys, "/mnt/stays", bytesOf("s"));
    yield* settle(sys.sync());
    crashed = disk.read(0, disk.size) as Uint8Array<ArrayBuffer>;
    expect((yield* settle(sys.pread(fd, 100_000, 0))).length).toBe(50_000);
    const mounts = strOf(yield* contents(sys, "/proc/mounts"));
    expect(mounts).toContain("/dev/vda /mnt ext4 rw,relatime,errors=remount-ro,commit=30 0 0\n");
    expect(code(() => sys.umount2("/mnt", 0))).toBe("EBUSY");
    sys.close(fd);
    sys.close(other);
    sys.mount("", "/mnt", "", 0x21, "");
    expect(code(() => sys.mkdirat(AT_FDCWD, "/mnt/ro", 0o755))).toBe("EROFS");
    sys.mount("", "/mnt", "", 0x20, "");
    sys.mkdirat(AT_FDCWD, "/mnt/rw", 0o755);
    sys.umount2("/mnt", 0);
    expect(code(() => sys.mount("/dev/vda", "/mnt", "ext2", 0, ""))).toBe("EINVAL");
    expect(code(() => sys.mount("/dev/vda", "/mnt", "ext3", 0, ""))).toBe("EINVAL");
    expect(code(() => sys.mount("/dev/vda", "/mnt", "ext4", 0, "nonsense"))).toBe("EINVAL");
    expect(code(() => sys.mount("/dev/vda", "/mnt", "ext4", 0, "noload"))).toBe("EINVAL");
    sys.mount("/dev/vda", "/mnt", "ext4", MS_RDONLY, "noload");
    sys.umount2("/mnt", 0);
    sys.umount2("/proc", 0);
  });
  expect(
    kernel.log
      .since(0)
      .some(({ text }) => /mounted filesystem [-0-9a-f]{36} r\/w with ordered/.test(text)),
  ).toBe(true);
  fs.writeFileSync(path, disk.read(0, disk.size));
  expect(check(path)).toBe("clean");
  fs.writeFileSync(path, crashed);
  const log = inside(path, "ext4", function* (sys) {
    expect((yield* tree(sys, "/mnt")).map((line) => line.split(" ")[0])).toEqual([
      "/lost+found",
      "/stays",
    ]);
  });
  expect(log.join("\n")).toContain(
    "EXT4-fs (vda): recovery complete\nEXT4-fs (vda): 2 orphan inodes deleted",
  );
  expect(check(path)).toBe("clean");
  fs.writeFileSync(path, crashed);
  expect(spawnSync("e2fsck", ["-p", path]).status).toBeLessThan(2);
  expect(check(path)).toBe("clean");
  const bytes = fs.readFileSync(path);
  // casefold, then an unknown feature for writers, without the checksum that would tell.
  bytes[1024 + 0x65] = 0;
  bytes[1024 + 0x62] = 2;
  fs.writeFileSync(path, bytes);
  const refuse = (flags: number): string => {
    let answer = "";
    const { kernel } = withDisks([{ device: MemoryDisk.of(bytes) }], types(), function* (sys) {
      answer = code(() => sys.mount("/dev/vda", "/mnt", "ext4", flags, ""));
      yield* [];
    });
    return `${answer} ${kernel.log
      .since(0)
      .map(({ text }) => text)
      .join("|")}`;
  };
  expect(refuse(0)).toBe(
    "EINVAL EXT4-fs (vda): Couldn't mount because of unsupported optional features (20000): casefold",
  );
  bytes[1024 + 0x62] = 0;
  bytes[1024 + 0x65] = 0x80;
  expect(refuse(0)).toBe(
    "EINVAL EXT4-fs (vda): Couldn't mount RDWR because of unsupported optional features (8000): verity",
  );
  expect(refuse(MS_RDONLY)).toContain("none ");
});

test.skipIf(!there)("reserved blocks are for root", () => {
  const path = made("ext4", ["-b", "4096", "-m", "10"]);
  inside(path, "ext4", function* (sys) {
    sys.fchmodat(AT_FDCWD, "/mnt", 0o777, 0);
    const { bfree, bavail } = sys.statfs("/mnt");
    expect(bfree - bavail).toBe(819);
    sys.setresuid(-1, 1000, -1);
    const fd = yield* settle(sys.openat(AT_FDCWD, "/mnt/full", O_RDWR | O_CREAT, 0o644));
    let last = "none";
    for (let i = 0; i < 99 && last === "none"; i++) {
      last = code(() => sys.write(fd, new Uint8Array(1 << 20)));
    }
    expect(last).toBe("ENOSPC");
    expect(sys.statfs("/mnt").bavail).toBeLessThan(16);
    expect(sys.statfs("/mnt").bfree).toBeGreaterThan(815);
    sys.setresuid(-1, 0, -1);
    yield* put(sys, "/mnt/root's", pattern(1 << 20, 1));
    sys.close(fd);
  });
  expect(check(path)).toBe("clean");
});

test.skipIf(!there)("flags of chattr", () => {
  const path = made("ext4", []);
  inside(path, "ext4", function* (sys) {
    yield* put(sys, "/mnt/f", bytesOf("x"));
    const set = function* (flags: number): Steps<string> {
      const fd = yield* settle(sys.openat(AT_FDCWD, "/mnt/f", 0));
      const answer = code(() => sys.ioctl(fd, FS_IOC_SETFLAGS, flags));
      const now = yield* settle(sys.ioctl(fd, FS_IOC_GETFLAGS));
      sys.close(fd);
      return `${answer} ${Number(now).toString(16)}`;
    };
    expect(yield* set(0x80010)).toBe("none 80010");
    for (const action of [
      () => sys.openat(AT_FDCWD, "/mnt/f", O_RDWR),
      () => sys.unlinkat(AT_FDCWD, "/mnt/f", 0),
      () => sys.renameat2(AT_FDCWD, "/mnt/f", AT_FDCWD, "/mnt/g", 0),
      () => sys.linkat(AT_FDCWD, "/mnt/f", AT_FDCWD, "/mnt/g", 0),
      () => sys.fchmodat(AT_FDCWD, "/mnt/f", 0o600, 0),
    ]) {
      expect(code(action)).toBe("EPERM");
    }
    expect(yield* set(0x80020)).toBe("none 80020");
    expect(code(() => sys.openat(AT_FDCWD, "/mnt/f", O_WRONLY))).toBe("EPERM");
    const fd = yield* settle(sys.openat(AT_FDCWD, "/mnt/f", O_WRONLY | O_APPEND));
    yield* settle(sys.write(fd, bytesOf("y")));
    sys.close(fd);
    expect(yield* set(0)).toBe("EOPNOTSUPP 80020");
    expect(yield* set(0x80000)).toBe("none 80000");
    sys.unlinkat(AT_FDCWD, "/mnt/f", 0);
  });
  expect(check(path)).toBe("clean");
});
