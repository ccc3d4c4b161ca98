// Variables of the shell: values, export and read-only marks, and the environment made of them.

export const EXPORT = 1;
export const READONLY = 2;
/** `changed` is to be called after an assignment. */
export const HOOK = 4;
/** `read` gives the value. */
export const DYNAMIC = 8;
/** `set` does not list it until it is assigned. */
export const HIDDEN = 16;

/** A variable. Cells stay in their table when unset, so that compiled words may keep them. */
export interface Var {
  readonly name: string;
  value: string | undefined;
  flags: number;
}

/** Chain of a name in ash's tables. */
function hashName(name: string, size: number): number {
  let h = name.charCodeAt(0) << 4;
  for (let i = 0; i < name.length; i++) h += name.charCodeAt(i);
  return h % size;
}

/** Sorts names as ash's hash tables list them: 39 chains for variables and aliases, 31 for commands. */
export function hashOrder(names: string[], size = 39): string[] {
  const chains: string[][] = [];
  for (const name of names) {
    const h = hashName(name, size);
    const chain = chains[h];
    if (chain === undefined) chains[h] = [name];
    else chain.push(name);
  }
  return chains.flat();
}

/** Own cells above a base up to which a copy keeps the base. */
const MAX_ABOVE = 12;

/**
 * A table of variables. Forked shells share one until one of them writes: who is to write to a `shared`
 * table makes a copy first (Shell.ownVars). A copy holds what changes; what does not stays in the table
 * below, which never changes again.
 */
export class VarTable {
  readonly #base: VarTable | undefined;
  #own: Map<string, Var> | undefined;
  /** Another object when a name may have got another cell: for those who keep cells. */
  stamp: object = this;
  /** Shells that have it. */
  users = 1;
  /** It lies below others. */
  #frozen = false;
  #environ: string[] | undefined;

  constructor(base?: VarTable) {
    this.#base = base;
  }

  get shared(): boolean {
    return this.users > 1 || this.#frozen;
  }

  copy(): VarTable {
    const own = this.#own;
    const base = this.#base;
    let table: VarTable;
    if (base === undefined) {
      this.#frozen = true;
      table = new VarTable(this);
    } else if (own !== undefined && own.size > MAX_ABOVE) {
      table = new VarTable();
      table.#own = new Map();
      for (const v of this.all()) {
        // Cells without value or marks are as good as absent.
        if (v.value !== undefined || v.flags !== 0) table.#own.set(v.name, { ...v });
      }
    } else {
      table = new VarTable(base);
      if (own !== undefined) {
        table.#own = new Map();
        for (const v of own.values()) table.#own.set(v.name, { ...v });
      }
    }
    table.#environ = this.#environ;
    return table;
  }

  /** The variable's cell, if it has one: to be read only. */
  get(name: string): Var | undefined {
    return this.#own?.get(name) ?? this.#base?.get(name);
  }

  /** All cells, of variables that are unset too. */
  all(): Var[] {
    const own = this.#own;
    const all: Var[] = own === undefined ? [] : [...own.values()];
    if (this.#base !== undefined) {
      for (const v of this.#base.all()) if (own?.has(v.name) !== true) all.push(v);
    }
    return all;
  }

  /** The variable's cell to be written, made when there is none. */
  cell(name: string): Var {
    let v = this.#own?.get(name);
    if (v === undefined) {
      const below = this.#base?.get(name);
      if (below === undefined) v = { name, value: undefined, flags: 0 };
      else {
        v = { name, value: below.value, flags: below.flags };
        this.stamp = v;
      }
      this.#own ??= new Map();
      this.#own.set(name, v);
    }
    return v;
  }

  /** To be called when an exported variable changes. */
  touchEnviron(): void {
    this.#environ = undefined;
  }

  /** "NAME=value" of what is exported. Not to be changed by the caller. */
  environ(): readonly string[] {
    if (this.#environ === undefined) this.#environ = this.#make();
    return this.#environ;
  }

  #make(): string[] {
    const values = new Map<string, string>();
    for (const v of this.all()) {
      if ((v.flags & EXPORT) !== 0 && v.value !== undefined) values.set(v.name, v.value);
    }
    return hashOrder([...values.keys()]).map((name) => `${name}=${values.get(name)}`);
  }
}

/** In single quotes, as `set`, `export -p`, `alias` and `trap` print: `it's` is 'it'"'"'s'. */
export function singleQuote(s: string): string {
  if (!s.includes("'")) return `'${s}'`;
  let out = "";
  for (let i = 0; i < s.length || out === ""; ) {
    let end = s.indexOf("'", i);
    if (end < 0) end = s.length;
    if (end > i || i === 0) out += `'${s.slice(i, end)}'`;
    i = end;
    while (end < s.length && s.charAt(end) === "'") end++;
    if (end > i) out += `"${s.slice(i, end)}"`;
    i = end;
  }
  return out;
}

/** Quoted when it has characters that the shell would take for something, as `set -x` prints. */
export function maybeQuote(s: string): string {
  return /^[A-Za-z0-9_+,\-./:@\]^]*$/.test(s) ? s : singleQuote(s);
}

/** Splits "name=value". */
export function splitAssignment(arg: string): [name: string, value: string | undefined] {
  const eq = arg.indexOf("=");
  return eq < 0 ? [arg, undefined] : [arg.slice(0, eq), arg.slice(eq + 1)];
}
