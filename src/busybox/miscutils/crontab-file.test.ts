import { expect, test } from "vitest";
import { isDue, parseCrontab } from "./crontab-file.ts";

/** [line, minute, hour, day, month (0…), weekday, due] */
const CASES: [string, number, number, number, number, number, boolean][] = [
  ["* * * * * x", 5, 3, 9, 1, 2, true],
  ["*/15 * * * * x", 45, 0, 1, 0, 0, true],
  ["*/15 * * * * x", 46, 0, 1, 0, 0, false],
  ["0 2 * * * x", 0, 2, 31, 11, 6, true],
  ["0 3 * * 6 x", 0, 3, 5, 5, 6, true],
  ["0 3 * * 6 x", 0, 3, 5, 5, 5, false],
  ["0 5 1 * * x", 0, 5, 1, 7, 3, true],
  ["0 0 13 * fri x", 0, 0, 12, 7, 5, true],
  ["0 0 13 * fri x", 0, 0, 13, 7, 1, true],
  ["0 0 * jan-mar,dec 7 x", 0, 0, 13, 11, 0, true],
  ["1-9/3 * * * * x", 7, 0, 1, 0, 0, true],
  ["1-9/3 * * * * x", 8, 0, 1, 0, 0, false],
  ["0 22-2 * * * x", 0, 1, 1, 0, 0, true],
  ["0 22-2 * * * x", 0, 3, 1, 0, 0, false],
  ["@hourly x", 0, 13, 1, 0, 0, true],
  ["@weekly x", 0, 0, 1, 0, 1, false],
  ["@reboot x", 0, 0, 1, 0, 1, false],
];

test("jobs are due when their fields say so", () => {
  const results = CASES.map(([line, min, hour, mday, mon, wday]) => {
    const [job] = parseCrontab(line, () => {});
    return job !== undefined && isDue(job, { min, hour, mday, mon, wday });
  });
  expect(results).toEqual(CASES.map((row) => row[6]));
});

test("variables hold for the lines after them; what is no job is told", () => {
  const bad: string[] = [];
  const text =
    '# c\nSHELL=/bin/ash\n0 1 * * * a b\nMAILTO=""\n61 * * * * x\n* * * * *\n@never x\n* * * * * c\n';
  const jobs = parseCrontab(text, (line) => bad.push(line));
  expect(jobs.map((job) => [job.command, ...job.variables])).toEqual([
    ["a b", ["SHELL", "/bin/ash"]],
    ["c", ["SHELL", "/bin/ash"], ["MAILTO", ""]],
  ]);
  expect(bad).toEqual(["61 * * * * x", "* * * * *", "@never x"]);
});
