// What is to be done to a root: the plan a solver makes and commit.ts carries out, and how it is told.
import type { Steps } from "../abi/program.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import type { Dependency } from "./dependency.ts";
import type { Package } from "./package.ts";

/** One package's change. Neither `from` nor `to` missing and not `reinstall`, same package: only its tag changes. */
export interface Change {
  readonly from: Package | undefined;
  readonly to: Package | undefined;
  /** The same package once more. */
  readonly reinstall: boolean;
  /** Repository tag the new one is pinned to ("" none): goes to InstalledPackage.repositoryTag. */
  readonly tag: string;
}

/** Changes in the order in which they are to be made, and the world that asked for them. */
export interface Plan {
  readonly changes: readonly Change[];
  readonly world: readonly Dependency[];
}

/** Does it change anything on the disk besides the database? False: a change of tag only. */
export function touchesFiles(change: Change): boolean {
  return change.from !== change.to || change.reinstall;
}

/** "Installing b (2)", "Upgrading b (1 -> 2)" …, as the line of its commit says after "(1/3) ". */
export function describeChange(_change: Change): string {
  return "";
}

/** With -i: lists what will happen and asks. True to go on. Called by commitPlan before anything else. */
export function* confirmPlan(_ctx: Context, _db: Database, _plan: Plan): Steps<boolean> {
  return true;
}

/** "(1/3) Installing b (2)": the line before change `index` is made (also by --simulate). */
export function* printChange(ctx: Context, plan: Plan, index: number): Steps<void> {
  yield* ctx.print.message(describeChange(plan.changes[index] as Change));
}

/** The last line: "OK: 8 MiB in 15 packages", or with errors "3 errors; …". Status 0 or the number of errors. */
export function* printSummary(_ctx: Context, _db: Database, _errors: number): Steps<number> {
  return 0;
}
