// From a wanted world to a changed root: solves it, tells why not, carries it out.
import type { Steps } from "../abi/program.ts";
import { commitPlan } from "./commit.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import type { Dependency } from "./dependency.ts";
import { type Solution, solve } from "./solver.ts";
import type { SolveOptions } from "./solver-graph.ts";
import { formatWorldDependency } from "./world.ts";

/** Exit status of what is refused before anything is tried. */
export const REFUSED = 99;

/** Whether all tags of a world are those of repositories; what is not so has been told. */
export function* checkTags(
  ctx: Context,
  db: Database,
  world: readonly Dependency[],
  what: string,
): Steps<boolean> {
  let good = true;
  for (const dep of world) {
    if (db.knowsTag(dep.tag)) continue;
    good = false;
    // What the old world has wrong was told when it was read.
    if (!db.world.includes(dep))
      yield* ctx.print.warning(
        `The repository tag for world dependency '${formatWorldDependency(dep)}' does not exist`,
      );
  }
  if (good || ctx.settings.forceBrokenWorld) return true;
  yield* ctx.print.error(
    `Not ${what} due to missing repository tags. Use --force-broken-world to override.`,
  );
  return false;
}

export function* explainErrors(ctx: Context, errors: readonly string[]): Steps<void> {
  yield* ctx.print.error(["unable to select packages:", ...errors].join("\n"));
}

/** Solves; with --force-broken-world without what makes it impossible. */
export function solveWorld(
  ctx: Context,
  db: Database,
  world: readonly Dependency[],
  options: SolveOptions,
): Solution {
  const all = {
    ...options,
    width: ctx.print.screenWidth,
    hideTags: ctx.settings.legacyOutput,
  };
  let solution = solve(db, world, all);
  let left = world;
  while (solution.plan === undefined && ctx.settings.forceBrokenWorld) {
    const guilty = solution.guilty;
    const fewer = left.filter((dep) => !guilty.has(dep));
    if (fewer.length === left.length) return solution;
    left = fewer;
    solution = solve(db, left, all);
  }
  // The world keeps what could not be had.
  return solution.plan === undefined
    ? solution
    : { ...solution, plan: { ...solution.plan, world } };
}

/** Solves and carries out; the exit status. */
export function* applyWorld(
  ctx: Context,
  db: Database,
  world: readonly Dependency[],
  options: SolveOptions,
  before?: (solution: Solution) => Steps<void>,
): Steps<number> {
  if (!(yield* checkTags(ctx, db, world, "committing changes"))) return REFUSED;
  const solution = solveWorld(ctx, db, world, options);
  if (solution.plan === undefined) {
    yield* explainErrors(ctx, solution.errors);
    return Math.min(solution.status, 127);
  }
  if (before !== undefined) yield* before(solution);
  return yield* commitPlan(ctx, db, solution.plan);
}
