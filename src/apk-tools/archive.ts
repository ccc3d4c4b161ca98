// Tar archives as apk writes them (scripts.tar, APKINDEX.tar.gz): GNU's variant, owner root, and numbers that fill
// their fields.
import { bytesOf, concat, putBytes } from "../lib/bytes.ts";
import { tarEnd, tarPadding } from "../lib/tar.ts";
import { TAR_BLOCK } from "../lib/tar-header.ts";

export interface ArchiveFile {
  readonly name: string;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly data: Uint8Array;
}

/** An archive of these files. Names beyond 99 bytes get GNU's extra entry. */
export function formatArchive(files: readonly ArchiveFile[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const file of files) {
    if (file.name.length > 99) {
      const name = bytesOf(`${file.name}\0`);
      parts.push(header("././@LongLink", 0, 0, name.length, "L"), name, tarPadding(name.length));
    }
    const { name, mode, mtime, data } = file;
    parts.push(header(name, mode, mtime, data.length, "0"), data, tarPadding(data.length));
  }
  return concat([...parts, tarEnd()]);
}

function header(name: string, mode: number, mtime: number, size: number, type: string): Uint8Array {
  const block = new Uint8Array(TAR_BLOCK);
  const octal = (value: number, digits: number): string =>
    Math.max(0, value).toString(8).padStart(digits, "0").slice(-digits);
  putBytes(block, name.slice(0, 99), 0);
  putBytes(block, octal(mode & 0o7777, 7), 100);
  putBytes(block, octal(0, 7), 108);
  putBytes(block, octal(0, 7), 116);
  putBytes(block, octal(size, 12), 124);
  putBytes(block, octal(mtime, 12), 136);
  putBytes(block, "        ", 148);
  putBytes(block, type, 156);
  putBytes(block, "ustar  ", 257);
  putBytes(block, "root", 265);
  putBytes(block, "root", 297);
  let sum = 0;
  for (const b of block) sum += b;
  putBytes(block, `${octal(sum, 6)}\0 `, 148);
  return block;
}
