import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasProgram } from "../../test/support/disks.ts";
import { runProgram } from "../../test/support/run-program.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";
import { fsckFat } from "./fsck-fat.ts";
import { mkfsFat } from "./mkfs-fat.ts";

const there = hasProgram("fsck.vfat") && hasProgram("mcopy");

let top: string;
beforeAll(() => {
  top = fs.mkdtempSync(`${tmpdir()}/dosfs-`);
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

/** An image with a directory and three files, and how to damage it. */
class Image {
  readonly bytes: Buffer;
  readonly bits: number;
  constructor(bits: number) {
    const file = `${top}/made.img`;
    fs.rmSync(file, { force: true });
    const kib = bits === 32 ? 36_000 : 9000;
    const options = bits === 32 ? ["-s", "1"] : [];
    const args = ["-C", "-F", `${bits}`, "-i", "12345678", ...options, file, `${kib}`];
    execFileSync("mkfs.vfat", args, { stdio: "ignore" });
    for (const [name, size] of [
      ["f1", 5000],
      ["f2", 3000],
      ["f3", 10],
    ] as const)
      fs.writeFileSync(`${top}/${name}`, "x".repeat(size));
    const env = { ...process.env, MTOOLS_SKIP_CHECK: "1" };
    const run = (...command: string[]): void => {
      execFileSync(command[0] as string, ["-i", file, ...command.slice(1)], { env });
    };
    run("mmd", "::/dir");
    run("mcopy", `${top}/f1`, `${top}/f2`, "::/");
    run("mcopy", `${top}/f3`, "::/dir/Long file name.txt");
    this.bytes = fs.readFileSync(file);
    this.bits = bits;
  }
  get fat(): number {
    return this.bytes.readUInt16LE(14) * 512;
  }
  get fatSize(): number {
    const small = this.bytes.readUInt16LE(22);
    return (small === 0 ? this.bytes.readUInt32LE(36) : small) * 512;
  }
  get root(): number {
    return this.fat + 2 * this.fatSize;
  }
  /** Sets an entry of the tables. */
  set(cluster: number, value: number, copies = [0, 1]): void {
    for (const copy of copies) {
      const at = this.fat + copy * this.fatSize;
      if (this.bits === 32) this.bytes.writeUInt32LE((value & 0x0fffffff) >>> 0, at + 4 * cluster);
      else this.bytes.writeUInt16LE(value & 0xffff, at + 2 * cluster);
    }
  }
  /** Offset of an entry of the root directory. */
  entry(name: string): number {
    const at = this.bytes.indexOf(name.padEnd(11), this.root, "latin1");
    expect(at).toBeGreaterThan(0);
    return at;
  }
  start(name: string): number {
    return this.bytes.readUInt16LE(this.entry(name) + 26);
  }
}

const DAMAGE: Readonly<Record<string, (image: Image) => void>> = {
  nothing: () => {},
  "the dirty mark": (i) => {
    i.bytes[i.bits === 32 ? 0x41 : 0x25] = 1;
  },
  "tables that differ": (i) => i.set(300, 5, [1]),
  "lost clusters": (i) => {
    i.set(400, 401);
    i.set(401, -1);
    i.set(500, -1);
  },
  "wrong sizes": (i) => {
    i.bytes.writeUInt32LE(100, i.entry("F1") + 28);
    i.bytes.writeUInt32LE(300_000, i.entry("F2") + 28);
  },
  "shared clusters": (i) => i.bytes.writeUInt16LE(i.start("F1"), i.entry("F2") + 26),
  "a free cluster in a file": (i) => i.set(i.start("F1"), 0),
  "a start beyond the end": (i) => {
    i.bytes.writeUInt16LE(0xfff0, i.entry("F1") + 26);
    if (i.bits === 32) i.bytes.writeUInt16LE(0x0fff, i.entry("F1") + 20);
  },
  "a chain beyond the end": (i) => i.set(i.start("F2"), 0xffe0),
  "another backup of the boot sector": (i) => {
    if (i.bits === 32) i.bytes.write("xyz", 100);
  },
  "a bad name": (i) => {
    i.bytes[i.entry("F1") + 1] = 0x2a;
  },
};

async function ours(bytes: Uint8Array, option: string): Promise<[string, Uint8Array]> {
  const { stdout, stderr, status, files } = await runProgram({
    program: fsckFat,
    argv: ["fsck.fat", option, "d.img"],
    env: {},
    files: { "d.img": bytes },
    stdin: new Uint8Array(0),
    wanted: ["d.img"],
  });
  return [`${strOf(stdout)}${strOf(stderr)}[${status}]`, bytesOf(files["d.img"] ?? "")];
}

function theirs(bytes: Uint8Array, option: string): string {
  fs.writeFileSync(`${top}/d.img`, bytes);
  const options = { cwd: top, encoding: "latin1" } as const;
  const { stdout, stderr, status } = spawnSync("fsck.vfat", [option, "d.img"], options);
  return `${stdout}${stderr}[${status}]`;
}

describe.skipIf(!there).each([16, 32])("fsck.fat of FAT%d, as Debian's", (bits) => {
  test.each(Object.keys(DAMAGE))("%s", async (name) => {
    const image = new Image(bits);
    DAMAGE[name]?.(image);
    expect((await ours(image.bytes, "-n"))[0]).toBe(theirs(image.bytes, "-n"));
    const [said, repaired] = await ours(image.bytes, "-a");
    expect(said).toBe(theirs(image.bytes, "-a"));
    expect(theirs(repaired, "-n")).toMatch(/\[0\]$/);
  });

  test("garbage ends, with a status", async () => {
    let seed = bits;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    const image = new Image(bits);
    for (let round = 0; round < 12; round++) {
      const bytes = Buffer.from(image.bytes);
      for (let n = 0; n < 30; n++) bytes[random(round < 6 ? 600_000 : 512)] = random(256);
      const [, repaired] = await ours(bytes, "-a");
      expect((await ours(repaired, "-n"))[0]).toMatch(/\[[01]\]$/);
    }
  });
});

test.skipIf(!there).each([
  ["-C d.img 1440", 1440],
  ["-C d.img 4000", 4000],
  ["-n DATA -C d.img 9000", 9000],
  ["-C d.img 33000", 33_000],
  ["-F 32 -s 1 -n EFI -C d.img 40000", 40_000],
  ["-F 12 -C d.img 2000", 2000],
])("mkfs.fat %s: the layout of Debian's, and nothing to complain about", async (args) => {
  const { stdout, status, files } = await runProgram({
    program: mkfsFat,
    argv: ["mkfs.fat", "-v", "-i", "12345678", ...args.split(" ")],
    env: {},
    files: {},
    stdin: new Uint8Array(0),
    wanted: ["d.img"],
  });
  fs.rmSync(`${top}/d.img`, { force: true });
  const command = ["-v", "-i", "12345678", ...args.split(" ")];
  const other = spawnSync("mkfs.vfat", command, { cwd: top, encoding: "latin1" });
  expect([strOf(stdout), status]).toEqual([other.stdout, 0]);
  const mine = bytesOf(files["d.img"] ?? "");
  const debian = fs.readFileSync(`${top}/d.img`);
  // All but the machine code.
  const is32 = args.includes("-F 32");
  const head = is32 ? 0x5a : 0x3e;
  expect(Buffer.from(mine.subarray(0, head)).toString("hex")).toBe(
    debian.subarray(0, head).toString("hex"),
  );
  expect(theirs(mine, "-n")).toMatch(/\[0\]$/);
});
