// apk-tools' own solver tests, read from the folder that APK_TOOLS_TESTS names: `test/` of an unpacked apk-tools, of
// version 3 (test/solver) or 2.14 (cases in test itself); several folders with colons between. They are not kept here.
import { existsSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readCase, runCase } from "./solver-suite.ts";

const folders = (process.env["APK_TOOLS_TESTS"] ?? "").split(":").filter((dir) => dir !== "");

test.skipIf(folders.length > 0)("solver suite: APK_TOOLS_TESTS is not set", ({ skip }) => skip());

for (const folder of folders) {
  const three = existsSync(`${folder}/solver`);
  const dir = three ? `${folder}/solver` : folder;
  const names = readdirSync(dir).filter((name) => name.endsWith(".test"));
  describe(`apk-tools ${three ? "3" : "2.14"} solver`, () => {
    test.for(names.sort())("%s", async (name) => {
      const one = readCase(`${dir}/${name}`);
      const output = await runCase(
        dir,
        one,
        three ? ["--legacy-output=no"] : ["--test-world", one.world.join(" ")],
      );
      const time = (text: string): string => text.replace(/\(\d{8}\.\d{6}\)/g, "(TIME)");
      expect(time(output)).toBe(time(one.expect));
    });
  });
}
