import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contents, hasProgram, withDisks } from "../../../../test/support/disks.ts";
import { EIO, Errno } from "../../../abi/errno.ts";
import { AT_FDCWD, O_CREAT, O_TRUNC, O_WRONLY } from "../../../abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../../../abi/program.ts";
import { type BlockDevice, MemoryDisk } from "../../block/device.ts";
import { ext4 } from "./ext4.ts";

const there = hasProgram("mke2fs") && hasProgram("e2fsck");
/** Power cuts of each kind of file system. */
const CUTS = 10;

let top: string;
beforeAll(() => {
  top = fs.mkdtempSync(`${tmpdir()}/ext4-power-`);
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

/** A disk whose power goes after so many writes: of those since the last flush some arrive, in parts, in any order. */
class FailingDisk implements BlockDevice {
  readonly size: number;
  readonly sectorSize = 512;
  readonly readonly = false;
  /** What reads see. */
  readonly #now: MemoryDisk;
  readonly stable: MemoryDisk;
  #pending: [offset: number, bytes: Uint8Array][] = [];
  #left: number;
  readonly #random: (below: number) => number;
  dead = false;

  constructor(image: Uint8Array, writes: number, random: (below: number) => number) {
    this.size = image.length;
    this.#now = MemoryDisk.of(image);
    this.stable = MemoryDisk.of(image);
    this.#left = writes;
    this.#random = random;
  }
  read(offset: number, length: number): Uint8Array {
    return this.#now.read(offset, length);
  }
  write(offset: number, bytes: Uint8Array): void {
    if (this.dead) throw EIO;
    for (let at = 0; at < bytes.length; at += 4096) {
      this.#pending.push([offset + at, bytes.slice(at, at + 4096)]);
    }
    this.#now.write(offset, bytes);
    if (--this.#left <= 0) this.#cut();
  }
  flush(): void {
    if (this.dead) throw EIO;
    for (const [offset, bytes] of this.#pending) this.stable.write(offset, bytes);
    this.#pending = [];
    if (--this.#left <= 0) this.#cut();
  }
  #cut(): void {
    this.dead = true;
    for (const [offset, bytes] of this.#pending) {
      const kept = this.#random(3);
      if (kept === 0) this.stable.write(offset, bytes);
      // Sectors of 512 bytes arrive by themselves, but for the two of the super block: with its checksum
      // in the second one, ext4 itself needs them together.
      else if (kept === 1 && offset > 0) {
        this.stable.write(offset, bytes.subarray(0, 512 * this.#random(9)));
      }
    }
  }
}

function randomOf(start: number): (below: number) => number {
  let seed = start >>> 0;
  return (below) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

function pattern(length: number, seed: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = (i * 31 + seed * 17 + (i >> 8)) & 255;
  return out;
}

/** What is known to be on the disk, and which names have been touched since. */
interface Known {
  files: Map<string, Uint8Array>;
  touched: Set<string>;
  syncs: number;
}

function* work(sys: Sys, random: (below: number) => number, known: Known): Steps<void> {
  const now = new Map<string, Uint8Array>();
  for (let i = 0; i < 4; i++) sys.mkdirat(AT_FDCWD, `/mnt/d${i}`, 0o755);
  for (let i = 0; ; i++) {
    const name = `/mnt/d${random(4)}/${"f".repeat(1 + random(30))}${random(60)}`;
    const names = [...now.keys()];
    const old = names[random(names.length)];
    const kind = random(10);
    if (kind < 5 || old === undefined) {
      known.touched.add(name);
      const data = pattern(random(5) === 0 ? random(200_000) : random(12_000), i);
      const fd = yield* settle(sys.openat(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, 0o644));
      for (let at = 0; at < data.length; ) at += yield* settle(sys.write(fd, data.subarray(at)));
      now.set(name, data);
      if (random(3) === 0) {
        yield* settle(sys.fsync(fd));
        known.files = new Map(now);
        known.touched.clear();
        known.syncs++;
      }
      sys.close(fd);
    } else if (kind < 8) {
      known.touched.add(old);
      sys.unlinkat(AT_FDCWD, old, 0);
      now.delete(old);
    } else {
      known.touched.add(old).add(name);
      sys.renameat2(AT_FDCWD, old, AT_FDCWD, name, 0);
      now.set(name, now.get(old) as Uint8Array);
      if (old !== name) now.delete(old);
    }
  }
}

/** Mounts an image: everything known must be there. The image afterwards. */
function verify(image: Uint8Array, known: Known, what: string): Uint8Array {
  const disk = MemoryDisk.of(image);
  withDisks([{ device: disk }], [ext4], function* (sys) {
    sys.mount("/dev/vda", "/mnt", "ext4", 0, "");
    for (const [name, data] of known.files) {
      if (known.touched.has(name)) continue;
      const there = yield* contents(sys, name);
      expect(Buffer.compare(there, data), `${what}: ${name}`).toBe(0);
    }
    sys.umount2("/mnt", 0);
  });
  return disk.read(0, disk.size);
}

function e2fsck(path: string, option: string): { status: number | null; stdout: string } {
  return spawnSync("e2fsck", [option, path], { encoding: "utf8" });
}

describe.skipIf(!there).each([
  ["ext4", "ext4", "-b", "4096"],
  ["ext4 with a small journal", "ext4", "-b", "1024", "-J", "size=1"],
  ["ext4 without checksums", "ext4", "-b", "1024", "-O", "^metadata_csum,^64bit,^extent"],
  ["ext3", "ext3", "-b", "2048"],
])("%s: power cuts", (_name, type, ...options) => {
  test("nothing that was synced is lost", () => {
    const path = `${top}/made.img`;
    fs.writeFileSync(path, "");
    fs.truncateSync(path, 12 * 1024 * 1024);
    execFileSync("mke2fs", ["-q", "-F", "-t", type, ...options, path], { stdio: "pipe" });
    const image = fs.readFileSync(path);
    let syncs = 0;
    for (let cut = 0; cut < CUTS; cut++) {
      const random = randomOf(cut * 7919 + 5);
      const disk = new FailingDisk(image, 12 + random(400), random);
      const known: Known = { files: new Map(), touched: new Set(), syncs: 0 };
      let error: unknown;
      withDisks([{ device: disk }], [ext4], function* (sys) {
        try {
          sys.mount("/dev/vda", "/mnt", "ext4", 0, "");
          yield* work(sys, random, known);
        } catch (e) {
          if (!(e instanceof Errno)) throw e;
          error = e;
        }
      });
      expect(disk.dead, `${error}`).toBe(true);
      syncs += known.syncs;
      const after = disk.stable.read(0, disk.size);
      fs.writeFileSync(path, after);
      const repaired = e2fsck(path, "-p");
      expect(repaired.status === 0 || repaired.status === 1, `${cut}: ${repaired.stdout}`).toBe(
        true,
      );
      const full = e2fsck(path, "-fn");
      expect(full.status, `${cut}: after e2fsck -p: ${full.stdout}`).toBe(0);
      verify(fs.readFileSync(path), known, `${cut}: after e2fsck`);
      fs.writeFileSync(path, verify(after, known, `${cut}: after our mount`));
      const ours = e2fsck(path, "-fn");
      expect(ours.status, `${cut}: after our mount: ${ours.stdout}`).toBe(0);
    }
    expect(syncs).toBeGreaterThan(20);
  });
});
