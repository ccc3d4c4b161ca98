// Little- and big-endian fields of on-disk structures.

export function get16(b: Uint8Array, at: number): number {
  return (b[at] as number) | ((b[at + 1] as number) << 8);
}
export function get32(b: Uint8Array, at: number): number {
  return (get16(b, at) | (get16(b, at + 2) << 16)) >>> 0;
}
export function put16(b: Uint8Array, at: number, value: number): void {
  b[at] = value & 255;
  b[at + 1] = (value >> 8) & 255;
}
export function put32(b: Uint8Array, at: number, value: number): void {
  b[at] = value & 255;
  b[at + 1] = (value >>> 8) & 255;
  b[at + 2] = (value >>> 16) & 255;
  b[at + 3] = (value >>> 24) & 255;
}
export function getBe32(b: Uint8Array, at: number): number {
  return (
    (((b[at] as number) << 24) |
      ((b[at + 1] as number) << 16) |
      ((b[at + 2] as number) << 8) |
      (b[at + 3] as number)) >>>
    0
  );
}
export function putBe32(b: Uint8Array, at: number, value: number): void {
  b[at] = (value >>> 24) & 255;
  b[at + 1] = (value >>> 16) & 255;
  b[at + 2] = (value >>> 8) & 255;
  b[at + 3] = value & 255;
}
/** The upper half of a number of up to 53 bits. */
export function high32(value: number): number {
  return Math.floor(value / 2 ** 32);
}
