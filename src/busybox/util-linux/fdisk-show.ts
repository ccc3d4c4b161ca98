// What fdisk prints: the list of partitions, GPT, checks.
import { type DosEntry, type FdiskTable, isExtendedType } from "./fdisk-table.ts";
import { fdiskTypeName } from "./fdisk-types.ts";

/** Five characters: "20.0M", "1024K", " 100M". */
function size5(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 10_000 && unit < 6) {
    value /= 1024;
    unit++;
  }
  const letter = " KMGTPE"[unit] as string;
  if (value < 100 && unit > 0)
    return `${(Math.floor(value * 10) / 10).toFixed(1)}${letter}`.padStart(5);
  return `${Math.floor(value)}${letter}`.padStart(5);
}

function chsText([head, sector, cylinder]: readonly [number, number, number]): string {
  return `${cylinder | ((sector & 0xc0) << 2)},${head},${sector & 0x3f}`;
}

/** A disk's first lines. */
export function headText(table: FdiskTable): string {
  const { device, total, sectorSize, cylinders, heads, sectors } = table;
  const bytes = total * sectorSize;
  const mib = Math.floor(bytes / 2 ** 20);
  const size = mib < 10_000 ? `${mib} MB` : `${Math.floor((mib + 512) / 1024)} GB`;
  const unit = `${table.unitName}s of ${table.unit} * ${sectorSize} = ${table.unit * sectorSize} bytes`;
  return (
    `Disk ${device}: ${size}, ${bytes} bytes, ${total} sectors\n` +
    `${cylinders} cylinders, ${heads} heads, ${sectors} sectors/track\nUnits: ${unit}\n\n`
  );
}

/** The "p" command. */
export function listText(table: FdiskTable): string {
  if (table.gpt !== undefined) return gptText(table);
  const { device } = table;
  const digit = /\d$/.test(device);
  const width = Math.max(7, device.length + (digit ? 1 : 0));
  let out = headText(table);
  out += `${"Device".padEnd(width - 1)} Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type\n`;
  for (const [number, entry] of table.all()) {
    const name = `${(device + (digit ? "p" : "")).padStart(width)}${String(number).padEnd(2)}`;
    const flag = entry.flag === 0 ? " " : entry.flag === 0x80 ? "*" : "?";
    const numbers = [entry.start, entry.start + entry.size - 1, entry.size]
      .map((each) => String(each).padStart(10))
      .join(" ");
    out += `${name}${flag}  ${chsText(entry.first).padEnd(11)} ${chsText(entry.last).padEnd(11)} ${numbers} ${size5(entry.size * table.sectorSize)} ${entry.type.toString(16).padStart(2)} ${fdiskTypeName(entry.type)}\n`;
    if (number <= 4) out += consistencyText(table, number, entry);
  }
  if (table.isOutOfOrder) out += "\nPartition table entries are not in disk order\n";
  return out;
}

/** Do the stored cylinders agree with the sectors? */
function consistencyText(table: FdiskTable, number: number, entry: DosEntry): string {
  if (table.cylinders > 1024) return "";
  const stored = ([head, sector, cylinder]: readonly [number, number, number]): string =>
    `(${cylinder | ((sector & 0xc0) << 2)},${head},${sector & 0x3f})`;
  const counted = (sector: number): string => {
    const cylinder = Math.floor(sector / table.cylinderSectors);
    const head = Math.floor(sector / table.sectors) % table.heads;
    return `(${cylinder},${head},${(sector % table.sectors) + 1})`;
  };
  let out = "";
  const [first, last] = [counted(entry.start), counted(entry.start + entry.size - 1)];
  if (stored(entry.first) !== first) {
    out += `Partition ${number} has different physical/logical start (non-Linux?):\n     phys=${stored(entry.first)} logical=${first}\n`;
  }
  if (stored(entry.last) !== last) {
    out += `Partition ${number} has different physical/logical end:\n     phys=${stored(entry.last)} logical=${last}\n`;
  }
  return out;
}

function gptText(table: FdiskTable): string {
  const { gpt, device, total, sectorSize } = table;
  if (gpt === undefined) return "";
  let out = `Disk ${device}: ${total} sectors, ${size5(total * sectorSize)}\nLogical sector size: ${sectorSize}\n`;
  out += `Disk identifier (GUID): ${gpt.id.toLowerCase()}\nPartition table holds up to 128 entries\n`;
  out += `First usable sector is ${gpt.firstLba}, last usable sector is ${gpt.lastLba}\n\n`;
  out += "Number  Start (sector)    End (sector)  Size Name\n";
  for (const { number, start, size, name } of gpt.partitions) {
    const end = String(start + size - 1).padStart(15);
    out += `${String(number).padStart(6)} ${String(start).padStart(15)} ${end} ${size5(size * sectorSize)} ${(name ?? "").slice(0, 18)}\n`;
  }
  return out;
}

/** Partitions before this one that it shares sectors with. */
function overlapText(
  all: readonly (readonly [number, DosEntry])[],
  number: number,
  entry: DosEntry,
): string {
  let out = "";
  if (isExtendedType(entry.type)) return out;
  for (const [other, before] of all) {
    if (other >= number || isExtendedType(before.type)) continue;
    if (entry.start < before.start + before.size && before.start < entry.start + entry.size)
      out += `Warning: partition ${other} overlaps partition ${number}\n`;
  }
  return out;
}

/** The "v" command. */
export function verifyText(table: FdiskTable): string {
  const { heads, sectors, cylinders } = table;
  let out = "";
  let used = 1;
  const all = [...table.all()];
  for (const [number, entry] of all) {
    if (number <= 4) out += consistencyText(table, number, entry);
    const last = entry.start + entry.size - 1;
    const [head, sector, low] = entry.last;
    const cylinder = low | ((sector & 0xc0) << 2);
    const real = (sector & 0x3f) - 1;
    const counted = (cylinder * sectors + real) * heads + head;
    if (!isExtendedType(entry.type)) {
      used += entry.size;
      if (counted === 0) out += `Partition ${number} contains sector 0\n`;
      if (head >= heads)
        out += `Partition ${number}: head ${head + 1} greater than maximum ${heads}\n`;
      if (real >= sectors)
        out += `Partition ${number}: sector ${real + 1} greater than maximum ${sectors}\n`;
      if (cylinder >= cylinders)
        out += `Partition ${number}: cylinder ${cylinder + 1} greater than maximum ${cylinders}\n`;
      if (cylinders <= 1024 && last !== counted)
        out += `Partition ${number}: previous sectors ${last} disagrees with total ${counted}\n`;
    }
    out += overlapText(all, number, entry);
  }
  const { extended } = table;
  if (extended !== undefined) {
    for (const [i, entry] of table.logical.entries()) {
      const inside =
        entry.start >= extended.start && entry.start + entry.size <= extended.start + extended.size;
      if (!inside)
        out += `Logical partition ${i + 5} not entirely in partition ${table.extendedNumber}\n`;
      // Its own table is used too.
      used++;
    }
  }
  const room = heads * sectors * cylinders;
  if (used > room)
    return `${out}Total allocated sectors ${used} greater than the maximum ${room}\n`;
  return used === room ? out : `${out}${room - used} unallocated sectors\n`;
}

/** The table of the expert menu; `extended`: of the links between logical partitions. */
export function expertText(table: FdiskTable, extended: boolean): string {
  const { device, heads, sectors, cylinders } = table;
  let out = `\nDisk ${device}: ${heads} heads, ${sectors} sectors, ${cylinders} cylinders\n\n`;
  out += "Nr AF  Hd Sec  Cyl  Hd Sec  Cyl      Start       Size ID\n";
  const row = (number: number, entry: DosEntry | undefined, base: number): void => {
    const [h1, s1, c1] = entry?.first ?? [0, 0, 0];
    const [h2, s2, c2] = entry?.last ?? [0, 0, 0];
    const place = (h: number, s: number, c: number): string =>
      `${String(h).padStart(4)}${String(s & 0x3f).padStart(4)}${String(c | ((s & 0xc0) << 2)).padStart(5)}`;
    const flag = (entry?.flag ?? 0).toString(16).padStart(2, "0");
    const start = String(entry === undefined ? 0 : entry.start - base).padStart(11);
    const id = (entry?.type ?? 0).toString(16).padStart(2, "0");
    out += `${String(number).padStart(2)} ${flag}${place(h1, s1, c1)}${place(h2, s2, c2)}${start}${String(entry?.size ?? 0).padStart(11)} ${id}\n`;
    if (entry !== undefined && number <= 4 && !extended)
      out += consistencyText(table, number, entry);
  };
  if (!extended) {
    for (let number = 1; number <= 4; number++) row(number, table.get(number), 0);
    for (const [i, entry] of table.logical.entries()) {
      row(i + 5, entry, i === 0 ? (table.extended?.start ?? 0) : entry.table);
    }
    return out;
  }
  const { extended: outer } = table;
  if (outer === undefined) return out;
  row(table.extendedNumber, outer, 0);
  for (let i = 0; i < table.logical.length; i++) {
    const next = table.logical[i + 1];
    const link =
      next === undefined ? undefined : table.entry(next.table, next.start + next.size - 1, 5, 0);
    row(i + 5, link, outer.start);
  }
  return out;
}

/** The "d" command of the expert menu. */
export function rawText(table: FdiskTable): string {
  let out = `Device: ${table.device}\n`;
  for (const { bytes } of table.raw) {
    for (let at = 0; at < bytes.length; at += 16) {
      const row = Array.from(bytes.subarray(at, at + 16), (byte) =>
        byte.toString(16).toUpperCase().padStart(2, "0"),
      );
      out += `0x${at.toString(16).toUpperCase().padStart(3, "0")}: ${row.join(" ")}\n`;
    }
    out += "\n";
  }
  return out;
}
