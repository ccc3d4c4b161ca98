// mkdir: make directories (POSIX mkdir; -v as in GNU)
import type { Steps } from "../../abi/program.ts";
import { S_IFDIR } from "../../abi/stat.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { makeDirectory } from "../libbb/make-directory.ts";
import { parseMode } from "../libbb/mode.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "m:pv", {
    long: { mode: "m", parents: "p", verbose: "v" },
    min: 1,
  });
  const text = opt.get("m");
  let mode: number | undefined;
  if (text !== undefined) {
    const mask = p.sys.umask(0);
    p.sys.umask(mask);
    mode = parseMode(text, S_IFDIR | 0o777, mask) ?? die(`invalid mode '${text}'`);
  }
  const how = { mode, parents: opt.has("p"), verbose: opt.has("v") ? p.stdout : undefined };
  let status = 0;
  for (const path of opt.operands) if (!(yield* makeDirectory(p, path, how))) status = 1;
  return status;
}

export const mkdir: Applet = {
  name: "mkdir",
  path: "/bin/mkdir",
  usage: `[-m MODE] [-p] DIRECTORY...

Make DIRECTORYs

	-m MODE	Permissions of the last directory of each path
	-p	Make parents as needed; existing directories are no error
	-v	Say what is made
`,
  main,
};
