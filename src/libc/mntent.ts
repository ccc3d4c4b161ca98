// mntent.h: the tables of mounted file systems, /proc/mounts and /etc/fstab (fstab(5)).
import type { Steps, Sys } from "../abi/program.ts";
import { readText } from "./unistd.ts";

export interface MountEntry {
  source: string;
  dir: string;
  type: string;
  /** Comma-separated. */
  options: string;
  /** Fifth and sixth field. */
  freq: number;
  passno: number;
}

function decodeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8) & 255),
  );
}

/** The entries of a table; none when it cannot be read. */
export function* mountEntries(sys: Sys, path = "/proc/mounts"): Steps<MountEntry[]> {
  const text = (yield* readText(sys, path, 1 << 24)) ?? "";
  const entries: MountEntry[] = [];
  for (const line of text.split("\n")) {
    const fields = line.trim().split(/[ \t]+/);
    if (fields.length < 3 || line.startsWith("#")) continue;
    const [source = "", dir = "", type = "", options = "defaults", freq = "0", passno = "0"] =
      fields;
    entries.push({
      source: decodeOctal(source),
      dir: decodeOctal(dir),
      type: decodeOctal(type),
      options: decodeOctal(options),
      freq: Number(freq) || 0,
      passno: Number(passno) || 0,
    });
  }
  return entries;
}
