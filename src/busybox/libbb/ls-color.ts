// Colours and marks of file names by type, as ls --color and -F show them.
import { S_IFMT } from "../../abi/stat.ts";

/** SGR parameters by the type bits of a mode: fifo, char, dir, block, regular, link, socket. */
const COLORS: Readonly<Record<number, string>> = {
  1: "0;35",
  2: "1;35",
  4: "1;34",
  6: "1;35",
  8: "0;0",
  10: "1;36",
  12: "1;35",
};
const MARKS: Readonly<Record<number, string>> = { 1: "|", 4: "/", 10: "@", 12: "=" };
const REGULAR = 8;

/** The name in its colour; no mode means that what it stands for is missing. */
export function paint(name: string, mode: number | undefined): string {
  let color = "1;31";
  if (mode !== undefined) {
    const type = (mode & S_IFMT) >> 12;
    color = type === REGULAR && (mode & 0o111) !== 0 ? "1;32" : (COLORS[type] ?? "0;0");
  }
  return `\x1b[${color}m${name}\x1b[m`;
}

/** What -F puts behind a name of this mode. */
export function indicator(mode: number): string {
  const type = (mode & S_IFMT) >> 12;
  return type === REGULAR && (mode & 0o111) !== 0 ? "*" : (MARKS[type] ?? "");
}
