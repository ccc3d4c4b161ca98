// Partition tables as the kernel reads them: MBR with logical partitions, GPT (UEFI 5.3; Linux: block/partitions).
import { Errno } from "../../abi/errno.ts";
import { crc32 } from "../../lib/crc.ts";
import { encodeUtf8 } from "../../lib/utf8.ts";
import type { BlockDevice } from "./device.ts";

/** One partition; bytes. */
export interface PartitionEntry {
  readonly number: number;
  readonly start: number;
  readonly length: number;
  /** GPT: the partition's GUID; MBR: the disk's signature and the number, as Linux has it in PARTUUID. */
  readonly uuid?: string;
  /** GPT only; UTF-8. */
  readonly label?: string;
}

/** What a table says. */
export interface PartitionTable {
  readonly label: "gpt" | "dos" | "";
  readonly partitions: readonly PartitionEntry[];
}

const MAX_LOGICAL = 60;
const MAX_GPT_ENTRIES = 1024;
const GPT_SIGNATURE = "EFI PART";

function le32(b: Uint8Array, at: number): number {
  return (
    ((b[at] as number) |
      ((b[at + 1] as number) << 8) |
      ((b[at + 2] as number) << 16) |
      ((b[at + 3] as number) << 24)) >>>
    0
  );
}

function le64(b: Uint8Array, at: number): number {
  return le32(b, at) + le32(b, at + 4) * 2 ** 32;
}

function hex(b: Uint8Array, order: readonly number[]): string {
  return order.map((at) => (b[at] as number).toString(16).padStart(2, "0")).join("");
}

/** A GUID as text, lower case. */
export function guidText(b: Uint8Array): string {
  return [
    hex(b, [3, 2, 1, 0]),
    hex(b, [5, 4]),
    hex(b, [7, 6]),
    hex(b, [8, 9]),
    hex(b, [10, 11, 12, 13, 14, 15]),
  ].join("-");
}

function isExtended(type: number): boolean {
  return type === 0x05 || type === 0x0f || type === 0x85;
}

/** Finds the partitions of a disk; one that cannot be read has none. */
export function scanPartitions(device: BlockDevice): PartitionTable {
  try {
    if (device.size < 1024) return { label: "", partitions: [] };
    const mbr = device.read(0, 512);
    if (mbr[510] !== 0x55 || mbr[511] !== 0xaa) return { label: "", partitions: [] };
    const types = [0, 1, 2, 3].map((i) => mbr[446 + 16 * i + 4] as number);
    if (types.includes(0xee)) {
      const gpt = scanGpt(device);
      if (gpt !== undefined) return { label: "gpt", partitions: gpt };
    }
    return scanMbr(device, mbr);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return { label: "", partitions: [] };
  }
}

/** Follows the chain of tables from an extended partition's first sector: starts and lengths. */
function* logicalPartitions(
  device: BlockDevice,
  base: number,
  most: number,
): Iterable<[start: number, length: number]> {
  let here = base;
  for (let found = 0, tables = 0; found < most && tables < MAX_LOGICAL; tables++) {
    if (here * device.sectorSize + 512 > device.size) return;
    const table = device.read(here * device.sectorSize, 512);
    if (table[510] !== 0x55 || table[511] !== 0xaa) return;
    let next = 0;
    for (let i = 0; i < 4; i++) {
      const at = 446 + 16 * i;
      const type = table[at + 4] as number;
      const start = le32(table, at + 8);
      const length = le32(table, at + 12);
      if (length === 0 || type === 0) continue;
      if (isExtended(type)) next ||= base + start;
      else if (i < 2) {
        found++;
        yield [here + start, length];
      }
    }
    if (next === 0 || next === here) return;
    here = next;
  }
}

function scanMbr(device: BlockDevice, mbr: Uint8Array): PartitionTable {
  const sector = device.sectorSize;
  // A boot sector of a FAT file system has the same signature: its entries are no table.
  for (let i = 0; i < 4; i++) {
    const flag = mbr[446 + 16 * i] as number;
    if (flag !== 0 && flag !== 0x80) return { label: "", partitions: [] };
  }
  const disk = le32(mbr, 440).toString(16).padStart(8, "0");
  const partitions: PartitionEntry[] = [];
  const add = (number: number, start: number, length: number): void => {
    if (start * sector >= device.size) return;
    const fitting = Math.min(length * sector, device.size - start * sector);
    const uuid = `${disk}-${number.toString(16).padStart(2, "0")}`;
    partitions.push({ number, start: start * sector, length: fitting, uuid });
  };
  const extended: [start: number, length: number][] = [];
  for (let i = 0; i < 4; i++) {
    const at = 446 + 16 * i;
    const type = mbr[at + 4] as number;
    const start = le32(mbr, at + 8);
    const length = le32(mbr, at + 12);
    if (length === 0 || type === 0) continue;
    if (isExtended(type)) {
      // Only the place for a boot loader can be reached through it.
      add(i + 1, start, Math.min(length, Math.max(1, Math.floor(1024 / sector))));
      extended.push([start, length]);
    } else add(i + 1, start, length);
  }
  let number = 5;
  for (const [base] of extended) {
    for (const [start, length] of logicalPartitions(device, base, MAX_LOGICAL + 5 - number)) {
      add(number++, start, length);
    }
  }
  partitions.sort((a, b) => a.number - b.number);
  return { label: "dos", partitions };
}

/** The entries of the header at `lba`, if it and they are whole. */
function gptEntries(device: BlockDevice, lba: number): PartitionEntry[] | undefined {
  const sector = device.sectorSize;
  if (lba < 1 || (lba + 1) * sector > device.size) return undefined;
  const header = device.read(lba * sector, sector);
  for (let i = 0; i < 8; i++) if (header[i] !== GPT_SIGNATURE.charCodeAt(i)) return undefined;
  const size = le32(header, 12);
  if (size < 92 || size > sector || le64(header, 24) !== lba) return undefined;
  const sum = le32(header, 16);
  const cleared = header.slice(0, size);
  cleared.fill(0, 16, 20);
  if (crc32(cleared) >>> 0 !== sum) return undefined;
  const count = le32(header, 80);
  const entrySize = le32(header, 84);
  if (entrySize < 128 || entrySize > 4096 || count > MAX_GPT_ENTRIES) return undefined;
  const at = le64(header, 72) * sector;
  if (at + count * entrySize > device.size) return undefined;
  const table = device.read(at, count * entrySize);
  if (crc32(table) >>> 0 !== le32(header, 88)) return undefined;
  const entries: PartitionEntry[] = [];
  for (let i = 0; i < count; i++) {
    const entry = table.subarray(i * entrySize, (i + 1) * entrySize);
    if (entry.subarray(0, 16).every((byte) => byte === 0)) continue;
    const start = le64(entry, 32);
    const last = le64(entry, 40);
    if (last < start || (last + 1) * sector > device.size) continue;
    let label = "";
    for (let c = 56; c < 128; c += 2) {
      const code = (entry[c] as number) | ((entry[c + 1] as number) << 8);
      if (code === 0) break;
      label += String.fromCharCode(code);
    }
    entries.push({
      number: i + 1,
      start: start * sector,
      length: (last + 1 - start) * sector,
      uuid: guidText(entry.subarray(16, 32)),
      ...(label === "" ? {} : { label: encodeUtf8(label) }),
    });
  }
  return entries;
}

function scanGpt(device: BlockDevice): PartitionEntry[] | undefined {
  const last = Math.floor(device.size / device.sectorSize) - 1;
  return gptEntries(device, 1) ?? gptEntries(device, last);
}
