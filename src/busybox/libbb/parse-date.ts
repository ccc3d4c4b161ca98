// Dates in arguments (date -d, date -s, touch -d), in the forms that BusyBox knows.
import type { Tm } from "../../libc/time/civil.ts";
import { strptime } from "../../libc/time/strptime.ts";
import { localtime, mktime, type Zone } from "../../libc/time/zone.ts";

/** The day that `now` is in, from its beginning unless the time is kept. */
function today(now: number, zone: Zone, keepTime = false): Tm | undefined {
  const tm = localtime(now, zone);
  if (tm === undefined) return undefined;
  if (keepTime) return { ...tm, isdst: -1 };
  return { ...tm, hour: 0, min: 0, sec: 0, isdst: -1 };
}

function finish(tm: Tm, zone: Zone): number | undefined {
  const inRange =
    tm.mon >= 0 &&
    tm.mon < 12 &&
    tm.mday >= 1 &&
    tm.mday <= 31 &&
    tm.hour < 24 &&
    tm.min < 60 &&
    tm.sec <= 60;
  return inRange ? mktime(tm, zone) : undefined;
}

/** A year of two digits: the one within fifty years of now. */
function nearYear(two: number, now: number): number {
  const year = Math.floor(now / 100) * 100 + two;
  return year > now + 50 ? year - 100 : year < now - 50 ? year + 100 : year;
}

/**
 * Seconds since 1970; undefined when it is no date. What is not named is as it is now: the day for date,
 * where the time begins with zeros, and with `keepTime` the time too (touch).
 */
export function parseDate(
  text: string,
  now: number,
  zone: Zone,
  keepTime = false,
): number | undefined {
  const tm = today(now, zone, keepTime);
  if (tm === undefined) return undefined;
  let m = /^@([0-9]+)$/.exec(text);
  if (m !== null) return Number(m[1]) <= Number.MAX_SAFE_INTEGER ? Number(m[1]) : undefined;

  m = /^([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2}))?$/.exec(text);
  if (m !== null) {
    [tm.hour, tm.min, tm.sec] = [Number(m[1]), Number(m[2]), Number(m[3] ?? tm.sec)];
    return finish(tm, zone);
  }
  m =
    /^(?:([0-9]{1,4})\.)?([0-9]{1,2})\.([0-9]{1,2})-([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2}))?$/.exec(
      text,
    );
  m ??=
    /^([0-9]{1,4})-([0-9]{1,2})-([0-9]{1,2})(?: ([0-9]{1,2})(?::([0-9]{1,2})(?::([0-9]{1,2}))?)?)?$/.exec(
      text,
    );
  if (m !== null) {
    if (m[1] !== undefined) tm.year = Number(m[1]) - 1900;
    [tm.mon, tm.mday] = [Number(m[2]) - 1, Number(m[3])];
    tm.hour = Number(m[4] ?? tm.hour);
    tm.min = Number(m[5] ?? tm.min);
    tm.sec = Number(m[6] ?? tm.sec);
    return finish(tm, zone);
  }
  m = /^((?:[0-9]{2}){1,6})(?:\.([0-9]{2}))?$/.exec(text);
  if (m === null) return undefined;
  const pairs = ((m[1] ?? "").match(/../g) ?? []).map(Number);
  tm.sec = Number(m[2] ?? 0);
  tm.min = pairs.pop() ?? 0;
  const hour = pairs.pop();
  if (hour !== undefined) tm.hour = hour;
  const mday = pairs.pop();
  if (mday !== undefined) tm.mday = mday;
  const mon = pairs.pop();
  if (mon !== undefined) tm.mon = mon - 1;
  const low = pairs.pop();
  const high = pairs.pop();
  if (high !== undefined) tm.year = high * 100 + (low as number) - 1900;
  else if (low !== undefined) tm.year = nearYear(low, tm.year + 1900) - 1900;
  return finish(tm, zone);
}

/** As {@link parseDate} for a strptime form, which need not reach to the end of the text. */
export function parseDateFormat(
  text: string,
  format: string,
  now: number,
  zone: Zone,
): number | undefined {
  const tm = today(now, zone);
  if (tm === undefined || strptime(text, format, tm) < 0) return undefined;
  return mktime(tm, zone);
}
