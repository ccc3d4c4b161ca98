import { expect, test } from "vitest";
import { runProgram } from "../../../../test/support/run-program.ts";
import { bytesOf, strOf } from "../../../lib/bytes.ts";
import { encodeUtf8 } from "../../../lib/utf8.ts";
import { programOf } from "../../libbb/applet.ts";
import { vi } from "./vi.ts";

const TEXT = "alpha beta(gamma) delta\n\tindented line\n\nsecond: foo.bar 12\n";

/** The file after these keys (":wq" is added) and where the cursor ended, marked with "@". */
async function edit(keys: string, text = TEXT): Promise<string> {
  const result = await runProgram({
    program: programOf(vi),
    argv: ["vi", "f"],
    env: { PATH: "/bin" },
    files: { f: text },
    stdin: bytesOf(encodeUtf8(`${keys}\x1bi@\x1b:wq\r`)),
    wanted: ["f"],
  });
  expect([strOf(result.stderr), result.status]).toEqual(["", 0]);
  return result.files["f"] as string;
}

const [A, B, D] = ["alpha beta(gamma) delta", "\tindented line", "second: foo.bar 12"];

test.each([
  ["x", `@lpha beta(gamma) delta\n${B}\n\n${D}\n`],
  ["wdw", `alpha @(gamma) delta\n${B}\n\n${D}\n`],
  ["cwone\x1bw.", `one on@e(gamma) delta\n${B}\n\n${D}\n`],
  ["2ddp", `\n@${A}\n${B}\n${D}\n`],
  ["3ddu", `@${A}\n${B}\n\n${D}\n`],
  ["ddxuu", `@${A}\n${B}\n\n${D}\n`],
  ["f(d%", `alpha beta@ delta\n${B}\n\n${D}\n`],
  ["Gyyggp", `${A}\n@${D}\n${B}\n\n${D}\n`],
  ["d}", `@\n${D}\n`],
  ["d/foo\r", `@foo.bar 12\n`],
  ["jJ", `${A}\n${B}@ \n${D}\n`],
  ["Rxyz\x7f", `x@ypha beta(gamma) delta\n${B}\n\n${D}\n`],
  ["oa\rb\x1b", `${A}\na\n@b\n${B}\n\n${D}\n`],
  ["3rX5~", `XXxHA B@eta(gamma) delta\n${B}\n\n${D}\n`],
  [">>j<<", `\t${A}\n@indented line\n\n${D}\n`],
  ["majjd'a", `@${D}\n`],
  ['"aywj"aP', `${A}\nalpha@ ${B}\n\n${D}\n`],
  [":2,3d\r", `${A}\n@${D}\n`],
  [":%s/a/X/g\r", `XlphX betX(gXmmX) deltX\n${B}\n\n@second: foo.bXr 12\n`],
  [":$\r", `${A}\n${B}\n\n@${D}\n`],
  ["ié日\x1bx", `é@${A}\n${B}\n\n${D}\n`],
])("%j", async (keys, expected) => {
  expect(await edit(keys)).toBe(encodeUtf8(expected));
});

test("refuses, and says so", async () => {
  const run = async (keys: string, args: string[] = []): Promise<string> => {
    const result = await runProgram({
      program: programOf(vi),
      argv: ["vi", ...args, "f"],
      env: { PATH: "/bin" },
      files: { f: "one\n", g: "two\n" },
      stdin: bytesOf(keys),
      wanted: ["f", "g"],
    });
    return `${strOf(result.stdout)}|${result.files["f"]}|${result.files["g"]}`;
  };
  expect(await run("x:q\r")).toContain("No write since last change (:q! overrides)");
  expect(await run("x:w\r", ["-R"])).toMatch(/'f' is read only.*\|one\n\|two\n$/s);
  expect(await run("x:w g\r")).toMatch(/File exists \(:w! overrides\).*\|one\n\|two\n$/s);
  expect(await run("x:w! g\r")).toMatch(/\|one\n\|ne\n$/s);
  expect(await run(":foo\r")).toContain("'foo' is not implemented");
});

test("ends when no more can be typed", async () => {
  const result = await runProgram({
    program: programOf(vi),
    argv: ["vi", "f"],
    env: { PATH: "/bin" },
    files: { f: "one\n" },
    stdin: bytesOf("x"),
    wanted: ["f"],
  });
  expect([strOf(result.stderr), result.status, result.files["f"]]).toEqual([
    "vi: can't read user input\n",
    1,
    "one\n",
  ]);
});
