import { expect, test } from "vitest";
import { strtod, strtol, strtoul } from "./stdlib.ts";

test.each([
  ["42", 10, 42, 2, false],
  ["  -7x", 10, -7, 4, false],
  ["0x1f", 0, 31, 4, false],
  ["0x1f", 16, 31, 4, false],
  ["0x", 16, 0, 1, false],
  ["017", 0, 15, 3, false],
  ["089", 0, 0, 1, false],
  ["zz", 36, 1295, 2, false],
  ["", 10, 0, 0, false],
  ["-", 10, 0, 0, false],
  ["9223372036854775807", 10, 9223372036854775807n, 19, false],
  ["9223372036854775808", 10, 9223372036854775807n, 19, true],
  ["-9223372036854775809", 10, -9223372036854775808n, 20, true],
] as const)("strtol(%j, %i)", (s, base, value, end, range) => {
  expect(strtol(s, base)).toEqual({ value, end, range });
});

test.each([
  ["-1", 18446744073709551615n, 2, false],
  ["18446744073709551616", 18446744073709551615n, 20, true],
  ["12 ", 12, 2, false],
] as const)("strtoul(%j)", (s, value, end, range) => {
  expect(strtoul(s)).toEqual({ value, end, range });
});

test.each([
  ["1.5e3x", 1500, 5, false],
  [" -.5", -0.5, 4, false],
  ["1e", 1, 1, false],
  ["1e+", 1, 1, false],
  [".", 0, 0, false],
  ["0x1.8p3", 12, 7, false],
  ["0x", 0, 1, false],
  ["0x.8", 0.5, 4, false],
  ["0x1.00000000000008", 1, 18, false],
  ["0x1.00000000000018", 1.0000000000000004, 18, false],
  ["0x1p-1074", 5e-324, 9, false],
  ["infinit", Number.POSITIVE_INFINITY, 3, false],
  ["-INFINITY", Number.NEGATIVE_INFINITY, 9, false],
  ["nan(12)", Number.NaN, 7, false],
  ["1e999", Number.POSITIVE_INFINITY, 5, true],
  ["1e-999", 0, 6, true],
  ["abc", 0, 0, false],
] as const)("strtod(%j)", (s, value, end, range) => {
  expect(strtod(s)).toEqual({ value, end, range });
});
