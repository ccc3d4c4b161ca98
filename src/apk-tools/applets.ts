// The commands, in the order `apk --help` lists them: one line each.

import { adbdump } from "./app_adbdump.ts";
import { adbgen } from "./app_adbgen.ts";
import { adbsign } from "./app_adbsign.ts";
import { add } from "./app_add.ts";
import { audit } from "./app_audit.ts";
import { cache } from "./app_cache.ts";
import { convdb } from "./app_convdb.ts";
import { convndx } from "./app_convndx.ts";
import { del } from "./app_del.ts";
import { dot } from "./app_dot.ts";
import { extract } from "./app_extract.ts";
import { fetch } from "./app_fetch.ts";
import { fix } from "./app_fix.ts";
import { index } from "./app_index.ts";
import { info } from "./app_info.ts";
import { list } from "./app_list.ts";
import { manifest } from "./app_manifest.ts";
import { mkndx } from "./app_mkndx.ts";
import { mkpkg } from "./app_mkpkg.ts";
import { policy } from "./app_policy.ts";
import { query } from "./app_query.ts";
import { search } from "./app_search.ts";
import { stats } from "./app_stats.ts";
import { update } from "./app_update.ts";
import { upgrade } from "./app_upgrade.ts";
import { verify } from "./app_verify.ts";
import { version } from "./app_version.ts";
import type { Applet } from "./applet.ts";

/** All of them; made when asked for, so that loading the program costs nothing. */
export function applets(): readonly Applet[] {
  return [
    // install
    add,
    del,

    // system
    fix,
    update,
    upgrade,
    cache,

    // query
    query,
    list,
    dot,
    policy,
    search,
    info,

    // repository
    index,
    mkndx,
    mkpkg,
    adbsign,
    fetch,

    // package
    manifest,
    extract,
    verify,

    // misc
    audit,
    stats,
    version,
    adbdump,
    adbgen,
    convdb,
    convndx,
  ];
}
