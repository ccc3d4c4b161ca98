// The traditional encoding of uuencode (POSIX, "historical algorithm"): lines of a length character and
// up to 45 bytes in groups of four printable characters.
import { FormatError } from "./format-error.ts";

/** Bytes in a full line; feed {@link uuEncode} multiples of it but for the last time. */
export const UU_LINE = 45;

/** The lines for `b`. The caller adds the closing "`" line and the "begin" and "end" around it. */
export function uuEncode(b: Uint8Array): Uint8Array {
  const lines = Math.ceil(b.length / UU_LINE);
  const out = new Uint8Array(Math.ceil(b.length / 3) * 4 + lines * 6);
  let k = 0;
  for (let at = 0; at < b.length; at += UU_LINE) {
    const end = Math.min(at + UU_LINE, b.length);
    out[k++] = printable(end - at);
    for (let i = at; i < end; i += 3) {
      const v =
        ((b[i] as number) << 16) |
        ((i + 1 < end ? (b[i + 1] as number) : 0) << 8) |
        (i + 2 < end ? (b[i + 2] as number) : 0);
      out[k] = printable(v >> 18);
      out[k + 1] = printable((v >> 12) & 63);
      out[k + 2] = printable((v >> 6) & 63);
      out[k + 3] = printable(v & 63);
      k += 4;
    }
    out[k++] = 10;
  }
  return out.subarray(0, k);
}

/** Zero is "`" and not a space, which mailers would eat. */
function printable(v: number): number {
  return v === 0 ? 0x60 : v + 0x20;
}

/** The bytes of one line (without its newline). An empty result is the closing line. */
export function uuDecodeLine(line: string): Uint8Array {
  const n = line === "" ? 0 : (line.charCodeAt(0) - 0x20) & 63;
  const groups = Math.ceil(n / 3);
  if (line.length < 1 + groups * 4 && n > 0) throw new FormatError("eof", "short file");
  const out = new Uint8Array(groups * 3);
  for (let g = 0; g < groups; g++) {
    let v = 0;
    for (let i = 0; i < 4; i++) v = (v << 6) | ((line.charCodeAt(1 + 4 * g + i) - 0x20) & 63);
    out[3 * g] = v >> 16;
    out[3 * g + 1] = v >> 8;
    out[3 * g + 2] = v;
  }
  return out.subarray(0, n);
}
