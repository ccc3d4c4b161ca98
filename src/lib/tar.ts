// tar archives, streaming: reader for ustar, v7, GNU and pax; writer in GNU's variant, with pax records on request.
import { ArchiveReader } from "./archive-reader.ts";
import { bytesOf, concat, strOf } from "./bytes.ts";
import { FormatError } from "./format-error.ts";
import {
  formatTarHeader,
  isZeroBlock,
  parseTarHeader,
  TAR_BLOCK,
  type TarEntry,
} from "./tar-header.ts";

/** The most that a long name or a set of pax records may take. */
const EXTRA_MAX = 1 << 20;

/** An entry together with what extended headers say; they have been applied to its fields. */
export interface TarFile extends TarEntry {
  /** The pax records of this file and those for all files, keyword to value (byte strings). */
  readonly pax: ReadonlyMap<string, string>;
  /** Extended attributes by name, from SCHILY.xattr records. */
  readonly xattrs: ReadonlyMap<string, string>;
}

/** Reads an archive. */
export class TarReader extends ArchiveReader<TarFile> {
  #global: ReadonlyMap<string, string> = new Map();
  #local: ReadonlyMap<string, string> | undefined;
  #longName: string | undefined;
  #longLink: string | undefined;
  #extra: TarEntry | undefined;
  /** Was an extended header passed over because it is malformed? To be reset by who has told it. */
  malformed = false;
  /** Headers and blocks of zeros seen, and how many of the latter came just now: two are the end. */
  #blocks = 0;
  #zeros = 0;

  /**
   * Passes over the rest of the current file's data. The answer is how many bytes of the input, from after what has
   * been pushed, are of no interest: the caller may leave them out.
   */
  jump(): number {
    this.passData();
    this.needsInput = false;
    const rest = this.left + this.padding;
    this.left = this.padding = 0;
    return rest;
  }

  next(): TarFile | undefined {
    for (;;) {
      this.needsInput = false;
      if (this.done || !this.passData()) return undefined;
      if (this.#extra !== undefined) {
        const body = this.queue.take(this.#extra.size);
        if (body === undefined) return this.starve();
        this.#apply(this.#extra.type, body);
        this.padding = padding(this.#extra.size);
        this.#extra = undefined;
        continue;
      }
      const { available } = this.queue;
      if (this.ended && available < TAR_BLOCK) {
        if (available > 0) throw new FormatError("magic", "invalid tar magic");
        if (this.#blocks === 0) throw new FormatError("eof", "short read");
        // The two blocks of zeros are missing; no harm done.
        this.done = true;
        return undefined;
      }
      const block = this.queue.take(TAR_BLOCK);
      if (block === undefined) return this.starve();
      this.#blocks++;
      if (isZeroBlock(block)) {
        if (++this.#zeros < 2) continue;
        this.done = true;
        return undefined;
      }
      this.#zeros = 0;
      const entry = parseTarHeader(block);
      if ("xgLK".includes(entry.type)) {
        if (entry.size > EXTRA_MAX) throw new FormatError("unsupported", "extended header too big");
        this.#extra = entry;
        continue;
      }
      const file = this.#file(entry);
      this.left = file.size;
      this.padding = padding(file.size);
      return file;
    }
  }

  #apply(type: string, body: Uint8Array): void {
    if (type === "L" || type === "K") {
      const zero = body.indexOf(0);
      const name = strOf(body, 0, zero < 0 ? body.length : zero);
      if (type === "L") this.#longName = name;
      else this.#longLink = name;
      return;
    }
    let records: Map<string, string>;
    try {
      records = parsePax(body);
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
      this.malformed = true;
      return;
    }
    if (type === "x") this.#local = records;
    else this.#global = new Map([...this.#global, ...records]);
  }

  #file(entry: TarEntry): TarFile {
    const pax = this.#local ? new Map([...this.#global, ...this.#local]) : this.#global;
    const name = pax.get("path") ?? this.#longName;
    const linkname = pax.get("linkpath") ?? this.#longLink;
    if (name !== undefined) entry.name = name;
    if (linkname !== undefined) entry.linkname = linkname;
    entry.uname = pax.get("uname") ?? entry.uname;
    entry.gname = pax.get("gname") ?? entry.gname;
    entry.uid = number(pax, "uid") ?? entry.uid;
    entry.gid = number(pax, "gid") ?? entry.gid;
    entry.mtime = number(pax, "mtime") ?? entry.mtime;
    if (entry.type === "0") {
      entry.size = number(pax, "size") ?? entry.size;
      if (!Number.isSafeInteger(entry.size) || entry.size < 0)
        throw new FormatError("data", "negative size");
    }
    const xattrs = new Map<string, string>();
    for (const [key, value] of pax)
      if (key.startsWith("SCHILY.xattr.")) xattrs.set(key.slice(13), value);
    this.#local = this.#longName = this.#longLink = undefined;
    return { ...entry, pax, xattrs };
  }
}

function number(pax: ReadonlyMap<string, string>, key: string): number | undefined {
  const value = pax.get(key);
  if (value === undefined) return undefined;
  if (!/^-?\d+(\.\d*)?$/.test(value)) throw new FormatError("data", "malformed pax header");
  return Number(value);
}

/** Records of the form "LENGTH KEY=VALUE\n", LENGTH counting all of it. A later one of a key wins. */
export function parsePax(body: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  const text = strOf(body);
  for (let at = 0; at < text.length && text[at] !== "\0"; ) {
    const space = text.indexOf(" ", at);
    const digits = text.slice(at, space);
    const end = at + Number(digits);
    const equals = text.indexOf("=", space);
    if (
      !/^\d{1,8}$/.test(digits) ||
      end > text.length ||
      text[end - 1] !== "\n" ||
      equals < 0 ||
      equals >= end
    )
      throw new FormatError("data", "malformed pax header");
    records.set(text.slice(space + 1, equals), text.slice(equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** Writes pax records. */
export function formatPax(records: ReadonlyMap<string, string>): Uint8Array {
  let out = "";
  for (const [key, value] of records) {
    const rest = key.length + value.length + 3;
    let length = rest + String(rest).length;
    if (String(length).length > String(rest).length) length++;
    out += `${length} ${key}=${value}\n`;
  }
  return bytesOf(out);
}

/**
 * The blocks that go before a file's data: its header, after those for names longer than 100 bytes and, if given,
 * pax records. After the data comes {@link tarPadding}, and at the end of the archive {@link tarEnd}.
 */
export function tarHeader(entry: TarEntry, pax?: ReadonlyMap<string, string>): Uint8Array {
  const parts: Uint8Array[] = [];
  if (pax !== undefined && pax.size > 0) parts.push(extra("x", entry.name, formatPax(pax)));
  if (entry.linkname.length > 100)
    parts.push(extra("K", "././@LongLink", bytesOf(`${entry.linkname}\0`)));
  if (entry.name.length > 100) parts.push(extra("L", "././@LongLink", bytesOf(`${entry.name}\0`)));
  parts.push(formatTarHeader(entry));
  return concat(parts);
}

function extra(type: string, name: string, body: Uint8Array): Uint8Array {
  const header = formatTarHeader({
    name,
    mode: type === "x" ? 0o644 : 0,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: 0,
    type,
    linkname: "",
    uname: "",
    gname: "",
    devmajor: 0,
    devminor: 0,
  });
  return concat([header, body, tarPadding(body.length)]);
}

/** Sizes may be beyond 32 bits. */
function padding(size: number): number {
  return -(size % TAR_BLOCK) & (TAR_BLOCK - 1);
}

/** The zeros that fill the last block of `size` bytes of data. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array(padding(size));
}

/** What ends an archive. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * TAR_BLOCK);
}
