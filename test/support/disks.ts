// Tests of file systems on disks: a kernel with disks, its tree as text, images that get damaged.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { expect } from "vitest";
import { Errno } from "../../src/abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_RDONLY } from "../../src/abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../../src/abi/program.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../src/abi/stat.ts";
import { type DiskSpec, registerBlock } from "../../src/kernel/block/attach.ts";
import { devtmpfs } from "../../src/kernel/fs/devtmpfs/devtmpfs.ts";
import type { FileSystemType } from "../../src/kernel/fs/filesystems.ts";
import type { Limits } from "../../src/kernel/host.ts";
import { type TestKernel, testKernel } from "./kernel.ts";

/**
 * True when a program of Debian is there: tests are skipped by name without it. Those for
 * administrators are then found by PATH, whoever runs the tests.
 */
export function hasProgram(name: string): boolean {
  const path = process.env["PATH"] ?? "";
  if (!path.split(":").includes("/usr/sbin")) process.env["PATH"] = `${path}:/usr/sbin:/sbin`;
  return ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"].some((dir) => existsSync(dir + name));
}

/** Runs `main` in a machine with these disks, /dev, /mnt and the given file systems; nothing may be left charged. */
export function withDisks(
  disks: readonly DiskSpec[],
  types: readonly FileSystemType[],
  main: (sys: Sys) => Steps<void>,
  limits: Partial<Limits> = {},
): TestKernel {
  const machine = testKernel(limits);
  registerBlock(machine.kernel, disks);
  for (const type of [devtmpfs, ...types]) machine.kernel.fileSystems.set(type.name, type);
  const status = machine.run(function* (sys) {
    for (const dir of ["/dev", "/mnt", "/proc"]) sys.mkdirat(AT_FDCWD, dir, 0o755);
    sys.mount("devtmpfs", "/dev", "devtmpfs", 0, "");
    sys.mount("proc", "/proc", "proc", 0, "");
    yield* main(sys);
    return 0;
  });
  expect(machine.host.reports).toEqual([]);
  expect(status).toBe(0);
  return machine;
}

/** The whole file. */
export function* contents(sys: Sys, path: string): Steps<Uint8Array> {
  const fd = yield* settle(sys.openat(AT_FDCWD, path, O_RDONLY));
  const parts: Uint8Array[] = [];
  try {
    for (;;) {
      const chunk = yield* settle(sys.read(fd, 65536));
      if (chunk.length === 0) break;
      parts.push(chunk);
    }
  } finally {
    sys.close(fd);
  }
  return Buffer.concat(parts);
}

/** Every file below `top`, a line each: mode, owner, size, time, target or MD5 of the data. */
export function* listTree(sys: Sys, top: string, limit = 5000): Steps<string[]> {
  const lines: string[] = [];
  const pending = [top];
  for (let dir = pending.pop(); dir !== undefined && lines.length < limit; dir = pending.pop()) {
    const fd = yield* settle(sys.openat(AT_FDCWD, dir, O_RDONLY));
    const names: string[] = [];
    for (;;) {
      const batch = sys.getdents(fd);
      if (batch.length === 0) break;
      for (const { name } of batch) if (name !== "." && name !== "..") names.push(name);
    }
    sys.close(fd);
    for (const name of names) {
      const path = `${dir}/${name}`;
      const st = sys.fstatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
      const type = st.mode & S_IFMT;
      let what = `${st.rdev}`;
      if (type === S_IFDIR) {
        pending.push(path);
        what = "/";
      } else if (type === S_IFLNK) what = `-> ${sys.readlinkat(AT_FDCWD, path)}`;
      else if (type === S_IFREG) {
        what = `${st.size} ${md5(yield* contents(sys, path))}`;
      }
      lines.push(
        `${path.slice(top.length)} ${st.mode.toString(8)} ${st.uid}:${st.gid} ${st.mtime.sec} ${what}`,
      );
    }
  }
  return lines.sort();
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

/**
 * Mounts `rounds` damaged copies of an image and walks what can be walked: errors must be errnos, and
 * the machine must survive within its memory.
 */
export function fuzzImage(
  image: Uint8Array,
  type: FileSystemType,
  options: {
    rounds: number;
    flags: number;
    /** Damage is done below this offset; default: anywhere. */
    within?: number;
    /** … and not below this one. */
    from?: number;
    /** More than reading. */
    more?: (sys: Sys) => Steps<void>;
    disk: (bytes: Uint8Array) => DiskSpec;
  },
): void {
  let seed = 20240906;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let round = 0; round < options.rounds; round++) {
    const bytes = image.slice();
    const count = 1 + random(24);
    for (let i = 0; i < count; i++) {
      const from = options.from ?? 0;
      const at = from + random((options.within ?? bytes.length) - from);
      const values = [0, 0xff, 0x80, 1, random(256)];
      const length = random(4) === 0 ? 4 : 1;
      bytes.fill(values[random(values.length)] as number, at, at + length);
    }
    withDisks(
      [options.disk(bytes)],
      [type],
      function* (sys) {
        try {
          sys.mount("/dev/vda", "/mnt", type.name, options.flags, "");
        } catch (error) {
          if (!(error instanceof Errno)) throw error;
          return;
        }
        yield* walk(sys, "/mnt", { left: 3000 });
        if (options.more !== undefined) yield* options.more(sys);
        try {
          sys.umount2("/mnt", 0);
        } catch (error) {
          if (!(error instanceof Errno)) throw error;
        }
      },
      { memoryBytes: 64 << 20 },
    );
  }
}

/** Reads everything there is, whatever fails. */
function* walk(sys: Sys, dir: string, budget: { left: number }): Steps<void> {
  let names: string[] = [];
  try {
    const fd = yield* settle(sys.openat(AT_FDCWD, dir, O_RDONLY));
    try {
      for (;;) {
        const batch = sys.getdents(fd);
        if (batch.length === 0) break;
        names = names.concat(batch.map((each) => each.name));
      }
    } finally {
      sys.close(fd);
    }
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
  for (const name of names) {
    if (name === "." || name === ".." || --budget.left < 0) continue;
    const path = `${dir}/${name}`;
    try {
      const st = sys.fstatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
      const type = st.mode & S_IFMT;
      if (type === S_IFDIR) yield* walk(sys, path, budget);
      else if (type === S_IFLNK) sys.readlinkat(AT_FDCWD, path);
      else if (type === S_IFREG) {
        const fd = yield* settle(sys.openat(AT_FDCWD, path, O_RDONLY));
        try {
          for (let n = 0; n < 64; n++) {
            if ((yield* settle(sys.read(fd, 65536))).length === 0) break;
          }
        } finally {
          sys.close(fd);
        }
      }
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  }
}
