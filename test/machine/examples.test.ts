// The examples run and say what they promise.
import { expect, test } from "vitest";
import * as deterministic from "../../examples/deterministic.ts";
import * as filesAndFork from "../../examples/files-and-fork.ts";
import * as hello from "../../examples/hello.ts";
import * as ownProgram from "../../examples/own-program.ts";
import * as streams from "../../examples/streams.ts";
import * as untrusted from "../../examples/untrusted.ts";

test("hello", async () => {
  expect(await hello.main()).toBe("Linux\n1\nstatus 0");
});

test("files and fork", async () => {
  expect(await filesAndFork.main()).toEqual([
    "1\n2\n3\n",
    "3\n2\n1\n",
    "output in the template: false",
  ]);
});

test("untrusted", async () => {
  const [dd, bomb, loop, output, after] = await untrusted.main();
  expect(dd).toBe("dd: status 1");
  expect(["survived", "ERR_TIMEOUT"]).toContain(bomb);
  expect([loop, output, after]).toEqual(["ERR_TIMEOUT", "ERR_LIMIT_OUTPUT", "still here"]);
});

test("a program of one's own", async () => {
  expect(await ownProgram.main()).toBe("HELLO\nPIPED\n");
});

test("streams", async () => {
  expect(await streams.main()).toEqual(["9\n16\n", "status 7"]);
});

test("deterministic", async () => {
  const [same, output] = await deterministic.main();
  expect(same).toBe(true);
  expect(output).toMatch(/00:00:00 UTC 2024\n.* 01:00:00 UTC 2024\n/);
});
