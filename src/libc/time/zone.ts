// Time zones: the TZ variable (POSIX XBD 8.3) and zoneinfo files (RFC 8536), read as musl reads them.
import { daysFromCivil, daysInMonth, secondsToTm, type Tm, tmToSeconds } from "./civil.ts";

/** A rule of a POSIX TZ string: on a day of the year or `Mmonth.week.day`, at seconds after midnight. */
interface Rule {
  readonly kind: "J" | "M" | "";
  readonly n: readonly number[];
  readonly time: number;
}

/** What holds at a moment. */
export interface Local {
  readonly isdst: number;
  /** Seconds east of Greenwich. */
  readonly offset: number;
  /** The same of the other kind of time (summer in winter). */
  readonly opposite: number;
  readonly name: string;
}

const TZNAME_MAX = 6;
const SEARCH = ["/usr/share/zoneinfo/", "/share/zoneinfo/", "/etc/zoneinfo/"];

/** Reads a POSIX TZ string; whatever it holds, something comes out, as with musl. */
class Posix {
  readonly std: string;
  readonly dst: string;
  /** Seconds west, as in the string. */
  readonly stdOff: number;
  readonly dstOff: number;
  readonly start: Rule;
  readonly end: Rule;
  readonly #s: string;
  #at = 0;

  constructor(s: string) {
    this.#s = s;
    this.std = this.#name();
    this.stdOff = this.#offset();
    this.dst = this.#name();
    const c = s[this.#at] ?? "";
    if (this.dst === "") this.dstOff = this.stdOff;
    else this.dstOff = /[-+0-9]/.test(c) ? this.#offset() : this.stdOff - 3600;
    this.start = this.#rule();
    this.end = this.#rule();
  }

  #name(): string {
    const quoted = this.#s[this.#at] === "<";
    const re = quoted ? /<([^>]*)>?/y : /([A-Za-z]*)/y;
    re.lastIndex = this.#at;
    const m = re.exec(this.#s);
    this.#at = re.lastIndex;
    return (m?.[1] ?? "").slice(0, TZNAME_MAX);
  }

  #int(): number {
    const from = this.#at;
    while (/[0-9]/.test(this.#s[this.#at] ?? "")) this.#at++;
    return Number(this.#s.slice(from, this.#at)) | 0;
  }

  #offset(): number {
    const sign = this.#s[this.#at];
    if (sign === "-" || sign === "+") this.#at++;
    let off = 3600 * this.#int();
    for (let unit = 60; unit > 0 && this.#s[this.#at] === ":"; unit = unit === 60 ? 1 : 0) {
      this.#at++;
      off += unit * this.#int();
    }
    return sign === "-" ? -off : off;
  }

  #rule(): Rule {
    if (this.#s[this.#at] !== ",") return { kind: "", n: [0], time: 0 };
    this.#at++;
    const c = this.#s[this.#at];
    let n: number[];
    if (c === "M") {
      n = [];
      for (let i = 0; i < 3; i++) {
        this.#at++;
        n.push(this.#int());
      }
    } else {
      if (c === "J") this.#at++;
      n = [this.#int()];
    }
    let time = 7200;
    if (this.#s[this.#at] === "/") {
      this.#at++;
      time = this.#offset();
    }
    return { kind: c === "M" || c === "J" ? c : "", n, time };
  }

  /** Seconds since 1970 of local midnight of the rule's day in a year, plus its time of day. */
  #moment(rule: Rule, year: number): number {
    const jan1 = daysFromCivil(year, 0, 1);
    const first = rule.n[0] as number;
    const leap = daysInMonth(year, 1) === 29;
    if (rule.kind !== "M") {
      const day = rule.kind === "J" && (first < 60 || !leap) ? first - 1 : first;
      return (jan1 + day) * 86400 + rule.time;
    }
    const start = daysFromCivil(year, first - 1, 1);
    let week = rule.n[1] as number;
    let days = (rule.n[2] as number) - ((((start + 4) % 7) + 7) % 7);
    if (days < 0) days += 7;
    if (week === 5 && days + 28 >= daysInMonth(year, first - 1)) week = 4;
    return (start + days + 7 * (week - 1)) * 86400 + rule.time;
  }

  at(t: number, local: boolean): Local {
    const std = { isdst: 0, offset: -this.stdOff, opposite: -this.dstOff, name: this.std };
    if (this.dst === "") return std;
    const dst = { isdst: 1, offset: -this.dstOff, opposite: -this.stdOff, name: this.dst };
    const year = (secondsToTm(t)?.year ?? 0) + 1900;
    const t0 = this.#moment(this.start, year) + (local ? 0 : this.stdOff);
    const t1 = this.#moment(this.end, year) + (local ? 0 : this.dstOff);
    if (t0 < t1) return t >= t0 && t < t1 ? dst : std;
    return t >= t1 && t < t0 ? std : dst;
  }
}

interface Type {
  readonly offset: number;
  readonly isdst: number;
  readonly name: string;
}

/** The table of a zoneinfo file. */
class Tzif {
  readonly times: number[] = [];
  readonly index: number[] = [];
  readonly types: Type[] = [];
  /** The rule for what comes after the last change. */
  readonly footer: string | undefined;

  constructor(data: Uint8Array) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const count = (base: number, i: number): number => view.getUint32(base + 20 + 4 * i);
    let head = 0;
    let wide = false;
    if (data[4] !== 49) {
      const size = [1, 1, 8, 5, 6, 1];
      head = 44 + size.reduce((sum, unit, i) => sum + unit * count(0, i), 0);
      wide = true;
    }
    const timeCount = count(head, 3);
    const typeCount = count(head, 4);
    const charCount = count(head, 5);
    let at = head + 44;
    for (let i = 0; i < timeCount; i++, at += wide ? 8 : 4) {
      this.times.push(wide ? Number(view.getBigInt64(at)) : view.getInt32(at));
    }
    for (let i = 0; i < timeCount; i++) this.index.push(view.getUint8(at++));
    const names = at + 6 * typeCount;
    for (let i = 0; i < typeCount; i++, at += 6) {
      let name = "";
      const from = names + view.getUint8(at + 5);
      for (let k = from; k < names + charCount && data[k] !== 0; k++) {
        name += String.fromCharCode(data[k] as number);
      }
      this.types.push({ offset: view.getInt32(at), isdst: view.getUint8(at + 4), name });
    }
    const last = data.length - 1;
    if (data[last] === 10) {
      const from = data.lastIndexOf(10, last - 1) + 1;
      this.footer = String.fromCharCode(...data.subarray(from, last));
    }
  }

  /** undefined after the last change, where the footer's rule holds. */
  at(t: number, local: boolean): Local | undefined {
    const n = this.times.length;
    const type = (i: number): Type => this.types[i] as Type;
    const before = (i: number): Type => type(this.index[i] as number);
    if (n === 0) return this.footer === undefined ? local0(type(0), type(0)) : undefined;
    let a = 0;
    for (let left = n; left > 1; ) {
      const m = a + (left >> 1);
      const off = local ? before(m - 1).offset : 0;
      if (t - off < (this.times[m] as number)) left >>= 1;
      else {
        a = m;
        left -= left >> 1;
      }
    }
    if (a === n - 1) return undefined;
    if (a === 0) {
      const std = Math.max(
        0,
        this.types.findIndex((x) => x.isdst === 0),
      );
      const off = local ? type(std).offset : 0;
      if (t - off < (this.times[0] as number)) return local0(type(std), before(0));
    }
    const now = before(a);
    let other = now;
    if (a > 0 && before(a - 1).isdst !== now.isdst) other = before(a - 1);
    else if (a + 1 < n && before(a + 1).isdst !== now.isdst) other = before(a + 1);
    return local0(now, other);
  }
}

function local0(now: Type, other: Type): Local {
  return { isdst: now.isdst, offset: now.offset, opposite: other.offset, name: now.name };
}

/** Is the TZ value a rule in itself rather than the name of a file? */
function isPosixForm(tz: string): boolean {
  if (tz.startsWith(":")) return false;
  const m = /^(?:<([^>]*)>?|([A-Za-z]*))/.exec(tz) as RegExpExecArray;
  if (m[0] === "") return false;
  const name = m[1] ?? m[2] ?? "";
  return /[-+0-9]/.test(tz[m[0].length] ?? "") || name === "UTC" || name === "GMT";
}

/**
 * Files to try in turn for a value of TZ (undefined when it is not set), of which the first that can be opened holds
 * the zone; none when the value says all.
 */
export function zoneFiles(tz: string | undefined): string[] {
  const s = tz ?? "/etc/localtime";
  if (s === "" || isPosixForm(s)) return [];
  const name = s.startsWith(":") ? s.slice(1) : s;
  if (name.startsWith("/") || name.startsWith(".")) return [name];
  return name.length > 255 || name.includes(".") ? [] : SEARCH.map((dir) => dir + name);
}

/** A time zone. */
export class Zone {
  readonly #posix: Posix;
  readonly #table: Tzif | undefined;

  /** For a value of TZ and the content of the file it names, if there is one. What cannot be read is UTC. */
  constructor(tz: string | undefined, file?: Uint8Array) {
    let rule = tz === undefined || tz === "" || !isPosixForm(tz) ? "UTC" : tz;
    const magic =
      file !== undefined && file.length >= 44 && String.fromCharCode(...file.subarray(0, 4));
    if (file !== undefined && magic === "TZif" && rule === "UTC" && tz !== "") {
      try {
        this.#table = new Tzif(file);
        rule = this.#table.footer ?? footerOf(this.#table);
      } catch (e) {
        // A file cut short.
        if (!(e instanceof RangeError)) throw e;
      }
    }
    this.#posix = new Posix(rule);
  }

  /** What holds at `t` seconds since 1970 (with `local`: seconds of local time taken as UTC). */
  at(t: number, local = false): Local {
    return this.#table?.at(t, local) ?? this.#posix.at(t, local);
  }

  /** tzname: the names of standard and of daylight-saving time (the latter "" when there is none). */
  get names(): readonly [string, string] {
    return [this.#posix.std, this.#posix.dst];
  }
}

/** A rule for files of version 1, which have none: the last types seen. */
function footerOf(table: Tzif): string {
  const std = table.types.find((t) => t.isdst === 0) ?? table.types[0];
  if (std === undefined) return "UTC";
  const west = -std.offset;
  const abs = Math.abs(west);
  return `<${std.name}>${west < 0 ? "-" : ""}${Math.floor(abs / 3600)}:${Math.floor(abs / 60) % 60}:${abs % 60}`;
}

/** localtime(3). */
export function localtime(t: number, zone: Zone): Tm | undefined {
  const now = zone.at(t);
  const tm = secondsToTm(t + now.offset);
  if (tm === undefined) return undefined;
  tm.isdst = now.isdst;
  tm.gmtoff = now.offset;
  tm.zone = now.name;
  return tm;
}

/**
 * mktime(3): seconds of a local date; the fields are brought into their ranges. `isdst` 0 or 1 says which time is
 * meant, -1 leaves it open. undefined (EOVERFLOW) leaves the fields alone.
 */
export function mktime(tm: Tm, zone: Zone): number | undefined {
  let t = tmToSeconds(tm);
  const guess = zone.at(t, true);
  if (tm.isdst >= 0 && (tm.isdst > 0 ? 1 : 0) !== guess.isdst) t -= guess.opposite - guess.offset;
  t -= guess.offset;
  const made = localtime(t, zone);
  if (made === undefined) return undefined;
  Object.assign(tm, made);
  return t;
}
