// rmdir: remove empty directories (POSIX rmdir; long options as in GNU)
import { EEXIST, ENOTEMPTY, Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { rmdir as rmdirCall } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { dirPart } from "../libbb/path.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "pv", {
    long: { parents: "p", "ignore-fail-on-non-empty": "ignore", verbose: "v" },
    min: 1,
  });
  let status = 0;
  for (const name of opt.operands) {
    for (let path = name; ; ) {
      if (opt.has("v")) {
        const w = p.stdout.puts(`rmdir: removing directory, '${path}'\n`);
        if (w) yield* w;
      }
      try {
        rmdirCall(p.sys, path);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        if (opt.has("ignore") && (e === ENOTEMPTY || e === EEXIST)) break;
        yield* p.warn(`'${path}'`, e);
        status = 1;
        break;
      }
      path = dirPart(path);
      if (!opt.has("p") || path === "." || path === "/") break;
    }
  }
  return status;
}

export const rmdir: Applet = {
  name: "rmdir",
  path: "/bin/rmdir",
  usage: `[-pv] DIRECTORY...

Remove empty DIRECTORIES

	-p	Then those above them
	-v	Say what is removed
	--ignore-fail-on-non-empty	Do not mind those that are not empty
`,
  main,
};
