// sleep: wait (POSIX sleep; fractions and units as in GNU)
import { type Steps, settle } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { xduration } from "../libbb/duration.ts";

function* main(p: Process): Steps<number> {
  const args = p.argv.slice(1);
  if (args.length === 0) p.usageError();
  const seconds = args.reduce((sum, text) => sum + xduration(text), 0);
  yield* settle(p.sys.nanosleep(seconds * 1000));
  return 0;
}

export const sleep: Applet = {
  name: "sleep",
  path: "/bin/sleep",
  usage: `[N]...

Wait for all the times given together. N may have a fraction and end in s (seconds),
m (minutes), h (hours) or d (days); inf is for ever
`,
  main,
};
