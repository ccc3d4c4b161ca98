// Sizes for people (ls -h, df -h, du -h, free -h): three characters and a unit.
const UNITS = ["", "K", "M", "G", "T", "P", "E", "Z", "Y"];

/**
 * `units` of `unitSize` bytes each, with one decimal below 100 and a unit letter: "0", "512", "1.5K",
 * "120.3M" as BusyBox prints them.
 */
export function humanSize(units: number, unitSize = 1): string {
  let n = units * unitSize;
  if (n < 1024) return String(n);
  let unit = 0;
  while (n >= 1024 && unit < UNITS.length - 1) {
    n /= 1024;
    unit++;
  }
  // Tenths are rounded half up; what rounds to 1024.0 stays as it is.
  const tenths = Math.floor(n * 10 + 0.5);
  return `${Math.floor(tenths / 10)}.${tenths % 10}${UNITS[unit] ?? ""}`;
}

/** `units` of `unitSize` bytes in blocks of `display` bytes, rounded to the nearest. */
export function inBlocks(units: number, unitSize: number, display: number): number {
  return Math.floor((units * unitSize + display / 2) / display);
}
