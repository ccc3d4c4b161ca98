// Decides which packages make a world true. There is no going back: what a decision demands is pushed forward to the
// names it concerns, what is ruled out stays ruled out, until every name that is needed has been decided.
import type { Plan } from "./changes.ts";
import type { Database } from "./database.ts";
import type { Dependency } from "./dependency.ts";
import { explain, type Failure } from "./solver-errors.ts";
import { SOLVE_INHERIT, SOLVE_LATEST } from "./solver-flags.ts";
import { type SolveOptions, SolverGraph } from "./solver-graph.ts";
import { Ordering } from "./solver-order.ts";
import { prefer, selectable } from "./solver-prefer.ts";
import { DecisionQueue } from "./solver-queue.ts";
import {
  type Candidate,
  clash,
  isOption,
  meets,
  type NameState,
  type PackageState,
} from "./solver-state.ts";
import { compareVersions } from "./version.ts";

/** A plan, or why there is none. */
export type Solution =
  | { readonly plan: Plan; readonly errors: undefined }
  | ({ readonly plan: undefined } & Failure);

// News of a name: it has fewer options, something that holds it is there (or needed now), it is needed.
const FEWER = 1;
const PRESENT = 2;
const NEEDED = 4;

// Turns of names.
const NOW = 0;
const SOON = 1;
const LAST = 2;

/** One run. */
class Solver {
  readonly #graph: SolverGraph;
  readonly #options: SolveOptions;
  /** Names of which something has changed. */
  #dirty: NameState[] = [];
  readonly #queue = new DecisionQueue();

  constructor(db: Database, options: SolveOptions) {
    this.#graph = new SolverGraph(db, options);
    this.#options = options;
  }

  // ---- consequences --------------------------------------------------------------------------------

  /** Something that the names of a package's candidates rest on has changed. */
  #touchPackage(state: PackageState): void {
    this.#touch(state.own);
    for (const name of state.owned) this.#touch(name);
    for (const name of state.virtual) this.#touch(name);
  }

  /** What can stand for the name has become less; `news` says what else it may be. */
  #touch(name: NameState, news = FEWER): void {
    this.#queue.rerank(name);
    if (name.news === 0) this.#dirty.push(name);
    name.news |= news;
  }

  #enqueue(name: NameState): void {
    this.#touch(name, name.requirers === 1 ? NEEDED | PRESENT : NEEDED);
    if (!name.decided) this.#queue.add(name);
  }

  /** Lets all changes take effect. */
  #settle(): void {
    this.#graph.discover();
    for (const name of this.#dirty) {
      const { news } = name;
      name.news = 0;
      if (news & FEWER) this.#examineAll(name.dependents);
      if (news & (FEWER | PRESENT)) this.#examineAll(name.opponents);
      if (!name.decided && (name.requirers > 0 || name.wanted)) this.#merge(name);
      this.#graph.discover();
    }
    this.#dirty.length = 0;
  }

  #examineAll(states: readonly PackageState[]): void {
    for (const state of states) if (!state.impossible && !state.selected) this.#examine(state);
  }

  /** Can all of its dependencies still be met? */
  #examine(state: PackageState): void {
    const { depends } = state;
    for (let i = 0; i < depends.length; i++) {
      const dep = depends[i] as Dependency;
      const target = state.targets[i] as NameState;
      if (this.#isMet(state, target, dep)) continue;
      state.impossible = true;
      this.#touchPackage(state);
      return;
    }
  }

  #isMet(state: PackageState, target: NameState, dep: Dependency): boolean {
    if (dep.conflict) return this.#canBeAvoided(state, target, dep);
    for (const candidate of target.candidates)
      if (isOption(candidate) && meets(candidate, dep) && !clash(state, candidate.state))
        return true;
    return false;
  }

  /** Is what it conflicts with not there, and can what is needed of that name be something else? */
  #canBeAvoided(state: PackageState, target: NameState, dep: Dependency): boolean {
    let options = 0;
    let others = 0;
    for (const candidate of target.candidates) {
      const bad = candidate.state !== state && meets(candidate, dep);
      if (bad && candidate.state.selected) return false;
      if (!isOption(candidate)) continue;
      options++;
      if (!bad) others++;
    }
    return target.requirers === 0 || others > 0 || options === 0;
  }

  #countUnmet(state: PackageState): number {
    let count = 0;
    for (let i = 0; i < state.depends.length; i++)
      if (!this.#isMet(state, state.targets[i] as NameState, state.depends[i] as Dependency))
        count++;
    return count;
  }

  /** Tells the names that every option of a needed name depends on that they are needed, too. */
  #merge(name: NameState): void {
    const options = name.candidates.filter(
      (c) => isOption(c) && (name.requirers > 0 || c.state.wanted),
    );
    const [one, ...others] = options;
    if (one === undefined || options.some((c) => !selectable(c))) return;
    if (name.requirers === 0 && options.length > 1) return;
    for (let i = 0; i < one.state.targets.length; i++) {
      const target = one.state.targets[i] as NameState;
      if ((one.state.depends[i] as Dependency).conflict || target.decided) continue;
      if (!others.every(({ state }) => this.#requires(state, target))) continue;
      if (!name.merged.has(target)) {
        name.merged.add(target);
        target.requirers++;
        this.#enqueue(target);
      }
      this.#narrow(target, options);
    }
  }

  #requires(state: PackageState, target: NameState): boolean {
    const i = state.targets.indexOf(target);
    return i >= 0 && !(state.depends[i] as Dependency).conflict;
  }

  /** Rules out what would do for none of the options, of which one will be taken. */
  #narrow(target: NameState, options: readonly Candidate[]): void {
    for (const candidate of target.candidates) {
      if (!isOption(candidate)) continue;
      let satisfied = 0;
      for (const { state } of options) if (this.#suits(state, target, candidate)) satisfied++;
      candidate.preferred = satisfied === options.length;
      if (satisfied > 0) continue;
      this.#bar(candidate, target);
    }
  }

  #suits(state: PackageState, target: NameState, candidate: Candidate): boolean {
    const { depends } = state;
    for (let i = 0; i < depends.length; i++)
      if (state.targets[i] === target && !meets(candidate, depends[i] as Dependency)) return false;
    return true;
  }

  #bar(candidate: Candidate, name: NameState): void {
    candidate.barred = true;
    this.#touch(name);
    if (candidate.version !== "") {
      candidate.state.impossible = true;
      this.#touchPackage(candidate.state);
    }
  }

  // ---- decisions -----------------------------------------------------------------------------------

  /** Makes a dependency of something selected, or of world, hold. */
  #apply(dep: Dependency, owner: PackageState | undefined): void {
    const name = this.#graph.state(dep.name);
    this.#graph.discover();
    if (dep.conflict) {
      for (const candidate of name.candidates)
        if (candidate.state !== owner && meets(candidate, dep)) this.#object(candidate.state);
      return;
    }
    name.requirers++;
    const tag = owner === undefined ? this.#graph.tags.bit(dep.tag) : 0;
    for (const candidate of name.candidates) {
      const { state } = candidate;
      candidate.preferred = meets(candidate, dep);
      if (!candidate.preferred) {
        candidate.barred = true;
        if (candidate.version !== "") this.#object(state);
        continue;
      }
      state.allowedTags |= tag;
      state.preferredTags |= tag;
      if (owner !== undefined) this.#inherit(state, owner);
    }
    this.#keepLatest(name);
    this.#enqueue(name);
  }

  /** Of names that want it, nothing but the newest version of what the pinning allows can be taken. */
  #keepLatest(name: NameState): void {
    let latest: Candidate | undefined;
    const allowed = name.candidates.filter(
      ({ state, version }) =>
        version !== "" &&
        (state.flags & SOLVE_LATEST) !== 0 &&
        (this.#graph.tags.of(state.pkg) & state.allowedTags) !== 0,
    );
    for (const one of allowed)
      if (latest === undefined || compareVersions(one.version, latest.version) > 0) latest = one;
    if (latest === undefined) return;
    for (const { state, version } of allowed) {
      if (state.impossible || compareVersions(version, latest.version) === 0) continue;
      state.impossible = true;
      this.#touchPackage(state);
    }
  }

  #object(state: PackageState): void {
    state.conflicts++;
    this.#touchPackage(state);
  }

  #inherit(state: PackageState, from: PackageState): void {
    state.allowedTags |= from.allowedTags;
    if (from.flags & SOLVE_INHERIT) state.flags |= from.flags;
  }

  /** When a name's turn is: with one option at once, with several later, those that no one may choose last. */
  #rank(name: NameState): number {
    let options = 0;
    let versioned = true;
    let some = false;
    for (const candidate of name.candidates) {
      if (!isOption(candidate)) continue;
      if (name.requirers === 0 && !candidate.state.wanted) continue;
      options++;
      if (selectable(candidate)) some = true;
      if (candidate.version === "") versioned = false;
    }
    if (options === 0) return versioned && name.candidates.length > 0 ? NOW : LAST;
    if (options === 1 && some) return NOW;
    return some && versioned ? SOON : LAST;
  }

  #decide(name: NameState): void {
    let best: Candidate | undefined;
    for (const candidate of name.candidates) {
      if (name.requirers === 0 && !this.#comesAlong(candidate)) continue;
      if (!selectable(candidate)) continue;
      if (candidate.state.impossible) candidate.state.unmet = this.#countUnmet(candidate.state);
      if (best === undefined || this.#prefer(candidate, best) > 0) best = candidate;
    }
    name.decided = true;
    this.#touch(name, PRESENT);
    if (best !== undefined) this.#select(name, best);
  }

  /** May it be installed for its install_if alone? */
  #comesAlong(candidate: Candidate): boolean {
    const { state } = candidate;
    if (!state.wanted || !isOption(candidate)) return false;
    return (this.#graph.tags.of(state.pkg) & state.allowedTags) !== 0;
  }

  #prefer(a: Candidate, b: Candidate): number {
    return prefer(a, b, this.#graph.tags, this.#graph.inRepository);
  }

  #select(name: NameState, candidate: Candidate): void {
    const { state } = candidate;
    name.chosen = candidate;
    if (name.requirers > 0) state.required = true;
    if (state.selected) return;
    state.selected = true;
    this.#own(state.own, state);
    for (const owned of state.owned) this.#own(owned, state);
    for (const shared of state.virtual) this.#share(shared, state);
    this.#announce(state);
    for (const dep of state.depends) this.#apply(dep, state);
    this.#trigger(state.own);
    for (const provided of state.owned) this.#trigger(provided);
    for (const provided of state.virtual) this.#trigger(provided);
  }

  /** Tells those who do not want it beside them, and names whose turn may come now. */
  #announce(state: PackageState): void {
    this.#touch(state.own, PRESENT);
    for (const name of state.owned) this.#touch(name, PRESENT);
    for (const name of state.virtual) this.#touch(name, PRESENT);
  }

  /** The package now holds a name: no other that holds it can be beside it. */
  #own(name: NameState, owner: PackageState): void {
    for (const candidate of name.candidates) {
      if (candidate.state === owner) {
        if (name.chosen === undefined || name.chosen.version === "") name.chosen = candidate;
        name.decided = true;
      } else this.#object(candidate.state);
    }
  }

  /** Who holds the name cannot come any more. */
  #share(name: NameState, state: PackageState): void {
    for (const candidate of name.candidates)
      if (candidate.state !== state && candidate.version !== "") this.#object(candidate.state);
  }

  /** Looks after packages that come with the name. */
  #trigger(name: NameState): void {
    for (const state of name.triggers) {
      if (state.wanted || !this.#isWanted(state)) continue;
      state.wanted = true;
      state.own.wanted = true;
      this.#enqueue(state.own);
    }
  }

  #isWanted(state: PackageState): boolean {
    const company: PackageState[] = [];
    for (const dep of state.pkg.installIf) {
      const target = this.#graph.knownName(dep.name);
      const there = target?.candidates.find((c) => c.state.selected && meets(c, dep));
      if ((there === undefined) !== dep.conflict) return false;
      // Who is needed and not decided will come.
      if (dep.conflict && target !== undefined && target.requirers > 0 && !target.decided)
        return false;
      if (there !== undefined) company.push(there.state);
    }
    for (const other of company) this.#inherit(state, other);
    return true;
  }

  // ---- the whole -----------------------------------------------------------------------------------

  solve(world: readonly Dependency[]): Solution {
    for (const { pkg } of this.#graph.db.installed) this.#graph.package(pkg);
    for (const dep of world) this.#graph.state(dep.name);
    this.#graph.discover();
    for (const state of this.#graph.packages()) if (!state.impossible) this.#examine(state);
    for (const state of this.#graph.packages()) if (state.impossible) this.#touchPackage(state);
    for (const name of this.#graph.named()) {
      const state = this.#graph.state(name);
      this.#graph.discover();
      state.named = true;
      this.#graph.measure(state);
    }
    for (const dep of world) this.#graph.measure(this.#graph.state(dep.name));
    for (const dep of world) this.#apply(dep, undefined);
    this.#settle();
    const rank = (name: NameState): number => this.#rank(name);
    for (let name = this.#queue.next(rank); name !== undefined; name = this.#queue.next(rank)) {
      this.#decide(name);
      this.#settle();
    }
    const ordering = new Ordering(this.#graph, world);
    const plan = ordering.plan();
    const errors = explain(this.#graph, world, ordering.order, this.#options);
    if (errors !== undefined) return { plan: undefined, ...errors };
    return { plan, errors: undefined };
  }
}

export function solve(db: Database, world: readonly Dependency[], options: SolveOptions): Solution {
  return new Solver(db, options).solve(world);
}
