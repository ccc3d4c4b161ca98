// Formats of hexdump -e (BSD's hexdump(1)): parsed to units, each compiled to a function that shows it.
import { strOf } from "../../lib/bytes.ts";
import {
  type FormatSpec,
  formatDouble,
  formatInteger,
  pad,
  parseConversion,
} from "../../libc/printf.ts";
import { die } from "../../libc/process.ts";

/** Bytes to be shown. Beyond `end` there are zeros up to the size of the block. */
export interface Block {
  readonly bytes: Uint8Array;
  /** Offset of the block in `bytes`. */
  readonly at: number;
  /** Offset in `bytes` where the data ends. */
  readonly end: number;
  /** Address that the first byte has. */
  readonly address: number;
}

/** One conversion with the text around it, or text alone. */
interface Part {
  /** Bytes that it shows. */
  size: number;
  /** Shows them; `at` is within the block. */
  show(block: Block, at: number): string;
  /** What stands in their place behind the end of the data. */
  blank: string;
  /** Does it show even behind the end? */
  always: boolean;
  /** Text that follows, and what is left of it after a unit's last repeat: the blanks at its end are not. */
  after: string;
  lastAfter: string;
  /** %_A: what it shows at the end of all. */
  atEnd?: (address: number) => string;
}

interface Unit {
  repeat: number;
  /** Was the count given? */
  counted: boolean;
  size: number;
  parts: Part[];
  /** Has it a %_A? Then it is for the end of all only. */
  end: boolean;
}

export interface DumpFormat {
  readonly units: Unit[];
  size: number;
}

const NAMES =
  "nul soh stx etx eot enq ack bel bs ht lf vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn etb can em sub esc fs gs rs us".split(
    " ",
  );
const ESCAPES: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

function resolveEscapes(text: string): string {
  const letters: Readonly<Record<string, string>> = {
    a: "\x07",
    b: "\b",
    f: "\f",
    n: "\n",
    r: "\r",
    t: "\t",
    v: "\v",
  };
  return text.replace(/\\([0-7]{1,3}|[\s\S])/g, (_, c: string) =>
    /^[0-7]/.test(c) ? String.fromCharCode(Number.parseInt(c, 8) & 255) : (letters[c] ?? c),
  );
}

/** Reads one format string: units of ITERATIONS/BYTES "TEXT". */
export function parseFormat(text: string): DumpFormat {
  const units: Unit[] = [];
  const bad = (): never => die(`bad format {${text}}`);
  let at = 0;
  for (;;) {
    while (/\s/.test(text.charAt(at))) at++;
    if (at >= text.length) break;
    const counts = /^(\d+)?(?:\/(\d+))?\s*/.exec(text.slice(at)) as RegExpExecArray;
    at += counts[0].length;
    if (text[at] !== '"') bad();
    const close = text.indexOf('"', at + 1);
    if (close < 0) bad();
    const format = resolveEscapes(text.slice(at + 1, close));
    at = close + 1;
    const bytes = counts[2] === undefined ? undefined : Number(counts[2]);
    const parts = parseParts(format, bytes);
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const repeat = counts[1] === undefined ? 1 : Number(counts[1]);
    if (repeat * Math.max(1, size) > 1 << 20) bad();
    units.push({
      repeat,
      counted: counts[1] !== undefined,
      size,
      parts,
      end: parts.some((part) => part.atEnd !== undefined),
    });
  }
  const size = units.reduce((sum, unit) => sum + unit.size * unit.repeat, 0);
  return { units, size };
}

function textPart(text: string): Part {
  return { size: 0, show: () => text, blank: text, always: true, after: "", lastAfter: "" };
}

function parseParts(format: string, bytes: number | undefined): Part[] {
  const parts: Part[] = [];
  let text = "";
  for (let at = 0; at < format.length; ) {
    if (format[at] !== "%") {
      text += format[at++];
      continue;
    }
    if (format[at + 1] === "%") {
      text += "%";
      at += 2;
      continue;
    }
    const special = /^%([-+ #0]*)(\d*)(?:\.(\d*))?_([aA][dox]|[cpu])/.exec(format.slice(at));
    let part: Part;
    if (special !== null) {
      at += special[0].length;
      part = specialPart(special);
    } else {
      const conversion = parseConversion(format, at);
      at = conversion.end;
      part = conversionPart(conversion.letter, conversion.spec, bytes);
    }
    // Text goes with the conversion before it; what is before the first goes by itself.
    let after = "";
    while (at < format.length && format[at] !== "%") after += format[at++];
    while (format.startsWith("%%", at)) {
      after += "%";
      at += 2;
      while (at < format.length && format[at] !== "%") after += format[at++];
    }
    if (text !== "") parts.push(textPart(text));
    text = "";
    part.after = after;
    part.lastAfter = after.trimEnd();
    parts.push(part);
  }
  if (text !== "") parts.push(textPart(text));
  return parts;
}

function specOf(flags: string, width: string, precision: string | undefined): FormatSpec {
  return {
    left: flags.includes("-"),
    zero: flags.includes("0"),
    plus: flags.includes("+"),
    space: flags.includes(" "),
    alternate: flags.includes("#"),
    width: Number(width),
    precision: precision === undefined ? undefined : Number(precision),
  };
}

function specialPart(m: RegExpExecArray): Part {
  const kind = m[4] as string;
  const spec = specOf(m[1] as string, m[2] as string, m[3]);
  const blank = " ".repeat(spec.width);
  if (kind.startsWith("a") || kind.startsWith("A")) {
    const letter = kind.charAt(1);
    const show = (address: number): string => formatInteger(address, letter, spec);
    if (kind.startsWith("A"))
      return {
        size: 0,
        show: () => "",
        blank: "",
        always: true,
        after: "",
        lastAfter: "",
        atEnd: show,
      };
    return {
      size: 0,
      show: (block, at) => show(block.address + at),
      blank,
      always: true,
      after: "",
      lastAfter: "",
    };
  }
  const table = Array.from({ length: 256 }, (_, byte) => {
    const c = String.fromCharCode(byte);
    const printable = byte >= 32 && byte < 127;
    if (kind === "p") return pad(printable ? c : ".", spec);
    if (kind === "c")
      return pad(printable ? c : (ESCAPES[c] ?? byte.toString(8).padStart(3, "0")), spec);
    const name = byte === 127 ? "del" : (NAMES[byte] ?? byte.toString(16).padStart(2, "0"));
    return pad(printable ? c : name, spec);
  });
  return {
    size: 1,
    show: ({ bytes, at: start }, at) => table[bytes[start + at] as number] as string,
    blank,
    always: false,
    after: "",
    lastAfter: "",
  };
}

function badCount(letter: string): never {
  return die(`bad byte count for conversion character ${letter}`);
}

function conversionPart(letter: string, spec: FormatSpec, bytes: number | undefined): Part {
  const blank = " ".repeat(spec.width);
  if (letter === "c") {
    if (bytes !== undefined && bytes !== 1) badCount(letter);
    return {
      size: 1,
      show: (b, at) => pad(String.fromCharCode(b.bytes[b.at + at] as number), spec),
      blank,
      always: false,
      after: "",
      lastAfter: "",
    };
  }
  if (letter === "s") {
    const size = bytes ?? spec.precision;
    if (size === undefined) return die("%s requires a precision or a byte count");
    const shown = spec.precision === undefined ? size : Math.min(spec.precision, size);
    return {
      size,
      show: (b, at) => {
        const text = strOf(b.bytes, b.at + at, b.at + at + shown);
        const zero = text.indexOf("\0");
        return pad(zero < 0 ? text : text.slice(0, zero), spec);
      },
      blank,
      always: false,
      after: "",
      lastAfter: "",
    };
  }
  if ("diouxX".includes(letter) && letter !== "") {
    const size = bytes ?? 4;
    if (![1, 2, 4].includes(size)) badCount(letter);
    // As the original has it, single bytes have no sign.
    const signed = (letter === "d" || letter === "i") && size > 1;
    // Short values come from a table.
    const table: string[] = [];
    return {
      size,
      show: ({ bytes: data, at: start }, at) => {
        const i = start + at;
        let value = data[i] as number;
        if (size > 1) value |= (data[i + 1] as number) << 8;
        if (size > 2) {
          value |= ((data[i + 2] as number) << 16) | ((data[i + 3] as number) << 24);
          return formatInteger(signed ? value : value >>> 0, letter, spec);
        }
        table[value] ??= formatInteger(
          signed ? (value << (32 - 8 * size)) >> (32 - 8 * size) : value,
          letter,
          spec,
        );
        return table[value] as string;
      },
      blank,
      always: false,
      after: "",
      lastAfter: "",
    };
  }
  if ("eEfgG".includes(letter) && letter !== "") {
    const size = bytes ?? 8;
    if (size !== 4 && size !== 8) badCount(letter);
    const view = new DataView(new ArrayBuffer(8));
    return {
      size,
      show: (b, at) => {
        for (let i = 0; i < size; i++) view.setUint8(i, b.bytes[b.at + at + i] as number);
        const value = size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
        return formatDouble(value, letter, spec);
      },
      blank,
      always: false,
      after: "",
      lastAfter: "",
    };
  }
  return die(`bad conversion character %${letter}`);
}

/** Lets the last unit of formats that show less than others show more. Answers the size of a block. */
export function fitFormats(formats: readonly DumpFormat[]): number {
  const size = formats.reduce((max, format) => Math.max(max, format.size), 0);
  for (const format of formats) {
    const unit = format.units.at(-1);
    if (unit !== undefined && !unit.counted && unit.size > 0 && format.size < size) {
      unit.repeat += Math.floor((size - format.size) / unit.size);
      format.size = size;
    }
  }
  return size;
}

/** What a format makes of a block. */
export function showBlock(format: DumpFormat, block: Block): string {
  let out = "";
  let at = 0;
  const length = block.end - block.at;
  for (const unit of format.units) {
    if (unit.end) continue;
    for (let i = unit.repeat; i > 0; i--) {
      for (let k = 0; k < unit.parts.length; k++) {
        const part = unit.parts[k] as Part;
        out += part.always || at < length ? part.show(block, at) : part.blank;
        // The blanks that part a unit's repeats are not wanted after the last.
        out +=
          i === 1 && unit.repeat > 1 && k === unit.parts.length - 1 ? part.lastAfter : part.after;
        at += part.size;
      }
    }
  }
  return out;
}

/** What a format shows at the end of all. */
export function showEnd(format: DumpFormat, address: number): string {
  let out = "";
  for (const unit of format.units) {
    if (!unit.end) continue;
    for (const part of unit.parts) out += (part.atEnd?.(address) ?? part.blank) + part.after;
  }
  return out;
}
