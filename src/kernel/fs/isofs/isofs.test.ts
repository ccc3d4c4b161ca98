import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { fuzzImage, hasProgram, listTree, withDisks } from "../../../../test/support/disks.ts";
import { Errno } from "../../../abi/errno.ts";
import { AT_FDCWD } from "../../../abi/fcntl.ts";
import { MS_RDONLY } from "../../../abi/mount.ts";
import { bytesOf } from "../../../lib/bytes.ts";
import { type IsoNode, isoImage } from "../../../lib/iso9660.ts";
import type { DiskSpec } from "../../block/attach.ts";
import { MemoryDisk } from "../../block/device.ts";
import { iso9660 } from "./isofs.ts";

const TIME = 1_700_000_000;

function file(name: string, data: string): IsoNode {
  return { name, mode: 0o100640, mtime: TIME, uid: 3, gid: 4, data: bytesOf(data) };
}
function dir(name: string, children: IsoNode[]): IsoNode {
  return { name, mode: 0o040755, mtime: TIME, children };
}

/** Names that need every part of the writer: long, alike, deep, with continuation areas. */
function sample(): IsoNode {
  let deep = dir("9", [file("bottom", "b")]);
  for (let i = 8; i > 0; i--) deep = dir(`${i}`, [deep]);
  const many = Array.from({ length: 120 }, (_, i) =>
    file(`file-${i}-${"z".repeat(i)}`, `${i}`.repeat(i)),
  );
  const target = `/usr/../${"x".repeat(250)}/${"y".repeat(600)}`;
  return dir("", [
    file("hello.txt", "hello\n"),
    file("HELLO.TXT", "other\n"),
    file("empty", ""),
    file("a".repeat(250), "long"),
    file("\xc3\xa4 b", "umlaut"),
    file("big", "0123456789abcdef".repeat(20_000)),
    { name: "link", mode: 0o120777, mtime: TIME, target },
    { name: "tty", mode: 0o020620, mtime: TIME, rdev: 0x500, gid: 5 },
    dir("many", many),
    deep,
  ]);
}

function imageOf(root: IsoNode): Uint8Array {
  const options = { volumeId: "TEST", time: TIME };
  return Buffer.concat([...isoImage(root, options)]);
}

function diskOf(bytes: Uint8Array): DiskSpec {
  return { device: MemoryDisk.of(bytes, { readonly: true }) };
}

function treeOf(bytes: Uint8Array, data = ""): string[] {
  let tree: string[] = [];
  withDisks([diskOf(bytes)], [iso9660], function* (sys) {
    sys.mount("/dev/vda", "/mnt", "iso9660", MS_RDONLY, data);
    tree = yield* listTree(sys, "/mnt");
    sys.umount2("/mnt", 0);
  });
  return tree;
}

test("what the writer writes is read: Rock Ridge", () => {
  const tree = treeOf(imageOf(sample()));
  expect(tree).toHaveLength(139);
  expect(tree.slice(0, 2)).toEqual(["/1 40755 0:0 1700000000 /", "/1/2 40755 0:0 1700000000 /"]);
  expect(tree).toContain("/tty 20620 0:5 1700000000 1280");
  expect(tree).toContain("/hello.txt 100640 3:4 1700000000 6 b1946ac92492d2347c6235b4d2611184");
  expect(tree).toContain("/empty 100640 3:4 1700000000 0 d41d8cd98f00b204e9800998ecf8427e");
  expect(tree).toContain(
    `/link 120777 0:0 1700000000 -> /usr/../${"x".repeat(250)}/${"y".repeat(600)}`,
  );
  expect(tree.filter((line) => line.startsWith("/big "))[0]).toMatch(/ 320000 /);
});

test("Joliet and plain names, owners and modes as the options say", () => {
  const image = imageOf(dir("", [file("Hello World.txt", "x"), file("\xc3\xa4.TXT", "y")]));
  const names = (lines: string[]): string[] => lines.map((line) => line.replace(/ \d+ \S+$/, ""));
  expect(names(treeOf(image, "norock,uid=5,mode=444"))).toEqual([
    "/Hello World.txt 100444 5:0 1700000000",
    "/\xc3\xa4.TXT 100444 5:0 1700000000",
  ]);
  expect(names(treeOf(image, "norock,nojoliet"))).toEqual([
    "/__.txt 100555 0:0 1700000000",
    "/hello_world.txt 100555 0:0 1700000000",
  ]);
});

test("it cannot be written, and bad options or media are refused", () => {
  const image = imageOf(dir("", [file("f", "x")]));
  const codes: string[] = [];
  const attempt = (action: () => unknown): void => {
    try {
      action();
      codes.push("none");
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      codes.push(error.code);
    }
  };
  const writable: DiskSpec = { device: MemoryDisk.of(image) };
  const empty: DiskSpec = { device: new MemoryDisk(1 << 20) };
  withDisks([diskOf(image), writable, empty], [iso9660], function* (sys) {
    attempt(() => sys.mount("/dev/vda", "/mnt", "iso9660", 0, ""));
    attempt(() => sys.mount("/dev/vdb", "/mnt", "iso9660", 0, "nonsense"));
    attempt(() => sys.mount("/dev/vdc", "/mnt", "iso9660", 0, ""));
    attempt(() => sys.mount("/mnt", "/mnt", "iso9660", 0, ""));
    sys.mount("/dev/vdb", "/mnt", "iso9660", 0, "");
    attempt(() => sys.unlinkat(AT_FDCWD, "/mnt/f", 0));
    attempt(() => sys.mkdirat(AT_FDCWD, "/mnt/d", 0o755));
    attempt(() => sys.fchmodat(AT_FDCWD, "/mnt/f", 0, 0));
    yield* [];
  });
  expect(codes).toEqual(["EACCES", "EINVAL", "EINVAL", "ENOTBLK", "EROFS", "EROFS", "EROFS"]);
});

test.skipIf(!hasProgram("xorriso"))(
  "what xorriso writes is read, and it reads what we write",
  () => {
    const top = fs.mkdtempSync(`${tmpdir()}/iso-`);
    try {
      fs.mkdirSync(`${top}/in/a/b/c/d/e/f/g/h/i`, { recursive: true });
      fs.writeFileSync(`${top}/in/a/b/c/d/e/f/g/h/i/deep`, "deep");
      for (let i = 0; i < 200; i++) fs.writeFileSync(`${top}/in/a/${"n".repeat(i)}${i}`, `${i}`);
      fs.symlinkSync(`../${"t".repeat(200)}/./x`, `${top}/in/link`);
      const quiet = { stdio: "ignore" } as const;
      const out = `${top}/x.iso`;
      const paths = ["-o", out, "-quiet", "-R", "-J", "-joliet-long", `${top}/in`];
      execFileSync("xorriso", ["-as", "mkisofs", ...paths], quiet);
      const theirs = treeOf(fs.readFileSync(out));
      expect(theirs).toHaveLength(211);
      expect(theirs.find((line) => line.startsWith("/link "))).toContain(
        `../${"t".repeat(200)}/./x`,
      );
      expect(theirs.find((line) => line.includes("/deep "))).toMatch(/ 4 [0-9a-f]{32}$/);
      expect(treeOf(fs.readFileSync(out), "norock")).toHaveLength(210);

      fs.writeFileSync(`${top}/our.iso`, imageOf(sample()));
      const args = ["-abort_on", "WARNING", "-osirrox", "on", "-indev", `${top}/our.iso`];
      execFileSync("xorriso", [...args, "-extract", "/", `${top}/out`], quiet);
      expect(fs.readFileSync(`${top}/out/big`, "latin1")).toHaveLength(320_000);
      expect(fs.readdirSync(`${top}/out/many`)).toHaveLength(120);
      expect(fs.readlinkSync(`${top}/out/link`)).toContain("y".repeat(600));
    } finally {
      fs.rmSync(top, { recursive: true, force: true });
    }
  },
);

test("damaged media give errnos", () => {
  const image = imageOf(sample());
  const within = 200 * 2048;
  fuzzImage(image, iso9660, { rounds: 60, flags: MS_RDONLY, within, disk: diskOf });
});
