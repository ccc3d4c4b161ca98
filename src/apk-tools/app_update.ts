// apk update: fetches the indexes of all repositories (apk-update(8)).
import type { Steps } from "../abi/program.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { allPackages } from "./select.ts";
import { defaultSettings } from "./settings.ts";
import { shownUrl } from "./source.ts";

function* run(ctx: Context, db: Database): Steps<number> {
  const { print, settings } = ctx;
  let unavailable = 0;
  let stale = 0;
  for (const repo of db.repositories) {
    if (repo.error !== "") {
      // 2.14 counts the failed update and the missing index.
      unavailable += settings.legacyOutput ? 2 : 1;
      continue;
    }
    if (repo.stale === true) stale++;
    if (repo.description !== "")
      yield* print.message(`${repo.description} [${shownUrl(repo.url)}]`);
  }
  const count = `${allPackages(db).length} distinct packages available`;
  const failed = unavailable + stale;
  if (failed === 0) yield* print.message(`OK: ${count}`);
  else yield* print.message(`${unavailable} unavailable, ${stale} stale; ${count}`);
  return Math.min(failed, 127);
}

export const update: Applet = {
  name: "update",
  summary: "Fetch the indexes of all repositories",
  group: "system",
  arguments: "",
  description:
    "Fetches the index of each repository, whatever its age in the cache. Commands that change the " +
    "system do that by themselves when an index has become old.",
  optionGroups: [],
  options: [],
  open: (ctx) => {
    // An age that was asked for counts here, too.
    if (ctx.settings.cacheMaxAge === defaultSettings().cacheMaxAge) ctx.settings.cacheMaxAge = 0;
    return { access: "write", installed: true, world: true, repositories: true, cacheWrite: true };
  },
  run,
};
