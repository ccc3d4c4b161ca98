// tune2fs and e2label: change the super block of an ext2/3/4 file system (tune2fs(8), e2label(8)).
import { EBUSY } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { Ext4Error } from "../lib/ext4/error.ts";
import { defaultJournal, makeJournal, writeBackups } from "../lib/ext4/format.ts";
import { JOURNAL_INO } from "../lib/ext4/node.ts";
import {
  COMPAT_DIR_INDEX,
  COMPAT_EXT_ATTR,
  COMPAT_HAS_JOURNAL,
  INCOMPAT_CSUM_SEED,
  INCOMPAT_RECOVER,
  RO_COMPAT_LARGE_FILE,
  type Super,
} from "../lib/ext4/superblock.ts";
import type { Volume } from "../lib/ext4/volume.ts";
import { getopt, type Options } from "../libc/getopt.ts";
import { die, dieErrno, Exit, type Process } from "../libc/process.ts";
import { timezone } from "../libc/tzset.ts";
import { DeviceFile } from "./device.ts";
import { header, openVolume } from "./dumpe2fs.ts";
import { eachFeature } from "./features.ts";
import { parseUuid, randomUuid } from "./uuid.ts";
import { VERSION } from "./version.ts";

const USAGE = `Usage: tune2fs [OPTIONS] DEVICE

Changes what the super block of an ext2/3/4 file system says. The file system must not be mounted.

	-l		Show it
	-L LABEL	Volume label
	-U UUID		UUID, or random, clear
	-c N		Check after N mounts; 0 or -1: never
	-C N		Mounts so far
	-i N[d|w|m]	Check after so many days, weeks, months; 0: never
	-m PERCENT	Blocks reserved for root
	-r N		The same, in blocks
	-M DIR		Where it was mounted last
	-e WHAT		On errors: continue, remount-ro, panic
	-j		Give it a journal
	-J size=N	… of N megabytes
	-O LIST		Features: has_journal, ^has_journal, dir_index, ext_attr, large_file, metadata_csum_seed
`;

/** Opens a file system to change it. */
function* openToChange(p: Process, path: string): Steps<[DeviceFile, Volume]> {
  try {
    const device = yield* DeviceFile.open(p.sys, path, true);
    return [device, openVolume(p, device, path)];
  } catch (e) {
    if (e === EBUSY) die(`${path} is mounted or in use; it cannot be changed now`);
    return dieErrno(`while trying to open ${path}`, e);
  }
}

function finish(volume: Volume, device: DeviceFile): void {
  volume.super.set32(0x30, volume.options.now());
  volume.changeSuper();
  volume.commit();
  writeBackups(volume);
  device.flush();
  device.close();
}

function count(opt: Options, key: string, least: number, most: number): number | undefined {
  const text = opt.get(key);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(text) || Number(text) < least || Number(text) > most) {
    die(`bad value for -${key} - ${text}`);
  }
  return Number(text);
}

function setUuid(p: Process, s: Super, text: string): void {
  let id: Uint8Array | undefined;
  if (text === "random" || text === "time") id = randomUuid(p.sys);
  else if (text === "clear" || text === "null") id = new Uint8Array(16);
  else id = parseUuid(text);
  if (id === undefined) throw new Exit(undefined, "Invalid UUID format");
  if (s.hasCsum && (s.incompat & INCOMPAT_CSUM_SEED) === 0) {
    die(
      "The UUID is part of every checksum of this file system; give it -O metadata_csum_seed first.",
    );
  }
  s.bytes.set(id, 0x68);
}

function addJournal(volume: Volume, opt: Options): void {
  const s = volume.super;
  if (s.hasJournal) die("The filesystem already has a journal.");
  const size = /^size=(\d{1,7})$/.exec(opt.get("J") ?? "");
  if (opt.has("J") && size === null) die(`Bad journal options specified: ${opt.get("J")}`);
  let blocks = defaultJournal(s.blocks);
  if (size !== null) blocks = Math.floor((Number(size[1]) * 1024 * 1024) / s.blockSize);
  if (blocks < 1024) die("Filesystem too small for a journal");
  if (blocks + 32 > s.freeBlocks) die("Journal size too big for filesystem.");
  makeJournal(volume, blocks, volume.options.now(), false);
}

function removeJournal(volume: Volume): void {
  const s = volume.super;
  if (!s.hasJournal) return;
  if ((s.incompat & INCOMPAT_RECOVER) !== 0) {
    die("The needs_recovery flag is set.  Please run e2fsck before clearing the has_journal flag.");
  }
  const node = volume.node(JOURNAL_INO);
  volume.truncate(node, 0);
  node.raw.fill(0);
  volume.changed(node);
  s.compat &= ~COMPAT_HAS_JOURNAL;
  s.set32(0xe0, 0);
  s.bytes[0xfd] = 0;
  s.bytes.fill(0, 0x10c, 0x150);
}

function setFeatures(volume: Volume, opt: Options): void {
  const s = volume.super;
  for (const list of opt.all("O")) {
    const bad = eachFeature(
      list,
      ({ set, bit }, on, name) => {
        if (set === "compat" && bit === COMPAT_HAS_JOURNAL) {
          if (on) addJournal(volume, opt);
          else removeJournal(volume);
        } else if (
          set === "compat" &&
          (bit === COMPAT_DIR_INDEX || bit === COMPAT_EXT_ATTR) &&
          on
        ) {
          s.compat |= bit;
        } else if (set === "ro_compat" && bit === RO_COMPAT_LARGE_FILE && on) s.roCompat |= bit;
        else if (set === "incompat" && bit === INCOMPAT_CSUM_SEED && on && s.hasCsum) {
          if ((s.incompat & bit) === 0) {
            s.set32(0x270, s.seed);
            s.incompat |= bit;
          }
        } else die(`${on ? "Setting" : "Clearing"} filesystem feature '${name}' not supported.`);
        return true;
      },
      () => die("Invalid filesystem option set: none"),
    );
    if (bad !== undefined) die(`Invalid filesystem option set: ${list}`);
  }
}

function* change(p: Process, opt: Options, path: string): Steps<void> {
  const [device, volume] = yield* openToChange(p, path);
  const s = volume.super;
  const say: string[] = [];
  const label = opt.get("L");
  if (label !== undefined) {
    if (label.length > 16) yield* p.warnx("Warning: label too long, truncating.");
    s.label = label.slice(0, 16);
  }
  const mounts = count(opt, "c", -1, 16000);
  if (mounts !== undefined) {
    s.set16(0x36, (mounts === 0 ? -1 : mounts) & 0xffff);
    say.push(`Setting maximal mount count to ${mounts === 0 ? -1 : mounts}`);
  }
  const current = count(opt, "C", 0, 16000);
  if (current !== undefined) {
    s.set16(0x34, current);
    say.push(`Setting current mount count to ${current}`);
  }
  const interval = opt.get("i");
  if (interval !== undefined) {
    const match = /^(\d{1,6})([dwm]?)$/.exec(interval);
    if (match === null) die(`bad interval - ${interval}`);
    else {
      const days = { d: 1, "": 1, w: 7, m: 30 }[match[2] as "d" | "" | "w" | "m"];
      s.set32(0x44, Number(match[1]) * days * 86400);
      say.push(`Setting interval between checks to ${Number(match[1]) * days * 86400} seconds`);
    }
  }
  const percent = opt.get("m");
  if (percent !== undefined) {
    if (!(Number(percent) >= 0 && Number(percent) <= 50))
      die(`bad reserved block ratio - ${percent}`);
    s.reserved = Math.floor((s.blocks * Number(percent)) / 100);
    say.push(`Setting reserved blocks percentage to ${percent}% (${s.reserved} blocks)`);
  }
  const reserved = count(opt, "r", 0, s.blocks / 2);
  if (reserved !== undefined) {
    s.reserved = reserved;
    say.push(`Setting reserved blocks count to ${reserved}`);
  }
  const errors = opt.get("e");
  if (errors !== undefined) {
    const value = { continue: 1, "remount-ro": 2, panic: 3 }[errors];
    if (value === undefined) die(`bad error behavior - ${errors}`);
    else s.set16(0x3c, value);
    say.push(`Setting error behavior to ${value}`);
  }
  const place = opt.get("M");
  if (place !== undefined) s.setText(0x88, 64, place);
  try {
    setFeatures(volume, opt);
    if ((opt.has("j") || opt.has("J")) && !s.hasJournal) {
      addJournal(volume, opt);
      say.push("Creating journal inode: done");
    }
  } catch (e) {
    if (!(e instanceof Ext4Error)) throw e;
    die(e.message);
  }
  const id = opt.get("U");
  if (id !== undefined) setUuid(p, s, id);
  finish(volume, device);
  for (const line of say) {
    const w = p.stdout.puts(`${line}\n`);
    if (w) yield* w;
  }
}

/** tune2fs. */
export function* tune2fsMain(p: Process): Steps<number> {
  p.usage = USAGE;
  const opt = getopt(p, "c:C:e:E:fg:i:I:jJ:lL:m:M:o:O:Q:r:T:u:U:Vz:");
  const v = p.stderr.puts(`tune2fs ${VERSION}\n`);
  if (v) yield* v;
  if (opt.has("V")) return 0;
  const [path] = opt.operands;
  if (path === undefined || opt.given.length === 0) p.usageError();
  for (const each of "EgIoQTuz") if (opt.has(each)) die(`option -${each} is not supported`);
  if (opt.given.some(([key]) => key !== "l" && key !== "f")) yield* change(p, opt, path);
  if (opt.has("l")) {
    let device: DeviceFile;
    try {
      device = yield* DeviceFile.open(p.sys, path, false);
    } catch (e) {
      return dieErrno(`while trying to open ${path}`, e);
    }
    const volume = openVolume(p, device, path);
    const w = p.stdout.puts(header(volume.super, yield* timezone(p)));
    if (w) yield* w;
    device.close();
  }
  return 0;
}

/** e2label. */
export function* e2labelMain(p: Process): Steps<number> {
  p.usage =
    "Usage: e2label DEVICE [LABEL]\n\nShows or sets the label of an ext2/3/4 file system.\n";
  const opt = getopt(p, "", { min: 1, max: 2 });
  const [path = "", label] = opt.operands;
  if (label !== undefined) {
    const [device, volume] = yield* openToChange(p, path);
    if (label.length > 16) yield* p.warnx("Warning: label too long, truncating.");
    volume.super.label = label.slice(0, 16);
    finish(volume, device);
    return 0;
  }
  let device: DeviceFile;
  try {
    device = yield* DeviceFile.open(p.sys, path, false);
  } catch (e) {
    return dieErrno(`while trying to open ${path}`, e);
  }
  const w = p.stdout.puts(`${openVolume(p, device, path).super.label}\n`);
  if (w) yield* w;
  device.close();
  return 0;
}
