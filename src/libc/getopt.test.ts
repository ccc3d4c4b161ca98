import { expect, test } from "vitest";
import type { Sys } from "../abi/program.ts";
import { getopt, type OptionRules } from "./getopt.ts";
import { Exit, Process } from "./process.ts";

function parse(spec: string, rules: OptionRules, line: string): string {
  const p = new Process({} as Sys, ["prog", ...line.split(" ").filter((s) => s !== "")], []);
  p.usage = "USAGE";
  try {
    const opt = getopt(p, spec, rules);
    const given = opt.given.map(([k, v]) => (v === undefined ? k : `${k}=${v}`));
    return `${given.join(" ")} | ${opt.operands.join(" ")}`;
  } catch (e) {
    if (!(e instanceof Exit)) throw e;
    return `${e.message} ${e.status}`;
  }
}

const long = { recursive: "R", remove: "remove", mode: "m", color: "color::" };

test.each<[string, OptionRules, string, string]>([
  ["abm:", {}, "x -ab y -m 5", "a b m=5 | x y"],
  ["abm:", {}, "-am5 -- -b", "a m=5 | -b"],
  ["abm:", {}, "-a - -b", "a b | -"],
  ["+ab", {}, "-a cmd -b", "a | cmd -b"],
  ["w::a", {}, "-w5 -w x", "w=5 w | x"],
  ["Rm:", { long }, "--rec --mode=7 --mode 8 f", "R m=7 m=8 | f"],
  ["Rm:", { long }, "--color --color=x y", "color color=x | y"],
  ["R", { long }, "--re", "prog: option is ambiguous: re\nUSAGE 1"],
  ["R", { long }, "--nope", "prog: unrecognized option: nope\nUSAGE 1"],
  ["R", { long }, "--recursive=3", "prog: option does not take an argument: recursive\nUSAGE 1"],
  ["Rm:", { long }, "--mode", "prog: option requires an argument: mode\nUSAGE 1"],
  ["Rm:", {}, "-m", "prog: option requires an argument: m\nUSAGE 1"],
  ["R", {}, "-Rx", "prog: unrecognized option: x\nUSAGE 1"],
  ["R", {}, "--recursive", "prog: unrecognized option: recursive\nUSAGE 1"],
  ["n:q", { number: "n" }, "-5 f", "n=5 | f"],
  ["n:q", { number: "n" }, "-q -5", "prog: unrecognized option: 5\nUSAGE 1"],
  ["Aet", { implies: { A: "et" } }, "-A", "A e t | "],
  ["a", { min: 1 }, "-a", "USAGE 1"],
  ["a", { max: 1 }, "x y", "USAGE 1"],
  ["ab", { exclusive: ["ab"] }, "-a -b", "USAGE 1"],
  ["ab", { required: ["ab"] }, "x", "USAGE 1"],
])("%s %j %s", (spec, rules, line, expected) => {
  expect(parse(spec, rules, line)).toBe(expected);
});

test("of a group the last one counts", () => {
  const p = new Process({} as Sys, ["prog", "-H", "-v", "-L", "-v"], []);
  const opt = getopt(p, "HLv", { last: ["HL"] });
  expect([opt.has("H"), opt.has("L"), opt.count("v")]).toEqual([false, true, 2]);
});
