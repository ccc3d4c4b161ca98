import { expect, test } from "vitest";
import { findAffected, parseSecdb } from "./audit-security.ts";
import { emptyInfo, Package } from "./package.ts";

function pkg(name: string, version: string, origin = ""): Package {
  return new Package({ ...emptyInfo(), name, version, origin });
}

const SECDB = JSON.stringify({
  packages: [
    {
      pkg: {
        name: "openssl",
        secfixes: {
          "3.3.2-r0": ["CVE-2024-6119"],
          "3.3.1-r1": ["CVE-2024-5535 GHSA-1", "CVE-2024-4741"],
          "3.0-r0": ["CVE-OLD"],
          "0": ["CVE-2022-1292"],
        },
      },
    },
    { pkg: { name: "libcrypto3", secfixes: { "9-r0": ["by origin, not by name"] } } },
    { pkg: { name: "broken", secfixes: { "1-r0": "no list" } } },
    { other: 1 },
  ],
});

test("what is older than a fix, by origin", () => {
  const secdb = new Map();
  parseSecdb(SECDB, secdb);
  const installed = [
    pkg("libssl3", "3.3.1-r3", "openssl"),
    pkg("libcrypto3", "3.3.1-r0", "openssl"),
    pkg("openssl", "3.3.2-r0"),
    pkg("broken", "0-r0"),
  ];
  const found = findAffected(installed, secdb);
  expect(found.map((each) => [each.pkg.id, each.fixed, ...each.ids])).toEqual([
    ["libcrypto3-3.3.1-r0", "3.3.1-r1", "CVE-2024-4741", "CVE-2024-5535", "GHSA-1"],
    ["libcrypto3-3.3.1-r0", "3.3.2-r0", "CVE-2024-6119"],
    ["libssl3-3.3.1-r3", "3.3.2-r0", "CVE-2024-6119"],
  ]);
  for (const text of ["", "{}", "[]", "null", '{"packages":1}'])
    expect(() => parseSecdb(text, new Map())).toThrow(/JSON|packages/);
});
