import { expect, test } from "vitest";
import { runProgram } from "../../test/support/run-program.ts";
import { strOf } from "../lib/bytes.ts";
import { getconf } from "./getconf.ts";

const USAGE =
  "Usage: getconf system_var\n\tgetconf -a\n\tgetconf path_var pathname\n\tgetconf -a pathname\n";

test.each([
  ["ARG_MAX", "131072\n", "", 0],
  ["-- _POSIX_VERSION", "200809\n", "", 0],
  ["LINE_MAX", "undefined\n", "", 0],
  ["PATH_MAX /nope", "4096\n", "", 0],
  ["PATH_MAX", "", "getconf: PATH_MAX: invalid variable type\n", 1],
  ["FOO", "", "getconf: FOO: unknown variable\n", 1],
  ["-", "", "getconf: -: unknown variable\n", 1],
  ["-ax", "", `getconf: unrecognized option: x\n${USAGE}`, 1],
  ["ARG_MAX a b", "", USAGE, 1],
])("getconf %s", async (args, stdout, stderr, status) => {
  const result = await runProgram({
    program: getconf,
    argv: ["getconf", ...args.split(" ")],
    env: {},
    files: {},
    stdin: new Uint8Array(0),
    wanted: [],
  });
  expect([strOf(result.stdout), strOf(result.stderr), result.status]).toEqual([
    stdout,
    stderr,
    status,
  ]);
});
