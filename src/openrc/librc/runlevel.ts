// Runlevels: directories of /etc/runlevels with links to init scripts, and to other runlevels that they stack on.

import { Errno } from "../../abi/errno.ts";
import type { Steps, Sys } from "../../abi/program.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import { readText, symlink, tryStat, unlink, writeFile } from "../../libc/unistd.ts";
import { exists, listServices, listSubdirs } from "./dirs.ts";
import { basename, RUNLEVELDIR, SINGLE, SOFTLEVEL, SYSINIT } from "./paths.ts";

/** The runlevel the system is in; sysinit before any was entered. */
export function* runlevelGet(sys: Sys): Steps<string> {
  const text = (yield* readText(sys, SOFTLEVEL)) ?? "";
  return text.split("\n", 1)[0] || SYSINIT;
}

/** Records the runlevel the system is in. */
export function* runlevelSet(sys: Sys, level: string): Steps<boolean> {
  try {
    yield* writeFile(sys, SOFTLEVEL, level);
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return false;
  }
}

/** Is there such a runlevel? */
export function runlevelExists(sys: Sys, level: string): boolean {
  if (level === "" || level === "." || level === "..") return false;
  const st = tryStat(sys, `${RUNLEVELDIR}/${level}`);
  return st !== undefined && S_ISDIR(st.mode);
}

/** All runlevels. */
export function runlevelList(sys: Sys): Steps<string[]> {
  return listSubdirs(sys, RUNLEVELDIR);
}

/** Stacks `below` under a runlevel: entering it then includes the other. */
export function runlevelStack(sys: Sys, level: string, below: string): void {
  symlink(sys, `../${below}`, `${RUNLEVELDIR}/${level}/${below}`);
}

/** Undoes {@link runlevelStack}. */
export function runlevelUnstack(sys: Sys, level: string, below: string): void {
  unlink(sys, `${RUNLEVELDIR}/${level}/${below}`);
}

/** Thrown when runlevels are stacked in a circle. */
export class StackLoop {
  readonly level: string;
  readonly ancestors: readonly string[];

  constructor(level: string, ancestors: readonly string[]) {
    this.level = level;
    this.ancestors = ancestors;
  }

  /** What is told about it. */
  get text(): string {
    const above = this.ancestors.map((a) => `\t${a}\n`).join("");
    return `Loop detected in stacked runlevels attempting to enter runlevel ${this.level}!\nAncestors:\n${above}`;
  }
}

/** A runlevel and those stacked below it, itself first: the order in reverse is that of starting. */
export function* runlevelStacks(sys: Sys, level: string): Steps<string[]> {
  const chain: string[] = [];
  yield* follow(sys, level, chain, [level]);
  return chain;
}

function* follow(sys: Sys, level: string, chain: string[], ancestors: string[]): Steps<void> {
  if (!runlevelExists(sys, level)) return;
  // One that is met again belongs to the end.
  const before = chain.indexOf(level);
  if (before >= 0) chain.splice(before, 1);
  chain.push(level);
  const stacked = yield* listSubdirs(sys, `${RUNLEVELDIR}/${level}`);
  for (const next of stacked) {
    if (ancestors.includes(next)) throw new StackLoop(next, ancestors);
    ancestors.push(next);
    yield* follow(sys, next, chain, ancestors);
    ancestors.splice(ancestors.indexOf(next), 1);
  }
}

/** Services that are in a runlevel itself. "single" never has any. */
export function* servicesInRunlevel(sys: Sys, level: string): Steps<string[]> {
  return level === SINGLE ? [] : yield* listServices(sys, `${RUNLEVELDIR}/${level}`);
}

/** Services of a runlevel and of all that are stacked below it. */
export function* servicesInRunlevelStacked(sys: Sys, level: string): Steps<string[]> {
  const all = yield* servicesInRunlevel(sys, level);
  const levels = yield* runlevelStacks(sys, level);
  for (const each of levels) all.push(...(yield* servicesInRunlevel(sys, each)));
  return all;
}

/** Is a service in a runlevel? */
export function inRunlevel(sys: Sys, service: string, level: string): boolean {
  return exists(sys, `${RUNLEVELDIR}/${level}/${basename(service)}`);
}
