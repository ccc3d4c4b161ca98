// mkfs.fat: make a FAT12, FAT16 or FAT32 file system (mkfs.fat(8) of dosfstools, Microsoft FAT specification 1.03)
import { O_CREAT, O_RDWR, O_TRUNC } from "../abi/fcntl.ts";
import { type Program, type Steps, settle } from "../abi/program.ts";
import { bytesOf } from "../lib/bytes.ts";
import { deviceSize } from "../libc/blkid.ts";
import { getopt } from "../libc/getopt.ts";
import { die, dieErrno, Process, runMain } from "../libc/process.ts";
import { open } from "../libc/unistd.ts";

const VERSION = "4.2";
const SECTOR = 512;
const MIB = 1024 * 1024;
const ZEROS = 65536;

/** How a file system lies on its disk; sectors. */
interface Shape {
  bits: 12 | 16 | 32;
  sectorSize: number;
  total: number;
  perCluster: number;
  reserved: number;
  fats: number;
  fatSectors: number;
  rootEntries: number;
  clusters: number;
  heads: number;
  track: number;
  floppy: boolean;
}

/** Heads and sectors that disks of a size say they have (SD specification, part 2). */
function geometry(bytes: number): [heads: number, track: number] {
  const mib = bytes / MIB;
  if (mib <= 2) return [2, 16];
  if (mib <= 16) return [2, 32];
  if (mib <= 32) return [4, 32];
  if (mib <= 128) return [8, 32];
  if (mib <= 256) return [16, 32];
  if (mib <= 504) return [16, 63];
  if (mib <= 1008) return [32, 63];
  if (mib <= 2016) return [64, 63];
  return mib <= 4032 ? [128, 63] : [255, 63];
}

/** Sizes of disks that are floppies, in KiB, with sectors a track. */
const FLOPPIES: ReadonlyMap<number, number> = new Map([
  [720, 9],
  [1440, 18],
  [2880, 36],
]);

interface Wishes {
  bits: number | undefined;
  perCluster: number | undefined;
  reserved: number | undefined;
  fats: number;
  rootEntries: number | undefined;
  sectorSize: number;
  align: boolean;
}

function limits(bits: number): [low: number, high: number] {
  if (bits === 12) return [1, 4084];
  return bits === 16 ? [4085, 65524] : [1, 0x0ffffff5];
}

/** Fits the tables to a cluster size. */
function layOut(bytes: number, bits: 12 | 16 | 32, perCluster: number, w: Wishes): Shape {
  const floppy = FLOPPIES.has(bytes / 1024) && bits === 12;
  const [heads, track] = floppy ? [2, FLOPPIES.get(bytes / 1024) as number] : geometry(bytes);
  let total = Math.floor(bytes / w.sectorSize);
  // Whole tracks.
  if (w.align) total -= total % track;
  const aligned = w.align && bits !== 12;
  const up = (n: number): number => (aligned ? Math.ceil(n / perCluster) * perCluster : n);
  const reserved = up(w.reserved ?? (bits === 32 ? 32 : 1));
  const rootEntries = bits === 32 ? 0 : (w.rootEntries ?? (floppy ? 224 : 512));
  const rootSectors = Math.ceil((rootEntries * 32) / w.sectorSize);
  const clustersWith = (fatSectors: number): number =>
    Math.floor((total - reserved - w.fats * fatSectors - rootSectors) / perCluster);
  const enough = (fatSectors: number): boolean =>
    Math.ceil(((clustersWith(fatSectors) + 2) * bits) / 8 / w.sectorSize) <= fatSectors;
  let low = 1;
  let high = Math.ceil((((total / perCluster) | 0) * bits) / 8 / w.sectorSize) + 8;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (enough(middle)) high = middle;
    else low = middle + 1;
  }
  const fatSectors = up(low);
  return {
    bits,
    sectorSize: w.sectorSize,
    total,
    perCluster,
    reserved,
    fats: w.fats,
    fatSectors,
    rootEntries,
    clusters: clustersWith(fatSectors),
    heads,
    track,
    floppy,
  };
}

function shapeOf(bytes: number, w: Wishes): Shape {
  const fits = (shape: Shape): boolean => {
    const [low, high] = limits(shape.bits);
    return shape.clusters >= low && shape.clusters <= high;
  };
  const large = bytes >= 512 * MIB;
  const kinds = (w.bits === undefined ? (large ? [32] : [16, 12, 32]) : [w.bits]) as (
    | 12
    | 16
    | 32
  )[];
  for (const bits of kinds) {
    let first = 4;
    if (bits === 32) {
      const gib = bytes / 1024 / MIB;
      first = bytes <= 260 * MIB ? 1 : gib <= 8 ? 8 : gib <= 16 ? 16 : gib <= 32 ? 32 : 64;
    } else if (FLOPPIES.has(bytes / 1024)) first = bytes / 1024 === 2880 ? 2 : 1;
    for (let size = w.perCluster ?? first; size <= 128; size *= 2) {
      const shape = layOut(bytes, bits, size, w);
      if (shape.clusters > 0 && fits(shape)) return shape;
      // FAT32 with few clusters is made when asked for.
      if (w.perCluster !== undefined || shape.clusters < limits(bits)[0]) break;
    }
  }
  return die("Attempting to create a too small or a too large filesystem");
}

/** Prints the text behind it and stands still: machine code of a PC that finds itself at 0x7c00. */
function bootCode(textAt: number): number[] {
  const address = 0x7c00 + textAt;
  return [
    ...[0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0xfb, 0xfc, 0xbe, address & 255, address >> 8, 0xac, 0x84],
    ...[0xc0, 0x74, 0x09, 0xb4, 0x0e, 0x31, 0xdb, 0xcd, 0x10, 0xeb, 0xf2, 0xf4, 0xeb, 0xfd],
  ];
}

function bootSector(shape: Shape, label: string, serial: number): Uint8Array {
  const b = new Uint8Array(shape.sectorSize);
  const view = new DataView(b.buffer);
  const is32 = shape.bits === 32;
  const codeAt = is32 ? 0x5a : 0x3e;
  b.set([0xeb, codeAt - 2, 0x90]);
  b.set(bytesOf("mkfs.fat"), 3);
  view.setUint16(11, shape.sectorSize, true);
  b[13] = shape.perCluster;
  view.setUint16(14, shape.reserved, true);
  b[16] = shape.fats;
  view.setUint16(17, shape.rootEntries, true);
  if (shape.total < 65536 && !is32) view.setUint16(19, shape.total, true);
  else view.setUint32(32, shape.total, true);
  b[21] = shape.floppy ? 0xf0 : 0xf8;
  if (!is32) view.setUint16(22, shape.fatSectors, true);
  view.setUint16(24, shape.track, true);
  view.setUint16(26, shape.heads, true);
  if (is32) {
    view.setUint32(36, shape.fatSectors, true);
    view.setUint32(44, 2, true);
    view.setUint16(48, 1, true);
    view.setUint16(50, 6, true);
  }
  const tail = is32 ? 64 : 36;
  b[tail] = shape.floppy ? 0 : 0x80;
  b[tail + 2] = 0x29;
  view.setUint32(tail + 3, serial, true);
  b.set(bytesOf(label), tail + 7);
  b.set(bytesOf(`FAT${shape.bits}   `.padEnd(8)), tail + 18);
  const code = bootCode(codeAt + 26);
  b.set(code, codeAt);
  b.set(bytesOf("There is nothing to boot on this disk.\r\n"), codeAt + code.length);
  b[510] = 0x55;
  b[511] = 0xaa;
  return b;
}

function infoSector(shape: Shape): Uint8Array {
  const b = new Uint8Array(shape.sectorSize);
  const view = new DataView(b.buffer);
  view.setUint32(0, 0x41615252, true);
  view.setUint32(484, 0x61417272, true);
  view.setUint32(488, shape.clusters - 1, true);
  view.setUint32(492, 2, true);
  b[510] = 0x55;
  b[511] = 0xaa;
  return b;
}

/** The first entries of a table. */
function fatHead(shape: Shape): number[] {
  const media = shape.floppy ? 0xf0 : 0xf8;
  if (shape.bits === 12) return [media, 0xff, 0xff];
  if (shape.bits === 16) return [media, 0xff, 0xff, 0xff];
  return [media, 0xff, 0xff, 0x0f, 0xff, 0xff, 0xff, 0x0f, 0xf8, 0xff, 0xff, 0x0f];
}

function describe(name: string, shape: Shape, label: string, serial: number): string {
  const { heads, track, sectorSize, total, fats, bits, perCluster, fatSectors, clusters } = shape;
  const media = (shape.floppy ? 0xf0 : 0xf8).toString(16);
  const s = (n: number): string => (n === 1 ? "" : "s");
  let out = `${name} has ${heads} heads and ${track} sectors per track,\nhidden sectors 0x0000;\n`;
  out += `logical sector size is ${sectorSize},\nusing 0x${media} media descriptor, with ${total} sectors;\n`;
  out += `drive number 0x${shape.floppy ? "00" : "80"};\n`;
  out += `filesystem has ${fats} ${bits}-bit FAT${s(fats)} and ${perCluster} sector${s(perCluster)} per cluster.\n`;
  out += `FAT size is ${fatSectors} sector${s(fatSectors)}, and provides ${clusters} cluster${s(clusters)}.\n`;
  const { reserved, rootEntries } = shape;
  out += `There ${reserved === 1 ? "is" : "are"} ${reserved} reserved sector${s(reserved)}.\n`;
  if (bits !== 32) {
    const sectors = Math.ceil((rootEntries * 32) / sectorSize);
    out += `Root directory contains ${rootEntries} slots and uses ${sectors} sectors.\n`;
  }
  const id = serial.toString(16).padStart(8, "0");
  out += `Volume ID is ${id}, ${label === "" ? "no volume label" : `volume label ${label}`}.\n`;
  return out;
}

function numberOf(text: string | undefined, what: string, radix = 10): number | undefined {
  if (text === undefined) return undefined;
  const digits = radix === 16 ? /^(?:0x)?[0-9a-f]{1,8}$/i : /^\d{1,10}$/;
  if (!digits.test(text)) die(`Bad ${what} : ${text}`);
  return Number.parseInt(text.replace(/^0x/i, ""), radix);
}

function* main(p: Process): Steps<number> {
  p.usage =
    "\nUsage: mkfs.fat [OPTIONS] TARGET [BLOCKS]\n\nFAT12, FAT16 or FAT32 is made on TARGET.\n";
  const { sys } = p;
  const opt = getopt(p, "aAb:cCD:f:F:g:h:Ii:l:m:M:n:r:R:s:S:v", {
    long: {
      help: "help",
      invariant: "invariant",
      mbr: "mbr::",
      codepage: "codepage:",
      variant: "variant:",
    },
  });
  const banner = p.stdout.puts(`mkfs.fat ${VERSION} (2021-01-31)\n`);
  if (banner) yield* banner;
  const [target, blocks] = opt.operands;
  if (opt.has("help")) {
    const w = p.stdout.puts(p.usage);
    if (w) yield* w;
    return 0;
  }
  if (target === undefined) return p.usageError();
  const bits = numberOf(opt.get("F"), "FAT type");
  if (bits !== undefined && bits !== 12 && bits !== 16 && bits !== 32)
    die(`Bad FAT type : ${bits}`);
  const kib = numberOf(blocks, "block count");
  if (opt.has("C") && kib === undefined) die("Cannot create file without the number of blocks");
  const label = (opt.get("n") ?? "").slice(0, 11);
  if (/[a-z]/.test(label)) {
    yield* p.warnx("Warning: lowercase labels might not work properly on some systems");
  }
  let fd: number;
  try {
    const flags = opt.has("C") ? O_RDWR | O_CREAT | O_TRUNC : O_RDWR;
    fd = yield* settle(open(sys, target, flags, 0o666));
    if (opt.has("C")) sys.ftruncate(fd, (kib as number) * 1024);
  } catch (e) {
    return dieErrno(`unable to open ${target}`, e);
  }
  const device = yield* deviceSize(sys, fd);
  const bytes = kib === undefined ? device : kib * 1024;
  if (bytes > device) die(`${target} contains only ${Math.floor(device / 1024)} blocks`);
  const shape = shapeOf(bytes, {
    bits,
    perCluster: numberOf(opt.get("s"), "number of sectors per cluster"),
    reserved: numberOf(opt.get("R"), "number of reserved sectors"),
    fats: numberOf(opt.get("f"), "number of FATs") ?? 2,
    rootEntries: numberOf(opt.get("r"), "number of root directory entries"),
    sectorSize: numberOf(opt.get("S"), "logical sector size") ?? SECTOR,
    align: !opt.has("a"),
  });
  if (shape.bits === 32 && shape.clusters < 65525) {
    yield* p.warnx("WARNING: Number of clusters for 32 bit FAT is less then suggested minimum.");
  }
  const now = sys.clock_gettime(0);
  const serial =
    numberOf(opt.get("i"), "volume ID", 16) ??
    (opt.has("invariant") ? 0x1234abcd : ((now.sec * 1_000_000 + now.nsec / 1000) % 2 ** 32) >>> 0);
  if (opt.has("v")) {
    const w = p.stdout.puts(describe(target, shape, label, serial));
    if (w) yield* w;
  }
  const put = function* (offset: number, data: Uint8Array): Steps<void> {
    for (let done = 0; done < data.length; ) {
      done += yield* settle(sys.pwrite(fd, data.subarray(done), offset + done));
    }
  };
  const { sectorSize, reserved, fats, fatSectors } = shape;
  const rootBytes =
    shape.bits === 32
      ? shape.perCluster * sectorSize
      : Math.ceil((shape.rootEntries * 32) / sectorSize) * sectorSize;
  const rootAt = (reserved + fats * fatSectors) * sectorSize;
  const zeros = new Uint8Array(ZEROS);
  for (let at = 0; at < rootAt + rootBytes; at += ZEROS) {
    yield* put(at, zeros.subarray(0, Math.min(ZEROS, rootAt + rootBytes - at)));
  }
  const boot = bootSector(shape, (label === "" ? "NO NAME" : label).padEnd(11), serial);
  yield* put(0, boot);
  if (shape.bits === 32) {
    yield* put(sectorSize, infoSector(shape));
    yield* put(6 * sectorSize, boot);
    yield* put(7 * sectorSize, infoSector(shape));
  }
  for (let fat = 0; fat < fats; fat++) {
    yield* put((reserved + fat * fatSectors) * sectorSize, new Uint8Array(fatHead(shape)));
  }
  if (label !== "") {
    const entry = new Uint8Array(32);
    entry.set(bytesOf(label.padEnd(11)));
    entry[11] = 8;
    const t = new Date(now.sec * 1000);
    const date = ((t.getUTCFullYear() - 1980) << 9) | ((t.getUTCMonth() + 1) << 5) | t.getUTCDate();
    const time = (t.getUTCHours() << 11) | (t.getUTCMinutes() << 5) | (t.getUTCSeconds() >> 1);
    entry.set([time & 255, time >> 8, date & 255, date >> 8], 22);
    yield* put(rootAt, entry);
  }
  yield* settle(sys.fsync(fd));
  return 0;
}

/** The program. */
export const mkfsFat: Program = (sys, argv, envp) => {
  const p = new Process(sys, argv, envp);
  p.progname = "mkfs.fat";
  return runMain(p, main);
};
