import { expect, test } from "vitest";
import { Database } from "./database.ts";
import { formatIndexRecord, noProblems, parseIndex } from "./index-text.ts";
import { formatInstalled, parseInstalled } from "./installed-text.ts";

const RECORD = `C:Q1EyN5AdpAOBJWKMR89pp/C66o+OE=
P:one
V:1.0-r0
A:noarch
S:100
I:4096
T:What it is
U:https://one.example
L:MIT
o:origin
m:Some One <one@one.example>
t:1700000000
c:0123456789
k:10
D:two so:three=1
p:cmd:one=1.0-r0 virtual
i:four five=1

`;

test("a record is written as it was read", () => {
  const problems = noProblems();
  const [pkg, ...more] = parseIndex(RECORD, problems);
  expect([more.length, problems]).toEqual([0, noProblems()]);
  expect(pkg && [pkg.id, pkg.identity, pkg.providesText, pkg.info.buildTime]).toEqual([
    "one-1.0-r0",
    "Q1EyN5AdpAOBJWKMR89pp/C66o+OE=",
    "cmd:one=1.0-r0 virtual",
    1700000000,
  ]);
  expect(pkg && formatIndexRecord(pkg)).toBe(RECORD);
});

test("what is wrong with an index", () => {
  const look = (text: string): unknown => {
    const problems = noProblems();
    const found = parseIndex(text, problems).map((pkg) => [pkg.id, pkg.info.uninstallable]);
    return [found, Object.entries(problems).flatMap(([name, is]) => (is ? [name] : []))];
  };
  expect(look("P:a\nV:1\nz:new\n\nP:b\nV:1")).toEqual([
    [
      ["a-1", false],
      ["b-1", false],
    ],
    [],
  ]);
  expect(look("P:a\nV:1\nX:new\n")).toEqual([[["a-1", true]], ["newer"]]);
  expect(look("P:a\nV:1_x\n")).toEqual([[], ["newer"]]);
  expect(look("P:a\nV:1\nD:b@edge\n")).toEqual([[["a-1", true]], ["broken"]]);
  expect(look("P:../a\nV:1\n")).toEqual([[], ["broken"]]);
  expect(look("P:a\nV:1\n\nwhat\nP:b\nV:1\n")).toEqual([[["a-1", false]], ["malformed"]]);
});

test("names of a database", () => {
  const db = new Database();
  const [a, b] = parseIndex(`P:a\nV:1\np:x=2 y x\n\nP:b\nV:1\np:x y=3\n`, noProblems());
  if (a !== undefined) db.add(a);
  const before = db.names.get("y")?.providers.length;
  if (b !== undefined) db.add(b);
  const providers = (name: string): string[] =>
    (db.names.get(name)?.providers ?? []).map(({ pkg, version }) => `${pkg.id}:${version}`);
  expect([before, providers("x"), providers("y"), providers("a"), providers("z")]).toEqual([
    1,
    ["a-1:2", "a-1:", "b-1:"],
    ["a-1:", "b-1:3"],
    ["a-1:1"],
    [],
  ]);
  db.name("z");
  expect([...db.names.keys()]).toEqual(["a", "x", "y", "b", "z"]);
});

const INSTALLED = `C:Q1EyN5AdpAOBJWKMR89pp/C66o+OE=
P:a
V:1
A:noarch
S:1
I:2
T:
U:
L:
r:b c
q:5
s:edge
f:fx
F:
M:0:0:700
F:etc
R:x
a:0:42:640:Q1aaa=
Z:Q1bbb=
R:y

P:b
V:2
S:0
I:0
T:
U:
L:
F:bin

`;

test("the installed database is written as it was read, packages by name", () => {
  const all = parseInstalled(INSTALLED);
  expect(formatInstalled(all)).toBe(INSTALLED);
  expect(formatInstalled([...all].reverse())).toBe(INSTALLED);
  expect(all[0]?.directories[1]?.files[0]).toEqual({
    name: "x",
    acl: { uid: 0, gid: 42, mode: 0o640, xattrs: "Q1aaa=" },
    checksum: "Q1bbb=",
  });
});

test.each([
  ["P:a\nV:1\nR:x\n", "line 3: format error in R:x"],
  ["P:a\nV:1\nF:x\nM:0:0:9\n", "line 4: format error in M:0:0:9"],
  ["P:a\nV:1\nQ:x\n", "line 3: format error in Q:x"],
  ["P:a\n\n", "line 2: a package without name or version"],
])("%j cannot be read", (text, message) => {
  expect(() => parseInstalled(text)).toThrow(message);
});
