// pwd: print the working directory (POSIX pwd, but -P is the default)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { stat, tryStat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

/** $PWD, if it may stand for the working directory. */
function logical(p: Process): string | undefined {
  const path = p.env.get("PWD");
  if (path === undefined || !path.startsWith("/") || /\/\.\.?(?:\/|$)/.test(path)) return undefined;
  const st = tryStat(p.sys, path);
  const here = stat(p.sys, ".");
  return st !== undefined && st.dev === here.dev && st.ino === here.ino ? path : undefined;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "LP");
  const path = (opt.has("L") ? logical(p) : undefined) ?? p.sys.getcwd();
  const w = p.stdout.puts(`${path}\n`);
  if (w) yield* w;
  return 0;
}

export const pwd: Applet = {
  name: "pwd",
  path: "/bin/pwd",
  usage: `[-LP]

Print the working directory

	-L	As $PWD has it, symbolic links and all
	-P	Without symbolic links (default)
`,
  main,
};
