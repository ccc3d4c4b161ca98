// zip archives (PKWARE's APPNOTE.TXT 6.3): reading the directory, including zip64, and the data of a file.
//
// An archive is read from its end, so these functions take the parts that the caller has read:
// the last ZIP_TAIL bytes, then the directory, then for each file its local header and data.
import { indexOfBytes, strOf } from "./bytes.ts";
import { crc32 } from "./crc.ts";
import { type Decoder, InputBuffer, StepDecoder } from "./decoder.ts";
import { FormatError, unexpectedEof } from "./format-error.ts";
import { Inflate } from "./inflate.ts";

/** The end of the archive that is enough to find its directory. */
export const ZIP_TAIL: number = 65535 + 22 + 20 + 56;
/** Size of a local header without its name and extra field. */
export const ZIP_LOCAL_HEADER = 30;

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const UNIX = 3;
const MARK = 0xffffffff;

/** Where the directory is. */
export interface ZipDirectory {
  readonly entries: number;
  readonly size: number;
  readonly offset: number;
  /** Bytes in front of the archive (of a self-extractor, say), to be added to all offsets of files. */
  readonly before: number;
  readonly comment: string;
}

/** A file in an archive. */
export interface ZipEntry {
  /** A byte string; that of a directory ends in "/". */
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Local time, as [year, month 1..12, day, hour, minute, second]. */
  readonly time: readonly [number, number, number, number, number, number];
  /** Seconds since 1970, when the archive says so. */
  readonly mtime: number | undefined;
  /** Unix type and permission bits, when the archive was made on Unix. */
  readonly mode: number | undefined;
  /** Of the local header, still without {@link ZipDirectory.before}. */
  readonly offset: number;
  readonly comment: string;
}

/** Is the file encrypted? Then nothing here reads it. */
export function isEncrypted(entry: ZipEntry): boolean {
  return (entry.flags & 1) !== 0;
}

function viewOf(b: Uint8Array): DataView {
  return new DataView(b.buffer, b.byteOffset, b.length);
}

function u64(view: DataView, at: number): number {
  const n = view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x100000000;
  if (!Number.isSafeInteger(n)) throw corrupted();
  return n;
}

function corrupted(): FormatError {
  return new FormatError("data", "corrupted data");
}

/** Finds the directory. `tail` is the end of an archive of `fileSize` bytes, at least {@link ZIP_TAIL} or all of it. */
export function findZipDirectory(tail: Uint8Array, fileSize: number): ZipDirectory {
  const view = viewOf(tail);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail[at] !== 0x50 || view.getUint32(at, true) !== END) continue;
    const commentSize = view.getUint16(at + 20, true);
    if (at + 22 + commentSize > tail.length) continue;
    let entries = view.getUint16(at + 10, true);
    let size = view.getUint32(at + 12, true);
    let offset = view.getUint32(at + 16, true);
    let end = fileSize - tail.length + at;
    if (
      (entries === 0xffff || size === MARK || offset === MARK) &&
      at >= 20 &&
      view.getUint32(at - 20, true) === END64_LOCATOR
    ) {
      const at64 = indexOfBytes(tail, Uint8Array.of(0x50, 0x4b, 6, 6), Math.max(0, at - 20 - 56));
      if (at64 < 0 || at64 + 56 > at || view.getUint32(at64, true) !== END64) throw corrupted();
      entries = u64(view, at64 + 32);
      size = u64(view, at64 + 40);
      offset = u64(view, at64 + 48);
      end = fileSize - tail.length + at64;
    }
    const before = end - size - offset;
    if (before < 0 || entries * 46 > size) throw corrupted();
    return {
      entries,
      size,
      offset: offset + before,
      before,
      comment: strOf(tail, at + 22, at + 22 + commentSize),
    };
  }
  throw new FormatError("magic", "invalid zip magic");
}

/** Reads the directory. */
export function parseZipDirectory(bytes: Uint8Array, entries: number): ZipEntry[] {
  const view = viewOf(bytes);
  const out: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < entries; i++) {
    if (at + 46 > bytes.length) throw unexpectedEof();
    if (view.getUint32(at, true) !== CENTRAL) throw corrupted();
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const commentEnd = extraEnd + view.getUint16(at + 32, true);
    if (commentEnd > bytes.length) throw unexpectedEof();
    let packedSize = view.getUint32(at + 20, true);
    let size = view.getUint32(at + 24, true);
    let offset = view.getUint32(at + 42, true);
    let mtime: number | undefined;
    for (let e = nameEnd; e + 4 <= extraEnd; ) {
      const id = view.getUint16(e, true);
      const end = e + 4 + view.getUint16(e + 2, true);
      if (end > extraEnd) break;
      let p = e + 4;
      if (id === 1) {
        // zip64: the fields that had no room, in this order.
        const next = (): number => {
          if (p + 8 > end) throw corrupted();
          p += 8;
          return u64(view, p - 8);
        };
        if (size === MARK) size = next();
        if (packedSize === MARK) packedSize = next();
        if (offset === MARK) offset = next();
      } else if (id === 0x5455 && end - p >= 5 && view.getUint8(p) & 1)
        mtime = view.getInt32(p + 1, true);
      e = end;
    }
    const date = view.getUint16(at + 14, true);
    const clock = view.getUint16(at + 12, true);
    out.push({
      name: strOf(bytes, at + 46, nameEnd),
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      time: [
        1980 + (date >> 9),
        (date >> 5) & 15,
        date & 31,
        clock >> 11,
        (clock >> 5) & 63,
        (clock & 31) * 2,
      ],
      mtime,
      crc: view.getUint32(at + 16, true),
      packedSize,
      size,
      mode: view.getUint8(at + 5) === UNIX ? view.getUint16(at + 40, true) : undefined,
      offset,
      comment: strOf(bytes, extraEnd, commentEnd),
    });
    at = commentEnd;
  }
  return out;
}

/** From the {@link ZIP_LOCAL_HEADER} bytes at a file's offset: how far from there its data is. */
export function zipDataOffset(header: Uint8Array): number {
  if (header.length < ZIP_LOCAL_HEADER) throw unexpectedEof();
  const view = viewOf(header);
  if (view.getUint32(0, true) !== LOCAL) throw new FormatError("magic", "invalid zip magic");
  return ZIP_LOCAL_HEADER + view.getUint16(26, true) + view.getUint16(28, true);
}

/** Decoder for the data of a file (`packedSize` bytes of it), which checks length and CRC. */
export function zipDecoder(entry: ZipEntry): Decoder {
  if (isEncrypted(entry)) throw new FormatError("unsupported", "encryption is not supported");
  if (entry.method !== 0 && entry.method !== 8)
    throw new FormatError("unsupported", `unsupported method ${entry.method}`);
  return new ZipData(entry);
}

class ZipData extends StepDecoder {
  readonly #entry: ZipEntry;

  constructor(entry: ZipEntry) {
    super(new InputBuffer());
    this.#entry = entry;
  }

  protected *run(): Generator<Uint8Array | undefined, void, void> {
    const { size, method, crc: expected } = this.#entry;
    let crc = 0;
    let n = 0;
    for (const block of method === 0 ? this.#stored(size) : this.#inflated()) {
      if (block !== undefined) {
        crc = crc32(block, crc);
        n += block.length;
        if (n > size) throw corrupted();
      }
      yield block;
    }
    if (n !== size) throw corrupted();
    if (crc !== expected) throw new FormatError("checksum", "crc error");
  }

  *#stored(size: number): Generator<Uint8Array | undefined, void, void> {
    const { input } = this;
    for (let left = size; left > 0; ) {
      yield* this.need(1);
      const n = Math.min(left, input.end - input.pos);
      left -= n;
      input.pos += n;
      yield input.buf.slice(input.pos - n, input.pos);
    }
  }

  *#inflated(): Generator<Uint8Array | undefined, void, void> {
    const inflate = new Inflate(this.input);
    for (;;) {
      const block = inflate.read();
      if (block === undefined && inflate.done) return;
      yield block;
    }
  }
}
