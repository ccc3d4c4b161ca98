// tzset(3): the time zone of a process, from $TZ and the zone files.
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import type { Process } from "./process.ts";
import { Zone, zoneFiles } from "./time/zone.ts";
import { readFile } from "./unistd.ts";

/** Zone files are some KiB. */
const LIMIT = 1 << 20;

/** The zone that `tz`, by default $TZ, names; UTC when there is none. */
export function* timezone(p: Process, tz: string | undefined = p.env.get("TZ")): Steps<Zone> {
  for (const path of zoneFiles(tz)) {
    try {
      return new Zone(tz, yield* readFile(p.sys, path, LIMIT));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
  return new Zone(tz);
}
