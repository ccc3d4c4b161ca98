// Crontabs: lines of five fields and a command, names of moments, and variables (crontab(5)).

/** When a job is due, and what it is. */
export interface CronJob {
  readonly minutes: readonly boolean[];
  readonly hours: readonly boolean[];
  readonly days: readonly boolean[];
  readonly months: readonly boolean[];
  readonly weekdays: readonly boolean[];
  /** Day and weekday are both restricted: either may match. */
  readonly eitherDay: boolean;
  /** Runs when the daemon starts, and then no more. */
  readonly reboot: boolean;
  readonly command: string;
  /** Environment as set by the lines above it. */
  readonly variables: ReadonlyMap<string, string>;
  /** Of the process that runs it; 0 when none does. */
  pid: number;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MOMENTS: Readonly<Record<string, string>> = {
  yearly: "0 0 1 1 *",
  annually: "0 0 1 1 *",
  monthly: "0 0 1 * *",
  weekly: "0 0 * * 0",
  daily: "0 0 * * *",
  midnight: "0 0 * * *",
  hourly: "0 * * * *",
};

/** One field: "*", numbers, names, ranges, lists and steps. undefined when it is none. */
function parseField(
  text: string,
  size: number,
  first: number,
  names: readonly string[] = [],
): boolean[] | undefined {
  const set = new Array<boolean>(size).fill(false);
  const value = (word: string): number => {
    const named = names.indexOf(word.toLowerCase());
    return named >= 0 ? named : /^\d{1,2}$/.test(word) ? Number(word) - first : Number.NaN;
  };
  for (const part of text.split(",")) {
    const [, range = "", step = "1"] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(part) ?? [];
    const every = Number(step);
    if (range === "" || every < 1) return undefined;
    let from = 0;
    let to = size - 1;
    if (range !== "*") {
      const [low = "", high] = range.split("-");
      from = value(low);
      to = high === undefined ? (part.includes("/") ? size - 1 : from) : value(high);
      // Sunday is 0 and 7.
      if (names === WEEKDAYS && from === 7) from = to = 0;
      if (names === WEEKDAYS && to === 7) {
        set[0] = true;
        to = 6;
      }
    }
    if (!(from >= 0 && from < size && to >= 0 && to < size)) return undefined;
    // "22-2" goes around.
    for (let i = from, n = 0; n < size; i = (i + every) % size, n += every) {
      set[i] = true;
      if ((to - i + size) % size < every) break;
    }
  }
  return set;
}

/** The jobs of a crontab; `bad` is told each line that is none. */
export function parseCrontab(text: string, bad: (line: string) => void): CronJob[] {
  const jobs: CronJob[] = [];
  let variables: ReadonlyMap<string, string> = new Map();
  for (const whole of text.split("\n")) {
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, name, value] = /^([A-Z_][A-Z0-9_]*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      variables = new Map([...variables, [name, (value ?? "").replace(/^(["'])(.*)\1$/, "$2")]]);
      continue;
    }
    const job = parseJob(line, variables);
    if (job === undefined) bad(line);
    else jobs.push(job);
  }
  return jobs;
}

function parseJob(line: string, variables: ReadonlyMap<string, string>): CronJob | undefined {
  let text = line;
  const [, moment] = /^@(\w+)\s/.exec(line) ?? [];
  const reboot = moment === "reboot";
  if (moment !== undefined) {
    const fields = reboot ? "* * * * *" : MOMENTS[moment];
    if (fields === undefined) return undefined;
    text = `${fields} ${line.replace(/^@\w+\s+/, "")}`;
  }
  const match = /^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(.+)$/.exec(text);
  if (match === null) return undefined;
  const [, minute = "", hour = "", day = "", month = "", weekday = "", command = ""] = match;
  const minutes = parseField(minute, 60, 0);
  const hours = parseField(hour, 24, 0);
  const days = parseField(day, 31, 1);
  const months = parseField(month, 12, 1, MONTHS);
  const weekdays = parseField(weekday, 7, 0, WEEKDAYS);
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  const eitherDay = day !== "*" && weekday !== "*";
  return {
    minutes,
    hours,
    days,
    months,
    weekdays,
    eitherDay,
    reboot,
    command,
    variables,
    pid: 0,
  };
}

/** Is it due at this minute? */
export function isDue(
  job: CronJob,
  at: { min: number; hour: number; mday: number; mon: number; wday: number },
): boolean {
  if (job.reboot || !job.minutes[at.min] || !job.hours[at.hour] || !job.months[at.mon])
    return false;
  const day = job.days[at.mday - 1] === true;
  const weekday = job.weekdays[at.wday] === true;
  return job.eitherDay ? day || weekday : day && weekday;
}
