// apk query: fields of packages that match, as text, YAML or JSON (apk-query(8)).
import type { Steps } from "../abi/program.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { parseDependency } from "./dependency.ts";
import type { Package } from "./package.ts";
import { queryPackages, showSelection } from "./query.ts";
import { QueryError } from "./query-fields.ts";
import { unique } from "./select.ts";
import { solve } from "./solver.ts";

/** --recursive and --world: what the solver would install. undefined: told why not. */
export function* solvePackages(
  ctx: Context,
  db: Database,
  constraints: readonly string[],
): Steps<Package[] | undefined> {
  const world = ctx.flag("world") ? [...db.world] : [];
  for (const text of constraints) {
    const dep = parseDependency(text);
    if (dep === undefined) {
      yield* ctx.print.error(
        `'${text}' is not a valid constraint, format is name(@tag)([<>~=]version)`,
      );
      return undefined;
    }
    world.push(dep);
  }
  const solution = solve(db, world, { flags: 0, width: ctx.print.screenWidth });
  if (solution.errors !== undefined) {
    yield* ctx.print.error("unable to select packages:");
    for (const line of solution.errors) yield* ctx.print.complain(`${line}\n`);
    return undefined;
  }
  const chosen = new Set(db.installed.map(({ pkg }) => pkg));
  for (const { from, to } of solution.plan.changes) {
    if (from !== undefined) chosen.delete(from);
    if (to !== undefined) chosen.add(to);
  }
  return unique(chosen);
}

function* run(ctx: Context, db: Database, queries: readonly string[]): Steps<number> {
  try {
    let packages: Package[] | undefined;
    if (ctx.flag("recursive") || ctx.flag("world"))
      packages = yield* solvePackages(ctx, db, queries);
    else packages = queryPackages(ctx, db, queries);
    if (packages === undefined) return 1;
    return yield* showSelection(ctx, db, packages);
  } catch (e) {
    if (!(e instanceof QueryError)) throw e;
    yield* ctx.print.error(e.message);
    return 1;
  }
}

export const query: Applet = {
  name: "query",
  summary: "Ask for packages and their fields",
  group: "query",
  arguments: "QUERY...\n--recursive CONSTRAINTS...",
  description:
    "Chooses packages by name, version or any other field, and shows fields of them. With " +
    "--recursive, the packages that would be installed to meet the constraints.",
  optionGroups: ["query"],
  options: [],
  open: (ctx) => ({
    access: "read",
    installed: true,
    scripts: /scripts|all/.test(`${ctx.value("fields")},${ctx.value("match")}`),
    world: true,
    repositories: true,
  }),
  run,
};
