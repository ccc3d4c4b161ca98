// Seconds since 1970 and calendar dates (the proleptic Gregorian calendar): gmtime(3), timegm(3).

/** struct tm of time.h, with its ranges, and the zone it is in. */
export interface Tm {
  /** 0 to 60. */
  sec: number;
  min: number;
  hour: number;
  /** 1 to 31. */
  mday: number;
  /** 0 to 11. */
  mon: number;
  /** Years since 1900. */
  year: number;
  /** 0 is Sunday. */
  wday: number;
  /** 0 to 365. */
  yday: number;
  /** 1 when daylight-saving time is in force, 0 when not, -1 when not known. */
  isdst: number;
  /** Seconds east of Greenwich. */
  gmtoff: number;
  /** The zone's short name. */
  zone: string;
}

/** All zero, as after memset: 31 December 1899 is day 0 of month 0. */
export function emptyTm(): Tm {
  return {
    sec: 0,
    min: 0,
    hour: 0,
    mday: 0,
    mon: 0,
    year: 0,
    wday: 0,
    yday: 0,
    isdst: 0,
    gmtoff: 0,
    zone: "",
  };
}

/** Is the year (as people count) a leap year? */
export function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days of a month (0 to 11) of a year. */
export function daysInMonth(year: number, mon: number): number {
  if (mon === 1) return isLeap(year) ? 29 : 28;
  return mon === 3 || mon === 5 || mon === 8 || mon === 10 ? 30 : 31;
}

/** Days from 1970-01-01 to a date; months beyond 0 to 11 run into other years, any day number is fine. */
export function daysFromCivil(year: number, mon: number, mday: number): number {
  const y0 = year + Math.floor(mon / 12);
  const m = ((mon % 12) + 12) % 12;
  // Years begin in March, so that the leap day is the last.
  const y = m < 2 ? y0 - 1 : y0;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((m + 10) % 12) + 2) / 5) + mday - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** Seconds since 1970 of a date and time taken as UTC; fields may lie outside their ranges. */
export function tmToSeconds(tm: Tm): number {
  const days = daysFromCivil(tm.year + 1900, tm.mon, tm.mday);
  return days * 86400 + tm.hour * 3600 + tm.min * 60 + tm.sec;
}

/** Date and time of a number of seconds; undefined (EOVERFLOW) beyond 2^53 seconds, 285 million years. */
export function secondsToTm(seconds: number): Tm | undefined {
  const t = Math.floor(seconds);
  if (!Number.isSafeInteger(t)) return undefined;
  const days = Math.floor(t / 86400);
  const rest = t - days * 86400;
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36524) -
      Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMon = Math.floor((5 * dayOfYear + 2) / 153);
  const mon = (shiftedMon + 2) % 12;
  const year = yearOfEra + era * 400 + (mon < 2 ? 1 : 0);
  return {
    sec: rest % 60,
    min: Math.floor(rest / 60) % 60,
    hour: Math.floor(rest / 3600),
    mday: dayOfYear - Math.floor((153 * shiftedMon + 2) / 5) + 1,
    mon,
    year: year - 1900,
    wday: (((days + 4) % 7) + 7) % 7,
    yday: days - daysFromCivil(year, 0, 1),
    isdst: 0,
    gmtoff: 0,
    zone: "UTC",
  };
}

/** gmtime(3). */
export function gmtime(seconds: number): Tm | undefined {
  return secondsToTm(seconds);
}

/** timegm(3): brings the fields into their ranges and gives the seconds. */
export function timegm(tm: Tm): number | undefined {
  const t = tmToSeconds(tm);
  const made = secondsToTm(t);
  if (made === undefined) return undefined;
  Object.assign(tm, made);
  return t;
}
