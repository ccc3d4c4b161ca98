// printf, as BusyBox 1.36 has it: %b besides C's conversions, no %q and no %a.
import { type FormatSpec, formatDouble, formatInteger, formatString } from "../../libc/printf.ts";
import { expandEscapes } from "./echo.ts";

/** What a run of printf gives. */
export interface PrintfResult {
  /** What goes to standard output after the last complaint. */
  text: string;
  status: number;
}

/** Text that one conversion may pad to; the real one gives up beyond INT_MAX. */
const MAX_WIDTH = 1 << 24;
const INT64_MAX = 0x7fffffffffffffffn;
const UINT64_MAX = 0xffffffffffffffffn;

const DIRECTIVE = /%([-+ #]*)(0?[-+ #0]*)(\*|[0-9]*)(?:\.(\*|-?[0-9]*))?([hlLz]*)(.?)/sy;

/** Printed for printf without arguments, by the shell's own. */
export const PRINTF_USAGE = "usage: printf FORMAT [ARGUMENT...]";

/**
 * Runs `printf FORMAT [ARG…]`; argv[0] is the name. Complaints go to `complain` without the name in
 * front, each with what goes to standard output before it. Without a format: status 2 and the usage
 * line. The caller writes the texts.
 */
export function printfMain(
  argv: readonly string[],
  complain: (message: string, before: string) => void,
): PrintfResult {
  let first = 1;
  if (argv[1] === "--") first = 2;
  const format = argv[first];
  if (format === undefined) {
    complain(PRINTF_USAGE, "");
    return { text: "", status: 2 };
  }
  const run = new Run(argv, first + 1, complain);
  run.all(format);
  return { text: run.out, status: run.status };
}

class Run {
  out = "";
  status = 0;
  readonly #argv: readonly string[];
  readonly #tell: (message: string, before: string) => void;
  #next: number;

  constructor(
    argv: readonly string[],
    next: number,
    complain: (message: string, before: string) => void,
  ) {
    this.#argv = argv;
    this.#next = next;
    this.#tell = complain;
  }

  /** Goes through the format until the arguments are used up. */
  all(format: string): void {
    for (;;) {
      const before = this.#next;
      if (!this.#once(format)) return;
      if (this.#next === before || this.#next >= this.#argv.length) return;
    }
  }

  #arg(): string | undefined {
    return this.#argv[this.#next++];
  }

  /** One pass; false when output ends here. */
  #once(format: string): boolean {
    for (let at = 0; at < format.length; ) {
      const percent = format.indexOf("%", at);
      const { text, stopped } = expandEscapes(
        percent < 0 ? format.slice(at) : format.slice(at, percent),
        false,
        true,
      );
      this.out += text;
      if (stopped) return false;
      if (percent < 0) return true;
      if (format.charAt(percent + 1) === "%") {
        this.out += "%";
        at = percent + 2;
        continue;
      }
      DIRECTIVE.lastIndex = percent;
      const m = DIRECTIVE.exec(format) as RegExpExecArray;
      at = percent + m[0].length;
      if (m[6] === "b" && m[0] === "%b") {
        const b = expandEscapes(this.#arg() ?? "", true, true);
        this.out += b.text;
        if (b.stopped) return false;
        continue;
      }
      if (!this.#convert(m, format.slice(at))) return false;
    }
    return true;
  }

  #convert(m: RegExpExecArray, rest: string): boolean {
    const [whole, flags1 = "", flags2 = "", width = "", precision, lengths = "", letter = ""] = m;
    if (letter === "" || !"cdieEfgGosuxX".includes(letter)) {
      const shown = whole.slice(0, whole.length - lengths.length - letter.length) + letter + rest;
      this.#complain(`${shown}: invalid format`);
      this.status = 1;
      return false;
    }
    const flags = flags1 + flags2;
    const spec: FormatSpec = {
      left: flags.includes("-"),
      zero: flags.includes("0"),
      plus: flags.includes("+"),
      space: flags.includes(" "),
      alternate: flags.includes("#"),
      width: width === "*" ? this.#star() : Number(width),
      precision: undefined,
    };
    if (spec.width < 0) {
      spec.left = true;
      spec.width = -spec.width;
    }
    if (precision !== undefined) {
      const p = precision === "*" ? this.#star() : Number(precision);
      if (p >= 0) spec.precision = p;
    }
    if (spec.width > MAX_WIDTH || (spec.precision ?? 0) > MAX_WIDTH) {
      this.status = 1;
      return true;
    }
    // A complaint takes what is in `out` with it.
    const text = this.#format(letter, spec);
    this.out += text;
    return true;
  }

  /** A width or precision given as argument; a wrong one is 0 and, unlike others, no failure. */
  #star(): number {
    const arg = this.#arg();
    if (arg === undefined) return 0;
    if (/^[-+]?[0-9]{1,10}$/.test(arg) && Math.abs(Number(arg)) <= 0x7fffffff) return Number(arg);
    this.#complain(`invalid number '${arg}'`);
    return 0;
  }

  #format(letter: string, spec: FormatSpec): string {
    const arg = this.#arg();
    if (letter === "s") return formatString(arg ?? "", spec);
    if (letter === "c")
      return formatString(arg?.charAt(0) || "\0", { ...spec, precision: undefined });
    const text = arg ?? "";
    if ("eEfgG".includes(letter)) {
      const x = constant(text) ?? parseDouble(text);
      if (x.bad) this.#invalid(text);
      return formatDouble(x.value, letter, spec);
    }
    // Nearly all numbers are short and plain.
    if (/^-?[1-9][0-9]{0,14}$/.test(text)) return formatInteger(Number(text), letter, spec);
    const c = constant(text);
    if (c !== undefined) return formatInteger(c.value, letter, spec);
    const v = parseInteger(text, letter === "d" || letter === "i");
    if (v === undefined) this.#invalid(text);
    return formatInteger(v ?? 0n, letter, spec);
  }

  #complain(message: string): void {
    this.#tell(message, this.out);
    this.out = "";
  }

  #invalid(text: string): void {
    this.#complain(`invalid number '${text}'`);
    this.status = 1;
  }
}

interface Double {
  value: number;
  bad: boolean;
}

/** 'c and "c are the number of the byte c. */
function constant(text: string): Double | undefined {
  const quote = text.charAt(0);
  if (quote !== "'" && quote !== '"') return undefined;
  return { value: text.length > 1 ? text.charCodeAt(1) : 0, bad: false };
}

/** strtoll or strtoull with base 0 over the whole text; undefined when it is no number or out of range. */
function parseInteger(text: string, signed: boolean): bigint | undefined {
  const m = /^[ \t\n\v\f\r]*([-+]?)(?:(0[xX])([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))$/.exec(text);
  if (m === null || text.length > 4096) return undefined;
  const [, sign, hex, hexDigits, octal, decimal = ""] = m;
  const magnitude =
    hex !== undefined
      ? BigInt(`0x${hexDigits}`)
      : octal !== undefined
        ? BigInt(`0o0${octal}`)
        : BigInt(decimal);
  const v = sign === "-" ? -magnitude : magnitude;
  if (signed) return v > INT64_MAX || v < -INT64_MAX - 1n ? undefined : v;
  return magnitude > UINT64_MAX ? undefined : v;
}

/** strtod over the whole text; what does not fit a double keeps its value but is bad. */
function parseDouble(text: string): Double {
  const m =
    /^[ \t\n\v\f\r]*([-+]?)(?:(inf(?:inity)?)|(nan)|(0x[0-9a-f]+(?:\.[0-9a-f]*)?(?:p[-+]?[0-9]+)?)|((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?))$/i.exec(
      text,
    );
  if (m === null) return { value: 0, bad: true };
  const [, sign, inf, nan, hex, decimal = ""] = m;
  const sgn = sign === "-" ? -1 : 1;
  if (inf !== undefined) return { value: sgn * Infinity, bad: false };
  if (nan !== undefined) return { value: Number.NaN, bad: false };
  const value = hex !== undefined ? hexDouble(hex.toLowerCase()) : Number(decimal);
  const zero = hex === undefined && value === 0 && /[1-9]/.test(decimal.split(/e/i)[0] ?? "");
  return { value: sgn * value, bad: value === Infinity || zero };
}

function hexDouble(text: string): number {
  const [mantissa = "", exponent = "0"] = text.slice(2).split("p");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = Number(BigInt(`0x${whole}${fraction}`));
  return digits * 2 ** (Number(exponent) - 4 * fraction.length);
}
