// cpio archives, streaming: reader for "newc" (SVR4, magic 070701, and 070702 with checksums) and "odc" (POSIX,
// 070707); writer for newc. See cpio(5) of libarchive.
import { ArchiveReader } from "./archive-reader.ts";
import { bytesOf, strOf } from "./bytes.ts";
import { FormatError } from "./format-error.ts";

const NEWC_HEADER = 110;
const ODC_HEADER = 76;
/** The most that a name may take. */
const NAME_MAX = 1 << 16;
const TRAILER = "TRAILER!!!";

/** A file in an archive. The data of a symlink is its target. Numbers are what stat(2) gives. */
export interface CpioEntry {
  /** A byte string. */
  name: string;
  ino: number;
  /** Type and permission bits. */
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  /** Seconds since 1970. */
  mtime: number;
  /** Bytes of data that follow. */
  size: number;
  devmajor: number;
  devminor: number;
  rdevmajor: number;
  rdevminor: number;
}

interface Header extends CpioEntry {
  readonly headerSize: number;
  readonly nameSize: number;
  readonly align: number;
  readonly checksum: number | undefined;
}

/** Reads an archive. */
export class CpioReader extends ArchiveReader<CpioEntry> {
  #header: Header | undefined;
  #sum = 0;
  #expected: number | undefined;

  override read(): Uint8Array | undefined {
    const piece = super.read();
    if (piece === undefined || this.#expected === undefined) return piece;
    let sum = this.#sum;
    for (let i = 0; i < piece.length; i++) sum = (sum + (piece[i] as number)) | 0;
    this.#sum = sum;
    if (this.left === 0 && sum >>> 0 !== this.#expected)
      throw new FormatError("checksum", "checksum error");
    return piece;
  }

  next(): CpioEntry | undefined {
    this.needsInput = false;
    if (this.done || !this.passData()) return undefined;
    if (this.#header === undefined) {
      const magic = this.queue.peek(6);
      const size = magic && strOf(magic) === "070707" ? ODC_HEADER : NEWC_HEADER;
      const header = this.queue.peek(size);
      if (header === undefined) {
        if (this.ended && this.queue.available === 0) {
          this.done = true;
          return undefined;
        }
        return this.starve();
      }
      this.#header = parseHeader(strOf(header));
    }
    const header = this.#header;
    const nameEnd = header.headerSize + header.nameSize;
    const bytes = this.queue.take(nameEnd + padding(nameEnd, header.align));
    if (bytes === undefined) return this.starve();
    const zero = bytes.indexOf(0, header.headerSize);
    header.name = strOf(bytes, header.headerSize, zero < 0 || zero > nameEnd ? nameEnd : zero);
    this.#header = undefined;
    if (header.name === TRAILER) {
      this.done = true;
      return undefined;
    }
    this.left = header.size;
    this.padding = padding(header.size, header.align);
    this.#sum = 0;
    this.#expected = header.checksum;
    const { headerSize: _h, nameSize: _n, align: _a, checksum: _c, ...entry } = header;
    return entry;
  }
}

function padding(size: number, align: number): number {
  return (align - (size % align)) % align;
}

function parseHeader(text: string): Header {
  const magic = text.slice(0, 6);
  if (magic === "070707") return parseOdc(text);
  if (magic !== "070701" && magic !== "070702")
    throw new FormatError("magic", "unsupported cpio format, use newc or crc");
  if (!/^[0-9a-fA-F]*$/.test(text)) throw malformed();
  const field = (i: number): number => Number.parseInt(text.slice(6 + 8 * i, 14 + 8 * i), 16);
  return checked({
    name: "",
    ino: field(0),
    mode: field(1),
    uid: field(2),
    gid: field(3),
    nlink: field(4),
    mtime: field(5),
    size: field(6),
    devmajor: field(7),
    devminor: field(8),
    rdevmajor: field(9),
    rdevminor: field(10),
    headerSize: NEWC_HEADER,
    nameSize: field(11),
    align: 4,
    checksum: magic === "070702" ? field(12) : undefined,
  });
}

function parseOdc(text: string): Header {
  if (!/^[0-7]*$/.test(text)) throw malformed();
  const field = (at: number, length = 6): number => Number.parseInt(text.slice(at, at + length), 8);
  const dev = field(6);
  const rdev = field(42);
  return checked({
    name: "",
    ino: field(12),
    mode: field(18),
    uid: field(24),
    gid: field(30),
    nlink: field(36),
    mtime: field(48, 11),
    size: field(65, 11),
    devmajor: dev >> 8,
    devminor: dev & 255,
    rdevmajor: rdev >> 8,
    rdevminor: rdev & 255,
    headerSize: ODC_HEADER,
    nameSize: field(59),
    align: 1,
    checksum: undefined,
  });
}

function checked(header: Header): Header {
  if (header.nameSize < 1 || header.nameSize > NAME_MAX) throw malformed();
  return header;
}

function malformed(): FormatError {
  return new FormatError("data", "malformed cpio header");
}

/** The header and name of a file; its data follows, then {@link cpioPadding}. Numbers are cut to 32 bits. */
export function cpioHeader(entry: CpioEntry): Uint8Array {
  const fields = [
    entry.ino,
    entry.mode,
    entry.uid,
    entry.gid,
    entry.nlink,
    entry.mtime,
    entry.size,
    entry.devmajor,
    entry.devminor,
    entry.rdevmajor,
    entry.rdevminor,
    entry.name.length + 1,
    0,
  ];
  let out = "070701";
  for (const n of fields) out += (n >>> 0).toString(16).toUpperCase().padStart(8, "0");
  out += `${entry.name}\0`;
  return bytesOf(out + "\0".repeat(padding(out.length, 4)));
}

/** The zeros after `size` bytes of data. */
export function cpioPadding(size: number): Uint8Array {
  return new Uint8Array(padding(size, 4));
}

/** What ends an archive. */
export function cpioTrailer(): Uint8Array {
  return cpioHeader({
    name: TRAILER,
    ino: 0,
    mode: 0,
    uid: 0,
    gid: 0,
    nlink: 0,
    mtime: 0,
    size: 0,
    devmajor: 0,
    devminor: 0,
    rdevmajor: 0,
    rdevminor: 0,
  });
}
