// Dependencies: `[!]name[@tag][op version]`, as in world, depends, provides, install_if, replaces (apk-package(5)).
import { matchesVersion } from "./version.ts";

/** Which outcomes of a comparison satisfy: bits to be combined (`<=` is LESS|EQUAL, `~` is FUZZY|EQUAL). */
export const OP_EQUAL = 1;
export const OP_LESS = 2;
export const OP_GREATER = 4;
export const OP_FUZZY = 8;
/** Any version, and the check of an identity (`><Q1…`), which has no bits of its own. */
export const OP_ANY: number = OP_EQUAL | OP_LESS | OP_GREATER;
export const OP_IDENTITY: number = OP_LESS | OP_GREATER;

/** One requirement, conflict or provision. Immutable. */
export interface Dependency {
  readonly name: string;
  /** Repository tag (`@edge`), "" for none: only world has them. */
  readonly tag: string;
  readonly op: number;
  /** "" with OP_ANY. */
  readonly version: string;
  /** `!name`: must not be there. */
  readonly conflict: boolean;
}

const OPERATORS: Readonly<Record<string, number>> = {
  "=": OP_EQUAL,
  "<": OP_LESS,
  "<=": OP_LESS | OP_EQUAL,
  ">": OP_GREATER,
  ">=": OP_GREATER | OP_EQUAL,
  "~": OP_FUZZY | OP_EQUAL,
  "=~": OP_FUZZY | OP_EQUAL,
  "~=": OP_FUZZY | OP_EQUAL,
  "<~": OP_FUZZY | OP_LESS | OP_EQUAL,
  ">~": OP_FUZZY | OP_GREATER | OP_EQUAL,
  "><": OP_IDENTITY,
};

/** The operator's usual spelling. */
export function formatOp(op: number): string {
  for (const [text, bits] of Object.entries(OPERATORS)) if (bits === op) return text;
  return "?";
}

const SYNTAX = /^(!?)([^@=<>~!\s]+)(?:@([^=<>~\s]+))?(?:([=<>~]{1,2})(\S+))?$/;

/** undefined for what is no dependency. Versions are not validated here. */
export function parseDependency(text: string): Dependency | undefined {
  const match = SYNTAX.exec(text);
  if (match === null) return undefined;
  const [, bang, name = "", tag = "", operator, version = ""] = match;
  const op = operator === undefined ? OP_ANY : OPERATORS[operator];
  if (op === undefined) return undefined;
  return { name, tag, op, version, conflict: bang === "!" };
}

export function formatDependency(dep: Dependency): string {
  const tag = dep.tag === "" ? "" : `@${dep.tag}`;
  const version = dep.op === OP_ANY ? "" : formatOp(dep.op) + dep.version;
  return `${dep.conflict ? "!" : ""}${dep.name}${tag}${version}`;
}

/** Lists as files have them: by blanks. What cannot be parsed is left out and told by `broken`. */
export function parseDependencies(text: string, broken?: (word: string) => void): Dependency[] {
  const all: Dependency[] = [];
  for (const word of text.split(/[ \t\n]+/)) {
    if (word === "") continue;
    const dep = parseDependency(word);
    if (dep === undefined) broken?.(word);
    else all.push(dep);
  }
  return all;
}

/** Does a version ("" for a provision without one) satisfy it, conflicts taken as what they name? */
export function satisfies(version: string, dep: Dependency): boolean {
  if (dep.op === OP_ANY) return true;
  return version !== "" && matchesVersion(version, dep.op, dep.version);
}
