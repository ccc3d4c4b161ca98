import { expect, test } from "vitest";
import { runProgram } from "../../test/support/run-program.ts";
import { strOf } from "../lib/bytes.ts";
import { busybox } from "./busybox.ts";

async function run(...argv: string[]): Promise<[stdout: string, stderr: string, status: number]> {
  const result = await runProgram({
    program: busybox(),
    argv,
    env: { PATH: "/bin" },
    files: {},
    stdin: new Uint8Array(),
    wanted: [],
  });
  return [strOf(result.stdout), strOf(result.stderr), result.status];
}

test("the name it is called by tells the applet", async () => {
  expect(await run("/usr/bin/basename", "a/b")).toEqual(["b\n", "", 0]);
  expect(await run("busybox", "basename", "a/b")).toEqual(["b\n", "", 0]);
  expect(await run("/bin/busybox", "busybox", "/x/basename", "a/b")).toEqual(["b\n", "", 0]);
  expect(await run("busybox.static", "false")).toEqual(["", "", 1]);
});

test("what is no applet", async () => {
  expect(await run("nope")).toEqual(["", "nope: applet not found\n", 127]);
  expect(await run("busybox", "nope")).toEqual(["", "nope: applet not found\n", 127]);
  expect(await run("busybox", "-x")).toEqual(["", "-x: applet not found\n", 127]);
});

test("help of an applet, either way, and of those that have none", async () => {
  const [stdout, stderr, status] = await run("cat", "--help", "x");
  expect([stdout, status]).toEqual(["", 0]);
  expect(stderr).toMatch(/^BusyBox v1\.36\.1 .* multi-call binary\.\n\nUsage: cat \[-nbvteA\] /);
  expect(await run("busybox", "--help", "cat")).toEqual(["", stderr, 0]);
  expect(await run("true", "--help")).toEqual(["", "", 0]);
  expect(await run("echo", "--help")).toEqual(["--help\n", "", 0]);
});

test("the lists", async () => {
  const [names] = await run("busybox", "--list");
  expect(names).toMatch(/^\[\n\[\[\n/);
  const [paths] = await run("busybox", "--list-full");
  expect(paths).toMatch(/^usr\/bin\/\[\nusr\/bin\/\[\[\n/);
  const [text, , status] = await run("busybox");
  expect(status).toBe(0);
  for (const line of text.split("\n")) expect(line.length).toBeLessThan(80);
  const listed = text.slice(text.indexOf("functions:\n") + 11);
  expect(listed.trim().split(/,\s+/)).toEqual(names.trim().split("\n"));
});

test("--install wants to know where it is", async () => {
  expect(await run("busybox", "--install", "/x")).toEqual([
    "",
    "busybox: 'busybox' is not an absolute path\n",
    1,
  ]);
});
