// Rules for paths that packages must not overwrite (apk-protected_paths(5)).
import type { Steps } from "../abi/program.ts";
import { FNM_PERIOD, fnmatch } from "../libc/fnmatch.ts";
import type { Context } from "./context.ts";

/**
 * "none": not protected; "changed" (+): if its contents are not those that were installed; "symlinks" (@): only
 * changed symbolic links; "all" (!): whatever it is.
 */
export type Protection = "none" | "changed" | "symlinks" | "all";

const SYMBOLS: Readonly<Record<string, Protection>> = {
  "-": "none",
  "+": "changed",
  "@": "symlinks",
  "!": "all",
};

/** What holds before any file is read. */
const DEFAULT_RULES = "+etc\n@etc/init.d\n!etc/apk\n";
const DIR = "etc/apk/protected_paths.d";
const RULES_MAX = 1 << 20;

interface Rule {
  readonly parts: readonly string[];
  readonly protection: Protection;
}

/** A list of rules: the last that fits decides. */
export class ProtectedPaths {
  readonly #rules: Rule[] = [];
  /** Answers for directories, which are asked for again and again. */
  readonly #known = new Map<string, Protection>();

  /** More rules, as files have them. */
  add(text: string): void {
    for (const line of text.split("\n")) {
      const protection = SYMBOLS[line[0] ?? ""];
      const parts = line.slice(1).trim().split("/").filter(Boolean);
      if (protection !== undefined && parts.length > 0) this.#rules.push({ parts, protection });
    }
    this.#known.clear();
  }

  /** For a path or anything below it. */
  of(path: string): Protection {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const parts = path.split("/");
    let found: Protection = "none";
    for (const rule of this.#rules) if (fits(rule.parts, parts)) found = rule.protection;
    if (this.#known.size < 10_000) this.#known.set(path, found);
    return found;
  }

  /** May anything below this directory be protected? */
  mayHold(path: string): boolean {
    if (path === "" || this.of(path) !== "none") return this.#rules.length > 0;
    const parts = path.split("/");
    return this.#rules.some(
      (rule) => rule.parts.length > parts.length && fits(rule.parts.slice(0, parts.length), parts),
    );
  }
}

function fits(rule: readonly string[], path: readonly string[]): boolean {
  return (
    rule.length <= path.length &&
    rule.every((part, i) => fnmatch(part, path[i] as string, FNM_PERIOD, false))
  );
}

/** The rules of a root: the usual ones, and those of etc/apk/protected_paths.d. */
export function* loadProtectedPaths(ctx: Context): Steps<ProtectedPaths> {
  const rules = new ProtectedPaths();
  rules.add(DEFAULT_RULES);
  const { root } = ctx;
  if (root.stat(DIR) === undefined) return rules;
  const entries = yield* root.list(DIR);
  const names = entries.map((entry) => entry.name).filter((name) => name.endsWith(".list"));
  for (const name of names.sort())
    rules.add((yield* root.readText(`${DIR}/${name}`, RULES_MAX)) ?? "");
  return rules;
}
