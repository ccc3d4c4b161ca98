// chmod: change permissions (POSIX chmod; -c -v -f as in GNU)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import type { Stat } from "../../abi/stat.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { modeString, S_ISLNK } from "../../libc/stat.ts";
import { chmod as chmodCall, stat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { parseMode } from "../libbb/mode.ts";
import { walkTree } from "../libbb/recursive.ts";

/** "-w" and the like are modes, not options: marked, so that getopt takes them for operands. */
function markModes(args: readonly string[]): string[] {
  return args.map((arg) => (/^-[rwxXst][rwxXstugo,+=-]*$/.test(arg) ? MARK + arg : arg));
}

const MARK = "\0";

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "Rvcf", { min: 2 }, markModes(p.argv.slice(1)));
  const [text = "", ...paths] = opt.operands.map((arg) =>
    arg.startsWith(MARK) ? arg.slice(1) : arg,
  );
  const mask = sys.umask(0);
  sys.umask(mask);
  if (parseMode(text, 0, mask) === undefined) die(`invalid mode '${text}'`);

  const change = function* (path: string, st: Stat): Steps<boolean> {
    const mode = parseMode(text, st.mode, mask) as number;
    try {
      chmodCall(sys, path, mode);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      if (!opt.has("f")) yield* p.warn(path, e);
      return false;
    }
    if (opt.has("v") || (opt.has("c") && mode !== (st.mode & 0o7777))) {
      const shown = `${mode.toString(8).padStart(4, "0")} (${modeString(mode).slice(1)})`;
      const w = p.stdout.puts(`mode of '${path}' changed to ${shown}\n`);
      if (w) yield* w;
    }
    return true;
  };

  let status = 0;
  for (const path of paths) {
    if (!opt.has("R")) {
      let st: Stat;
      try {
        st = stat(sys, path);
      } catch (e) {
        yield* p.warn(path, e);
        status = 1;
        continue;
      }
      if (!(yield* change(path, st))) status = 1;
      continue;
    }
    const ok = yield* walkTree(p, path, {
      // Links within are left alone; one on the command line is followed, but not walked.
      *file(name, st, depth) {
        if (!S_ISLNK(st.mode)) return yield* change(name, st);
        return depth > 0 ? true : yield* change(name, stat(sys, name));
      },
      enter: (name, st) => change(name, st),
    });
    if (!ok) status = 1;
  }
  return status;
}

export const chmod: Applet = {
  name: "chmod",
  path: "/bin/chmod",
  usage: `[-Rcvf] MODE[,MODE]... FILE...

Change the permissions of FILEs. MODE is an octal number or [ugoa]{+|-|=}[rwxXst]

	-R	Directories with all that is in them
	-c	Say what was changed
	-v	Say what was done to every file
	-f	Do not say what could not be changed
`,
  main,
};
