import { expect, test } from "vitest";
import { applet } from "../../../test/support/applet.ts";
import { kill, killall } from "./kill.ts";
import { formatTime, size4 } from "./ps.ts";

test.each([
  [0, " 0:00"],
  [3599, "59:59"],
  [3600, " 1h00"],
  [86400, " 1d00"],
  [99 * 86400 + 14 * 3600, "99d14"],
  [215 * 86400, " 215d"],
])("time %i", (seconds, wanted) => expect(formatTime(seconds)).toBe(wanted));

test.each([
  [4, "   4"],
  [9999, "9999"],
  [10000, "9.7m"],
  [10240, " 10m"],
  [1023999, "999m"],
  [1024000, "0.9g"],
  [10485760, " 10g"],
  [1048576000, "0.9t"],
])("size %i", (kib, wanted) => expect(size4(kib)).toBe(wanted));

applet(kill, [
  { name: "nobody", stderr: "kill: you need to specify whom to kill\n", status: 1 },
  {
    name: "names and numbers",
    args: "-l 1 TERM 137 SIGINT 64 34 99",
    stdout: "HUP\n15\nKILL\n2\n64\n34\n99\n",
  },
  { name: "unknown name", args: "-l KIL", stderr: "kill: unknown signal 'KIL'\n", status: 1 },
  { name: "bad signal", args: "-x 1", stderr: "kill: bad signal name 'x'\n", status: 1 },
  {
    name: "errors are counted",
    args: "-TERM x 99999",
    stderr: "kill: invalid number 'x'\nkill: can't kill pid 99999: No such process\n",
    status: 2,
  },
]);

applet(killall, [
  { name: "nobody", args: "-9", stderr: "killall: you need to specify whom to kill\n", status: 1 },
  { name: "quiet without names", args: "-q", stderr: "usage", status: 1 },
  { name: "bad signal", args: "-o foo", stderr: "killall: bad signal name 'o'\n", status: 1 },
]);
