import { expect, test } from "vitest";
import { applet } from "../../../test/support/applet.ts";
import { runProgram } from "../../../test/support/run-program.ts";
import type { Program } from "../../abi/program.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { programOf } from "../libbb/applet.ts";
import { run_parts } from "./run-parts.ts";

const say: (status: number) => Program = (status) =>
  function* (sys, argv) {
    sys.write(1, bytesOf(`${argv.join(" ")} ${sys.umask(0)}\n`));
    return status;
  };
const programs = new Map([
  ["one", say(0)],
  ["a.two", say(3)],
  [".hidden", say(0)],
  ["back~", say(0)],
]);

for (const [args, stdout, stderr, status] of [
  [
    ["-a", "x", "-a", "y z"],
    "/bin/a.two x y z 18\n/bin/one x y z 18\n",
    "run-parts: /bin/a.two: exit status 3\n",
    1,
  ],
  [["--exit-on-error"], "/bin/a.two 18\n", "run-parts: /bin/a.two: exit status 3\n", 1],
  [["--test", "--reverse"], "/bin/one\n/bin/a.two\n", "", 0],
  [
    ["--reverse", "-u", "077"],
    "/bin/one 63\n/bin/a.two 63\n",
    "run-parts: /bin/a.two: exit status 3\n",
    1,
  ],
] as const)
  test(`run-parts ${args.join(" ")}`, async () => {
    const result = await runProgram({
      program: programOf(run_parts),
      argv: ["run-parts", ...args, "/bin"],
      env: {},
      files: {},
      stdin: new Uint8Array(),
      wanted: [],
      programs,
    });
    expect([strOf(result.stdout), strOf(result.stderr), result.status]).toEqual([
      stdout,
      stderr,
      status,
    ]);
  });

applet(run_parts, [
  { name: "no directory", stderr: "usage", status: 1 },
  {
    name: "not there",
    args: "nope",
    stderr: "run-parts: nope: No such file or directory\n",
  },
  { name: "a file", files: { f: "" }, args: "f" },
  {
    name: "wrong mask",
    args: "-u 9 .",
    stderr: "run-parts: invalid number '9'\n",
    status: 1,
  },
]);
