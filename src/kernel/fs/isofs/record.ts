// Directory records of ISO 9660 (ECMA-119, 9.1), the names of Joliet, and the System Use fields of Rock Ridge (SUSP and RRIP 1.12).
import { EIO } from "../../../abi/errno.ts";
import type { Timespec } from "../../../abi/stat.ts";
import { encodeUtf8 } from "../../../lib/utf8.ts";

export const SECTOR = 2048;
/** Continuation areas of one record, at most. */
const MAX_CONTINUATIONS = 32;
/** Longest target of a symbolic link. */
const MAX_LINK = 4095;

export const FLAG_HIDDEN = 1;
export const FLAG_DIRECTORY = 2;
export const FLAG_ASSOCIATED = 4;
export const FLAG_MULTI_EXTENT = 0x80;

/** A record as it stands in a directory. */
export interface IsoRecord {
  /** Bytes of the record. */
  readonly length: number;
  /** First logical block, with the extended attributes skipped. */
  readonly extent: number;
  readonly size: number;
  readonly time: Timespec;
  readonly flags: number;
  /** As stored. */
  readonly id: string;
  /** What Rock Ridge says; undefined when there is nothing of it. */
  readonly rock: RockRidge | undefined;
}

/** What Rock Ridge adds to a record. */
export interface RockRidge {
  name?: string;
  mode?: number;
  nlink?: number;
  uid?: number;
  gid?: number;
  rdev?: number;
  target?: string;
  mtime?: Timespec;
  atime?: Timespec;
  ctime?: Timespec;
  /** Block of the directory that was moved elsewhere. */
  child?: number;
  /** Block of the real parent, in the ".." of such a directory. */
  parent?: number;
  /** Such a directory, where it does not belong. */
  relocated?: boolean;
  /** Bytes to skip at the start of every other system use area (SP). */
  skip?: number;
}

/** Little-endian half of a both-endian number. */
export function le32(b: Uint8Array, at: number): number {
  if (at + 4 > b.length) throw EIO;
  return (
    ((b[at] as number) |
      ((b[at + 1] as number) << 8) |
      ((b[at + 2] as number) << 16) |
      ((b[at + 3] as number) << 24)) >>>
    0
  );
}

function text(b: Uint8Array, start: number, end: number): string {
  let out = "";
  for (let i = start; i < end; i++) out += String.fromCharCode(b[i] as number);
  return out;
}

/** Seven bytes of a date: years since 1900 … quarters of an hour from Greenwich. */
function shortTime(b: Uint8Array, at: number): Timespec {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = b.subarray(at, at + 6);
  let zone = b[at + 6] ?? 0;
  if (zone > 127) zone -= 256;
  if (year === 0 && month === 0) return { sec: 0, nsec: 0 };
  const sec = Date.UTC(1900 + year, month - 1, day, hour, minute, second) / 1000;
  const away = Math.abs(zone) <= 52 ? zone * 900 : 0;
  return { sec: Number.isFinite(sec) ? sec - away : 0, nsec: 0 };
}

/** Seventeen bytes: digits, hundredths, and the zone. */
function longTime(b: Uint8Array, at: number): Timespec {
  const digits = text(b, at, at + 16);
  if (!/^\d{16}$/.test(digits)) return { sec: 0, nsec: 0 };
  const part = (from: number, count: number): number => Number(digits.slice(from, from + count));
  const ms = Date.UTC(part(0, 4), part(4, 2) - 1, part(6, 2), part(8, 2), part(10, 2), part(12, 2));
  let zone = b[at + 16] ?? 0;
  if (zone > 127) zone -= 256;
  return { sec: ms / 1000 - zone * 900, nsec: part(14, 2) * 1e7 };
}

/** Components of an SL field, added to what came before. */
function linkText(field: Uint8Array, before: string, continued: boolean): [string, boolean] {
  let out = before;
  let joined = continued;
  for (let at = 5; at + 2 <= field.length; ) {
    const flags = field[at] as number;
    const length = field[at + 1] as number;
    if (at + 2 + length > field.length) break;
    if (!joined && out !== "" && !out.endsWith("/")) out += "/";
    if ((flags & 8) !== 0) out = "/";
    else if ((flags & 4) !== 0) out += "..";
    else if ((flags & 2) !== 0) out += ".";
    else out += text(field, at + 2, at + 2 + length);
    joined = (flags & 1) !== 0;
    at += 2 + length;
    if (out.length > MAX_LINK) throw EIO;
  }
  return [out, joined];
}

/** Which of the times of a TF field are there, in their order. */
const TIMES = ["created", "mtime", "atime", "ctime"] as const;

function timesOf(field: Uint8Array, rock: RockRidge): void {
  const flags = field[4] as number;
  const long = (flags & 0x80) !== 0;
  const size = long ? 17 : 7;
  let at = 5;
  TIMES.forEach((name, bit) => {
    if ((flags & (1 << bit)) === 0 || at + size > field.length) return;
    const time = long ? longTime(field, at) : shortTime(field, at);
    if (name !== "created") rock[name] = time;
    at += size;
  });
}

/** Reads `length` bytes at `offset` of a block, for continuation areas; EIO outside. */
export type ReadBlock = (block: number, offset: number, length: number) => Uint8Array;

class SystemUse {
  readonly #read: ReadBlock;
  readonly rock: RockRidge = {};
  #found = false;
  #linkJoined = false;
  #nameDone = false;

  constructor(read: ReadBlock) {
    this.#read = read;
  }

  parse(first: Uint8Array): RockRidge | undefined {
    let area: Uint8Array | undefined = first;
    for (let n = 0; area !== undefined && n < MAX_CONTINUATIONS; n++) area = this.#area(area);
    return this.#found ? this.rock : undefined;
  }

  /** The next area, if there is one. */
  #area(area: Uint8Array): Uint8Array | undefined {
    let next: Uint8Array | undefined;
    for (let at = 0; at + 4 <= area.length; ) {
      const length = area[at + 2] as number;
      if (length < 4 || at + length > area.length) break;
      const field = area.subarray(at, at + length);
      const kind = text(field, 0, 2);
      if (kind === "ST") break;
      if (kind === "CE" && length >= 28) {
        next = this.#read(le32(field, 4), le32(field, 12), Math.min(le32(field, 20), SECTOR));
      } else this.#field(kind, field);
      at += length;
    }
    return next;
  }

  #field(kind: string, field: Uint8Array): void {
    const { rock } = this;
    const { length } = field;
    switch (kind) {
      case "SP":
        if (length >= 7 && field[4] === 0xbe && field[5] === 0xef) rock.skip = field[6] as number;
        break;
      case "RR":
      case "ER":
        break;
      case "PX":
        if (length < 36) throw EIO;
        rock.mode = le32(field, 4) & 0xffff;
        rock.nlink = le32(field, 12);
        rock.uid = le32(field, 20);
        rock.gid = le32(field, 28);
        break;
      case "PN":
        if (length < 20) throw EIO;
        rock.rdev = deviceNumber(le32(field, 4), le32(field, 12));
        break;
      case "NM":
        if (length < 5) throw EIO;
        if (this.#nameDone || ((field[4] as number) & 6) !== 0) break;
        rock.name = (rock.name ?? "") + text(field, 5, length);
        if (rock.name.length > 255) throw EIO;
        this.#nameDone = ((field[4] as number) & 1) === 0;
        break;
      case "SL":
        [rock.target, this.#linkJoined] = linkText(field, rock.target ?? "", this.#linkJoined);
        break;
      case "TF":
        if (length >= 5) timesOf(field, rock);
        break;
      case "CL":
        if (length >= 12) rock.child = le32(field, 4);
        break;
      case "PL":
        if (length >= 12) rock.parent = le32(field, 4);
        break;
      case "RE":
        rock.relocated = true;
        break;
      default:
        return;
    }
    this.#found = true;
  }
}

function deviceNumber(high: number, low: number): number {
  // Some writers put the whole number into the low half.
  if (high === 0 && low > 0xff) return low;
  return ((high & 0xfff) << 8) | (low & 0xff) | ((low & ~0xff) << 12);
}

/**
 * The record at `at`; undefined when the sector's records end there. `skip`: bytes before the system
 * use fields, -1 when the medium has none.
 */
export function parseRecord(
  b: Uint8Array,
  at: number,
  skip: number,
  read: ReadBlock,
): IsoRecord | undefined {
  const length = b[at] ?? 0;
  if (length === 0) return undefined;
  if (length < 34 || at + length > b.length) throw EIO;
  const idLength = b[at + 32] as number;
  if (33 + idLength > length) throw EIO;
  let use = 33 + idLength + (1 - (idLength & 1));
  if (skip > 0) use += skip;
  const rock =
    skip < 0 || use >= length
      ? undefined
      : new SystemUse(read).parse(b.subarray(at + use, at + length));
  return {
    length,
    extent: le32(b, at + 2) + (b[at + 1] as number),
    size: le32(b, at + 10),
    time: shortTime(b, at + 18),
    flags: b[at + 25] as number,
    id: text(b, at + 33, at + 33 + idLength),
    rock,
  };
}

/** The SUSP fields of a root's "." record: bytes to skip elsewhere, undefined when it has no Rock Ridge. */
export function rockSkip(b: Uint8Array, read: ReadBlock): number | undefined {
  const rock = parseRecord(b, 0, 0, read)?.rock;
  // CD-ROM XA media have 14 bytes in front of them.
  return rock?.skip ?? parseRecord(b, 0, 14, read)?.rock?.skip;
}

/** A Joliet name (UCS-2, big endian) as UTF-8, without its version. */
export function jolietName(id: string): string {
  let out = "";
  for (let i = 0; i + 1 < id.length; i += 2) {
    const code = (id.charCodeAt(i) << 8) | id.charCodeAt(i + 1);
    out += code === 0 || code === 0x2f ? "_" : String.fromCharCode(code);
  }
  return encodeUtf8(out.replace(/;1$/, "").replace(/(.)\.$/, "$1"));
}

/** A plain name as map=normal shows it: lower case, no version, no dot at the end. */
export function plainName(id: string, map: "normal" | "off" | "acorn"): string {
  const safe = id.replaceAll("/", "_").replaceAll("\0", "_");
  if (map === "off") return safe;
  return safe
    .replace(/[A-Z]/g, (c) => c.toLowerCase())
    .replace(/;1$/, "")
    .replace(/(.)\.$/, "$1")
    .replaceAll(";", ".");
}
