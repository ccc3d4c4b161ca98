import { expect, test } from "vitest";
import {
  type FormatSpec,
  formatDouble,
  formatInteger,
  parseConversion,
  withStars,
} from "./printf.ts";

/** Parses "%-08.3f" so that rows read as in C. */
function spec(format: string): [FormatSpec, string] {
  const m = /^%([-+ #0]*)(\d*)(?:\.(\d+))?([a-zA-Z])$/.exec(format);
  const [, flags = "", width = "", precision, letter = ""] = m ?? [];
  return [
    {
      left: flags.includes("-"),
      zero: flags.includes("0"),
      plus: flags.includes("+"),
      space: flags.includes(" "),
      alternate: flags.includes("#"),
      width: Number(width),
      precision: precision === undefined ? undefined : Number(precision),
    },
    letter,
  ];
}

test.each([
  ["%.0f", 0.5, "0"],
  ["%.0f", 2.5, "2"],
  ["%.0f", 3.5, "4"],
  ["%.1f", 0.25, "0.2"],
  ["%.2f", 1.005, "1.00"],
  ["%f", 1e22, "10000000000000000000000.000000"],
  ["%.60f", 0.1, "0.100000000000000005551115123125782702118158340454101562500000"],
  ["%08.2f", -1.5, "-0001.50"],
  ["%+f", 1, "+1.000000"],
  ["%05f", Infinity, "  inf"],
  ["%e", 12345.678, "1.234568e+04"],
  ["%.2e", 1.125, "1.12e+00"],
  ["%.0e", 9.5, "1e+01"],
  ["%e", 0, "0.000000e+00"],
  ["%.3e", 5e-324, "4.941e-324"],
  ["%g", 1e15, "1e+15"],
  ["%g", 123456789, "1.23457e+08"],
  ["%g", 100000, "100000"],
  ["%g", 0.0001, "0.0001"],
  ["%g", 1e-5, "1e-05"],
  ["%.3g", 999.5, "1e+03"],
  ["%#.3g", 1, "1.00"],
  ["%.10g", 0.1, "0.1"],
  ["%G", 1e-10, "1E-10"],
  ["%.18g", 1e23, "9.99999999999999916e+22"],
  ["%.0f", 1e23, "99999999999999991611392"],
  ["%.17e", 1e23, "9.99999999999999916e+22"],
  ["%a", 1, "0x1p+0"],
  ["%a", 0.1, "0x1.999999999999ap-4"],
  ["%.0f", 1e300, BigInt(1e300).toString()],
] as const)("%s of %s", (format, value, expected) => {
  const [s, letter] = spec(format);
  expect(formatDouble(value, letter, s)).toBe(expected);
});

test.each([
  ["%8.3d|", 5, "     005"],
  ["%-8d", -5, "-5      "],
  ["%08d", -5, "-0000005"],
  ["%+d", 5, "+5"],
  ["%#x", 255, "0xff"],
  ["%#x", 0, "0"],
  ["%#o", 8, "010"],
  ["%#.0o", 0, "0"],
  ["%.0x", 0, ""],
  ["%#010x", 255, "0x000000ff"],
  ["%x", -1, "ffffffffffffffff"],
  ["%u", -5, "18446744073709551611"],
  ["%+u", 5, "5"],
] as const)("%s of %s", (format, value, expected) => {
  const [s, letter] = spec(format.replace("|", ""));
  expect(formatInteger(value, letter, s)).toBe(expected);
});

test("a conversion is read from a format", () => {
  const c = parseConversion("x%-0*.3lldy", 1);
  expect([c.letter, c.end, c.starWidth, c.starPrecision]).toEqual(["d", 10, true, false]);
  expect(withStars(c.spec, -7, -1)).toEqual({
    left: true,
    zero: true,
    plus: false,
    space: false,
    alternate: false,
    width: 7,
    precision: undefined,
  });
  expect(parseConversion("%5", 0).letter).toBe("");
});
