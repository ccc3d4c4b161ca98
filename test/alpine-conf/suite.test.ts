// alpine-conf's own tests against our programs, with its fakes of apk, mount and the like.
//
//     ALPINE_CONF_TESTS=/folder npx vitest run test/alpine-conf/suite.test.ts
//
// The folder is alpine-conf's `tests`. Without the variable there is nothing to test. ALPINE_CONF_CASE limits it to cases
// whose name has that in it.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Machine, nodeHost } from "../../src/index.ts";
import { installTree } from "../openrc/machine.ts";

const FOLDER = process.env["ALPINE_CONF_TESTS"] ?? "";
const ONLY = process.env["ALPINE_CONF_CASE"] ?? "";
const ROOT = fileURLToPath(new URL("../../aports/bivy-alpine-conf/root/", import.meta.url));
const SHIM = fileURLToPath(new URL("atf.sh", import.meta.url));

const files = FOLDER === "" ? [] : readdirSync(FOLDER).filter((name) => name.endsWith("_test"));

function casesOf(file: string): string[] {
  const text = readFileSync(`${FOLDER}/${file}`, "utf8");
  const list = /^init_tests((?:.*\\\n)*.*)/m.exec(text)?.[1] ?? "";
  return list.split(/[\s\\]+/).filter((name) => name !== "" && name.includes(ONLY));
}

let machine: Machine;

beforeAll(async () => {
  if (FOLDER === "") return;
  machine = Machine.boot({ host: nodeHost() });
  machine.fs.mkdirSync("/t/tests", { recursive: true });
  installTree(machine, FOLDER, "/t/tests");
  for (const dir of ["sbin", "lib"]) installTree(machine, `${ROOT}${dir}`, "/t");
  for (const name of ["bivy-sfdisk", "bivy-openssl"])
    installTree(machine, fileURLToPath(new URL(`../../aports/${name}/root`, import.meta.url)));
  // A test looks into the script for this.
  machine.fs.writeFileSync("/t/lbu", "#!bivy lbu\nsysconfdir=/etc/lbu\n");
  machine.fs.writeFileSync("/t/atf.sh", readFileSync(SHIM));
});
afterAll(() => machine?.close());

for (const file of files.sort()) {
  for (const name of casesOf(file)) {
    test(`${file}: ${name}`, async (context) => {
      const { stdout, stderr, status } = await machine.exec(
        `export ATF_SRCDIR=/t/tests; exec sh /t/atf.sh /t/tests/${file} ${name} </dev/null`,
      );
      if (status === 77) context.skip(stdout);
      expect(`${stdout}${stderr}=> ${status}`).toMatch(/=> 0$/);
    });
  }
}
// Without them this is what is named as skipped.
test.skipIf(FOLDER === "")("alpine-conf's own tests (ALPINE_CONF_TESTS)", () => {
  expect(files.flatMap(casesOf).length).toBeGreaterThanOrEqual(285);
});
