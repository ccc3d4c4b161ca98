// What the solver looks at: names and packages that can be reached from a world and from what is installed.
import type { Database } from "./database.ts";
import type { Name } from "./name.ts";
import type { Package } from "./package.ts";
import { IN_CACHE } from "./repository.ts";
import { SOLVE_INSTALLED } from "./solver-flags.ts";
import { NameState, PackageState, Tags } from "./solver-state.ts";

export interface SolveOptions {
  /** SOLVE_* bits for all names. */
  readonly flags: number;
  /** More of them for the names on the command line, which are decided before others. */
  readonly nameFlags?: ReadonlyMap<Name, number>;
  /** Columns for the explanation of errors. */
  readonly width?: number;
  /** Explanations name world's constraints without their tags, as 2.14 does. */
  readonly hideTags?: boolean;
}

/** A name whose chain is being measured. */
interface Step {
  readonly name: NameState;
  readonly below: readonly NameState[];
  next: number;
  chain: number;
}

export class SolverGraph {
  readonly db: Database;
  readonly tags: Tags;
  /** Bits of the repositories, and of those within reach with the cache. */
  readonly inRepository: number;
  readonly #reachable: number;
  readonly #flags: number;
  readonly #nameFlags: ReadonlyMap<string, number>;
  readonly #names = new Map<string, NameState>();
  readonly #packages = new Map<Package, PackageState>();
  /** Packages whose install_if has the name. */
  readonly #installIf = new Map<string, Package[]>();
  #undiscovered: NameState[] = [];

  constructor(db: Database, { flags, nameFlags }: SolveOptions) {
    this.db = db;
    this.#flags = flags;
    this.#nameFlags = new Map(Array.from(nameFlags ?? [], ([{ name }, bits]) => [name, bits]));
    this.tags = new Tags(db.repositories);
    let reachable = IN_CACHE;
    let all = 0;
    for (const repo of db.repositories) {
      all |= repo.bit;
      if (repo.reachable) reachable |= repo.bit;
    }
    this.#reachable = reachable;
    this.inRepository = all;
    for (const pkg of db.withInstallIf)
      for (const { name } of pkg.installIf) {
        const known = this.#installIf.get(name);
        if (known === undefined) this.#installIf.set(name, [pkg]);
        else known.push(pkg);
      }
  }

  /** All that has been found. */
  packages(): Iterable<PackageState> {
    return this.#packages.values();
  }

  /** Names of the command line, and how the solver is to decide them. */
  named(): Iterable<string> {
    return this.#nameFlags.keys();
  }

  /** The state of a name; all that can be reached from it is looked at later (see #discover). */
  state(name: string): NameState {
    const state = this.#name(name);
    if (!state.complete) {
      state.complete = true;
      this.#undiscovered.push(state);
    }
    return state;
  }

  /** Measures how long the chains of dependencies below a name are; where they are circles they end. */
  measure(start: NameState): void {
    if (start.chain !== 0) return;
    const way: Step[] = [];
    const enter = (name: NameState): void => {
      name.chain = -1;
      const below = name.candidates.flatMap(({ state }) => state.targets);
      way.push({ name, below, next: 0, chain: 1 });
    };
    enter(start);
    for (let here = way.at(-1); here !== undefined; here = way.at(-1)) {
      const next = here.below[here.next++];
      if (next === undefined) {
        here.name.chain = here.chain;
        way.pop();
        const parent = way.at(-1);
        if (parent !== undefined) parent.chain = Math.max(parent.chain, here.chain + 1);
      } else if (next.chain === 0) enter(next);
      else here.chain = Math.max(here.chain, next.chain + 1);
    }
  }

  #name(name: string): NameState {
    let state = this.#names.get(name);
    if (state === undefined) {
      state = new NameState(name);
      this.#names.set(name, state);
    }
    return state;
  }

  packageState(pkg: Package): PackageState | undefined {
    return this.#packages.get(pkg);
  }

  knownName(name: string): NameState | undefined {
    return this.#names.get(name);
  }

  /** Looks at all that names lead to which have been asked for. */
  discover(): void {
    for (let state = this.#undiscovered.pop(); state; state = this.#undiscovered.pop()) {
      const providers = this.db.names.get(state.name)?.providers ?? [];
      for (const { pkg } of providers) this.package(pkg);
      if (state.candidates.length < 2) continue;
      // In the order of the database, whatever way they were found on.
      const place = new Map<Package, number>();
      providers.forEach(({ pkg }, i) => {
        if (!place.has(pkg)) place.set(pkg, i);
      });
      state.candidates.sort(
        (a, b) => (place.get(a.state.pkg) ?? 0) - (place.get(b.state.pkg) ?? 0),
      );
    }
  }

  /** The state of a package, which is found by that. */
  package(pkg: Package): PackageState {
    const known = this.#packages.get(pkg);
    if (known !== undefined) return known;
    const own = this.#name(pkg.name);
    const flags = this.#flags | (this.#nameFlags.get(pkg.name) ?? 0);
    const state = new PackageState(pkg, own, this.#isObtainable(pkg), flags);
    if (flags & SOLVE_INSTALLED && pkg.installed === undefined && this.#isInstalled(pkg.name))
      state.impossible = true;
    this.#packages.set(pkg, state);
    own.candidates.push({ state, version: pkg.version, barred: false, preferred: false });
    this.#discoverTriggered(pkg.name);
    for (const { name, version } of pkg.provides) {
      const provided = this.#name(name);
      provided.candidates.push({ state, version, barred: false, preferred: false });
      if (version === "") state.virtual.push(provided);
      else if (provided !== own) state.owned.push(provided);
      this.#discoverTriggered(name);
    }
    for (const dep of state.depends) {
      const target = this.state(dep.name);
      state.targets.push(target);
      const others = dep.conflict ? target.opponents : target.dependents;
      if (others[others.length - 1] !== state) others.push(state);
    }
    if (pkg.installIfText !== "")
      for (const { name } of pkg.installIf) this.#name(name).triggers.push(state);
    return state;
  }

  /** Packages that come by themselves with others must be known when those are. */
  #discoverTriggered(name: string): void {
    const triggered = this.#installIf.get(name);
    if (triggered === undefined) return;
    this.#installIf.delete(name);
    for (const pkg of triggered) this.package(pkg);
  }

  #isInstalled(name: string): boolean {
    return this.db.installedByName(name) !== undefined;
  }

  #isObtainable(pkg: Package): boolean {
    if (pkg.installed !== undefined) return true;
    if (pkg.info.uninstallable || !this.db.isArchAllowed(pkg.info.arch)) return false;
    return (
      (pkg.repositories & this.#reachable) !== 0 ||
      pkg.filename !== "" ||
      pkg.info.installedSize === 0
    );
  }
}
