// Triggers: scripts of packages that want to know of changed directories.
import type { Steps } from "../abi/program.ts";
import { FNM_PATHNAME, FNM_PERIOD, fnmatch } from "../libc/fnmatch.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import type { InstalledPackage } from "./installed.ts";
import type { Owners } from "./owners.ts";
import { runScript } from "./scripts.ts";

/**
 * Runs the triggers of all packages that want to know of a directory in `changed`. One that is new or changed itself
 * is told of all directories there are, but with "+" in front only of those that changed.
 */
export function* runTriggers(
  ctx: Context,
  db: Database,
  owners: Owners,
  changed: ReadonlySet<string>,
  fresh: ReadonlySet<InstalledPackage>,
): Steps<void> {
  if (!ctx.settings.scripts) return;
  for (const one of [...db.triggers]) {
    const all = fresh.has(one);
    const directories = matching(one.triggers, all ? owners.directories : changed, (dir) =>
      changed.has(dir),
    );
    if (directories.length > 0) yield* runScript(ctx, one, "trigger", directories);
  }
}

function matching(
  globs: readonly string[],
  directories: Iterable<string>,
  changed: (directory: string) => boolean,
): string[] {
  const found: string[] = [];
  for (const directory of directories) {
    const path = `/${directory}`;
    for (const glob of globs) {
      const onlyChanged = glob.startsWith("+");
      if (onlyChanged && !changed(directory)) continue;
      const pattern = onlyChanged ? glob.slice(1) : glob;
      if (!fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD, false)) continue;
      found.push(path);
      break;
    }
  }
  return found;
}
