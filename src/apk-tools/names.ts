// All names of a database and who has or provides them. Most are never asked for: their objects are made when they are.
import { Name } from "./name.ts";
import type { Package } from "./package.ts";

/** Ends of a name in a list of provisions: blanks and operators. */
function endsName(c: number): boolean {
  return (
    c === 0x20 || c === 0x3d || c === 0x09 || c === 0x0a || (c >= 0x3c && c <= 0x3e) || c === 0x7e
  );
}

/** A map of names, as far as it is asked for. */
export class NameTable {
  /** One package or several, in the order in which they were added. */
  readonly #known = new Map<string, Package | Package[]>();
  readonly #made = new Map<string, Name>();

  /** Enters a package under its own name and all that it provides. */
  add(pkg: Package): void {
    this.#enter(pkg.name, pkg);
    const list = pkg.providesText;
    for (let at = 0; at < list.length; ) {
      let end = at;
      while (end < list.length && !endsName(list.charCodeAt(end))) end++;
      if (end > at) this.#enter(list.slice(at, end), pkg);
      const blank = list.indexOf(" ", end);
      at = blank < 0 ? list.length : blank + 1;
    }
  }

  #enter(name: string, pkg: Package): void {
    const known = this.#known.get(name);
    if (known === undefined) this.#known.set(name, pkg);
    else if (Array.isArray(known)) {
      if (known[known.length - 1] === pkg) return;
      known.push(pkg);
    } else if (known !== pkg) this.#known.set(name, [known, pkg]);
    else return;
    const made = this.#made.get(name);
    if (made !== undefined) provide(made, pkg);
  }

  get(name: string): Name | undefined {
    const made = this.#made.get(name);
    if (made !== undefined) return made;
    const known = this.#known.get(name);
    return known === undefined ? undefined : this.#make(name, known);
  }

  /** The name, made when nobody knew it. */
  getOrMake(name: string): Name {
    return this.#made.get(name) ?? this.#make(name, this.#known.get(name) ?? []);
  }

  #make(text: string, known: Package | Package[]): Name {
    const name = new Name(text);
    for (const pkg of Array.isArray(known) ? known : [known]) provide(name, pkg);
    this.#made.set(text, name);
    return name;
  }

  has(name: string): boolean {
    return this.#known.has(name) || this.#made.has(name);
  }

  /** Names that have providers, in the order in which they were met, then those that are only spoken of. */
  *keys(): Generator<string> {
    yield* this.#known.keys();
    for (const name of this.#made.keys()) if (!this.#known.has(name)) yield name;
  }

  *values(): Generator<Name> {
    for (const name of this.keys()) yield this.getOrMake(name);
  }
}

/** What the package is to the name. */
function provide(name: Name, pkg: Package): void {
  if (pkg.name === name.name) name.providers.push({ pkg, version: pkg.version });
  for (const dep of pkg.provides)
    if (dep.name === name.name) name.providers.push({ pkg, version: dep.version });
}
