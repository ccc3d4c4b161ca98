// Applies a plan to the disk: scripts, files, triggers, and the database last.
import type { Steps } from "../abi/program.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import type { Dependency } from "./dependency.ts";
import type { Package } from "./package.ts";

/** One step of a plan: installation (no `from`), removal (no `to`), upgrade, downgrade, or the same again. */
export interface Change {
  readonly from: Package | undefined;
  readonly to: Package | undefined;
  /** The same package is to be installed again. */
  readonly reinstall: boolean;
  /** Tag of the repository that `to` is pinned to, "" for none. */
  readonly tag: string;
}

/** What commit does, in order. */
export interface CommitRequest {
  readonly changes: readonly Change[];
  /** The world afterwards. */
  readonly world: readonly Dependency[];
}

/** Applies it; the number of errors that were met on the way, all told already. The exit status follows from it. */
export function* commitPlan(ctx: Context, db: Database, plan: CommitRequest): Steps<number> {
  throw new Error(`not yet ${ctx.settings.root} ${db.installed.length} ${plan.changes.length}`);
}
