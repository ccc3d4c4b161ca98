// The commonest forms of hexdump, straight from bytes to bytes: rows of sixteen.

const HEX = "0123456789abcdef";

/** Writes the row of the 16 bytes at `at`, which has `width` bytes, to `to`. */
export interface RowWriter {
  readonly width: number;
  row(bytes: Uint8Array, at: number, address: number, out: Uint8Array, to: number): void;
}

/** Codes of the two digits of each byte. */
function digitTables(): [high: Uint8Array, low: Uint8Array] {
  const high = new Uint8Array(256);
  const low = new Uint8Array(256);
  for (let i = 0; i < 256; i++) {
    high[i] = HEX.charCodeAt(i >> 4);
    low[i] = HEX.charCodeAt(i & 15);
  }
  return [high, low];
}

function writeHex(value: number, digits: number, out: Uint8Array, to: number): void {
  let v = value;
  for (let i = digits - 1; i >= 0; i--) {
    out[to + i] = HEX.charCodeAt(v % 16);
    v = Math.floor(v / 16);
  }
}

/** hexdump -C */
export function canonicalRows(): RowWriter {
  const [high, low] = digitTables();
  const text = new Uint8Array(256);
  for (let i = 0; i < 256; i++) text[i] = i >= 32 && i < 127 ? i : 46;
  return {
    width: 79,
    row(bytes, at, address, out, to) {
      out.fill(32, to, to + 79);
      writeHex(address, 8, out, to);
      let hex = to + 10;
      out[to + 60] = 124;
      const column = to + 61;
      for (let i = 0; i < 16; i++) {
        const c = bytes[at + i] as number;
        out[hex] = high[c] as number;
        out[hex + 1] = low[c] as number;
        out[column + i] = text[c] as number;
        hex += i === 7 ? 4 : 3;
      }
      out[to + 77] = 124;
      out[to + 78] = 10;
    },
  };
}

/** hexdump without options: words of two bytes. */
export function wordRows(): RowWriter {
  const [high, low] = digitTables();
  return {
    width: 48,
    row(bytes, at, address, out, to) {
      out.fill(32, to, to + 48);
      writeHex(address, 7, out, to);
      let hex = to + 8;
      for (let i = 0; i < 16; i += 2) {
        const a = bytes[at + i] as number;
        const b = bytes[at + i + 1] as number;
        out[hex] = high[b] as number;
        out[hex + 1] = low[b] as number;
        out[hex + 2] = high[a] as number;
        out[hex + 3] = low[a] as number;
        hex += 5;
      }
      out[to + 47] = 10;
    },
  };
}
