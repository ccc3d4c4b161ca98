// printf and sprintf of awk, and numbers as text. Integers are those of C's int, as in BusyBox.
import {
  type FormatSpec,
  formatDouble,
  formatInteger,
  formatString,
} from "../../../libc/printf.ts";

const INT_MIN = -0x80000000;
/** A conversion: flags, width, precision, letter. */
const CONVERSION = /%([-+ #0]*)([0-9]*)(?:\.([0-9]*))?([\s\S]?)/y;
/** Widths and precisions beyond this would only fill memory. */
const WIDTH_MAX = 1 << 24;
/** Formats kept by one program. */
const KEPT = 200;

/** A double as int: what does not fit is INT_MIN, as on x86. */
export function toInt(x: number): number {
  const n = Math.trunc(x);
  return n >= INT_MIN && n <= 0x7fffffff ? n : INT_MIN;
}

/** What a format is made of. */
type Piece = string | { letter: string; spec: FormatSpec };

export interface FormatArguments {
  readonly count: number;
  number(i: number): number;
  text(i: number): string;
  isNumber(i: number): boolean;
}

export class Formats {
  readonly #kept = new Map<string, readonly Piece[]>();
  readonly #fail: (message: string) => never;

  constructor(fail: (message: string) => never) {
    this.#fail = fail;
  }

  #pieces(format: string): readonly Piece[] {
    const known = this.#kept.get(format);
    if (known !== undefined) return known;
    const out: Piece[] = [];
    const re = new RegExp(CONVERSION);
    for (let at = 0; at < format.length; ) {
      const percent = format.indexOf("%", at);
      if (percent < 0) {
        out.push(format.slice(at));
        break;
      }
      if (percent > at) out.push(format.slice(at, percent));
      re.lastIndex = percent;
      const m = re.exec(format) as RegExpExecArray;
      at = re.lastIndex;
      const letter = m[4] as string;
      if (letter === "%") out.push(m[0] === "%%" ? "%" : m[0]);
      else if (letter === "") out.push(m[0]);
      else if (letter === "*") this.#fail("%*x formats are not supported");
      else if (!"cdiouxXeEfFgGaAs".includes(letter)) out.push({ letter: "", spec: NO_SPEC });
      else {
        const flags = m[1] as string;
        out.push({
          letter,
          spec: {
            left: flags.includes("-"),
            zero: flags.includes("0"),
            plus: flags.includes("+"),
            space: flags.includes(" "),
            alternate: flags.includes("#"),
            width: Math.min(Number(m[2]), WIDTH_MAX),
            precision: m[3] === undefined ? undefined : Math.min(Number(m[3]), WIDTH_MAX),
          },
        });
      }
    }
    if (this.#kept.size >= KEPT) this.#kept.clear();
    this.#kept.set(format, out);
    return out;
  }

  format(format: string, args: FormatArguments): string {
    let out = "";
    let i = 0;
    for (const piece of this.#pieces(format)) {
      if (typeof piece === "string") {
        out += piece;
        continue;
      }
      const { letter, spec } = piece;
      switch (letter) {
        case "":
          return this.#fail("Invalid format specifier");
        case "s":
          out +=
            spec.width === 0 && spec.precision === undefined
              ? args.text(i)
              : formatString(args.text(i), spec);
          break;
        case "c": {
          const c = args.isNumber(i)
            ? String.fromCharCode(toInt(args.number(i)) & 255)
            : args.text(i).charAt(0) || "\0";
          out += formatString(c, { ...spec, precision: undefined });
          break;
        }
        case "d":
        case "i":
          out += formatInteger(toInt(args.number(i)), "d", spec);
          break;
        case "o":
        case "u":
        case "x":
        case "X":
          out += formatInteger(toInt(args.number(i)) >>> 0, letter, spec);
          break;
        default:
          out += float(args.number(i), letter, spec);
      }
      i++;
    }
    return out;
  }

  /** A number as text, by CONVFMT or OFMT. */
  number(n: number, format: string): string {
    if (Number.isInteger(n)) {
      // The limits of long long; beyond 2^53 String() would round to few digits.
      if (n > -9007199254740992 && n < 9007199254740992) return String(n);
      if (n >= -0x8000000000000000 && n < 0x8000000000000000) return BigInt(n).toString();
    }
    if (format === "%.6g") return float(n, "g", G6);
    return this.format(format, {
      count: 1,
      number: () => n,
      text: () => String(n),
      isNumber: () => true,
    });
  }
}

function float(n: number, letter: string, spec: FormatSpec): string {
  // What calculations on x86 give for "no number" has its sign set.
  if (Number.isNaN(n)) return formatString("-nan", { ...spec, precision: undefined });
  return formatDouble(n, letter, spec);
}

const NO_SPEC: FormatSpec = {
  left: false,
  zero: false,
  plus: false,
  space: false,
  alternate: false,
  width: 0,
  precision: undefined,
};
const G6: FormatSpec = { ...NO_SPEC, precision: 6 };
