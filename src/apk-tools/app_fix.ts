// apk fix: broken packages, or those that are named, are installed again (apk-fix(8)).
import type { Steps } from "../abi/program.ts";
import type { Applet } from "./applet.ts";
import { applyWorld } from "./apply.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import type { Name } from "./name.ts";
import { SOLVE_INHERIT, SOLVE_REINSTALL, SOLVE_UPGRADE } from "./solver-flags.ts";

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  const upgrade = ctx.flag("upgrade");
  const flags =
    (upgrade ? SOLVE_UPGRADE : 0) |
    (!upgrade || ctx.flag("reinstall") ? SOLVE_REINSTALL : 0) |
    (ctx.flag("depends") ? SOLVE_INHERIT : 0);
  const nameFlags = new Map<Name, number>();
  if (args.length === 0) {
    for (const one of db.installed)
      if (one.brokenFiles || one.brokenScript || (one.brokenXattr && ctx.flag("xattr")))
        nameFlags.set(db.name(one.pkg.name), flags);
  } else {
    let missing = 0;
    for (const arg of args) {
      const name = db.names.get(arg);
      if (name === undefined || name.providers.length === 0) {
        yield* ctx.print.error(`Package '${arg}' not found`);
        missing++;
      } else nameFlags.set(name, flags);
    }
    if (missing > 0) return missing;
  }
  if (ctx.flag("directory-permissions")) db.resetDirectories = true;
  return yield* applyWorld(ctx, db, db.world, { flags: 0, nameFlags });
}

export const fix: Applet = {
  name: "fix",
  summary: "Repair packages, or bring the system in line with the world, without changing that",
  group: "system",
  arguments: "[PACKAGES...]",
  description:
    "Installs packages again whose installation went wrong, or those that are named, and makes the " +
    "system follow the world as it stands.",
  optionGroups: ["commit"],
  options: [
    { name: "depends", letter: "d", help: "Repair what the packages depend on as well" },
    { name: "directory-permissions", help: "Set owner and mode of all directories again" },
    { name: "reinstall", letter: "r", help: "Install the packages again, which is the default" },
    { name: "upgrade", letter: "u", help: "Upgrade the packages where there is a newer version" },
    { name: "xattr", letter: "x", help: "Repair packages with broken extended attributes" },
  ],
  open: () => ({ access: "write", installed: true, world: true, repositories: true }),
  run,
};
