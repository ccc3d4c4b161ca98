import { applet } from "../../../test/support/applet.ts";
import { cal } from "./cal.ts";

applet(cal, [
  {
    name: "a month",
    args: "2 2024",
    stdout: `   February 2024
Su Mo Tu We Th Fr Sa
             1  2  3
 4  5  6  7  8  9 10
11 12 13 14 15 16 17
18 19 20 21 22 23 24
25 26 27 28 29
${" ".repeat(21)}
`,
  },
  {
    name: "the days that were left out, of the year, from Monday",
    args: "-jm 9 1752",
    stdout: `      September 1752
 Mo  Tu  We  Th  Fr  Sa  Su
    245 246 258 259 260 261
262 263 264 265 266 267 268
269 270 271 272 273 274
${`${" ".repeat(28)}\n`.repeat(3)}`,
  },
  {
    name: "month thirteen",
    args: "13 2000",
    stderr: "cal: number 13 is not in 1..12 range\n",
    status: 1,
  },
  {
    name: "year zero",
    args: "0",
    stderr: "cal: number 0 is not in 1..9999 range\n",
    status: 1,
  },
  { name: "too many", args: "1 2 3", stderr: "usage", status: 1 },
]);
