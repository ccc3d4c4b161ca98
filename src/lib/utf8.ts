// UTF-8 (RFC 3629) between byte strings and UTF-16, and how many columns a character takes (wcwidth).
//
// A byte that is not part of a well-formed sequence becomes the lone surrogate U+DC00 + byte (U+DC80..U+DCFF),
// so that any byte string survives decode and encode unchanged.
import { bytesOf, nativeBytes, strOf } from "./bytes.ts";
import { DOUBLE_WIDTH, ZERO_WIDTH } from "./width-table.ts";

/** From here on the host's own functions win over a loop. */
const WORTH_A_CALL = 48;
/** Code units gathered before they are turned into a string. */
const BLOCK = 4096;

/** Are all chars below 0x80? */
export function isAscii(s: string): boolean {
  const n = s.length;
  if (n >= WORTH_A_CALL) {
    const host = nativeBytes();
    if (host !== null) return host.byteLength(s) === n;
  }
  for (let i = 0; i < n; i++) if (s.charCodeAt(i) >= 0x80) return false;
  return true;
}

/** Byte string to UTF-16. */
export function decodeUtf8(s: string): string {
  if (isAscii(s)) return s;
  if (s.length >= WORTH_A_CALL) {
    const host = nativeBytes();
    if (host !== null) {
      const u = host.utf8Slice.call(bytesOf(s), 0, s.length);
      // U+FFFD is either in the text or the host's mark for a bad byte: then we look ourselves.
      if (!u.includes("\ufffd")) return u;
    }
  }
  return decodeSlowly(s);
}

/**
 * Length of the well-formed sequence that begins at `i` with a byte >= 0x80, or 0 when it is not one.
 * Overlong forms, surrogates and what lies above U+10FFFF are not well-formed.
 */
export function sequenceLength(s: string, i: number): number {
  const c = s.charCodeAt(i);
  if (c < 0xc2 || c > 0xf4) return 0;
  const c1 = s.charCodeAt(i + 1);
  if ((c1 & 0xc0) !== 0x80) return 0;
  if (c < 0xe0) return 2;
  if ((s.charCodeAt(i + 2) & 0xc0) !== 0x80) return 0;
  if (c < 0xf0) return (c === 0xe0 && c1 < 0xa0) || (c === 0xed && c1 > 0x9f) ? 0 : 3;
  if ((s.charCodeAt(i + 3) & 0xc0) !== 0x80) return 0;
  return (c === 0xf0 && c1 < 0x90) || (c === 0xf4 && c1 > 0x8f) ? 0 : 4;
}

function decodeSlowly(s: string): string {
  const units = new Uint16Array(Math.min(s.length, BLOCK + 2));
  let out = "";
  let k = 0;
  for (let i = 0; i < s.length; ) {
    if (k >= BLOCK) {
      out += String.fromCharCode.apply(null, units.subarray(0, k) as unknown as number[]);
      k = 0;
    }
    const c = s.charCodeAt(i);
    if (c < 0x80) {
      units[k++] = c;
      i++;
      continue;
    }
    const n = sequenceLength(s, i);
    if (n === 0) {
      units[k++] = 0xdc00 + c;
      i++;
      continue;
    }
    const c1 = s.charCodeAt(i + 1) & 63;
    if (n === 2) units[k++] = ((c & 31) << 6) | c1;
    else {
      const c2 = s.charCodeAt(i + 2) & 63;
      if (n === 3) units[k++] = ((c & 15) << 12) | (c1 << 6) | c2;
      else {
        const cp = ((c & 7) << 18) | (c1 << 12) | (c2 << 6) | (s.charCodeAt(i + 3) & 63);
        units[k++] = 0xd7c0 + (cp >> 10);
        units[k++] = 0xdc00 | (cp & 0x3ff);
      }
    }
    i += n;
  }
  return out + String.fromCharCode.apply(null, units.subarray(0, k) as unknown as number[]);
}

/**
 * UTF-16 to byte string; lone U+DC80..U+DCFF become the byte they stand for.
 * Any other lone surrogate, which no byte string decodes to, becomes U+FFFD.
 */
export function encodeUtf8(u: string): string {
  return isAscii(u) ? u : strOf(encodeUtf8Bytes(u));
}

/** As {@link encodeUtf8}, to bytes. */
export function encodeUtf8Bytes(u: string): Uint8Array {
  const host = u.length >= WORTH_A_CALL ? nativeBytes() : null;
  if (host !== null && !/\p{Surrogate}/u.test(u)) {
    const out = new Uint8Array(host.byteLength(u));
    host.utf8Write.call(out, u, 0, out.length);
    return out;
  }
  const out = new Uint8Array(u.length * 3);
  let k = 0;
  for (let i = 0; i < u.length; i++) {
    let c = u.charCodeAt(i);
    if (c < 0x80) {
      out[k++] = c;
      continue;
    }
    if (c < 0x800) {
      out[k++] = 0xc0 | (c >> 6);
      out[k++] = 0x80 | (c & 63);
      continue;
    }
    if (c >= 0xd800 && c < 0xe000) {
      const low = c < 0xdc00 ? u.charCodeAt(i + 1) : 0;
      if (low >= 0xdc00 && low < 0xe000) {
        i++;
        const cp = ((c - 0xd7c0) << 10) | (low & 0x3ff);
        out[k++] = 0xf0 | (cp >> 18);
        out[k++] = 0x80 | ((cp >> 12) & 63);
        out[k++] = 0x80 | ((cp >> 6) & 63);
        out[k++] = 0x80 | (cp & 63);
        continue;
      }
      if (c >= 0xdc80 && c <= 0xdcff) {
        out[k++] = c & 255;
        continue;
      }
      c = 0xfffd;
    }
    out[k++] = 0xe0 | (c >> 12);
    out[k++] = 0x80 | ((c >> 6) & 63);
    out[k++] = 0x80 | (c & 63);
  }
  return out.subarray(0, k);
}

/** Bytes to UTF-16, as {@link decodeUtf8}. */
export function decodeUtf8Bytes(b: Uint8Array): string {
  return decodeUtf8(strOf(b));
}

/** Characters in a byte string, each byte that belongs to none counting as one. */
export function utf8Length(s: string): number {
  if (isAscii(s)) return s.length;
  let n = 0;
  for (let i = 0; i < s.length; n++) i += s.charCodeAt(i) < 0x80 ? 1 : sequenceLength(s, i) || 1;
  return n;
}

// Memo of the constant tables: start and end of each range, flat.
let zeroWidth: Int32Array | undefined;
let doubleWidth: Int32Array | undefined;

function ranges(text: string): Int32Array {
  const parts = text.split(" ");
  const out = new Int32Array(parts.length * 2);
  let at = 0x300;
  for (const [i, part] of parts.entries()) {
    const [gap = "", length = "1"] = part.split(":");
    at += Number.parseInt(gap, 36);
    out[2 * i] = at;
    at += Number.parseInt(length, 36);
    out[2 * i + 1] = at - 1;
  }
  return out;
}

function within(table: Int32Array, cp: number): boolean {
  let low = 0;
  let high = (table.length >> 1) - 1;
  while (low <= high) {
    const mid = (low + high) >> 1;
    if (cp < (table[2 * mid] as number)) high = mid - 1;
    else if (cp > (table[2 * mid + 1] as number)) low = mid + 1;
    else return true;
  }
  return false;
}

/** Columns that a code point takes on a terminal: 0, 1 or 2, and -1 for control characters (musl's wcwidth). */
export function charWidth(cp: number): number {
  if (cp < 0x300) return (cp >= 0x20 && cp < 0x7f) || cp >= 0xa0 ? 1 : cp === 0 ? 0 : -1;
  if (cp > 0x10ffff || (cp & 0xfffe) === 0xfffe) return -1;
  zeroWidth ??= ranges(ZERO_WIDTH);
  if (within(zeroWidth, cp)) return 0;
  doubleWidth ??= ranges(DOUBLE_WIDTH);
  return within(doubleWidth, cp) ? 2 : 1;
}
