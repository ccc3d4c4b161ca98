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

/**
 * A table of variables. Forked shells share one until one of them writes: who is to write to a table with
 * several `users` makes a copy first (Shell.ownVars).
 */
export class VarTable {
  readonly map: Map<string, Var>;
  /** Shells that have it. */
  users = 1;
  #environ: string[] | undefined;

  constructor(map: Map<string, Var> = new Map()) {
    this.map = map;
  }

  copy(): VarTable {
    const map = new Map<string, Var>();
    for (const v of this.map.values()) {
      // Cells without value or marks are as good as absent.
      if (v.value !== undefined || v.flags !== 0) {
        map.set(v.name, { name: v.name, value: v.value, flags: v.flags });
      }
    }
    const table = new VarTable(map);
    table.#environ = this.#environ;
    return table;
  }

  /** The variable's cell, made when there is none. */
  cell(name: string): Var {
    let v = this.map.get(name);
    if (v === undefined) {
      v = { name, value: undefined, flags: 0 };
      this.map.set(name, v);
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
    for (const v of this.map.values()) {
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
