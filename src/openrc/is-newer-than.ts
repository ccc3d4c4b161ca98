// is_newer_than, is_older_than: a file against others and whole directories, by status.
import type { Program, Steps } from "../abi/program.ts";
import { newerThan } from "./librc/newer.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";

/** Is nothing in the others newer than the first? undefined when too few are given. */
function* firstIsNewest(rc: Rc): Steps<boolean | undefined> {
  const [first, ...others] = rc.p.argv.slice(1);
  if (first === undefined || others.length === 0) return undefined;
  for (const other of others) if (!(yield* newerThan(rc.sys, first, other))) return false;
  return true;
}

/** The program is_newer_than. */
export const isNewerThan: Program = rcProgram(function* (rc) {
  return (yield* firstIsNewest(rc)) === true ? 0 : 1;
});

/** The program is_older_than. */
export const isOlderThan: Program = rcProgram(function* (rc) {
  return (yield* firstIsNewest(rc)) === false ? 0 : 1;
});
