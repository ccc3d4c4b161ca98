// ISO 9660 images: level 3 with Rock Ridge, Joliet and El Torito (ECMA-119, SUSP, RRIP 1.12, El Torito 1.0), as a stream.
import { bytesOf } from "./bytes.ts";
import {
  directoryRecord,
  joinChunks,
  type Placed,
  rockRidgeFields,
  systemUse,
} from "./iso9660-record.ts";
import { decodeUtf8 } from "./utf8.ts";

const SECTOR = 2048;
/** A piece of a file, at most: below 4 GiB and whole sectors. */
const MAX_EXTENT = 0xfffff800;
const MAX_DEPTH = 64;

/** A file, directory or link of an image. Names and targets are byte strings, UTF-8. */
export interface IsoNode {
  readonly name: string;
  /** Type and permission bits, as st_mode. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Entries of a directory. */
  readonly children?: readonly IsoNode[];
  /** Target of a symbolic link. */
  readonly target?: string;
  /** Of a device node. */
  readonly rdev?: number;
  /** A regular file: its bytes, or their number and where to get them, chunk by chunk. */
  readonly data?: Uint8Array | { readonly size: number; read(): Iterable<Uint8Array> };
}

/** What an image is called and how it boots. */
export interface IsoOptions {
  /** Up to 32 characters. */
  readonly volumeId: string;
  readonly systemId?: string;
  readonly publisher?: string;
  readonly application?: string;
  /** Seconds since 1970: creation of the volume. */
  readonly time: number;
  /** Default true. */
  readonly joliet?: boolean;
  /** Paths ("boot/loader.bin") of boot images in the tree. */
  readonly boot?: { readonly bios?: string; readonly efi?: string };
  /** Bytes of the first 16 sectors (a boot sector with a partition table), at most 32768. */
  readonly systemArea?: Uint8Array;
}

/** Somebody asked for what an image cannot hold. */
export class IsoError extends Error {}

interface Work extends Placed {
  readonly node: IsoNode;
  readonly parent: Work | undefined;
  readonly children: Work[];
  /** Name in the plain tree; unique there. */
  isoName: string;
  /** Name in the Joliet tree, UCS-2 big endian as a byte string. */
  jolietName: string;
  /** First sector: of data, or of the plain directory. */
  sector: number;
  size: number;
  jolietSector: number;
  jolietSize: number;
  /** Continuation areas of the directory's records stand behind it. */
  continuation: number;
}

function sectors(bytes: number): number {
  return Math.ceil(bytes / SECTOR);
}

function dataSize(node: IsoNode): number {
  const { data } = node;
  if (data === undefined) return 0;
  return data instanceof Uint8Array ? data.length : data.size;
}

function isDirectory(node: IsoNode): boolean {
  return (node.mode & 0o170000) === 0o040000;
}

function isRegular(node: IsoNode): boolean {
  return (node.mode & 0o170000) === 0o100000;
}

/** d-characters, 8 to 30 of them, one dot in files, with a number where others have the same. */
function plainNames(children: readonly Work[]): void {
  const taken = new Set<string>();
  for (const each of children) {
    const directory = isDirectory(each.node);
    const upper = each.node.name.toUpperCase();
    const dot = directory ? -1 : upper.lastIndexOf(".");
    const clean = (s: string): string => s.replace(/[^A-Z0-9_]/g, "_");
    const base = clean(dot > 0 ? upper.slice(0, dot) : upper) || "_";
    const ext = dot > 0 ? clean(upper.slice(dot + 1)).slice(0, 10) : "";
    const room = directory ? 31 : 29 - ext.length;
    let name = "";
    for (let n = 0; ; n++) {
      const tail = n === 0 ? "" : `_${n}`;
      const stem = base.slice(0, room - tail.length) + tail;
      name = directory ? stem : `${stem}.${ext};1`;
      if (!taken.has(name)) break;
    }
    taken.add(name);
    each.isoName = name;
  }
}

function ucs2(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    out += String.fromCharCode(code >> 8, code & 0xff);
  }
  return out;
}

function jolietNames(children: readonly Work[]): void {
  const taken = new Set<string>();
  for (const each of children) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are not allowed
    const clean = decodeUtf8(each.node.name).replace(/[\x00-\x1f*/:;?\\]/g, "_");
    let name = clean.slice(0, 64);
    for (let n = 1; taken.has(name); n++) name = `${clean.slice(0, 60 - String(n).length)}_${n}`;
    taken.add(name);
    each.jolietName = ucs2(name);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

class Image {
  readonly #options: IsoOptions;
  readonly #root: Work;
  /** Breadth first, as path tables want them. */
  readonly #directories: Work[] = [];
  readonly #files: Work[] = [];
  #next = 0;

  constructor(root: IsoNode, options: IsoOptions) {
    if (!isDirectory(root)) throw new IsoError("the root is no directory");
    this.#options = options;
    this.#root = this.#work(root, undefined, 0);
    this.#root.isoName = "\0";
    this.#root.jolietName = "\0";
    for (let level: Work[] = [this.#root]; level.length > 0; ) {
      this.#directories.push(...level);
      level = level.flatMap((dir) => dir.children.filter((each) => isDirectory(each.node)));
    }
  }

  #work(node: IsoNode, parent: Work | undefined, depth: number): Work {
    if (depth > MAX_DEPTH) throw new IsoError(`${node.name}: too many levels of directories`);
    if (parent !== undefined && (node.name === "" || /[/\0]/.test(node.name)))
      throw new IsoError(`bad name: ${node.name}`);
    if (node.name.length > 255) throw new IsoError(`${node.name}: name too long`);
    const work: Work = {
      node,
      parent,
      children: [],
      isoName: "",
      jolietName: "",
      sector: 0,
      size: isRegular(node) ? dataSize(node) : 0,
      jolietSector: 0,
      jolietSize: 0,
      continuation: 0,
    };
    if (isDirectory(node)) {
      for (const child of node.children ?? [])
        work.children.push(this.#work(child, work, depth + 1));
      plainNames(work.children);
      jolietNames(work.children);
      work.children.sort((a, b) => compare(a.isoName, b.isoName));
    } else if (isRegular(node)) this.#files.push(work);
    return work;
  }

  get #joliet(): boolean {
    return this.#options.joliet !== false;
  }

  #take(count: number): number {
    const at = this.#next;
    this.#next += count;
    if (this.#next > 0xffffffff) throw new IsoError("the image is too large");
    return at;
  }

  // ---- directories --------------------------------------------------------------------------------

  /** The extents of a file as records have them. */
  #pieces(work: Work): { sector: number; size: number; more: boolean }[] {
    const pieces: { sector: number; size: number; more: boolean }[] = [];
    for (let at = 0; at === 0 || at < work.size; at += MAX_EXTENT) {
      const size = Math.min(MAX_EXTENT, work.size - at);
      const more = at + MAX_EXTENT < work.size;
      pieces.push({ sector: work.sector + at / SECTOR, size, more });
    }
    return pieces;
  }

  /** A plain directory with Rock Ridge, its continuation areas behind it; sizes are right before sectors are. */
  #plainDirectory(dir: Work): { records: Uint8Array; continuation: Uint8Array } {
    const records: Uint8Array[] = [];
    const areas: { at: number; bytes: Uint8Array }[] = [];
    let areaBytes = 0;
    const base = dir.sector + sectors(dir.size);
    const add = (work: Work, id: string, dot: "." | ".." | ""): void => {
      const directory = isDirectory(work.node);
      const fields = rockRidgeFields(work, dot, dot === "." && dir === this.#root);
      const pieces = directory
        ? [{ sector: work.sector, size: work.size, more: false }]
        : this.#pieces(work);
      pieces.forEach(({ sector, size, more }) => {
        const use = systemUse(fields, 33 + id.length + (1 - (id.length & 1)), (length) => {
          // No area crosses a sector.
          const left = SECTOR - (areaBytes % SECTOR);
          if (left < length) areaBytes += left;
          const at = areaBytes;
          areaBytes += length;
          return {
            block: base + Math.floor(at / SECTOR),
            offset: at % SECTOR,
            put: (bytes) => areas.push({ at, bytes }),
          };
        });
        const flags = (directory ? 2 : 0) | (more ? 0x80 : 0);
        records.push(directoryRecord(id, sector, size, work.node.mtime, flags, use));
      });
    };
    add(dir, "\0", ".");
    add(dir.parent ?? dir, "\x01", "..");
    for (const child of dir.children) add(child, child.isoName, "");
    const continuation = new Uint8Array(areaBytes);
    for (const { at, bytes } of areas) continuation.set(bytes, at);
    return { records: inSectors(records), continuation };
  }

  #jolietDirectory(dir: Work): Uint8Array {
    const none = new Uint8Array(0);
    const up = dir.parent ?? dir;
    const records = [
      directoryRecord("\0", dir.jolietSector, dir.jolietSize, dir.node.mtime, 2, none),
      directoryRecord("\x01", up.jolietSector, up.jolietSize, up.node.mtime, 2, none),
    ];
    const sorted = [...dir.children].sort((a, b) => compare(a.jolietName, b.jolietName));
    for (const child of sorted) {
      const { node, jolietName } = child;
      if (isDirectory(node)) {
        const { jolietSector, jolietSize } = child;
        records.push(directoryRecord(jolietName, jolietSector, jolietSize, node.mtime, 2, none));
      } else if (isRegular(node)) {
        for (const { sector, size, more } of this.#pieces(child)) {
          const flags = more ? 0x80 : 0;
          records.push(directoryRecord(jolietName, sector, size, node.mtime, flags, none));
        }
      }
    }
    return inSectors(records);
  }

  // ---- tables -------------------------------------------------------------------------------------

  #pathTable(joliet: boolean, big: boolean): Uint8Array {
    const numbers = new Map<Work, number>();
    const order = this.#tableOrder(joliet);
    for (const [i, dir] of order.entries()) numbers.set(dir, i + 1);
    const parts: Uint8Array[] = [];
    let size = 0;
    for (const dir of order) {
      const id = joliet ? dir.jolietName : dir.isoName;
      const row = new Uint8Array(8 + id.length + (id.length & 1));
      const view = new DataView(row.buffer);
      row[0] = id.length;
      view.setUint32(2, joliet ? dir.jolietSector : dir.sector, !big);
      view.setUint16(6, numbers.get(dir.parent ?? dir) ?? 1, !big);
      row.set(bytesOf(id), 8);
      parts.push(row);
      size += row.length;
    }
    return joinChunks(parts, size);
  }

  /** By level, then by the parent's number, then by name. */
  #tableOrder(joliet: boolean): Work[] {
    const out: Work[] = [];
    for (let level: Work[] = [this.#root]; level.length > 0; ) {
      out.push(...level);
      level = level.flatMap((dir) =>
        dir.children
          .filter((each) => isDirectory(each.node))
          .sort((a, b) =>
            joliet ? compare(a.jolietName, b.jolietName) : compare(a.isoName, b.isoName),
          ),
      );
    }
    if (out.length > 0xffff) throw new IsoError("too many directories");
    return out;
  }

  #descriptor(joliet: boolean, table: { size: number; little: number; big: number }): Uint8Array {
    const options = this.#options;
    const b = new Uint8Array(SECTOR);
    const view = new DataView(b.buffer);
    const both32 = (at: number, value: number): void => {
      view.setUint32(at, value, true);
      view.setUint32(at + 4, value, false);
    };
    const both16 = (at: number, value: number): void => {
      view.setUint16(at, value, true);
      view.setUint16(at + 2, value, false);
    };
    const put = (at: number, length: number, value: string): void => {
      const text = joliet ? ucs2(decodeUtf8(value)) : value;
      const blank = joliet ? "\0 " : " ";
      b.set(bytesOf((text + blank.repeat(length)).slice(0, length & ~(joliet ? 1 : 0))), at);
    };
    b[0] = joliet ? 2 : 1;
    b.set(bytesOf("CD001"), 1);
    b[6] = 1;
    put(8, 32, options.systemId ?? "");
    put(40, 32, options.volumeId);
    both32(80, this.#next);
    if (joliet) b.set([0x25, 0x2f, 0x45], 88);
    both16(120, 1);
    both16(124, 1);
    both16(128, SECTOR);
    both32(132, table.size);
    view.setUint32(140, table.little, true);
    view.setUint32(148, table.big, false);
    const { sector, size, jolietSector, jolietSize, node } = this.#root;
    const none = new Uint8Array(0);
    const [at, length] = joliet ? [jolietSector, jolietSize] : [sector, size];
    b.set(directoryRecord("\0", at, length, node.mtime, 2, none), 156);
    put(190, 128, options.volumeId);
    put(318, 128, options.publisher ?? "");
    put(446, 128, "");
    put(574, 128, options.application ?? "");
    put(702, 37, "");
    put(739, 37, "");
    put(776, 37, "");
    const date = longDate(options.time);
    b.set(date, 813);
    b.set(date, 830);
    b.set(bytesOf("0000000000000000\0"), 847);
    b.set(bytesOf("0000000000000000\0"), 864);
    b[881] = 1;
    return b;
  }

  // ---- booting ------------------------------------------------------------------------------------

  #file(path: string): Work {
    let at: Work | undefined = this.#root;
    for (const name of path.split("/")) {
      at = at?.children.find((each) => each.node.name === name);
    }
    if (at === undefined || !isRegular(at.node)) throw new IsoError(`no boot image ${path}`);
    return at;
  }

  #bootRecord(catalog: number): Uint8Array {
    const b = new Uint8Array(SECTOR);
    b.set(bytesOf("\0CD001\x01EL TORITO SPECIFICATION"));
    new DataView(b.buffer).setUint32(71, catalog, true);
    return b;
  }

  #catalog(bios: Work | undefined, efi: Work | undefined): Uint8Array {
    const b = new Uint8Array(SECTOR);
    const view = new DataView(b.buffer);
    const first = bios ?? efi;
    b[0] = 1;
    b[1] = bios === undefined ? 0xef : 0;
    b[30] = 0x55;
    b[31] = 0xaa;
    let sum = 0;
    for (let i = 0; i < 32; i += 2) sum += view.getUint16(i, true);
    view.setUint16(28, -sum & 0xffff, true);
    const entry = (at: number, image: Work, count: number): void => {
      b[at] = 0x88;
      view.setUint16(at + 6, count, true);
      view.setUint32(at + 8, image.sector, true);
    };
    const whole = (image: Work): number => Math.min(0xffff, Math.ceil(image.size / 512));
    if (first !== undefined) entry(32, first, first === bios ? 4 : whole(first));
    if (bios !== undefined && efi !== undefined) {
      b[64] = 0x91;
      b[65] = 0xef;
      view.setUint16(66, 1, true);
      entry(96, efi, whole(efi));
    }
    return b;
  }

  // ---- the whole ----------------------------------------------------------------------------------

  /** Gives everything its place, then all bytes in order. */
  *write(): Generator<Uint8Array, void, undefined> {
    const { boot, systemArea } = this.#options;
    const bios = boot?.bios === undefined ? undefined : this.#file(boot.bios);
    const efi = boot?.efi === undefined ? undefined : this.#file(boot.efi);
    const boots = bios !== undefined || efi !== undefined;
    this.#take(16 + 1 + (boots ? 1 : 0) + (this.#joliet ? 1 : 0) + 1);
    const catalog = boots ? this.#take(1) : 0;
    const tables = (this.#joliet ? [false, true] : [false]).map((joliet) => {
      const { length } = this.#pathTable(joliet, false);
      return {
        joliet,
        size: length,
        little: this.#take(sectors(length)),
        big: this.#take(sectors(length)),
      };
    });
    for (const dir of this.#directories) {
      // How long records are does not depend on what sectors they name.
      const { records, continuation } = this.#plainDirectory(dir);
      dir.size = records.length;
      dir.continuation = continuation.length;
      dir.sector = this.#take(sectors(dir.size) + sectors(continuation.length));
    }
    if (this.#joliet) {
      for (const dir of this.#directories) {
        dir.jolietSize = this.#jolietDirectory(dir).length;
        dir.jolietSector = this.#take(sectors(dir.jolietSize));
      }
    }
    for (const file of this.#files) file.sector = this.#take(sectors(file.size));

    if ((systemArea?.length ?? 0) > 16 * SECTOR) throw new IsoError("the system area is too long");
    yield padded(systemArea ?? new Uint8Array(0), 16);
    const [plain, joliet] = tables;
    if (plain !== undefined) yield this.#descriptor(false, plain);
    if (boots) yield this.#bootRecord(catalog);
    if (joliet !== undefined) yield this.#descriptor(true, joliet);
    yield padded(bytesOf("\xffCD001\x01"), 1);
    if (boots) yield this.#catalog(bios, efi);
    for (const each of tables) {
      for (const big of [false, true]) {
        const table = this.#pathTable(each.joliet, big);
        yield padded(table, sectors(table.length));
      }
    }
    for (const dir of this.#directories) {
      const { records, continuation } = this.#plainDirectory(dir);
      yield records;
      if (continuation.length > 0) yield padded(continuation, sectors(continuation.length));
    }
    if (this.#joliet) for (const dir of this.#directories) yield this.#jolietDirectory(dir);
    for (const file of this.#files) yield* fileBytes(file.node, file.size);
  }
}

/** A file's bytes and the rest of its last sector. */
function* fileBytes(node: IsoNode, size: number): Generator<Uint8Array, void, undefined> {
  const { data } = node;
  let written = 0;
  if (data instanceof Uint8Array) {
    if (size > 0) yield data;
    written = size;
  } else if (data !== undefined) {
    for (const chunk of data.read()) {
      written += chunk.length;
      if (written > size) break;
      if (chunk.length > 0) yield chunk;
    }
  }
  if (written !== size) throw new IsoError(`${node.name}: the file has changed its size`);
  const rest = sectors(size) * SECTOR - size;
  if (rest > 0) yield new Uint8Array(rest);
}

function padded(bytes: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array(count * SECTOR);
  out.set(bytes);
  return out;
}

/** Records one behind the other; none crosses a sector. */
function inSectors(records: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  const places: number[] = [];
  for (const record of records) {
    const left = SECTOR - (size % SECTOR);
    if (left < record.length) size += left;
    places.push(size);
    size += record.length;
  }
  const out = new Uint8Array(sectors(size) * SECTOR);
  records.forEach((record, i) => {
    out.set(record, places[i] as number);
  });
  return out;
}

/** A date of a volume descriptor, in UTC. */
function longDate(seconds: number): Uint8Array {
  const digits = new Date(seconds * 1000).toISOString().replace(/\D/g, "").slice(0, 16);
  return bytesOf(`${digits}\0`);
}

/** The bytes of an image, in chunks; throws IsoError. */
export function isoImage(
  root: IsoNode,
  options: IsoOptions,
): Generator<Uint8Array, void, undefined> {
  if (options.volumeId.length > 32) throw new IsoError("the volume's name is longer than 32");
  return new Image(root, options).write();
}
