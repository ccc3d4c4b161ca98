import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contents, fuzzImage, hasProgram, listTree, withDisks } from "../../../../test/support/disks.ts";
import { Errno } from "../../../abi/errno.ts";
import { AT_FDCWD, AT_REMOVEDIR, O_CREAT, O_RDWR, O_WRONLY } from "../../../abi/fcntl.ts";
import { MS_RDONLY } from "../../../abi/mount.ts";
import { type Steps, type Sys, settle } from "../../../abi/program.ts";
import { bytesOf, strOf } from "../../../lib/bytes.ts";
import { MemoryDisk } from "../../block/device.ts";
import type { BlockDevice } from "../../block/device.ts";
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
  ["ext4, blocks of 1024, 32-bit descriptors", "ext4", "-b", "1024", "-O", "^64bit,^metadata_csum,uninit_bg"],
  ["ext4 without journal", "ext4", "-b", "2048", "-O", "^has_journal"],
  ["ext3", "ext3", "-b", "1024"],
  ["ext2", "ext2", "-b", "1024"],
];

/** An empty file system of Debian's mke2fs. */
function made(type: string, options: readonly string[], kib = 32768): string {
  const path = `${top}/${fs.readdirSync(top).length}.img`;
  fs.writeFileSync(path, "");
  fs.truncateSync(path, kib * 1024);
  execFileSync("mke2fs", ["-q", "-F", "-t", type, "-E", "no_copy_xattrs", ...options, path], { stdio: "pipe" });
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
  const args = commands.flatMap((command) => ["-R", command]);
  return execFileSync("debugfs", ["-w", ...args, path], { encoding: "utf8", stdio: "pipe" });
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
function* operations(sys: Sys, tops: readonly string[], random: (n: number) => number, count: number): Steps<void> {
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
              sys.fallocate(fd, seed % 3 === 0 ? 0 : seed % 3 === 1 ? 1 : 3, at % 500_000, size + 1);
            } finally {
              sys.close(fd);
            }
            break;
          }
          case 11:
            sys.mknodat(AT_FDCWD, top + one, [0o10644, 0o20600, 0o60600][seed % 3] as number, 0x1234567);
            break;
          case 12:
            sys.setxattr(top + one, `user.${"x".repeat(seed % 9)}1`, pattern(size % 700, seed), 0, false);
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
    for (let round = 0; round < 4; round++) {
      const random = randomOf(round + 77);
      inside(path, type, function* (sys) {
        sys.mkdirat(AT_FDCWD, `/mnt/${round}`, 0o755);
        yield* operations(sys, ["/model", `/mnt/${round}`], random, 500);
        const model = yield* tree(sys, "/model");
        expect(model.length).toBeGreaterThan(20);
        expect(yield* tree(sys, `/mnt/${round}`)).toEqual(model);
        sys.mkdirat(AT_FDCWD, "/saved", 0o755);
      });
      expect(check(path)).toBe("clean");
    }
  });
});
