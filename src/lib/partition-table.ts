// Partition tables as tools change them: MBR with logical partitions and GPT, read and written (UEFI 5.3).
import { bytesOf } from "./bytes.ts";
import { crc32 } from "./crc.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** A partition; sectors. */
export interface Partition {
  /** From 1; logical partitions of an MBR from 5. */
  number: number;
  start: number;
  size: number;
  /** MBR: hexadecimal ("83", "5"); GPT: a GUID in capitals. */
  type: string;
  /** MBR. */
  bootable?: boolean;
  /** GPT, capitals. */
  uuid?: string;
  /** GPT, UTF-8. */
  name?: string;
  /** GPT: 64 bits. */
  attrs?: bigint;
  /** Logical: the sector of its own table. */
  table?: number;
}

/** What stands on a disk. */
export interface PartitionTable {
  label: "dos" | "gpt";
  /** "0x12345678", or a GUID in capitals. */
  id: string;
  partitions: Partition[];
  /** GPT: what partitions may use. */
  firstLba: number;
  lastLba: number;
  /** What was wrong when it was read. */
  damage?: string;
}

/** Gives the bytes of sectors; undefined where there are none. */
export type ReadSectors = (first: number, count: number) => Uint8Array | undefined;

/** A change of the disk. */
export interface SectorWrite {
  readonly sector: number;
  readonly bytes: Uint8Array;
}

export const GPT_ENTRIES = 128;
const ENTRY_BYTES = 128;
const MAX_LOGICAL = 60;
const HEADS = 255;
const TRACK = 63;
const MAX_NAME = 36;

function view(b: Uint8Array): DataView {
  return new DataView(b.buffer, b.byteOffset, b.length);
}

function get64(b: Uint8Array, at: number): number {
  return Number(view(b).getBigUint64(at, true));
}

/** True for the types of extended partitions. */
export function isExtended(type: string): boolean {
  return type === "5" || type === "f" || type === "85";
}

/** Sixteen bytes of a GUID as text, in capitals. */
export function guidText(b: Uint8Array, at: number): string {
  const order = [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15];
  let out = "";
  for (const i of order) {
    out += i < 0 ? "-" : (b[at + i] as number).toString(16).padStart(2, "0");
  }
  return out.toUpperCase();
}

/** The way back. */
export function guidBytes(text: string): Uint8Array {
  const hex = text.replaceAll("-", "");
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return new Uint8Array(order.map((i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)));
}

// ---- reading --------------------------------------------------------------------------------------

/** The table of a disk of `total` sectors; undefined when there is none. */
export function readPartitionTable(
  read: ReadSectors,
  total: number,
  sectorSize: number,
): PartitionTable | undefined {
  const mbr = read(0, 1);
  if (mbr === undefined || mbr[510] !== 0x55 || mbr[511] !== 0xaa) return undefined;
  if ([0, 1, 2, 3].some((i) => mbr[446 + 16 * i + 4] === 0xee)) {
    const first = readGpt(read, 1, total, sectorSize);
    if (first !== undefined) return first;
    const backup = readGpt(read, total - 1, total, sectorSize);
    if (backup !== undefined) return { ...backup, damage: "the primary GPT table is corrupt" };
  }
  // What begins with such bytes and has no such flags is a boot sector.
  for (let i = 0; i < 4; i++) if (((mbr[446 + 16 * i] as number) & 0x7f) !== 0) return undefined;
  return readMbr(read, mbr, total);
}

interface RawEntry {
  type: string;
  start: number;
  size: number;
  bootable: boolean;
}

function rawEntries(sector: Uint8Array): RawEntry[] {
  return [0, 1, 2, 3].map((i) => {
    const at = 446 + 16 * i;
    return {
      type: (sector[at + 4] as number).toString(16),
      start: view(sector).getUint32(at + 8, true),
      size: view(sector).getUint32(at + 12, true),
      bootable: sector[at] === 0x80,
    };
  });
}

function readMbr(read: ReadSectors, mbr: Uint8Array, total: number): PartitionTable {
  const partitions: Partition[] = [];
  let base = 0;
  for (const [i, raw] of rawEntries(mbr).entries()) {
    if (raw.type === "0" && raw.size === 0) continue;
    if (raw.type === "0") continue;
    partitions.push({ number: i + 1, ...raw });
    if (isExtended(raw.type) && base === 0) base = raw.start;
  }
  let number = 5;
  for (let here = base; here !== 0 && number < 5 + MAX_LOGICAL; ) {
    const table = here < total ? read(here, 1) : undefined;
    if (table === undefined || table[510] !== 0x55 || table[511] !== 0xaa) break;
    let next = 0;
    for (const raw of rawEntries(table)) {
      if (raw.size === 0 || raw.type === "0") continue;
      if (isExtended(raw.type)) next ||= base + raw.start;
      else partitions.push({ number: number++, ...raw, start: here + raw.start, table: here });
    }
    if (next <= here) break;
    here = next;
  }
  const id = view(mbr).getUint32(440, true).toString(16).padStart(8, "0");
  return { label: "dos", id: `0x${id}`, partitions, firstLba: 1, lastLba: total - 1 };
}

function readGpt(
  read: ReadSectors,
  lba: number,
  total: number,
  sectorSize: number,
): PartitionTable | undefined {
  const header = read(lba, 1);
  if (header === undefined || lba < 1) return undefined;
  const signature = bytesOf("EFI PART");
  if (!signature.every((byte, i) => header[i] === byte)) return undefined;
  const h = view(header);
  const size = h.getUint32(12, true);
  if (size < 92 || size > sectorSize || get64(header, 24) !== lba) return undefined;
  const cleared = header.slice(0, size);
  cleared.fill(0, 16, 20);
  if (crc32(cleared) >>> 0 !== h.getUint32(16, true)) return undefined;
  const count = h.getUint32(80, true);
  const bytes = h.getUint32(84, true);
  if (bytes < ENTRY_BYTES || bytes > 4096 || count > 1024 || count === 0) return undefined;
  const length = Math.ceil((count * bytes) / sectorSize);
  const at = get64(header, 72);
  if (at + length > total) return undefined;
  const table = read(at, length)?.subarray(0, count * bytes);
  if (table === undefined || crc32(table) >>> 0 !== h.getUint32(88, true)) return undefined;
  const partitions: Partition[] = [];
  for (let i = 0; i < count; i++) {
    const entry = table.subarray(i * bytes, (i + 1) * bytes);
    const type = guidText(entry, 0);
    if (/^[0-]*$/.test(type)) continue;
    let name = "";
    for (let c = 56; c < 56 + 2 * MAX_NAME; c += 2) {
      const unit = view(entry).getUint16(c, true);
      if (unit === 0) break;
      name += String.fromCharCode(unit);
    }
    const start = get64(entry, 32);
    partitions.push({
      number: i + 1,
      start,
      size: get64(entry, 40) - start + 1,
      type,
      uuid: guidText(entry, 16),
      attrs: view(entry).getBigUint64(48, true),
      ...(name === "" ? {} : { name: encodeUtf8(name) }),
    });
  }
  return {
    label: "gpt",
    id: guidText(header, 56),
    partitions,
    firstLba: get64(header, 40),
    lastLba: get64(header, 48),
  };
}

// ---- writing --------------------------------------------------------------------------------------

function chs(sector: number): [number, number, number] {
  const cylinder = Math.floor(sector / (HEADS * TRACK));
  if (cylinder > 1023) return [254, 0xff, 0xff];
  const head = Math.floor(sector / TRACK) % HEADS;
  const s = (sector % TRACK) + 1;
  return [head, s | ((cylinder >> 2) & 0xc0), cylinder & 0xff];
}

function putEntry(
  sector: Uint8Array,
  index: number,
  partition: { start: number; size: number; type: string; bootable?: boolean },
  base: number,
): void {
  const at = 446 + 16 * index;
  const { start, size, type, bootable } = partition;
  sector.fill(0, at, at + 16);
  sector[at] = bootable === true ? 0x80 : 0;
  sector.set(chs(start), at + 1);
  sector[at + 4] = Number.parseInt(type, 16);
  sector.set(chs(start + Math.max(1, size) - 1), at + 5);
  view(sector).setUint32(at + 8, start - base, true);
  view(sector).setUint32(at + 12, size, true);
}

function mbrWrites(table: PartitionTable, old: Uint8Array): SectorWrite[] {
  const mbr = old.slice();
  mbr.fill(0, 446, 510);
  view(mbr).setUint32(440, Number.parseInt(table.id, 16), true);
  mbr[510] = 0x55;
  mbr[511] = 0xaa;
  const extended = table.partitions.find(({ type, number }) => number < 5 && isExtended(type));
  for (const partition of table.partitions) {
    if (partition.number <= 4) putEntry(mbr, partition.number - 1, partition, 0);
  }
  const writes: SectorWrite[] = [{ sector: 0, bytes: mbr }];
  if (extended === undefined) return writes;
  const logical = table.partitions
    .filter(({ number }) => number > 4)
    .sort((a, b) => a.number - b.number);
  const places = logical.map((partition, i) => (i === 0 ? extended.start : partition.table));
  for (let i = 0; i < Math.max(1, logical.length); i++) {
    const sector = new Uint8Array(old.length);
    const here = places[i] ?? extended.start;
    const partition = logical[i];
    if (partition !== undefined) putEntry(sector, 0, partition, here);
    const next = logical[i + 1];
    const nextTable = places[i + 1];
    if (next !== undefined && nextTable !== undefined) {
      const size = next.start + next.size - nextTable;
      putEntry(sector, 1, { start: nextTable, size, type: "5" }, extended.start);
    }
    sector[510] = 0x55;
    sector[511] = 0xaa;
    writes.push({ sector: here, bytes: sector });
  }
  return writes;
}

function gptWrites(
  table: PartitionTable,
  old: Uint8Array,
  total: number,
  sectorSize: number,
): SectorWrite[] {
  const entries = new Uint8Array(GPT_ENTRIES * ENTRY_BYTES);
  for (const partition of table.partitions) {
    const at = (partition.number - 1) * ENTRY_BYTES;
    const v = view(entries);
    entries.set(guidBytes(partition.type), at);
    entries.set(guidBytes(partition.uuid ?? ""), at + 16);
    v.setBigUint64(at + 32, BigInt(partition.start), true);
    v.setBigUint64(at + 40, BigInt(partition.start + partition.size - 1), true);
    v.setBigUint64(at + 48, partition.attrs ?? 0n, true);
    const name = decodeUtf8(partition.name ?? "").slice(0, MAX_NAME);
    for (let i = 0; i < name.length; i++) v.setUint16(at + 56 + 2 * i, name.charCodeAt(i), true);
  }
  const sum = crc32(entries) >>> 0;
  const length = Math.ceil(entries.length / sectorSize);
  const header = (here: number, other: number, at: number): Uint8Array => {
    const b = new Uint8Array(sectorSize);
    const v = view(b);
    b.set(bytesOf("EFI PART"));
    v.setUint32(8, 0x10000, true);
    v.setUint32(12, 92, true);
    v.setBigUint64(24, BigInt(here), true);
    v.setBigUint64(32, BigInt(other), true);
    v.setBigUint64(40, BigInt(table.firstLba), true);
    v.setBigUint64(48, BigInt(table.lastLba), true);
    b.set(guidBytes(table.id), 56);
    v.setBigUint64(72, BigInt(at), true);
    v.setUint32(80, GPT_ENTRIES, true);
    v.setUint32(84, ENTRY_BYTES, true);
    v.setUint32(88, sum, true);
    v.setUint32(16, crc32(b.subarray(0, 92)) >>> 0, true);
    return b;
  };
  const mbr = old.slice();
  mbr.fill(0, 446, 510);
  mbr.set([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0], 446);
  view(mbr).setUint32(458, Math.min(0xffffffff, total - 1), true);
  mbr[510] = 0x55;
  mbr[511] = 0xaa;
  // The copy first: one of the two is whole at any moment.
  return [
    { sector: total - 1 - length, bytes: entries },
    { sector: total - 1, bytes: header(total - 1, 1, total - 1 - length) },
    { sector: 2, bytes: entries },
    { sector: 1, bytes: header(1, total - 1, 2) },
    { sector: 0, bytes: mbr },
  ];
}

/** What is to be written for a table; `old` is sector 0 as it is: its boot code stays. */
export function partitionTableWrites(
  table: PartitionTable,
  old: Uint8Array,
  total: number,
  sectorSize: number,
): SectorWrite[] {
  return table.label === "dos" ? mbrWrites(table, old) : gptWrites(table, old, total, sectorSize);
}
