import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fuzzImage, hasProgram, listTree, withDisks } from "../../../../test/support/disks.ts";
import { Errno } from "../../../abi/errno.ts";
import { AT_FDCWD } from "../../../abi/fcntl.ts";
import { MS_RDONLY } from "../../../abi/mount.ts";
import { strOf } from "../../../lib/bytes.ts";
import type { DiskSpec } from "../../block/attach.ts";
import { MemoryDisk } from "../../block/device.ts";
import { squashfs } from "./squashfs.ts";

const there = hasProgram("mksquashfs");

let top: string;
beforeAll(() => {
  top = fs.mkdtempSync(`${tmpdir()}/squash-`);
  const tree = `${top}/in`;
  fs.mkdirSync(`${tree}/dir/deep`, { recursive: true });
  fs.writeFileSync(`${tree}/hello`, "hello\n");
  fs.writeFileSync(`${tree}/empty`, "");
  fs.writeFileSync(`${tree}/sparse`, "");
  fs.truncateSync(`${tree}/sparse`, 700_000);
  let text = "";
  for (let i = 0; i < 60_000; i++) text += `line ${i} of a long text\n`;
  fs.writeFileSync(`${tree}/dir/long`, text);
  const noise = Buffer.alloc(200_001);
  for (let i = 0, x = 1; i < noise.length; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    noise[i] = x >>> 16;
  }
  fs.writeFileSync(`${tree}/dir/noise`, noise);
  for (let i = 0; i < 700; i++) fs.writeFileSync(`${tree}/dir/deep/file-${i}`, `${i}`);
  fs.symlinkSync("dir/../hello", `${tree}/link`);
  fs.linkSync(`${tree}/hello`, `${tree}/hard`);
  fs.utimesSync(`${tree}/hello`, 1_600_000_000, 1_600_000_000);
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

function image(...options: string[]): Uint8Array {
  const file = `${top}/x.sqfs`;
  fs.rmSync(file, { force: true });
  const args = [`${top}/in`, file, "-quiet", "-no-progress", "-all-root", "-processors", "1"];
  execFileSync("mksquashfs", [...args, ...options], { stdio: "ignore" });
  return fs.readFileSync(file);
}

function diskOf(bytes: Uint8Array): DiskSpec {
  return { device: MemoryDisk.of(bytes, { readonly: true }) };
}

function treeOf(bytes: Uint8Array): string[] {
  let tree: string[] = [];
  withDisks([diskOf(bytes)], [squashfs], function* (sys) {
    const free = sys.sysinfo().freeram;
    sys.mount("/dev/vda", "/mnt", "squashfs", MS_RDONLY, "");
    tree = yield* listTree(sys, "/mnt");
    sys.umount2("/mnt", 0);
    expect(sys.sysinfo().freeram).toBe(free);
  });
  return tree;
}

describe.skipIf(!there)("images of mksquashfs", () => {
  test.each([
    ["gzip"],
    ["xz"],
    ["zstd"],
    ["gzip -b 4096"],
    ["xz -Xbcj x86 -b 1048576"],
    ["gzip -no-fragments -noI -noD"],
    ["gzip -always-use-fragments -b 65536"],
  ])("%s", (comp) => {
    const tree = treeOf(image("-comp", ...comp.split(" ")));
    expect(tree).toHaveLength(709);
    expect(tree).toContain("/hello 100644 0:0 1600000000 6 b1946ac92492d2347c6235b4d2611184");
    const find = (name: string): string => tree.find((line) => line.startsWith(`${name} `)) ?? "";
    expect(find("/hard")).toContain(" 6 b1946ac92492d2347c6235b4d2611184");
    expect(find("/link")).toMatch(/-> dir\/..\/hello$/);
    const md5 = (file: string): string =>
      execFileSync("md5sum", [`${top}/in${file}`], { encoding: "latin1" }).slice(0, 32);
    for (const name of ["/dir/long", "/dir/noise", "/sparse", "/empty", "/dir/deep/file-699"])
      expect(find(name)).toContain(` ${md5(name)}`);
  });

  test("hard links are one inode; what is written is EROFS", () => {
    withDisks([diskOf(image("-comp", "gzip"))], [squashfs], function* (sys) {
      sys.mount("/dev/vda", "/mnt", "squashfs", MS_RDONLY, "");
      const [a, b] = ["/mnt/hello", "/mnt/hard"].map((path) => sys.fstatat(AT_FDCWD, path, 0));
      expect([a?.nlink, a?.ino]).toEqual([2, b?.ino]);
      expect(() => sys.unlinkat(AT_FDCWD, "/mnt/hello", 0)).toThrow("EROFS");
      yield* [];
    });
  });

  test.each(["lzo", "lz4"])("%s is refused with a word in the log", (comp) => {
    const { kernel } = withDisks([diskOf(image("-comp", comp))], [squashfs], function* (sys) {
      try {
        sys.mount("/dev/vda", "/mnt", "squashfs", MS_RDONLY, "");
        expect.unreachable();
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        expect(error.code).toBe("EINVAL");
      }
      yield* [];
    });
    const said = kernel.log.since(0).map(({ text }) => text);
    expect(said).toEqual([`Filesystem uses "${comp}" compression. This is not supported`]);
  });

  test("damaged media give errnos", () => {
    const small = image("-comp", "gzip", "-b", "4096");
    fuzzImage(small, squashfs, { rounds: 25, flags: MS_RDONLY, disk: diskOf });
    const tables = image("-comp", "gzip", "-noI", "-noD", "-noF", "-b", "65536");
    expect(strOf(tables.subarray(0, 4))).toBe("hsqs");
    // Uncompressed metadata: the damage arrives.
    fuzzImage(tables, squashfs, {
      rounds: 25,
      flags: MS_RDONLY,
      from: tables.length - 40_000,
      disk: diskOf,
    });
  });
});
