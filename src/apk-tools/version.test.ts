import { expect, test } from "vitest";
import { parseDependency } from "./dependency.ts";
import { compareVersions, isVersion, matchesVersion } from "./version.ts";

test("versions in rising order", () => {
  const rising = [
    "0.9_rc2",
    "0.9",
    "0.9-r1",
    "0.9-r10",
    "0.9_p",
    "0.9_p1",
    "0.9a",
    "0.9.001",
    "0.9.01",
    "0.9.1_alpha",
    "0.9.1_alpha1",
    "0.9.1_beta",
    "0.9.1_pre",
    "0.9.1",
    "0.9.1~0abc",
    "0.9.1~0abd",
    "0.9.1_cvs20200101",
    "0.9.1_git20240101-r1",
    "0.9.10",
    "1",
    "010",
    "99999999999999999998",
    "99999999999999999999",
  ];
  for (const [i, a] of rising.entries())
    for (const [j, b] of rising.entries())
      expect([a, b, compareVersions(a, b)]).toEqual([a, b, Math.sign(i - j)]);
});

test.each([
  ["1.2.3", "~1.2", true],
  ["1.2", "~1.2", true],
  ["1.2_rc1", "~1.2", true],
  ["1.20", "~1.2", false],
  ["1.3", ">~1.2", true],
  ["1.2.9", "<~1.2", true],
  ["1.1", ">~1.2", false],
  ["1.2", "><1.2", false],
  ["1.2", ">=1.2", true],
  ["1.2-r1", "=1.2", false],
])("%s %s: %s", (version, op, matches) => {
  const dep = parseDependency(`x${op}`);
  expect(matchesVersion(version, dep?.op ?? 0, dep?.version ?? "")).toBe(matches);
});

test.each([
  ["1", true],
  ["1.2.3a_rc1_p2~0af-r4", true],
  ["1a.2", false],
  ["1~", false],
  ["1_hello", false],
  ["1-r", false],
  ["1-r1_p1", false],
  ["v1", false],
  ["", false],
  ["1 ", false],
])("is %j a version: %s", (text, valid) => {
  expect(isVersion(text)).toBe(valid);
});
