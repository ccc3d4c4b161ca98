// Checksums of ext4's metadata: CRC-32C (Castagnoli) and CRC-16, both as registers without final inversion.

// Memos of constant tables.
let tables: Int32Array | undefined;
let narrow: Uint16Array | undefined;

function castagnoli(): Int32Array {
  if (tables !== undefined) return tables;
  const t = new Int32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
    t[n] = c;
  }
  for (let i = 256; i < t.length; i++) {
    const c = t[i - 256] as number;
    t[i] = (c >>> 8) ^ (t[c & 255] as number);
  }
  tables = t;
  return t;
}

/** The register after `b[start..end)`, going on from `crc` (0xffffffff at first); unsigned. */
export function crc32c(crc: number, b: Uint8Array, start = 0, end: number = b.length): number {
  const t = castagnoli();
  let c = crc | 0;
  let i = start;
  for (const last = end - 7; i < last; i += 8) {
    c =
      (t[1792 + ((b[i] as number) ^ (c & 255))] as number) ^
      (t[1536 + ((b[i + 1] as number) ^ ((c >>> 8) & 255))] as number) ^
      (t[1280 + ((b[i + 2] as number) ^ ((c >>> 16) & 255))] as number) ^
      (t[1024 + ((b[i + 3] as number) ^ (c >>> 24))] as number) ^
      (t[768 + (b[i + 4] as number)] as number) ^
      (t[512 + (b[i + 5] as number)] as number) ^
      (t[256 + (b[i + 6] as number)] as number) ^
      (t[b[i + 7] as number] as number);
  }
  for (; i < end; i++) c = (c >>> 8) ^ (t[(c ^ (b[i] as number)) & 255] as number);
  return c >>> 0;
}

/** The same over a 32-bit number, least significant byte first. */
export function crc32cOf(crc: number, value: number): number {
  const t = castagnoli();
  let c = crc | 0;
  for (let i = 0; i < 32; i += 8) c = (c >>> 8) ^ (t[(c ^ (value >>> i)) & 255] as number);
  return c >>> 0;
}

/** CRC-16 (polynomial 0xa001), as group descriptors without metadata_csum have it. */
export function crc16(crc: number, b: Uint8Array, start = 0, end: number = b.length): number {
  if (narrow === undefined) {
    narrow = new Uint16Array(256);
    for (let n = 0; n < 256; n++) {
      let c = n;
      for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? (c >>> 1) ^ 0xa001 : c >>> 1;
      narrow[n] = c;
    }
  }
  let c = crc;
  for (let i = start; i < end; i++)
    c = (c >>> 8) ^ (narrow[(c ^ (b[i] as number)) & 255] as number);
  return c;
}
