// Rules of doas.conf, and which one decides.
import { expect, test } from "vitest";
import { ConfigError, decide, parseRules, type Request } from "./config.ts";

const JOE: Request = {
  user: "joe",
  uid: 1000,
  groups: [
    { name: "joe", gid: 1000 },
    { name: "wheel", gid: 10 },
  ],
  target: "root",
  targetUid: 0,
  command: "apk",
  args: ["add", "vim"],
};

test("the last rule that fits decides", () => {
  const cases: [conf: string, expected: string][] = [
    ["permit persist :wheel", "permit"],
    ["permit :wheel\ndeny joe", "deny"],
    ["deny joe\npermit nopass 1000", "permit nopass"],
    ["permit joe as bob", "none"],
    ["permit joe as root cmd apk", "permit"],
    ["permit joe cmd apk args add vim", "permit"],
    ["permit joe cmd apk args add", "none"],
    ["permit joe cmd apk args", "none"],
    ['permit joe cmd "apk" # comment\n\ndeny :adm', "permit"],
    ["permit setenv { A=b -C } keepenv \\\n  joe", "permit"],
    ["", "none"],
  ];
  const said = cases.map(([conf]) => {
    const rule = decide(parseRules(conf), JOE);
    if (rule === undefined) return "none";
    return `${rule.permit ? "permit" : "deny"}${rule.nopass ? " nopass" : ""}`;
  });
  expect(said).toEqual(cases.map(([, expected]) => expected));
});

test("wrong lines are named", () => {
  const wrong = [
    "allow joe",
    "permit",
    "permit joe\npermit joe as",
    'permit "joe',
    "deny nopass joe",
    "permit nopass persist joe",
    "permit joe cmd apk extra",
    "permit setenv { A joe",
  ];
  const lines = wrong.map((conf) => {
    try {
      parseRules(conf);
      return 0;
    } catch (e) {
      return e instanceof ConfigError ? e.line : -1;
    }
  });
  expect(lines).toEqual([1, 1, 2, 1, 1, 1, 1, 1]);
});
