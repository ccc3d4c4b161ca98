// pidof: numbers of processes by name (as in sysvinit)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";
import { procsByName } from "../libbb/procps.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "so:");
  const omit = new Set(opt.all("o").map((pid) => (pid === "%PPID" ? p.sys.getppid() : xatou(pid))));
  const pids: number[] = [];
  for (const name of opt.operands) {
    // The youngest first.
    const procs = (yield* procsByName(p, name)).reverse();
    for (const { pid } of procs) {
      if (omit.has(pid)) continue;
      pids.push(pid);
      if (opt.has("s")) break;
    }
    if (opt.has("s") && pids.length > 0) break;
  }
  if (pids.length > 0) {
    const w = p.stdout.puts(`${pids.join(" ")}\n`);
    if (w) yield* w;
  }
  return pids.length > 0 ? 0 : 1;
}

export const pidof: Applet = {
  name: "pidof",
  path: "/bin/pidof",
  usage: `[-s] [-o PID] [NAME]...

Print the numbers of the processes called NAME

	-s	One only
	-o PID	Not this one; %PPID is pidof's parent
`,
  main,
};
