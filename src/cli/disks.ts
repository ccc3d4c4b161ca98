// --disk FILE[,size=8G][,ro][,sector=4096] and --iso FILE: disks of a machine from the command line.
import { DiskError, HostDisk, type HostDiskOptions } from "../host/node/disk.ts";
import type { DiskSpec } from "../kernel/block/attach.ts";
import { UsageError } from "./options.ts";

/** One disk as it was asked for. */
export interface DiskArgument {
  path: string;
  kind: "disk" | "cdrom";
  options: HostDiskOptions;
}

/** Sizes as "8G", "512M", "1.5T", bytes without a letter; letters are powers of 1024. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i.exec(text);
  if (match === null) throw new UsageError(`invalid size: '${text}'`);
  const bytes = Number(match[1]) * 1024 ** " kmgt".indexOf((match[2] || " ").toLowerCase());
  if (!Number.isSafeInteger(bytes) || bytes < 512) throw new UsageError(`invalid size: '${text}'`);
  return bytes;
}

/** The value of --disk. A comma in the file's name is written twice. */
export function parseDisk(text: string): DiskArgument {
  const [path = "", ...rest] = text
    .replaceAll(",,", "\0")
    .split(",")
    .map((part) => part.replaceAll("\0", ","));
  if (path === "")
    throw new UsageError(`invalid disk: '${text}': FILE[,size=SIZE][,ro] is expected`);
  const options: HostDiskOptions = {};
  for (const part of rest) {
    const [, name = "", value] = /^([^=]*)(?:=(.*))?$/.exec(part) ?? [];
    if (name === "size" && value !== undefined) options.size = parseSize(value);
    else if (name === "ro" && value === undefined) options.readonly = true;
    else if (name === "sector" && (value === "512" || value === "4096")) {
      options.sectorSize = Number(value);
    } else throw new UsageError(`invalid disk: '${text}': unknown option '${part}'`);
  }
  return { path, kind: "disk", options };
}

/** The value of --iso. */
export function parseIso(path: string): DiskArgument {
  if (path === "") throw new UsageError("invalid ISO: a file is expected");
  return { path, kind: "cdrom", options: { readonly: true, sectorSize: 2048 } };
}

/** Opens them all, or none; throws UsageError. They are closed with the machine. */
export function openDisks(all: readonly DiskArgument[]): DiskSpec[] {
  const opened: DiskSpec[] = [];
  try {
    for (const { path, kind, options } of all) {
      opened.push({ device: new HostDisk(path, options), kind });
    }
  } catch (error) {
    for (const { device } of opened) device.close?.();
    if (error instanceof DiskError) throw new UsageError(error.message);
    throw error;
  }
  return opened;
}
