import { expect, test } from "vitest";
import { RepositoryParser } from "./repoparser.ts";

function parse(...lines: string[]): [string[], string[]] {
  const warnings: string[] = [];
  const parser = new RepositoryParser("riscv64", (text) => warnings.push(text));
  const found = parser.parseFile("repositories", lines.join("\n"));
  return [
    found.map(({ url, tag, type }) => `${type} ${tag === "" ? "" : `@${tag} `}${url}`),
    warnings,
  ];
}

test("URLs, tags and types", () => {
  const lines = [
    "# nothing",
    "",
    "https://a.example/main",
    "@edge\thttps://a.example/testing",
    "ndx https://a.example/x/Packages.adb",
    "https://a.example/x/APKINDEX.tar.gz",
    "v3 @t https://a.example/y/ one two",
    "/srv/${APK_ARCH}/main",
  ];
  expect(parse(...lines)).toEqual([
    [
      "v2 https://a.example/main",
      "v2 @edge https://a.example/testing",
      "ndx https://a.example/x/Packages.adb",
      "ndx https://a.example/x/APKINDEX.tar.gz",
      "v3 @t https://a.example/y/one",
      "v3 @t https://a.example/y/two",
      "v2 /srv/riscv64/main",
    ],
    [],
  ]);
});

test("variables", () => {
  const lines = [
    "set -default mirror=https://a.example",
    "${mirror}/x",
    "set mirror=${mirror}/b",
    "set -default mirror=https://c.example",
    "set all=one two",
    "${mirror} ${all}",
  ];
  expect(parse(...lines)).toEqual([
    ["v2 https://a.example/x", "v2 https://a.example/b/one", "v2 https://a.example/b/two"],
    [],
  ]);
});

test("what is wrong is told and passed over", () => {
  const lines = [
    "what /x",
    "set -huh a=b",
    "set APK_ARCH=x",
    "set 1=x",
    "/x/${nothing}",
    "v2 x y",
    "/good",
  ];
  expect(parse(...lines)).toEqual([
    ["v2 /good"],
    [
      "repositories:1: unrecognized keyword: what",
      "repositories:2: invalid option: -huh",
      "repositories:3: invalid variable definition: APK_ARCH=x",
      "repositories:4: invalid variable definition: 1=x",
      "repositories:5: undefined variable: nothing",
      "repositories:6: invalid url: x",
    ],
  ]);
});
