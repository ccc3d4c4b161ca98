// mke2fs, mkfs.ext2, mkfs.ext3, mkfs.ext4: make an ext2/3/4 file system (mke2fs(8)).
import { EBUSY, Errno } from "../abi/errno.ts";
import { AT_FDCWD, O_CREAT, O_RDWR } from "../abi/fcntl.ts";
import { type Steps, settle } from "../abi/program.ts";
import { Ext4Error } from "../lib/ext4/error.ts";
import { defaultJournal, type FormatOptions, format, planSuper } from "../lib/ext4/format.ts";
import {
  COMPAT_DIR_INDEX,
  COMPAT_EXT_ATTR,
  COMPAT_HAS_JOURNAL,
  INCOMPAT_64BIT,
  INCOMPAT_CSUM_SEED,
  INCOMPAT_EXTENTS,
  INCOMPAT_FILETYPE,
  INCOMPAT_FLEX_BG,
  RO_COMPAT_DIR_NLINK,
  RO_COMPAT_EXTRA_ISIZE,
  RO_COMPAT_GDT_CSUM,
  RO_COMPAT_HUGE_FILE,
  RO_COMPAT_LARGE_FILE,
  RO_COMPAT_METADATA_CSUM,
  RO_COMPAT_SPARSE_SUPER,
  type Super,
} from "../lib/ext4/superblock.ts";
import { identifyPath } from "../libc/blkid.ts";
import { getopt, type Options } from "../libc/getopt.ts";
import { die, dieErrno, type Process } from "../libc/process.ts";
import { tryStat } from "../libc/unistd.ts";
import { DeviceFile } from "./device.ts";
import { eachFeature, type Features } from "./features.ts";
import { parseUuid, randomUuid, uuidText } from "./uuid.ts";
import { VERSION } from "./version.ts";

const USAGE = `Usage: mke2fs [OPTIONS] DEVICE [SIZE]

Makes an ext2, ext3 or ext4 file system.

	-t TYPE		ext2, ext3 or ext4
	-b N		Block size: 1024, 2048 or 4096
	-i N		An inode for every N bytes
	-I N		Size of an inode
	-N N		Number of inodes
	-m PERCENT	Blocks reserved for root
	-L LABEL	Volume label
	-U UUID		UUID, or random, time, clear
	-O LIST		Features, ^ in front takes one away
	-E LIST		More options
	-j, -J size=N	With a journal (of N megabytes)
	-T USE		What it is for: floppy, small, big, huge, news, largefile, largefile4
	-M DIR		Where it is mounted
	-e WHAT		On errors: continue, remount-ro, panic
	-F		Even if the device is no disk or seems to be in use
	-n		Only show what would be done
	-q, -v		Say less, more
	-V		Version
`;

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

const CAN_COMPAT = COMPAT_HAS_JOURNAL | COMPAT_EXT_ATTR | COMPAT_DIR_INDEX;
const CAN_INCOMPAT =
  INCOMPAT_FILETYPE | INCOMPAT_EXTENTS | INCOMPAT_64BIT | INCOMPAT_FLEX_BG | INCOMPAT_CSUM_SEED;
const CAN_RO_COMPAT =
  RO_COMPAT_SPARSE_SUPER |
  RO_COMPAT_LARGE_FILE |
  RO_COMPAT_HUGE_FILE |
  RO_COMPAT_DIR_NLINK |
  RO_COMPAT_EXTRA_ISIZE |
  RO_COMPAT_GDT_CSUM |
  RO_COMPAT_METADATA_CSUM;

/** Block size and inode ratio of each use. */
const USES: Readonly<Record<string, readonly [block: number | undefined, ratio: number]>> = {
  default: [undefined, 16384],
  floppy: [1024, 8192],
  small: [1024, 4096],
  big: [undefined, 32768],
  huge: [undefined, 65536],
  news: [undefined, 4096],
  largefile: [undefined, 1048576],
  largefile4: [undefined, 4194304],
};

function useOf(bytes: number): string {
  if (bytes < 3 * MIB) return "floppy";
  if (bytes < 512 * MIB) return "small";
  if (bytes < 4096 * GIB) return "default";
  return bytes < 16384 * GIB ? "big" : "huge";
}

function number(opt: Options, key: string, what: string): number | undefined {
  const text = opt.get(key);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) die(`invalid ${what} - ${text}`);
  return Number(text);
}

/** Bytes of a SIZE operand; without suffix blocks if their size was given, else KiB. */
function sizeOf(text: string, blockSize: number | undefined): number {
  const match = /^(\d{1,15})([skmgtSKMGT]?)$/.exec(text);
  if (match === null) return die(`invalid blocks '${text}' on device`);
  const unit = (match[2] as string).toLowerCase();
  if (unit === "") return Number(match[1]) * (blockSize ?? 1024);
  if (unit === "s") return Number(match[1]) * 512;
  return Number(match[1]) * 1024 ** " kmgt".indexOf(unit);
}

function features(opt: Options, type: string): Features {
  const f: Features = {
    compat: COMPAT_DIR_INDEX | COMPAT_EXT_ATTR,
    incompat: INCOMPAT_FILETYPE,
    ro_compat: RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE,
  };
  if (type !== "ext2" || opt.has("j") || opt.has("J")) f.compat |= COMPAT_HAS_JOURNAL;
  if (type === "ext4") {
    f.incompat |= INCOMPAT_EXTENTS | INCOMPAT_64BIT | INCOMPAT_FLEX_BG;
    f.ro_compat |=
      RO_COMPAT_HUGE_FILE | RO_COMPAT_DIR_NLINK | RO_COMPAT_EXTRA_ISIZE | RO_COMPAT_METADATA_CSUM;
  }
  for (const list of opt.all("O")) {
    const bad = eachFeature(
      list,
      ({ set, bit }, on, name) => {
        if (!on) f[set] &= ~bit;
        else {
          const can = { compat: CAN_COMPAT, incompat: CAN_INCOMPAT, ro_compat: CAN_RO_COMPAT }[set];
          if ((can & bit) === 0) die(`feature ${name} is not supported`);
          f[set] |= bit;
        }
        return true;
      },
      () => {
        f.compat = 0;
        f.incompat = 0;
        f.ro_compat = 0;
      },
    );
    if (bad !== undefined) die(`Invalid filesystem option set: ${list}`);
  }
  // One kind of checksum is enough.
  if ((f.ro_compat & RO_COMPAT_METADATA_CSUM) !== 0) f.ro_compat &= ~RO_COMPAT_GDT_CSUM;
  else if ((f.incompat & INCOMPAT_CSUM_SEED) !== 0) die("metadata_csum_seed needs metadata_csum");
  return f;
}

interface Extended {
  lazy: boolean;
  discard: boolean;
  owner: [number, number];
  stride: number;
  stripe: number;
  hashSeed: Uint8Array | undefined;
}

function extended(p: Process, opt: Options): Extended {
  const out: Extended = {
    lazy: true,
    discard: true,
    owner: [0, 0],
    stride: 0,
    stripe: 0,
    hashSeed: undefined,
  };
  for (const part of opt.all("E").flatMap((list) => list.split(","))) {
    const [name = "", value] = part.split("=", 2);
    const count = value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
    if (name === "lazy_itable_init") out.lazy = count !== 0;
    // The journal is always cleared, and there is one copy of the tables.
    else if (name === "lazy_journal_init" || name === "no_copy_xattrs" || name === "") continue;
    else if (name === "discard") out.discard = true;
    else if (name === "nodiscard") out.discard = false;
    else if (name === "root_owner") {
      const ids = /^(\d{1,10}):(\d{1,10})$/.exec(value ?? `${p.sys.getuid()}:${p.sys.getgid()}`);
      if (ids === null) die(`Invalid root_owner: '${value}'`);
      else out.owner = [Number(ids[1]), Number(ids[2])];
    } else if (name === "stride" && count !== undefined) out.stride = count;
    else if ((name === "stripe_width" || name === "stripe-width") && count !== undefined)
      out.stripe = count;
    else if (name === "hash_seed") {
      out.hashSeed = parseUuid(value ?? "");
      if (out.hashSeed === undefined) die(`Invalid hash seed: ${value}`);
    } else die(`Bad option(s) specified: ${part}`);
  }
  return out;
}

function uuidOption(p: Process, opt: Options): Uint8Array {
  const text = opt.get("U");
  if (text === undefined || text === "random" || text === "time") return randomUuid(p.sys);
  if (text === "clear" || text === "null") return new Uint8Array(16);
  return parseUuid(text) ?? die(`'${text}' is not a valid UUID`);
}

/** Opens the device, or makes the file. */
function* target(
  p: Process,
  opt: Options,
  path: string,
  size: number | undefined,
): Steps<DeviceFile> {
  const { sys } = p;
  const there = tryStat(sys, path);
  try {
    if (there === undefined) {
      if (size === undefined) die(`The file ${path} does not exist and no size was specified.`);
      const fd = yield* settle(sys.openat(AT_FDCWD, path, O_RDWR | O_CREAT, 0o644));
      sys.close(fd);
      yield* p.stdout.puts(`Creating regular file ${path}\n`) ?? [];
    }
    const regular = there === undefined || (there.mode & 0o170000) === 0o100000;
    if (regular && size !== undefined && (there?.size ?? 0) < size) sys.truncate(path, size);
    return yield* DeviceFile.open(sys, path, !opt.has("n"));
  } catch (e) {
    if (e === EBUSY)
      die(`${path} is apparently in use by the system; will not make a filesystem here!`);
    return dieErrno(`Could not open ${path}`, e);
  }
}

/** On a terminal: what is there already is not overwritten without a word. */
function* mayOverwrite(p: Process, opt: Options, path: string): Steps<void> {
  if (opt.has("F") || opt.has("n") || !p.sys.isatty(0) || !p.sys.isatty(1)) return;
  const id = yield* identifyPath(p.sys, path);
  if (id === undefined) return;
  const label = id.label === undefined ? "" : ` labelled '${id.label}'`;
  const w = p.stdout.puts(
    `${path} contains a ${id.type} file system${label}\nProceed anyway? (y,N) `,
  );
  if (w) yield* w;
  const f = p.stdout.flush();
  if (f) yield* f;
  const answer = yield* settle(p.stdin.read());
  if (!/^[yY]/.test(String.fromCharCode(...answer.subarray(0, 8)))) die("", 1);
}

function backups(s: Super): string {
  const list: number[] = [];
  for (let group = 1; group < s.groups; group++)
    if (s.hasSuper(group)) list.push(s.firstBlock(group));
  return list.length === 0 ? "" : `Superblock backups stored on blocks: \n\t${list.join(", ")}\n`;
}

/** The program. */
export function* mke2fsMain(p: Process): Steps<number> {
  p.usage = USAGE;
  const opt = getopt(p, "b:C:cd:De:E:FG:g:i:I:jJ:l:L:m:M:nN:o:O:qr:St:T:U:vVz:");
  if (!opt.has("q")) {
    const w = p.stderr.puts(`mke2fs ${VERSION}\n`);
    if (w) yield* w;
  }
  if (opt.has("V")) return 0;
  for (const each of "CcdgGlSz") if (opt.has(each)) die(`option -${each} is not supported`);
  const [path, sizeText] = opt.operands;
  if (path === undefined || opt.operands.length > 2) p.usageError();
  const named = /ext[234]$/.exec(p.progname)?.[0];
  const type = opt.get("t") ?? named ?? (opt.has("j") || opt.has("J") ? "ext3" : "ext2");
  if (!["ext2", "ext3", "ext4"].includes(type))
    die(`Your mke2fs.conf file does not define the ${type} filesystem type.`);
  const givenBlock = number(opt, "b", "block size");
  if (givenBlock !== undefined && ![1024, 2048, 4096].includes(givenBlock))
    die(`invalid block size - ${givenBlock}`);
  const given = sizeText === undefined ? undefined : sizeOf(sizeText, givenBlock);
  yield* mayOverwrite(p, opt, path);
  const device = yield* target(p, opt, path, given);
  const bytes = Math.min(given ?? device.size, device.size);
  if (given !== undefined && given > device.size) die(`${path}: the device is smaller than that`);
  const use = USES[opt.get("T") ?? useOf(bytes)];
  if (use === undefined) return die(`unknown use - ${opt.get("T")}`);
  const blockSize = givenBlock ?? use[0] ?? 4096;
  const inodeSize = number(opt, "I", "inode size") ?? 256;
  if (inodeSize < 128 || inodeSize > blockSize || (inodeSize & (inodeSize - 1)) !== 0) {
    die(`invalid inode size ${inodeSize} (min 128/max ${blockSize})`);
  }
  const ratio = number(opt, "i", "inode ratio") ?? Math.max(use[1], blockSize);
  if (ratio < 1024 || ratio > 64 * MIB) die(`invalid inode ratio ${ratio} (min 1024/max 67108864)`);
  const percent = Number(opt.get("m") ?? "5");
  if (!(percent >= 0 && percent <= 50)) die(`invalid reserved blocks percent - ${opt.get("m")}`);
  const label = opt.get("L") ?? "";
  if (label.length > 16) {
    yield* p.warnx(`Warning: label too long; will be truncated to '${label.slice(0, 16)}'`);
  }
  const blocks = Math.floor(bytes / blockSize);
  const f = features(opt, type);
  const more = extended(p, opt);
  const errors = { continue: 1, "remount-ro": 2, panic: 3 }[opt.get("e") ?? "continue"];
  if (errors === undefined) return die(`bad error behavior - ${opt.get("e")}`);
  let journal = 0;
  if ((f.compat & COMPAT_HAS_JOURNAL) !== 0) journal = journalBlocks(opt, blocks, blockSize);
  const options: FormatOptions = {
    blockSize,
    blocks,
    inodeSize,
    inodes: number(opt, "N", "number of inodes") ?? Math.floor((blocks * blockSize) / ratio),
    reserved: Math.floor((blocks * percent) / 100),
    compat: journal === 0 ? f.compat & ~COMPAT_HAS_JOURNAL : f.compat,
    incompat: f.incompat,
    roCompat: f.ro_compat,
    label: label.slice(0, 16),
    lastMounted: opt.get("M") ?? "",
    uuid: uuidOption(p, opt),
    hashSeed: more.hashSeed ?? randomUuid(p.sys),
    journal,
    lazy: more.lazy,
    zeroed: more.discard && !opt.has("n") && given === undefined ? device.discard() : false,
    now: Math.floor(p.sys.clock_gettime(0).sec),
    owner: more.owner,
    errors,
  };
  yield* make(p, opt, device, options, more);
  device.close();
  return 0;
}

function journalBlocks(opt: Options, blocks: number, blockSize: number): number {
  for (const part of opt.all("J").flatMap((list) => list.split(","))) {
    const size = /^size=(\d{1,7})([kmg]?)$/i.exec(part);
    if (size === null) return die(`Bad journal options specified: ${part}`);
    const unit = 1024 ** " kmg".indexOf((size[2] === "" ? "m" : (size[2] as string)).toLowerCase());
    const count = Math.floor((Number(size[1]) * unit) / blockSize);
    if (count < 1024 || count > 10_240_000) {
      die(
        `The requested journal size is ${count} blocks; it must be between 1024 and 10240000 filesystem blocks.  Aborting.`,
      );
    }
    if (count > blocks / 2) die("Journal size too big for filesystem.");
    return count;
  }
  return defaultJournal(blocks);
}

function* make(
  p: Process,
  opt: Options,
  device: DeviceFile,
  options: FormatOptions,
  more: Extended,
): Steps<void> {
  const say = function* (text: string): Steps<void> {
    if (opt.has("q")) return;
    const w = p.stdout.puts(text);
    if (w) yield* w;
    const f = p.stdout.flush();
    if (f) yield* f;
  };
  try {
    const plan = planSuper(options);
    yield* say(
      `Creating filesystem with ${plan.blocks} ${options.blockSize / 1024}k blocks and ${plan.inodes} inodes\n` +
        `Filesystem UUID: ${uuidText(options.uuid)}\n${backups(plan)}\n`,
    );
    if (opt.has("n")) return;
    yield* say("Allocating group tables: ");
    const volume = format(device, options);
    if (more.stride > 0 || more.stripe > 0) {
      volume.super.set16(0x164, more.stride);
      volume.super.set32(0x170, more.stripe);
      volume.writeSuper();
    }
    yield* say("done\nWriting inode tables: done\n");
    if (options.journal > 0) yield* say(`Creating journal (${options.journal} blocks): done\n`);
    yield* say("Writing superblocks and filesystem accounting information: ");
    yield* settle(p.sys.fsync(device.fd));
    yield* say("done\n\n");
  } catch (e) {
    if (e instanceof Ext4Error)
      die(e.code === "no-space" ? "Not enough space to build proposed filesystem" : e.message);
    if (!(e instanceof Errno)) throw e;
    dieErrno("while writing the file system", e);
  }
}
