import { expect, test } from "vitest";
import { strverscmp } from "./strverscmp.ts";

// In the order of `ls -v` of the original.
const ORDER =
  "0001a 00 00b0 010. 01b11 090 09919 09b9 0..0 0a 0a0 0b 1 1.0b 1.ab 1ab 1b1 9. 10aa1 11b 90 91a09 199 910 1009 a a0 a1a11 a109. aabb b b.9 b00.b b0ba b90 b900 bb".split(
    " ",
  );

test("orders names as ls -v", () => {
  expect([...ORDER].sort().sort(strverscmp)).toEqual(ORDER);
  for (const [i, a] of ORDER.entries())
    for (const [j, b] of ORDER.entries())
      expect(Math.sign(strverscmp(a, b))).toBe(Math.sign(i - j));
});
