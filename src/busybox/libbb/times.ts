// Times as ls shows them, in the zone of $TZ.
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";

/** Shows times of one zone; seconds since 1970. */
export interface LocalClock {
  /** "Nov 23 12:15" */
  recent(sec: number): string;
  /** "May  6  2020" */
  old(sec: number): string;
  /** "2020-05-06 07:08:09 +0000" */
  full(sec: number): string;
}

/** The clock of the process's zone. */
export function* clock(p: Process): Steps<LocalClock> {
  const zone = yield* timezone(p);
  const format = (sec: number, text: string): string => {
    const tm = localtime(sec, zone);
    return tm === undefined ? String(sec) : strftime(text, tm);
  };
  return {
    recent: (sec) => format(sec, "%b %e %H:%M"),
    old: (sec) => format(sec, "%b %e  %Y"),
    full: (sec) => format(sec, "%Y-%m-%d %H:%M:%S %z"),
  };
}
