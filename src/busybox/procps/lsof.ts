// lsof: all open files of all processes, as BusyBox shows them
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { linkOf, readProcDir } from "../libbb/procps.ts";

function* main(p: Process): Steps<number> {
  const entries = yield* readProcDir(p.sys, "/proc");
  for (const pid of entries) {
    if (!/^[0-9]+$/.test(pid) || Number(pid) === p.sys.getpid()) continue;
    const exe = linkOf(p.sys, `/proc/${pid}/exe`);
    if (exe === undefined) continue;
    const found = yield* readProcDir(p.sys, `/proc/${pid}/fd`);
    for (const fd of found) {
      const target = linkOf(p.sys, `/proc/${pid}/fd/${fd}`);
      if (target === undefined) continue;
      const w = p.stdout.puts(`${pid}\t${exe}\t${fd}\t${target}\n`);
      if (w) yield* w;
    }
  }
  return 0;
}

export const lsof: Applet = {
  name: "lsof",
  path: "/usr/bin/lsof",
  usage: "\n\nShow all open files\n",
  main,
};
