// The conversions of printf(3): integers, floating point, text, each with flags, width and precision (C11 7.21.6.1).

/** What stands between `%` and the letter. */
export interface FormatSpec {
  /** `-` */
  left: boolean;
  /** `0` */
  zero: boolean;
  /** `+` */
  plus: boolean;
  /** a space */
  space: boolean;
  /** `#` */
  alternate: boolean;
  /** 0 for none. */
  width: number;
  /** undefined for none. */
  precision: number | undefined;
}

/** Brings text to the spec's width with spaces. */
export function pad(s: string, spec: FormatSpec): string {
  if (s.length >= spec.width) return s;
  return spec.left ? s.padEnd(spec.width) : s.padStart(spec.width);
}

/** %s: the spec's precision cuts bytes. */
export function formatString(s: string, spec: FormatSpec): string {
  const cut = spec.precision === undefined ? s : s.slice(0, spec.precision);
  return pad(cut, spec);
}

/** Sign, prefix and digits to full width; zeros go between prefix and digits. */
function assemble(sign: string, digits: string, spec: FormatSpec, zero: boolean): string {
  const missing = spec.width - sign.length - digits.length;
  if (missing <= 0) return sign + digits;
  if (spec.left) return sign + digits + " ".repeat(missing);
  return zero ? sign + "0".repeat(missing) + digits : " ".repeat(missing) + sign + digits;
}

/**
 * %d %i %u %o %x %X of an integer. For the unsigned ones a negative value is taken modulo 2^64.
 */
export function formatInteger(value: number | bigint, letter: string, spec: FormatSpec): string {
  const signed = letter === "d" || letter === "i";
  let sign = "";
  let digits: string;
  if (signed) {
    const negative = value < 0;
    sign = negative ? "-" : spec.plus ? "+" : spec.space ? " " : "";
    digits = String(negative ? -value : value);
  } else {
    const v = value < 0 ? BigInt.asUintN(64, BigInt(value)) : value;
    const radix = letter === "o" ? 8 : letter === "u" ? 10 : 16;
    digits = v.toString(radix);
    if (letter === "X") digits = digits.toUpperCase();
    if (spec.alternate && radix === 16 && Number(v) !== 0) sign = letter === "x" ? "0x" : "0X";
  }
  const precision = spec.precision;
  if (precision !== undefined)
    digits = digits === "0" && precision === 0 ? "" : digits.padStart(precision, "0");
  if (letter === "o" && spec.alternate && !digits.startsWith("0")) digits = `0${digits}`;
  return assemble(sign, digits, spec, spec.zero && precision === undefined);
}

/** A finite double >= 0 as mantissa * 2^exponent, exactly. */
function decompose(x: number): { mantissa: bigint; exponent: number } {
  let exponent = 0;
  // Scaling by powers of two is exact until the value is an integer below 2^53.
  while (x !== 0 && !Number.isInteger(x)) {
    x *= 2;
    exponent--;
  }
  return { mantissa: BigInt(x), exponent };
}

function divideEven(numerator: bigint, denominator: bigint): bigint {
  const q = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  return twice > denominator || (twice === denominator && (q & 1n) === 1n) ? q + 1n : q;
}

/** x >= 0 rounded (half to even, exactly) to `places` decimals. */
function fixed(x: number, places: number): string {
  // toFixed is exact but for ties, which it rounds up; a tie has at most places + 1 binary places.
  if (x < 1e21 && places <= 100 && !(places < 60 && Number.isInteger(x * 2 ** (places + 1))))
    return x.toFixed(places);
  const { mantissa, exponent } = decompose(x);
  // A double has at most 1074 decimals.
  const kept = Math.min(places, 1100);
  const scaled = divideEven(mantissa * 10n ** BigInt(kept), 1n << BigInt(-exponent)).toString();
  const digits = scaled.padStart(kept + 1, "0");
  const whole = digits.slice(0, digits.length - kept);
  return places === 0
    ? whole
    : `${whole}.${digits.slice(digits.length - kept).padEnd(places, "0")}`;
}

/** x >= 0 as `places` + 1 significant digits and a decimal exponent, rounded half to even. */
function scientific(x: number, places: number): { digits: string; exponent: number } {
  if (x === 0) return { digits: "0".repeat(places + 1), exponent: 0 };
  const shortest = x.toExponential();
  const e = shortest.indexOf("e");
  let exponent = Number(shortest.slice(e + 1));
  // toExponential rounds ties up. The shortest form of a tie that short is the tie itself.
  if (places <= 13 && !(shortest.charAt(e - 1) === "5" && e === places + 3)) {
    const s = x.toExponential(places);
    const at = s.indexOf("e");
    const digits = places === 0 ? s.slice(0, at) : s.charAt(0) + s.slice(2, at);
    return { digits, exponent: Number(s.slice(at + 1)) };
  }
  const { mantissa, exponent: binary } = decompose(x);
  const kept = Math.min(places, 1100);
  // 1e23 is the short name of a double below it.
  const power = 10n ** BigInt(Math.abs(exponent));
  const below =
    exponent >= 0 ? mantissa < power << BigInt(-binary) : mantissa * power < 1n << BigInt(-binary);
  if (below) exponent--;
  const scale = kept - exponent;
  const numerator = scale > 0 ? mantissa * 10n ** BigInt(scale) : mantissa;
  const denominator = (1n << BigInt(-binary)) * (scale < 0 ? 10n ** BigInt(-scale) : 1n);
  let digits = divideEven(numerator, denominator).toString();
  if (digits.length > kept + 1) {
    digits = digits.slice(0, kept + 1);
    exponent++;
  }
  return { digits: digits.padEnd(places + 1, "0"), exponent };
}

function exponentText(exponent: number): string {
  return `e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function exponential(x: number, places: number, alternate: boolean): string {
  const { digits, exponent } = scientific(x, places);
  const point = places > 0 || alternate ? "." : "";
  return digits.charAt(0) + point + digits.slice(1) + exponentText(exponent);
}

function general(x: number, precision: number, alternate: boolean): string {
  const p = precision === 0 ? 1 : precision;
  const { digits, exponent } = scientific(x, p - 1);
  if (exponent < -4 || exponent >= p) {
    let fraction = digits.slice(1);
    if (!alternate) fraction = fraction.replace(/0+$/, "");
    const point = fraction !== "" || alternate ? "." : "";
    return digits.charAt(0) + point + fraction + exponentText(exponent);
  }
  const all = exponent < 0 ? "0".repeat(-exponent) + digits : digits;
  const split = exponent < 0 ? 1 : exponent + 1;
  let fraction = all.slice(split);
  if (!alternate) fraction = fraction.replace(/0+$/, "");
  return all.slice(0, split) + (fraction !== "" || alternate ? "." : "") + fraction;
}

/** %a: hexadecimal, with one digit before the point. */
function hexadecimal(x: number, precision: number | undefined, alternate: boolean): string {
  if (x === 0) {
    const zeros = "0".repeat(precision ?? 0);
    return `0x0${zeros !== "" || alternate ? "." : ""}${zeros}p+0`;
  }
  let exponent = 0;
  let m = x;
  for (; m >= 2; exponent++) m /= 2;
  for (; m < 1; exponent--) m *= 2;
  let bits = BigInt(m * 2 ** 52);
  let places = 13;
  if (precision !== undefined && precision < 13) {
    bits = divideEven(bits, 1n << BigInt(4 * (13 - precision)));
    places = precision;
  }
  const digits = bits.toString(16).padStart(places + 1, "0");
  let fraction = digits.slice(digits.length - places);
  if (places === 0) fraction = "";
  const head = places === 0 ? digits : digits.slice(0, digits.length - places);
  fraction =
    precision === undefined ? fraction.replace(/0+$/, "") : fraction.padEnd(precision, "0");
  const point = fraction !== "" || alternate ? "." : "";
  return `0x${head}${point}${fraction}p${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
}

/** %e %f %g %a and their capitals, of a double; rounds exactly, ties to even. */
export function formatDouble(value: number, letter: string, spec: FormatSpec): string {
  const negative = value < 0 || Object.is(value, -0);
  const sign = negative ? "-" : spec.plus ? "+" : spec.space ? " " : "";
  const lower = letter.toLowerCase();
  let text: string;
  if (!Number.isFinite(value)) text = Number.isNaN(value) ? "nan" : "inf";
  else {
    const x = Math.abs(value);
    const precision = spec.precision ?? 6;
    if (lower === "f") {
      text = fixed(x, precision);
      if (spec.alternate && precision === 0) text += ".";
    } else if (lower === "e") text = exponential(x, precision, spec.alternate);
    else if (lower === "a") text = hexadecimal(x, spec.precision, spec.alternate);
    else text = general(x, precision, spec.alternate);
  }
  if (letter !== lower) text = text.toUpperCase();
  if (lower === "a" && Number.isFinite(value)) {
    return assemble(sign + text.slice(0, 2), text.slice(2), spec, spec.zero);
  }
  return assemble(sign, text, spec, spec.zero && Number.isFinite(value));
}

/** A conversion read from a format: `%`, flags, width, precision and letter. */
export interface Conversion {
  readonly spec: FormatSpec;
  /** Width or precision is `*`: the next arguments, in this order. */
  readonly starWidth: boolean;
  readonly starPrecision: boolean;
  /** The conversion letter, "" when the format ends before it. */
  readonly letter: string;
  /** Index after the letter. */
  readonly end: number;
}

const CONVERSION = /%([-+ #0]*)(\*|[0-9]*)(?:\.(\*|[0-9]*))?(?:hh|h|ll|l|j|z|t|L|q)?([\s\S]?)/y;

/** Reads the conversion whose `%` is at `at`; length modifiers say nothing and are left out. */
export function parseConversion(format: string, at: number): Conversion {
  const re = new RegExp(CONVERSION);
  re.lastIndex = at;
  const m = re.exec(format) as RegExpExecArray;
  const flags = m[1] as string;
  const precision = m[3];
  const spec: FormatSpec = {
    left: flags.includes("-"),
    zero: flags.includes("0"),
    plus: flags.includes("+"),
    space: flags.includes(" "),
    alternate: flags.includes("#"),
    width: m[2] === "*" ? 0 : Number(m[2]),
    precision: precision === undefined || precision === "*" ? undefined : Number(precision),
  };
  return {
    spec,
    starWidth: m[2] === "*",
    starPrecision: precision === "*",
    letter: m[4] as string,
    end: re.lastIndex,
  };
}

/** The spec with the values of its stars: a negative width is a `-` flag, a negative precision is none. */
export function withStars(
  spec: FormatSpec,
  width: number | undefined,
  precision: number | undefined,
): FormatSpec {
  const out = { ...spec };
  if (width !== undefined) {
    out.width = Math.abs(width);
    if (width < 0) out.left = true;
  }
  if (precision !== undefined) out.precision = precision < 0 ? undefined : precision;
  return out;
}
