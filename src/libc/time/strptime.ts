// strptime(3) in the C locale, with musl's conversions.
import { isSpace } from "../stdlib.ts";
import type { Tm } from "./civil.ts";

const DAYS = "sunday monday tuesday wednesday thursday friday saturday";
const MONTHS =
  "january february march april may june july august september october november december";

type Field = "sec" | "min" | "hour" | "mday" | "mon" | "year" | "wday" | "yday" | "";

/** A number in a range: field, least, how many values, what is subtracted. */
const RANGES: Readonly<Record<string, readonly [Field, number, number, number]>> = {
  d: ["mday", 1, 31, 0],
  e: ["mday", 1, 31, 0],
  H: ["hour", 0, 24, 0],
  I: ["hour", 1, 12, 0],
  j: ["yday", 1, 366, 1],
  m: ["mon", 1, 12, 1],
  M: ["min", 0, 60, 0],
  S: ["sec", 0, 61, 0],
  U: ["", 0, 54, 0],
  W: ["", 0, 54, 0],
  w: ["wday", 0, 7, 0],
};

const WHOLE: Readonly<Record<string, string>> = {
  c: "%a %b %e %T %Y",
  D: "%m/%d/%y",
  x: "%m/%d/%y",
  r: "%I:%M:%S %p",
  R: "%H:%M",
  T: "%H:%M:%S",
  X: "%H:%M:%S",
};

/**
 * strptime(3): reads `text` from `start` into the fields the format names; the index after what was read, or -1.
 * As in Alpine's musl there is no %F %g %G %s %u %V %z %Z.
 */
export function strptime(text: string, format: string, tm: Tm, start = 0): number {
  return new Reader(text, tm, start).read(format);
}

class Reader {
  readonly #s: string;
  readonly #tm: Tm;
  #at: number;

  constructor(s: string, tm: Tm, start: number) {
    this.#s = s;
    this.#tm = tm;
    this.#at = start;
  }

  read(format: string): number {
    let century: number | undefined;
    let relative = 0;
    let short = false;
    for (let f = 0; f < format.length; ) {
      const c = format[f++] as string;
      if (c !== "%") {
        if (isSpace(c.charCodeAt(0))) this.#spaces();
        else if (this.#s[this.#at] === c) this.#at++;
        else return -1;
        continue;
      }
      if (format[f] === "+") f++;
      let digits = "";
      while (/[0-9]/.test(format[f] ?? "")) digits += format[f++];
      const width = digits === "" ? -1 : Number(digits);
      const letter = format[f++] ?? "";
      if (letter === "C" || letter === "y" || letter === "Y") {
        const wanted = letter === "y" ? 2 : width < 0 ? (letter === "C" ? 2 : 4) : width;
        const n = this.#digits(wanted);
        if (n === undefined) return -1;
        if (letter === "C") century = n;
        else if (letter === "y") {
          relative = n;
          short = true;
        } else {
          this.#tm.year = n - 1900;
          // A full year makes earlier parts of one void.
          century = undefined;
          short = false;
        }
      } else if (!this.#convert(letter)) return -1;
    }
    if (century !== undefined) this.#tm.year = relative + century * 100 - 1900;
    else if (short) this.#tm.year = relative <= 68 ? relative + 100 : relative;
    return this.#at;
  }

  #spaces(): void {
    while (isSpace(this.#s.charCodeAt(this.#at))) this.#at++;
  }

  #whole(format: string): boolean {
    const end = strptime(this.#s, format, this.#tm, this.#at);
    if (end >= 0) this.#at = end;
    return end >= 0;
  }

  #convert(letter: string): boolean {
    const tm = this.#tm;
    const range = RANGES[letter];
    if (range !== undefined) return this.#range(...range);
    const whole = WHOLE[letter];
    if (whole !== undefined) return this.#whole(whole);
    switch (letter) {
      case "a":
      case "A":
        return this.#word(DAYS, "wday");
      case "b":
      case "B":
      case "h":
        return this.#word(MONTHS, "mon");
      case "n":
      case "t":
        this.#spaces();
        return true;
      case "p": {
        const half = this.#s.slice(this.#at, this.#at + 2).toUpperCase();
        if (half !== "AM" && half !== "PM") return false;
        tm.hour = (tm.hour % 12) + (half === "PM" ? 12 : 0);
        this.#at += 2;
        return true;
      }
      case "%":
        return this.#s[this.#at++] === "%";
      default:
        return false;
    }
  }

  #range(field: Field, min: number, range: number, adjust: number): boolean {
    let n = 0;
    const from = this.#at;
    for (let i = 1; i <= min + range && /[0-9]/.test(this.#s[this.#at] ?? ""); i *= 10) {
      n = n * 10 + Number(this.#s[this.#at++]);
    }
    if (this.#at === from || n < min || n >= min + range) return false;
    if (field !== "") this.#tm[field] = n - adjust;
    return true;
  }

  #digits(width: number): number | undefined {
    const sign = this.#s[this.#at];
    if (sign === "+" || sign === "-") this.#at++;
    if (!/[0-9]/.test(this.#s[this.#at] ?? "")) return undefined;
    let n = 0;
    for (let i = 0; i < width && /[0-9]/.test(this.#s[this.#at] ?? ""); i++) {
      n = n * 10 + Number(this.#s[this.#at++]);
    }
    return sign === "-" ? -n : n;
  }

  /** A name, whole or its first three letters, in any case. */
  #word(names: string, field: "wday" | "mon"): boolean {
    const text = this.#s.slice(this.#at, this.#at + 9).toLowerCase();
    const list = names.split(" ");
    for (const size of [9, 3]) {
      const i = list.findIndex((n) => text.startsWith(n.slice(0, size)));
      if (i < 0) continue;
      this.#tm[field] = i;
      this.#at += Math.min(size, (list[i] as string).length);
      return true;
    }
    return false;
  }
}
