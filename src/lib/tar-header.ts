// One 512-byte header block of a tar archive: POSIX ustar, the older v7, and GNU's variant.
import { bytesOf, putBytes, strOf } from "./bytes.ts";
import { FormatError } from "./format-error.ts";

/** Archives are made of blocks of this size. */
export const TAR_BLOCK = 512;

/** A file in an archive. Names are byte strings, times are seconds since 1970 (pax times may have a fraction). */
export interface TarEntry {
  /** The path as stored; that of a directory may end in "/". */
  name: string;
  /** Permission bits. */
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of data that follow. */
  size: number;
  mtime: number;
  /** "0" file, "1" hard link, "2" symlink, "3" character and "4" block device, "5" directory, "6" FIFO; others as found. */
  type: string;
  linkname: string;
  uname: string;
  gname: string;
  devmajor: number;
  devminor: number;
}

/** A value stored in octal text, or in binary when its first bit is set. Garbage reads as far as it is octal. */
export function tarNumber(block: Uint8Array, at: number, length: number): number {
  const first = block[at] as number;
  if (first & 0x80) {
    // Two's complement of all bits but the mark itself.
    let n = (first & 0x3f) - (first & 0x40);
    for (let i = 1; i < length; i++) n = n * 256 + (block[at + i] as number);
    if (!Number.isSafeInteger(n)) throw new FormatError("unsupported", "number too big");
    return n;
  }
  let i = at;
  const end = at + length;
  while (i < end && (block[i] === 0x20 || block[i] === 0)) i++;
  let n = 0;
  for (; i < end; i++) {
    const digit = (block[i] as number) - 0x30;
    if (digit < 0 || digit > 7) break;
    n = n * 8 + digit;
  }
  return n;
}

/** A string up to its zero, or the whole field. */
function text(block: Uint8Array, at: number, length: number): string {
  const zero = block.indexOf(0, at);
  return strOf(block, at, zero >= 0 && zero < at + length ? zero : at + length);
}

/** The sum of all bytes with the checksum's own field taken as spaces. */
function checksum(block: Uint8Array, signed: boolean): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < TAR_BLOCK; i++) {
    if (i === 148) i = 156;
    const c = block[i] as number;
    sum += signed && c > 127 ? c - 256 : c;
  }
  return sum;
}

/** Is the block nothing but zeros? */
export function isZeroBlock(block: Uint8Array): boolean {
  for (let i = 0; i < TAR_BLOCK; i++) if (block[i] !== 0) return false;
  return true;
}

/** Reads a header block. Throws if its checksum is wrong. */
export function parseTarHeader(block: Uint8Array): TarEntry {
  const magic = strOf(block, 257, 262) === "ustar";
  const sum = tarNumber(block, 148, 8);
  // Some old tars summed signed chars.
  if (sum !== checksum(block, false) && sum !== checksum(block, true))
    throw magic
      ? new FormatError("checksum", "invalid tar header checksum")
      : new FormatError("magic", "invalid tar magic");
  let name = text(block, 0, 100);
  // GNU's variant, which ends the magic with spaces, has other things where ustar has the prefix.
  if (magic && block[262] === 0 && block[345] !== 0) name = `${text(block, 345, 155)}/${name}`;
  let type = String.fromCharCode(block[156] as number);
  if (type === "\0" || type === "7") type = "0";
  // In v7 archives a slash is all that makes a directory.
  if (type === "0" && name.endsWith("/")) type = "5";
  return {
    name,
    mode: tarNumber(block, 100, 8) & 0o7777,
    uid: tarNumber(block, 108, 8),
    gid: tarNumber(block, 116, 8),
    size: dataSize(type, tarNumber(block, 124, 12)),
    mtime: tarNumber(block, 136, 12),
    type,
    linkname: text(block, 157, 100),
    uname: magic ? text(block, 265, 32) : "",
    gname: magic ? text(block, 297, 32) : "",
    devmajor: magic ? tarNumber(block, 329, 8) : 0,
    devminor: magic ? tarNumber(block, 337, 8) : 0,
  };
}

/** Links, devices and directories have no data, whatever their size field says. */
function dataSize(type: string, size: number): number {
  if (size < 0) throw new FormatError("data", "negative size");
  return type >= "1" && type <= "6" ? 0 : size;
}

/** A header block in GNU's variant, as BusyBox writes it. Names that are too long are cut; see tarHeader. */
export function formatTarHeader(entry: TarEntry): Uint8Array {
  const block = new Uint8Array(TAR_BLOCK);
  putBytes(block, entry.name.slice(0, 100), 0);
  putNumber(block, 100, 8, entry.mode);
  putNumber(block, 108, 8, entry.uid);
  putNumber(block, 116, 8, entry.gid);
  putNumber(block, 124, 12, entry.size);
  putNumber(block, 136, 12, Math.floor(entry.mtime));
  putBytes(block, entry.type, 156);
  putBytes(block, entry.linkname.slice(0, 100), 157);
  putBytes(block, "ustar  ", 257);
  putBytes(block, entry.uname.slice(0, 31), 265);
  putBytes(block, entry.gname.slice(0, 31), 297);
  if (entry.type === "3" || entry.type === "4") {
    putNumber(block, 329, 8, entry.devmajor);
    putNumber(block, 337, 8, entry.devminor);
  }
  putBytes(block, `${checksum(block, false).toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** Octal with a zero at the end; binary when it does not fit. */
function putNumber(block: Uint8Array, at: number, length: number, value: number): void {
  if (value >= 0 && value < 8 ** (length - 1)) {
    block.set(bytesOf(value.toString(8).padStart(length - 1, "0")), at);
    return;
  }
  let n = value;
  for (let i = length - 1; i > 0; i--) {
    block[at + i] = n;
    n = Math.floor(n / 256);
  }
  block[at] = value < 0 ? 0xff : 0x80;
}
