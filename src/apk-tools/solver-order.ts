// The order in which the solver's choice is carried out: what is needed before who needs it, removals as early as no
// one on the disk needs the package any more, what must not be together never together.
import type { Change, Plan } from "./changes.ts";
import type { Database } from "./database.ts";
import { type Dependency, satisfies } from "./dependency.ts";
import type { Package } from "./package.ts";
import { SOLVE_REINSTALL } from "./solver-flags.ts";
import type { SolverGraph } from "./solver-graph.ts";
import { meets, type NameState, type PackageState } from "./solver-state.ts";

/** Nesting that is followed for the order; what lies deeper comes at the end. */
const DEPTH_MAX = 500;

export class Ordering {
  readonly #graph: SolverGraph;
  readonly #db: Database;
  readonly #world: readonly Dependency[];
  /** On the disk at the moment, by their names and what they provide. */
  readonly #present = new Set<Package>();
  readonly #presentByName = new Map<string, Package[]>();
  /** Who on the disk names it in depends or install_if. */
  readonly #needs = new Map<string, Package[]>();
  readonly #installedByName = new Map<string, Package>();
  readonly #seen = new Set<PackageState>();
  readonly #seenMissing = new Set<NameState>();
  readonly #leaving = new Set<Package>();
  readonly #changes: Change[] = [];
  #depth = 0;
  /** What lies too deep for now. */
  readonly #deep: PackageState[] = [];
  /** Packages as they were done, and names that nothing stands for, as they were missed. */
  readonly order: (PackageState | NameState)[] = [];

  constructor(graph: SolverGraph, world: readonly Dependency[]) {
    this.#graph = graph;
    this.#db = graph.db;
    this.#world = world;
    for (const { pkg } of this.#db.installed) {
      this.#present.add(pkg);
      this.#installedByName.set(pkg.name, pkg);
      for (const name of namesOf(pkg)) push(this.#presentByName, name, pkg);
      for (const { name } of pkg.depends) push(this.#needs, name, pkg);
      for (const { name } of pkg.installIf) push(this.#needs, name, pkg);
    }
  }

  plan(): Plan {
    for (const { pkg } of this.#db.installed) this.#removeUnneeded(pkg);
    for (const dep of this.#world) if (!dep.conflict) this.#visitName(dep.name);
    for (const state of this.#deep) this.#visit(state);
    for (const { pkg } of this.#db.installed)
      if (!this.#stays(pkg) && !this.#isReplaced(pkg)) this.#remove(pkg);
    return { changes: this.#changes, world: this.#world };
  }

  #stays(pkg: Package): boolean {
    return this.#graph.packageState(pkg)?.selected === true;
  }

  // ---- removals ------------------------------------------------------------------------------------

  #isNeeded(pkg: Package): boolean {
    for (const name of namesOf(pkg))
      for (const other of this.#needs.get(name) ?? [])
        if (other !== pkg && this.#present.has(other) && requires(other, pkg)) return true;
    return false;
  }

  /** Removes a package that is to go, if no one on the disk needs it, and what only it needed. */
  #removeUnneeded(pkg: Package): void {
    if (!this.#present.has(pkg) || this.#leaving.has(pkg)) return;
    if (this.#stays(pkg) || this.#isReplaced(pkg)) return;
    if (!this.#isNeeded(pkg)) this.#removeNow(pkg);
  }

  /** Its name stays with another version: it goes when that comes. */
  #isReplaced(pkg: Package): boolean {
    return this.#successor(pkg) !== undefined;
  }

  #successor(pkg: Package): PackageState | undefined {
    const candidate = this.#graph
      .knownName(pkg.name)
      ?.candidates.find(({ state }) => state.selected && state.pkg.name === pkg.name);
    return candidate?.state.pkg === pkg ? undefined : candidate?.state;
  }

  #removeNow(pkg: Package): void {
    this.#present.delete(pkg);
    this.#changes.push({ from: pkg, to: undefined, reinstall: false, tag: "" });
    this.#releaseAll(pkg);
  }

  /** What the package needed may go now. */
  #releaseAll(pkg: Package): void {
    if (this.#depth >= DEPTH_MAX) return;
    this.#depth++;
    for (const { name } of pkg.depends) this.#release(name);
    for (const { name } of pkg.installIf) this.#release(name);
    this.#depth--;
  }

  #release(name: string): void {
    for (const pkg of this.#presentByName.get(name) ?? [])
      if (pkg.name === name) this.#removeUnneeded(pkg);
  }

  /** Removes a package that is to go, before it those that need it and are to go, too. */
  #remove(pkg: Package): void {
    if (!this.#present.has(pkg) || this.#leaving.has(pkg) || this.#depth >= DEPTH_MAX) return;
    this.#leaving.add(pkg);
    this.#depth++;
    for (const name of namesOf(pkg))
      for (const other of this.#needs.get(name) ?? [])
        if (!this.#stays(other) && !this.#isReplaced(other) && requires(other, pkg))
          this.#remove(other);
    this.#depth--;
    if (this.#present.has(pkg)) this.#removeNow(pkg);
  }

  // ---- installations -------------------------------------------------------------------------------

  #visitName(name: string, needed = true): void {
    const state = this.#graph.knownName(name);
    if (state === undefined) return;
    if (state.chosen !== undefined) this.#visit(state.chosen.state);
    else if (needed && !this.#seenMissing.has(state)) {
      this.#seenMissing.add(state);
      this.order.push(state);
    }
  }

  #visit(state: PackageState): void {
    if (this.#seen.has(state)) return;
    if (this.#depth >= DEPTH_MAX) {
      this.#deep.push(state);
      return;
    }
    this.#seen.add(state);
    const { pkg } = state;
    this.#depth++;
    this.#makeRoom(state);
    for (const dep of state.depends) {
      if (dep.conflict) this.#separate(dep, pkg);
      this.#visitName(dep.name, !dep.conflict);
    }
    this.order.push(state);
    this.#change(state);
    this.#visitTriggered(state.own);
    for (const name of state.owned) this.#visitTriggered(name);
    for (const name of state.virtual) this.#visitTriggered(name);
    this.#depth--;
  }

  /** Who has one of its names must go first, unless neither holds it. */
  #makeRoom({ pkg, own, owned, virtual }: PackageState): void {
    const clear = (name: string, all: boolean): void => {
      for (const other of this.#presentByName.get(name) ?? [])
        if (other.name !== pkg.name && !this.#stays(other) && (all || holds(other, name)))
          this.#leave(other);
    };
    for (const { name } of [own, ...owned]) clear(name, true);
    for (const { name } of virtual) clear(name, false);
  }

  #separate(dep: Dependency, pkg: Package): void {
    for (const other of this.#presentByName.get(dep.name) ?? [])
      if (other !== pkg && !this.#stays(other) && provides(other, dep)) this.#leave(other);
  }

  #leave(pkg: Package): void {
    const successor = this.#successor(pkg);
    if (successor === undefined) this.#remove(pkg);
    else this.#visit(successor);
  }

  #change(state: PackageState): void {
    const { pkg } = state;
    const from = this.#installedByName.get(pkg.name);
    const tag = this.#tag(state);
    const reinstall = from === pkg && (state.flags & SOLVE_REINSTALL) !== 0;
    if (from === pkg && !reinstall && tag === pkg.installed?.repositoryTag) return;
    this.#changes.push({ from, to: pkg, reinstall, tag });
    if (from === undefined || from === pkg) return;
    this.#present.delete(from);
    this.#releaseAll(from);
  }

  #tag(state: PackageState): string {
    const { tags } = this.#graph;
    const { installed, repositories } = state.pkg;
    if (installed !== undefined && tags.bit(installed.repositoryTag) & state.allowedTags)
      return installed.repositoryTag;
    let available = 0;
    for (const repo of this.#db.repositories)
      if (repo.bit & repositories) available |= tags.bit(repo.tag);
    if (available === 0 || available & 1) return "";
    return tags.text(available & state.allowedTags);
  }

  #visitTriggered(name: NameState): void {
    for (const state of name.triggers)
      if (state.selected && !this.#seen.has(state) && this.#isComplete(state)) this.#visit(state);
  }

  #isComplete({ pkg }: PackageState): boolean {
    for (const dep of pkg.installIf) {
      const there = this.#graph
        .knownName(dep.name)
        ?.candidates.some((c) => this.#seen.has(c.state) && meets(c, dep));
      if ((there ?? false) === dep.conflict) return false;
    }
    return true;
  }
}

function push(map: Map<string, Package[]>, name: string, pkg: Package): void {
  const known = map.get(name);
  if (known === undefined) map.set(name, [pkg]);
  else known.push(pkg);
}

function namesOf(pkg: Package): string[] {
  return [pkg.name, ...pkg.provides.map(({ name }) => name)];
}

/** Does it hold the name, so that no other can? */
function holds(pkg: Package, name: string): boolean {
  return pkg.name === name || pkg.provides.some((p) => p.name === name && p.version !== "");
}

function provides(pkg: Package, dep: Dependency): boolean {
  if (pkg.name === dep.name && satisfies(pkg.version, dep)) return true;
  return pkg.provides.some((p) => p.name === dep.name && satisfies(p.version, dep));
}

function requires(pkg: Package, needed: Package): boolean {
  return (
    pkg.depends.some((dep) => !dep.conflict && provides(needed, dep)) ||
    pkg.installIf.some((dep) => !dep.conflict && provides(needed, dep))
  );
}
