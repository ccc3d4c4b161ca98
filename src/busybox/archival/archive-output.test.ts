// What tar and cpio write, read back by themselves.
import { expect, test } from "vitest";
import { runProgram } from "../../../test/support/run-program.ts";
import { type Applet, programOf } from "../libbb/applet.ts";
import { cpio } from "./cpio.ts";
import { tar } from "./tar.ts";

const files = { big: "0123456789".repeat(20001), "d/small": "x\n", "d/none": "", l: "-> big" };
const wanted = ["big", "d/small", "d/none", "l"];
const contents = { ...files, l: files.big };

const cases: [applet: Applet, write: string, read: string, stdin: string, told: string][] = [
  [tar, "c big d l", "x", "", ""],
  [cpio, "-o -H newc", "-id", "big\nd\nd/small\nd/none\nl\n", "393 blocks\n"],
];

for (const [applet, write, read, stdin, told] of cases) {
  const run = (args: string, given: typeof files | object, input: Uint8Array) =>
    runProgram({
      program: programOf(applet),
      argv: [applet.name, ...args.split(" ")],
      env: {},
      files: { ...given },
      stdin: input,
      wanted,
    });

  test(`${applet.name}: what is written can be read`, async () => {
    const names = Uint8Array.from(stdin, (c) => c.charCodeAt(0));
    const archive = await run(write, files, names);
    expect(archive.status).toBe(0);
    const back = await run(read, {}, archive.stdout);
    expect(String.fromCharCode(...back.stderr)).toBe(told);
    expect([back.status, back.files]).toEqual([0, contents]);
  });
}
