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
import { AT_FDCWD, AT_REMOVEDIR, O_CREAT, O_RDWR, O_WRONLY } from "../../../abi/fcntl.ts";
import { MS_RDONLY } from "../../../abi/mount.ts";
import { type Steps, type Sys, settle } from "../../../abi/program.ts";
import { bytesOf, strOf } from "../../../lib/bytes.ts";
import { MemoryDisk } from "../../block/device.ts";
import { vfat } from "./vfat.ts";

const there = hasProgram("mkfs.vfat") && hasProgram("mcopy") && hasProgram("fsck.vfat");

let top: string;
beforeAll(() => {
  top = fs.mkdtempSync(`${tmpdir()}/vfat-`);
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

/** An empty file system of Debian's mkfs. */
function made(bits: number, kib: number, ...more: string[]): string {
  const path = `${top}/${bits}-${kib}.img`;
  fs.rmSync(path, { force: true });
  // Small clusters, so that FAT32 can be small.
  const small = bits === 32 ? ["-s", "1"] : [];
  execFileSync("mkfs.vfat", ["-C", "-F", `${bits}`, ...small, ...more, path, `${kib}`], {
    stdio: "ignore",
  });
  return path;
}

/** Works on an image in place, in a machine that has it as /mnt. */
function inside(path: string, data: string, main: (sys: Sys) => Steps<void>, flags = 0): string[] {
  const disk = MemoryDisk.of(fs.readFileSync(path));
  const { kernel } = withDisks([{ device: disk }], [vfat], function* (sys) {
    sys.mount("/dev/vda", "/mnt", "vfat", flags, data);
    yield* main(sys);
    sys.umount2("/mnt", 0);
  });
  fs.writeFileSync(path, disk.read(0, disk.size));
  return kernel.log.since(0).map((record) => record.text);
}

function check(path: string): string {
  const { status, stdout } = spawnSync("fsck.vfat", ["-n", path], { encoding: "utf8" });
  return status === 0 ? "clean" : stdout;
}

function* put(sys: Sys, path: string, data: Uint8Array, flags = O_WRONLY | O_CREAT): Steps<void> {
  const fd = yield* settle(sys.openat(AT_FDCWD, path, flags, 0o644));
  for (let at = 0; at < data.length; ) at += yield* settle(sys.write(fd, data.subarray(at)));
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

describe.skipIf(!there).each([
  [12, 2880],
  [16, 9000],
  [32, 36_000],
])("FAT%d", (bits, kib) => {
  test("what mtools writes is read", () => {
    const path = made(bits, kib, "-n", "LABEL");
    fs.writeFileSync(`${top}/Long name with blanks & ümläut.text`, "long");
    fs.writeFileSync(`${top}/big`, pattern(300_000, 1));
    const run = (program: string, ...args: string[]): void => {
      const env = { ...process.env, LC_ALL: "C.UTF-8", MTOOLS_SKIP_CHECK: "1" };
      execFileSync(program, ["-i", path, ...args], { env });
    };
    run("mmd", "::/dir", "::/dir/sub");
    run("mcopy", `${top}/Long name with blanks & ümläut.text`, "::/dir/sub/");
    run("mcopy", `${top}/big`, "::/BIG.BIN");
    for (let i = 0; i < 40; i++) run("mcopy", tiny(i), `::/dir/file number ${i}`);
    inside(path, "", function* (sys) {
      const tree = yield* listTree(sys, "/mnt");
      const names = tree.map((line) => line.replace(/ 100755.*| 40755.*/, ""));
      expect(names).toContain("/dir/sub/Long name with blanks & \xc3\xbcml\xc3\xa4ut.text");
      expect(names).toContain("/BIG.BIN");
      expect(names).toHaveLength(44);
      const big = yield* contents(sys, "/mnt/big.bin");
      expect(Buffer.compare(big, pattern(300_000, 1))).toBe(0);
      expect(strOf(yield* contents(sys, "/mnt/DIR/FILE NUMBER 7"))).toBe("tiny 7");
    });
    expect(check(path)).toBe("clean");
  });

  test("what we write passes fsck.vfat and is read by mtools", () => {
    const path = made(bits, kib);
    inside(path, "", function* (sys) {
      sys.mkdirat(AT_FDCWD, "/mnt/dir", 0o755);
      sys.mkdirat(AT_FDCWD, "/mnt/dir/Sub Directory", 0o755);
      for (let i = 0; i < 90; i++) {
        yield* put(sys, `/mnt/dir/a long name ${i}.txt`, pattern(i * 37, i));
      }
      for (let i = 0; i < 90; i += 2) sys.unlinkat(AT_FDCWD, `/mnt/dir/a long name ${i}.txt`, 0);
      yield* put(sys, "/mnt/UPPER.TXT", bytesOf("x"));
      yield* put(sys, "/mnt/dir/\xc3\xa4\xf0\x9f\x98\x80 emoji", pattern(100_000, 3));
      sys.renameat2(AT_FDCWD, "/mnt/dir/a long name 1.txt", AT_FDCWD, "/mnt/moved", 0);
      sys.renameat2(AT_FDCWD, "/mnt/moved", AT_FDCWD, "/mnt/MOVED", 0);
      sys.renameat2(AT_FDCWD, "/mnt/dir/Sub Directory", AT_FDCWD, "/mnt/sub", 0);
      sys.renameat2(AT_FDCWD, "/mnt/dir/a long name 3.txt", AT_FDCWD, "/mnt/UPPER.TXT", 0);
      sys.mkdirat(AT_FDCWD, "/mnt/gone", 0o755);
      sys.unlinkat(AT_FDCWD, "/mnt/gone", AT_REMOVEDIR);
      sys.truncate("/mnt/dir/\xc3\xa4\xf0\x9f\x98\x80 emoji", 70_001);
      sys.truncate("/mnt/MOVED", 9000);
      // An unlinked file lives until it is closed.
      const fd = yield* settle(sys.openat(AT_FDCWD, "/mnt/open", O_RDWR | O_CREAT, 0o644));
      yield* settle(sys.write(fd, pattern(5000, 5)));
      sys.unlinkat(AT_FDCWD, "/mnt/open", 0);
      expect((yield* settle(sys.pread(fd, 10_000, 0))).length).toBe(5000);
      sys.close(fd);
    });
    expect(check(path)).toBe("clean");
    const out = `${top}/out-${bits}`;
    fs.mkdirSync(out);
    const env = { ...process.env, LC_ALL: "C.UTF-8", MTOOLS_SKIP_CHECK: "1" };
    execFileSync("mcopy", ["-s", "-i", path, "::/*", out], { env });
    expect(fs.readdirSync(out).sort()).toEqual(["MOVED", "UPPER.TXT", "dir", "sub"]);
    expect(fs.readdirSync(`${out}/dir`)).toHaveLength(44);
    const moved = Buffer.alloc(9000);
    moved.set(pattern(37, 1));
    expect(fs.readFileSync(`${out}/MOVED`).equals(moved)).toBe(true);
    expect(fs.readFileSync(`${out}/UPPER.TXT`).equals(pattern(111, 3))).toBe(true);
  });

  test("random work against a model, full disks, remounts", () => {
    const path = made(bits, kib);
    const model = new Map<string, Uint8Array>();
    let seed = bits;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    for (let round = 0; round < 3; round++) {
      inside(path, "", function* (sys) {
        for (let i = 0; i < 150; i++) {
          const name = `/mnt/file ${random(30)}`;
          const old = model.get(name);
          const kind = random(6);
          if (kind < 3) {
            const at = random((old?.length ?? 0) + 5000);
            const data = pattern(random(20_000), i);
            const fd = yield* settle(sys.openat(AT_FDCWD, name, O_RDWR | O_CREAT, 0o644));
            if (data.length > 0) yield* settle(sys.pwrite(fd, data, at));
            sys.close(fd);
            const length = data.length === 0 ? 0 : at + data.length;
            const next = new Uint8Array(Math.max(old?.length ?? 0, length));
            next.set(old ?? []);
            next.set(data, data.length === 0 ? 0 : at);
            model.set(name, next);
          } else if (old !== undefined && kind === 3) {
            sys.unlinkat(AT_FDCWD, name, 0);
            model.delete(name);
          } else if (old !== undefined && kind === 4) {
            const size = random(30_000);
            sys.truncate(name, size);
            const next = new Uint8Array(size);
            next.set(old.subarray(0, size));
            model.set(name, next);
          } else if (old !== undefined) {
            const to = `/mnt/file ${random(30)}`;
            sys.renameat2(AT_FDCWD, name, AT_FDCWD, to, 0);
            model.delete(name);
            model.set(to, old);
          }
        }
      });
      expect(check(path)).toBe("clean");
    }
    inside(
      path,
      "",
      function* (sys) {
        const tree = yield* listTree(sys, "/mnt");
        expect(tree).toHaveLength(model.size);
        for (const [name, data] of model) {
          expect(Buffer.compare(yield* contents(sys, name), data), name).toBe(0);
        }
      },
      MS_RDONLY,
    );
  });

  test("a full disk", () => {
    const path = made(bits, kib);
    inside(path, "", function* (sys) {
      const free = sys.statfs("/mnt").bfree;
      const fd = yield* settle(sys.openat(AT_FDCWD, "/mnt/full", O_RDWR | O_CREAT, 0o644));
      let last = "none";
      for (let i = 0; i < 200 && last === "none"; i++) {
        last = code(() => sys.write(fd, new Uint8Array(1 << 20)));
      }
      for (let i = 0; i < 3000 && sys.statfs("/mnt").bfree > 0; i++) {
        last = code(() => sys.write(fd, new Uint8Array(512)));
      }
      last = code(() => sys.write(fd, new Uint8Array(1 << 20)));
      expect(last).toBe("ENOSPC");
      sys.close(fd);
      sys.unlinkat(AT_FDCWD, "/mnt/full", 0);
      expect(sys.statfs("/mnt").bfree).toBe(free);
    });
    expect(check(path)).toBe("clean");
  });

  test("damaged images give errnos", () => {
    const path = made(bits, bits === 32 ? 36_000 : bits === 16 ? 9000 : 1440);
    inside(path, "", function* (sys) {
      sys.mkdirat(AT_FDCWD, "/mnt/d", 0o755);
      for (let i = 0; i < 20; i++) yield* put(sys, `/mnt/d/name of ${i}`, pattern(i * 500, i));
      yield* put(sys, "/mnt/big", pattern(200_000, 1));
    });
    const image = fs.readFileSync(path);
    const within = bits === 32 ? 700_000 : 120_000;
    fuzzImage(image, vfat, {
      rounds: bits === 32 ? 12 : 30,
      flags: 0,
      within,
      disk: (bytes) => ({ device: MemoryDisk.of(bytes) }),
      more: function* (sys) {
        for (const action of [
          () => sys.mkdirat(AT_FDCWD, "/mnt/new", 0o755),
          () => sys.unlinkat(AT_FDCWD, "/mnt/big", 0),
          () => sys.renameat2(AT_FDCWD, "/mnt/d", AT_FDCWD, "/mnt/new/d", 0),
          () => sys.truncate("/mnt/d/name of 19", 100_000),
        ]) {
          code(action);
        }
        yield* [];
      },
    });
  });
});

function tiny(i: number): string {
  const path = `${top}/tiny${i}`;
  fs.writeFileSync(path, `tiny ${i}`);
  return path;
}

test.skipIf(!there)("owners, modes, times, the dirty mark, read-only", () => {
  const path = made(32, 36_000);
  inside(path, "uid=5,gid=6,fmask=133,dmask=022", function* (sys) {
    yield* put(sys, "/mnt/f", bytesOf("x"));
    const st = sys.fstatat(AT_FDCWD, "/mnt/f", 0);
    expect([st.mode.toString(8), st.uid, st.gid]).toEqual(["100644", 5, 6]);
    expect(code(() => sys.fchownat(AT_FDCWD, "/mnt/f", 7, -1, 0))).toBe("EPERM");
    sys.fchmodat(AT_FDCWD, "/mnt/f", 0o444, 0);
    expect(sys.fstatat(AT_FDCWD, "/mnt/f", 0).mode.toString(8)).toBe("100444");
    sys.fchmodat(AT_FDCWD, "/mnt/f", 0o600, 0);
    expect(sys.fstatat(AT_FDCWD, "/mnt/f", 0).mode.toString(8)).toBe("100444");
    const time = { sec: 1_600_000_001, nsec: 5 };
    sys.utimensat(AT_FDCWD, "/mnt/f", time, time, 0);
    expect(code(() => sys.symlinkat("x", AT_FDCWD, "/mnt/l"))).toBe("EPERM");
    expect(code(() => sys.mkdirat(AT_FDCWD, "/mnt/a:b", 0o755))).toBe("EINVAL");
    expect(code(() => sys.mkdirat(AT_FDCWD, `/mnt/${"n".repeat(256)}`, 0o755))).toBe(
      "ENAMETOOLONG",
    );
    expect(code(() => sys.mkdirat(AT_FDCWD, "/mnt/F", 0o755))).toBe("EEXIST");
    const mounts = strOf(yield* contents(sys, "/proc/mounts"));
    expect(mounts).toContain(
      "/dev/vda /mnt vfat rw,relatime,uid=5,gid=6,fmask=0133,dmask=0022,codepage=437,iocharset=utf8,shortname=mixed,errors=remount-ro 0 0\n",
    );
    // While it is mounted the mark is set, and the device is busy.
    const raw = yield* settle(sys.openat(AT_FDCWD, "/dev/vda", 0));
    expect((yield* settle(sys.pread(raw, 1, 0x41)))[0]).toBe(1);
    expect(code(() => sys.openat(AT_FDCWD, "/dev/vda", 0o200))).toBe("EBUSY");
    sys.close(raw);
  });
  const log = inside(path, "", function* (sys) {
    const st = sys.fstatat(AT_FDCWD, "/mnt/F", 0);
    expect([st.mode.toString(8), st.mtime]).toEqual(["100555", { sec: 1_600_000_000, nsec: 0 }]);
    yield* [];
  });
  expect(log).toEqual([]);
  const bytes = fs.readFileSync(path);
  bytes[0x41] = 1;
  fs.writeFileSync(path, bytes);
  const warned = inside(path, "", function* () {
    yield* [];
  });
  expect(warned.join()).toContain("FAT-fs (vda): Volume was not properly unmounted.");
});
