// strftime(3) and strptime(3) in the C locale, with musl's conversions and modifiers.
import { isLeap, type Tm, tmToSeconds } from "./civil.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/** Names of the months in the C locale. */
export const MONTHS: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** ISO 8601 week of the year. */
function weekNumber(tm: Tm): number {
  const monday = (tm.wday + 6) % 7;
  let week = Math.floor((tm.yday + 7 - monday) / 7);
  // The days before the first Monday belong to week 1 when they are most of it.
  if ((tm.wday + 371 - tm.yday - 2) % 7 <= 2) week++;
  const year = tm.year + 1900;
  if (week === 0) {
    const dec31 = (tm.wday + 7 - tm.yday + 370) % 7;
    return dec31 === 4 || (dec31 === 5 && isLeap(year - 1)) ? 53 : 52;
  }
  if (week === 53) {
    const jan1 = (tm.wday + 371 - tm.yday) % 7;
    if (jan1 !== 4 && (jan1 !== 3 || !isLeap(year))) return 1;
  }
  return week;
}

function weekYear(tm: Tm): number {
  const year = tm.year + 1900;
  const week = weekNumber(tm);
  if (tm.yday < 3 && week !== 1) return year - 1;
  return tm.yday > 360 && week === 1 ? year + 1 : year;
}

function number(value: number, width: number, pad: string): string {
  const minus = value < 0 ? "-" : "";
  const digits = String(Math.abs(value));
  if (pad === "-") return minus + digits;
  if (pad === "_") return (minus + digits).padStart(width);
  return minus + digits.padStart(width - minus.length, "0");
}

/** One conversion, or undefined when the letter is none. */
function convert(letter: string, tm: Tm, pad: string): string | undefined {
  const year = tm.year + 1900;
  switch (letter) {
    case "a":
      return DAYS[tm.wday]?.slice(0, 3) ?? "-";
    case "A":
      return DAYS[tm.wday] ?? "-";
    case "b":
    case "h":
      return MONTHS[tm.mon]?.slice(0, 3) ?? "-";
    case "B":
      return MONTHS[tm.mon] ?? "-";
    case "c":
      return strftime("%a %b %e %T %Y", tm);
    case "C":
      return number(Math.trunc(year / 100), 2, pad);
    case "d":
      return number(tm.mday, 2, pad);
    case "D":
    case "x":
      return strftime("%m/%d/%y", tm);
    case "e":
      return number(tm.mday, 2, pad === "" ? "_" : pad);
    case "F":
      return strftime("%Y-%m-%d", tm);
    case "g":
      return number(weekYear(tm) % 100, 2, pad);
    case "G":
      return number(weekYear(tm), 4, pad);
    case "H":
      return number(tm.hour, 2, pad);
    case "I":
      return number(tm.hour === 0 ? 12 : tm.hour > 12 ? tm.hour - 12 : tm.hour, 2, pad);
    case "j":
      return number(tm.yday + 1, 3, pad);
    case "m":
      return number(tm.mon + 1, 2, pad);
    case "M":
      return number(tm.min, 2, pad);
    case "n":
      return "\n";
    case "p":
      return tm.hour >= 12 ? "PM" : "AM";
    case "r":
      return strftime("%I:%M:%S %p", tm);
    case "R":
      return strftime("%H:%M", tm);
    case "s":
      return number(tmToSeconds(tm) - tm.gmtoff, 1, pad);
    case "S":
      return number(tm.sec, 2, pad);
    case "t":
      return "\t";
    case "T":
    case "X":
      return strftime("%H:%M:%S", tm);
    case "u":
      return number(tm.wday === 0 ? 7 : tm.wday, 1, pad);
    case "U":
      return number(Math.floor((tm.yday + 7 - tm.wday) / 7), 2, pad);
    case "V":
      return number(weekNumber(tm), 2, pad);
    case "w":
      return number(tm.wday, 1, pad);
    case "W":
      return number(Math.floor((tm.yday + 7 - ((tm.wday + 6) % 7)) / 7), 2, pad);
    case "y":
      return number(Math.abs(year % 100), 2, pad);
    case "Y":
      return year >= 10000 ? `+${year}` : number(year, 4, pad);
    case "z": {
      if (tm.isdst < 0) return "";
      const o = Math.trunc(tm.gmtoff / 3600) * 100 + Math.trunc((tm.gmtoff % 3600) / 60);
      return `${o < 0 ? "-" : "+"}${String(Math.abs(o)).padStart(4, "0")}`;
    }
    case "Z":
      return tm.isdst < 0 ? "" : tm.zone;
    case "%":
      return "%";
    default:
      return undefined;
  }
}

/** The year-like conversions take a width and `+`. */
function widen(text: string, letter: string, tm: Tm, plus: boolean, wanted: number): string {
  const bare = text.replace(/^[+-]/, "").replace(/^0+(?=[0-9])/, "");
  const k = bare.length;
  let width = Math.max(wanted, k);
  let sign = "";
  const digits = (/^[0-9]*/.exec(bare) as RegExpExecArray)[0].length;
  if (tm.year < -1900) {
    sign = "-";
    width--;
  } else if (plus && digits + (width - k) >= (letter === "C" ? 3 : 5)) {
    sign = "+";
    width--;
  }
  return sign + "0".repeat(Math.max(0, width - k)) + bare;
}

/** Widths are cut to this; a date is short. */
const MAX_WIDTH = 65536;
const FIELD = /%([-_0]?)(\+?)([0-9]*)([EO]?)([\s\S]?)/y;

/**
 * strftime(3). At a conversion that does not exist it stops, as musl does, and gives the text so far (what `date`
 * prints); `strftimeWhole` tells the difference.
 */
export function strftime(format: string, tm: Tm): string {
  return format_(format, tm).text;
}

/** As {@link strftime}, but "" when a conversion does not exist, as the return value 0 says. */
export function strftimeWhole(format: string, tm: Tm): string {
  const made = format_(format, tm);
  return made.whole ? made.text : "";
}

function format_(format: string, tm: Tm): { text: string; whole: boolean } {
  const re = new RegExp(FIELD);
  let text = "";
  for (let at = 0; ; ) {
    const next = format.indexOf("%", at);
    if (next < 0) return { text: text + format.slice(at), whole: true };
    text += format.slice(at, next);
    re.lastIndex = next;
    const m = re.exec(format) as RegExpExecArray;
    const [, pad = "", plus = "", digits = "", modifier = "", letter = ""] = m;
    // The modifier only hides the width from musl when it stands between: %5EY.
    const first = modifier === "" ? letter : modifier;
    const made = convert(letter, tm, pad);
    if (made === undefined) return { text, whole: false };
    const yearLike = first === "C" || first === "F" || first === "G" || first === "Y";
    const width = Math.min(Number(digits) || 1, MAX_WIDTH);
    text += yearLike && digits !== "" ? widen(made, first, tm, plus !== "", width) : made;
    at = re.lastIndex;
  }
}
