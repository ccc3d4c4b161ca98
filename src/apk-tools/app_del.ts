// apk del: constraints are taken out of world, and the root is made to follow (apk-del(8)).
import type { Steps } from "../abi/program.ts";
import type { Applet } from "./applet.ts";
import { applyWorld } from "./apply.ts";
import type { Plan } from "./changes.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { type Dependency, OP_IDENTITY, satisfies } from "./dependency.ts";
import type { Name } from "./name.ts";
import type { Package } from "./package.ts";
import { SOLVE_UPGRADE } from "./solver-flags.ts";
import { removeFromWorld } from "./world.ts";

function provides(pkg: Package, dep: Dependency): boolean {
  if (pkg.name === dep.name) return dep.op === OP_IDENTITY || satisfies(pkg.version, dep);
  return pkg.provides.some((p) => p.name === dep.name && satisfies(p.version, dep));
}

/** Who needs whom among packages that are there. */
class Needs {
  readonly #packages: readonly Package[];
  readonly #world: readonly Dependency[];

  constructor(packages: readonly Package[], world: readonly Dependency[]) {
    this.#packages = packages;
    this.#world = world;
  }

  /** Names in world that keep the package, those that mean it itself first. */
  roots(pkg: Package): string[] {
    const names = new Set<string>();
    const seen = new Set<Package>();
    const todo = [pkg];
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const here = next;
      for (const dep of this.#world) if (!dep.conflict && provides(here, dep)) names.add(dep.name);
      for (const other of this.#packages)
        if (other.depends.some((dep) => !dep.conflict && provides(here, dep))) todo.push(other);
    }
    return [...names];
  }
}

/** What is installed after the plan. */
function after(db: Database, plan: Plan): Package[] {
  const packages = new Set(db.installed.map(({ pkg }) => pkg));
  for (const { from, to } of plan.changes) {
    if (from !== undefined) packages.delete(from);
    if (to !== undefined) packages.add(to);
  }
  return [...packages];
}

function* tellKept(ctx: Context, db: Database, names: readonly string[], plan: Plan): Steps<void> {
  const packages = after(db, plan);
  const needs = new Needs(packages, plan.world);
  const lines: string[] = [];
  for (const name of names) {
    const kept = packages.find((pkg) => pkg.name === name);
    if (kept !== undefined && kept.installed !== undefined)
      lines.push(`  ${name}: ${needs.roots(kept).join(" ")}`);
  }
  if (lines.length === 0) return;
  yield* ctx.print.message("World updated, but the following packages are not removed due to:");
  for (const line of lines.sort()) yield* ctx.print.message(line);
  yield* ctx.print.message("");
}

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  let { world } = db;
  const names = args.map((arg) => arg.replace(/^!|[@<=>~].*$/g, ""));
  for (const name of names) {
    if (db.names.has(name) || world.some((dep) => dep.name === name)) continue;
    yield* ctx.print.error(`No such package: ${name}`);
    return 1;
  }
  const nameFlags = new Map<Name, number>();
  for (const name of names) {
    if (ctx.flag("rdepends")) {
      const installed = db.installed.map(({ pkg }) => pkg);
      const needs = new Needs(installed, world);
      for (const pkg of installed)
        if (pkg.name === name)
          for (const root of needs.roots(pkg)) world = removeFromWorld(world, root);
    }
    world = removeFromWorld(world, name);
    // That it is installed speaks no longer for it.
    nameFlags.set(db.name(name), SOLVE_UPGRADE);
  }
  return yield* applyWorld(ctx, db, world, { flags: 0, nameFlags }, function* ({ plan }) {
    if (plan !== undefined) yield* tellKept(ctx, db, names, plan);
  });
}

export const del: Applet = {
  name: "del",
  summary: "Take packages out of the wanted state of the system and remove what nothing needs",
  group: "install",
  arguments: "CONSTRAINTS...",
  description:
    "Removes constraints from the world and makes the system follow: packages that nothing needs any " +
    "more are removed. What others still need stays, and it is told who they are.",
  optionGroups: ["commit"],
  options: [
    {
      name: "rdepends",
      letter: "r",
      help: "Remove from the world everything that needs the packages as well",
    },
  ],
  open: () => ({ access: "write", installed: true, world: true, repositories: true }),
  run,
};
