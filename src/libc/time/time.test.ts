import { expect, test } from "vitest";
import { emptyTm, gmtime, timegm } from "./civil.ts";
import { strftime, strftimeWhole } from "./strftime.ts";
import { strptime } from "./strptime.ts";
import { localtime, mktime, Zone, zoneFiles } from "./zone.ts";

const ISO = "%Y-%m-%d %H:%M:%S";

test.each([
  [0, "1970-01-01 00:00:00 4 0"],
  [951782400, "2000-02-29 00:00:00 2 59"],
  [-1, "1969-12-31 23:59:59 3 364"],
  [-2208988801, "1899-12-31 23:59:59 0 364"],
  [253402300800, "+10000-01-01 00:00:00 6 0"],
  [-62167219201, "-001-12-31 23:59:59 5 364"],
])("gmtime of %i", (t, want) => {
  const tm = gmtime(t);
  if (tm === undefined) throw new Error("overflow");
  expect(`${strftime(`${ISO} %w`, tm)} ${tm.yday}`).toBe(want);
  expect(timegm({ ...tm })).toBe(t);
});

test("far beyond is an overflow", () => {
  expect(gmtime(2 ** 53 - 1)?.year).toBe(285428751 - 1900);
  expect(gmtime(2 ** 53)).toBeUndefined();
  expect(gmtime(Number.NaN)).toBeUndefined();
});

// Results of Alpine's musl.
test.each([
  ["UTC0", 1700000000, "2023-11-14 22:13:20 +0000 UTC"],
  ["CET-1CEST,M3.5.0,M10.5.0/3", 1711846799, "2024-03-31 01:59:59 +0100 CET"],
  ["CET-1CEST,M3.5.0,M10.5.0/3", 1711846800, "2024-03-31 03:00:00 +0200 CEST"],
  ["CET-1CEST,M3.5.0,M10.5.0/3", 1729990799, "2024-10-27 02:59:59 +0200 CEST"],
  ["CET-1CEST,M3.5.0,M10.5.0/3", 1729990800, "2024-10-27 02:00:00 +0100 CET"],
  ["EST5EDT,M3.2.0,M11.1.0", 1720000000, "2024-07-03 05:46:40 -0400 EDT"],
  ["AEST-10AEDT,M10.1.0,M4.1.0/3", 1704067200, "2024-01-01 11:00:00 +1100 AEDT"],
  ["<+0330>-3:30", 0, "1970-01-01 03:30:00 +0330 +0330"],
  ["<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", 1720000000, "2024-07-03 07:46:40 -0200 -02"],
  ["XXX5YYY,J60,J300", 1709251200, "2024-02-29 19:00:00 -0500 XXX"],
  ["", 0, "1970-01-01 00:00:00 +0000 UTC"],
  ["nowhere", 0, "1970-01-01 00:00:00 +0000 UTC"],
])("TZ=%s at %i", (tz, t, want) => {
  const tm = localtime(t, new Zone(tz));
  expect(tm && strftime(`${ISO} %z %Z`, tm)).toBe(want);
});

test("mktime puts fields right and obeys isdst", () => {
  const zone = new Zone("CET-1CEST,M3.5.0,M10.5.0/3");
  const at = (
    mon: number,
    mday: number,
    hour: number,
    isdst: number,
  ): [number | undefined, string] => {
    const tm = { ...emptyTm(), year: 124, mon, mday, hour, isdst };
    const t = mktime(tm, zone);
    return [t, strftime(`${ISO} %Z`, tm)];
  };
  expect(at(0, 1, 0, -1)).toEqual([1704063600, "2024-01-01 00:00:00 CET"]);
  expect(at(12, 32, 24, -1)).toEqual([1738450800, "2025-02-02 00:00:00 CET"]);
  expect(at(6, 1, 12, 0)).toEqual([1719831600, "2024-07-01 13:00:00 CEST"]);
  expect(at(9, 27, 2, 1)).toEqual([1729987200, "2024-10-27 02:00:00 CEST"]);
  expect(at(9, 27, 2, 0)).toEqual([1729990800, "2024-10-27 02:00:00 CET"]);
});

test("the files a TZ value names", () => {
  expect(zoneFiles(undefined)).toEqual(["/etc/localtime"]);
  expect(zoneFiles("")).toEqual([]);
  expect(zoneFiles("CET-1")).toEqual([]);
  expect(zoneFiles("GMT")).toEqual([]);
  expect(zoneFiles(":/x/y")).toEqual(["/x/y"]);
  expect(zoneFiles("Europe/Berlin")[0]).toBe("/usr/share/zoneinfo/Europe/Berlin");
  expect(zoneFiles("../../x")).toEqual(["../../x"]);
  expect(zoneFiles("a/../x")).toEqual([]);
});

/** A zoneinfo file: a first block of version 1 that must be skipped, two changes, then the rule. */
function tzif(): Uint8Array {
  const out: number[] = [];
  const u32 = (n: number): void =>
    void out.push((n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
  const head = (times: number, types: number, chars: number): void => {
    for (const c of "TZif2") out.push(c.charCodeAt(0));
    for (let i = 0; i < 15; i++) out.push(0);
    for (const n of [0, 0, 0, times, types, chars]) u32(n);
  };
  head(1, 1, 4);
  u32(0);
  out.push(0, 0, 0, 0, 0, 0, 0, 65, 65, 65, 0);
  head(3, 3, 12);
  for (const t of [1000, 2000, 3000]) {
    u32(0);
    u32(t);
  }
  out.push(1, 2, 1);
  for (const [off, dst, name] of [
    [60, 0, 0],
    [3600, 0, 4],
    [7200, 1, 8],
  ] as const) {
    u32(off);
    out.push(dst, name);
  }
  for (const c of "LMT\0STD\0DST\0\nNEW-5\n") out.push(c.charCodeAt(0));
  return Uint8Array.from(out);
}

test("a zoneinfo file and the rule at its end", () => {
  const zone = new Zone("Some/Where", tzif());
  const names = [999, 1000, 1999, 2000, 2999, 3000].map((t) => localtime(t, zone)?.zone);
  expect(names).toEqual(["LMT", "STD", "STD", "DST", "DST", "NEW"]);
  expect(zone.at(2500)).toEqual({ isdst: 1, offset: 7200, opposite: 3600, name: "DST" });
  expect(zone.at(9999).offset).toBe(18000);
});

test("a file that is none, or cut short, is UTC", () => {
  const whole = tzif();
  for (const cut of [0, 10, 60, 110]) {
    expect(localtime(2500, new Zone("Some/Where", whole.subarray(0, cut)))?.zone).toBe("UTC");
  }
  expect(localtime(0, new Zone("x", new Uint8Array(100)))?.zone).toBe("UTC");
});

const MOMENT = gmtime(1709182805) ?? emptyTm();
test.each([
  ["%a %A %b %B %h", "Thu Thursday Feb February Feb"],
  ["%c", "Thu Feb 29 05:00:05 2024"],
  ["%C %y %Y %g %G", "20 24 2024 24 2024"],
  ["%d %e %j %m", "29 29 060 02"],
  ["%D %F %x", "02/29/24 2024-02-29 02/29/24"],
  ["%H %I %M %S %p", "05 05 00 05 AM"],
  ["%r %R %T %X", "05:00:05 AM 05:00 05:00:05 05:00:05"],
  ["%s %u %w %U %V %W", "1709182805 4 4 08 09 09"],
  ["%z %Z %%%n%t", "+0000 UTC %\n\t"],
  ["%-H|%_H|%-e|%_j|%-m", "5| 5|29| 60|2"],
  ["%Ey %Od", "24 29"],
  ["%6Y|%+6Y|%+4Y|%3C|%12F", "002024|+02024|2024|020|002024-02-29"],
])("strftime %j", (format, want) => expect(strftime(format, MOMENT)).toBe(want));

test("strftime stops at what is no conversion", () => {
  expect(strftime("a%Qb", MOMENT)).toBe("a");
  expect(strftimeWhole("a%Qb", MOMENT)).toBe("");
  expect(strftimeWhole("%", MOMENT)).toBe("");
});

test.each([
  ["2024-02-29 05:06:07", "%Y-%m-%d %H:%M:%S", 19, "2024-02-29 05:06:07"],
  ["02/03/70", "%D", 8, "1970-02-03 00:00:00"],
  ["02/03/68", "%x", 8, "2068-02-03 00:00:00"],
  ["Tue Jan  2 03:04:05 2001", "%c", 24, "2001-01-02 03:04:05"],
  ["11:30:00 pm", "%r", 11, "1900-01-00 23:30:00"],
  ["12:30 AM", "%I:%M %p", 8, "1900-01-00 00:30:00"],
  ["19 99", "%C %y", 5, "1999-01-00 00:00:00"],
  ["september5x", "%B%d", 10, "1900-09-05 00:00:00"],
  ["  7%", "%n%d%%", 4, "1900-01-07 00:00:00"],
  ["13", "%m", -1, ""],
  ["x", "y", -1, ""],
  ["5", "%s", -1, ""],
  ["2024-01-01", "%F", -1, ""],
  ["", "%d", -1, ""],
])("strptime(%j, %j)", (text, format, end, want) => {
  const tm = emptyTm();
  expect(strptime(text, format, tm)).toBe(end);
  if (end >= 0) expect(strftime(ISO, tm)).toBe(want);
});
