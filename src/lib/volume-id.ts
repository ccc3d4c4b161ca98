// What a disk or partition holds, from its first blocks: type, label and UUID of file systems, swap areas and containers.
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** What was found. Absent fields the format does not have, or they are empty. */
export interface VolumeId {
  /** As blkid(8) calls it: "ext4", "vfat", "swap", "crypto_LUKS". */
  readonly type: string;
  readonly label?: string;
  readonly uuid?: string;
}

/** Bytes of the medium; undefined when they are not all there. */
export type ReadAt = (offset: number, length: number) => Uint8Array | undefined;

type Probe = (read: ReadAt) => VolumeId | undefined;

function text(b: Uint8Array, start: number, end: number): string {
  let out = "";
  for (let i = start; i < end; i++) out += String.fromCharCode(b[i] as number);
  return out;
}

/** Up to the first NUL. */
function cString(b: Uint8Array, start: number, end: number): string {
  return text(b, start, end).split("\0", 1)[0] as string;
}

function le16(b: Uint8Array, at: number): number {
  return (b[at] as number) | ((b[at + 1] as number) << 8);
}
function le32(b: Uint8Array, at: number): number {
  return (le16(b, at) | (le16(b, at + 2) << 16)) >>> 0;
}

function hex(b: Uint8Array): string {
  let out = "";
  for (const byte of b) out += byte.toString(16).padStart(2, "0");
  return out;
}

/** Sixteen bytes as a UUID; undefined when all are zero. */
function uuid(b: Uint8Array, at: number): string | undefined {
  const h = hex(b.subarray(at, at + 16));
  if (/^0*$/.test(h)) return undefined;
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

/** A result without empty fields. */
function volume(type: string, label?: string, id?: string): VolumeId {
  return {
    type,
    ...(label === undefined || label === "" ? {} : { label }),
    ...(id === undefined ? {} : { uuid: id }),
  };
}

function ext(read: ReadAt): VolumeId | undefined {
  const b = read(1024, 1024);
  if (b === undefined || le16(b, 56) !== 0xef53) return undefined;
  const [compat, incompat, ro] = [le32(b, 92), le32(b, 96), le32(b, 100)];
  // A journal that stands alone.
  if ((incompat & 8) !== 0) return volume("jbd", cString(b, 120, 136), uuid(b, 104));
  // Features that only ext4 has.
  const ext4 = (incompat & ~0x16) !== 0 || (ro & ~7) !== 0;
  const type = ext4 ? "ext4" : (compat & 4) !== 0 ? "ext3" : "ext2";
  return volume(type, cString(b, 120, 136), uuid(b, 104));
}

/** The volume label of a FAT root directory; undefined when there is none. */
function fatLabel(read: ReadAt, at: number, bytes: number): string | undefined {
  const dir = read(at, Math.min(bytes, 32 * 1024));
  if (dir === undefined) return undefined;
  for (let i = 0; i + 32 <= dir.length; i += 32) {
    const first = dir[i] as number;
    if (first === 0) return undefined;
    const attr = (dir[i + 11] as number) & 0x3f;
    if (first === 0xe5 || attr === 0x0f || (attr & 0x18) !== 8) continue;
    return text(dir, i, i + 11).replace(/ +$/, "");
  }
  return undefined;
}

function fat(read: ReadAt): VolumeId | undefined {
  const b = read(0, 512);
  if (b === undefined) return undefined;
  const [sector, perCluster, reserved, fats] = [le16(b, 11), b[13] ?? 0, le16(b, 14), b[16] ?? 0];
  const media = b[21] as number;
  if (media < 0xf8 && media !== 0xf0) return undefined;
  if (![512, 1024, 2048, 4096].includes(sector)) return undefined;
  if (perCluster === 0 || (perCluster & (perCluster - 1)) !== 0) return undefined;
  if (reserved === 0 || fats === 0 || fats > 4) return undefined;
  const magic = text(b, 54, 59);
  const magic32 = text(b, 82, 90);
  const is32 = magic32 === "FAT32   ";
  if (!is32 && magic !== "FAT12" && magic !== "FAT16" && magic !== "MSDOS") {
    if (!(b[510] === 0x55 && b[511] === 0xaa && (b[0] === 0xeb || b[0] === 0xe9))) return undefined;
  }
  const small = le16(b, 22);
  const sectors = small === 0 ? le32(b, 36) : small;
  const rootEntries = le16(b, 17);
  const at32 = small === 0;
  if (sectors === 0 || (!at32 && rootEntries === 0)) return undefined;
  const data = (reserved + fats * sectors) * sector;
  const root = at32 ? data + Math.max(0, le32(b, 44) - 2) * perCluster * sector : data;
  const length = at32 ? perCluster * sector : rootEntries * 32;
  const boot = text(b, at32 ? 71 : 43, at32 ? 82 : 54).replace(/ +$/, "");
  const label = fatLabel(read, root, length) ?? (boot === "NO NAME" ? undefined : boot);
  const serial = le32(b, at32 ? 67 : 39);
  const digits = serial.toString(16).toUpperCase().padStart(8, "0");
  const id = serial === 0 ? undefined : `${digits.slice(0, 4)}-${digits.slice(4)}`;
  return volume("vfat", label, id);
}

function swap(read: ReadAt): VolumeId | undefined {
  for (const page of [4096, 8192, 16384, 32768, 65536]) {
    const b = read(page - 10, 10);
    if (b === undefined) return undefined;
    const magic = text(b, 0, 10);
    if (magic !== "SWAPSPACE2" && magic !== "SWAP-SPACE") continue;
    const head = read(1024, 64);
    if (head === undefined || magic === "SWAP-SPACE") return volume("swap");
    return volume("swap", cString(head, 28, 44), uuid(head, 12));
  }
  return undefined;
}

function iso9660(read: ReadAt): VolumeId | undefined {
  const b = read(32768, 2048);
  if (b === undefined || text(b, 1, 6) !== "CD001") return undefined;
  return volume("iso9660", cString(b, 40, 72).replace(/ +$/, ""));
}

function squashfs(read: ReadAt): VolumeId | undefined {
  const b = read(0, 4);
  if (b === undefined) return undefined;
  const magic = text(b, 0, 4);
  return magic === "hsqs" || magic === "sqsh" ? volume("squashfs") : undefined;
}

function xfs(read: ReadAt): VolumeId | undefined {
  const b = read(0, 128);
  if (b === undefined || text(b, 0, 4) !== "XFSB") return undefined;
  return volume("xfs", cString(b, 108, 120), uuid(b, 32));
}

function btrfs(read: ReadAt): VolumeId | undefined {
  const b = read(65536, 1024);
  if (b === undefined || text(b, 64, 72) !== "_BHRfS_M") return undefined;
  return volume("btrfs", cString(b, 299, 555), uuid(b, 32));
}

function luks(read: ReadAt): VolumeId | undefined {
  const b = read(0, 512);
  if (b === undefined || text(b, 0, 6) !== "LUKS\xba\xbe") return undefined;
  const label = b[7] === 2 ? cString(b, 24, 72) : undefined;
  return volume("crypto_LUKS", label, cString(b, 168, 208));
}

function f2fs(read: ReadAt): VolumeId | undefined {
  const b = read(1024, 1148);
  if (b === undefined || le32(b, 0) !== 0xf2f52010) return undefined;
  return volume("f2fs", utf16(b, 124, 1148), uuid(b, 108));
}

/** UTF-16, little endian, up to a NUL, as UTF-8. */
function utf16(b: Uint8Array, start: number, end: number): string {
  let out = "";
  for (let at = start; at + 1 < end && le16(b, at) !== 0; at += 2)
    out += String.fromCharCode(le16(b, at));
  return encodeUtf8(out);
}

function exfat(read: ReadAt): VolumeId | undefined {
  const b = read(0, 512);
  if (b === undefined || text(b, 3, 11) !== "EXFAT   ") return undefined;
  const digits = le32(b, 100).toString(16).toUpperCase().padStart(8, "0");
  const sector = 2 ** (b[108] ?? 9);
  const cluster = sector * 2 ** (b[109] ?? 0);
  const root = le32(b, 88) * sector + (le32(b, 96) - 2) * cluster;
  const dir = cluster <= 2 ** 25 ? read(root, Math.min(cluster, 4096)) : undefined;
  let label: string | undefined;
  for (let at = 0; dir !== undefined && at + 32 <= dir.length; at += 32) {
    if (dir[at] !== 0x83) continue;
    label = utf16(dir, at + 2, at + 2 + 2 * Math.min(11, dir[at + 1] as number));
    break;
  }
  return volume("exfat", label, `${digits.slice(0, 4)}-${digits.slice(4)}`);
}

function ntfs(read: ReadAt): VolumeId | undefined {
  const b = read(0, 512);
  if (b === undefined || text(b, 3, 11) !== "NTFS    ") return undefined;
  const serial = hex(b.subarray(72, 80).slice().reverse()).toUpperCase();
  return volume("ntfs", undefined, serial);
}

function erofs(read: ReadAt): VolumeId | undefined {
  const b = read(1024, 128);
  if (b === undefined || le32(b, 0) !== 0xe0f5e1e2) return undefined;
  return volume("erofs", cString(b, 64, 80), uuid(b, 48));
}

function minix(read: ReadAt): VolumeId | undefined {
  const b = read(1024, 32);
  if (b === undefined) return undefined;
  const known = [0x137f, 0x138f, 0x2468, 0x2478].includes(le16(b, 16)) || le16(b, 24) === 0x4d5a;
  return known ? volume("minix") : undefined;
}

function raid(read: ReadAt): VolumeId | undefined {
  for (const at of [4096, 0]) {
    const b = read(at, 64);
    if (b === undefined || le32(b, 0) !== 0xa92b4efc || le32(b, 4) !== 1) continue;
    return volume("linux_raid_member", cString(b, 32, 64), uuid(b, 16));
  }
  return undefined;
}

/** What stands on a medium, if it is known; containers before what may lie below them. */
export function volumeId(read: ReadAt): VolumeId | undefined {
  const probes: readonly Probe[] = [
    luks,
    raid,
    swap,
    ext,
    fat,
    xfs,
    btrfs,
    f2fs,
    exfat,
    ntfs,
    iso9660,
    squashfs,
    erofs,
    minix,
  ];
  for (const probe of probes) {
    const found = probe(read);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** True when `wanted` from "UUID=…" means `id`: letters of any case. */
export function sameUuid(wanted: string, id: string | undefined): boolean {
  return id !== undefined && wanted.toLowerCase() === id.toLowerCase();
}

/** Labels are compared as characters, not as they are encoded. */
export function sameLabel(wanted: string, label: string | undefined): boolean {
  return label !== undefined && decodeUtf8(wanted) === decodeUtf8(label);
}
