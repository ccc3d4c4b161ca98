// What the solver knows while it decides: a state for each name and each package that can be reached.
import { type Dependency, OP_IDENTITY, satisfies } from "./dependency.ts";
import type { Package } from "./package.ts";
import type { Repository } from "./repository.ts";

/** A package as the solver sees it. */
export class PackageState {
  readonly pkg: Package;
  /** State of the name it bears. */
  readonly own: NameState;
  /** Its dependencies; none of a package that cannot be installed anyway. */
  readonly depends: readonly Dependency[];
  /** States of the names in them, in their order. */
  readonly targets: NameState[] = [];
  /** Names it provides with a version, without its own. */
  readonly owned: NameState[] = [];
  /** Names it provides without a version. */
  readonly virtual: NameState[] = [];
  /** How many constraints of selected packages speak against it. */
  conflicts = 0;
  /** It cannot be had, or one of its dependencies cannot be met any more. */
  impossible: boolean;
  /** How many of its dependencies cannot be met; known of impossible ones when it matters. */
  unmet = 0;
  /** It can be had: installed, cached, or in a repository within reach. */
  readonly obtainable: boolean;
  /** All that its install_if names is there. */
  wanted = false;
  /** Bits of tags (see Tags): those it may be taken from, and those it should be taken from. */
  allowedTags = 1;
  preferredTags = 0;
  /** SOLVE_* bits, of all or inherited. */
  flags: number;
  selected = false;
  /** It was selected for a name that is required, not only by its install_if. */
  required = false;

  #held: Set<NameState> | undefined;
  #lent: Set<NameState> | undefined;

  constructor(pkg: Package, own: NameState, obtainable: boolean, flags: number) {
    this.pkg = pkg;
    this.own = own;
    this.obtainable = obtainable;
    this.impossible = !obtainable;
    this.depends = pkg.info.uninstallable && pkg.installed === undefined ? [] : pkg.depends;
    this.flags = flags;
  }

  get nameCount(): number {
    return this.owned.length + this.virtual.length;
  }

  /** Names that it alone can have, its own among them. */
  get held(): ReadonlySet<NameState> {
    this.#held ??= new Set([this.own, ...this.owned]);
    return this.#held;
  }

  /** Names that others may provide as well. */
  get lent(): ReadonlySet<NameState> {
    this.#lent ??= new Set(this.virtual);
    return this.#lent;
  }

  /** Nothing speaks against it so far. */
  get possible(): boolean {
    return !this.impossible && this.conflicts === 0;
  }
}

/** A package that may stand for a name. */
export interface Candidate {
  readonly state: PackageState;
  /** Version of the name; "" when it provides it without one. */
  readonly version: string;
  /** It does not meet some requirement of the name (a provision without version speaks not against the package). */
  barred: boolean;
  /** It meets what all options of a name that will be decided ask for. */
  preferred: boolean;
}

/** Does the candidate do for the dependency, taken as what it names? */
export function meets(candidate: Candidate, dep: Dependency): boolean {
  if (dep.op === OP_IDENTITY) return candidate.state.pkg.info.identity === dep.version;
  return satisfies(candidate.version, dep);
}

export function isOption(candidate: Candidate): boolean {
  return !candidate.barred && candidate.state.possible;
}

export class NameState {
  readonly name: string;
  readonly candidates: Candidate[] = [];
  /** All providers are among the candidates, not only those that were met on other ways. */
  complete = false;
  /** Packages that depend on the name, and that conflict with it. */
  readonly dependents: PackageState[] = [];
  readonly opponents: PackageState[] = [];
  /** Packages with this name in their install_if. */
  readonly triggers: PackageState[] = [];
  requirers = 0;
  /** It stands on the command line. */
  named = false;
  /** Some candidate's install_if is there. */
  wanted = false;
  decided = false;
  chosen: Candidate | undefined;
  /** Number in the order in which names came to wait for their decision; 0: does not. */
  order = 0;
  /** Its rank is about to be found out. */
  unranked = false;
  /** What has changed and was not looked at yet: bits of solver.ts. */
  news = 0;
  /** Class in the order of decisions, while nothing changes. */
  rank = -1;
  /**
   * Names that may hang on it one after the other: those with the longest chain are decided first. 0: not known,
   * -1: being measured.
   */
  chain = 0;
  /** Names that all of its options need, and have been told so. */
  readonly merged: Set<NameState> = new Set();

  constructor(name: string) {
    this.name = name;
  }
}

/** Has one of the smaller package's names the other one, too? */
function meetIn(names: Iterable<NameState>, other: ReadonlySet<NameState>): boolean {
  for (const name of names) if (name.candidates.length > 1 && other.has(name)) return true;
  return false;
}

/** Can two packages never be together, because one holds a name of the other? */
export function clash(a: PackageState, b: PackageState): boolean {
  if (a === b) return false;
  if (a.own === b.own) return true;
  const [few, many] = a.nameCount < b.nameCount ? [a, b] : [b, a];
  return (
    meetIn(few.held, many.held) ||
    (many.virtual.length > 0 && meetIn(few.held, many.lent)) ||
    (few.virtual.length > 0 && meetIn(few.virtual, many.held))
  );
}

/** Tags of repositories as bits; bit 1 is for those without. */
export class Tags {
  readonly #bits = new Map<string, number>([["", 1]]);
  readonly #repositories: readonly Repository[];

  constructor(repositories: readonly Repository[]) {
    this.#repositories = repositories;
    for (const { tag } of repositories) this.bit(tag);
  }

  /** Tags that no repository has (any more) have a bit, too. */
  bit(tag: string): number {
    let bit = this.#bits.get(tag);
    if (bit === undefined) {
      bit = 1 << Math.min(this.#bits.size, 30);
      this.#bits.set(tag, bit);
    }
    return bit;
  }

  /** The tag of the lowest bit. */
  text(bits: number): string {
    for (const [tag, bit] of this.#bits) if (bit & bits) return tag;
    return "";
  }

  /** Tags under which a package can be had. */
  of(pkg: Package): number {
    let tags = 0;
    for (const repo of this.#repositories)
      if (repo.bit & pkg.repositories) tags |= this.bit(repo.tag);
    if (pkg.installed !== undefined) tags |= this.bit(pkg.installed.repositoryTag);
    return tags === 0 ? 1 : tags;
  }
}
