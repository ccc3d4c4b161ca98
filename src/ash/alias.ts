// Aliases being expanded (POSIX XCU 2.3.1): their text takes the place of the word in the source.
import type { Source } from "./tokens.ts";

type Active = Source["aliases"];

/** Leaves the aliases whose text has been read; true when one ends with a blank, so that the next word may be one too. */
export function leaveAliases(active: Active, rest: number): boolean {
  let blank = false;
  for (let top = active[active.length - 1]; top !== undefined && rest <= top.rest; ) {
    if (top.blank) blank = true;
    active.pop();
    top = active[active.length - 1];
  }
  return blank;
}

/** Is the name one of those being expanded? Then it stands for itself. */
export function aliasActive(active: Active, name: string): boolean {
  return active.some((alias) => alias.name === name);
}

/** Puts an alias's text in the place of its name, which begins at `start` and ends at the position. */
export function pushAlias(
  source: { src: string; pos: number; aliases: Active },
  name: string,
  value: string,
  start: number,
): void {
  const rest = source.src.length - source.pos;
  source.aliases.push({ name, rest, blank: /[ \t]$/.test(value) });
  source.src = source.src.slice(0, start) + value + source.src.slice(source.pos);
  source.pos = start;
}
