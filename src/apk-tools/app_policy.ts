// apk policy: which versions of a package there are, and where (apk-policy(8)).
import type { Steps } from "../abi/program.ts";
import type { Applet } from "./applet.ts";
import { cacheDir } from "./cache.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import type { Package } from "./package.ts";
import { IN_CACHE } from "./repository.ts";
import { matchingNames, providersOf } from "./select.ts";
import { shownUrl } from "./source.ts";
import { INSTALLED } from "./state.ts";

/** Where a package is to be found, as lines name it. */
function places(ctx: Context, db: Database, pkg: Package): string[] {
  const all: string[] = [];
  if (pkg.installed !== undefined) all.push(INSTALLED);
  if (pkg.repositories & IN_CACHE) all.push(cacheDir(ctx));
  for (const { bit, tag, url } of db.repositories)
    if (bit & pkg.repositories) all.push(tag === "" ? shownUrl(url) : `@${tag} ${shownUrl(url)}`);
  return all;
}

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  if (args.length === 0) return 0;
  for (const name of matchingNames(db, args)) {
    const packages = providersOf(name).filter((pkg) => pkg.name === name.name);
    if (packages.length === 0) continue;
    yield* ctx.print.out(`${name.name} policy:\n`);
    for (const pkg of packages) {
      const lines = places(ctx, db, pkg).map((place) => `    ${place}\n`);
      yield* ctx.print.out(`  ${pkg.version}:\n${lines.join("")}`);
    }
  }
  return 0;
}

export const policy: Applet = {
  name: "policy",
  summary: "Show which versions of packages there are, and where",
  group: "query",
  arguments: "PACKAGES...",
  description:
    "Lists the versions of the packages in rising order, each with the repositories that have it, " +
    "and whether it is installed.",
  optionGroups: ["source"],
  options: [],
  open: () => ({ access: "read", installed: true, world: true, repositories: true }),
  run,
};
