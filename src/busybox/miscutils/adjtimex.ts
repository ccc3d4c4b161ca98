// adjtimex: variables of the kernel's clock (adjtimex(2)), which this kernel has none of: it takes its time from outside
import { ENOSYS } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatoi } from "../libbb/numbers.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "qo:f:p:t:", { max: 0 });
  for (const key of "ofpt") if (opt.has(key)) xatoi(opt.get(key) as string);
  return die(strerror(ENOSYS));
}

export const adjtimex: Applet = {
  name: "adjtimex",
  path: "/sbin/adjtimex",
  usage: `[-q] [-o OFF] [-f FREQ] [-p TCONST] [-t TICK]

Show or set variables of the kernel's clock

	-q	Show nothing
	-o OFF	Offset in microseconds
	-f FREQ	Frequency, 65536 for each millionth
	-t TICK	Microseconds in a tick
	-p TCONST	Time constant
`,
  main,
};
