// How sfdisk shows a disk: listing, dump, JSON, free space.
import { isExtended, type Partition, type PartitionTable } from "../../lib/partition-table.ts";
import { dosTypes, gptTypes } from "../../lib/partition-types.ts";
import { attributesText } from "./attributes.ts";
import type { DiskFile } from "./disk.ts";

/** "100 MiB", "1.5 GiB"; `short`: "100M", "1.5G". */
export function sizeText(bytes: number, short: boolean): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let power = 0;
  while (power < 5 && bytes >= 1024 ** (power + 1)) power++;
  const digits = short ? 1 : 2;
  const value = Math.round((bytes / 1024 ** power) * 10 ** digits) / 10 ** digits;
  const unit = units[power] as string;
  if (short) return `${value}${unit.charAt(0)}`;
  return `${value} ${unit}`;
}

/** The name of a type as it is listed. */
export function typeName(table: PartitionTable, type: string): string {
  const types = table.label === "dos" ? dosTypes() : gptTypes();
  return types.find(([code]) => code === type)?.[1] ?? "unknown";
}

/** Lines about the disk itself. */
export function diskText(disk: DiskFile, withLabel: boolean): string {
  const { path, bytes, total, sectorSize, table } = disk;
  let out = `Disk ${path}: ${sizeText(bytes, false)}, ${bytes} bytes, ${total} sectors\n`;
  out += unitsText(sectorSize);
  out += `I/O size (minimum/optimal): ${sectorSize} bytes / ${sectorSize} bytes\n`;
  if (withLabel && table !== undefined) out += labelText(table);
  return out;
}

function unitsText(sectorSize: number): string {
  return (
    `Units: sectors of 1 * ${sectorSize} = ${sectorSize} bytes\n` +
    `Sector size (logical/physical): ${sectorSize} bytes / ${sectorSize} bytes\n`
  );
}

export function labelText(table: PartitionTable): string {
  return `Disklabel type: ${table.label}\nDisk identifier: ${table.id}\n`;
}

/** Rows under a head; widths as they need; columns in `left` begin at their left. */
function columns(rows: readonly (readonly string[])[], left: ReadonlySet<number>): string {
  // A column that begins with a device's name has room for "/dev/sda1".
  const widths: number[] = rows[0]?.[0] === "Device" ? [10] : [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  const last = widths.length - 1;
  return rows
    .map((row) => {
      const cells = row.map((cell, i) => {
        const width = widths[i] as number;
        if (i === last && left.has(i)) return cell;
        return left.has(i) ? cell.padEnd(width) : cell.padStart(width);
      });
      return `${cells.join(" ")}\n`;
    })
    .join("");
}

/** The partitions; "" when there are none. */
export function partitionsText(disk: DiskFile): string {
  const { table, sectorSize } = disk;
  if (table === undefined || table.partitions.length === 0) return "";
  const dos = table.label === "dos";
  const rows = [
    dos
      ? ["Device", "Boot", "Start", "End", "Sectors", "Size", "Id", "Type"]
      : ["Device", "Start", "End", "Sectors", "Size", "Type"],
  ];
  const sorted = [...table.partitions].sort((a, b) => a.number - b.number);
  for (const { number, start, size, type, bootable } of sorted) {
    const numbers = [start, start + size - 1, size].map(String);
    const human = sizeText(size * sectorSize, true);
    const name = typeName(table, type);
    const node = disk.node(number);
    rows.push(
      dos
        ? [node, bootable === true ? "*" : "", ...numbers, human, type, name]
        : [node, ...numbers, human, name],
    );
  }
  const left = new Set(dos ? [0, 1, 7] : [0, 5]);
  let out = columns(rows, left);
  const starts = sorted.filter(({ number }) => number <= 4 || !dos).map(({ start }) => start);
  const logical = sorted.filter(({ number }) => number > 4 && dos).map(({ start }) => start);
  const ordered = (all: number[]): boolean =>
    all.every((s, i) => i === 0 || s >= (all[i - 1] ?? 0));
  const whole = dos && logical.length > 0 ? [...starts, ...logical] : starts;
  const extendedLast = logical.length === 0 || ordered(whole);
  if (!ordered(starts) || !ordered(logical) || !extendedLast)
    out += "\nPartition table entries are not in disk order.\n";
  return out;
}

/** sfdisk -l of one disk. */
export function listText(disk: DiskFile): string {
  const partitions = partitionsText(disk);
  return diskText(disk, true) + (partitions === "" ? "" : `\n${partitions}`);
}

/** sfdisk -d. */
export function dumpText(disk: DiskFile, table: PartitionTable): string {
  let out = `label: ${table.label}\nlabel-id: ${table.id}\ndevice: ${disk.path}\nunit: sectors\n`;
  if (table.label === "gpt") out += `first-lba: ${table.firstLba}\nlast-lba: ${table.lastLba}\n`;
  if (disk.grain === 1) out += `grain: ${disk.sectorSize}\n`;
  out += `sector-size: ${disk.sectorSize}\n`;
  if (table.partitions.length > 0) out += "\n";
  for (const partition of [...table.partitions].sort((a, b) => a.number - b.number)) {
    const { number, start, size, type, bootable, uuid, name, attrs } = partition;
    out += `${disk.node(number)} : start=${String(start).padStart(12)}, size=${String(size).padStart(12)}, type=${type}`;
    if (uuid !== undefined) out += `, uuid=${uuid}`;
    if (name !== undefined) out += `, name="${name}"`;
    const text = attributesText(attrs ?? 0n);
    if (text !== "") out += `, attrs="${text}"`;
    if (bootable === true) out += ", bootable";
    out += "\n";
  }
  return out;
}

function json(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

/** sfdisk -J. */
export function jsonText(disk: DiskFile, table: PartitionTable): string {
  const fields = [
    `"label": ${json(table.label)}`,
    `"id": ${json(table.id)}`,
    `"device": ${json(disk.path)}`,
    '"unit": "sectors"',
  ];
  if (table.label === "gpt") {
    fields.push(`"firstlba": ${table.firstLba}`, `"lastlba": ${table.lastLba}`);
  }
  fields.push(`"sectorsize": ${disk.sectorSize}`);
  const parts = [...table.partitions]
    .sort((a, b) => a.number - b.number)
    .map((partition) => partitionJson(disk, partition));
  if (parts.length > 0) {
    fields.push(`"partitions": [\n         ${parts.join(",")}\n      ]`);
  }
  const indent = "      ";
  return `{\n   "partitiontable": {\n${indent}${fields.join(`,\n${indent}`)}\n   }\n}\n`;
}

function partitionJson(disk: DiskFile, partition: Partition): string {
  const { number, start, size, type, uuid, name, attrs, bootable } = partition;
  const fields = [
    `"node": ${json(disk.node(number))}`,
    `"start": ${start}`,
    `"size": ${size}`,
    `"type": ${json(type)}`,
  ];
  if (uuid !== undefined) fields.push(`"uuid": ${json(uuid)}`);
  if (name !== undefined) fields.push(`"name": ${json(name)}`);
  const text = attributesText(attrs ?? 0n);
  if (text !== "") fields.push(`"attrs": ${json(text)}`);
  if (bootable === true) fields.push('"bootable": true');
  const indent = "            ";
  return `{\n${indent}${fields.join(`,\n${indent}`)}\n         }`;
}

/** sfdisk -F. */
export function freeText(disk: DiskFile): string {
  const { path, sectorSize, table } = disk;
  // Less than the grain cannot be used.
  const gaps = disk.gaps().filter(({ size }) => size >= disk.grain);
  const sectors = gaps.reduce((sum, { size }) => sum + size, 0);
  const bytes = sectors * sectorSize;
  let out = `Unpartitioned space ${path}: ${sizeText(bytes, false)}, ${bytes} bytes, ${sectors} sectors\n`;
  out += unitsText(sectorSize);
  if (table === undefined || gaps.length === 0) return out;
  const rows = [["Start", "End", "Sectors", "Size"]];
  for (const { start, size } of gaps) {
    const end = String(start + size - 1);
    rows.push([String(start), end, String(size), sizeText(size * sectorSize, true)]);
  }
  return `${out}\n${columns(rows, new Set())}`;
}

/** sfdisk -V: what is wrong, or that nothing is. */
export function verifyText(
  disk: DiskFile,
  table: PartitionTable,
): { text: string; errors: number } {
  const errors: string[] = table.damage === undefined ? [] : [`${table.damage}.`];
  const sorted = [...table.partitions].sort((a, b) => a.start - b.start);
  const end = Math.min(table.lastLba, disk.total - 1);
  for (const [i, { number, start, size, type }] of sorted.entries()) {
    if (start + size - 1 > end) errors.push(`Partition ${number} ends behind the end of the disk.`);
    if (start < (table.label === "gpt" ? table.firstLba : 1))
      errors.push(`Partition ${number} begins too early.`);
    for (const other of sorted.slice(i + 1)) {
      if (other.start >= start + size) break;
      const inside = table.label === "dos" && isExtended(type) && other.number > 4;
      if (!inside) errors.push(`Partition ${number}: overlaps partition ${other.number}.`);
    }
  }
  let text = `${disk.path}:\n`;
  for (const error of errors) text += `${error}\n`;
  if (errors.length > 0) {
    text += `${errors.length} error${errors.length === 1 ? "" : "s"} detected.\n`;
    return { text, errors: errors.length };
  }
  text += "No errors detected.\n";
  if (table.label === "dos") return { text, errors: 0 };
  const free: number[] = [];
  let at = table.firstLba;
  for (const { start, size } of sorted) {
    if (start > at) free.push(start - at);
    at = start + size;
  }
  if (table.lastLba + 1 > at) free.push(table.lastLba + 1 - at);
  const total = free.reduce((sum, each) => sum + each, 0);
  text += `Header version: 1.0\nUsing ${sorted.length} out of 128 partitions.\n`;
  const [largest = 0] = free.sort((a, b) => b - a);
  const half = sizeText(largest * disk.sectorSize, false);
  text +=
    free.length < 2
      ? `A total of ${total} free sectors is available in ${free.length} segment.\n`
      : `A total of ${total} free sectors is available in ${free.length} segments (the largest is ${half}).\n`;
  return { text, errors: 0 };
}
