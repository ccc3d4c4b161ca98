// Dependencies: `[!]name[@tag][op version]`, as in world, depends, provides, install_if, replaces (apk-package(5)).
import { OP_ANY, OP_EQUAL, OP_FUZZY, OP_GREATER, OP_IDENTITY, OP_LESS } from "./operator.ts";
import { isVersion, matchesVersion } from "./version.ts";

export { OP_ANY, OP_EQUAL, OP_FUZZY, OP_GREATER, OP_IDENTITY, OP_LESS };

/** One requirement, conflict or provision. Immutable. */
export interface Dependency {
  readonly name: string;
  /** Repository tag ("edge" of `@edge`), "" for none: only world has them. */
  readonly tag: string;
  readonly op: number;
  /** "" with OP_ANY. */
  readonly version: string;
  /** `!name`: must not be there. */
  readonly conflict: boolean;
}

/** The operator's usual spelling. */
export function formatOp(op: number): string {
  if ((op & OP_FUZZY) !== 0)
    return op & OP_LESS ? (op & OP_GREATER ? "?" : "<~") : op & OP_GREATER ? ">~" : "~";
  return ["", "=", "<", "<=", ">", ">=", "><", "?"][op] as string;
}

function operatorBit(c: number): number {
  switch (c) {
    case 0x3c:
      return OP_LESS;
    case 0x3d:
      return OP_EQUAL;
    case 0x3e:
      return OP_GREATER;
    case 0x7e:
      return OP_FUZZY | OP_EQUAL;
    default:
      return 0;
  }
}

/**
 * undefined for what is no dependency. Operators are any mixture of `<`, `=`, `>` and `~`, with a valid version
 * behind (an identity behind `><`).
 */
export function parseDependency(text: string): Dependency | undefined {
  let start = 0;
  while (text.charCodeAt(start) === 0x21) start++;
  let at = -1;
  let i = start;
  let op = 0;
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x40) {
      if (at < 0) at = i;
    } else if (c <= 0x20) return undefined;
    else {
      op = operatorBit(c);
      if (op !== 0) break;
    }
  }
  const conflict = start > 0;
  const name = text.slice(start, at < 0 ? i : at);
  const tag = at < 0 ? "" : text.slice(at + 1, i);
  if (op === 0) return { name, tag, op: OP_ANY, version: "", conflict };
  for (let more = op; more !== 0; op |= more) more = operatorBit(text.charCodeAt(++i));
  const version = text.slice(i);
  if (version === "" || (op !== OP_IDENTITY && !isVersion(version))) return undefined;
  return { name, tag, op, version, conflict };
}

export function formatDependency(dep: Dependency): string {
  const tag = dep.tag === "" ? "" : `@${dep.tag}`;
  const version = dep.op === OP_ANY ? "" : formatOp(dep.op) + dep.version;
  return `${dep.conflict ? "!" : ""}${dep.name}${tag}${version}`;
}

/** Lists as files have them: by blanks. What cannot be parsed is left out and told by `broken`. */
export function parseDependencies(text: string, broken?: (word: string) => void): Dependency[] {
  const all: Dependency[] = [];
  for (let at = 0; at < text.length; ) {
    let end = at;
    while (end < text.length && text.charCodeAt(end) > 0x20) end++;
    if (end > at) {
      const word = text.slice(at, end);
      const dep = parseDependency(word);
      if (dep === undefined) broken?.(word);
      else all.push(dep);
    }
    at = end + 1;
  }
  return all;
}

/**
 * Does a version ("" for a provision without one) satisfy it, conflicts taken as what they name? An identity (`><`) is
 * no version: see Package.is.
 */
export function satisfies(version: string, dep: Dependency): boolean {
  if (dep.op === OP_ANY) return true;
  return version !== "" && dep.op !== OP_IDENTITY && matchesVersion(version, dep.op, dep.version);
}
