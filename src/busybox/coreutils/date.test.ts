import { applet } from "../../../test/support/applet.ts";
import { date } from "./date.ts";

applet(date, [
  { name: "an instant", args: "-u -d @0", stdout: "Thu Jan  1 00:00:00 UTC 1970\n" },
  {
    name: "a format",
    argv: ["-u", "-d", "@86400", "+%Y-%m-%d %H:%M:%S %s"],
    stdout: "1970-01-02 00:00:00 86400\n",
  },
  { name: "RFC 2822", args: "-u -R -d @0", stdout: "Thu, 01 Jan 1970 00:00:00 +0000\n" },
  { name: "ISO 8601", args: "-u -Iseconds -d @0", stdout: "1970-01-01T00:00:00+00:00\n" },
  { name: "ISO 8601 cut short", args: "-u -I -d @0", stdout: "1970-01-01\n" },
  {
    name: "ISO 8601 to the nanosecond",
    args: "-u -Ins -d @0",
    stdout: "1970-01-01T00:00:00,000000000+00:00\n",
  },
  { name: "wrong precision", args: "-Ixx", stderr: "usage", status: 1 },
  {
    name: "a date",
    argv: ["-u", "-d", "2020-02-30 10:00", "+%F %T"],
    stdout: "2020-03-01 10:00:00\n",
  },
  { name: "dots", argv: ["-u", "-d", "2020.10.20-1:2", "+%F %T"], stdout: "2020-10-20 01:02:00\n" },
  {
    name: "digits",
    argv: ["-u", "-d", "199901101010.30", "+%F %T"],
    stdout: "1999-01-10 10:10:30\n",
  },
  { name: "two digits of a year", args: "-u -d 9901101010 +%F", stdout: "1999-01-10\n" },
  { name: "out of range", args: "-u -d 25:00", stderr: "date: invalid date '25:00'\n", status: 1 },
  {
    name: "trailing text",
    args: "-u -d 2020-01-01x",
    stderr: "date: invalid date '2020-01-01x'\n",
    status: 1,
  },
  {
    name: "a form",
    args: "-u -D %d/%m/%Y -d 02/03/2019",
    stdout: "Sat Mar  2 00:00:00 UTC 2019\n",
  },
  {
    name: "a zone",
    argv: ["-d", "2020-07-01 12:00"],
    env: { TZ: "EST5EDT" },
    stdout: "Wed Jul  1 12:00:00 EDT 2020\n",
  },
  {
    name: "half an hour",
    args: "-R -d @0",
    env: { TZ: "XXX-5:30" },
    stdout: "Thu, 01 Jan 1970 05:30:00 +0530\n",
  },
  {
    name: "missing file",
    args: "-r nope",
    stderr: "date: can't stat 'nope': No such file or directory\n",
    status: 1,
  },
  { name: "two ways", args: "-I -R", stderr: "usage", status: 1 },
]);
