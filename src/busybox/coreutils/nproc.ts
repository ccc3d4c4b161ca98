// nproc: how many processors there are (as in GNU)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { readDir } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";

/** Processors of the machine, used or not; 0 where it cannot be told. */
function* installed(p: Process): Steps<number> {
  try {
    const entries = yield* readDir(p.sys, "/sys/devices/system/cpu");
    return entries.filter((d) => /^cpu[0-9]+$/.test(d.name)).length;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return 0;
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "", { long: { ignore: "ignore:", all: "all" } });
  const ignore = xatou(opt.get("ignore") ?? "0");
  const all = opt.has("all") ? yield* installed(p) : 0;
  const count = all > 0 ? all : p.sys.sched_getaffinity(0).length;
  const w = p.stdout.puts(`${Math.max(1, count - ignore)}\n`);
  if (w) yield* w;
  return 0;
}

export const nproc: Applet = {
  name: "nproc",
  path: "/usr/bin/nproc",
  usage: `[--all] [--ignore=N]

Print how many processors may be used

	--all		How many are installed
	--ignore=N	N less, but at least 1
`,
  main,
};
