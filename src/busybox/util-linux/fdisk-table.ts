// The partition table that fdisk works on: an MBR with its logical partitions, geometry, checks, and the writing of it.
import { HDIO_GETGEO, type HdGeometry } from "../../abi/block.ts";
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps, type Sys, settle } from "../../abi/program.ts";
import type { PartitionTable } from "../../lib/partition-table.ts";
import { readPartitionTable } from "../../lib/partition-table.ts";
import { deviceSize } from "../../libc/blkid.ts";

/** Cylinder, head and sector as an entry stores them. */
export type Chs = readonly [head: number, sector: number, cylinder: number];

export interface DosEntry {
  /** 0x80: to be booted from. */
  flag: number;
  first: Chs;
  last: Chs;
  type: number;
  start: number;
  size: number;
  /** Logical: the sector of its own table. */
  table: number;
}

const MAX_LOGICAL = 56;
const MAX_CYLINDER = 1023;
/** Sectors that an entry can count. */
const MAX_SECTORS = 0xffffffff;

export function isExtendedType(type: number): boolean {
  return type === 5 || type === 0x0f || type === 0x85;
}

function le32(b: Uint8Array, at: number): number {
  return new DataView(b.buffer, b.byteOffset, b.length).getUint32(at, true);
}

function readEntry(b: Uint8Array, at: number, base: number, table: number): DosEntry {
  const byte = (i: number): number => b[at + i] as number;
  return {
    flag: byte(0),
    first: [byte(1), byte(2), byte(3)],
    type: byte(4),
    last: [byte(5), byte(6), byte(7)],
    start: base + le32(b, at + 8),
    size: le32(b, at + 12),
    table,
  };
}

/** What the command line says of the geometry. */
export interface Geometry {
  heads: number | undefined;
  sectors: number | undefined;
  sectorSize: number | undefined;
}

export class FdiskTable {
  readonly sys: Sys;
  readonly device: string;
  readonly fd: number;
  readonly sectorSize: number;
  /** Sectors; at most what 32 bits count. */
  readonly total: number;
  readonly tooLarge: boolean;
  heads: number;
  sectors: number;
  cylinders: number;
  /** There was a table, of whatever kind. */
  found = false;
  gpt: PartitionTable | undefined;
  /** Slots 1 to 4. */
  primary: (DosEntry | undefined)[] = [undefined, undefined, undefined, undefined];
  logical: DosEntry[] = [];
  /** Units are cylinders. */
  inCylinders = false;
  dosCompatible = true;
  #mbr: Uint8Array;
  /** Warnings of reading. */
  readonly warnings: string[] = [];

  private constructor(
    sys: Sys,
    device: string,
    fd: number,
    bytes: number,
    mbr: Uint8Array,
    given: Geometry,
    kernel: HdGeometry | undefined,
  ) {
    this.sys = sys;
    this.device = device;
    this.fd = fd;
    this.sectorSize = given.sectorSize ?? 512;
    const total = Math.floor(bytes / this.sectorSize);
    this.tooLarge = total > MAX_SECTORS;
    this.total = Math.min(total, MAX_SECTORS);
    this.#mbr = mbr;
    const [ptHeads, ptSectors] = tableGeometry(mbr);
    this.heads = given.heads ?? ptHeads ?? (kernel?.heads || undefined) ?? 255;
    this.sectors = given.sectors ?? ptSectors ?? (kernel?.sectors || undefined) ?? 63;
    this.cylinders = Math.floor(this.total / (this.heads * this.sectors));
    this.#read(total);
  }

  /** Throws Errno. */
  static *open(sys: Sys, device: string, fd: number, given: Geometry): Steps<FdiskTable> {
    const bytes = yield* deviceSize(sys, fd);
    let geometry: HdGeometry | undefined;
    try {
      geometry = (yield* settle(sys.ioctl(fd, HDIO_GETGEO))) as HdGeometry;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    const mbr = new Uint8Array(512);
    mbr.set(yield* settle(sys.pread(fd, 512, 0)));
    return new FdiskTable(sys, device, fd, bytes, mbr, given, geometry);
  }

  #sector(index: number): Uint8Array | undefined {
    const chunk = this.sys.pread(this.fd, 512, index * this.sectorSize);
    return isSteps(chunk) || chunk.length < 512 ? undefined : chunk;
  }

  #read(total: number): void {
    const mbr = this.#mbr;
    if (mbr[510] !== 0x55 || mbr[511] !== 0xaa) return;
    this.found = true;
    for (let i = 0; i < 4; i++) {
      const entry = readEntry(mbr, 446 + 16 * i, 0, 0);
      this.primary[i] = entry.size === 0 ? undefined : entry;
    }
    if (this.primary.some((entry) => entry?.type === 0xee)) {
      const read = (first: number, count: number): Uint8Array | undefined => {
        const length = count * this.sectorSize;
        const chunk = this.sys.pread(this.fd, length, first * this.sectorSize);
        return isSteps(chunk) || chunk.length < length ? undefined : chunk;
      };
      const table = readPartitionTable(read, total, this.sectorSize);
      if (table?.label === "gpt") this.gpt = table;
    }
    const extended = this.extended;
    for (let here = extended?.start ?? 0; here !== 0 && this.logical.length < MAX_LOGICAL; ) {
      const b = this.#sector(here);
      if (b === undefined) break;
      if (b[510] !== 0x55 || b[511] !== 0xaa) {
        const [low, high] = [b[510], b[511]].map((byte) =>
          (byte ?? 0).toString(16).padStart(2, "0"),
        );
        this.warnings.push(
          `Warning: invalid flag 0x${low},0x${high} of partition table ${this.logical.length + 5} will be corrected by w(rite)`,
        );
        break;
      }
      let next = 0;
      for (let i = 0; i < 4; i++) {
        const entry = readEntry(b, 446 + 16 * i, here, here);
        if (entry.size === 0) continue;
        if (isExtendedType(entry.type)) next ||= (extended?.start ?? 0) + entry.start - here;
        else this.logical.push(entry);
      }
      if (next <= here) break;
      here = next;
    }
  }

  get extended(): DosEntry | undefined {
    return this.primary.find((entry) => entry !== undefined && isExtendedType(entry.type));
  }
  get extendedNumber(): number {
    return this.primary.findIndex((entry) => entry !== undefined && isExtendedType(entry.type)) + 1;
  }
  /** Highest number that can be asked for. */
  get count(): number {
    // An extended partition always has room for one.
    return 4 + Math.max(this.logical.length, this.extended === undefined ? 0 : 1);
  }
  get(number: number): DosEntry | undefined {
    return number <= 4 ? this.primary[number - 1] : this.logical[number - 5];
  }
  *all(): Iterable<[number, DosEntry]> {
    for (const [i, entry] of this.primary.entries()) if (entry !== undefined) yield [i + 1, entry];
    for (const [i, entry] of this.logical.entries()) yield [i + 5, entry];
  }

  /** Sectors of a cylinder, or of the unit that numbers are in. */
  get cylinderSectors(): number {
    return this.heads * this.sectors;
  }
  get unit(): number {
    return this.inCylinders ? this.cylinderSectors : 1;
  }
  get unitName(): string {
    return this.inCylinders ? "cylinder" : "sector";
  }
  /** A sector as a number of the unit; cylinders begin with 1. */
  inUnits(sector: number): number {
    return this.inCylinders ? Math.floor(sector / this.unit) + 1 : sector;
  }
  /** Sectors in front of a partition at the beginning of a track. */
  get offset(): number {
    return this.dosCompatible ? this.sectors : 1;
  }

  /** An empty table in memory. */
  clear(): void {
    this.primary = [undefined, undefined, undefined, undefined];
    this.logical = [];
    this.gpt = undefined;
    this.found = true;
  }

  chs(sector: number): Chs {
    const cylinder = Math.floor(sector / this.cylinderSectors);
    if (cylinder > MAX_CYLINDER) return [this.heads - 1, this.sectors | 0xc0, 0xff];
    const head = Math.floor(sector / this.sectors) % this.heads;
    return [head, ((sector % this.sectors) + 1) | ((cylinder >> 2) & 0xc0), cylinder & 0xff];
  }

  /** Makes an entry for a range. */
  entry(start: number, stop: number, type: number, table: number): DosEntry {
    const size = stop - start + 1;
    return { flag: 0, first: this.chs(start), last: this.chs(stop), type, start, size, table };
  }

  remove(number: number): void {
    if (number > 4) {
      this.logical.splice(number - 5, 1);
      // The first one's table is that of the extended partition.
      const [first] = this.logical;
      if (number === 5 && first !== undefined) first.table = this.extended?.start ?? first.table;
      return;
    }
    const entry = this.primary[number - 1];
    if (entry !== undefined && isExtendedType(entry.type)) this.logical = [];
    this.primary[number - 1] = undefined;
  }

  get isOutOfOrder(): boolean {
    const ordered = (all: readonly (DosEntry | undefined)[]): boolean => {
      let last = 0;
      for (const entry of all) {
        if (entry === undefined) continue;
        if (entry.start < last) return false;
        last = entry.start;
      }
      return true;
    };
    return !ordered(this.primary) || !ordered(this.logical);
  }

  /** Sorts the entries; false when they were in order. */
  sort(): boolean {
    if (!this.isOutOfOrder) return false;
    const used = this.primary.filter((entry) => entry !== undefined);
    used.sort((a, b) => a.start - b.start);
    this.primary = [0, 1, 2, 3].map((i) => used[i]);
    this.logical.sort((a, b) => a.start - b.start);
    return true;
  }

  // ---- bytes --------------------------------------------------------------------------------------

  static #put(b: Uint8Array, index: number, entry: DosEntry, base: number): void {
    const at = 446 + 16 * index;
    const view = new DataView(b.buffer, b.byteOffset, b.length);
    b.set([entry.flag, ...entry.first, entry.type, ...entry.last], at);
    view.setUint32(at + 8, entry.start - base, true);
    view.setUint32(at + 12, entry.size, true);
  }

  /** The sectors as they would be written: the MBR, then the tables of logical partitions. */
  images(): { sector: number; bytes: Uint8Array }[] {
    const mbr = this.#mbr.slice();
    mbr.fill(0, 446, 510);
    mbr.set([0x55, 0xaa], 510);
    for (const [i, entry] of this.primary.entries()) {
      if (entry !== undefined) FdiskTable.#put(mbr, i, entry, 0);
    }
    const out = [{ sector: 0, bytes: mbr }];
    const extended = this.extended;
    if (extended === undefined) return out;
    const places = this.logical.map((entry, i) => (i === 0 ? extended.start : entry.table));
    for (let i = 0; i < Math.max(1, this.logical.length); i++) {
      const here = places[i] ?? extended.start;
      const b = (this.#sector(here) ?? new Uint8Array(512)).slice();
      b.fill(0, 446, 510);
      b.set([0x55, 0xaa], 510);
      const entry = this.logical[i];
      if (entry !== undefined) FdiskTable.#put(b, 0, entry, here);
      const next = this.logical[i + 1];
      const place = places[i + 1];
      if (next !== undefined && place !== undefined) {
        const link = this.entry(place, next.start + next.size - 1, 5, 0);
        FdiskTable.#put(b, 1, link, extended.start);
      }
      out.push({ sector: here, bytes: b });
    }
    return out;
  }

  *write(): Steps<void> {
    if (this.gpt !== undefined) return;
    for (const { sector, bytes } of this.images()) {
      yield* settle(this.sys.pwrite(this.fd, bytes, sector * this.sectorSize));
    }
    yield* settle(this.sys.sync());
  }

  /** Sector 0, and the tables of logical partitions, as they would be written. */
  get raw(): { sector: number; bytes: Uint8Array }[] {
    return this.images();
  }
}

/** Heads and sectors that all entries of a table end with, if they agree. */
function tableGeometry(mbr: Uint8Array): [number | undefined, number | undefined] {
  if (mbr[510] !== 0x55 || mbr[511] !== 0xaa) return [undefined, undefined];
  let heads = 0;
  let sectors = 0;
  for (let i = 0; i < 4; i++) {
    const at = 446 + 16 * i;
    if (mbr[at + 4] === 0) continue;
    const h = (mbr[at + 5] as number) + 1;
    const s = (mbr[at + 6] as number) & 0x3f;
    if (heads === 0) {
      heads = h;
      sectors = s;
    } else if (heads !== h || sectors !== s) return [undefined, undefined];
  }
  return heads > 0 && sectors > 0 ? [heads, sectors] : [undefined, undefined];
}
