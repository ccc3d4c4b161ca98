// What lines are compared by: -k, -t and the flags that go with them (POSIX sort, "keys").

import { strOf } from "../../../lib/bytes.ts";
import { strtod } from "../../../libc/stdlib.ts";
import type { Lines } from "./lines.ts";

/** A key: from a field and character to another. Numbers count from 1. */
export interface Key {
  field: number;
  char: number;
  /** 0: to the end of the line. */
  endField: number;
  /** 0: to the end of the field. */
  endChar: number;
  /** Blanks at the start, and at the end, do not count (b). */
  startBlanks: boolean;
  endBlanks: boolean;
  /** Letters of dfgiMhnrV. */
  flags: string;
}

/** What may stand after a key's position. */
export const KEY_FLAGS = "bdfgiMhnrV";

/** How the bytes of a key become what is compared. */
export type Kind = "bytes" | "number" | "general" | "month" | "human" | "version";

/** Which kind the flags ask for; undefined when they contradict. */
export function kindOf(flags: string): Kind | undefined {
  const kinds = [...new Set(flags.replace(/[^nghMV]/g, ""))];
  if (kinds.length > 1) return undefined;
  switch (kinds[0] ?? "") {
    case "n":
      return "number";
    case "g":
      return "general";
    case "h":
      return "human";
    case "M":
      return "month";
    case "V":
      return "version";
    default:
      return "bytes";
  }
}

function isSpace(c: number | undefined): boolean {
  return c === 32 || (c !== undefined && c >= 9 && c <= 13);
}

/** Where the field that begins at `from` ends. */
function fieldEnd(
  text: Uint8Array,
  from: number,
  to: number,
  separator: number | undefined,
): number {
  let at = from;
  if (separator !== undefined) {
    while (at < to && text[at] !== separator) at++;
    return at;
  }
  // The blanks before a field belong to it.
  while (at < to && isSpace(text[at])) at++;
  while (at < to && !isSpace(text[at])) at++;
  return at;
}

/** Begin and end of a key in each of the lines. */
export interface Spans {
  start: Int32Array;
  end: Int32Array;
}

/** Finds a key in all lines. */
export function keySpans(lines: Lines, key: Key, separator: number | undefined): Spans {
  const { text, count } = lines;
  const blanks = key.startBlanks;
  if (key.field === 1 && key.char === 1 && key.endField === 0 && !blanks)
    return { start: lines.start, end: lines.end };
  const start = new Int32Array(count);
  const end = new Int32Array(count);
  const skip = separator === undefined ? 0 : 1;
  for (let i = 0; i < count; i++) {
    const lineStart = lines.start[i] as number;
    const lineEnd = lines.end[i] as number;
    let from = lineStart;
    for (let n = key.field; n > 1 && from < lineEnd; n--)
      from = fieldEnd(text, from, lineEnd, separator) + skip;
    if (from > lineEnd) from = lineEnd;
    let to = lineEnd;
    if (key.endField > 0) {
      to = lineStart;
      if (key.endChar > 0) {
        // As the original has it: the end's character is counted from the line's start, not its field's.
        to = Math.min(lineEnd, to + key.endChar);
      } else {
        for (let n = key.endField; n > 1 && to < lineEnd; n--)
          to = fieldEnd(text, to, lineEnd, separator) + skip;
        to = to > lineEnd ? lineEnd : fieldEnd(text, to, lineEnd, separator);
      }
    }
    if (key.endBlanks) while (to > lineStart && isSpace(text[to - 1])) to--;
    if (blanks) while (from < lineEnd && isSpace(text[from])) from++;
    from = Math.min(lineEnd, from + key.char - 1);
    start[i] = from;
    end[i] = Math.max(from, to);
  }
  return { start, end };
}

/** The bytes of keys after -d, -i and -f, as a text of their own. */
export function transformed(
  text: Uint8Array,
  spans: Spans,
  flags: string,
): { text: Uint8Array; spans: Spans } {
  const table = new Int16Array(256);
  for (let c = 0; c < 256; c++) {
    const alnum = (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
    let kept = true;
    if (flags.includes("d")) kept = alnum || isSpace(c);
    if (flags.includes("i") && (c < 32 || c > 126)) kept = false;
    table[c] = !kept ? -1 : flags.includes("f") && c >= 97 && c <= 122 ? c - 32 : c;
  }
  const n = spans.start.length;
  let size = 0;
  for (let i = 0; i < n; i++) size += (spans.end[i] as number) - (spans.start[i] as number);
  const out = new Uint8Array(size);
  const start = new Int32Array(n);
  const end = new Int32Array(n);
  let k = 0;
  for (let i = 0; i < n; i++) {
    start[i] = k;
    const to = spans.end[i] as number;
    for (let at = spans.start[i] as number; at < to; at++) {
      const c = table[text[at] as number] as number;
      if (c >= 0) out[k++] = c;
    }
    end[i] = k;
  }
  return { text: out, spans: { start, end } };
}

/** strtod(3) of text[from … to): what most numbers look like is read right here. */
function readNumber(text: Uint8Array, from: number, to: number): { value: number; end: number } {
  let at = from;
  while (at < to && isSpace(text[at])) at++;
  const first = at;
  const negative = text[at] === 45 && at < to;
  if (negative) at++;
  let value = 0;
  const digits = at;
  for (; at < to; at++) {
    const d = (text[at] as number) - 48;
    if (d < 0 || d > 9) break;
    value = value * 10 + d;
  }
  const next = at < to ? (text[at] as number) : 10;
  const simple = at > digits && at - digits <= 15;
  // Fractions, exponents, hexadecimal and the rest are rare.
  if (simple && next !== 46 && (next | 32) !== 101 && (next | 32) !== 120)
    return { value: negative ? -value : value, end: at };
  const { value: v, end } = strtod(strOf(text, first, Math.min(to, first + 4096)));
  return { value: v, end: end === 0 ? from : first + end };
}

/** A number for -g: NaN comes before all others, even minus infinity. */
function ordered(value: number): number {
  if (Number.isNaN(value)) return -Number.MAX_VALUE;
  return value === -Infinity ? -Number.MAX_VALUE * (1 - Number.EPSILON) : value;
}

const MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";

function month(text: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isSpace(text[at])) at++;
  if (to - at < 3) return 0;
  const i = MONTHS.indexOf(strOf(text, at, at + 3).toLowerCase());
  return i % 3 === 0 ? i / 3 + 1 : 0;
}

/** One number for each line; for sizes with a unit (-h) also one for the unit, which counts first. */
export function numericKeys(text: Uint8Array, spans: Spans, kind: Kind): Float64Array[] {
  const n = spans.start.length;
  const values = new Float64Array(n);
  const units = new Float64Array(kind === "human" ? n : 0);
  for (let i = 0; i < n; i++) {
    const from = spans.start[i] as number;
    const to = spans.end[i] as number;
    if (kind === "month") {
      values[i] = month(text, from, to);
      continue;
    }
    const { value, end } = readNumber(text, from, to);
    // Not a number: equal to zero (-n), or before all that are (-g).
    if (kind === "general") values[i] = end === from ? -Infinity : ordered(value);
    else values[i] = Number.isNaN(value) ? Infinity : value;
    if (kind === "human" && end < to) {
      const unit = "KMGTPEZY".indexOf(String.fromCharCode(text[end] as number)) + 1;
      // Of the small letters only k is a unit.
      units[i] = text[end] === 107 ? 1 : unit;
    }
  }
  return kind === "human" ? [units, values] : [values];
}
