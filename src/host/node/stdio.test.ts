import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { testKernel } from "../../../test/support/kernel.ts";
import { settle } from "../../abi/program.ts";
import { TaskSys } from "../../kernel/sys.ts";
import { HostStdio } from "./stdio.ts";

test("a write that is longer than the room of a pipe goes to a file in one call", () => {
  const folder = fs.mkdtempSync(`${tmpdir()}/stdio-`);
  const fd = fs.openSync(`${folder}/out`, "w");
  try {
    const { kernel, host, run } = testKernel();
    const stdio = new HostStdio(kernel);
    const size = 3 * 1024 * 1024 + 5;
    let written = 0;
    const status = run(function* (sys) {
      const out = TaskSys.taskOf(sys).fds.install(stdio.output(fd), false, 16);
      written = yield* settle(sys.write(out, new Uint8Array(size).fill(97)));
      return 0;
    });
    expect([status, host.reports, written]).toEqual([0, [], size]);
    expect(fs.statSync(`${folder}/out`).size).toBe(size);
  } finally {
    fs.closeSync(fd);
    fs.rmSync(folder, { recursive: true });
  }
});
