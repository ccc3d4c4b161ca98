// dumpe2fs and tune2fs -l: what the super block says (dumpe2fs(8)).
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { Ext4Error } from "../lib/ext4/error.ts";
import {
  featureNames,
  INCOMPAT_CSUM_SEED,
  STATE_ERROR,
  STATE_VALID,
  type Super,
} from "../lib/ext4/superblock.ts";
import { Volume } from "../lib/ext4/volume.ts";
import { getopt } from "../libc/getopt.ts";
import { die, dieErrno, type Process } from "../libc/process.ts";
import { strftime } from "../libc/time/strftime.ts";
import { localtime, type Zone } from "../libc/time/zone.ts";
import { timezone } from "../libc/tzset.ts";
import { DeviceFile } from "./device.ts";
import { uuidText } from "./uuid.ts";
import { VERSION } from "./version.ts";

const HASHES = [
  "legacy",
  "half_md4",
  "tea",
  "legacy_unsigned",
  "half_md4_unsigned",
  "tea_unsigned",
  "siphash",
];
const ERRORS = ["Unknown (continue)", "Continue", "Remount read-only", "Panic"];
const OSES = ["Linux", "Hurd", "Masix", "FreeBSD", "Lites"];
const MOUNT_OPTIONS: readonly (readonly [number, string])[] = [
  [1, "debug"],
  [2, "bsdgroups"],
  [4, "user_xattr"],
  [8, "acl"],
  [0x10, "uid16"],
  [0x100, "nobarrier"],
  [0x200, "block_validity"],
  [0x400, "discard"],
  [0x800, "nodelalloc"],
];

/** A file system opened for looking at it or changing its super block; ends the program when there is none. */
export function openVolume(p: Process, device: DeviceFile, path: string): Volume {
  try {
    return Volume.open(device, {
      readonly: false,
      tolerant: true,
      noreplay: true,
      noload: true,
      now: () => Math.floor(p.sys.clock_gettime(0).sec),
      log: () => {},
    });
  } catch (e) {
    if (!(e instanceof Ext4Error)) throw e;
    const why =
      e.message === "no magic" || e.message === "too small"
        ? "Bad magic number in super-block"
        : e.message;
    return die(`${why} while trying to open ${path}\nCouldn't find valid filesystem superblock.`);
  }
}

/** "Mon Nov 23 16:15:57 2026". */
export function dateText(sec: number, zone: Zone): string {
  const tm = localtime(sec, zone);
  return tm === undefined ? "n/a" : strftime("%a %b %e %H:%M:%S %Y", tm);
}

function intervalText(seconds: number): string {
  if (seconds === 0) return "<none>";
  const days = Math.floor(seconds / 86400);
  const months = Math.floor(days / 30);
  const parts: string[] = [];
  if (months > 0) parts.push(`${months} month${months === 1 ? "" : "s"}`);
  if (days % 30 > 0) parts.push(`${days % 30} day${days % 30 === 1 ? "" : "s"}`);
  return parts.length === 0 ? `${seconds} seconds` : parts.join(", ");
}

/** The list of names and values. */
export function header(s: Super, zone: Zone): string {
  const out: string[] = [];
  const put = (name: string, value: string | number): void => {
    out.push(`${`${name}:`.padEnd(26)}${value}`);
  };
  const date = (sec: number): string => (sec === 0 ? "n/a" : dateText(sec, zone));
  const features = [
    ...featureNames("compat", s.compat),
    ...featureNames("incompat", s.incompat),
    ...featureNames("ro_compat", s.roCompat),
  ];
  put("Filesystem volume name", s.label === "" ? "<none>" : s.label);
  const last = s.text(0x88, 64);
  put("Last mounted on", last === "" ? "<not available>" : last);
  put("Filesystem UUID", uuidText(s.uuid));
  put("Filesystem magic number", "0xEF53");
  put("Filesystem revision #", s.revision === 0 ? "0 (original)" : `${s.revision} (dynamic)`);
  put("Filesystem features", features.length === 0 ? "(none)" : features.join(" "));
  const flags = s.u32(0x160);
  if (flags !== 0) {
    put(
      "Filesystem flags",
      `${(flags & 1) !== 0 ? "signed_directory_hash " : ""}${(flags & 2) !== 0 ? "unsigned_directory_hash " : ""}`,
    );
  }
  const options = MOUNT_OPTIONS.filter(([bit]) => (s.u32(0x100) & bit) !== 0).map(
    ([, name]) => name,
  );
  put("Default mount options", options.length === 0 ? "(none)" : options.join(" "));
  put(
    "Filesystem state",
    `${(s.state & STATE_VALID) !== 0 ? "clean" : "not clean"}${(s.state & STATE_ERROR) !== 0 ? " with errors" : ""}`,
  );
  put("Errors behavior", ERRORS[s.u16(0x3c)] ?? (ERRORS[0] as string));
  put("Filesystem OS type", OSES[s.u32(0x48)] ?? "(unknown os)");
  put("Inode count", s.inodes);
  put("Block count", s.blocks);
  put("Reserved block count", s.reserved);
  if (s.u32(0x248) !== 0) put("Overhead clusters", s.u32(0x248));
  put("Free blocks", s.freeBlocks);
  put("Free inodes", s.freeInodes);
  put("First block", s.firstDataBlock);
  put("Block size", s.blockSize);
  put("Fragment size", s.blockSize);
  if (s.is64) put("Group descriptor size", s.descSize);
  if (s.reservedGdtBlocks > 0) put("Reserved GDT blocks", s.reservedGdtBlocks);
  put("Blocks per group", s.blocksPerGroup);
  put("Fragments per group", s.u32(0x24));
  put("Inodes per group", s.inodesPerGroup);
  put("Inode blocks per group", Math.ceil((s.inodesPerGroup * s.inodeSize) / s.blockSize));
  if (s.u16(0x164) > 0) put("RAID stride", s.u16(0x164));
  if (s.u32(0x170) > 0) put("RAID stripe width", s.u32(0x170));
  if (s.flexSize > 1) put("Flex block group size", s.flexSize);
  put("Filesystem created", date(s.u32(0x108)));
  put("Last mount time", date(s.u32(0x2c)));
  put("Last write time", date(s.u32(0x30)));
  put("Mount count", s.u16(0x34));
  put("Maximum mount count", (s.u16(0x36) << 16) >> 16);
  put("Last checked", date(s.u32(0x40)));
  put("Check interval", `${s.u32(0x44)} (${intervalText(s.u32(0x44))})`);
  put("Reserved blocks uid", `${s.u16(0x50)} (user ${s.u16(0x50) === 0 ? "root" : "unknown"})`);
  put("Reserved blocks gid", `${s.u16(0x52)} (group ${s.u16(0x52) === 0 ? "root" : "unknown"})`);
  put("First inode", s.firstInode);
  out.push(`Inode size:\t          ${s.inodeSize}`);
  if (s.u16(0x15c) > 0) put("Required extra isize", s.u16(0x15c));
  if (s.u16(0x15e) > 0) put("Desired extra isize", s.u16(0x15e));
  if (s.u32(0xe0) !== 0) put("Journal inode", s.u32(0xe0));
  if (s.lastOrphan !== 0) put("First orphan inode", s.lastOrphan);
  if ((s.compat & 0x20) !== 0)
    put("Default directory hash", HASHES[s.bytes[0xfc] as number] ?? "unknown");
  const seed = s.bytes.subarray(0xec, 0xfc);
  if (seed.some((byte) => byte !== 0)) put("Directory Hash Seed", uuidText(seed));
  if (s.bytes[0xfd] === 1) put("Journal backup", "inode blocks");
  if (s.hasCsum) {
    put("Checksum type", "crc32c");
    put("Checksum", `0x${s.u32(0x3fc).toString(16).padStart(8, "0")}`);
    if ((s.incompat & INCOMPAT_CSUM_SEED) !== 0) {
      put("Checksum seed", `0x${s.u32(0x270).toString(16).padStart(8, "0")}`);
    }
  }
  return `${out.join("\n")}\n`;
}

function groups(volume: Volume): string {
  const s = volume.super;
  let out = "";
  for (const group of volume.groups) {
    const first = s.firstBlock(group.index);
    const last = first + s.blocksIn(group.index) - 1;
    const table = group.inodeTable;
    out += `\nGroup ${group.index}: (Blocks ${first}-${last})`;
    if (s.hasGroupCsum) out += ` csum 0x${group.checksum.toString(16).padStart(4, "0")}`;
    const flags = ["INODE_UNINIT", "BLOCK_UNINIT", "ITABLE_ZEROED"].filter(
      (_, i) => (group.flags & (1 << i)) !== 0,
    );
    if (flags.length > 0) out += ` [${flags.join(", ")}]`;
    if (s.hasSuper(group.index)) {
      out += `\n  ${group.index === 0 ? "Primary" : "Backup"} superblock at ${first}, Group descriptors at ${first + 1}-${first + s.gdtBlocks}`;
    }
    out += `\n  Block bitmap at ${group.blockBitmap}`;
    out += `\n  Inode bitmap at ${group.inodeBitmap}`;
    out += `\n  Inode table at ${table}-${table + volume.tableBlocks - 1}`;
    const unused =
      s.hasGroupCsum && group.unusedInodes > 0 ? `, ${group.unusedInodes} unused inodes` : "";
    out += `\n  ${group.freeBlocks} free blocks, ${group.freeInodes} free inodes, ${group.usedDirs} directories${unused}`;
  }
  return `${out}\n`;
}

/** dumpe2fs. */
export function* dumpe2fsMain(p: Process): Steps<number> {
  p.usage =
    "Usage: dumpe2fs [-hV] DEVICE\n\nShows what the super block (and without -h what each group) of an ext2/3/4 file system says.\n";
  const opt = getopt(p, "bfghimo:xV");
  const v = p.stderr.puts(`dumpe2fs ${VERSION}\n`);
  if (v) yield* v;
  if (opt.has("V")) return 0;
  for (const each of "bgimo") if (opt.has(each)) die(`option -${each} is not supported`);
  const [path] = opt.operands;
  if (path === undefined) p.usageError();
  let device: DeviceFile;
  try {
    device = yield* DeviceFile.open(p.sys, path, false);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return dieErrno(`while trying to open ${path}`, e);
  }
  const volume = openVolume(p, device, path);
  const zone = yield* timezone(p);
  const w = p.stdout.puts(`${header(volume.super, zone)}${opt.has("h") ? "" : groups(volume)}\n`);
  if (w) yield* w;
  device.close();
  return 0;
}
