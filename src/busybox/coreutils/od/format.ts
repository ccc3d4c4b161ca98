// How od writes bytes: types of -t and the writers of their columns.
import { formatDouble } from "../../../libc/printf.ts";

/** One type of -t: what an item is and how wide it is printed. */
export interface Type {
  letter: string;
  /** Bytes of an item. */
  size: number;
  /** Columns of an item, the space before it included. */
  width: number;
  /** z: the line's characters follow. */
  text: boolean;
}

const NAMES =
  "nul soh stx etx eot enq ack bel  bs  ht  nl  vt  ff  cr  so  si " +
  "dle dc1 dc2 dc3 dc4 nak syn etb can  em sub esc  fs  gs  rs  us  sp";

const ESCAPES: Readonly<Record<number, string>> = {
  0: "\\0",
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
};

const WIDTHS: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  d: { 1: 5, 2: 7, 4: 12, 8: 21 },
  u: { 1: 4, 2: 6, 4: 11, 8: 21 },
  o: { 1: 4, 2: 7, 4: 12, 8: 23 },
  x: { 1: 3, 2: 5, 4: 9, 8: 17 },
  f: { 4: 16, 8: 24 },
  a: { 1: 4 },
  c: { 1: 4 },
};

/** The type of this letter and size, if there is one. */
export function typeOf(letter: string, size: number, text = false): Type | undefined {
  const width = WIDTHS[letter]?.[size];
  return width === undefined ? undefined : { letter, size, width, text };
}

const SIZES: Readonly<Record<string, number>> = { C: 1, S: 2, I: 4, L: 8, F: 4, D: 8 };

/** Types of a string such as "x1o2z"; a message when there is something wrong. */
export function parseTypes(text: string): Type[] | string {
  const types: Type[] = [];
  for (let at = 0; at < text.length; ) {
    const letter = text.charAt(at++);
    if (!"doxufac".includes(letter))
      return `invalid character '${letter}' in type string '${text}'`;
    const float = letter === "f";
    let size = letter === "a" || letter === "c" ? 1 : float ? 8 : 4;
    if (letter !== "a" && letter !== "c") {
      const digits = /^[0-9]+/.exec(text.slice(at))?.[0];
      const name = text.charAt(at);
      if (digits !== undefined) {
        // As the original has it: a number must end the string.
        at += digits.length;
        size = at === text.length ? Number(digits) : 0xffffffff;
      } else if ((float ? "FDL" : "CSIL").includes(name) && name !== "") {
        // A long double has 16 bytes, and nothing here that could print it.
        size = float && name === "L" ? 16 : (SIZES[name] as number);
        at++;
      }
    }
    const z = text[at] === "z";
    if (z) at++;
    const type = typeOf(letter, size, z);
    if (type === undefined)
      return `invalid type string '${text}'; ${size}-byte ${float ? "floating point" : "integral"} type is not supported`;
    types.push(type);
  }
  return types;
}

/** Writes `count` items of `data` at `from` into `out` at `k`; returns where it ended. */
export type Writer = (
  data: Uint8Array,
  from: number,
  count: number,
  out: Uint8Array,
  k: number,
) => number;

function putText(out: Uint8Array, k: number, s: string, width: number): number {
  let at = k;
  for (let n = width - s.length; n > 0; n--) out[at++] = 32;
  for (let i = 0; i < s.length; i++) out[at++] = s.charCodeAt(i);
  return at;
}

/** A writer by way of a table: for items of one byte. */
function byteWriter(width: number, text: (byte: number) => string): Writer {
  const table = new Uint8Array(256 * width);
  for (let b = 0; b < 256; b++) putText(table, b * width, text(b), width);
  return (data, from, count, out, k) => {
    for (let i = 0; i < count; i++) {
      const base = (data[from + i] as number) * width;
      for (let c = 0; c < width; c++) out[k++] = table[base + c] as number;
    }
    return k;
  };
}

function little(data: Uint8Array, at: number, size: number): number {
  const low = (data[at] as number) | ((data[at + 1] as number) << 8);
  if (size === 2) return low;
  return low | ((data[at + 2] as number) << 16) | ((data[at + 3] as number) << 24);
}

/** Fixed numbers of octal or hexadecimal digits. */
function digitWriter(type: Type): Writer {
  const { size, width } = type;
  const bits = type.letter === "x" ? 4 : 3;
  const mask = (1 << bits) - 1;
  const digits = width - 1;
  return (data, from, count, out, k) => {
    for (let i = 0; i < count; i++) {
      let v = little(data, from + i * size, size);
      out[k] = 32;
      for (let c = k + digits; c > k; c--) {
        const d = v & mask;
        out[c] = d < 10 ? 48 + d : 87 + d;
        v >>>= bits;
      }
      k += width;
    }
    return k;
  };
}

function textOf(type: Type): (view: DataView, at: number) => string {
  const { letter, size } = type;
  if (letter === "f") {
    const precision = size === 4 ? 7 : 15;
    const spec = {
      left: false,
      zero: false,
      plus: false,
      space: false,
      alternate: false,
      width: 0,
      precision,
    };
    return (view, at) => {
      const v = size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
      // The sign of what is no number is shown as well.
      const negative = view.getUint8(at + size - 1) > 127;
      return Number.isNaN(v) ? (negative ? "-nan" : "nan") : formatDouble(v, "e", spec);
    };
  }
  if (size === 8) {
    const base = letter === "x" ? 16 : letter === "o" ? 8 : 10;
    const signed = letter === "d";
    const length = base === 10 ? 0 : type.width - 1;
    return (view, at) =>
      (signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true))
        .toString(base)
        .padStart(length, "0");
  }
  if (letter === "d")
    return (view, at) => String(size === 2 ? view.getInt16(at, true) : view.getInt32(at, true));
  return (view, at) => String(size === 2 ? view.getUint16(at, true) : view.getUint32(at, true));
}

/** What writes the columns of this type. */
export function writerOf(type: Type): Writer {
  const { letter, size, width } = type;
  if (size === 1) {
    const names = NAMES.split(/ +/);
    return byteWriter(width, (b) => {
      if (letter === "a")
        return (b & 127) === 127 ? "del" : (names[b & 127] ?? String.fromCharCode(b & 127));
      if (letter === "c") {
        if (b >= 32 && b < 127) return String.fromCharCode(b);
        return ESCAPES[b] ?? b.toString(8).padStart(3, "0");
      }
      if (letter === "d") return String((b << 24) >> 24);
      return letter === "u"
        ? String(b)
        : b.toString(letter === "x" ? 16 : 8).padStart(width - 1, "0");
    });
  }
  if (size < 8 && (letter === "x" || letter === "o")) return digitWriter(type);
  const text = textOf(type);
  return (data, from, count, out, k) => {
    const view = new DataView(data.buffer, data.byteOffset);
    for (let i = 0; i < count; i++) k = putText(out, k, text(view, from + i * size), width);
    return k;
  };
}
