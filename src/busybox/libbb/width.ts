// How many columns a text takes on a terminal, and text made fit to be shown.
import { charWidth, decodeUtf8, encodeUtf8, isAscii } from "../../lib/utf8.ts";

/** Columns of a byte string; what has no width of its own (control characters, stray bytes) counts as one. */
export function textWidth(s: string): number {
  if (isAscii(s)) return s.length;
  let n = 0;
  for (const c of decodeUtf8(s)) {
    const width = charWidth(c.codePointAt(0) as number);
    n += width < 0 ? 1 : width;
  }
  return n;
}

/** A name as ls shows it: "?" for what a terminal cannot show. */
export function printable(s: string): string {
  if (!/[^ -~]/.test(s)) return s;
  let out = "";
  for (const c of decodeUtf8(s)) {
    const cp = c.codePointAt(0) as number;
    out += charWidth(cp) < 0 || (cp >= 0xd800 && cp < 0xe000) || cp === 0 ? "?" : c;
  }
  return encodeUtf8(out);
}
