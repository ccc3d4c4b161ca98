// mkfs.vfat, mkdosfs: make a FAT32 file system (Microsoft FAT specification 1.03)
import { O_RDWR } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { wantedSize } from "../../libc/blkid.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";

const SECTOR = 512;
/** Boot sector, its counters, two free ones, and the copies of both. */
const RESERVED = 6;
const INFO_SECTOR = 1;
const BACKUP_SECTOR = 3;
const FATS = 2;
const HEADS = 255;
const TRACK = 63;
const MEDIA = 0xf8;
const NO_NAME = "NO NAME";
const ZEROS = 65536;
const MIB = 1024 * 1024;
/** Fewer clusters than a table of one sector counts are too few. */
const MIN_SECTORS = 64;

/** Print the text behind this code, then stand still: machine code of a PC. */
const BOOT_CODE: readonly number[] = [
  0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0xfb, 0xfc, 0xbe, 0x74, 0x7c, 0xac, 0x84, 0xc0, 0x74, 0x09, 0xb4,
  0x0e, 0x31, 0xdb, 0xcd, 0x10, 0xeb, 0xf2, 0xf4, 0xeb, 0xfd,
];
const BOOT_TEXT = "There is nothing to boot on this disk.\r\n";
/** Where code and text are in the boot sector: the text is at 0x7c00 + TEXT_AT when it runs. */
const CODE_AT = 0x5a;
const TEXT_AT = 0x74;

interface Shape {
  total: number;
  perCluster: number;
  fatSectors: number;
  clusters: number;
}

function shapeOf(bytes: number): Shape {
  const total = Math.floor(bytes / SECTOR);
  const gib = 1024 * MIB;
  const perCluster = bytes >= 16 * gib ? 32 : bytes >= 8 * gib ? 16 : bytes >= 260 * MIB ? 8 : 1;
  const clustersWith = (fatSectors: number): number =>
    Math.floor((total - RESERVED - FATS * fatSectors) / perCluster);
  const fits = (fatSectors: number): boolean =>
    Math.ceil(((clustersWith(fatSectors) + 2) * 4) / SECTOR) <= fatSectors;
  // A larger table leaves fewer clusters to count: the smallest that counts them all.
  let low = 1;
  let high = Math.ceil((Math.floor(total / perCluster) * 4 + 8) / SECTOR) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) high = middle;
    else low = middle + 1;
  }
  return { total, perCluster, fatSectors: low, clusters: clustersWith(low) };
}

function bootSector(shape: Shape, label: string, serial: number): Uint8Array {
  const b = new Uint8Array(SECTOR);
  const view = new DataView(b.buffer);
  b.set([0xeb, 0x58, 0x90]);
  b.set(bytesOf("mkdosfs\0"), 3);
  view.setUint16(11, SECTOR, true);
  b[13] = shape.perCluster;
  view.setUint16(14, RESERVED, true);
  b[16] = FATS;
  b[21] = MEDIA;
  view.setUint16(24, TRACK, true);
  view.setUint16(26, HEADS, true);
  view.setUint32(32, shape.total, true);
  view.setUint32(36, shape.fatSectors, true);
  view.setUint32(44, 2, true);
  view.setUint16(48, INFO_SECTOR, true);
  view.setUint16(50, BACKUP_SECTOR, true);
  b[66] = 0x29;
  view.setUint32(67, serial, true);
  b.set(bytesOf(label), 71);
  b.set(bytesOf("FAT32   "), 82);
  b.set(BOOT_CODE, CODE_AT);
  b.set(bytesOf(BOOT_TEXT), TEXT_AT);
  b[510] = 0x55;
  b[511] = 0xaa;
  return b;
}

function infoSector(shape: Shape): Uint8Array {
  const b = new Uint8Array(SECTOR);
  const view = new DataView(b.buffer);
  view.setUint32(0, 0x41615252, true);
  view.setUint32(484, 0x61417272, true);
  // The root directory has one.
  view.setUint32(488, shape.clusters - 1, true);
  view.setUint32(492, 2, true);
  b[510] = 0x55;
  b[511] = 0xaa;
  return b;
}

class Writer {
  readonly #p: Process;
  readonly #fd: number;

  constructor(p: Process, fd: number) {
    this.#p = p;
    this.#fd = fd;
  }
  *at(offset: number, bytes: Uint8Array): Steps<void> {
    for (let done = 0; done < bytes.length; ) {
      done += yield* settle(this.#p.sys.pwrite(this.#fd, bytes.subarray(done), offset + done));
    }
  }
  *zeros(offset: number, length: number): Steps<void> {
    const block = new Uint8Array(ZEROS);
    for (let done = 0; done < length; done += ZEROS) {
      yield* this.at(offset + done, block.subarray(0, Math.min(ZEROS, length - done)));
    }
  }
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  // Those of other programs of this name are taken and mean nothing here.
  const opt = getopt(p, "Ab:cCf:F:h:Ii:l:m:n:r:R:s:S:v", { min: 1, max: 2 });
  const [device = "", kib] = opt.operands;
  let fd: number;
  try {
    fd = yield* settle(open(sys, device, O_RDWR));
  } catch (e) {
    return dieErrno(`can't open '${device}'`, e);
  }
  const asked = kib === undefined ? undefined : xatou(kib) * 1024;
  const size = yield* wantedSize(sys, fd, asked);
  if (size < MIN_SECTORS * SECTOR) die("image is too small");
  if (size >= 2 ** 41) die("image is too big");
  const shape = shapeOf(size);
  const given = opt.get("n");
  const label = (given ?? NO_NAME).slice(0, 11).padEnd(11);
  const now = sys.clock_gettime(0).sec >>> 0;
  const { total, perCluster, fatSectors, clusters } = shape;
  if (opt.has("v")) {
    const serial = now.toString(16).padStart(8, "0");
    const w = p.stdout.puts(
      `Device '${device}':\nheads:${HEADS}, sectors/track:${TRACK}, bytes/sector:${SECTOR}\n` +
        `media descriptor:${MEDIA.toString(16)}\n` +
        `total sectors:${total}, clusters:${clusters}, sectors/cluster:${perCluster}\n` +
        `FATs:${FATS}, sectors/FAT:${fatSectors}\nvolumeID:${serial}, label:'${label}'\n`,
    );
    if (w) yield* w;
  }
  const writer = new Writer(p, fd);
  const data = RESERVED + FATS * fatSectors;
  yield* writer.zeros(0, (data + perCluster) * SECTOR);
  const boot = bootSector(shape, label, now);
  for (const at of [0, BACKUP_SECTOR]) {
    yield* writer.at(at * SECTOR, boot);
    yield* writer.at((at + INFO_SECTOR) * SECTOR, infoSector(shape));
  }
  const first = new Uint8Array(12);
  first.set([MEDIA, 0xff, 0xff, 0x0f, 0xff, 0xff, 0xff, 0xff, MEDIA, 0xff, 0xff, 0x0f]);
  for (let fat = 0; fat < FATS; fat++) {
    yield* writer.at((RESERVED + fat * fatSectors) * SECTOR, first);
  }
  if (given !== undefined) {
    const entry = new Uint8Array(32);
    entry.set(bytesOf(label));
    entry[11] = 8;
    yield* writer.at(data * SECTOR, entry);
  }
  yield* settle(sys.fsync(fd));
  return 0;
}

const usage = `[-v] [-n LABEL] BLOCKDEV [KBYTES]

Make a FAT32 file system

	-v	Tell what it is like
	-n LBL	Label
`;

export const mkfsVfat: Applet = { name: "mkfs.vfat", path: "/sbin/mkfs.vfat", usage, main };
export const mkdosfs: Applet = { name: "mkdosfs", path: "/sbin/mkdosfs", usage, main };
