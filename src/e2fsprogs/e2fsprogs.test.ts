import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contents, hasProgram, withDisks } from "../../test/support/disks.ts";
import { AT_FDCWD, O_CREAT, O_TRUNC, O_WRONLY } from "../abi/fcntl.ts";
import { type Program, type Steps, type Sys, settle } from "../abi/program.ts";
import { MemoryDisk } from "../kernel/block/device.ts";
import { ext4 } from "../kernel/fs/ext4/ext4.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";
import { e2fsprogsPrograms } from "./programs.ts";

const there = hasProgram("e2fsck") && hasProgram("debugfs") && hasProgram("dumpe2fs");

let top: string;
beforeAll(() => {
  top = fs.mkdtempSync(`${tmpdir()}/e2fsprogs-`);
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

/** Runs a program on /dev/vda: its output and its status. */
function* call(sys: Sys, line: string): Steps<string> {
  const argv = line.split(" ");
  const name = argv[0] ?? "";
  const real = name.startsWith("mkfs") ? "mke2fs" : name.startsWith("fsck") ? "e2fsck" : name;
  const program = new Map(e2fsprogsPrograms()).get(real) as Program;
  const fd = yield* settle(sys.openat(AT_FDCWD, "/output", O_WRONLY | O_CREAT | O_TRUNC, 0o644));
  for (const to of [1, 2]) if (fd !== to) sys.dup3(fd, to, 0);
  if (fd > 2) sys.close(fd);
  const status = yield* program(sys, argv, []) as Steps<number>;
  return `${strOf(yield* contents(sys, "/output"))}[${status}]`;
}

/** Works on an image in place. */
function on(path: string, main: (sys: Sys) => Steps<void>): void {
  const disk = MemoryDisk.of(fs.readFileSync(path));
  withDisks([{ device: disk }], [ext4], main);
  fs.writeFileSync(path, disk.read(0, disk.size));
}

function blank(mib: number): string {
  const path = `${top}/${fs.readdirSync(top).length}.img`;
  // Not empty: what is not written is rubbish.
  fs.writeFileSync(path, new Uint8Array(mib << 20).fill(0xa5));
  return path;
}

function check(path: string): string {
  const { status, stdout } = spawnSync("e2fsck", ["-fn", path], { encoding: "utf8" });
  return status === 0 ? "clean" : `${status}\n${stdout}`;
}

function debugfs(path: string, ...commands: string[]): void {
  const input = `${commands.join("\n")}\n`;
  execFileSync("debugfs", ["-w", "-f", "-", path], { stdio: "pipe", input });
}

const MAKE: readonly (readonly [mib: number, line: string, features: string])[] = [
  [
    40,
    "mkfs.ext4 -L hello -U 01234567-89ab-cdef-0123-456789abcdef /dev/vda",
    "has_journal ext_attr dir_index filetype extent 64bit flex_bg sparse_super large_file huge_file dir_nlink extra_isize metadata_csum",
  ],
  [40, "mkfs.ext4 -b 4096 -E lazy_itable_init=0,root_owner=5:6 -m 0 -N 3000 /dev/vda", ""],
  [12, "mkfs.ext4 -O ^64bit,^metadata_csum,uninit_bg -J size=2 -I 128 /dev/vda", ""],
  [12, "mkfs.ext4 -O metadata_csum_seed,^has_journal -b 2048 /dev/vda", ""],
  [
    8,
    "mkfs.ext3 -i 2048 /dev/vda",
    "has_journal ext_attr dir_index filetype sparse_super large_file",
  ],
  [8, "mke2fs -q -F /dev/vda 6000", "ext_attr dir_index filetype sparse_super large_file"],
  [1, "mke2fs -t ext4 /dev/vda", ""],
];

describe.skipIf(!there).each(MAKE)("%d MiB: %s", (mib, line, features) => {
  test("passes e2fsck, is mounted and tuned", () => {
    const path = blank(mib);
    on(path, function* (sys) {
      expect(yield* call(sys, line)).toMatch(/^(?:mke2fs 1[\s\S]*done\n\n)?\[0\]$/);
      expect(yield* call(sys, "e2fsck -p /dev/vda")).toMatch(
        /: clean, 11\/\d+ files, \d+\/\d+ blocks\n\[0\]$/,
      );
    });
    expect(check(path)).toBe("clean");
    const shown = execFileSync("dumpe2fs", ["-h", path], { encoding: "utf8", stdio: "pipe" });
    if (features !== "") expect(/^Filesystem features: *(.*)$/m.exec(shown)?.[1]).toBe(features);
    on(path, function* (sys) {
      // The same words as Debian's, but for its fields of the journal and what it measures.
      const ours = yield* call(sys, "dumpe2fs -h /dev/vda");
      const skip =
        /^(?:dumpe2fs|Journal features|Total journal|Max trans|Fast commit|Journal (?:sequence|start|checksum)|\s*$|\[|Lifetime)/;
      const lines = (text: string): string[] => text.split("\n").filter((each) => !skip.test(each));
      expect(lines(ours)).toEqual(lines(shown).filter((each) => !/^Overhead/.test(each)));
      expect(yield* call(sys, "tune2fs -L other -c 7 -i 2w -m 1 -e remount-ro /dev/vda")).toContain(
        "[0]",
      );
      expect(yield* call(sys, "e2label /dev/vda")).toBe("other\n[0]");
      sys.mount("/dev/vda", "/mnt", "ext4", 0, "");
      sys.mkdirat(AT_FDCWD, "/mnt/d", 0o755);
      expect(yield* call(sys, "e2fsck -p /dev/vda")).toContain("[8]");
      sys.mount("", "/mnt", "", 0x21, "");
      expect(yield* call(sys, "e2fsck -p /dev/vda")).toMatch(/^other: clean, 12.*\n\[0\]$/);
      expect(yield* call(sys, "mkfs.ext4 /dev/vda")).toMatch(
        /will not make a filesystem here!\n\[1\]$/,
      );
      sys.umount2("/mnt", 0);
      expect(yield* call(sys, "fsck.ext4 -f /dev/vda")).toMatch(/interactive|\[8\]/);
      expect(yield* call(sys, "fsck.ext4 -fy /dev/vda")).toMatch(/other: 12\/\d+ files .*\n\[0\]$/);
    });
    expect(check(path)).toBe("clean");
  });
});

test.skipIf(!there)("tune2fs gives and takes a journal", () => {
  const path = blank(20);
  on(path, function* (sys) {
    yield* call(sys, "mke2fs /dev/vda");
    expect(yield* call(sys, "tune2fs -j /dev/vda")).toContain("[0]");
  });
  expect(check(path)).toBe("clean");
  expect(execFileSync("dumpe2fs", ["-h", path], { encoding: "utf8", stdio: "pipe" })).toContain(
    "has_journal",
  );
  on(path, function* (sys) {
    sys.mount("/dev/vda", "/mnt", "ext4", 0, "");
    sys.mkdirat(AT_FDCWD, "/mnt/d", 0o755);
    sys.umount2("/mnt", 0);
    expect(yield* call(sys, "tune2fs -O ^has_journal /dev/vda")).toContain("[0]");
  });
  expect(check(path)).toBe("clean");
});

/** What debugfs breaks, whether -p repairs it, and what is said. */
const DAMAGE: readonly (readonly [
  name: string,
  commands: readonly string[],
  preen: boolean,
  says: RegExp,
])[] = [
  [
    "counts",
    [
      "ssv free_blocks_count 77",
      "ssv free_inodes_count 3",
      "set_bg 0 free_blocks_count 1",
      "set_bg 0 checksum calc",
    ],
    true,
    /count wrong/,
  ],
  ["bitmaps", ["freeb 700 20", "setb 900 10", "freei <14>"], true, /bitmap differences/],
  ["link count", ["sif /f1 links_count 5", "sif /d links_count 9"], true, /ref count is/],
  ["lost file", ["unlink /d/f2"], true, /Unattached inode/],
  ["lost directory", ["unlink /d"], true, /Unconnected directory/],
  ["no lost+found", ["unlink /d", "unlink /f1", "rmdir /lost+found"], true, /Unattached inode/],
  ["cleared inode", ["clri /f1"], false, /deleted\/unused inode/],
  ["block count", ["sif /f1 blocks 99"], true, /i_blocks is 99/],
  [
    "blocks beyond the end",
    ["sif /e1 block[2] 99999999", "sif /e1 block[5] 99999999"],
    false,
    /damaged blocks/,
  ],
  ["size", ["sif /f1 size 5"], true, /i_size is 5/],
  ["no link", ["sif /f1 mode 0120777", "sif /f1 size 5"], false, /Symlink/],
];

describe.skipIf(!there)("e2fsck", () => {
  let path: string;
  beforeAll(() => {
    path = blank(20);
    on(path, function* (sys) {
      yield* call(sys, "mkfs.ext4 -b 1024 /dev/vda");
      sys.mount("/dev/vda", "/mnt", "ext4", 0, "");
      sys.mkdirat(AT_FDCWD, "/mnt/d", 0o755);
      sys.mkdirat(AT_FDCWD, "/mnt/d/below", 0o755);
      for (const name of ["f1", "d/f2", "d/below/f3", "e1"]) {
        const fd = yield* settle(sys.openat(AT_FDCWD, `/mnt/${name}`, O_WRONLY | O_CREAT, 0o644));
        yield* settle(sys.write(fd, bytesOf(name.repeat(2000))));
        sys.close(fd);
      }
      sys.umount2("/mnt", 0);
    });
  });

  test.each(DAMAGE)("%s", (_name, commands, preen, says) => {
    const image = fs.readFileSync(path);
    const copy = `${top}/copy.img`;
    fs.writeFileSync(copy, image);
    debugfs(copy, ...commands);
    const broken = fs.readFileSync(copy);
    expect(check(copy)).not.toBe("clean");
    on(copy, function* (sys) {
      const said = yield* call(sys, "e2fsck -fn /dev/vda");
      expect(said).toMatch(says);
      expect(said).toMatch(/\[4\]$/);
    });
    expect(Buffer.compare(fs.readFileSync(copy), broken)).toBe(0);
    on(copy, function* (sys) {
      expect(yield* call(sys, "e2fsck -fp /dev/vda")).toMatch(preen ? /\[1\]$/ : /\[4\]$/);
      if (!preen) expect(yield* call(sys, "e2fsck -fy /dev/vda")).toMatch(/\[1\]$/);
      expect(yield* call(sys, "e2fsck -fy /dev/vda")).toMatch(/\[0\]$/);
    });
    expect(check(copy)).toBe("clean");
  });

  test("no file system, no device", () => {
    const empty = blank(2);
    on(empty, function* (sys) {
      expect(yield* call(sys, "e2fsck -p /dev/vda")).toMatch(
        /Bad magic number in super-block.*[\s\S]*\[8\]$/,
      );
      expect(yield* call(sys, "e2fsck /dev/nothing")).toMatch(
        /No such file or directory while trying to open \/dev\/nothing[\s\S]*\[8\]$/,
      );
      expect(yield* call(sys, "e2fsck -p -n /dev/vda")).toMatch(/\[16\]$/);
      expect(yield* call(sys, "mkfs.ext4 -O nonsense /dev/vda")).toMatch(
        /Invalid filesystem option set: nonsense\n\[1\]$/,
      );
      expect(yield* call(sys, "mkfs.ext4 -b 4095 /dev/vda")).toMatch(
        /invalid block size - 4095\n\[1\]$/,
      );
    });
  });
});
