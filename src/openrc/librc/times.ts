// Times as OpenRC writes them: in the state of supervised services and in the system's log.
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { emptyTm, secondsToTm } from "../../libc/time/civil.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime, mktime } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";

/** "Jan  2 03:04:05" in universal time, as syslog(3) begins a message. */
export function clockText(seconds: number): string {
  const tm = secondsToTm(seconds);
  return tm === undefined ? "" : strftime("%b %e %T", tm);
}

/** "2024-01-02 03:04:05" in local time. */
export function* dateText(p: Process, seconds: number): Steps<string> {
  const tm = localtime(seconds, yield* timezone(p));
  return tm === undefined ? "" : strftime("%Y-%m-%d %H:%M:%S", tm);
}

/** The contrary of {@link dateText}; undefined for other text. */
export function* dateSeconds(p: Process, text: string): Steps<number | undefined> {
  const found = /^\s*(\d{1,4})-(\d{1,2})-(\d{1,2})\s+(\d{1,2}):(\d{1,2}):(\d{1,2})/.exec(text);
  if (found === null) return undefined;
  const [year, mon, mday, hour, min, sec] = found.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const tm = { ...emptyTm(), year: year - 1900, mon: mon - 1, mday, hour, min, sec, isdst: -1 };
  return mktime(tm, yield* timezone(p));
}
