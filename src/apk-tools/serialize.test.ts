import { expect, test } from "vitest";
import { formatJson, formatText, formatYaml, Octal, Uncounted, type Value } from "./serialize.ts";

const object = new Map<string, Value>([
  ["name", 'a "b"\\'],
  ["build-time", 5],
  ["mode", new Octal(0o755)],
  ["depends", ["x", "y>1"]],
  ["contents", new Uncounted(["usr/x"])],
  ["empty", []],
  ["inner", new Map([["script", "one\n two\n"]])],
]);

test("YAML", () => {
  expect(formatYaml([object, new Map([["name", "z"]])])).toBe(`# 2 items
- name: a "b"\\
  build-time: 5
  mode: 0755
  depends: # 2 items
    - x
    - y>1
  contents:
    - usr/x
  empty: # 0 items
  inner:
    script: |
      one
       two
- name: z
`);
});

test("JSON", () => {
  const value = [object, new Map([["name", "z"]])];
  expect(JSON.parse(formatJson(value))).toEqual([
    {
      name: 'a "b"\\',
      "build-time": 5,
      mode: 0o755,
      depends: ["x", "y>1"],
      contents: ["usr/x"],
      empty: [],
      inner: { script: "one\n two\n" },
    },
    { name: "z" },
  ]);
  expect(formatJson([new Map([["a", 1]]), new Map([["b", ["c"]]])])).toBe(
    '[\n  {\n    "a": 1\n  }, {\n    "b": [\n      "c"\n    ]\n  }\n]\n',
  );
  expect(formatJson("\x01\t\xc3\xa9")).toBe('"\\u0001\\t\xc3\xa9"\n');
  expect(formatJson([])).toBe("[]\n");
});

test("text for people", () => {
  const short = new Map<string, Value>([
    ["name", "a"],
    ["build-time", 5],
  ]);
  expect(formatText([short, short])).toBe("Name: a\nBuild-Time: 5\n\nName: a\nBuild-Time: 5\n");
});
