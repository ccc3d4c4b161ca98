// watch: run a command again and again and show what it prints
import { EINTR } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { run } from "../../libc/spawn.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import type { Applet } from "../libbb/applet.ts";
import { windowSize } from "../libbb/raw-terminal.ts";

const CLOCK_REALTIME = 0;
/** What the date takes at the right end of the first row. */
const DATE_WIDTH = 19;

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+dtn:", { min: 1 });
  const period = opt.get("n") ?? "2";
  const seconds = /^[0-9]*\.?[0-9]+$/.test(period)
    ? Number(period)
    : die(`invalid number '${period}'`);
  const command = opt.operands.join(" ");
  const zone = yield* timezone(p);
  for (;;) {
    let text = "\x1b[H\x1b[J";
    if (!opt.has("t")) {
      const room = Math.max(0, windowSize(p, 1).cols - 1 - DATE_WIDTH);
      const title = `Every ${seconds.toFixed(1)}s: ${command}`;
      const tm = localtime(p.sys.clock_gettime(CLOCK_REALTIME).sec, zone);
      const date = tm === undefined ? "" : strftime("%Y-%m-%d %H:%M:%S", tm);
      text += `${title.slice(0, room).padEnd(room)}${date}\n\n`;
    }
    let w = p.stdout.puts(text);
    if (w) yield* w;
    w = p.stdout.flush();
    if (w) yield* w;
    yield* run(p, ["/bin/sh", "-c", command]);
    try {
      const nap = p.sys.nanosleep(seconds * 1000);
      if (isSteps(nap)) yield* nap;
    } catch (e) {
      if (e !== EINTR) throw e;
    }
  }
}

export const watch: Applet = {
  name: "watch",
  path: "/bin/watch",
  usage: `[-n SEC] [-t] PROG ARGS

Run PROG every 2 seconds and show its output

	-n SEC	Every SEC seconds
	-t	Do not print a title
`,
  main,
};
