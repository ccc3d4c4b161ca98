// Mode strings of chmod, mkdir -m, install -m, umask (POSIX chmod, "symbolic mode"), with BusyBox's reading:
// "s" counts for u and g only, "t" for a or no class, and "=" clears before "X" and "u", "g", "o" look.
import { S_ISDIR } from "../../libc/stat.ts";

const CLASSES: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o0007, a: 0o7777 };
const SHIFTS: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };
const PERMS: Readonly<Record<string, number>> = {
  r: 0o444,
  w: 0o222,
  x: 0o111,
  s: 0o6000,
  t: 0o1000,
};

/**
 * The permission bits that `text` makes of `current` (whose file type "X" looks at), or undefined when
 * it is not a mode.
 */
export function parseMode(text: string, current: number, umask: number): number | undefined {
  if (/^[0-7]/.test(text)) {
    const mode = /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : 0o10000;
    return mode <= 0o7777 ? mode : undefined;
  }
  if (text === "") return undefined;
  let mode = current & 0o7777;
  for (const clause of text.split(",")) {
    if (clause === "") continue;
    const parts = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/.exec(clause);
    if (parts === null) return undefined;
    const [, who = "", actions = ""] = parts;
    let clears = 0;
    for (const c of who) clears |= CLASSES[c] as number;
    if (who === "") clears = 0o7777;
    const allowed = who === "" ? 0o7777 & ~umask : clears;
    for (const [, op, perms = ""] of actions.matchAll(/([-+=])([ugorwxXst]*)/g)) {
      if (op === "=") mode &= ~clears;
      let bits = 0;
      for (const c of perms) {
        const shift = SHIFTS[c];
        if (shift !== undefined) bits |= ((mode >> shift) & 7) * 0o111;
        else if (c !== "X") bits |= PERMS[c] as number;
        else if (S_ISDIR(current) || (mode & 0o111) !== 0) bits |= 0o111;
      }
      if (op === "-") mode &= ~(bits & allowed);
      else mode |= bits & allowed;
    }
  }
  return mode;
}
