// apk-tools' own user tests (test/user/*.sh of version 3), run by the shell of a machine, read from the folder that
// APK_TOOLS_TESTS names: `test/` of an unpacked apk-tools. They are not kept here.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale } from "../support/build.ts";

const folders = (process.env["APK_TOOLS_TESTS"] ?? "")
  .split(":")
  .filter((dir) => dir !== "" && existsSync(`${dir}/user`));

/** Tests that cannot pass, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "uvol.sh": "OpenWrt's volumes are not supported",
};

test.skipIf(folders.length > 0)("user suite: APK_TOOLS_TESTS is not set", ({ skip }) => skip());

for (const folder of folders) {
  const names = readdirSync(`${folder}/user`).filter((name) => name.endsWith(".sh"));
  describe("apk-tools 3 user tests", () => {
    beforeAll(() => buildIfStale(), 120_000);
    test.for(names.sort())("%s", { timeout: 60_000 }, (name, { skip }) => {
      if (Object.hasOwn(EXCEPTIONS, name)) skip(EXCEPTIONS[name]);
      const command = `cd /tmp; APK='apk --legacy-output=no' sh /suite/user/${name}`;
      const args = ["bin/bivy.cjs", "run", "-v", `${folder}:/suite`, "alpine", "sh", "-c", command];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        encoding: "latin1",
        timeout: 50_000,
      });
      // The output is part of what is compared, so that a failure shows it.
      expect({ status, output: status === 0 ? "" : stdout + stderr }).toEqual({
        status: 0,
        output: "",
      });
    });
  });
}
