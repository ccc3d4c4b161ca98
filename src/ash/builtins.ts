// The table of ash's builtins.

import { CD } from "./bltin/cd.ts";
import { COMMANDS } from "./bltin/command.ts";
import { FLOW } from "./bltin/flow.ts";
import { IO } from "./bltin/io.ts";
import { JOBS } from "./bltin/jobs.ts";
import { SYSTEM } from "./bltin/limits.ts";
import { READ } from "./bltin/read.ts";
import { TRAPS } from "./bltin/trap.ts";
import { VARS } from "./bltin/vars.ts";
import type { Builtin } from "./bltin.ts";

/** All builtins by name; made once for each shell program started. */
export function allBuiltins(): ReadonlyMap<string, Builtin> {
  const map = new Map<string, Builtin>();
  for (const family of [FLOW, VARS, CD, COMMANDS, IO, READ, JOBS, TRAPS, SYSTEM]) {
    for (const builtin of family()) map.set(builtin.name, builtin);
  }
  return map;
}
