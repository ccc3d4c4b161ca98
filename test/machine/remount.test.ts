import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { hostFolder, Machine } from "bivy";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildIfStale } from "../support/build.ts";

beforeAll(buildIfStale, 120_000);
const folder = mkdtempSync(`${tmpdir()}/bivy-remount-`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a folder of the host becomes read-only and writable again; one lent for reading does not", async () => {
  const machine = Machine.boot({
    mounts: [
      { fileSystem: hostFolder(folder), target: "/rw" },
      { fileSystem: hostFolder(folder, { readonly: true }), target: "/ro" },
    ],
  });
  const script =
    "mount -o remount,ro /rw; echo $?; touch /rw/a; echo $?; mount -o remount,rw /rw; touch /rw/a; echo $?; " +
    "mount -o remount,rw /ro; echo $?; touch /ro/b; echo $?";
  const { stdout, stderr } = await machine.exec(script);
  machine.close();
  expect(`${stdout}${stderr}`).toBe(
    "0\n1\n0\n0\n1\ntouch: /rw/a: Read-only file system\n" +
      "mount: 9p is write-protected, mounting read-only\ntouch: /ro/b: Read-only file system\n",
  );
});
