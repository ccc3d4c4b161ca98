import { expect, test } from "vitest";
import { applet } from "../../../test/support/applet.ts";
import { runProgram } from "../../../test/support/run-program.ts";
import type { Program } from "../../abi/program.ts";
import { SIGKILL } from "../../abi/signal.ts";
import { strOf } from "../../lib/bytes.ts";
import { programOf } from "../libbb/applet.ts";
import { time } from "./time.ts";

const programs = new Map<string, Program>([
  [
    "three",
    function* () {
      return 3;
    },
  ],
  [
    "dies",
    function* (sys) {
      sys.kill(sys.getpid(), SIGKILL);
      return 0;
    },
  ],
]);

for (const [args, stderr, status] of [
  [
    ["-f", "%C|%x|%%|%Z|\\t|%Q%", "three", "a b"],
    "Command exited with non-zero status 3\nthree a b|3||4096|t|\n",
    3,
  ],
  [["-f", "%x", "dies"], "Command terminated by signal 9\n0\n", 9],
] as const)
  test(`time ${args.join(" ")}`, async () => {
    const result = await runProgram({
      program: programOf(time),
      argv: ["time", ...args],
      env: { PATH: "/bin" },
      files: {},
      stdin: new Uint8Array(),
      wanted: [],
      programs,
    });
    expect([strOf(result.stderr), result.status]).toEqual([stderr, status]);
  });

applet(time, [
  { name: "nothing", stderr: "usage", status: 1 },
  {
    name: "into a file",
    args: "-o f -f %x nope",
    stderr: "time: can't execute 'nope': No such file or directory\n",
    status: 127,
    after: { f: "Command exited with non-zero status 127\n127\n" },
  },
  {
    name: "file that cannot be made",
    args: "-o d/f true",
    stderr: "time: can't open 'd/f': No such file or directory\n",
    status: 1,
  },
]);
