// cal: calendars (POSIX cal; -j -m -y as in BSD). Gregorian from 14 September 1752 on, Julian before.
import type { Steps } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { MONTHS } from "../../libc/time/strftime.ts";
import { localtime } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatouRange } from "../libbb/numbers.ts";

const DAYS = ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"] as const;
const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
/** Lines of days of every month. */
const WEEKS = 6;
/** Columns of the line below months that have no sixth week. */
const YEAR_WIDTH = 79;

interface Style {
  /** -j: days of the year. */
  julian: boolean;
  /** -m */
  monday: boolean;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year <= 1752 || year % 100 !== 0 || year % 400 === 0);
}

function monthLength(year: number, month: number): number {
  return (LENGTHS[month - 1] as number) + (month === 2 && isLeap(year) ? 1 : 0);
}

/** Days of the year before a month, as if none had been left out. */
function daysBefore(year: number, month: number): number {
  let days = 0;
  for (let m = 1; m < month; m++) days += monthLength(year, m);
  return days;
}

/** 0 for Sunday. */
function weekday(year: number, month: number): number {
  const y = year - 1;
  const days = y * 365 + Math.floor(y / 4) + daysBefore(year, month);
  const gregorian = year > 1752 || (year === 1752 && month > 9);
  if (!gregorian) return (days + 6) % 7;
  const centuries = y > 1700 ? Math.floor(y / 100) - 17 - (Math.floor(y / 400) - 4) : 0;
  return (days + 6 - 11 - centuries) % 7;
}

/** The days of a month in six lines, without blanks at their ends. */
function weeks(year: number, month: number, style: Style): string[] {
  const width = style.julian ? 3 : 2;
  const blank = " ".repeat(width);
  const cells: string[] = [];
  for (let i = (weekday(year, month) + (style.monday ? 6 : 0)) % 7; i > 0; i--) cells.push(blank);
  const before = style.julian ? daysBefore(year, month) : 0;
  for (let day = 1; day <= monthLength(year, month); day++) {
    if (year === 1752 && month === 9 && day > 2 && day < 14) continue;
    cells.push(String(before + day).padStart(width));
  }
  return Array.from({ length: WEEKS }, (_, i) => cells.slice(i * 7, i * 7 + 7).join(" "));
}

function heading(style: Style): string {
  const names = style.monday ? [...DAYS.slice(1), DAYS[0]] : DAYS;
  return names.map((d) => (style.julian ? ` ${d}` : d)).join(" ");
}

/** Half of the blanks before, the rest and `gap` behind. */
function centered(text: string, width: number, gap: number): string {
  const room = Math.max(0, width - text.length);
  const before = Math.floor(room / 2);
  return " ".repeat(before) + text + " ".repeat(room - before + gap);
}

function monthText(year: number, month: number, style: Style): string {
  const width = style.julian ? 27 : 20;
  const title = `${MONTHS[month - 1] ?? ""} ${year}`;
  const head = `${" ".repeat(Math.max(0, Math.floor((width - title.length) / 2)))}${title}\n`;
  const lines = weeks(year, month, style).map((line) =>
    line === "" ? " ".repeat(width + 1) : line,
  );
  return `${head}${heading(style)}\n${lines.join("\n")}\n`;
}

function yearText(year: number, style: Style): string {
  const width = style.julian ? 27 : 20;
  const perRow = style.julian ? 2 : 3;
  const gap = 2;
  const row = width * perRow + gap * (perRow - 1);
  let out = `${centered(String(year), row, 0)}\n\n`;
  for (let first = 1; first <= 12; first += perRow) {
    const months = Array.from({ length: perRow }, (_, i) => first + i);
    out += `${months
      .map((m, i) => centered(MONTHS[m - 1] ?? "", width, i < perRow - 1 ? gap : 0))
      .join("")}\n${months.map(() => heading(style)).join(" ".repeat(gap))}\n`;
    const blocks = months.map((m) => weeks(year, m, style));
    for (let i = 0; i < WEEKS; i++) {
      const parts = blocks.map((lines) => lines[i] ?? "");
      const line = parts
        .map((part) => part.padEnd(width + gap))
        .join("")
        .trimEnd();
      out += `${line === "" ? " ".repeat(YEAR_WIDTH) : line}\n`;
    }
  }
  return out;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "jmy", { max: 2 });
  const style = { julian: opt.has("j"), monday: opt.has("m") };
  const [first, second] = opt.operands;
  let month: number | undefined;
  let year: number;
  if (first === undefined) {
    const now = localtime(p.sys.clock_gettime(CLOCK_REALTIME).sec, yield* timezone(p));
    year = (now?.year ?? 70) + 1900;
    if (!opt.has("y")) month = (now?.mon ?? 0) + 1;
  } else {
    if (second !== undefined) {
      const given = xatouRange(first, 1, 12);
      if (!opt.has("y")) month = given;
    }
    year = xatouRange(second ?? first, 1, 9999);
  }
  const w = p.stdout.puts(
    month === undefined ? yearText(year, style) : monthText(year, month, style),
  );
  if (w) yield* w;
  return 0;
}

export const cal: Applet = {
  name: "cal",
  path: "/usr/bin/cal",
  usage: `[-jmy] [[MONTH] YEAR]

Print a calendar

	-j	Days of the year
	-m	Weeks begin with Monday
	-y	The whole year
`,
  main,
};
