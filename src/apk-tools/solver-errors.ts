// Why a world cannot be made true: one paragraph for each package or name that stands in the way.
import { type Dependency, formatDependency } from "./dependency.ts";
import { wrapWords } from "./print.ts";
import type { SolveOptions, SolverGraph } from "./solver-graph.ts";
import { meets, type NameState, PackageState } from "./solver-state.ts";

/** A dependency and whose it is; undefined: world's. */
interface Demand {
  readonly dep: Dependency;
  readonly by: PackageState | undefined;
}

function formatDemand({ dep, by }: Demand): string {
  return `${by === undefined ? "world" : by.pkg.id}[${formatDependency(dep)}]`;
}

/** Columns where no one says. */
const WIDTH = 50;

class Explanation {
  readonly #graph: SolverGraph;
  readonly #width: number;
  /** By the name they ask for. */
  readonly #demands = new Map<string, Demand[]>();
  readonly lines: string[] = [];
  /** What stands in the way: packages that cannot be had, or not together, and names without a package. */
  readonly hopeless = new Set<PackageState | NameState>();
  readonly clashing = new Set<PackageState | NameState>();

  constructor(
    graph: SolverGraph,
    world: readonly Dependency[],
    order: readonly (PackageState | NameState)[],
    { width = WIDTH, hideTags = false }: SolveOptions,
  ) {
    this.#graph = graph;
    this.#width = width;
    for (const dep of world)
      this.#demand({ dep: hideTags ? { ...dep, tag: "" } : dep, by: undefined });
    const packages = order.filter((one) => one instanceof PackageState);
    packages.sort((a, b) => (a.pkg.name < b.pkg.name ? -1 : a.pkg.name > b.pkg.name ? 1 : 0));
    for (const by of packages) for (const dep of by.depends) this.#demand({ dep, by });
    for (const one of order)
      if (one instanceof PackageState) this.#package(one);
      else this.#missing(one);
  }

  #demand(demand: Demand): void {
    const known = this.#demands.get(demand.dep.name);
    if (known === undefined) this.#demands.set(demand.dep.name, [demand]);
    else known.push(demand);
  }

  #words(label: string, words: readonly string[]): void {
    const head = `    ${label}: `;
    wrapWords(words, this.#width - head.length).forEach((line, i) => {
      this.lines.push((i === 0 ? head : " ".repeat(head.length)) + line);
    });
  }

  #package(state: PackageState): void {
    const { pkg } = state;
    const masked = this.#maskedIn(state);
    const breaks: string[] = [];
    const satisfied: string[] = [];
    for (const name of new Set([state.own, ...state.owned, ...state.virtual]))
      this.#weigh(state, name, breaks, satisfied);
    const conflicts = this.#conflicts(state);
    const unfit = pkg.installed === undefined && !this.#isFit(state);
    if (!unfit && masked.length + breaks.length + conflicts.length === 0) return;
    (unfit || masked.length > 0 ? this.hopeless : this.clashing).add(state);
    this.lines.push(`  ${pkg.id}:`);
    if (unfit) {
      this.#words("error", ["uninstallable"]);
      if (!this.#graph.db.isArchAllowed(pkg.info.arch)) this.#words("arch", [pkg.info.arch]);
    }
    this.#words("masked in", masked);
    this.#words("breaks", breaks);
    this.#words("conflicts", conflicts);
    this.#words("satisfies", satisfied);
  }

  #isFit({ pkg }: PackageState): boolean {
    return !pkg.info.uninstallable && this.#graph.db.isArchAllowed(pkg.info.arch);
  }

  #maskedIn(state: PackageState): string[] {
    if (!this.#isFit(state)) return [];
    if (!state.obtainable) return ["--no-network"];
    const { tags, db } = this.#graph;
    if (tags.of(state.pkg) & state.allowedTags) return [];
    const masked = new Set<string>();
    for (const repo of db.repositories)
      if (repo.bit & state.pkg.repositories) masked.add(`@${repo.tag}`);
    const { installed } = state.pkg;
    if (masked.size === 0 && installed !== undefined) masked.add(`@${installed.repositoryTag}`);
    return [...masked];
  }

  /** What was asked of one of its names, and whether it does. */
  #weigh(state: PackageState, name: NameState, breaks: string[], satisfied: string[]): void {
    const candidates = name.candidates.filter((c) => c.state === state);
    for (const demand of this.#demands.get(name.name) ?? []) {
      const does = candidates.some((c) => meets(c, demand.dep));
      if (demand.dep.conflict) {
        if (does && demand.by !== state) breaks.push(formatDemand(demand));
      } else if (does) satisfied.push(formatDemand(demand));
      else if (name.chosen?.state === state) breaks.push(formatDemand(demand));
    }
  }

  /** Others that hold one of its names, too. */
  #conflicts(state: PackageState): string[] {
    const found: string[] = [];
    for (const { state: other } of state.own.candidates)
      if (other.selected && other !== state && other.own === state.own) found.push(other.pkg.id);
    const holders = (dep: Dependency): void => {
      const name = this.#graph.knownName(dep.name);
      for (const { state: other, version } of name?.candidates ?? [])
        if (other.selected && other !== state && version !== "")
          found.push(`${other.pkg.id}[${formatDependency(dep)}]`);
    };
    for (const { state: other, version } of state.own.candidates)
      if (other.selected && other.own !== state.own && version !== "")
        found.push(`${other.pkg.id}[${state.pkg.name}=${state.pkg.version}]`);
    const seen = new Set<string>();
    for (const dep of state.pkg.provides) {
      if (this.#providesTwice(state, dep)) found.push(`${state.pkg.id}[${formatDependency(dep)}]`);
      if (dep.version === "" || dep.name === state.pkg.name || seen.has(dep.name)) continue;
      seen.add(dep.name);
      holders(dep);
    }
    return found;
  }

  /** A package that provides its own name, or one name in two versions, is in its own way. */
  #providesTwice({ pkg }: PackageState, dep: Dependency): boolean {
    if (dep.name === pkg.name) return dep.version === "" || dep.version !== pkg.version;
    if (dep.version === "") return false;
    return pkg.provides.some((p) => p.name === dep.name && p.version !== dep.version);
  }

  /** The package by name if all its versions provide the other name. */
  #provider(name: NameState, { pkg }: PackageState): string {
    const versions = this.#graph.db.names.get(pkg.name)?.providers ?? [];
    const all = versions.every(
      (one) => one.pkg.name !== pkg.name || name.candidates.some((c) => c.state.pkg === one.pkg),
    );
    return all ? pkg.name : pkg.id;
  }

  #missing(name: NameState): void {
    const required = (this.#demands.get(name.name) ?? [])
      .filter(({ dep }) => !dep.conflict)
      .map(formatDemand);
    const providers = [...new Set(name.candidates.map(({ state }) => this.#provider(name, state)))];
    this.hopeless.add(name);
    if (providers.length === 0) this.lines.push(`  ${name.name} (no such package):`);
    else {
      this.lines.push(`  ${name.name} (virtual):`);
      const note = "please select one of the 'provided by' packages explicitly";
      this.#words("note", note.split(" "));
      this.#words("provided by", providers.sort());
    }
    this.#words("required by", required);
  }
}

/** Does what stands for a name lead to one of these? */
function leadsTo(
  graph: SolverGraph,
  name: string,
  goals: ReadonlySet<PackageState | NameState>,
): boolean {
  const seen = new Set<NameState>();
  const todo = [graph.knownName(name)];
  for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
    if (seen.has(state)) continue;
    seen.add(state);
    if (goals.has(state)) return true;
    const chosen = state.chosen?.state;
    if (chosen === undefined) continue;
    if (goals.has(chosen)) return true;
    chosen.depends.forEach((dep, i) => {
      if (!dep.conflict) todo.push(chosen.targets[i] as NameState);
    });
  }
  return false;
}

/** The parts of a world that have to go for the rest to be possible: all that is hopeless, else the last that clashes. */
function findGuilty(
  graph: SolverGraph,
  world: readonly Dependency[],
  { hopeless, clashing }: Explanation,
): Set<Dependency> {
  const guilty = world.filter((dep) => !dep.conflict && leadsTo(graph, dep.name, hopeless));
  if (guilty.length > 0) return new Set(guilty);
  const last = world.findLast((dep) => leadsTo(graph, dep.name, clashing));
  return new Set(last === undefined ? [] : [last]);
}

/** Why there is no plan: lines to be told after "unable to select packages:", and the exit status. */
export interface Failure {
  readonly errors: readonly string[];
  readonly status: number;
  readonly guilty: ReadonlySet<Dependency>;
}

/** undefined when all is well. */
export function explain(
  graph: SolverGraph,
  world: readonly Dependency[],
  order: readonly (PackageState | NameState)[],
  options: SolveOptions,
): Failure | undefined {
  const found = new Explanation(graph, world, order, options);
  if (found.lines.length === 0) return undefined;
  const status = found.hopeless.size + found.clashing.size;
  return { errors: found.lines, status, guilty: findGuilty(graph, world, found) };
}
